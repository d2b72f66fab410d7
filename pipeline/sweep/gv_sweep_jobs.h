/*
 * gv_sweep_jobs - the work of a sweep: which job is next, with which part of the machine, and what
 * its end means for the runs.
 *
 * A job is glove-run in one run directory: up to the last stage that is shared, or to the end.
 *
 * Threads: main thread only.
 */
#ifndef GV_SWEEP_JOBS_H
#define GV_SWEEP_JOBS_H

#include "pipeline/sweep/gv_sweep_plan.h"

typedef struct gv_sweep_jobs_options {
    unsigned most;   /* jobs at once */
    gv_strings keep; /* borrowed: of --keep */
} gv_sweep_jobs_options;

/* Do all runs of the plan that are not done, until a signal comes. States go into plan->file and
 * sweep.json as they change; a run that fails does not end the others. GV_E_IO if sweep.json could
 * not be written at last. */
GV_MUST_USE int gv_sweep_jobs_run(gv_sweep_plan *plan, const gv_sweep_jobs_options *options,
                                  gv_error *err);

#endif
