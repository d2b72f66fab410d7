/*
 * gv_run_internal - what the files of gv_run share: config.json, stamps, records of files.
 *
 * A record describes a file: a JSON object {"file": as the user named it, "path": its key,
 * "bytes":, "mtime_ns":, "xxh128":}. The key of a file in the run directory is its name there, so a
 * run may be moved; the key of any other file is its absolute path. "xxh128" is null if the content
 * is not known: standard input, or a file that changed while it was read.
 *
 * Threads: main thread only. Errors: as in gv_run.h.
 */
#ifndef GV_RUN_INTERNAL_H
#define GV_RUN_INTERNAL_H

#include "app/gv_run.h"
#include "config/gv_jansson.h"

enum { GV_RUN_STAGES = 6 };

struct gv_run_files {
    json_t *stamps[GV_RUN_STAGES]; /* by stage; NULL: none */
    json_t *hashed;                /* key -> record of what this process has hashed */
    json_t *at_start;              /* key -> {"bytes":, "mtime_ns":} of this stage's inputs */
};

/* Locks (gv_run_lock.c). Where the file system has none, a note says so and the stage works
 * without. Begin: lock the stage, and what earlier stages have made; GV_E_RUNTIME if it is running
 * already, or if one of them is. Outputs: before they are replaced; GV_E_RUNTIME if a later stage
 * is running. End: release all of them. Config: before config.json is replaced; the caller closes
 * `*fd`, which may be -1. All wait some seconds; GV_E_STOPPED if a signal arrives meanwhile. */
GV_MUST_USE int gv_run_lock_begin(gv_run *run, gv_error *err);
GV_MUST_USE int gv_run_lock_outputs(gv_run *run, gv_error *err);
void gv_run_lock_end(gv_run *run);
GV_MUST_USE int gv_run_lock_config(int *fd, gv_run *run, gv_error *err);

/* Append a line to metrics.jsonl. `lasting`: it is on the disk then, and so is the file's name. */
GV_MUST_USE int gv_run_append_line(const char *path, const char *json, bool lasting, gv_error *err);

/* Write config.json unless it is already like that. If the stage `begins` to work, what it was
 * before is kept until gv_run_end or gv_run_config_settle. */
GV_MUST_USE int gv_run_config_write(gv_run *run, bool begins, gv_error *err);
/* The stage is done: forget what config.json was before. */
void gv_run_config_settle(const gv_run *run);
/* Was the last start of this stage killed at work? (An end by SIGINT and such does not count.) */
GV_MUST_USE int gv_run_config_was_killed(bool *killed, const gv_run *run, gv_error *err);

/* Load all stamps of run->dir into run->files. A damaged stamp counts as none. */
GV_MUST_USE int gv_run_files_open(gv_run *run, gv_error *err);
void gv_run_files_close(gv_run *run);

/* The tool that made the output of a stage instead of the stage's program, as its stamp says
 * (borrowed); NULL: none did. And the program or tool that made it. */
const char *gv_run_tool(const gv_run *run, enum gv_config_stage made_by);
const char *gv_run_maker(const gv_run *run, enum gv_config_stage made_by);

/* The stamp of a stage (borrowed), NULL if there is none. */
json_t *gv_run_stamp(const gv_run *run, enum gv_config_stage stage);
/* Write this stage's stamp: {"recipe":, "inputs": [...], "outputs": [...], "done": {...}}. */
GV_MUST_USE int gv_run_stamp_write(gv_run *run, const char *recipe, const gv_strings *inputs,
                                   const gv_strings *outputs, json_t *done, gv_error *err);

/* Remember size and time of the inputs (in files->at_start). */
GV_MUST_USE int gv_run_files_note(gv_run *run, const gv_strings *inputs, gv_error *err);
/* Is the file at `path` the one that the record describes, by its checksum? (It is not computed
 * again if size and time are as recorded.) A missing file is not. */
GV_MUST_USE int gv_run_same_file(bool *same, gv_run *run, const json_t *record, const char *path,
                                 gv_error *err);
/* Where the file of the record should be now; caller frees. NULL if out of memory. */
char *gv_run_record_path(const gv_run *run, const json_t *record, gv_error *err);
/* The record of the file named `file` among the outputs of a stamp (borrowed), or NULL. */
json_t *gv_run_find_output(const json_t *stamp, const char *file);

/* Before work that is not fresh: GV_E_USAGE, naming the ways out, where it would replace an output
 * that took more than a minute by a different one, or a vocab.txt that was edited. Not of
 * training, which can resume: gv_run_check_discard_trained. */
GV_MUST_USE int gv_run_check_discard(gv_run *run, const gv_strings *inputs,
                                     const gv_strings *outputs, gv_error *err);

#endif
