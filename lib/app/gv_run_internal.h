/*
 * gv_run_files - what a run directory knows about files: stamps and checksums.
 *
 * Private to gv_run.c. A record is a JSON object {"file": as the user named it, "path": its key,
 * "bytes":, "mtime_ns":, "xxh128":}; the key of a file inside the run directory is its name there,
 * so a run may be moved; of any other file its absolute path. "xxh128" is null for a file whose
 * content is not known: standard input, or a file that changed while it was read.
 * Threads: main thread only.
 */
#ifndef GV_RUN_INTERNAL_H
#define GV_RUN_INTERNAL_H

#include "app/gv_run.h"
#include <jansson.h>

enum { GV_RUN_STAGES = 6 };

struct gv_run_files {
    json_t *stamps[GV_RUN_STAGES]; /* by stage; NULL: none */
    json_t *hashed;                /* key -> record of what this process has hashed */
    json_t *at_start;              /* key -> {"bytes":, "mtime_ns":} of this stage's inputs */
};

/* Load all stamps of run->dir into run->files. A damaged stamp counts as none. */
int gv_run_files_open(gv_run *run, gv_error *err);
void gv_run_files_close(gv_run *run);

/* The stamp of a stage (borrowed), NULL if there is none. */
json_t *gv_run_stamp(const gv_run *run, enum gv_config_stage stage);
/* Write this stage's stamp: {"recipe":, "inputs": [...], "outputs": [...], "done": {...}}. */
int gv_run_stamp_write(gv_run *run, const char *recipe, const gv_strings *inputs,
                       const gv_strings *outputs, json_t *done, gv_error *err);

/* Note size and time of the inputs (in files->at_start). */
int gv_run_files_note(gv_run *run, const gv_strings *inputs, gv_error *err);
/* Is the file at `path` (not NULL) the one of the record, by size and time or else by checksum? A
 * missing file is not. */
int gv_run_same_file(bool *same, gv_run *run, const json_t *record, const char *path,
                     gv_error *err);
/* The path where the record's file should be now; caller frees. */
char *gv_run_record_path(const gv_run *run, const json_t *record, gv_error *err);
/* The record of file name `file` among the outputs of a stamp, or NULL. */
json_t *gv_run_find_output(const json_t *stamp, const char *file);

#endif
