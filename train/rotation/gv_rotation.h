/*
 * gv_rotation - the engine of many ranks that keeps the bytes of one process: word rows stay,
 * context rows travel.
 *
 * gv_routes.h says which rank does what. What moves is a segment's rows, as soon as the last task
 * of its visit has ended, to where its next task is; the tasks there wait for nothing else. Turns
 * are those of one process, so the bytes are, too. Only rows are sent: what a rank sends in an
 * epoch does not depend on the number of records.
 *
 * Rank 0 leads: it begins work ranges, says when to pause, adds up what was done, and gathers the
 * model for checkpoints. Worker ranks wait for its orders (gv_rotation_work).
 *
 * Threads: the main thread of each rank; threads that train only call the mover's `ended`.
 */
#ifndef GV_ROTATION_H
#define GV_ROTATION_H

#include "train/gv_training.h"

/* Bytes of a message with a segment's rows, beside them. */
enum { GV_ROTATION_ROWS_HEAD = 64 };

/*
 * Rank 0: an engine on `training`, which is open, borrowed, and whose model is the whole one.
 * Release with engine->free. More ranks than groups of the store: GV_E_USAGE.
 */
GV_MUST_USE int gv_rotation_open(gv_engine *engine, gv_training *training, gv_error *err);

/* Worker ranks: work range after work range until rank 0 ends the job: GV_E_STOPPED. The model of
 * `training` begins with rows of zeros, which arrive as they are needed. */
GV_MUST_USE int gv_rotation_work(gv_training *training, gv_error *err);

#endif
