/*
 * gv_engines - which engine carries out a training, by train.distributed and train.schedule.
 *
 * Threads: the main thread of a rank.
 */
#ifndef GV_ENGINES_H
#define GV_ENGINES_H

#include "train/gv_training.h"

/* Can `ranks` ranks train with this config? GV_E_USAGE, saying which keys do not go together. */
GV_MUST_USE int gv_engines_check(const gv_config *config, int ranks, gv_error *err);

/* For how many threads the list of tasks is arranged on all ranks of the job, each of which has
 * `threads`. `comm` is NULL where this process is alone. */
unsigned gv_engines_arrangement(const gv_comm *comm, const gv_config *config, unsigned threads);

/* Rank 0, or this process alone: the engine for `training`, which is open, borrowed, and outlives
 * it. Release with engine->free. */
GV_MUST_USE int gv_engines_open(gv_engine *engine, gv_training *training, gv_error *err);

/* Does this worker rank hold parameters for others, rather than train? */
GV_MUST_USE int gv_engines_is_server(bool *server, gv_comm *comm, const gv_config *config,
                                     gv_error *err);

/* Worker ranks, until rank 0 ends the job: GV_E_STOPPED. A rank that trains has an open training;
 * a server needs no more than the layout of the store. */
GV_MUST_USE int gv_engines_work(gv_training *training, gv_error *err);
GV_MUST_USE int gv_engines_serve(gv_comm *comm, const gv_config *config, const gv_store_info *info,
                                 gv_error *err);

#endif
