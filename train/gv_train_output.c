#include "train/gv_train_output.h"

#include "base/gv_mem.h"
#include "data/gv_vectors.h"
#include "math/gv_kernel.h"
#include <jansson.h>

typedef struct output {
    const gv_model *model;
    const gv_vocab *vocab;
    enum gv_output_vectors kind;
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
                         gv_error *err)
{
    char *recipe = NULL;
    int status = gv_config_recipe(
        &recipe, config, GV_STAGE_VOCAB | GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE | GV_STAGE_TRAIN,
        err);
    if (status != GV_OK)
        return status;
    static const char *const kinds[] = {"sum", "word", "context", "concat"};
    json_t *object =
        json_pack("{s:s, s:i, s:o?, s:s, s:I, s:f, s:s}", "glovebox", GV_VERSION,
                  "numerics_version", GV_NUMERICS_VERSION, "recipe", json_loads(recipe, 0, NULL),
                  "vectors", kinds[config->output_vectors], "epochs", (json_int_t)state->epoch,
                  "loss", state->last_loss, "store_hash", state->store_hash);
    char *dumped = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    if (dumped)
        *text = gv_strdup(dumped, err);
    else
        gv_fail(err, GV_E_MEMORY, "cannot make the metadata of the vectors");
    free(dumped);
    json_decref(object);
    gv_free(recipe);
    return *text ? GV_OK : GV_E_MEMORY;
}

int gv_train_output(gv_run *run, gv_store *store, const gv_model *model, const gv_checkpoint *state,
                    unsigned threads, gv_error *err)
{
    const gv_config *config = run->config;
    gv_vocab *vocab = NULL;
    char *metadata = NULL;
    int status = gv_store_vocab(&vocab, store, err);
    if (status == GV_OK)
        status = make_metadata(&metadata, config, state, err);
    if (status == GV_OK) {
        output context = {model, vocab, config->output_vectors};
        gv_vector_source source = {.rows = (size_t)model->vocab_size + config->output_unk,
                                   .dim = gv_model_output_dim(model, config->output_vectors),
                                   .context = &context,
                                   .word = word_of,
                                   .count = count_of,
                                   .vector = vector_of,
                                   .metadata = metadata};
        status = gv_vectors_write(run->dir, config->output_formats, &source, threads, err);
    }
    gv_free(metadata);
    gv_vocab_free(vocab);
    return status;
}
