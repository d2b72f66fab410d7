/*
 * gv_cooccur_stage - the counting stage in a run directory: inputs, what is up to date, events; in
 * one process, or as rank 0 of many.
 */
#ifndef GV_COOCCUR_STAGE_H
#define GV_COOCCUR_STAGE_H

#include "app/gv_run.h"
#include "cooccur/gv_cooccur_text.h"
#include "dist/gv_comm.h"

/* stage_main of glove-cooccur. */
int gv_cooccur_stage(gv_run *run, gv_error *err);

/* The same as rank 0 of `comm`, and what the other ranks do (gv_job.h). */
int gv_cooccur_stage_coordinate(gv_run *run, gv_comm *comm, gv_error *err);
int gv_cooccur_stage_work(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err);

#endif
