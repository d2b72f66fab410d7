#include "pipeline/gv_append_texts.h"

#include "app/gv_run_base.h"
#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

/* Copy the parts that come before the last one. */
static int copy_earlier(gv_json_writer *w, const char *dir, gv_error *err)
{
    gv_json *earlier;
    int status = gv_run_base_read_parts(&earlier, dir, err);
    if (status == GV_OK && !earlier)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s/" GV_FOLDER_BASE "/" GV_FILE_PARTS " is missing, which lists the "
                              "earlier texts of the run",
                              dir);
    const gv_json *parts = gv_json_get(earlier, "parts");
    for (size_t i = 0; i < gv_json_count(parts); i++)
        gv_json_set_value(w, NULL, gv_json_item(parts, i));
    gv_json_free(earlier);
    return status;
}

/* The part that the stamp of glove-vocab is about. Of its inputs, what is extended comes first, and
 * vocab.stop_file next. */
static void put_last(gv_json_writer *w, const gv_json *stamp, const gv_config *config)
{
    const gv_json *inputs = gv_json_get(stamp, "inputs"), *done = gv_json_get(stamp, "done");
    static const char *const kept[] = {"tokens", "words", "new_words", "time", NULL};
    gv_json_open_object(w, NULL);
    gv_json_open_array(w, "files");
    size_t first = config->vocab_extend || config->corpus_counted.n > 0;
    first += config->vocab_stop_file != NULL;
    for (size_t i = first; i < gv_json_count(inputs); i++)
        gv_json_set_value(w, NULL, gv_json_item(inputs, i));
    gv_json_close(w);
    for (size_t i = 0; kept[i]; i++)
        if (gv_json_get(done, kept[i]))
            gv_json_set_value(w, kept[i], gv_json_get(done, kept[i]));
    gv_json_close(w);
}

int gv_append_texts_read(gv_json **parts, const char *dir, const gv_config *config, gv_error *err)
{
    gv_json *stamp = NULL;
    *parts = NULL;
    int status = gv_stamp_read(&stamp, dir, GV_STAGE_VOCAB, err);
    if (status == GV_OK && gv_json_count(gv_json_get(stamp, "inputs")) == 0)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s has no record of the text that its %s was made from: text can be "
                              "appended only to what glove-vocab and glove-cooccur have counted "
                              "there",
                              dir, GV_FILE_VOCAB);
    if (status != GV_OK) {
        gv_json_free(stamp);
        return status;
    }
    gv_json_writer w = gv_json_begin();
    gv_json_open_array(&w, "parts");
    if (config->corpus_counted.n > 0)
        status = copy_earlier(&w, dir, err);
    put_last(&w, stamp, config);
    gv_json_close(&w);
    if (status == GV_OK)
        status = gv_json_take(parts, &w, err);
    gv_json_clear(&w);
    gv_json_free(stamp);
    return status;
}

int gv_append_texts_last(gv_strings *names, const gv_json *parts, gv_error *err)
{
    const gv_json *all = gv_json_get(parts, "parts");
    const gv_json *files = gv_json_get(gv_json_item(all, gv_json_count(all) - 1), "files");
    int status = GV_OK;
    for (size_t i = 0; i < gv_json_count(files) && status == GV_OK; i++)
        status = gv_strings_add(names, gv_json_get_text(gv_json_item(files, i), "file"), err);
    return status;
}

/* --- is it new? ------------------------------------------------------------------------------- */

/* A file that may be one of those before; its contents are read only if another has its size. */
typedef struct suspect {
    const char *path;
    uint64_t bytes;
    char hex[GV_HASH_HEX]; /* empty: not yet known */
} suspect;

static int compare(bool *same, suspect *s, const gv_json *record, gv_error *err)
{
    gv_hash hash;
    *same = false;
    if ((uint64_t)gv_json_int(gv_json_get(record, "bytes")) != s->bytes)
        return GV_OK;
    if (!s->hex[0]) {
        int status = gv_file_reader_hash(&hash, s->path, err);
        if (status != GV_OK)
            return status;
        gv_hash_hex(hash, s->hex);
    }
    *same = strcmp(gv_json_get_text(record, "xxh128"), s->hex) == 0;
    return GV_OK;
}

/* The record among `files` whose contents `s` has, or NULL. */
static int find_same(const gv_json **found, suspect *s, const gv_json *files, gv_error *err)
{
    bool same = false;
    int status = GV_OK;
    *found = NULL;
    for (size_t i = 0; i < gv_json_count(files) && status == GV_OK && !same; i++) {
        *found = gv_json_item(files, i);
        status = compare(&same, s, *found, err);
    }
    if (!same)
        *found = NULL;
    return status;
}

/* Is it a text of one of the parts? */
static int find_in_parts(const gv_json **found, const char *path, const gv_json *all, gv_error *err)
{
    gv_file_stat look;
    *found = NULL;
    int status = gv_file_look(&look, path, err);
    if (status != GV_OK || !look.regular)
        return status;
    suspect s = {.path = path, .bytes = look.size};
    for (size_t i = 0; i < gv_json_count(all) && status == GV_OK && !*found; i++)
        status = find_same(found, &s, gv_json_get(gv_json_item(all, i), "files"), err);
    return status;
}

int gv_append_texts_check_new(const gv_json *parts, const gv_strings *files, gv_error *err)
{
    const gv_json *found;
    int status = GV_OK;
    for (size_t i = 0; i < files->n && status == GV_OK; i++) {
        status = find_in_parts(&found, files->items[i], gv_json_get(parts, "parts"), err);
        if (status == GV_OK && found)
            status = gv_error_set(err, GV_E_USAGE,
                                  "--append: the run has the text of %s already (as %s); --force "
                                  "counts it again",
                                  files->items[i], gv_json_get_text(found, "file"));
    }
    return status;
}

int gv_append_texts_are_last(bool *last, const gv_json *parts, const gv_strings *files,
                             gv_error *err)
{
    const gv_json *all = gv_json_get(parts, "parts");
    const gv_json *newest = gv_json_item(all, gv_json_count(all) - 1);
    const gv_json *records = gv_json_get(newest, "files");
    int status = GV_OK;
    *last = gv_json_count(all) > 1 && gv_json_count(records) == files->n;
    for (size_t i = 0; i < files->n && status == GV_OK && *last; i++) {
        gv_file_stat look;
        status = gv_file_look(&look, files->items[i], err);
        suspect s = {.path = files->items[i], .bytes = look.size};
        *last = status == GV_OK && look.regular;
        if (*last)
            status = compare(last, &s, gv_json_item(records, i), err);
    }
    return status;
}
