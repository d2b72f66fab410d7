/*
 * gv_verify_run - the run that is to be verified: its config, its stamps, and what can be done
 * again of each of its stages.
 *
 * A stage is done again if its program did it. What a tool made (imported or merged counts) or the
 * user brought is taken as it is. A training whose threads do not keep an order gives other bytes
 * each time; it is not done again.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, and what a function names. Threads: main thread only.
 */
#ifndef GV_VERIFY_RUN_H
#define GV_VERIFY_RUN_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "config/gv_json.h"
#include <stdbool.h>

enum { GV_VERIFY_RUN_STAGES = 5, GV_VERIFY_RUN_REASON = 400 };

enum gv_verify_run_work {
    GV_VERIFY_RUN_NOTHING, /* the run has not done it, or has no such stage */
    GV_VERIFY_RUN_GIVEN,   /* no stage made its output: it is taken as it is */
    GV_VERIFY_RUN_AGAIN,
    GV_VERIFY_RUN_CANNOT /* its bytes cannot be had again */
};

typedef struct gv_verify_run {
    const char *dir;   /* borrowed */
    gv_config *config; /* of config.json, with the settings of the command line */
    gv_config *plain;  /* without them */
    gv_json *stamp[GV_VERIFY_RUN_STAGES]; /* NULL: none */
    enum gv_verify_run_work work[GV_VERIFY_RUN_STAGES];
    char reason[GV_VERIFY_RUN_STAGES][GV_VERIFY_RUN_REASON]; /* of GIVEN and CANNOT: why */
} gv_verify_run;

/* In the order of their work. */
extern const enum gv_config_stage gv_verify_run_stages[GV_VERIFY_RUN_STAGES];

/*
 * Read the run in `dir` with the settings `sets`. `to` (NULL: all) names the last stage that is
 * wanted. Clear it also after an error. GV_E_USAGE: it is no run directory, or has done nothing
 * yet; `sets` hold a key that changes results; `to` is no stage.
 */
GV_MUST_USE int gv_verify_run_open(gv_verify_run *run, const char *dir, const gv_strings *sets,
                                   const char *to, gv_error *err);
void gv_verify_run_clear(gv_verify_run *run);

/* Was everything made with the settings of config.json, and with an arithmetic that this program
 * has? If not: GV_E_RUNTIME with the stage, the file and what differs. */
GV_MUST_USE int gv_verify_run_check(const gv_verify_run *run, gv_error *err);

/* The "done" event of a stage; NULL if there is none. Borrowed. */
const gv_json *gv_verify_run_done(const gv_verify_run *run, size_t stage);
/* Bytes on disk and seconds that the stages to be done again took, by their stamps. */
double gv_verify_run_bytes(const gv_verify_run *run);
double gv_verify_run_seconds(const gv_verify_run *run, size_t stage);
/* The names of the files that `stage` has made, from its stamp, or without one what the config asks
 * for and is there. Caller frees. */
GV_MUST_USE int gv_verify_run_outputs(gv_strings *names, const gv_verify_run *run, size_t stage,
                                      gv_error *err);
/* The record of an output in the stage's stamp; NULL if there is none. */
const gv_json *gv_verify_run_record(const gv_verify_run *run, size_t stage, const char *name);
/* Is the file at `path` the one of the record, by its checksum? */
GV_MUST_USE int gv_verify_run_is_recorded(bool *same, const gv_json *record, const char *path,
                                          gv_error *err);
/* Does DIR/NAME exist? */
GV_MUST_USE int gv_verify_run_has(bool *there, const char *dir, const char *name, gv_error *err);

#endif
