#include "train/gv_train_start.h"

#include "app/gv_run_base.h"
#include "app/gv_run_guard.h"
#include "base/gv_amount.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "budget/gv_budget_train.h"
#include "model/gv_pull.h"
#include "train/gv_train_start_internal.h"
#include "train/gv_training.h"
#include "vectors/gv_words.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool gv_train_start_is_shared(const gv_config *config)
{
    return config->train_init && (config->train_retrofit > 0 || config->train_freeze);
}

/* --- finding the files ------------------------------------------------------------------------ */

static bool is_directory(const char *path)
{
    struct stat look;
    return stat(path, &look) == 0 && S_ISDIR(look.st_mode);
}

static int take_file(gv_train_start_source *s, const char *dir, const char *name, gv_error *err)
{
    char *path = dir ? gv_file_path_join(dir, name, err) : gv_mem_strdup(name, err);
    if (!path)
        return GV_E_MEMORY;
    s->files[s->n++] = path;
    return gv_config_check_file(s->key, path, err);
}

/* The run's vectors, where it has no checkpoint any more. */
static int take_vectors(gv_train_start_source *s, gv_error *err)
{
    /* exact numbers before rounded ones, as gv_words_find_file */
    static const char *const names[] = {"vectors.safetensors", "vectors.bin", "vectors.db",
                                        "vectors.ft.bin", "vectors.txt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gv_file_stat look;
        char *path = gv_file_path_join(s->path, names[i], err);
        int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
        gv_mem_free(path);
        if (status != GV_OK)
            return status;
        if (look.exists)
            return take_file(s, s->path, names[i], err);
    }
    return gv_error_set(err, GV_E_USAGE,
                        "%s: the directory %s has neither " GV_FILE_CHECKPOINT
                        " nor a file of vectors; name a run directory, or a file",
                        s->key, s->path);
}

static int take_run(gv_train_start_source *s, gv_error *err)
{
    gv_file_stat look;
    char *path = gv_file_path_join(s->path, GV_FILE_CHECKPOINT, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    if (status == GV_OK && !look.exists)
        return take_vectors(s, err);
    s->checkpoint = true;
    if (status == GV_OK)
        status = take_file(s, s->path, GV_FILE_CHECKPOINT, err);
    return status == GV_OK ? take_file(s, s->path, GV_FILE_VOCAB, err) : status;
}

/* A file that can be read more than once. */
static int check_kind(gv_train_start_source *s, const char *path, gv_error *err)
{
    struct stat look;
    if (stat(path, &look) != 0)
        return gv_error_set_errno(err, "%s: cannot read %s", s->key, path);
    s->bytes = (uint64_t)look.st_size;
    return S_ISREG(look.st_mode)
               ? GV_OK
               : gv_error_set(err, GV_E_USAGE,
                              "%s: %s is not a regular file; training reads it again when it "
                              "resumes, so store it as a file",
                              s->key, path);
}

/* A name for the contents. */
static int hash_files(gv_train_start_source *s, gv_run *run, gv_error *err)
{
    gv_hash hash[2] = {{0}};
    int status = GV_OK;
    for (size_t i = 0; i < s->n && status == GV_OK; i++)
        status = gv_run_hash(&hash[i], run, s->files[i], err);
    if (status == GV_OK)
        gv_hash_hex(s->n > 1 ? gv_hash_of(hash, sizeof hash) : hash[0], s->hash);
    return status;
}

/* What earlier text gave may have been removed when it had been used: then only its checksums are
 * known, which is enough where there is nothing to do. */
static int take_gone_base(gv_train_start_source *s, gv_run *run, bool *gone, gv_error *err)
{
    static const char *const names[] = {GV_FILE_CHECKPOINT, GV_FILE_VOCAB};
    gv_file_stat look = {.exists = true};
    gv_hash hash[2];
    char *path = gv_file_path_join(s->path, GV_FILE_CHECKPOINT, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    *gone = status == GV_OK && !look.exists && gv_run_base_is_start(run->config, run->dir) &&
            gv_run_recorded_hash(&hash[0], run, GV_FOLDER_BASE "/" GV_FILE_CHECKPOINT) &&
            gv_run_recorded_hash(&hash[1], run, GV_FOLDER_BASE "/" GV_FILE_VOCAB);
    for (int i = 0; i < 2 && *gone && status == GV_OK; i++)
        if (!(s->files[s->n++] = gv_file_path_join(s->path, names[i], err)))
            status = GV_E_MEMORY;
    s->checkpoint = *gone;
    if (*gone)
        gv_hash_hex(gv_hash_of(hash, sizeof hash), s->hash);
    return status;
}

static int find_source(gv_train_start_source *s, gv_run *run, gv_error *err)
{
    bool gone;
    int found = take_gone_base(s, run, &gone, err);
    if (found != GV_OK || gone)
        return found;
    if (strcmp(s->path, "-") == 0)
        return gv_error_set(err, GV_E_USAGE,
                            "%s: name a file: standard input can be read only once", s->key);
    int status = is_directory(s->path) ? take_run(s, err) : take_file(s, NULL, s->path, err);
    if (status == GV_OK)
        status = check_kind(s, s->files[0], err);
    const gv_strings files = {s->n, s->files};
    if (status == GV_OK)
        status = gv_run_guard_check_inputs(run->dir, s->key, &files, err);
    return status == GV_OK ? hash_files(s, run, err) : status;
}

int gv_train_start_find(gv_train_start *s, gv_run *run, gv_error *err)
{
    const gv_config *config = run->config;
    s->source[GV_TRAIN_START_INIT] =
        (gv_train_start_source){.key = "train.init", .path = config->train_init};
    s->source[GV_TRAIN_START_INIT_CONTEXT] =
        (gv_train_start_source){.key = "train.init_context",
                                .path = config->train_init ? config->train_init_context : NULL};
    int status = GV_OK;
    for (int i = 0; i < GV_TRAIN_START_SOURCES && status == GV_OK; i++)
        if (s->source[i].path)
            status = find_source(&s->source[i], run, err);
    return status;
}

void gv_train_start_clear(gv_train_start *s)
{
    for (int i = 0; i < GV_TRAIN_START_SOURCES; i++)
        for (size_t k = 0; k < s->source[i].n; k++)
            gv_mem_free(s->source[i].files[k]);
    gv_mem_free(s->items);
    gv_start_free(s->start);
    *s = (gv_train_start){0};
}

/* --- what depends on them --------------------------------------------------------------------- */

int gv_train_start_inputs(const gv_strings **inputs, gv_train_start *s, const gv_strings *first,
                          gv_error *err)
{
    *inputs = first;
    if (!s->source[GV_TRAIN_START_INIT].path)
        return GV_OK;
    s->items = gv_mem_alloc(first->n + GV_TRAIN_START_FILES, sizeof *s->items, err);
    if (!s->items)
        return GV_E_MEMORY;
    s->inputs = (gv_strings){first->n, s->items};
    memcpy(s->items, first->items, first->n * sizeof *s->items);
    for (int i = 0; i < GV_TRAIN_START_SOURCES; i++)
        for (size_t k = 0; k < s->source[i].n; k++)
            s->items[s->inputs.n++] = s->source[i].files[k];
    *inputs = &s->inputs;
    return GV_OK;
}

int gv_train_start_add_recipe(char **recipe, const gv_train_start *s, gv_error *err)
{
    size_t length = strlen(*recipe);
    gv_text text = GV_TEXT_INIT;
    if (!s->source[GV_TRAIN_START_INIT].path || length < 2)
        return GV_OK;
    gv_text_printf(&text, "%.*s", (int)(length - 1), *recipe);
    const char *separator = length > 2 ? "," : "";
    for (int i = 0; i < GV_TRAIN_START_SOURCES; i++)
        if (s->source[i].path) {
            gv_text_printf(&text, "%s\"%s\":\"%s\"", separator, s->source[i].key,
                           s->source[i].hash);
            separator = ",";
        }
    gv_text_add(&text, "}");
    gv_mem_free(*recipe);
    return gv_text_take(recipe, &text, err);
}

/* --- memory ----------------------------------------------------------------------------------- */

int gv_train_start_check_memory(const gv_train_start *s, const gv_config *config,
                                uint32_t vocab_size, uint64_t model, gv_error *err)
{
    const uint64_t budget = gv_training_memory_budget(config);
    for (int i = 0; i < GV_TRAIN_START_SOURCES; i++) {
        const gv_train_start_source *source = &s->source[i];
        const uint64_t need =
            gv_budget_train_start_reading(config, vocab_size, model, source->bytes);
        char texts[2][GV_AMOUNT_TEXT];
        if (source->path && need > budget)
            return gv_error_set(
                err, GV_E_MEMORY,
                "%s: reading %s will need %s of memory with the model, but %s is "
                "%s: name a smaller file (glove-convert --limit), or %s",
                source->key, source->files[0], gv_amount_bytes(texts[0], (double)need),
                config->train_memory_mb > 0 ? "train.memory_mb" : "what is available",
                gv_amount_bytes(texts[1], (double)budget),
                config->train_memory_mb > 0 ? "raise train.memory_mb" : "lower train.dim");
    }
    return GV_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

int gv_train_start_other_dim(const gv_train_start_source *source, uint64_t dim,
                             const gv_config *config, gv_error *err)
{
    char way[64] = "";
    if (!config->train_init_context) /* with two files, the other may have another length */
        snprintf(way, sizeof way, "set train.dim to %" PRIu64 ", or ", dim);
    return gv_error_set(err, GV_E_USAGE,
                        "%s: the vectors of %s have %" PRIu64 " dimensions, but train.dim is "
                        "%" PRIu32 ": %sname other vectors",
                        source->key, source->path, dim, config->train_dim, way);
}

static int report(gv_run *run, const gv_train_start_source *source,
                  const gv_train_start_found *found, uint32_t vocab_size, gv_error *err)
{
    char more[64] = "";
    if (found->others > 0)
        snprintf(more, sizeof more, ", which has %" PRIu64 " more", found->others);
    gv_progress_note(run->progress, "%" PRIu64 " of %" PRIu32 " words start from %s (%s)%s",
                     found->words, vocab_size, source->path, source->key, more);
    if (found->words == 0)
        gv_progress_note(run->progress,
                         "no word of the vocabulary is in %s, so all start at random: are both in "
                         "lower case (corpus.lowercase)?",
                         source->path);
    if (found->not_finite > 0)
        gv_progress_note(run->progress,
                         "%s: vectors of %" PRIu64 " words have numbers that are not finite; these "
                         "words start at random",
                         source->path, found->not_finite);
    gv_json_writer fields = gv_json_begin();
    gv_json_set_text(&fields, "key", source->key);
    gv_json_set_text(&fields, "path", source->path);
    gv_json_set_text(&fields, "hash", source->hash);
    gv_json_set_uint(&fields, "words", found->words);
    gv_json_set_uint(&fields, "vocab_size", vocab_size);
    gv_json_set_uint(&fields, "not_in_vocabulary", found->others);
    gv_json_set_uint(&fields, "not_finite", found->not_finite);
    return gv_run_event(run, "init", &fields, err);
}

static int read_source(gv_train_start *s, int i, const gv_train_start_target *to, gv_error *err)
{
    const gv_train_start_source *source = &s->source[i];
    const bool both = s->source[GV_TRAIN_START_INIT_CONTEXT].path != NULL;
    const int side = i == GV_TRAIN_START_INIT ? GV_START_WORD : GV_START_CONTEXT;
    gv_train_start_found found = {0};
    int status = source->checkpoint
                     ? gv_train_start_read_run(&found, to, source, both ? side : -1, err)
                     : gv_train_start_read_file(&found, to, source, side, !both, err);
    return status == GV_OK && to->model
               ? report(to->run, source, &found, gv_vocab_size(to->vocab), err)
               : status;
}

/* Settings that surely are not what is wanted. */
static void advise(const gv_train_start *s, gv_run *run)
{
    const gv_config *config = run->config;
    const bool halves = !s->source[GV_TRAIN_START_INIT].checkpoint &&
                        !s->source[GV_TRAIN_START_INIT_CONTEXT].path &&
                        config->output_vectors == GV_OUTPUT_SUM;
    if (config->train_freeze && config->train_retrofit > 0)
        gv_progress_note(run->progress, "train.retrofit has no effect with train.freeze, which "
                                        "keeps the same vectors where they are");
    if (config->train_freeze && halves)
        gv_progress_note(run->progress,
                         "new words fit much better into frozen vectors of a file with "
                         "output.vectors=word, or if train.init names the run they are from "
                         "(docs/fine-tuning.md)");
}

int gv_train_start_make(gv_train_start *s, gv_run *run, const gv_vocab *vocab, gv_model *model,
                        bool fresh, gv_error *err)
{
    const gv_config *config = run->config;
    const bool shared = gv_train_start_is_shared(config);
    if (!config->train_init || (!fresh && !shared))
        return GV_OK;
    int status = gv_start_new(&s->start, gv_vocab_size(vocab), config->train_dim, err);
    if (status != GV_OK)
        return status;
    s->start->pull = config->train_retrofit;
    s->start->frozen = config->train_freeze;
    const gv_train_start_target to = {run, vocab, fresh ? model : NULL, s->start};
    for (int i = 0; i < GV_TRAIN_START_SOURCES && status == GV_OK; i++)
        if (s->source[i].path)
            status = read_source(s, i, &to, err);
    if (status == GV_OK && fresh)
        advise(s, run);
    if (status == GV_OK && fresh)
        gv_pull_apply(s->start, model);
    if (shared) {
        model->held = s->start;
    } else {
        gv_start_free(s->start);
        s->start = NULL;
    }
    return status;
}
