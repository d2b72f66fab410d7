/*
 * config.json of a run directory: written when a stage begins to work, taken back if it fails.
 *
 * As long as the stage works, .stamps/STAGE.begun.json has the text of config.json before it and
 * the text that the stage wrote: {"before": text or null, "written": text}. The order of writes is
 * begun.json, config.json; so a kill at any moment leaves either the old config.json, or the new
 * one together with the way back. A start that finds config.json as an interrupted one wrote it
 * takes over its "before": if this one fails, the settings of both are taken back.
 *
 * Two stages may work at once: config.json has a lock, and it is only taken back if it is still
 * what the stage wrote.
 */
#include "app/gv_run_internal.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "config/gv_config_key.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { CONFIG_LIMIT = 16 << 20, BEGUN_LIMIT = 64 << 20 };

static int out_of_memory(gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY, "out of memory for config.json");
}

static char *begun_path(const gv_run *run, gv_error *err)
{
    return gv_mem_format(err, "%s/.stamps/%s.begun.json", run->dir,
                         gv_config_stage_name(run->stage));
}

/* What .stamps/STAGE.begun.json says; NULL if it is not there or damaged. New reference. */
static int read_begun(json_t **begun, const gv_run *run, gv_error *err)
{
    char *text = NULL, *path = begun_path(run, err);
    size_t bytes;
    int status =
        path ? gv_file_reader_whole_if_there(&text, &bytes, path, BEGUN_LIMIT, err) : GV_E_MEMORY;
    *begun = NULL;
    if (text)
        status = gv_jansson_load(begun, text, strlen(text), JSON_REJECT_DUPLICATES, NULL, err);
    if (!json_is_string(json_object_get(*begun, "written"))) {
        json_decref(*begun);
        *begun = NULL;
    }
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

static int write_begun(const gv_run *run, const json_t *begun, gv_error *err)
{
    char *path = begun_path(run, err), *text = NULL;
    int status = path ? gv_jansson_dump(&text, begun, JSON_INDENT(1), err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, strlen(text), err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

/* Did the start that `begun` is about write this config.json? */
static bool wrote(const json_t *begun, const char *config)
{
    const char *written = json_string_value(json_object_get(begun, "written"));
    return written && config && strcmp(written, config) == 0;
}

/* Remember what config.json is now, `old` (NULL: it is not there), and will be. */
static int note_begun(gv_run *run, const char *old, const char *json, gv_error *err)
{
    json_t *earlier;
    int status = read_begun(&earlier, run, err);
    if (status != GV_OK)
        return status;
    if (old && !gv_utf8_valid(old, strlen(old)))
        old = NULL; /* no config */
    const char *before =
        wrote(earlier, old) ? json_string_value(json_object_get(earlier, "before")) : old;
    json_t *begun = json_pack("{s:s?, s:s}", "before", before, "written", json);
    status = begun ? write_begun(run, begun, err) : out_of_memory(err);
    run->config_begun = status == GV_OK;
    json_decref(begun);
    json_decref(earlier);
    return status;
}

/* PATH.tmp, from a process that was killed; the lock is held. */
static void remove_temporary(const char *path)
{
    char temporary[PATH_MAX];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    unlink(temporary);
}

static int look_at_vocab(gv_file_stat *look, const gv_run *run, gv_error *err)
{
    char *path = gv_run_path(run, GV_FILE_VOCAB, err);
    int status = path ? gv_file_look(look, path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    return status;
}

int gv_run_config_write(gv_run *run, bool begins, gv_error *err)
{
    char *json = NULL, *old = NULL, *path = gv_run_path(run, GV_FILE_CONFIG, err);
    size_t bytes;
    int lock = -1;
    int status = path ? gv_config_json(&json, run->lasting, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_run_lock_config(&lock, run, err);
    if (status == GV_OK)
        status = gv_file_reader_whole_if_there(&old, &bytes, path, CONFIG_LIMIT, err);
    if (status == GV_OK)
        remove_temporary(path);
    if (status == GV_OK && begins)
        status = look_at_vocab(&run->vocab_at_start, run, err);
    if (status == GV_OK && begins)
        status = note_begun(run, old, json, err);
    if (status == GV_OK && (!old || strcmp(old, json) != 0))
        status = gv_file_writer_whole(path, json, strlen(json), err);
    if (status == GV_OK && !begins)
        gv_run_config_settle(run);
    if (lock >= 0)
        close(lock);
    gv_mem_free(old);
    gv_mem_free(path);
    gv_mem_free(json);
    return status;
}

void gv_run_config_settle(const gv_run *run)
{
    char path[PATH_MAX]; /* a longer path could not be opened */
    snprintf(path, sizeof path, "%s/.stamps/%s.begun.json", run->dir,
             gv_config_stage_name(run->stage));
    unlink(path);
}

int gv_run_config_was_killed(bool *killed, const gv_run *run, gv_error *err)
{
    json_t *begun;
    int status = read_begun(&begun, run, err);
    *killed = begun && !json_is_true(json_object_get(begun, "stopped"));
    json_decref(begun);
    return status;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Did this start replace vocab.txt before it failed? Without a stamp it would be taken for one that
 * its user edited. */
static bool replaced_vocab(const gv_run *run)
{
    gv_file_stat now;
    return run->stage == GV_STAGE_VOCAB && look_at_vocab(&now, run, NULL) == GV_OK && now.exists &&
           (now.size != run->vocab_at_start.size || now.mtime_ns != run->vocab_at_start.mtime_ns);
}

/* Errors are ignored: the stage has one already, and config.json is whole in any case. */
static void take_back(gv_run *run, const json_t *begun)
{
    char *old = NULL, *path = gv_run_path(run, GV_FILE_CONFIG, NULL);
    const char *before = json_string_value(json_object_get(begun, "before"));
    size_t bytes;
    int lock = -1, status = path ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_run_lock_config(&lock, run, NULL);
    if (status == GV_OK)
        status = gv_file_reader_whole_if_there(&old, &bytes, path, CONFIG_LIMIT, NULL);
    if (status == GV_OK && wrote(begun, old))
        status = before ? gv_file_writer_whole(path, before, strlen(before), NULL)
                        : (unlink(path) == 0 ? GV_OK : GV_E_IO);
    /* outputs without a stamp: what was begun stays known, as after a kill */
    if (status == GV_OK && !run->finishing && !replaced_vocab(run))
        gv_run_config_settle(run);
    if (lock >= 0)
        close(lock);
    gv_mem_free(old);
    gv_mem_free(path);
}

void gv_run_end(gv_run *run, int status)
{
    json_t *begun;
    if (status == GV_OK || !run->config_begun || read_begun(&begun, run, NULL) != GV_OK || !begun)
        return;
    bool resumes = status == GV_E_STOPPED || (run->keep_config && status != GV_E_DIVERGED);
    if (!resumes)
        take_back(run, begun);
    else if (json_object_set_new(begun, "stopped", json_true()) == 0)
        (void)!write_begun(run, begun, NULL);
    json_decref(begun);
}

void gv_run_keep_config(gv_run *run)
{
    run->keep_config = true;
}
