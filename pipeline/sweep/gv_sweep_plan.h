/*
 * gv_sweep_plan - the runs of a sweep: what each of them sets, where it is, what it shares.
 *
 * Runs share a stage if they agree in all keys that the stage reads and in all that earlier stages
 * read. They are a *share*; it is of the first of them to do the stage, and the others get its
 * files (gv_sweep_share.h).
 *
 * Threads: main thread only.
 */
#ifndef GV_SWEEP_PLAN_H
#define GV_SWEEP_PLAN_H

#include "app/gv_program.h"
#include "app/gv_sweep_file.h"
#include "config/gv_config_shares.h"
#include "config/gv_grid.h"

/* The stages that may be shared. */
enum { GV_SWEEP_PLAN_STAGES = GV_CONFIG_SHARES_STAGES };

typedef struct gv_sweep_plan_run {
    size_t entry;      /* its place in file.runs */
    char *path;        /* of its directory */
    gv_strings sets;   /* for --set: those of all runs and its own */
    gv_config *config; /* without settings of the machine: what config.json says */
    uint64_t share[GV_SWEEP_PLAN_STAGES]; /* equal numbers: the stage is shared; 0: it has none */
    uint64_t settings;                    /* a number for all settings */
    bool is_extra; /* an earlier sweep had it, this one has not: nothing is done with it */
} gv_sweep_plan_run;

typedef struct gv_sweep_plan {
    const gv_program_call *call; /* borrowed */
    char *dir;                   /* the sweep's folder */
    gv_sweep_file file;
    gv_sweep_plan_run *runs; /* those of this sweep in order, then extra ones */
    size_t n, all;           /* without, and with extra ones */
    size_t added, merged;    /* runs that are new in `file`; combinations that others repeat */
} gv_sweep_plan;

/*
 * Make the plan: the combinations of `grid`, and the sweep.json in `dir` if there is one, whose
 * directories stay those of the runs that have them. Nothing is written. Clear it also after an
 * error. GV_E_USAGE: a combination is no valid config; --set and the grid give the same key.
 */
GV_MUST_USE int gv_sweep_plan_make(gv_sweep_plan *plan, const gv_program_call *call,
                                   const char *dir, const gv_grid *grid, gv_error *err);
void gv_sweep_plan_clear(gv_sweep_plan *plan);

/* The name of a run's directory. */
const char *gv_sweep_plan_name(const gv_sweep_plan *plan, const gv_sweep_plan_run *run);
/* How many runs of this sweep share the stage with `run`, itself included. */
size_t gv_sweep_plan_sharing(const gv_sweep_plan *plan, const gv_sweep_plan_run *run, size_t stage);
/* Is the training of the run finished, with the settings and the text of now? Errors are those of
 * reading what is there. */
GV_MUST_USE int gv_sweep_plan_is_complete(bool *complete, const gv_sweep_plan *plan,
                                          const gv_sweep_plan_run *run, gv_error *err);

#endif
