#include "pipeline/gv_pipeline_keep.h"

#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_json.h"
#include "config/gv_run_names.h"
#include "pipeline/gv_clean.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEPT GV_FOLDER_STAMPS "/kept.json"

/* --- after the last stage --------------------------------------------------------------------- */

/* Write down what will be gone. */
static int write_kept(const gv_clean *clean, unsigned keep, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    char *text = NULL, *path = gv_file_path_join(clean->dir, KEPT, err);
    gv_json_open_array(&w, "keep");
    for (size_t i = 0; gv_clean_kinds[i]; i++)
        if (keep & 1u << i)
            gv_json_set_text(&w, NULL, gv_clean_kinds[i]);
    gv_json_close(&w);
    gv_json_open_array(&w, "removed");
    for (size_t i = 0; i < clean->n; i++)
        if (clean->files[i].remove && clean->files[i].kind)
            gv_json_set_text(&w, NULL, clean->files[i].name);
    gv_json_close(&w);
    int status = gv_json_write(&text, &w, GV_JSON_ONE_LINE, 6, err);
    if (status == GV_OK && !path)
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, strlen(text), err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

static void tell_removed(const gv_program_call *call, const gv_clean *clean)
{
    size_t n;
    const double mib = (double)gv_clean_bytes(clean, &n) / (1 << 20);
    gv_text names = GV_TEXT_INIT;
    for (size_t i = 0; i < clean->n; i++)
        if (clean->files[i].remove)
            gv_text_printf(&names, "%s%s", names.bytes ? ", " : "", clean->files[i].name);
        else if (clean->files[i].reason[0])
            gv_progress_note(call->progress, "%s stays: %s", clean->files[i].name,
                             clean->files[i].reason);
    if (names.bytes)
        gv_progress_note(call->progress, "removed %s: %.1f MiB freed", names.bytes, mib);
    gv_text_drop(&names);
}

int gv_pipeline_keep_apply(const gv_program_call *call, unsigned keep, gv_error *err)
{
    gv_clean *clean = NULL;
    size_t n = 0;
    int status = gv_clean_open(&clean, call->run_dir, keep, false, err);
    if (status == GV_OK)
        gv_clean_bytes(clean, &n);
    if (status == GV_OK && n > 0)
        status = write_kept(clean, keep, err);
    if (status == GV_OK)
        status = gv_clean_remove(clean, err);
    if (status == GV_OK)
        tell_removed(call, clean);
    gv_clean_close(clean);
    return status;
}

/* --- before the first stage ------------------------------------------------------------------- */

/* A small JSON file of the run directory; NULL: there is none, or it is none. */
static int read_json(gv_json **value, const char *dir, const char *name, gv_error *err)
{
    enum { LIMIT = 1 << 24 };
    char *text = NULL, *path = gv_file_path_join(dir, name, err);
    size_t bytes = 0;
    *value = NULL;
    int status =
        path ? gv_file_reader_whole_if_there(&text, &bytes, path, LIMIT, err) : GV_E_MEMORY;
    if (status == GV_OK && text)
        status = gv_json_parse_if_valid(value, text, bytes, err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

/* The names of the removed files that are not there, as one text; NULL: none is missing. */
static int find_missing(char **missing, const char *dir, const gv_json *kept, gv_error *err)
{
    const gv_json *removed = gv_json_get(kept, "removed");
    gv_text names = GV_TEXT_INIT;
    int status = GV_OK;
    *missing = NULL;
    for (size_t i = 0; i < gv_json_count(removed) && status == GV_OK; i++) {
        const char *name = gv_json_text(gv_json_item(removed, i));
        gv_file_stat look = {.exists = true};
        char *path = name ? gv_file_path_join(dir, name, err) : NULL;
        status = name && !path ? GV_E_MEMORY : GV_OK;
        if (path)
            status = gv_file_look(&look, path, err);
        if (status == GV_OK && !look.exists)
            gv_text_printf(&names, "%s%s", names.bytes ? ", " : "", name);
        gv_mem_free(path);
    }
    if (status == GV_OK && names.bytes)
        return gv_text_take(missing, &names, err);
    gv_text_drop(&names);
    return status;
}

/* Has the file this checksum? */
static int has_hash(bool *same, const char *path, const char *recorded, gv_error *err)
{
    char hex[GV_HASH_HEX];
    gv_hash hash;
    int status = gv_file_reader_hash(&hash, path, err);
    *same = false;
    if (status == GV_OK) {
        gv_hash_hex(hash, hex);
        *same = strcmp(hex, recorded) == 0;
    }
    return status;
}

/* Is the file of a record as it was? If its time is another, as that of a copy, its bytes tell. */
static int is_same(bool *same, const char *dir, const gv_json *record, gv_error *err)
{
    const char *name = gv_json_get_text(record, "path");
    gv_file_stat look = {0};
    char *path = name[0] == '/' ? gv_mem_strdup(name, err) : gv_file_path_join(dir, name, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    const char *hex = gv_json_get_text(record, "xxh128"); /* NULL: not known */
    *same = status == GV_OK && look.exists &&
            (int64_t)look.size == gv_json_int(gv_json_get(record, "bytes"));
    if (*same && look.mtime_ns != gv_json_int(gv_json_get(record, "mtime_ns"))) {
        *same = false;
        if (hex)
            status = has_hash(same, path, hex, err);
    }
    gv_mem_free(path);
    return status;
}

static bool was_removed(const gv_json *kept, const char *name)
{
    const gv_json *removed = gv_json_get(kept, "removed");
    for (size_t i = 0; i < gv_json_count(removed); i++) {
        const char *text = gv_json_text(gv_json_item(removed, i));
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

/* The first record of `list` whose file has changed; NULL: none. What --keep removed does not
 * count. */
static int find_changed(const char **changed, const char *dir, const gv_json *kept,
                        const gv_json *list, gv_error *err)
{
    int status = GV_OK;
    *changed = NULL;
    for (size_t i = 0; i < gv_json_count(list) && status == GV_OK && !*changed; i++) {
        const gv_json *record = gv_json_item(list, i);
        const char *path = gv_json_get_text(record, "path");
        bool same = true;
        if (!was_removed(kept, path))
            status = is_same(&same, dir, record, err);
        if (!same)
            *changed = path;
    }
    return status;
}

/* Does the config name the corpus files that the config.json of the run names? */
static int same_corpus(bool *same, const gv_program_call *call, gv_error *err)
{
    gv_json *config;
    const gv_strings *files = &call->config->corpus_files;
    int status = read_json(&config, call->run_dir, GV_FILE_CONFIG, err);
    const gv_json *list = gv_json_get(gv_json_get(config, "corpus"), "files");
    *same = gv_json_count(list) == files->n;
    for (size_t i = 0; i < files->n && *same; i++) {
        const char *path = gv_json_text(gv_json_item(list, i));
        *same = path && strcmp(path, files->items[i]) == 0;
    }
    gv_json_free(config);
    return status;
}

/* Why the vectors are not those that the config asks for; NULL: they are. */
static int describe_difference(char **why, const gv_program_call *call, const gv_json *kept,
                               gv_error *err)
{
    const unsigned stages =
        gv_config_train_stages(call->config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    gv_config_difference d = {0};
    gv_json *train = NULL, *vocab = NULL;
    const char *changed = NULL;
    bool same = true;
    *why = NULL;
    int status = gv_stamp_read(&train, call->run_dir, GV_STAGE_TRAIN, err);
    if (status == GV_OK)
        status = gv_stamp_read(&vocab, call->run_dir, GV_STAGE_VOCAB, err);
    if (status == GV_OK && train)
        status =
            gv_config_compare(&d, gv_json_get_text(train, "recipe"), stages, call->config, err);
    if (status == GV_OK)
        status = same_corpus(&same, call, err);
    if (status == GV_OK)
        status = find_changed(&changed, call->run_dir, kept, gv_json_get(vocab, "inputs"), err);
    if (status == GV_OK && !changed)
        status = find_changed(&changed, call->run_dir, kept, gv_json_get(train, "outputs"), err);
    const bool differs = !train || d.key || !same || changed;
    if (status == GV_OK && differs) {
        *why = !train  ? gv_mem_strdup("training was not finished", err)
               : d.key ? gv_mem_format(err, "its vectors were made with %s = %s, now it is %s",
                                       d.key, d.found, d.wanted)
               : !same ? gv_mem_strdup("its vectors were made from other corpus.files", err)
                       : gv_mem_format(err, "%s is gone or has changed", changed);
        status = *why ? GV_OK : GV_E_MEMORY;
    }
    gv_json_free(train);
    gv_json_free(vocab);
    return status;
}

/* The outputs of training without what only it reads again. */
static bool are_vectors_there(const char *dir, const gv_json *outputs, gv_error *err, int *status)
{
    bool same = gv_json_count(outputs) > 0;
    for (size_t i = 0; i < gv_json_count(outputs) && same && *status == GV_OK; i++) {
        const gv_json *record = gv_json_item(outputs, i);
        const char *name = gv_json_get_text(record, "path");
        if (strcmp(name, GV_FILE_CHECKPOINT) != 0 && strcmp(name, GV_FILE_IDS) != 0)
            *status = is_same(&same, dir, record, err);
    }
    return same;
}

int gv_pipeline_keep_is_trained(bool *trained, const gv_program_call *call, gv_error *err)
{
    const unsigned stages =
        gv_config_train_stages(call->config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    gv_config_difference d = {0};
    gv_json *train = NULL, *vocab = NULL;
    const char *changed = NULL;
    gv_error other = GV_ERROR_INIT; /* a stamp of another version */
    *trained = false;
    int status = gv_stamp_read(&train, call->run_dir, GV_STAGE_TRAIN, err);
    if (status == GV_OK)
        status = gv_stamp_read(&vocab, call->run_dir, GV_STAGE_VOCAB, err);
    if (status == GV_OK && train && vocab) {
        const char *recipe = gv_json_get_text(train, "recipe");
        *trained = gv_config_compare(&d, recipe, stages, call->config, &other) == GV_OK && !d.key;
    }
    if (*trained)
        status = same_corpus(trained, call, err);
    if (status == GV_OK && *trained) {
        status = find_changed(&changed, call->run_dir, NULL, gv_json_get(vocab, "inputs"), err);
        *trained = status == GV_OK && !changed;
    }
    if (*trained)
        *trained = are_vectors_there(call->run_dir, gv_json_get(train, "outputs"), err, &status);
    gv_json_free(train);
    gv_json_free(vocab);
    return status;
}

/* A forced start makes everything again. */
static int forget(const char *dir, gv_error *err)
{
    char *path = gv_file_path_join(dir, KEPT, err);
    if (!path)
        return GV_E_MEMORY;
    unlink(path);
    gv_mem_free(path);
    return GV_OK;
}

int gv_pipeline_keep_check(bool *complete, const gv_program_call *call, gv_error *err)
{
    gv_json *kept = NULL;
    char *missing = NULL, *why = NULL;
    *complete = false;
    if (call->force)
        return forget(call->run_dir, err);
    int status = read_json(&kept, call->run_dir, KEPT, err);
    if (status == GV_OK && kept)
        status = find_missing(&missing, call->run_dir, kept, err);
    if (status == GV_OK && missing) {
        status = describe_difference(&why, call, kept, err);
        *complete = status == GV_OK && !why;
    }
    if (why)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s: %s, but %s, which glove-run --keep removed, would have to be "
                              "made again; do so with --force, or name another run directory",
                              call->run_dir, why, missing);
    else if (*complete)
        gv_progress_note(call->progress,
                         "%s is complete; %s, removed by --keep, are not made again (--force does)",
                         call->run_dir, missing);
    gv_mem_free(missing);
    gv_mem_free(why);
    gv_json_free(kept);
    return status;
}
