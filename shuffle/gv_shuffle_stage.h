/*
 * gv_shuffle_stage - the stage shuffle in a run directory: inputs, what is up to date, events; in
 * one process, or as rank 0 of many.
 *
 * Errors: those of gv_run.h, gv_shuffle.h and gv_shuffle_ranks.h. After an error the earlier store,
 * if any, is unchanged.
 *
 * Threads: the main thread of each process.
 */
#ifndef GV_SHUFFLE_STAGE_H
#define GV_SHUFFLE_STAGE_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"

/* In an opened run directory: vocab.txt and counts.bin become store.db, unless it is up to date.
 * stage_main of glove-shuffle. */
GV_MUST_USE int gv_shuffle_stage(gv_run *run, gv_error *err);

/* The same as rank 0 of `comm` (NULL: this process is alone), and what the other ranks do
 * (gv_job.h); `dir` is the run directory. */
GV_MUST_USE int gv_shuffle_stage_coordinate(gv_run *run, gv_comm *comm, gv_error *err);
GV_MUST_USE int gv_shuffle_stage_work(gv_comm *comm, const gv_config *config, const char *dir,
                                      gv_error *err);

#endif
