/*
 * gv_run - the run directory: where files are, what is up to date, what was measured.
 *
 * runs/<name>/ holds config.json, the outputs of the stages (names below), metrics.jsonl, and
 * .stamps/<stage>.json: for every finished stage the recipe (keys that determine its bytes), its
 * input files and its output files with size, mtime and checksum. Stamps are how a stage knows
 * that there is nothing to do and how the next one knows that its input is stale.
 *
 * Threads: main thread only, except gv_run_event which may be called from any one thread at a
 * time.
 */
#ifndef GV_RUN_H
#define GV_RUN_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "config/gv_json.h"
#include <stdbool.h>

/* File names inside a run directory. */
#define GV_FILE_CONFIG     "config.json"
#define GV_FILE_VOCAB      "vocab.txt"
#define GV_FILE_COUNTS     "counts.bin"
#define GV_FILE_STORE      "store.db"
#define GV_FILE_IDS        "corpus.ids"
#define GV_FILE_CHECKPOINT "model.ckpt"
#define GV_FILE_HISTORY    "model.lbfgs"
#define GV_FILE_METRICS    "metrics.jsonl"
#define GV_FILE_EVAL       "eval.json"
#define GV_FILE_REPORT     "report.html"

typedef struct gv_run {
    const gv_config *config; /* borrowed */
    char *dir;
    enum gv_config_stage stage;
    bool force;            /* --force */
    gv_progress *progress; /* borrowed, may be NULL */
    double wall_start, cpu_start;
    int lock_fd;
    struct gv_run_files *files; /* private: stamps, checksums, what the inputs were at the start */
} gv_run;

/*
 * Make the directory if need be, take the stage lock (a second program at the same stage of the
 * same directory: GV_E_RUNTIME), write config.json (resolved) if there is none. Starts the clocks.
 */
int gv_run_open(gv_run **run, const gv_config *config, const char *dir, enum gv_config_stage stage,
                bool force, gv_progress *progress, gv_error *err);
void gv_run_close(gv_run *run);

/* Path of a file in the run directory; caller frees. */
char *gv_run_path(const gv_run *run, const char *file, gv_error *err);

/*
 * Checksum of a file. Where a stamp of this run recorded the same path, size and mtime, its
 * checksum is taken; else the file is read.
 */
int gv_run_hash(gv_hash128 *hash, gv_run *run, const char *path, gv_error *err);
/* This stage has just written the file and knows the checksum of its bytes: gv_run_hash and
 * gv_run_done take it while the file keeps its size and mtime, instead of reading it again. */
int gv_run_know_hash(gv_run *run, const char *path, gv_hash128 hash, gv_error *err);

/*
 * Call it after gv_run_check_upstream and before reading the inputs: it also brings config.json up
 * to date (a stage that is refused leaves it as it was), and notes what the inputs look like, so
 * that gv_run_done can tell when one of them changed meanwhile.
 * Is the output of this stage up to date? True when not forced, every file of `outputs` is there
 * as the stamp says, the stamp's recipe equals `recipe`, and `inputs` are the same files by
 * checksum (path and order do not matter if contents agree in order). On true it has printed a
 * note ("vocab.txt is up to date"). "-" as an input is never up to date. Paths are borrowed.
 */
int gv_run_up_to_date(bool *fresh, gv_run *run, const char *recipe, const gv_strings *inputs,
                      const gv_strings *outputs, gv_error *err);

/*
 * Before a stage uses the output of an earlier stage. `file` is its name in the run directory,
 * `recipe` the one embedded in it or NULL (then the stamp of `made_by` is used; no stamp at all is
 * accepted, so people may bring files of their own). A file that is not the one the stamp speaks
 * of: vocab.txt is accepted with a note (it is text, and people edit it), any other is GV_E_CORRUPT
 * (damaged or exchanged). Missing file: GV_E_USAGE "... is missing: run
 * glove-x first". Made with other keys: GV_E_USAGE naming the key, both values and the program to
 * run again. If the stamp of `made_by` names corpus files or other inputs that have changed
 * since (by checksum; inputs that are gone are not an error), GV_E_USAGE likewise.
 */
int gv_run_check_upstream(gv_run *run, enum gv_config_stage made_by, const char *file,
                          const char *recipe, gv_error *err);

/* A line {"stage": ..., "event": EVENT, ...members of `fields`} in metrics.jsonl, flushed at once.
 * Ends the writer `fields`, also on failure. */
int gv_run_event(gv_run *run, const char *event, gv_json_writer *fields, gv_error *err);

/*
 * The stage is done: write its stamp, then the "done" event with wall_s, cpu_s, peak_rss_kb,
 * version and the members of `fields`. Ends the writer `fields`, also on failure; NULL if there are
 * no fields.
 */
int gv_run_done(gv_run *run, const char *recipe, const gv_strings *inputs,
                const gv_strings *outputs, gv_json_writer *fields, gv_error *err);

/*
 * What is known about how this directory came to be, for store.db: JSON text, an object
 * {"version":, "config": {resolved}, "corpus": [{"file":, "bytes":, "xxh128":}], "stages":
 * [{the done events so far}]}. Caller frees with gv_mem_free.
 */
int gv_run_provenance(char **provenance, gv_run *run, gv_error *err);

#endif
