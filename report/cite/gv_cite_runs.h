/*
 * gv_cite_runs - what the records of one or more runs say about how they were made.
 *
 * Everything comes from config.json, the stamps, metrics.jsonl and eval.json; what they do not say
 * is missing here, too.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, and what a function names. Threads: main thread only.
 */
#ifndef GV_CITE_RUNS_H
#define GV_CITE_RUNS_H

#include "base/gv_progress.h"
#include "config/gv_config_groups.h"
#include <stdio.h>

enum { GV_CITE_RUNS_STAGES = 5 };
enum { /* places in `done` and `stamp` */
       GV_CITE_RUNS_VOCAB,
       GV_CITE_RUNS_COOCCUR,
       GV_CITE_RUNS_SHUFFLE,
       GV_CITE_RUNS_TRAIN,
       GV_CITE_RUNS_EVAL
};

typedef struct gv_cite_runs_run {
    char *dir;
    gv_config *config;
    gv_json *stamp[GV_CITE_RUNS_STAGES];      /* NULL: none */
    gv_json *event[GV_CITE_RUNS_STAGES];      /* of metrics.jsonl, where there is no stamp */
    const gv_json *done[GV_CITE_RUNS_STAGES]; /* the "done" event; NULL: not known. Borrowed */
    gv_json *eval;                            /* eval.json; NULL: none */
} gv_cite_runs_run;

typedef struct gv_cite_runs {
    gv_cite_runs_run *run;
    size_t n, capacity;
    gv_config_groups *groups;
} gv_cite_runs;

/* Read the run directories `dirs`; one with a sweep.json stands for its finished runs. Clear it
 * also after an error. GV_E_USAGE: one is no run directory, or there is no run that was trained. */
GV_MUST_USE int gv_cite_runs_read(gv_cite_runs *runs, const gv_strings *dirs, gv_progress *progress,
                                  gv_error *err);
void gv_cite_runs_clear(gv_cite_runs *runs);

/* Does the setting have an effect on what is made, with the settings of this run? */
GV_MUST_USE int gv_cite_runs_uses(bool *uses, const gv_config *config, const char *key,
                                  gv_error *err);

/* The values that something has in the runs, each once, in words: "100", "50 and 100", "1 to 5" for
 * whole numbers without gaps. `text_of` writes that of one run into `to` ([size]), "" if it is not
 * known. Caller frees; "" if no run knows it. */
typedef void gv_cite_runs_text_of(char *to, size_t size, const gv_cite_runs_run *run,
                                  const void *what);
GV_MUST_USE int gv_cite_runs_values(char **values, const gv_cite_runs *runs,
                                    gv_cite_runs_text_of *text_of, const void *what, gv_error *err);
/* Have all runs the same value of the config key? */
bool gv_cite_runs_agree(const gv_cite_runs *runs, const char *key);
/* Of a config key: its value as JSON, without quotes, in the runs whose objective uses it. */
GV_MUST_USE int gv_cite_runs_key_values(char **values, const gv_cite_runs *runs, const char *key,
                                        gv_error *err);

#endif
