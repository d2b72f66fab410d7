/* The order of writes is in gv_append.h. Files are never changed in place, so a hard link is as
 * good as a copy and costs nothing; where a file system has none, they are copied. */
#include "pipeline/gv_append_folder.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_folder.h"
#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "config/gv_run_names.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BEGUN           "append.json"
#define FILE_METRICS_OF_BOTH "metrics.both"
#define METRICS_LIMIT        ((size_t)1 << 30)

enum { BEGUN_LIMIT = 1 << 26, DIGITS = 15 };

/* What an append needs of the run as it was; the model may be missing. */
static const char *const kept[] = {GV_FILE_VOCAB, GV_FILE_COUNTS, GV_FILE_CHECKPOINT};
enum { KEPT = sizeof kept / sizeof *kept };

/* Does DIR/NAME exist? */
static int is_there(bool *there, const char *dir, const char *name, gv_error *err)
{
    gv_file_stat look = {.exists = false};
    char *path = gv_file_path_join(dir, name, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    *there = look.exists;
    gv_mem_free(path);
    return status;
}

/* A start that was killed before append.json was complete left nothing but a part of that. */
static bool remove_barely_begun(const char *dir)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" FILE_BEGUN ".tmp", dir);
    unlink(path);
    return rmdir(dir) == 0;
}

int gv_append_folder_look(enum gv_append_folder_state *state, const char *dir, gv_error *err)
{
    struct stat look;
    bool begun = false, complete = false, replacing = false;
    *state = GV_APPEND_FOLDER_NONE;
    if (lstat(dir, &look) != 0)
        return errno == ENOENT ? GV_OK : gv_error_set_errno(err, "%s", dir);
    int status = is_there(&begun, dir, FILE_BEGUN, err);
    if (status == GV_OK)
        status = is_there(&complete, dir, GV_FILE_CONFIG, err);
    if (status == GV_OK)
        status = is_there(&replacing, dir, GV_FILE_REPLACING, err);
    if (replacing)
        *state = GV_APPEND_FOLDER_REPLACES;
    else if (begun && complete)
        *state = GV_APPEND_FOLDER_WAITS;
    else if (!S_ISDIR(look.st_mode) || (!begun && !remove_barely_begun(dir)))
        *state = GV_APPEND_FOLDER_FOREIGN;
    return status;
}

/* --- making it -------------------------------------------------------------------------------- */

static void put_look(gv_json_writer *w, const char *name, const gv_file_stat *look)
{
    gv_json_open_object(w, name);
    gv_json_set_uint(w, "bytes", look->size);
    gv_json_set_int(w, "mtime_ns", look->mtime_ns);
    gv_json_close(w);
}

static int write_json(const char *dir, const char *name, gv_json_writer *w, gv_error *err)
{
    char *text = NULL, *path = gv_file_path_join(dir, name, err);
    int status = gv_json_write(&text, w, 1, DIGITS, err);
    if (status == GV_OK)
        status = path ? gv_file_writer_whole(path, text, strlen(text), err) : GV_E_MEMORY;
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

/* append.json: the texts, and the files of the run as they are. */
static int write_begun(const char *dir, const char *run_dir, const gv_strings *files, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    int status = GV_OK;
    gv_json_open_array(&w, "files");
    for (size_t i = 0; i < files->n; i++)
        gv_json_set_text(&w, NULL, files->items[i]);
    gv_json_close(&w);
    gv_json_open_object(&w, "run");
    for (size_t i = 0; i < KEPT && status == GV_OK; i++) {
        gv_file_stat look;
        char *path = gv_file_path_join(run_dir, kept[i], err);
        status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
        if (status == GV_OK && look.exists)
            put_look(&w, kept[i], &look);
        gv_mem_free(path);
    }
    gv_json_close(&w);
    if (status == GV_OK)
        status = write_json(dir, FILE_BEGUN, &w, err);
    gv_json_clear(&w);
    return status;
}

static int copy(const char *from, const char *to, gv_error *err)
{
    gv_file_reader *in = NULL;
    gv_file_writer *out = NULL;
    enum { PIECE = 1 << 20 };
    char *piece = gv_mem_alloc(PIECE, 1, err);
    size_t got = 1;
    int status = piece ? gv_file_reader_open(&in, from, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_open(&out, to, err);
    while (status == GV_OK && got > 0) {
        status = gv_file_reader_read_some(in, piece, PIECE, &got, err);
        if (status == GV_OK && got > 0)
            status = gv_file_writer_write(out, piece, got, err);
    }
    status = gv_file_writer_end(&out, status, err);
    gv_file_reader_close(in);
    gv_mem_free(piece);
    return status;
}

/* RUN/NAME also as BASE/NAME, if it is there. */
static int keep(const char *base, const char *run_dir, const char *name, gv_error *err)
{
    char *from = gv_file_path_join(run_dir, name, err), *to = gv_file_path_join(base, name, err);
    struct stat look;
    int status = from && to ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && lstat(from, &look) != 0)
        status = errno == ENOENT ? GV_OK : gv_error_set_errno(err, "%s", from);
    else if (status == GV_OK && (!S_ISREG(look.st_mode) || link(from, to) != 0))
        status = copy(from, to, err);
    gv_mem_free(from);
    gv_mem_free(to);
    return status;
}

int gv_append_folder_make(const char *dir, const char *run_dir, const gv_strings *files,
                          const gv_json *parts, gv_error *err)
{
    char *base = gv_file_path_join(dir, GV_FOLDER_BASE, err);
    int status = base ? gv_append_folder_remove(dir, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_make_dirs(dir, err);
    if (status == GV_OK)
        status = write_begun(dir, run_dir, files, err);
    if (status == GV_OK)
        status = gv_file_make_dirs(base, err);
    for (size_t i = 0; i < KEPT && status == GV_OK; i++)
        status = keep(base, run_dir, kept[i], err);
    if (status == GV_OK) {
        gv_json_writer w = gv_json_begin();
        gv_json_set_value(&w, "parts", gv_json_get(parts, "parts"));
        status = write_json(base, GV_FILE_PARTS, &w, err);
    }
    gv_mem_free(base);
    return status;
}

/* --- finding it again ------------------------------------------------------------------------- */

static int read_begun(gv_json **begun, const char *dir, gv_error *err)
{
    char *text = NULL, *path = gv_file_path_join(dir, FILE_BEGUN, err);
    size_t bytes;
    *begun = NULL;
    int status = path ? gv_file_reader_whole(&text, &bytes, path, BEGUN_LIMIT, err) : GV_E_MEMORY;
    if (status == GV_OK && gv_json_parse(begun, text, bytes, err) != GV_OK) {
        status = GV_E_CORRUPT;
        gv_error_prefix(err, "%s", path);
    }
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

int gv_append_folder_files(gv_strings *files, const char *dir, gv_error *err)
{
    gv_json *begun;
    *files = (gv_strings){0};
    int status = read_begun(&begun, dir, err);
    const gv_json *list = gv_json_get(begun, "files");
    for (size_t i = 0; status == GV_OK && i < gv_json_count(list); i++) {
        const char *name = gv_json_text(gv_json_item(list, i));
        status = gv_strings_add(files, name ? name : "", err);
    }
    gv_json_free(begun);
    return status;
}

int gv_append_folder_check_run(const char *dir, const char *run_dir, gv_error *err)
{
    gv_json *begun;
    int status = read_begun(&begun, dir, err);
    for (size_t i = 0; i < KEPT && status == GV_OK; i++) {
        const gv_json *was = gv_json_get(gv_json_get(begun, "run"), kept[i]);
        gv_file_stat look;
        char *path = gv_file_path_join(run_dir, kept[i], err);
        status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
        if (status == GV_OK &&
            (look.exists != (was != NULL) ||
             (was && (gv_json_int(gv_json_get(was, "bytes")) != (int64_t)look.size ||
                      gv_json_int(gv_json_get(was, "mtime_ns")) != look.mtime_ns))))
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s has changed since %s was begun, which adds text to what it "
                                  "was: --force begins it again",
                                  path, dir);
        gv_mem_free(path);
    }
    gv_json_free(begun);
    return status;
}

/* --- removing it ------------------------------------------------------------------------------ */

static int remove_name(const char *dir, const char *name, gv_error *err)
{
    char *path = gv_file_path_join(dir, name, err);
    int status = path ? gv_folder_remove(path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    return status;
}

int gv_append_folder_remove(const char *dir, gv_error *err)
{
    /* without config.json it counts as incomplete, and with append.json as ours, to the last */
    int status = remove_name(dir, GV_FILE_CONFIG, err);
    DIR *list = status == GV_OK ? opendir(dir) : NULL;
    for (struct dirent *entry; status == GV_OK && list && (entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, FILE_BEGUN) != 0)
            status = remove_name(dir, entry->d_name, err);
    if (list)
        closedir(list);
    return status == GV_OK ? gv_folder_remove(dir, err) : status;
}

/* --- moving it -------------------------------------------------------------------------------- */

/* Put the file FROM in the place of TO, unless that was done before. */
static int move_path(const char *from, const char *to, gv_error *err)
{
    struct stat look;
    if (lstat(from, &look) != 0 || !S_ISREG(look.st_mode))
        return GV_OK;
    if (gv_test_hook(GV_TEST_HOOK_RENAME))
        return gv_error_set_errno(err, "cannot rename %s to %s", from, to);
    return gv_file_replace(from, to, err);
}

static int move_file(const char *from_dir, const char *to_dir, const char *name, gv_error *err)
{
    char *from = gv_file_path_join(from_dir, name, err), *to = gv_file_path_join(to_dir, name, err);
    int status = from && to ? move_path(from, to, err) : GV_E_MEMORY;
    gv_mem_free(from);
    gv_mem_free(to);
    return status;
}

/* The outputs of stages, without config.json, which comes last. */
static bool is_output(const char *name)
{
    const char *end = strrchr(name, '.');
    return gv_run_names_is_output(name) && strcmp(name, GV_FILE_CONFIG) != 0 &&
           strcmp(name, GV_FILE_METRICS) != 0 && end && strcmp(end, ".tmp") != 0;
}

static bool is_stamp(const char *name)
{
    const char *end = strchr(name, '.');
    return end && strcmp(end, ".json") == 0;
}

/* Move the files of a folder that `wanted` says yes to. */
static int move_files(const char *from, const char *to, bool (*wanted)(const char *name),
                      gv_error *err)
{
    DIR *list = opendir(from);
    int status = GV_OK;
    if (!list)
        return errno == ENOENT ? GV_OK : gv_error_set_errno(err, "cannot open %s", from);
    for (struct dirent *entry; status == GV_OK && (entry = readdir(list));)
        if (wanted(entry->d_name))
            status = move_file(from, to, entry->d_name, err);
    closedir(list);
    return status;
}

/* metrics.jsonl of both as one file, which is to replace that of RUN. */
static int join_metrics(const char *dir, const char *run_dir, gv_error *err)
{
    const char *const from[] = {run_dir, dir};
    char *path = gv_file_path_join(dir, FILE_METRICS_OF_BOTH, err);
    gv_file_writer *out = NULL;
    int status = path ? gv_file_writer_open(&out, path, err) : GV_E_MEMORY;
    for (size_t i = 0; i < 2 && status == GV_OK; i++) {
        char *text = NULL, *part = gv_file_path_join(from[i], GV_FILE_METRICS, err);
        size_t bytes = 0;
        status = part ? gv_file_reader_whole_if_there(&text, &bytes, part, METRICS_LIMIT, err)
                      : GV_E_MEMORY;
        if (status == GV_OK && text)
            status = gv_file_writer_write(out, text, bytes, err);
        gv_mem_free(text);
        gv_mem_free(part);
    }
    status = gv_file_writer_end(&out, status, err);
    gv_mem_free(path);
    return status;
}

/* From here on the files are moved, whatever happens. */
static int begin_moving(const char *dir, const char *run_dir, gv_error *err)
{
    bool begun;
    int status = is_there(&begun, dir, GV_FILE_REPLACING, err);
    if (status != GV_OK || begun)
        return status;
    status = gv_append_folder_check_run(dir, run_dir, err);
    if (status == GV_OK)
        status = join_metrics(dir, run_dir, err);
    char *marker = gv_file_path_join(dir, GV_FILE_REPLACING, err);
    if (status == GV_OK)
        status = marker ? gv_file_writer_whole(marker, "", 0, err) : GV_E_MEMORY;
    gv_mem_free(marker);
    return status;
}

/* base: what the run was; files that an earlier base had and this one has not are removed. */
static int move_base(const char *dir, const char *run_dir, gv_error *err)
{
    char *from = gv_file_path_join(dir, GV_FOLDER_BASE, err);
    char *to = gv_file_path_join(run_dir, GV_FOLDER_BASE, err);
    gv_json *begun = NULL;
    int status = from && to ? read_begun(&begun, dir, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_make_dirs(to, err);
    for (size_t i = 0; i < KEPT && status == GV_OK; i++)
        status = gv_json_get(gv_json_get(begun, "run"), kept[i]) ? move_file(from, to, kept[i], err)
                                                                 : remove_name(to, kept[i], err);
    if (status == GV_OK)
        status = move_file(from, to, GV_FILE_PARTS, err);
    gv_json_free(begun);
    gv_mem_free(from);
    gv_mem_free(to);
    return status;
}

/* metrics.jsonl of both has a name of its own until then. */
static int move_metrics(const char *dir, const char *run_dir, gv_error *err)
{
    char *from = gv_file_path_join(dir, FILE_METRICS_OF_BOTH, err);
    char *to = gv_file_path_join(run_dir, GV_FILE_METRICS, err);
    int status = from && to ? move_path(from, to, err) : GV_E_MEMORY;
    gv_mem_free(from);
    gv_mem_free(to);
    return status;
}

static int move_stamps(const char *dir, const char *run_dir, gv_error *err)
{
    char *from = gv_file_path_join(dir, GV_FOLDER_STAMPS, err);
    char *to = gv_file_path_join(run_dir, GV_FOLDER_STAMPS, err);
    int status = from && to ? move_files(from, to, is_stamp, err) : GV_E_MEMORY;
    gv_mem_free(from);
    gv_mem_free(to);
    return status;
}

int gv_append_folder_move(const char *dir, const char *run_dir, gv_error *err)
{
    int status = begin_moving(dir, run_dir, err);
    if (status == GV_OK)
        status = move_base(dir, run_dir, err);
    if (status == GV_OK)
        status = move_files(dir, run_dir, is_output, err);
    if (status == GV_OK)
        status = move_stamps(dir, run_dir, err);
    if (status == GV_OK)
        status = move_metrics(dir, run_dir, err);
    if (status == GV_OK)
        status = move_file(dir, run_dir, GV_FILE_CONFIG, err);
    return status == GV_OK ? gv_append_folder_remove(dir, err) : status;
}
