/*
 * Three kinds of model share one layout, which `width` and `stride` describe: with AdaGrad sums
 * (GloVe), values only (gradients), and plain vectors (word2vec). Matrices come from
 * gv_mem_big_alloc, which gives zeroed, 64-byte aligned memory whose pages are not touched yet: so
 * the thread that first writes a page decides on which NUMA node it is.
 */
#include "model/gv_model.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_threads.h"
#include "kernel/gv_kernel.h"
#include "kernel/gv_word2vec.h"
#include <math.h>
#include <string.h>

enum { RARE_WORDS = 100 }; /* <unk> is their mean, as in the reference */

size_t gv_model_width(uint32_t dim)
{
    return ((size_t)dim + 2 + GV_WIDTH - 1) / GV_WIDTH * GV_WIDTH;
}

/* Bytes of two matrices with rows of `stride` floats. */
static int matrices_bytes(uint64_t *bytes, uint64_t stride, uint32_t vocab_size, uint32_t dim,
                          gv_error *err)
{
    uint64_t row = stride * sizeof(float);
    if (__builtin_mul_overflow(row, 2 * (uint64_t)vocab_size, bytes) || *bytes > SIZE_MAX / 2)
        return gv_error_set(
            err, GV_E_MEMORY,
            "a model of %u words with train.dim %u needs more bytes than this machine "
            "can address: lower train.dim or raise vocab.min_count",
            vocab_size, dim);
    return GV_OK;
}

int gv_model_bytes(uint64_t *bytes, uint32_t vocab_size, uint32_t dim, gv_error *err)
{
    return matrices_bytes(bytes, 2 * gv_model_width(dim), vocab_size, dim, err);
}

int gv_model_plain_bytes(uint64_t *bytes, uint32_t vocab_size, uint32_t dim, gv_error *err)
{
    return matrices_bytes(bytes, gv_word2vec_width(dim), vocab_size, dim, err);
}

/* The constant one of each row, and all sums. */
static void set_fixed_lanes(gv_model *model)
{
    for (size_t row = 0; row < model->vocab_size; row++) {
        float *word = model->word + row * model->stride;
        float *context = model->context + row * model->stride;
        word[model->dim + 1] = 1.0f;
        context[model->dim] = 1.0f;
        for (size_t lane = model->width; lane < model->stride; lane++)
            word[lane] = context[lane] = 1.0f;
    }
}

/* All zeros; `width` and `stride` as given. */
static int new_model(gv_model **result, const gv_model *shape, gv_error *err)
{
    uint64_t bytes;
    *result = NULL;
    int status = matrices_bytes(&bytes, shape->stride, shape->vocab_size, shape->dim, err);
    if (status != GV_OK)
        return status;
    gv_model *model = gv_mem_alloc_zero(1, sizeof *model, err);
    if (!model)
        return GV_E_MEMORY;
    *model = *shape;
    model->scale = 1;
    model->bytes = (size_t)(bytes / 2);
    model->word = gv_mem_big_alloc(model->bytes, err);
    model->context = model->word ? gv_mem_big_alloc(model->bytes, err) : NULL;
    if (!model->context) {
        gv_model_free(model);
        return GV_E_MEMORY;
    }
    *result = model;
    return GV_OK;
}

int gv_model_new_zero(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err)
{
    size_t width = gv_model_width(dim);
    gv_model shape = {.vocab_size = vocab_size, .dim = dim, .width = width, .stride = 2 * width};
    return new_model(model, &shape, err);
}

int gv_model_new(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err)
{
    int status = gv_model_new_zero(model, vocab_size, dim, err);
    if (status == GV_OK)
        set_fixed_lanes(*model);
    return status;
}

int gv_model_new_values(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err)
{
    size_t width = gv_word2vec_width((size_t)dim + 2);
    gv_model shape = {.vocab_size = vocab_size, .dim = dim, .width = width, .stride = width};
    return new_model(model, &shape, err);
}

int gv_model_new_plain(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err)
{
    size_t width = gv_word2vec_width(dim);
    gv_model shape = {.vocab_size = vocab_size, .dim = dim, .width = width, .stride = width};
    return new_model(model, &shape, err);
}

void gv_model_init_plain(gv_model *model, uint64_t seed)
{
    gv_rng rng;
    for (size_t row = 0; row < model->vocab_size; row++) {
        gv_rng_seed(&rng, seed, GV_RNG_INIT_WORD, row);
        for (uint32_t lane = 0; lane < model->dim; lane++)
            model->word[row * model->stride + lane] =
                (float)((gv_rng_uniform(&rng) - 0.5) / model->dim);
    }
}

void gv_model_free(gv_model *model)
{
    if (!model)
        return;
    if (model->word)
        gv_mem_big_free(model->word, model->bytes);
    if (model->context)
        gv_mem_big_free(model->context, model->bytes);
    gv_mem_free(model);
}

static void init_row(float *row, const gv_model *model, size_t bias_lane, gv_rng *rng)
{
    double unit = model->dim;
    for (uint32_t lane = 0; lane < model->dim; lane++)
        row[lane] = (float)((gv_rng_uniform(rng) - 0.5) / unit / (double)model->scale);
    row[bias_lane] = model->unbiased ? 0 : (float)((gv_rng_uniform(rng) - 0.5) / unit);
}

typedef struct init_work {
    gv_model *model;
    uint64_t seed;
    unsigned threads;
} init_work;

/* Each thread takes one range of rows, so that it alone touches their pages first. */
static int init_range(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const init_work *work = context;
    gv_model *model = work->model;
    uint64_t rows = model->vocab_size;
    uint64_t begin = rows * thread / work->threads, end = rows * (thread + 1) / work->threads;
    gv_rng rng;
    for (uint64_t row = begin; row < end; row++) {
        gv_rng_seed(&rng, work->seed, GV_RNG_INIT_WORD, row);
        init_row(model->word + row * model->stride, model, model->dim, &rng);
        gv_rng_seed(&rng, work->seed, GV_RNG_INIT_CONTEXT, row);
        init_row(model->context + row * model->stride, model, (size_t)model->dim + 1, &rng);
    }
    return GV_OK;
}

int gv_model_init(gv_model *model, uint64_t seed, unsigned threads, gv_error *err)
{
    init_work work = {model, seed, threads > 0 ? threads : 1};
    return gv_threads_run(work.threads, init_range, &work, err);
}

/* Offset in a row of the lanes from `lane` on (0 or the tail). */
static size_t place_of(enum gv_model_half half, size_t width, size_t lane)
{
    return half == GV_MODEL_VALUES ? lane : gv_kernel_sum(width, lane);
}

void gv_model_copy(gv_model *to, enum gv_model_half to_half, const gv_model *from,
                   enum gv_model_half from_half)
{
    size_t width = gv_model_width(from->dim), tail = gv_kernel_tail(width);
    for (size_t row = 0; row < from->vocab_size; row++)
        for (int side = 0; side < 2; side++) {
            float *t = (side ? to->context : to->word) + row * to->stride;
            const float *f = (side ? from->context : from->word) + row * from->stride;
            memcpy(t + place_of(to_half, width, 0), f + place_of(from_half, width, 0),
                   tail * sizeof *t);
            memcpy(t + place_of(to_half, width, tail), f + place_of(from_half, width, tail),
                   (width - tail) * sizeof *t);
        }
}

/* A sum of x - x is NaN if one x is infinite or NaN, else 0: the compiler vectorises that, as it
 * could not a test and an early return. `n` is a multiple of GV_LANES, as all strides are. */
static bool all_finite(const float *numbers, size_t n)
{
    float spread[GV_LANES] = {0};
    for (size_t i = 0; i < n; i += GV_LANES)
        for (size_t lane = 0; lane < GV_LANES; lane++)
            spread[lane] += numbers[i + lane] - numbers[i + lane];
    bool finite = true;
    for (size_t lane = 0; lane < GV_LANES; lane++)
        finite = finite && spread[lane] == 0.0f;
    return finite;
}

void gv_model_decay(const gv_model *model, float *matrix, uint32_t first, uint32_t end, float keep)
{
    for (size_t r = first; r < end; r++)
        for (size_t l = 0; l < model->dim; l++)
            matrix[r * model->stride + l] *= keep;
}

bool gv_model_finite(const gv_model *model)
{
    size_t n = model->bytes / sizeof(float);
    return all_finite(model->word, n) && all_finite(model->context, n);
}

void gv_model_matrices(gv_checkpoint_matrix matrices[2], const gv_model *model)
{
    size_t tail = gv_kernel_tail(model->width);
    gv_checkpoint_matrix matrix = {.stride = model->stride, .sums = gv_kernel_sum(model->width, 0)};
    if (tail < model->width) {
        matrix.tail = tail;
        matrix.tail_sums = gv_kernel_sum(model->width, tail) - tail;
    }
    matrices[0] = matrices[1] = matrix;
    matrices[0].rows = model->word;
    matrices[0].bias_lane = model->dim;
    matrices[1].rows = model->context;
    matrices[1].bias_lane = (size_t)model->dim + 1;
}

size_t gv_model_output_dim(const gv_model *model, enum gv_config_output_vectors kind)
{
    return (size_t)model->dim * (kind == GV_OUTPUT_CONCAT ? 2 : 1);
}

static void scale_output(float *to, const gv_model *model, enum gv_config_output_vectors kind)
{
    for (size_t i = 0; i < gv_model_output_dim(model, kind) && model->scale != 1.0f; i++)
        to[i] *= model->scale;
}

/* One side of a row that is written: of a frozen row its start vector. */
static void take_side(float *to, const gv_model *model, int side, size_t row)
{
    const float *held = gv_start_find(model->held, side, row);
    const float *own = (side == GV_START_WORD ? model->word : model->context) + row * model->stride;
    for (size_t lane = 0; lane < model->dim; lane++)
        to[lane] = held ? held[lane] : own[lane] * model->scale;
}

/* The same as below where rows are frozen. */
static void output_held(float *to, const gv_model *model, enum gv_config_output_vectors kind,
                        size_t row)
{
    take_side(to, model, kind == GV_OUTPUT_CONTEXT ? GV_START_CONTEXT : GV_START_WORD, row);
    if (kind == GV_OUTPUT_CONCAT)
        take_side(to + model->dim, model, GV_START_CONTEXT, row);
    if (kind != GV_OUTPUT_SUM)
        return;
    const float *held = gv_start_find(model->held, GV_START_CONTEXT, row);
    const float *own = model->context + row * model->stride;
    for (size_t lane = 0; lane < model->dim; lane++)
        to[lane] += held ? held[lane] : own[lane] * model->scale;
}

void gv_model_output(float *to, const gv_model *model, enum gv_config_output_vectors kind,
                     size_t row)
{
    if (model->held && model->held->frozen) {
        output_held(to, model, kind, row);
        return;
    }
    const float *word = model->word + row * model->stride;
    const float *context = model->context + row * model->stride;
    for (size_t lane = 0; lane < model->dim; lane++) {
        switch (kind) {
        case GV_OUTPUT_SUM:
            to[lane] = word[lane] + context[lane];
            break;
        case GV_OUTPUT_WORD:
            to[lane] = word[lane];
            break;
        case GV_OUTPUT_CONTEXT:
            to[lane] = context[lane];
            break;
        case GV_OUTPUT_CONCAT:
            to[lane] = word[lane];
            to[model->dim + lane] = context[lane];
            break;
        }
    }
    scale_output(to, model, kind);
}

/* Mean of one lane over the last `n` rows of a matrix. */
static double lane_mean(const gv_model *model, const float *matrix, size_t lane, size_t n)
{
    double sum = 0;
    for (size_t row = model->vocab_size - n; row < model->vocab_size; row++)
        sum += (double)matrix[row * model->stride + lane];
    return sum / (double)n;
}

void gv_model_output_unk(float *to, const gv_model *model, enum gv_config_output_vectors kind)
{
    size_t n = model->vocab_size < RARE_WORDS ? model->vocab_size : RARE_WORDS;
    for (size_t lane = 0; lane < model->dim; lane++) {
        double word = lane_mean(model, model->word, lane, n);
        double context = lane_mean(model, model->context, lane, n);
        switch (kind) {
        case GV_OUTPUT_SUM:
            to[lane] = (float)(word + context);
            break;
        case GV_OUTPUT_WORD:
            to[lane] = (float)word;
            break;
        case GV_OUTPUT_CONTEXT:
            to[lane] = (float)context;
            break;
        case GV_OUTPUT_CONCAT:
            to[lane] = (float)word;
            to[model->dim + lane] = (float)context;
            break;
        }
    }
    scale_output(to, model, kind);
}
