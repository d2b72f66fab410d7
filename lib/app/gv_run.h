/*
 * gv_run - the run directory: its files, what is up to date, what was measured.
 *
 * runs/NAME/ holds config.json, the outputs of the stages (names below), metrics.jsonl, and
 * .stamps/STAGE.json for each finished stage: its recipe (the keys that decide the bytes), and its
 * input and output files with size, time and checksum. By its stamp a stage knows that there is
 * nothing to do, and the next one that its input is stale.
 *
 * A stage calls, in this order: gv_run_open, gv_run_check_upstream for each input of an earlier
 * stage, gv_run_up_to_date, then it works and calls gv_run_event, at last gv_run_done. Whoever
 * opened the run calls gv_run_end with the stage's status.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, and what a function names. Threads: main thread only, except
 * gv_run_event, which any one thread at a time may call.
 */
#ifndef GV_RUN_H
#define GV_RUN_H

#include "base/gv_error.h"
#include "base/gv_file.h"
#include "base/gv_hash.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "config/gv_json.h"
#include "config/gv_run_names.h"
#include <stdbool.h>

typedef struct gv_run {
    const gv_config *config;  /* borrowed */
    const gv_config *lasting; /* borrowed: what config.json is to say */
    char *dir;
    enum gv_config_stage stage;
    bool force;              /* --force */
    gv_progress *progress;   /* borrowed, may be NULL */
    const char *command;     /* borrowed, may be NULL: the command line, for metrics.jsonl */
    const gv_strings *notes; /* borrowed, may be NULL: what to say when work begins */
    double wall_start, cpu_start;
    int lock_fd, outputs_fd[3];                          /* private: gv_run_lock.c */
    bool config_begun, keep_config, finishing, no_locks; /* private */
    gv_file_stat vocab_at_start;                         /* private: vocab.txt when work began */
    struct gv_run_files *files; /* private: stamps, checksums, what the inputs were at the start */
} gv_run;

/* All borrowed, as long as the run is open. */
typedef struct gv_run_options {
    const gv_config *config;
    const gv_config *lasting; /* the config without settings of this start alone, for config.json;
                                 NULL: `config` */
    const char *dir;          /* the run directory; copied */
    enum gv_config_stage stage;
    bool force;              /* work even if the output is up to date */
    gv_progress *progress;   /* may be NULL */
    const char *command;     /* the command line as a shell would take it; may be NULL */
    const gv_strings *notes; /* lines to show when work begins, not before a refusal; may be NULL */
} gv_run_options;

/*
 * Create the directory if need be, lock the stage and what earlier stages have made, remove
 * temporary files that an earlier start left behind, start the clocks. GV_E_RUNTIME if another
 * program runs the same stage there, or replaces the output of an earlier one. `*run`
 * is NULL on failure.
 */
GV_MUST_USE int gv_run_open(gv_run **run, const gv_run_options *options, gv_error *err);
/*
 * The stage has ended with this status. After a failure config.json is again what it was before the
 * stage began to work, so that settings that failed do not last. It stays as it is after GV_OK and
 * GV_E_STOPPED, and after another failure but GV_E_DIVERGED if gv_run_keep_config was called. A
 * process that is killed leaves it, too: so what resumes an interrupted stage has its settings.
 */
void gv_run_end(gv_run *run, int status);
/* There is work from which a next start can resume: a failure does not take back its settings.
 * Any thread. */
void gv_run_keep_config(gv_run *run);
/* Release the lock and the memory. Accepts NULL. */
void gv_run_close(gv_run *run);

/* The path of a file in the run directory; caller frees. NULL if out of memory. */
GV_MUST_USE char *gv_run_path(const gv_run *run, const char *file, gv_error *err);

/* The checksum of a file. It is taken from a stamp of this run if one recorded the same path, size
 * and time; else the file is read. */
GV_MUST_USE int gv_run_hash(gv_hash *hash, gv_run *run, const char *path, gv_error *err);
/* The checksum that the stamp of this stage has of its input `key`, a name in the run directory;
 * false: none. */
bool gv_run_recorded_hash(gv_hash *hash, const gv_run *run, const char *key);
/* Record the checksum of a file that this stage has just written, so that it is not read again
 * while it keeps its size and time. */
GV_MUST_USE int gv_run_know_hash(gv_run *run, const char *path, gv_hash hash, gv_error *err);

/*
 * Before a stage uses `file` of the run directory, an output of the stage `made_by`. `recipe` is
 * the one that the file holds; NULL: that of the stamp of `made_by` (without a stamp the file is
 * accepted, so that people may bring their own).
 *
 * GV_E_USAGE, naming the program to run: the file is missing; it was made with other keys (key and
 * both values are named); files that it was made from, as far as they still exist, have changed.
 * GV_E_CORRUPT: the file is not the one of the stamp, it was damaged or replaced. vocab.txt is then
 * accepted with a note: it is text, and people edit it.
 */
GV_MUST_USE int gv_run_check_upstream(gv_run *run, enum gv_config_stage made_by, const char *file,
                                      const char *recipe, gv_error *err);

/*
 * Is the output of this stage up to date? It is if the run is not forced, all files of `outputs`
 * are as the stamp describes them, its recipe is `recipe`, and the files `inputs` have the recorded
 * contents, in order; their paths do not matter. Then a note says so ("vocab.txt is up to date").
 * Standard input ("-") is never up to date.
 *
 * If it is not, the stage is about to replace the outputs. GV_E_RUNTIME if a later stage is at work
 * with them; GV_E_USAGE where replacing them needs --force (an output that took more than a minute
 * and would be another now, a vocab.txt that was edited).
 *
 * Call it after gv_run_check_upstream, so that a stage that is refused changes nothing, and before
 * reading the inputs: it also writes config.json, and remembers size and time of the inputs, by
 * which gv_run_done notices that one of them has changed since.
 */
GV_MUST_USE int gv_run_up_to_date(bool *fresh, gv_run *run, const char *recipe,
                                  const gv_strings *inputs, const gv_strings *outputs,
                                  gv_error *err);

/*
 * Is `file`, the output of this stage, one that the stage has not made and cannot make: a tool did
 * (the member "tool" of its "done" event names it), or the user brought it, and the config names no
 * text to count? Then the stage has nothing to do; config.json is written, and a note says so.
 * Errors are those of gv_run_check_upstream. GV_E_USAGE also where the config does name text, and
 * the stage would replace the output of a tool without --force.
 */
GV_MUST_USE int gv_run_keep_given(bool *given, gv_run *run, const char *file, gv_error *err);

/* --- work that is not thrown away without --force --------------------------------------------- */

/* Is that so much work that replacing its result needs --force? More than a minute. */
bool gv_run_is_long(double seconds);
/* Is the file the one of that name that this stage wrote last, by its stamp? */
GV_MUST_USE int gv_run_is_own_output(bool *own, gv_run *run, const char *path, gv_error *err);
/* How long this stage took the last time that it was done, by its stamp; 0: never, or unknown. */
double gv_run_recorded_seconds(const gv_run *run);
/* GV_E_USAGE: the reason `why`, what would be lost, and the ways out. */
GV_MUST_USE int gv_run_refuse_discard(const gv_run *run, const char *why, double seconds,
                                      gv_error *err);
/* In words, why `output`, made by this stage as its stamp says, would be another now: the first
 * key of the stages in the mask `stages` that differs, or the first input. Caller frees `*why`. */
GV_MUST_USE int gv_run_describe_change(char **why, gv_run *run, unsigned stages, const char *output,
                                       const gv_strings *inputs, gv_error *err);
/* A training without a checkpoint to resume from: GV_E_USAGE if it would replace vectors of another
 * training that took more than a minute. `stages`: those whose keys make the training. */
GV_MUST_USE int gv_run_check_discard_trained(gv_run *run, unsigned stages, const gv_strings *inputs,
                                             const gv_strings *outputs, gv_error *err);

/* The stages whose keys the recipe in a stamp of `made_by` holds, as bits. */
unsigned gv_run_recipe_stages(const gv_config *config, enum gv_config_stage made_by);

/* --- events and the end ----------------------------------------------------------------------- */

/* Append a line {"stage":, "event":, members of `fields`} to metrics.jsonl, at once. Ends the
 * writer `fields` (NULL: no fields), also on failure. */
GV_MUST_USE int gv_run_event(gv_run *run, const char *event, gv_json_writer *fields, gv_error *err);

/*
 * The stage is done: write its stamp, then the "done" event with wall_s, cpu_s, peak_rss_kb,
 * version, what the work was done with (time, host, cpu, commit, command) and the members of
 * `fields`. Ends the writer `fields` (NULL: no fields), also on failure.
 */
GV_MUST_USE int gv_run_done(gv_run *run, const char *recipe, const gv_strings *inputs,
                            const gv_strings *outputs, gv_json_writer *fields, gv_error *err);

/*
 * How this directory came to be, for store.db: the text of a JSON object {"version":, "config":
 * {resolved}, "corpus": [{"file":, "bytes":, "xxh128":}], "stages": [{"done" events so far}]}.
 * Caller frees.
 */
GV_MUST_USE int gv_run_provenance(char **provenance, gv_run *run, gv_error *err);

#endif
