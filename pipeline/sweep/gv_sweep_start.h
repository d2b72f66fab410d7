/*
 * gv_sweep_start - the command line of a job: glove-run in one run directory, with a part of the
 * machine.
 *
 * Threads: main thread only.
 */
#ifndef GV_SWEEP_START_H
#define GV_SWEEP_START_H

#include "config/gv_config_part.h"
#include "pipeline/sweep/gv_sweep_plan.h"

typedef struct gv_sweep_start {
    const gv_program_call *call; /* of the sweep */
    const gv_sweep_plan_run *run;
    const char *from, *to;         /* stages by name; NULL: all */
    const gv_strings *keep;        /* of --keep; NULL: none */
    const gv_config_part *machine; /* all that the machine gives; NULL: the job has all of it */
    double part;                   /* of the machine */
} gv_sweep_start;

/* Append the program and its options, and a NULL behind them. Caller frees, also after an error.
 * GV_E_RUNTIME if glove-run is not there. */
GV_MUST_USE int gv_sweep_start_arguments(gv_strings *arguments, const gv_sweep_start *start,
                                         gv_error *err);

#endif
