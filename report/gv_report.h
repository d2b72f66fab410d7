/*
 * gv_report - an HTML page about a run: settings, corpus, stages, loss, scores, words, and how to
 * reproduce it.
 *
 * The page is one file (gv_report_frame.h). All texts of the run are escaped. For what a run does
 * not have yet, the page names the command that makes it.
 *
 * Threads: main thread only.
 */
#ifndef GV_REPORT_H
#define GV_REPORT_H

#include "analysis/gv_neighbours.h"
#include "analysis/gv_strongest.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "config/gv_json.h"
#include "report/gv_report_map.h"
#include "vectors/gv_words.h"
#include <stdbool.h>

/* The stages of a report, in their order. */
enum { GV_REPORT_STAGES = 5 };
extern const enum gv_config_stage gv_report_stages[GV_REPORT_STAGES];

/* What a page is to show, as far as the user says. Borrowed. */
typedef struct gv_report_wanted {
    const gv_strings *words; /* neighbours of these; empty: of some words from frequent to rare */
    size_t listed;           /* words of the searchable list at most; 0: no list */
    size_t mapped;           /* words of the map at most; 0: no map */
    gv_progress *progress;   /* may be NULL */
} gv_report_wanted;

/* Words of the searchable list if the user says nothing: about 8 MB of page. The nearest words are
 * looked for among as many words at least. */
enum { GV_REPORT_LISTED = 100000 };

/* All that is known about a run. A member is NULL or empty if nothing is known. */
typedef struct gv_report {
    const char *run_dir;              /* borrowed */
    gv_json *config;                  /* the resolved config */
    gv_json *defaults;                /* the same with all keys at their defaults */
    gv_json *done[GV_REPORT_STAGES];  /* last "done" event of each stage */
    gv_json *stamp[GV_REPORT_STAGES]; /* .stamps/STAGE.json: "inputs", "outputs" */
    gv_json *parts;                   /* base/parts.json: earlier texts (docs/append.md) */
    gv_json **epochs;                 /* the "epoch" events of the last training, in order */
    size_t n_epochs, epochs_capacity;
    size_t resumes;   /* how often that training was resumed */
    size_t damaged;   /* skipped lines of metrics.jsonl: not a JSON object */
    gv_json *init[2]; /* the last "init" events: of train.init, train.init_context */
    gv_json *eval;    /* eval.json */
    /* {"words": [{"word":, "near": [{"word":, "score":}]}]}; a word that was asked for and is not
     * in the vocabulary has "spelt_like": [words] instead of "near" */
    gv_json *neighbours;
    bool chosen;           /* by the user, not by frequency */
    char *neighbours_note; /* if there are none: why */
    gv_words *words;       /* the vectors of the run; NULL if there are none */
    uint64_t *counts;      /* [rows of `words`] occurrences; NULL if they are not known */
    size_t listed, among;  /* words of the searchable list, and those that may be in it */
    gv_neighbours *near;   /* [listed] ids below `among`; NULL: there is no list */
    gv_strongest *pairs;   /* of the first words; NULL if there are none */
    char *pairs_note;      /* then: why, or NULL */
    gv_report_map map;     /* of the first words */
} gv_report;

/*
 * Read what `run_dir` (borrowed) holds, and look for the neighbours. If it is not a directory:
 * GV_E_USAGE. A missing or damaged file in it is not an error. Caller frees with gv_report_free;
 * after a failure there is nothing to free.
 */
GV_MUST_USE int gv_report_gather(gv_report *report, const gv_config *config, const char *run_dir,
                                 const gv_report_wanted *wanted, gv_error *err);
/* Read only what the stages of the run in `run_dir` (borrowed) recorded: stamps, events, scores. As
 * above, but any directory will do. */
GV_MUST_USE int gv_report_gather_records(gv_report *report, const char *run_dir, gv_error *err);
void gv_report_free(gv_report *report);

/* The page; caller frees. */
GV_MUST_USE int gv_report_html(char **html, const gv_report *report, gv_error *err);

#endif
