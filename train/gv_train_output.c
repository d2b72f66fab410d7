#include "train/gv_train_output.h"

#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "train/gv_train_subwords.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The context of a gv_vectors_source. */
typedef struct output {
    const gv_vocab *vocab;
    const gv_model *model; /* vectors of `kind` from it, */
    enum gv_config_output_vectors kind;
    const gv_train_subwords *mixed; /* or these */
} output;

static const char *word_of(void *context, size_t row)
{
    const output *o = context;
    return row < gv_vocab_size(o->vocab) ? gv_vocab_word(o->vocab, (uint32_t)row) : "<unk>";
}

static uint64_t count_of(void *context, size_t row)
{
    const output *o = context;
    return row < gv_vocab_size(o->vocab) ? gv_vocab_count(o->vocab, (uint32_t)row) : 0;
}

static void vector_of(void *context, size_t row, float *to)
{
    const output *o = context;
    if (row < o->model->vocab_size)
        gv_model_output(to, o->model, o->kind, row);
    else
        gv_model_output_unk(to, o->model, o->kind);
}

static void mixed_vector_of(void *context, size_t row, float *to)
{
    const gv_train_subwords *mixed = ((const output *)context)->mixed;
    memcpy(to, mixed->vectors + row * mixed->dim, mixed->dim * sizeof *to);
}

static void put_subword_settings(gv_json_writer *metadata, const gv_config *config)
{
    const gv_subwords_settings s = gv_train_subwords_settings(config);
    gv_json_open_object(metadata, "subwords");
    gv_json_set_uint(metadata, "min_n", s.min_n);
    gv_json_set_uint(metadata, "max_n", s.max_n);
    gv_json_set_uint(metadata, "min_words", s.min_words);
    gv_json_set_real(metadata, "ridge", s.ridge);
    gv_json_set_real(metadata, "shrink", s.shrink);
    gv_json_close(metadata);
}

/* The contents that training started from, by checksum, as the checkpoint's recipe names them. */
static int put_start(gv_json_writer *metadata, const gv_checkpoint *state, gv_error *err)
{
    static const char *const keys[][2] = {{"train.init", "init"},
                                          {"train.init_context", "init_context"}};
    gv_json *recipe = NULL;
    int status = gv_json_parse_if_valid(&recipe, state->recipe, strlen(state->recipe), err);
    for (size_t i = 0; recipe && i < sizeof keys / sizeof *keys; i++) {
        const char *hash = gv_json_get_text(recipe, keys[i][0]);
        if (*hash)
            gv_json_set_text(metadata, keys[i][1], hash);
    }
    gv_json_free(recipe);
    return status;
}

/* What determines the vectors, and nothing else (no time, host, threads). */
static int make_metadata(char **text, const gv_config *config, const gv_checkpoint *state,
                         unsigned stages, gv_error *err)
{
    char *recipe = NULL;
    int status = gv_config_recipe(&recipe, config, stages, err);
    if (status != GV_OK)
        return status;
    static const char *const kinds[] = {"sum", "word", "context", "concat"};
    gv_json_writer metadata = gv_json_begin();
    gv_json_set_text(&metadata, "glovebox", GV_VERSION);
    gv_json_set_int(&metadata, "numerics_version", GV_NUMERICS_VERSION);
    gv_json_set_parsed(&metadata, "recipe", recipe);
    gv_json_set_text(&metadata, "vectors", kinds[config->output_vectors]);
    gv_json_set_uint(&metadata, "epochs", state->epoch);
    gv_json_set_real(&metadata, "loss", state->last_loss);
    gv_json_set_text(&metadata, "store_hash", state->store_hash);
    if (config->output_subwords)
        put_subword_settings(&metadata, config);
    gv_mem_free(recipe);
    status = put_start(&metadata, state, err);
    if (status != GV_OK) {
        gv_json_clear(&metadata);
        return status;
    }
    return gv_json_write(text, &metadata, GV_JSON_COMPACT, 15, err);
}

/* From the model, row by row. */
static int write_plain(gv_run *run, const gv_vocab *vocab, const gv_model *model,
                       const char *metadata, unsigned threads, gv_error *err)
{
    const gv_config *config = run->config;
    output context = {.model = model, .vocab = vocab, .kind = config->output_vectors};
    gv_vectors_source source = {.rows = (size_t)model->vocab_size + config->output_unk,
                                .dim = gv_model_output_dim(model, config->output_vectors),
                                .context = &context,
                                .word = word_of,
                                .count = count_of,
                                .vector = vector_of,
                                .metadata = metadata};
    return gv_vectors_write(run->dir, config->output_formats, &source, threads, err);
}

/* Mixed with what their n-grams predict. */
static int write_mixed(gv_run *run, const gv_vocab *vocab, gv_model **model, const char *metadata,
                       unsigned threads, gv_error *err)
{
    gv_train_subwords mixed;
    output context = {.vocab = vocab, .mixed = &mixed};
    int status = gv_train_subwords_make(&mixed, run, vocab, model, metadata, threads, err);
    if (status == GV_OK) {
        gv_vectors_source source = {.rows = (size_t)gv_vocab_size(vocab) + run->config->output_unk,
                                    .dim = mixed.dim,
                                    .context = &context,
                                    .word = word_of,
                                    .count = count_of,
                                    .vector = mixed_vector_of,
                                    .metadata = metadata,
                                    .subwords = mixed.subwords};
        status = gv_vectors_write(run->dir, run->config->output_formats, &source, threads, err);
    }
    gv_train_subwords_clear(&mixed);
    return status;
}

int gv_train_output(gv_run *run, const gv_vocab *vocab, gv_model **model,
                    const gv_checkpoint *state, unsigned threads, gv_error *err)
{
    const gv_config *config = run->config;
    char *metadata = NULL;
    int status = make_metadata(&metadata, config, state, gv_config_train_stages(config), err);
    if (status == GV_OK)
        status = config->output_subwords ? write_mixed(run, vocab, model, metadata, threads, err)
                                         : write_plain(run, vocab, *model, metadata, threads, err);
    if (status == GV_OK && !config->output_subwords)
        status = gv_train_subwords_remove_old(run, err);
    gv_mem_free(metadata);
    return status;
}

/* The names of the files that are written beside the checkpoint; returns how many. */
static size_t list_files(const char *names[GV_TRAIN_OUTPUTS - 1], const gv_config *config)
{
    size_t n = gv_vectors_files(names, config->output_formats);
    if (config->output_subwords)
        names[n++] = GV_FILE_SUBWORDS;
    return n;
}

int gv_train_output_paths(gv_strings *outputs, char **items, const gv_run *run, gv_error *err)
{
    const char *names[GV_TRAIN_OUTPUTS - 1];
    size_t n = list_files(names, run->config);
    *outputs = (gv_strings){0, items};
    for (size_t i = 0; i <= n; i++) {
        items[i] = gv_run_path(run, i == 0 ? GV_FILE_CHECKPOINT : names[i - 1], err);
        if (!items[i])
            return GV_E_MEMORY;
        outputs->n++;
    }
    return GV_OK;
}

void gv_train_output_report(const gv_run *run, const gv_checkpoint *state, uint64_t visited)
{
    const char *names[GV_TRAIN_OUTPUTS - 1];
    char list[256] = "";
    size_t n = list_files(names, run->config), used = 0;
    for (size_t i = 0; i < n && used < sizeof list; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", names[i]);
    gv_progress_note(run->progress,
                     "%s: %" PRIu32 " words, %" PRIu32 " dimensions, %" PRIu64 " epochs%s", list,
                     state->vocab_size, state->dim, state->epoch,
                     visited == 0 && state->epoch > 0 ? "; written from " GV_FILE_CHECKPOINT
                                                        ", nothing had to be trained"
                                                      : "");
    if ((run->config->output_formats & GV_FORMAT_FASTTEXT) && !run->config->output_subwords)
        gv_progress_note(run->progress, "vectors.ft.bin has no n-grams, and knows no words but "
                                        "these; for unseen words set output.subwords to true");
}
