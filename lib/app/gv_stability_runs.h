/*
 * gv_stability_runs - the stability of what a user named: run directories, sweeps, or files of
 * vectors. For `glove-eval stability` and `glove-report stability`.
 *
 * Runs that differ only in their seeds are a group; a run that is alone in its group is left out
 * with a note. Files of vectors carry no settings, so all of them are one group.
 *
 * Threads: main thread only.
 */
#ifndef GV_STABILITY_RUNS_H
#define GV_STABILITY_RUNS_H

#include "analysis/gv_stability_write.h"
#include "base/gv_progress.h"
#include "base/gv_strings.h"
#include "config/gv_config.h"
#include "config/gv_config_groups.h"

#define GV_STABILITY_RUNS_NEIGHBOURS "10"
#define GV_STABILITY_RUNS_WORDS      "100000"

/* As given on the command line; all borrowed. */
typedef struct gv_stability_runs_options {
    const char *neighbours; /* --neighbours N; NULL: 10 */
    const char *words;      /* --words N, the N most frequent ones; 0: all; NULL: 100,000 */
    gv_strings over;        /* --over KEY: runs that differ in it are a group, too */
} gv_stability_runs_options;

typedef struct gv_stability_runs {
    gv_stability *stability;
    gv_stability_write_names names;        /* of the runs that were measured */
    gv_strings read;                       /* paths of the files that were read */
    struct gv_stability_runs_found *found; /* private */
} gv_stability_runs;

/*
 * Find the runs that `operands` name and group them; nothing is measured yet. Notes on `progress`
 * tell what is left out. GV_E_USAGE: a mistake in an option, something that is no run, no two runs
 * that differ only in seeds, vectors that are missing or made with other settings than config.json
 * says. `progress` is borrowed. The caller frees.
 */
GV_MUST_USE int gv_stability_runs_find(gv_stability_runs **runs, gv_strings operands,
                                       const gv_stability_runs_options *options,
                                       gv_progress *progress, gv_error *err);
/* Measure, on `threads` threads. Errors are those of gv_stability_measure. */
GV_MUST_USE int gv_stability_runs_measure(gv_stability_runs *runs, unsigned threads, gv_error *err);
/* Accepts NULL. */
void gv_stability_runs_free(gv_stability_runs *runs);

/* The tables for people. The caller frees the text. */
GV_MUST_USE int gv_stability_runs_table(char **text, const gv_stability_runs *runs, gv_error *err);

/* Before measuring for what is to be written to `path` ("-": standard output): GV_E_USAGE if that
 * would replace a file that is read, or one that the programs write into a run directory; GV_E_IO
 * if there is no such folder. */
GV_MUST_USE int gv_stability_runs_check_output(const gv_stability_runs *runs, const char *path,
                                               gv_error *err);
/* Write stability.tsv to `path`; and the text of stability.json, which the caller frees. */
GV_MUST_USE int gv_stability_runs_write_tsv(const gv_stability_runs *runs, const char *path,
                                            gv_error *err);
GV_MUST_USE int gv_stability_runs_json(char **text, const gv_stability_runs *runs, gv_error *err);

#endif
