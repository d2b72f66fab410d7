/*
 * A run directory that a stage has opened: lock, config.json, events, provenance. What is checked
 * before a stage works is in gv_run_check.c, stamps and checksums are in gv_run_files.c,
 * metrics.jsonl is in gv_run_metrics.c, locks are in gv_run_lock.c.
 */
#include "app/gv_run.h"

#include "app/gv_run_base.h"
#include "app/gv_run_guard.h"
#include "app/gv_run_internal.h"
#include "base/gv_clock.h"
#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_host.h"
#include "base/gv_mem.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REAL_DIGITS = 15 /* of numbers in metrics and provenance */ };

/* --- what a killed start left behind ---------------------------------------------------------- */

/* Beginnings of the names of a stage's outputs. */
static const struct {
    enum gv_config_stage stage;
    const char *name;
} outputs_of[] = {{GV_STAGE_VOCAB, GV_FILE_VOCAB},   {GV_STAGE_COOCCUR, GV_FILE_COUNTS},
                  {GV_STAGE_SHUFFLE, GV_FILE_STORE}, {GV_STAGE_EVAL, GV_FILE_EVAL},
                  {GV_STAGE_EVAL, GV_FILE_ITEMS},    {GV_STAGE_TRAIN, GV_FILE_CHECKPOINT},
                  {GV_STAGE_TRAIN, GV_FILE_IDS},     {GV_STAGE_TRAIN, "vectors."},
                  {GV_STAGE_TRAIN, "metadata.tsv"},  {GV_STAGE_TRAIN, GV_FILE_SUBWORDS},
                  {GV_STAGE_VOCAB, GV_FILE_PHRASES}, {GV_STAGE_SHUFFLE, "store-"}};

static bool is_of_stage(enum gv_config_stage stage, const char *name)
{
    for (size_t i = 0; i < sizeof outputs_of / sizeof outputs_of[0]; i++)
        if (outputs_of[i].stage == stage &&
            strncmp(name, outputs_of[i].name, strlen(outputs_of[i].name)) == 0)
            return true;
    return false;
}

/* STAGE.json.tmp, STAGE.begun.json.tmp, STAGE-begun.json.tmp */
static bool is_record_of_stage(enum gv_config_stage stage, const char *name)
{
    const char *stage_name = gv_config_stage_name(stage);
    size_t n = strlen(stage_name);
    return strncmp(name, stage_name, n) == 0 && (name[n] == '.' || name[n] == '-');
}

/* The history of L-BFGS is all of one stage. */
static bool is_history(enum gv_config_stage stage, const char *name)
{
    return stage == GV_STAGE_TRAIN && *name >= '0' && *name <= '9';
}

/* Remove the temporary files, and those that SQLite kept beside them, whose names `is_ours`
 * accepts. Links are removed, never followed. */
static void remove_temporary_in(const gv_run *run, int top, const char *folder,
                                bool (*is_ours)(enum gv_config_stage stage, const char *name))
{
    int fd = openat(top, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir && fd >= 0)
        close(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *end = strstr(entry->d_name, ".tmp");
        if (end && (end[4] == '\0' || end[4] == '-') && is_ours(run->stage, entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

/* The stage's lock is held, so no other process writes these files. Errors are ignored: such a file
 * takes room, no more. */
static void remove_temporary(const gv_run *run)
{
    int top = open(run->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return;
    remove_temporary_in(run, top, ".", is_of_stage);
    remove_temporary_in(run, top, GV_FOLDER_STAMPS, is_record_of_stage);
    remove_temporary_in(run, top, GV_FILE_HISTORY, is_history);
    close(top);
}

/* --- open and close --------------------------------------------------------------------------- */

static int prepare(gv_run *run, gv_error *err)
{
    char *stamps = gv_file_path_join(run->dir, GV_FOLDER_STAMPS, err);
    int status = stamps ? gv_run_guard_check_length(run->dir, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_run_guard_check(run->dir, err);
    if (status == GV_OK)
        status = gv_file_make_dirs(stamps, err);
    gv_mem_free(stamps);
    if (status == GV_OK)
        status = gv_run_lock_begin(run, err);
    if (status == GV_OK)
        status = gv_run_base_check_whole(run->dir, err);
    if (status == GV_OK)
        remove_temporary(run);
    return status == GV_OK ? gv_run_files_open(run, err) : status;
}

int gv_run_open(gv_run **result, const gv_run_options *options, gv_error *err)
{
    *result = NULL;
    gv_run *run = gv_mem_alloc_zero(1, sizeof *run, err);
    if (!run)
        return GV_E_MEMORY;
    *run = (gv_run){.config = options->config,
                    .lasting = options->lasting ? options->lasting : options->config,
                    .stage = options->stage,
                    .force = options->force,
                    .progress = options->progress,
                    .command = options->command,
                    .notes = options->notes,
                    .wall_start = gv_clock_wall_seconds(),
                    .cpu_start = gv_clock_cpu_seconds(),
                    .lock_fd = -1,
                    .outputs_fd = {-1, -1, -1}};
    int status = (run->dir = gv_mem_strdup(options->dir, err)) ? prepare(run, err) : GV_E_MEMORY;
    if (status == GV_OK)
        *result = run;
    else
        gv_run_close(run);
    return status;
}

void gv_run_close(gv_run *run)
{
    if (!run)
        return;
    gv_run_files_close(run);
    gv_run_lock_end(run);
    gv_mem_free(run->dir);
    gv_mem_free(run);
}

char *gv_run_path(const gv_run *run, const char *file, gv_error *err)
{
    return gv_file_path_join(run->dir, file, err);
}

/* --- metrics and the end of a stage ----------------------------------------------------------- */

/* {"stage":, "event":, ...}, to be continued. */
static gv_json_writer begin_event(const gv_run *run, const char *event)
{
    gv_json_writer line = gv_json_begin();
    gv_json_set_text(&line, "stage", gv_config_stage_name(run->stage));
    gv_json_set_text(&line, "event", event);
    return line;
}

/* Add the members that were written to `fields` (may be NULL), and end both writers. */
static int end_event(gv_json **event, gv_json_writer *line, gv_json_writer *fields, gv_error *err)
{
    gv_json *members = NULL;
    int status = fields ? gv_json_take(&members, fields, err) : GV_OK;
    for (const char *key = NULL; (key = gv_json_next_key(members, key));)
        gv_json_set_value(line, key, gv_json_get(members, key));
    if (status == GV_OK)
        status = gv_json_take(event, line, err);
    else
        gv_json_clear(line);
    gv_json_free(members);
    return status;
}

static int write_event(const gv_run *run, const gv_json *event, bool lasting, gv_error *err)
{
    char *text = NULL, *path = gv_run_path(run, GV_FILE_METRICS, err);
    int status =
        path ? gv_json_print(&text, event, GV_JSON_COMPACT, REAL_DIGITS, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_run_append_line(path, text, lasting, err);
    gv_mem_free(path);
    gv_mem_free(text);
    return status;
}

int gv_run_event(gv_run *run, const char *name, gv_json_writer *fields, gv_error *err)
{
    gv_json *event = NULL;
    gv_json_writer line = begin_event(run, name);
    int status = end_event(&event, &line, fields, err);
    if (status == GV_OK)
        status = write_event(run, event, false, err);
    gv_json_free(event);
    return status;
}

static double milliseconds(double seconds)
{
    return round(seconds * 1000) / 1000;
}

/* When, where and with which program the stage was done. */
static void write_surroundings(gv_json_writer *line, const gv_run *run)
{
    gv_host host;
    char utc[GV_CLOCK_UTC_BYTES];
    gv_host_describe(&host);
    gv_clock_utc(utc);
    gv_json_set_text(line, "time", utc);
    gv_json_set_text(line, "host", host.name);
    gv_json_set_text(line, "cpu", host.cpu);
    gv_json_set_text(line, "commit", gv_host_commit());
    if (run->command)
        gv_json_set_text(line, "command", run->command);
}

int gv_run_done(gv_run *run, const char *recipe, const gv_strings *inputs,
                const gv_strings *outputs, gv_json_writer *fields, gv_error *err)
{
    gv_json *event = NULL;
    run->finishing = true;
    gv_json_writer line = begin_event(run, "done");
    gv_json_set_real(&line, "wall_s", milliseconds(gv_clock_wall_seconds() - run->wall_start));
    gv_json_set_real(&line, "cpu_s", milliseconds(gv_clock_cpu_seconds() - run->cpu_start));
    gv_json_set_uint(&line, "peak_rss_kb", gv_mem_peak_rss_kb());
    gv_json_set_text(&line, "version", GV_VERSION);
    write_surroundings(&line, run);
    int status = end_event(&event, &line, fields, err);
    /* The event comes first: a stage that is killed between the two works again, and has two events
     * rather than none. The work counts as done even if its event cannot be written. */
    gv_error later = GV_ERROR_INIT;
    int told = status == GV_OK ? write_event(run, event, true, err) : status;
    if (status == GV_OK)
        status =
            gv_run_stamp_write(run, recipe, inputs, outputs, event, told == GV_OK ? err : &later);
    if (status == GV_OK)
        gv_run_config_settle(run);
    gv_json_free(event);
    return told != GV_OK ? told : status;
}

/* --- provenance ------------------------------------------------------------------------------- */

/* Null where a damaged stamp lacks the member. */
static void copy_member(gv_json_writer *w, const gv_json *record, const char *name)
{
    const gv_json *value = gv_json_get(record, name);
    if (value)
        gv_json_set_value(w, name, value);
    else
        gv_json_set_null(w, name);
}

static void write_corpus_file(gv_json_writer *w, const gv_json *record)
{
    gv_json_open_object(w, NULL);
    copy_member(w, record, "file");
    copy_member(w, record, "bytes");
    copy_member(w, record, "xxh128");
    gv_json_close(w);
}

/* The corpus files of a stamp: inputs from outside the run directory. */
static void write_corpus(gv_json_writer *w, const gv_json *stamp)
{
    const gv_json *inputs = gv_json_get(stamp, "inputs");
    for (size_t i = 0; i < gv_json_count(inputs); i++) {
        const gv_json *record = gv_json_item(inputs, i);
        const char *path = gv_json_get_text(record, "path");
        if (path[0] != '/' && strcmp(path, "-") != 0)
            continue;
        write_corpus_file(w, record);
    }
}

/* The texts of earlier times; what cannot be read is not listed. */
static void write_earlier_corpus(gv_json_writer *w, const gv_run *run)
{
    gv_json *parts = NULL;
    if (!gv_run_base_used(run->config) || gv_run_base_read_parts(&parts, run->dir, NULL) != GV_OK)
        return;
    const gv_json *all = gv_json_get(parts, "parts");
    for (size_t i = 0; i < gv_json_count(all); i++) {
        const gv_json *files = gv_json_get(gv_json_item(all, i), "files");
        for (size_t k = 0; k < gv_json_count(files); k++)
            write_corpus_file(w, gv_json_item(files, k));
    }
    gv_json_free(parts);
}

int gv_run_provenance(char **provenance, gv_run *run, gv_error *err)
{
    char *config = NULL;
    *provenance = NULL;
    int status = gv_config_json(&config, run->config, err);
    if (status != GV_OK)
        return status;
    const gv_json *counted = gv_run_stamp(run, GV_STAGE_COOCCUR);
    gv_json_writer w = gv_json_begin();
    gv_json_set_text(&w, "version", GV_VERSION);
    gv_json_set_parsed(&w, "config", config);
    gv_mem_free(config);
    gv_json_open_array(&w, "corpus");
    write_earlier_corpus(&w, run);
    write_corpus(&w, counted ? counted : gv_run_stamp(run, GV_STAGE_VOCAB));
    gv_json_close(&w);
    gv_json_open_array(&w, "stages");
    for (unsigned i = 0; i < GV_RUN_STAGES; i++) {
        const gv_json *done = gv_json_get(run->files->stamps[i], "done");
        if (gv_json_kind(done) == GV_JSON_OBJECT)
            gv_json_set_value(&w, NULL, done);
    }
    gv_json_close(&w);
    return gv_json_write(provenance, &w, 1, REAL_DIGITS, err);
}
