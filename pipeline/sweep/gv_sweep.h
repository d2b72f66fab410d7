/*
 * gv_sweep - all runs of a grid: glove-sweep (docs/experiments.md).
 *
 * Threads: main thread only.
 */
#ifndef GV_SWEEP_H
#define GV_SWEEP_H

#include "app/gv_program.h"

typedef struct gv_sweep_options {
    const gv_program_call *call; /* borrowed */
    gv_strings grids, lists;     /* borrowed: of --grid, and of --runs (one at most) */
    gv_strings keep;             /* borrowed: of --keep */
    const char *jobs;            /* of --jobs, or NULL */
    bool dry_run;
} gv_sweep_options;

/*
 * Do all runs of the grids, or with dry_run print what would be done. The runs are in the folder
 * runs/NAME.sweep, or in the one of --run-dir.
 *
 * GV_E_USAGE: no config, no grid, a combination that is no valid config. GV_E_RUNTIME: runs have
 * failed, or another glove-sweep works in the folder. GV_E_STOPPED.
 */
GV_MUST_USE int gv_sweep_run(const gv_sweep_options *options, gv_error *err);

#endif
