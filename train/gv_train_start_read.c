#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "model/gv_checkpoint.h"
#include "store/gv_store.h"
#include "train/gv_train_start_internal.h"
#include "train/gv_training.h"
#include "vectors/gv_vectors.h"
#include <math.h>
#include <string.h>

static bool all_finite(const float *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(numbers[i]))
            return false;
    return true;
}

/* --- a file of vectors ------------------------------------------------------------------------ */

/* What the numbers of a file's row are. */
typedef struct layout {
    bool word, context; /* this side has a vector there, */
    size_t context_at;  /* the context's at this place, */
    float factor;       /* to be multiplied with this */
} layout;

static layout layout_of(const gv_config *config, size_t dim, int side, bool whole)
{
    if (!whole)
        return (layout){side == GV_START_WORD, side == GV_START_CONTEXT, 0, 1};
    switch (config->output_vectors) {
    case GV_OUTPUT_SUM:
        return (layout){true, true, 0, 0.5f};
    case GV_OUTPUT_CONTEXT:
        return (layout){false, true, 0, 1};
    case GV_OUTPUT_CONCAT:
        return (layout){true, dim == 2 * (size_t)config->train_dim, config->train_dim, 1};
    default:
        return (layout){true, false, 0, 1};
    }
}

/* rows[i]: the file's row of word i; GV_START_NONE: none that can be used. */
static uint32_t match_words(uint32_t *rows, gv_train_start_found *found, const gv_vocab *vocab,
                            const gv_vectors *vectors)
{
    uint32_t n = 0;
    for (uint32_t id = 0; id < gv_vocab_size(vocab); id++) {
        size_t row = gv_vectors_find(vectors, gv_vocab_word(vocab, id));
        bool known = row != SIZE_MAX;
        bool usable = known && all_finite(vectors->data + row * vectors->dim, vectors->dim);
        rows[id] = usable ? (uint32_t)row : GV_START_NONE;
        n += usable;
        found->not_finite += known && !usable;
    }
    found->words = n;
    found->others = vectors->rows - vectors->duplicates - n - found->not_finite;
    return n;
}

static void fill_side(gv_start *start, int side, const uint32_t *rows, const gv_vectors *vectors,
                      size_t at, float factor)
{
    for (uint32_t id = 0; id < start->vocab_size; id++) {
        if (rows[id] == GV_START_NONE)
            continue;
        const float *from = vectors->data + rows[id] * vectors->dim + at;
        float *to = gv_start_add(start, side, id);
        for (uint32_t l = 0; l < start->dim; l++)
            to[l] = from[l] * factor;
    }
}

static int fill(gv_start *start, gv_train_start_found *found, const gv_train_start_target *to,
                const gv_vectors *vectors, layout form, gv_error *err)
{
    const bool twice = form.word && form.context && form.context_at == 0;
    uint32_t *rows = gv_mem_alloc(start->vocab_size, sizeof *rows, err);
    if (!rows)
        return GV_E_MEMORY;
    uint32_t n = match_words(rows, found, to->vocab, vectors);
    int status = GV_OK;
    if (form.word)
        status = gv_start_reserve(start, GV_START_WORD, n, err);
    if (form.word && status == GV_OK)
        fill_side(start, GV_START_WORD, rows, vectors, 0, form.factor);
    if (form.context && !twice && status == GV_OK)
        status = gv_start_reserve(start, GV_START_CONTEXT, n, err);
    if (form.context && !twice && status == GV_OK)
        fill_side(start, GV_START_CONTEXT, rows, vectors, form.context_at, form.factor);
    if (twice && status == GV_OK)
        gv_start_share(start);
    gv_mem_free(rows);
    return status;
}

int gv_train_start_read_file(gv_train_start_found *found, const gv_train_start_target *to,
                             const gv_train_start_source *source, int side, bool whole,
                             gv_error *err)
{
    const gv_config *config = to->run->config;
    const gv_vectors_options options = {.short_note = true};
    gv_vectors *vectors = NULL;
    int status = gv_vectors_read_with(&vectors, source->files[0], &options, err);
    if (status != GV_OK) {
        gv_error_prefix(err, "%s", source->key);
        return status;
    }
    const bool concat = whole && config->output_vectors == GV_OUTPUT_CONCAT;
    if (vectors->dim != config->train_dim && !(concat && vectors->dim == 2 * config->train_dim))
        status = gv_train_start_other_dim(source, vectors->dim, config, err);
    else
        status =
            fill(to->start, found, to, vectors, layout_of(config, vectors->dim, side, whole), err);
    if (status == GV_OK && to->model && vectors->note)
        gv_progress_note(to->run->progress, "%s", vectors->note);
    if (status == GV_OK && to->model && vectors->duplicates > 0)
        gv_progress_note(to->run->progress,
                         "%s: %llu words occur more than once; the first vector of each counts",
                         source->path, (unsigned long long)vectors->duplicates);
    gv_vectors_free(vectors);
    return status;
}

/* --- a run directory -------------------------------------------------------------------------- */

/* The model of another run. */
typedef struct other_run {
    const gv_train_start_source *source;
    gv_checkpoint_reader *reader;
    gv_vocab *vocab;
    gv_model *model;
    bool same_steps; /* its AdaGrad sums mean the same in this training */
} other_run;

static int open_parts(other_run *o, gv_error *err)
{
    const gv_train_start_source *source = o->source;
    int status = gv_checkpoint_open(&o->reader, source->files[0], err);
    if (status == GV_OK)
        status = gv_vocab_read(&o->vocab, source->files[1], 0, err);
    if (status != GV_OK)
        return status;
    const gv_checkpoint *about = gv_checkpoint_about(o->reader);
    if (about->vocab_size != gv_vocab_size(o->vocab))
        return gv_error_set(err, GV_E_USAGE,
                            "%s: %s has %u words, but %s was trained with %u: it is not the "
                            "vocabulary of that model; name a file of vectors",
                            source->key, source->files[1], gv_vocab_size(o->vocab),
                            source->files[0], about->vocab_size);
    return GV_OK;
}

/* If the run still has its store, it tells whether vocab.txt has the words of the model. */
static int check_words(const other_run *o, gv_error *err)
{
    const gv_checkpoint *about = gv_checkpoint_about(o->reader);
    gv_store *store = NULL;
    gv_error ignored = GV_ERROR_INIT;
    char *path = gv_file_path_join(o->source->path, GV_FILE_STORE, err);
    if (!path)
        return GV_E_MEMORY;
    int status = GV_OK;
    gv_file_stat look;
    if (!about->values_only && gv_file_look(&look, path, &ignored) == GV_OK && look.exists &&
        gv_store_open(&store, path, 0, &ignored) == GV_OK) {
        const gv_store_info *info = gv_store_about(store);
        if (strcmp(info->content_hash, about->store_hash) == 0 &&
            !gv_hash_equal(info->vocab_hash, gv_vocab_hash(o->vocab)))
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s: %s is not the vocabulary that %s was trained with; run "
                                  "glove-train there again, or name a file of vectors",
                                  o->source->key, o->source->files[1], o->source->files[0]);
    }
    gv_store_close(store);
    gv_mem_free(path);
    return status;
}

/* How its rows are stored, and whether its AdaGrad sums are of any use here. */
static int judge_recipe(other_run *o, float *scale, const gv_config *config, gv_error *err)
{
    const gv_checkpoint *about = gv_checkpoint_about(o->reader);
    gv_json *recipe = NULL;
    int status = gv_json_parse_if_valid(&recipe, about->recipe, strlen(about->recipe), err);
    if (status != GV_OK)
        return status;
    const char *objective = gv_json_get_text(recipe, "train.objective");
    const double eta = gv_json_get_number(recipe, "train.eta");
    const char *optimizer = gv_json_get_text(recipe, "train.optimizer");
    *scale = strcmp(objective, "logistic") == 0 ? (float)eta : 1;
    o->same_steps = strcmp(objective, gv_config_objective_name(config)) == 0 &&
                    eta == config->train_eta && strcmp(optimizer, "sgd") != 0 &&
                    !about->values_only;
    gv_json_free(recipe);
    return *scale > 0 ? GV_OK
                      : gv_error_set(err, GV_E_CORRUPT, "%s: invalid recipe", o->source->files[0]);
}

static int load_model(other_run *o, const gv_config *config, gv_error *err)
{
    const gv_checkpoint *about = gv_checkpoint_about(o->reader);
    float scale = 1;
    int status = judge_recipe(o, &scale, config, err);
    if (status != GV_OK)
        return status;
    status = about->values_only ? gv_model_new_plain(&o->model, about->vocab_size, about->dim, err)
                                : gv_model_new(&o->model, about->vocab_size, about->dim, err);
    if (status != GV_OK)
        return status;
    gv_checkpoint_matrix matrices[2];
    gv_model_matrices(matrices, o->model);
    o->model->scale = scale;
    return gv_checkpoint_load(o->reader, matrices, err);
}

static float *row_of(const gv_model *model, int side, uint32_t row)
{
    return (side == GV_START_WORD ? model->word : model->context) + row * model->stride;
}

static void take_vectors(gv_start *start, const gv_train_start_target *to, const other_run *o,
                         int side, const uint32_t *rows)
{
    for (uint32_t id = 0; id < gv_vocab_size(to->vocab); id++) {
        if (rows[id] == GV_START_NONE)
            continue;
        const float *from = row_of(o->model, side, rows[id]);
        float *vector = gv_start_add(start, side, id);
        for (uint32_t l = 0; l < start->dim; l++)
            vector[l] = from[l] * o->model->scale;
    }
}

/* Bias and AdaGrad sums of the words that are in both, where both models have them. */
static void take_rest(gv_model *model, const other_run *o, int side, const uint32_t *rows)
{
    const size_t bias = model->dim + (side == GV_START_WORD ? 0 : 1);
    for (uint32_t id = 0; id < model->vocab_size; id++) {
        if (rows[id] == GV_START_NONE)
            continue;
        const float *from = row_of(o->model, side, rows[id]);
        float *row = row_of(model, side, id);
        if (!model->unbiased)
            row[bias] = from[bias];
        for (size_t l = 0; o->same_steps && l < model->dim + 2; l++) {
            size_t at = gv_kernel_sum(model->width, l);
            row[at] = from[at] < 1e29f ? from[at] : 1;
        }
    }
}

static int take_side(const gv_train_start_target *to, const other_run *o, int side,
                     const uint32_t *rows, uint32_t n, gv_error *err)
{
    int status = gv_start_reserve(to->start, side, n, err);
    if (status != GV_OK)
        return status;
    take_vectors(to->start, to, o, side, rows);
    if (to->model && to->model->stride > to->model->width && o->model->stride > o->model->width)
        take_rest(to->model, o, side, rows);
    return GV_OK;
}

static int take_words(gv_train_start_found *found, const gv_train_start_target *to,
                      const other_run *o, int side, gv_error *err)
{
    uint32_t *rows = gv_mem_alloc(gv_vocab_size(to->vocab), sizeof *rows, err), n = 0;
    if (!rows)
        return GV_E_MEMORY;
    for (uint32_t id = 0; id < gv_vocab_size(to->vocab); id++) {
        const char *word = gv_vocab_word(to->vocab, id);
        rows[id] = gv_vocab_lookup(o->vocab, word, gv_vocab_word_length(to->vocab, id));
        n += rows[id] != GV_START_NONE;
    }
    *found = (gv_train_start_found){.words = n, .others = gv_vocab_size(o->vocab) - n};
    int status = GV_OK;
    for (int s = 0; s < GV_START_SIDES && status == GV_OK; s++)
        if (side < 0 || s == side)
            status = take_side(to, o, s, rows, n, err);
    gv_mem_free(rows);
    return status;
}

_Static_assert(GV_START_NONE == GV_VOCAB_NO_WORD, "a word that is not found has no start vector");

int gv_train_start_read_run(gv_train_start_found *found, const gv_train_start_target *to,
                            const gv_train_start_source *source, int side, gv_error *err)
{
    const gv_config *config = to->run->config;
    other_run o = {.source = source};
    int status = open_parts(&o, err);
    if (status == GV_OK)
        status = check_words(&o, err);
    if (status == GV_OK && gv_checkpoint_about(o.reader)->dim != config->train_dim)
        status = gv_train_start_other_dim(source, gv_checkpoint_about(o.reader)->dim, config, err);
    if (status == GV_OK)
        status = load_model(&o, config, err);
    if (status == GV_OK)
        status = take_words(found, to, &o, side, err);
    gv_model_free(o.model);
    gv_vocab_free(o.vocab);
    gv_checkpoint_close(o.reader);
    return status;
}
