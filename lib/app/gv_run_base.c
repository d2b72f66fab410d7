#include "app/gv_run_base.h"

#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "counts/gv_counts.h"
#include "counts/gv_counts_weights.h"
#include <stdlib.h>
#include <string.h>

bool gv_run_base_used(const gv_config *config)
{
    return config->corpus_counted.n > 0;
}

int gv_run_base_path(char **path, const gv_config *config, const char *dir, const char *file,
                     gv_error *err)
{
    *path = NULL;
    if (!gv_run_base_used(config))
        return GV_OK;
    *path = gv_mem_format(err, "%s/" GV_FOLDER_BASE "/%s", dir, file);
    return *path ? GV_OK : GV_E_MEMORY;
}

/* Has the folder `base` a model? One that was removed since is remembered by training's stamp. */
static int has_model(bool *has, const char *base, const char *dir, gv_error *err)
{
    gv_json *stamp = NULL;
    gv_file_stat look = {.exists = false};
    char *path = gv_file_path_join(base, GV_FILE_CHECKPOINT, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_stamp_read(&stamp, dir, GV_STAGE_TRAIN, err);
    *has = look.exists;
    const gv_json *inputs = gv_json_get(stamp, "inputs");
    for (size_t i = 0; i < gv_json_count(inputs); i++)
        *has |= strcmp(gv_json_get_text(gv_json_item(inputs, i), "path"),
                       GV_FOLDER_BASE "/" GV_FILE_CHECKPOINT) == 0;
    gv_json_free(stamp);
    gv_mem_free(path);
    return status;
}

int gv_run_base_start(gv_config *config, const char *dir, gv_error *err)
{
    bool has = false;
    if (!gv_run_base_used(config) || config->train_init)
        return GV_OK;
    char *base = gv_file_path_join(dir, GV_FOLDER_BASE, err);
    int status = base ? has_model(&has, base, dir, err) : GV_E_MEMORY;
    if (status == GV_OK && has)
        config->train_init = base;
    else
        gv_mem_free(base);
    return status;
}

bool gv_run_base_is_start(const gv_config *config, const char *dir)
{
    const size_t n = strlen(dir);
    return gv_run_base_used(config) && config->train_init &&
           strncmp(config->train_init, dir, n) == 0 &&
           strcmp(config->train_init + n, "/" GV_FOLDER_BASE) == 0;
}

int gv_run_base_check(const char *path, gv_error *err)
{
    gv_file_stat look = {.exists = true};
    int status = path ? gv_file_look(&look, path, err) : GV_OK;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s, which has what the files of corpus.counted gave, is missing; to "
                              "read all text again: --set 'corpus.counted=[]' --force",
                              path);
    return status;
}

int gv_run_base_check_named(const gv_config *config, const char *dir, gv_error *err)
{
    gv_file_stat look;
    if (gv_run_base_used(config))
        return GV_OK;
    char *path = gv_mem_format(err, "%s/" GV_FOLDER_BASE "/" GV_FILE_PARTS, dir);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.exists)
        status = gv_error_set(
            err, GV_E_USAGE,
            "%s has text that was appended (glove-run --append), and this config does not name it "
            "(corpus.counted): continue with the run's own config (--run-dir %s without a config), "
            "or "
            "count what corpus.files names and forget the rest with --force",
            dir, dir);
    gv_mem_free(path);
    return status;
}

int gv_run_base_check_whole(const char *dir, gv_error *err)
{
    gv_file_stat look;
    char *path = gv_mem_format(err, "%s/" GV_FOLDER_APPEND "/" GV_FILE_REPLACING, dir);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.exists)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s: text was being appended, and that ended while files were put in "
                              "place: run glove-run --run-dir %s, which goes on with it",
                              dir, dir);
    gv_mem_free(path);
    return status;
}

/* Counts that were imported, or merged with weights, may have another unit. */
static int check_unit(const gv_counts_info *info, const char *path, const gv_config *config,
                      gv_error *err)
{
    gv_counts_weights weights = {0};
    int status = gv_counts_weights_make(&weights, config, err);
    const uint64_t unit = weights.unit;
    gv_counts_weights_clear(&weights);
    if (status != GV_OK || (info->symmetric == config->cooccur_symmetric && info->unit == unit))
        return status;
    return gv_error_set(err, GV_E_USAGE,
                        "%s has other windows or weights than the config, or was imported or "
                        "merged: text cannot be added to it; count the text in another run, and "
                        "add both with glove-convert counts-merge",
                        path);
}

int gv_run_base_check_counts(const char *path, const gv_config *config, gv_error *err)
{
    gv_counts *counts = NULL;
    gv_config like = *config;
    gv_config_difference d = {.key = NULL};
    bool again = true;
    int status = gv_counts_open(&counts, path, err);
    /* a word that is rarer than another vocab.min_count may join or not: old ones stay anyway */
    while (status == GV_OK && again) {
        status = gv_config_compare(&d, gv_counts_about(counts)->recipe,
                                   GV_STAGE_VOCAB | GV_STAGE_COOCCUR, &like, err);
        again = false;
        if (status == GV_OK && d.key && strcmp(d.key, "vocab.min_count") == 0) {
            like.vocab_min_count = strtoull(d.found, NULL, 10);
            again = like.vocab_min_count != config->vocab_min_count;
        } else if (status == GV_OK && d.key && strcmp(d.key, "vocab.max_size") == 0) {
            like.vocab_max_size = strtoull(d.found, NULL, 10);
            again = like.vocab_max_size != config->vocab_max_size;
        }
    }
    if (status == GV_OK && !d.key)
        status = check_unit(gv_counts_about(counts), path, config, err);
    gv_counts_close(counts);
    if (status != GV_OK || !d.key)
        return status;
    return gv_error_set(err, GV_E_USAGE,
                        "%s, to which new text is added, was made with %s = %s, the config says "
                        "%s: use the same for both",
                        path, d.key, d.found, d.wanted);
}

int gv_run_base_read_parts(gv_json **parts, const char *dir, gv_error *err)
{
    enum { LIMIT = 1 << 28 };
    char *path = gv_mem_format(err, "%s/" GV_FOLDER_BASE "/" GV_FILE_PARTS, dir), *text = NULL;
    size_t bytes;
    *parts = NULL;
    int status =
        path ? gv_file_reader_whole_if_there(&text, &bytes, path, LIMIT, err) : GV_E_MEMORY;
    if (status == GV_OK && text)
        status = gv_json_parse_if_valid(parts, text, bytes, err);
    if (status == GV_OK && text && gv_json_count(gv_json_get(*parts, "parts")) == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s is damaged: it lists no texts", path);
    if (status != GV_OK) {
        gv_json_free(*parts);
        *parts = NULL;
    }
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

bool gv_run_base_has_key(const char *key)
{
    static const char prefix[] = GV_FOLDER_BASE "/";
    return key && strncmp(key, prefix, sizeof prefix - 1) == 0;
}
