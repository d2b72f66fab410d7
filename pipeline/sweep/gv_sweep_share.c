#include "pipeline/sweep/gv_sweep_share.h"

#include "app/gv_run.h"
#include "app/gv_run_guard.h"
#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "base/gv_text.h"
#include "pipeline/gv_stage_locks.h"
#include "store/gv_store_part.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS_LIMIT = 1 << 30, DIGITS = 15 };

/* --- what is there ---------------------------------------------------------------------------- */

/* Is the file of the record, in `dir` or elsewhere, as it was, by size and time? */
static int is_unchanged(bool *unchanged, const char *dir, const gv_json *record, gv_error *err)
{
    gv_file_stat look = {.exists = false};
    const char *name = gv_json_get_text(record, "path");
    char *path = name[0] == '/' ? gv_mem_strdup(name, err) : gv_file_path_join(dir, name, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    *unchanged = status == GV_OK && look.regular &&
                 (int64_t)look.size == gv_json_int(gv_json_get(record, "bytes")) &&
                 look.mtime_ns == gv_json_int(gv_json_get(record, "mtime_ns"));
    gv_mem_free(path);
    return status;
}

/* The same of an output, which must be one of a run's files. */
static int is_intact(bool *intact, const char *dir, const gv_json *record, gv_error *err)
{
    *intact = gv_run_names_is_output(gv_json_get_text(record, "path"));
    return *intact ? is_unchanged(intact, dir, record, err) : GV_OK;
}

static int all_intact(bool *intact, const char *dir, const gv_json *stamp, gv_error *err)
{
    const gv_json *outputs = gv_json_get(stamp, "outputs");
    int status = GV_OK;
    *intact = gv_json_count(outputs) > 0;
    for (size_t i = 0; i < gv_json_count(outputs) && *intact && status == GV_OK; i++)
        status = is_intact(intact, dir, gv_json_item(outputs, i), err);
    return status;
}

/* Is there an intact output of the stage with this recipe? `*stamp` is to be freed. */
static int find_made(bool *made, gv_json **stamp, const char *dir, enum gv_config_stage stage,
                     const char *recipe, gv_error *err)
{
    *made = false;
    int status = gv_stamp_read(stamp, dir, stage, err);
    if (status == GV_OK && *stamp && strcmp(gv_json_get_text(*stamp, "recipe"), recipe) == 0)
        status = all_intact(made, dir, *stamp, err);
    return status;
}

int gv_sweep_share_has(bool *has, const char *dir, enum gv_config_stage stage,
                       const gv_config *config, gv_error *err)
{
    gv_json *stamp = NULL;
    char *recipe = NULL;
    *has = false;
    int status = gv_config_recipe(&recipe, config, ((unsigned)stage << 1) - 1, err);
    if (status == GV_OK)
        status = find_made(has, &stamp, dir, stage, recipe, err);
    gv_mem_free(recipe);
    gv_json_free(stamp);
    return status;
}

int gv_sweep_share_has_scores(bool *has, const char *dir, const gv_config *config, gv_error *err)
{
    gv_json *stamp = NULL;
    char *recipe = NULL;
    *has = false;
    int status = gv_config_recipe(&recipe, config, GV_STAGE_EVAL, err);
    if (status == GV_OK)
        status = find_made(has, &stamp, dir, GV_STAGE_EVAL, recipe, err);
    const gv_json *inputs = gv_json_get(stamp, "inputs");
    for (size_t i = 0; i < gv_json_count(inputs) && status == GV_OK && *has; i++)
        status = is_unchanged(has, dir, gv_json_item(inputs, i), err);
    gv_mem_free(recipe);
    gv_json_free(stamp);
    return status;
}

/* Were both made by the same recipe from files with the same contents? */
static bool same_origin(const gv_json *a, const gv_json *b)
{
    const gv_json *of_a = gv_json_get(a, "inputs"), *of_b = gv_json_get(b, "inputs");
    bool same = strcmp(gv_json_get_text(a, "recipe"), gv_json_get_text(b, "recipe")) == 0 &&
                gv_json_count(of_a) == gv_json_count(of_b);
    for (size_t i = 0; i < gv_json_count(of_a) && same; i++) {
        const char *hash = gv_json_get_text(gv_json_item(of_a, i), "xxh128");
        same = hash[0] && strcmp(hash, gv_json_get_text(gv_json_item(of_b, i), "xxh128")) == 0;
    }
    return same;
}

/* --- giving ----------------------------------------------------------------------------------- */

/* The folder of `to` as seen from `from`'s neighbour: "../NAME/FILE". */
static char *relative(const char *from, const char *name, gv_error *err)
{
    const char *slash = strrchr(from, '/');
    return gv_mem_format(err, "../%s/%s", slash ? slash + 1 : from, name);
}

/* A link TO.tmp: a hard one, or else a symbolic one. */
static int link_file(const char *temporary, const char *from_dir, const char *name, gv_error *err)
{
    char *from = gv_file_path_join(from_dir, name, err), *target = relative(from_dir, name, err);
    int status = from && target ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && unlink(temporary) != 0 && errno != ENOENT)
        status = gv_error_set_errno(err, "cannot remove %s", temporary);
    if (status == GV_OK && linkat(AT_FDCWD, from, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) != 0) {
        const bool lacks_links = errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK ||
                                 errno == ENOSYS || errno == EXDEV || errno == EACCES;
        if (!lacks_links || symlink(target, temporary) != 0)
            status = gv_error_set_errno(err, "cannot make a link to %s", from);
    }
    gv_mem_free(target);
    gv_mem_free(from);
    return status;
}

static int give_file(const char *to_dir, const char *from_dir, const char *name, gv_error *err)
{
    char *to = gv_file_path_join(to_dir, name, err);
    char *temporary = gv_mem_format(err, "%s/%s.tmp", to_dir, name);
    int status = to && temporary ? link_file(temporary, from_dir, name, err) : GV_E_MEMORY;
    if (status == GV_OK && (gv_test_hook(GV_TEST_HOOK_RENAME) || rename(temporary, to) != 0))
        status = gv_error_set_errno(err, "cannot rename %s to %s", temporary, to);
    /* where both are links to one file already, rename leaves the temporary one */
    if (temporary)
        unlink(temporary);
    if (status == GV_OK)
        status = gv_file_sync_directory_of(to, err);
    gv_mem_free(temporary);
    gv_mem_free(to);
    return status;
}

static int give_files(const char *to, const char *from, const gv_json *stamp, gv_error *err)
{
    const gv_json *outputs = gv_json_get(stamp, "outputs");
    int status = GV_OK;
    for (size_t i = 0; i < gv_json_count(outputs) && status == GV_OK; i++) {
        const char *name = gv_json_get_text(gv_json_item(outputs, i), "path");
        status = gv_run_names_is_output(name)
                     ? give_file(to, from, name, err)
                     : gv_error_set(err, GV_E_CORRUPT, "%s: its stamp names %s as an output", from,
                                    name);
    }
    return status;
}

/* The parts of a store that are beside it; others are found through store.part_dirs. */
static int give_parts(const char *to, const char *from, gv_error *err)
{
    gv_strings names = {0};
    char *store = gv_file_path_join(from, GV_FILE_STORE, err);
    int status = store ? gv_store_part_names(&names, store, err) : GV_E_MEMORY;
    for (size_t i = 0; i < names.n && status == GV_OK; i++) {
        gv_file_stat look = {.exists = false};
        char *path = gv_file_path_join(from, names.items[i], err);
        status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
        if (status == GV_OK && look.exists)
            status = give_file(to, from, names.items[i], err);
        gv_mem_free(path);
    }
    gv_strings_free(&names);
    gv_mem_free(store);
    return status;
}

/* A file of `from` as it is. */
static int copy_small(const char *to, const char *from, const char *name, gv_error *err)
{
    char *text = NULL, *source = gv_file_path_join(from, name, err);
    char *target = gv_file_path_join(to, name, err);
    size_t bytes = 0;
    int status = source && target ? gv_file_reader_whole(&text, &bytes, source, RECORDS_LIMIT, err)
                                  : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_whole(target, text, bytes, err);
    gv_mem_free(text);
    gv_mem_free(target);
    gv_mem_free(source);
    return status;
}

/* --- metrics.jsonl ---------------------------------------------------------------------------- */

/* Is the line, of `n` bytes, among those of `text`? */
static bool has_line(const char *text, const char *line, size_t n)
{
    for (const char *at = text; at && *at;) {
        const char *end = strchrnul(at, '\n');
        if ((size_t)(end - at) == n && memcmp(at, line, n) == 0)
            return true;
        at = *end ? end + 1 : end;
    }
    return false;
}

/* The line as the other directory has it, {..., "shared_from": DIR}, if it is one of that stage,
 * else NULL. One that says where it is from stays as it is. Caller frees. */
static int make_line(char **made, const char *line, size_t n, const char *stage, const char *dir,
                     gv_error *err)
{
    const char *slash = strrchr(dir, '/');
    gv_json *event = NULL;
    *made = NULL;
    int status = gv_json_parse_if_valid(&event, line, n, err);
    if (event && strcmp(gv_json_get_text(event, "stage"), stage) == 0) {
        gv_json_writer w = gv_json_begin();
        for (const char *key = NULL; (key = gv_json_next_key(event, key));)
            gv_json_set_value(&w, key, gv_json_get(event, key));
        if (!gv_json_get(event, "shared_from"))
            gv_json_set_text(&w, "shared_from", slash ? slash + 1 : dir);
        status = gv_json_write(made, &w, GV_JSON_COMPACT, DIGITS, err);
    }
    gv_json_free(event);
    return status;
}

/* Append to `to` the lines of the stage in `text`, the metrics of `from`, that it has not. */
static int add_lines(gv_text *to, const char *text, const char *from, const char *stage,
                     gv_error *err)
{
    int status = GV_OK;
    for (const char *at = text; at && *at && status == GV_OK;) {
        const char *end = strchrnul(at, '\n');
        char *line = NULL;
        if (*end) /* a part of a line is no event */
            status = make_line(&line, at, (size_t)(end - at), stage, from, err);
        if (line && !has_line(to->bytes, line, strlen(line)))
            gv_text_printf(to, "%s\n", line);
        gv_mem_free(line);
        at = *end ? end + 1 : end;
    }
    return status;
}

static int give_metrics(const char *to, const char *from, const char *stage, gv_error *err)
{
    char *source = gv_file_path_join(from, GV_FILE_METRICS, err), *theirs = NULL;
    char *target = gv_file_path_join(to, GV_FILE_METRICS, err), *own = NULL;
    gv_text text = GV_TEXT_INIT;
    size_t bytes = 0, before = 0;
    int status = source && target ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_reader_whole_if_there(&theirs, &bytes, source, RECORDS_LIMIT, err);
    if (status == GV_OK)
        status = gv_file_reader_whole_if_there(&own, &bytes, target, RECORDS_LIMIT, err);
    if (status == GV_OK && own)
        gv_text_add(&text, own);
    before = text.used;
    if (status == GV_OK)
        status = add_lines(&text, theirs, from, stage, err);
    if (status == GV_OK && text.failed)
        status = gv_error_set(err, GV_E_MEMORY, "out of memory for %s", target);
    if (status == GV_OK && text.used > before)
        status = gv_file_writer_whole(target, text.bytes, text.used, err);
    gv_text_drop(&text);
    gv_mem_free(own);
    gv_mem_free(theirs);
    gv_mem_free(target);
    gv_mem_free(source);
    return status;
}

/* --- the interface ---------------------------------------------------------------------------- */

/* config.json, so that the directory is a run of its own from now on. */
static int give_config(const char *to, const gv_config *config, gv_error *err)
{
    gv_file_stat look;
    char *json = NULL, *path = gv_file_path_join(to, GV_FILE_CONFIG, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists) {
        status = gv_config_json(&json, config, err);
        if (status == GV_OK)
            status = gv_file_writer_whole(path, json, strlen(json), err);
    }
    gv_mem_free(json);
    gv_mem_free(path);
    return status;
}

static int give_all(const char *to, const char *from, enum gv_config_stage stage,
                    const gv_json *stamp, const gv_config *config, gv_error *err)
{
    const char *name = gv_config_stage_name(stage);
    char *record = gv_mem_format(err, GV_FOLDER_STAMPS "/%s.json", name);
    int status = record ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && stage == GV_STAGE_SHUFFLE)
        status = give_parts(to, from, err);
    if (status == GV_OK)
        status = give_files(to, from, stamp, err);
    if (status == GV_OK)
        status = give_metrics(to, from, name, err);
    if (status == GV_OK)
        status = give_config(to, config, err);
    if (status == GV_OK)
        status = copy_small(to, from, record, err);
    gv_mem_free(record);
    return status;
}

/* The directory, with its folder of stamps; `*stamps` is to be closed. */
static int open_target(int *stamps, const char *to, gv_error *err)
{
    char *path = gv_file_path_join(to, GV_FOLDER_STAMPS, err);
    *stamps = -1;
    int status = path ? gv_run_guard_check(to, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_make_dirs(path, err);
    if (status == GV_OK) {
        *stamps = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (*stamps < 0)
            status = gv_error_set_errno(err, "cannot open %s", path);
    }
    gv_mem_free(path);
    return status;
}

int gv_sweep_share_give(const char *to, const char *from, enum gv_config_stage stage,
                        const gv_config *config, gv_error *err)
{
    gv_json *theirs = NULL, *own = NULL;
    int stamps = -1, locks[GV_STAGE_LOCKS] = {-1, -1, -1, -1, -1};
    bool intact = false;
    int status = open_target(&stamps, to, err);
    if (status == GV_OK)
        status = gv_stage_locks_take(locks, stamps, true, to, "wait until it ends", err);
    if (status == GV_OK)
        status = gv_stamp_read(&theirs, from, stage, err);
    if (status == GV_OK && !theirs)
        status = gv_error_set(err, GV_E_USAGE, "%s has no finished %s", from,
                              gv_config_stage_program(stage));
    if (status == GV_OK)
        status = gv_stamp_read(&own, to, stage, err);
    if (status == GV_OK && own && same_origin(own, theirs))
        status = all_intact(&intact, to, own, err);
    if (status == GV_OK && !intact)
        status = give_all(to, from, stage, theirs, config, err);
    gv_stage_locks_release(locks);
    if (stamps >= 0)
        close(stamps);
    gv_json_free(own);
    gv_json_free(theirs);
    return status;
}
