/*
 * gv_stability_found - the runs that a user named, with their configs and files of vectors. Private
 * to gv_stability_runs.
 *
 * Threads: main thread only.
 */
#ifndef GV_STABILITY_FOUND_H
#define GV_STABILITY_FOUND_H

#include "base/gv_progress.h"
#include "base/gv_strings.h"
#include "config/gv_config.h"

typedef struct gv_stability_found_run {
    char *name;        /* the directory or file, as named */
    char *vectors;     /* path of its file of vectors */
    char *vocab;       /* path of its vocab.txt, which may be missing; NULL for a file */
    gv_config *config; /* NULL for a file of vectors */
} gv_stability_found_run;

typedef struct gv_stability_found {
    size_t n, capacity;
    gv_stability_found_run *run;
} gv_stability_found;

/* Add what one operand names: a run directory, the finished runs of a sweep, or a file of vectors.
 * GV_E_USAGE with what to do if it is none of them; GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_stability_found_add(gv_stability_found *found, const char *operand,
                                       gv_progress *progress, gv_error *err);
void gv_stability_found_clear(gv_stability_found *found);

#endif
