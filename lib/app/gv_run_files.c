/*
 * Stamps and checksums of a run directory.
 *
 * A checksum is computed once and is valid as long as the file keeps its size and modification
 * time. File times advance only every few milliseconds, so a file that is younger than one tick may
 * change again and keep its time (git calls this "racy"). Hashing therefore waits until the file is
 * TICK_NS old.
 *
 * A stamp is written last, and atomically. A stage that dies leaves its old stamp, which no longer
 * matches outputs that the stage had already replaced.
 */
#include "app/gv_run_internal.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "config/gv_config_key.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Twice the longest tick of file times in Linux (10 ms with HZ = 100). */
enum { TICK_NS = 20000000 };

enum { STAMP_LIMIT = 1 << 30 };

static int out_of_memory(gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY, "out of memory for the run's records");
}

static int stage_index(enum gv_config_stage stage)
{
    int index = 0;
    for (unsigned bits = (unsigned)stage; bits > 1; bits >>= 1)
        index++;
    return index < GV_RUN_STAGES ? index : 0;
}

static char *stamp_path(const gv_run *run, enum gv_config_stage stage, gv_error *err)
{
    return gv_mem_format(err, "%s/" GV_FOLDER_STAMPS "/%s.json", run->dir,
                         gv_config_stage_name(stage));
}

json_t *gv_run_stamp(const gv_run *run, enum gv_config_stage stage)
{
    return run->files->stamps[stage_index(stage)];
}

static bool well_formed(const json_t *stamp)
{
    return json_is_string(json_object_get(stamp, "recipe")) &&
           json_is_array(json_object_get(stamp, "inputs")) &&
           json_is_array(json_object_get(stamp, "outputs"));
}

/* A damaged stamp counts as none: the stage runs again and replaces it. */
static int load_stamp(gv_run *run, enum gv_config_stage stage, gv_error *err)
{
    char *path = stamp_path(run, stage, err), *text = NULL;
    size_t bytes;
    if (!path)
        return GV_E_MEMORY;
    int status = gv_file_reader_whole_if_there(&text, &bytes, path, STAMP_LIMIT, err);
    if (status == GV_OK && text) {
        json_t *stamp;
        status = gv_jansson_load(&stamp, text, bytes, JSON_REJECT_DUPLICATES, NULL, err);
        if (well_formed(stamp))
            run->files->stamps[stage_index(stage)] = stamp;
        else
            json_decref(stamp);
    }
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

int gv_run_files_open(gv_run *run, gv_error *err)
{
    run->files = gv_mem_alloc_zero(1, sizeof *run->files, err);
    if (!run->files)
        return GV_E_MEMORY;
    run->files->hashed = json_object();
    run->files->at_start = json_object();
    if (!run->files->hashed || !run->files->at_start)
        return out_of_memory(err);
    int status = GV_OK;
    for (unsigned i = 0; i < GV_RUN_STAGES && status == GV_OK; i++)
        if (1u << i != GV_STAGE_OUTPUT) /* part of glove-train, without a stamp of its own */
            status = load_stamp(run, (enum gv_config_stage)(1u << i), err);
    return status;
}

void gv_run_files_close(gv_run *run)
{
    if (!run->files)
        return;
    for (unsigned i = 0; i < GV_RUN_STAGES; i++)
        json_decref(run->files->stamps[i]);
    json_decref(run->files->hashed);
    json_decref(run->files->at_start);
    gv_mem_free(run->files);
    run->files = NULL;
}

/* --- keys and records ------------------------------------------------------------------------- */

/* A file name that JSON can hold: if it is not UTF-8, each byte that is not ASCII becomes %XX. Such
 * a name is for comparing and for people, not for opening the file. Caller frees. */
static char *json_name(const char *path, gv_error *err)
{
    size_t n = strlen(path);
    if (gv_utf8_valid(path, n))
        return gv_mem_strdup(path, err);
    char *name = gv_mem_alloc(3 * n + 1, 1, err), *to = name;
    for (const unsigned char *from = (const unsigned char *)path; name && *from; from++)
        if (*from < 0x80)
            *to++ = (char)*from;
        else
            to += sprintf(to, "%%%02X", *from);
    if (name)
        *to = '\0';
    return name;
}

/* Name inside the run directory or absolute path; caller frees. */
static char *key_of(const gv_run *run, const char *path, gv_error *err)
{
    char *dir = realpath(run->dir, NULL), *file = realpath(path, NULL);
    size_t n = dir ? strlen(dir) : 0;
    char *key;
    if (dir && file && strncmp(file, dir, n) == 0 && file[n] == '/')
        key = json_name(file + n + 1, err);
    else
        key = json_name(file ? file : path, err);
    free(dir);
    free(file);
    return key;
}

char *gv_run_record_path(const gv_run *run, const json_t *record, gv_error *err)
{
    const char *key = json_string_value(json_object_get(record, "path"));
    if (!key)
        key = "-";
    if (key[0] == '/' || strcmp(key, "-") == 0)
        return gv_mem_strdup(key, err);
    return gv_file_path_join(run->dir, key, err);
}

static bool looks_like(const json_t *record, const gv_file_stat *look)
{
    const json_t *bytes = json_object_get(record, "bytes");
    const json_t *time = json_object_get(record, "mtime_ns");
    return json_is_integer(bytes) && json_is_integer(time) &&
           (uint64_t)json_integer_value(bytes) == look->size &&
           json_integer_value(time) == look->mtime_ns;
}

/* Members bytes and mtime_ns; new reference. */
static json_t *look_record(const gv_file_stat *look)
{
    return json_pack("{s:I, s:I}", "bytes", (json_int_t)look->size, "mtime_ns",
                     (json_int_t)look->mtime_ns);
}

/* --- checksums -------------------------------------------------------------------------------- */

static bool parse_hash(gv_hash *hash, const char *hex)
{
    if (!hex || strlen(hex) != GV_HASH_HEX - 1 ||
        strspn(hex, "0123456789abcdef") != GV_HASH_HEX - 1)
        return false;
    char high[17];
    memcpy(high, hex, 16);
    high[16] = '\0';
    hash->high = strtoull(high, NULL, 16);
    hash->low = strtoull(hex + 16, NULL, 16);
    return true;
}

static bool hash_in_records(gv_hash *hash, const json_t *records, const char *key,
                            const gv_file_stat *look)
{
    size_t i;
    json_t *record;
    json_array_foreach(records, i, record)
    {
        const char *path = json_string_value(json_object_get(record, "path"));
        if (path && strcmp(path, key) == 0 && looks_like(record, look) &&
            parse_hash(hash, json_string_value(json_object_get(record, "xxh128"))))
            return true;
    }
    return false;
}

static bool known_hash(gv_hash *hash, const gv_run *run, const char *key, const gv_file_stat *look)
{
    const json_t *mine = json_object_get(run->files->hashed, key);
    if (looks_like(mine, look) &&
        parse_hash(hash, json_string_value(json_object_get(mine, "xxh128"))))
        return true;
    for (unsigned i = 0; i < GV_RUN_STAGES; i++) {
        const json_t *stamp = run->files->stamps[i];
        if (hash_in_records(hash, json_object_get(stamp, "outputs"), key, look) ||
            hash_in_records(hash, json_object_get(stamp, "inputs"), key, look))
            return true;
    }
    return false;
}

/* See the head of this file. A time in the future (of another machine's clock) is ignored. */
static void wait_for_tick(int64_t mtime_ns)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - mtime_ns;
    if (age >= 0 && age < TICK_NS) {
        struct timespec rest = {.tv_nsec = (long)(TICK_NS - age)};
        nanosleep(&rest, NULL);
    }
}

/* Remember the checksum of a file with this size and time. */
static int note_hash(gv_run *run, const char *key, const gv_file_stat *look, gv_hash hash,
                     gv_error *err)
{
    char hex[GV_HASH_HEX];
    gv_hash_hex(hash, hex);
    json_t *record = look_record(look);
    bool failed = json_object_set_new(record, "xxh128", json_string(hex)) != 0 ||
                  json_object_set(run->files->hashed, key, record) != 0;
    json_decref(record);
    return failed ? out_of_memory(err) : GV_OK;
}

int gv_run_hash(gv_hash *hash, gv_run *run, const char *path, gv_error *err)
{
    gv_file_stat look;
    char *key = key_of(run, path, err);
    int status = key ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status != GV_OK || known_hash(hash, run, key, &look)) {
        gv_mem_free(key);
        return status;
    }
    if (look.exists)
        wait_for_tick(look.mtime_ns);
    status = gv_file_reader_hash(hash, path, err);
    if (status == GV_OK)
        status = note_hash(run, key, &look, *hash, err);
    gv_mem_free(key);
    return status;
}

bool gv_run_recorded_hash(gv_hash *hash, const gv_run *run, const char *key)
{
    const json_t *records = json_object_get(gv_run_stamp(run, run->stage), "inputs");
    size_t i;
    json_t *record;
    json_array_foreach(records, i, record)
    {
        const char *path = json_string_value(json_object_get(record, "path"));
        if (path && strcmp(path, key) == 0)
            return parse_hash(hash, json_string_value(json_object_get(record, "xxh128")));
    }
    return false;
}

int gv_run_know_hash(gv_run *run, const char *path, gv_hash hash, gv_error *err)
{
    gv_file_stat look;
    char *key = key_of(run, path, err);
    int status = key ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.exists) {
        wait_for_tick(look.mtime_ns);
        status = note_hash(run, key, &look, hash, err);
    }
    gv_mem_free(key);
    return status;
}

int gv_run_same_file(bool *same, gv_run *run, const json_t *record, const char *path, gv_error *err)
{
    gv_hash recorded, now;
    gv_file_stat look;
    *same = false;
    if (!parse_hash(&recorded, json_string_value(json_object_get(record, "xxh128"))))
        return GV_OK;
    int status = gv_file_look(&look, path, err);
    if (status != GV_OK || !look.exists ||
        (uint64_t)json_integer_value(json_object_get(record, "bytes")) != look.size)
        return status;
    status = gv_run_hash(&now, run, path, err);
    if (status == GV_OK)
        *same = gv_hash_equal(recorded, now);
    return status;
}

/* --- stamps ----------------------------------------------------------------------------------- */

json_t *gv_run_find_output(const json_t *stamp, const char *file)
{
    size_t i;
    json_t *record;
    json_array_foreach(json_object_get(stamp, "outputs"), i, record)
    {
        const char *path = json_string_value(json_object_get(record, "path"));
        if (path && strcmp(path, file) == 0)
            return record;
    }
    return NULL;
}

int gv_run_files_note(gv_run *run, const gv_strings *inputs, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && inputs && i < inputs->n; i++) {
        gv_file_stat look;
        char *key = key_of(run, inputs->items[i], err);
        status = key ? gv_file_look(&look, inputs->items[i], err) : GV_E_MEMORY;
        if (status == GV_OK &&
            json_object_set_new(run->files->at_start, key, look_record(&look)) != 0)
            status = out_of_memory(err);
        gv_mem_free(key);
    }
    return status;
}

/* Add size and time of a file to its record, and its checksum unless the file changed since the
 * start. Nothing is added for a pipe: its data is gone, and opening it again would block. */
static int measure(json_t *record, gv_run *run, const char *path, const char *key, gv_error *err)
{
    gv_file_stat look;
    gv_hash hash;
    char hex[GV_HASH_HEX];
    const json_t *start = json_object_get(run->files->at_start, key);
    int status = gv_file_look(&look, path, err);
    if (status != GV_OK || (look.exists && !look.regular))
        return status;
    status = gv_run_hash(&hash, run, path, err);
    if (status == GV_OK)
        status = gv_file_look(&look, path, err);
    if (status != GV_OK)
        return status;
    json_t *sizes = look_record(&look);
    bool failed = json_object_update(record, sizes) != 0;
    json_decref(sizes);
    gv_hash_hex(hash, hex);
    if (!start || looks_like(start, &look))
        failed |= json_object_set_new(record, "xxh128", json_string(hex)) != 0;
    else
        gv_progress_note(
            run->progress,
            "warning: %s changed while it was read; run %s again when it no longer changes", path,
            gv_config_stage_program(run->stage));
    return failed ? out_of_memory(err) : GV_OK;
}

static int add_records(json_t *records, gv_run *run, const gv_strings *paths, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && paths && i < paths->n; i++) {
        const char *path = paths->items[i];
        bool is_stdin = strcmp(path, "-") == 0;
        char *name = json_name(path, err);
        char *key = is_stdin ? gv_mem_strdup(path, err) : key_of(run, path, err);
        json_t *record =
            name && key ? json_pack("{s:s, s:s, s:n}", "file", name, "path", key, "xxh128") : NULL;
        if (json_array_append_new(records, record) != 0)
            status = out_of_memory(err);
        else if (!is_stdin)
            status = measure(record, run, path, key, err);
        gv_mem_free(name);
        gv_mem_free(key);
    }
    return status;
}

int gv_run_stamp_write(gv_run *run, const char *recipe, const gv_strings *inputs,
                       const gv_strings *outputs, json_t *done, gv_error *err)
{
    json_t *stamp =
        json_pack("{s:s, s:[], s:[], s:O}", "recipe", recipe, "inputs", "outputs", "done", done);
    char *path = stamp_path(run, run->stage, err), *text = NULL;
    int status = stamp ? path ? GV_OK : GV_E_MEMORY : out_of_memory(err);
    if (status == GV_OK)
        status = add_records(json_object_get(stamp, "inputs"), run, inputs, err);
    if (status == GV_OK)
        status = add_records(json_object_get(stamp, "outputs"), run, outputs, err);
    if (status == GV_OK)
        status = gv_jansson_dump(&text, stamp, JSON_INDENT(1) | JSON_REAL_PRECISION(15), err);
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, strlen(text), err);
    if (status == GV_OK) {
        json_t **place = &run->files->stamps[stage_index(run->stage)];
        json_decref(*place);
        *place = json_incref(stamp);
    }
    gv_mem_free(text);
    gv_mem_free(path);
    json_decref(stamp);
    return status;
}
