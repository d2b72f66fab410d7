/*
 * gv_plan_sweep - what all runs of a sweep will need: stages that runs share count once
 * (gv_config_shares.h), and jobs divide the machine as those of glove-sweep do (gv_config_part.h).
 *
 * Threads: one at a time.
 */
#ifndef GV_PLAN_SWEEP_H
#define GV_PLAN_SWEEP_H

#include "app/gv_program.h"
#include "config/gv_config_groups.h"
#include "plan/gv_plan.h"

typedef struct gv_plan_sweep_options {
    const gv_program_call *call; /* borrowed */
    gv_strings grids, lists;     /* borrowed: of --grid, and of --runs (one at most) */
    const char *jobs;            /* of --jobs, or NULL */
    double share;                /* of the corpus to read, as for gv_plan_make */
} gv_plan_sweep_options;

/* A stage in all runs together. */
typedef struct gv_plan_sweep_stage {
    size_t times;         /* that it is done; 0: no run has it */
    double cpu_s, wall_s; /* `wall_s`: with jobs at the same time */
    double memory, temp;  /* bytes at the peak, of all jobs at the same time */
    double disk;          /* bytes of all its files */
} gv_plan_sweep_stage;

/* Runs that differ only in their seeds. */
typedef struct gv_plan_sweep_setting {
    size_t runs;
    gv_plan_stage train; /* of one of them */
} gv_plan_sweep_setting;

typedef struct gv_plan_sweep {
    size_t runs, merged; /* without, and of those that repeat another's settings */
    unsigned jobs;
    gv_plan_sweep_stage stage[GV_PLAN_STAGES];
    gv_config_groups *groups;       /* what the settings set */
    gv_plan_sweep_setting *setting; /* [groups->n] */
    double cpu_s, wall_s;
    double memory_peak, memory_available; /* bytes */
    double disk_peak, disk_free;          /* bytes, in the sweep's folder */
    char misfit[GV_ERROR_TEXT];           /* as in gv_plan */
} gv_plan_sweep;

/* Plan the runs of the grids, whose folder need not exist. Errors are those of gv_grid.h,
 * gv_config_load and gv_plan_make. A sweep that does not fit is no error (misfit). Caller frees. */
GV_MUST_USE int gv_plan_sweep_make(gv_plan_sweep **plan, const gv_plan_sweep_options *options,
                                   gv_error *err);
/* Accepts NULL. */
void gv_plan_sweep_free(gv_plan_sweep *plan);

/* As gv_plan_table and gv_plan_json. */
GV_MUST_USE int gv_plan_sweep_table(char **text, const gv_plan_sweep *plan, gv_error *err);
GV_MUST_USE int gv_plan_sweep_json(char **json, const gv_plan_sweep *plan, gv_error *err);

#endif
