/*
 * gv_cooccur_stage - the counting stage in a run directory: inputs, what is up to date, events; in
 * one process, or as rank 0 of many.
 *
 * Errors: those of gv_run.h, gv_cooccur.h and gv_cooccur_ranks.h. After an error the earlier
 * counts.bin, if any, is unchanged.
 *
 * Threads: the main thread of each process.
 */
#ifndef GV_COOCCUR_STAGE_H
#define GV_COOCCUR_STAGE_H

#include "app/gv_run.h"
#include "cooccur/gv_cooccur_text.h"
#include "dist/gv_comm.h"

/* In an opened run directory: vocab.txt and the corpus become counts.bin, unless it is up to date.
 * stage_main of glove-cooccur. */
GV_MUST_USE int gv_cooccur_stage(gv_run *run, gv_error *err);

/* The same as rank 0 of `comm` (NULL: this process is alone), and what the other ranks do
 * (gv_job.h): `dir` is the run directory. */
GV_MUST_USE int gv_cooccur_stage_coordinate(gv_run *run, gv_comm *comm, gv_error *err);
GV_MUST_USE int gv_cooccur_stage_work(gv_comm *comm, const gv_config *config, const char *dir,
                                      gv_error *err);

#endif
