/* The kernels of training on examples: rows of a model that is larger than the processor's second
 * level of cache, in tiles of the store's shape, or drawn as words of a text are. */
#include "plan/gv_plan_rates.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "kernel/gv_kernel.h"
#include "kernel/gv_tuning.h"
#include "kernel/gv_word2vec.h"
#include "model/gv_model.h"
#include "model/gv_step_sizes.h"
#include "plan/gv_plan_passes.h"
#include <math.h>

enum {
    MODEL_BYTES = 64 << 20, /* of a side of the example's model at most */
    RECORDS = 4096,         /* of a tile at most */
    SEGMENT_MOST = 512,
    PASS_TILES = 64, /* timed together */
    EXAMPLES = 2048  /* of word2vec, timed together */
};
static const double SECONDS = 0.08;

/* --- tiles ------------------------------------------------------------------------------------ */

typedef struct example_tile {
    uint16_t row[RECORDS], length[RECORDS], column[RECORDS];
    float log_x[RECORDS], weight[RECORDS];
    size_t rows, records;
} example_tile;

static void make_tile(example_tile *tile, const gv_plan_rates_shape *shape, uint32_t segment)
{
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 4);
    uint32_t run = (uint32_t)fmin(fmax(round(shape->run), 1), segment < 64 ? segment : 64);
    *tile = (example_tile){0};
    const double most = fmin(fmax(shape->tile, run), RECORDS);
    while ((double)(tile->records + run) <= most) {
        uint32_t first = (uint32_t)gv_rng_below(&rng, segment);
        tile->row[tile->rows] = (uint16_t)gv_rng_below(&rng, segment);
        tile->length[tile->rows++] = (uint16_t)(run - 1);
        for (uint32_t k = 0; k < run; k++) {
            /* all different, spread over the segment */
            tile->column[tile->records] = (uint16_t)((first + k * (segment / run)) % segment);
            tile->log_x[tile->records] = 0.5f;
            tile->weight[tile->records++] = 0.05f;
        }
    }
}

typedef struct tile_timing {
    const gv_kernel *kernel;
    const gv_model *model;
    const gv_step_sizes *sizes;
    gv_tuning tuning;
    example_tile tile;
    uint32_t segment, parts;
    bool logistic;
} tile_timing;

static void train_tiles(const tile_timing *t, gv_rng *rng)
{
    const gv_kernel_tile tile = {.rows = t->tile.rows,
                                 .records = t->tile.records,
                                 .row = t->tile.row,
                                 .row_length = t->tile.length,
                                 .column = t->tile.column,
                                 .log_x = t->tile.log_x,
                                 .weight = t->tile.weight};
    const size_t part = t->segment * t->model->stride;
    for (uint32_t i = 0; i < PASS_TILES; i++) {
        gv_kernel_args args = {.width = t->model->width,
                               .row_vectors = t->model->word + i / 4 % t->parts * part,
                               .column_vectors =
                                   t->model->context + gv_rng_below(rng, t->parts) * part,
                               .eta_row = t->sizes->eta_word,
                               .eta_column = t->sizes->eta_context,
                               .clip = t->sizes->clip,
                               .near = t->tuning.near,
                               .far = t->tuning.far,
                               .logistic = t->logistic,
                               .scale = 1,
                               .logit_weight = 0.01f,
                               .logit_bound = 3};
        t->kernel->train_tile(&args, &tile);
    }
}

/* Seconds of a record. */
static double time_tiles(const tile_timing *t)
{
    gv_rng rng;
    gv_plan_passes passes;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 5);
    gv_plan_passes_begin(&passes, SECONDS);
    while (gv_plan_passes_more(&passes)) {
        train_tiles(t, &rng);
        gv_plan_passes_took(&passes);
    }
    return gv_plan_passes_quick(&passes) / (double)(PASS_TILES * t->tile.records);
}

/* Rows of the example's model: whole segments. */
static uint32_t parts_of(uint32_t vocab, uint32_t segment, uint32_t dim)
{
    double most = (double)MODEL_BYTES / (2.0 * (double)gv_model_width(dim) * sizeof(float));
    return (uint32_t)fmax(fmin(vocab, most) / segment, 1);
}

int gv_plan_rates_record(double *seconds, const gv_config *config, const gv_plan_rates_shape *shape,
                         gv_error *err)
{
    gv_model *model = NULL;
    gv_step_sizes sizes = {0};
    tile_timing *t = gv_mem_alloc_zero(1, sizeof *t, err);
    if (!t)
        return GV_E_MEMORY;
    t->segment = (uint32_t)fmin(fmax(shape->segment, 1), SEGMENT_MOST);
    t->parts = parts_of(shape->vocab, t->segment, config->train_dim);
    t->logistic = config->train_objective == GV_OBJECTIVE_LOGISTIC;
    make_tile(&t->tile, shape, t->segment);
    int status = gv_kernel_choose(&t->kernel, err);
    if (status == GV_OK)
        status = gv_model_new(&model, t->parts * t->segment, config->train_dim, err);
    if (status == GV_OK)
        status = gv_tuning_choose(&t->tuning, model->width, err);
    if (status == GV_OK)
        status = gv_model_init(model, 1, 1, err);
    if (status == GV_OK)
        status = gv_step_sizes_init(&sizes, config->train_dim, 0.05, 0.05, 100, err);
    if (status == GV_OK) {
        t->model = model;
        t->sizes = &sizes;
        *seconds = time_tiles(t);
    }
    gv_step_sizes_clear(&sizes);
    gv_model_free(model);
    gv_mem_free(t);
    return status;
}

/* --- word2vec --------------------------------------------------------------------------------- */

/* Words are drawn with frequencies that fall as 1 / rank. */
static float *some_row(const gv_model *model, float *rows, gv_rng *rng)
{
    double rank = exp(gv_rng_uniform(rng) * log(model->vocab_size));
    return rows + (size_t)fmin(rank, model->vocab_size - 1.0) * model->stride;
}

static void set_outputs(gv_word2vec_step *step, const gv_model *model, uint32_t outputs,
                        gv_rng *rng)
{
    for (uint32_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++) {
        /* rows of unused outputs change by 0 */
        uint32_t own = (uint32_t)gv_rng_below(rng, model->vocab_size / GV_WORD2VEC_OUTPUTS + 1);
        uint32_t row = own * GV_WORD2VEC_OUTPUTS + j;
        step->output[j] = model->context + (row < model->vocab_size ? row : j) * model->stride;
        step->label[j] = j == 0;
        step->rate[j] = j < outputs ? 0.01f : 0;
        step->times[j] = j < outputs;
    }
}

static void train_examples(const gv_word2vec_kernel *kernel, const gv_model *model,
                           const gv_config *config, gv_rng *rng)
{
    gv_word2vec_step step = {.width = model->width};
    bool cbow = config->train_architecture == GV_ARCHITECTURE_CBOW;
    uint32_t window = cbow ? 1 : config->train_window + 1;
    step.inputs = window < GV_WORD2VEC_INPUTS ? window : GV_WORD2VEC_INPUTS;
    for (size_t k = 0; k < step.inputs; k++)
        step.input[k] = some_row(model, model->word, rng);
    for (size_t i = 0; i < EXAMPLES; i++) {
        step.input[i % step.inputs] = some_row(model, model->word, rng);
        for (uint32_t left = config->train_negative + 1; left > 0;) {
            uint32_t n = left < GV_WORD2VEC_OUTPUTS ? left : GV_WORD2VEC_OUTPUTS;
            set_outputs(&step, model, n, rng);
            kernel->step(&step);
            left -= n;
        }
    }
}

int gv_plan_rates_example(double *seconds, const gv_config *config, uint32_t vocab, gv_error *err)
{
    const gv_word2vec_kernel *kernel = NULL;
    gv_model *model = NULL;
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 6);
    double most = (double)MODEL_BYTES / (config->train_dim * sizeof(float) + 64.0);
    /* one row for each output at least: they must differ */
    uint32_t rows = (uint32_t)fmax(fmin(vocab, most), GV_WORD2VEC_OUTPUTS);
    int status = gv_word2vec_choose(&kernel, err);
    if (status == GV_OK)
        status = gv_model_new_plain(&model, rows, config->train_dim, err);
    if (status != GV_OK)
        return status;
    gv_model_init_plain(model, 1);
    gv_plan_passes passes;
    gv_plan_passes_begin(&passes, SECONDS);
    while (gv_plan_passes_more(&passes)) {
        train_examples(kernel, model, config, &rng);
        gv_plan_passes_took(&passes);
    }
    *seconds = gv_plan_passes_quick(&passes) / EXAMPLES;
    gv_model_free(model);
    return GV_OK;
}
