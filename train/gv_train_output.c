#include "train/gv_train_output.h"

#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct output {
    const gv_model *model;
    const gv_vocab *vocab;
    enum gv_config_output_vectors kind;
} output;

static const char *word_of(void *context, size_t row)
{
    const output *o = context;
    return row < o->model->vocab_size ? gv_vocab_word(o->vocab, (uint32_t)row) : "<unk>";
}

static uint64_t count_of(void *context, size_t row)
{
    const output *o = context;
    return row < o->model->vocab_size ? gv_vocab_count(o->vocab, (uint32_t)row) : 0;
}

static void vector_of(void *context, size_t row, float *to)
{
    const output *o = context;
    if (row < o->model->vocab_size)
        gv_model_output(to, o->model, o->kind, row);
    else
        gv_model_output_unk(to, o->model, o->kind);
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
    gv_mem_free(recipe);
    return gv_json_write(text, &metadata, GV_JSON_COMPACT, 15, err);
}

int gv_train_output(gv_run *run, const gv_vocab *vocab, const gv_model *model,
                    const gv_checkpoint *state, unsigned threads, gv_error *err)
{
    const gv_config *config = run->config;
    char *metadata = NULL;
    int status = make_metadata(&metadata, config, state, gv_config_train_stages(config), err);
    if (status == GV_OK) {
        output context = {model, vocab, config->output_vectors};
        gv_vectors_source source = {.rows = (size_t)model->vocab_size + config->output_unk,
                                    .dim = gv_model_output_dim(model, config->output_vectors),
                                    .context = &context,
                                    .word = word_of,
                                    .count = count_of,
                                    .vector = vector_of,
                                    .metadata = metadata};
        status = gv_vectors_write(run->dir, config->output_formats, &source, threads, err);
    }
    gv_mem_free(metadata);
    return status;
}

int gv_train_output_paths(gv_strings *outputs, char **items, const gv_run *run, gv_error *err)
{
    const char *names[GV_VECTORS_FILES_MAX];
    size_t n = gv_vectors_files(names, run->config->output_formats);
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
    const char *names[GV_VECTORS_FILES_MAX];
    char list[256] = "";
    size_t n = gv_vectors_files(names, run->config->output_formats), used = 0;
    for (size_t i = 0; i < n && used < sizeof list; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", names[i]);
    gv_progress_note(run->progress,
                     "%s: %" PRIu32 " words, %" PRIu32 " dimensions, %" PRIu64 " epochs%s", list,
                     state->vocab_size, state->dim, state->epoch,
                     visited == 0 && state->epoch > 0 ? "; written from " GV_FILE_CHECKPOINT
                                                        ", nothing had to be trained"
                                                      : "");
}
