/*
 * gv_rotation - the engine of many ranks that keeps the bytes of one process: word rows stay,
 * context rows travel.
 *
 * gv_routes.h says which rank does what. The rows of a context segment move on as soon as the last
 * task of their visit has ended, to the rank of their next task, which may then start. Turns are
 * those of one process, so the bytes are, too. Only rows are sent: what a rank sends in an epoch
 * does not depend on the number of records.
 *
 * Rank 0 leads: it begins work ranges, says when to pause, adds up what was done, and gathers the
 * model for checkpoints. Worker ranks wait for its orders (gv_rotation_work).
 *
 * Threads: the main thread of each rank. It moves the rows (gv_schedule_run_mover) while others
 * train; those call only the mover's `ended`.
 */
#ifndef GV_ROTATION_H
#define GV_ROTATION_H

#include "train/gv_training.h"

/* Bytes before the rows in a message that carries a segment's rows. */
enum { GV_ROTATION_ROWS_HEAD = 64 };

/*
 * Rank 0: an engine on `training`, which is open, borrowed, and whose model is the whole one.
 * Release with engine->free. More ranks than groups of the store: GV_E_USAGE.
 */
GV_MUST_USE int gv_rotation_open(gv_engine *engine, gv_training *training, gv_error *err);

/* Worker ranks: do work range after work range until rank 0 ends the job: GV_E_STOPPED. The model
 * of `training` is all zeros at first; rows arrive when their tasks are due. */
GV_MUST_USE int gv_rotation_work(gv_training *training, gv_error *err);

#endif
