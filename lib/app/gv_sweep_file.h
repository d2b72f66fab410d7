/*
 * gv_sweep_file - sweep.json: the runs of a sweep and how far they are.
 *
 *     {"name": "text8", "config": "configs/text8.json", "sets": ["train.epochs=5"],
 *      "grid": {"train.dim": [50, 100]}, "list": null, "base": {resolved config},
 *      "runs": [{"dir": "dim=50", "set": {"train.dim": 50}, "state": "done", "error": null}]}
 *
 * `dir` is the name of the run directory in the folder of sweep.json. Readers need "runs" only;
 * members that they do not know are ignored. The file is replaced at once, never changed in place.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, and what a function names. Threads: functions touch only their
 * arguments.
 */
#ifndef GV_SWEEP_FILE_H
#define GV_SWEEP_FILE_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include "config/gv_json.h"
#include <stdbool.h>
#include <stddef.h>

#define GV_SWEEP_FILE "sweep.json"

enum { GV_SWEEP_FILE_RUNS = 100000 }; /* that it may list */

enum gv_sweep_file_state {
    GV_SWEEP_FILE_WAITING, /* not begun, or interrupted */
    GV_SWEEP_FILE_RUNNING, /* or the sweep was killed while it ran */
    GV_SWEEP_FILE_DONE,
    GV_SWEEP_FILE_FAILED
};
/* "waiting", "running", "done", "failed"; static. */
const char *gv_sweep_file_state_name(enum gv_sweep_file_state state);

typedef struct gv_sweep_file_run {
    char *dir;    /* its name in the sweep's folder: no path, and no other run has it */
    gv_json *set; /* an object: the config keys, with dots, that it sets */
    enum gv_sweep_file_state state;
    char *error; /* why it failed, or NULL */
} gv_sweep_file_run;

/* A zeroed struct is a file without runs. */
typedef struct gv_sweep_file {
    size_t n, capacity;
    gv_sweep_file_run *runs;
    char *name, *config;  /* of the config, and where it is; NULL: not known */
    gv_strings sets;      /* of --set, for all runs */
    gv_json *grid, *list; /* as gv_grid has them; NULL: none */
    gv_json *base;        /* the resolved config that the runs differ from; NULL: not known */
} gv_sweep_file;

/* Is there a sweep.json in `dir`? */
GV_MUST_USE int gv_sweep_file_is_there(bool *there, const char *dir, gv_error *err);
/* Read the one in `dir`; without one, `file` has no runs. Clear it also after an error.
 * GV_E_CORRUPT with the path and what is wrong: no JSON, a run without directory or state, one
 * whose directory is a path or that of another. */
GV_MUST_USE int gv_sweep_file_read(gv_sweep_file *file, const char *dir, gv_error *err);
/* Replace the one in `dir`. */
GV_MUST_USE int gv_sweep_file_write(const gv_sweep_file *file, const char *dir, gv_error *err);
/* Append a run that waits. `set` is kept as a copy. */
GV_MUST_USE int gv_sweep_file_add(gv_sweep_file *file, const char *dir, const gv_json *set,
                                  gv_error *err);
void gv_sweep_file_clear(gv_sweep_file *file);

#endif
