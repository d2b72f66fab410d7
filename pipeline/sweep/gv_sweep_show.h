/*
 * gv_sweep_show - how far a sweep is: runs done, running, failed, and the time left.
 *
 * Threads: main thread only.
 */
#ifndef GV_SWEEP_SHOW_H
#define GV_SWEEP_SHOW_H

#include "pipeline/sweep/gv_sweep_plan.h"

/* What a job says about itself. */
typedef struct gv_sweep_show_job {
    const char *name; /* of the run directory; NULL: no job */
    char phase[64];   /* "train: training 45%" */
    bool trained;     /* it has trained, if only in part */
    double part;      /* of the job that is done, 0 to 1 */
    double work;      /* the job's share of the work, in any unit */
    double begun;     /* when it began, in seconds of the clock */
} gv_sweep_show_job;

typedef struct gv_sweep_show {
    gv_progress *progress;          /* borrowed */
    size_t counts[4];               /* runs in each state */
    double work_left;               /* of runs that wait, in the unit of the jobs */
    double work_done, seconds_done; /* of jobs that have ended in this start */
    double last_json;
} gv_sweep_show;

/* The work of a run, in a unit that is the same for all: it grows with dimensions and epochs. */
double gv_sweep_show_work(const gv_config *config);
/* Take one line of a job's standard error. Returns the text of an error line (borrowed from `line`,
 * its program first), or NULL. */
const char *gv_sweep_show_take(gv_sweep_show *show, gv_sweep_show_job *job, char *line);
/* Show the state of the whole; `jobs` has `n` places. */
void gv_sweep_show_draw(gv_sweep_show *show, const gv_sweep_show_job *jobs, size_t n);

#endif
