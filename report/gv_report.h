/*
 * gv_report - one HTML page about a run: settings, corpus, stages, loss, scores, neighbours, how to
 * make it again.
 *
 * The page is one self-contained file: inline CSS and SVG, nothing loaded from elsewhere, no
 * script. Every text of the run is escaped. What a run does not have (yet) is said, with the
 * command that makes it.
 *
 * Threads: main thread only.
 */
#ifndef GV_REPORT_H
#define GV_REPORT_H

#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "config/gv_json.h"

/* The stages a report tells of, in their order. */
enum { GV_REPORT_STAGES = 5 };
extern const enum gv_config_stage gv_report_stages[GV_REPORT_STAGES];

/* All that is known about a run. Members are NULL or empty where nothing is. */
typedef struct gv_report {
    const char *run_dir;              /* borrowed */
    gv_json *config;                  /* the resolved config, and */
    gv_json *defaults;                /* what it would be without any file */
    gv_json *done[GV_REPORT_STAGES];  /* last "done" event of each stage */
    gv_json *stamp[GV_REPORT_STAGES]; /* .stamps/STAGE.json: "inputs", "outputs" */
    gv_json **epochs;                 /* the "epoch" events of the last training, in order */
    size_t n_epochs, epochs_capacity;
    size_t resumes;        /* restarts of that training */
    size_t damaged;        /* lines of metrics.jsonl that are no JSON object: skipped */
    gv_json *eval;         /* eval.json */
    gv_json *neighbours;   /* [{"word":, "near": [{"word":, "score":}]}] */
    char *neighbours_note; /* why there are none */
} gv_report;

/*
 * Gather what `run_dir` holds. A directory that does not exist is GV_E_USAGE; a missing or damaged
 * file in it is no error (it is reported on the page). Caller frees with gv_report_free.
 */
int gv_report_gather(gv_report *report, const gv_config *config, const char *run_dir,
                     gv_progress *progress, gv_error *err);
void gv_report_free(gv_report *report);

/* The page; caller frees. */
int gv_report_html(char **html, const gv_report *report, gv_error *err);

#endif
