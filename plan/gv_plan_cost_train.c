/*
 * What training writes, holds and does. The rate is measured with the kernel itself, on an example
 * tile, since it depends on train.dim and the processor.
 */
#include "plan/gv_plan_internal.h"

#include "app/gv_run.h"
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "model/gv_model.h"
#include "model/gv_step_sizes.h"
#include "vectors/gv_fasttext_buckets.h"
#include <math.h>
#include <sys/stat.h>

/* See FACTOR in gv_plan_cost.c. */
static const struct {
    /* a record, in those of the kernel on the example; an unseen pair, in records; a number of a
     * text file, in tokens */
    double train, draw, print;
    /* with word2vec, in tokens: a word of the text; each of its neighbours; each dimension of
     * these; and the same again for each noise word */
    double text, neighbour, number, noise;
} FACTOR = {.train = 0.75,
            .draw = 1.1,
            .print = 1.2,
            .text = 1.1,
            .neighbour = 0.2,
            .number = 0.0028,
            .noise = 0.0008};

enum {
    MODEL_ROWS = 16384, /* of the example's model: more than the processor's cache holds */
    TILE_ROWS = 256,
    RUNS = 150, /* tile rows of the example, with as many records each: */
    RUN = 4
};

/* --- rates ------------------------------------------------------------------------------------ */

/* A tile like those of text, all records alike. */
typedef struct example_tile {
    uint16_t run_row[RUNS], run_length[RUNS], column[RUNS * RUN];
    float log_x[RUNS * RUN], weight[RUNS * RUN];
} example_tile;

static void make_example(example_tile *tile)
{
    for (uint32_t i = 0; i < RUNS; i++) {
        tile->run_row[i] = (uint16_t)(i * 101 % TILE_ROWS);
        tile->run_length[i] = RUN - 1;
        for (uint32_t k = 0; k < RUN; k++) {
            tile->column[i * RUN + k] = (uint16_t)((i * 37 + k * 59) % TILE_ROWS);
            tile->log_x[i * RUN + k] = 0.5f;
            tile->weight[i * RUN + k] = 0.05f;
        }
    }
}

/* Train on the tile for a twentieth of a second, each time in another part of the model; CPU
 * seconds per record. */
static double seconds_per_record(const gv_kernel *kernel, const gv_model *model,
                                 const gv_step_sizes *lanes, uint32_t parts)
{
    example_tile example;
    make_example(&example);
    const gv_kernel_tile tile = {.rows = RUNS,
                                 .records = RUNS * RUN,
                                 .row = example.run_row,
                                 .row_length = example.run_length,
                                 .column = example.column,
                                 .log_x = example.log_x,
                                 .weight = example.weight};
    double start = gv_clock_cpu_seconds(), now = start;
    uint64_t records = 0;
    for (uint32_t i = 0; now < start + 0.05; i++) {
        size_t part = TILE_ROWS * model->stride;
        gv_kernel_args pass = {.width = model->width,
                               .row_vectors = model->word + i * 7 % parts * part,
                               .column_vectors = model->context + i * 13 % parts * part,
                               .eta_row = lanes->eta_word,
                               .eta_column = lanes->eta_context,
                               .clip = lanes->clip};
        kernel->train_tile(&pass, &tile);
        records += tile.records;
        now = gv_clock_cpu_seconds();
    }
    return (now - start) / (double)records;
}

static int time_kernel(double *seconds, const gv_config *config, uint32_t vocab, gv_error *err)
{
    uint32_t parts = (vocab < MODEL_ROWS ? vocab : MODEL_ROWS) / TILE_ROWS;
    parts = parts ? parts : 1;
    const gv_kernel *kernel = NULL;
    gv_model *model = NULL;
    gv_step_sizes lanes = {0};
    int status = gv_kernel_choose(&kernel, err);
    if (status == GV_OK)
        status = gv_model_new(&model, parts * TILE_ROWS, config->train_dim, err);
    if (status == GV_OK)
        status = gv_model_init(model, 1, 1, err);
    if (status == GV_OK)
        status = gv_step_sizes_init(&lanes, config->train_dim, 0.05, 0.05, 100, err);
    if (status == GV_OK)
        *seconds = seconds_per_record(kernel, model, &lanes, parts);
    gv_step_sizes_clear(&lanes);
    gv_model_free(model);
    return status;
}

/* What train.objective "logistic" adds: its draws, as work for each record. */
static double unseen_work(const gv_config *config)
{
    return config->train_objective == GV_OBJECTIVE_LOGISTIC
               ? 1 + FACTOR.draw * config->train_unseen_draws
               : 1;
}

/* Numbers written as text. */
static double print_seconds(const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    double texts = (config->output_formats & GV_FORMAT_TEXT) != 0;
    texts += (config->output_formats & GV_FORMAT_PROJECTOR) != 0;
    return texts * basis->words->vocab * config->train_dim *
           gv_plan_cost_token_seconds(basis->sample) * FACTOR.print;
}

/* --- files ------------------------------------------------------------------------------------ */

static const double NUMBER_CHARS = 9.5; /* of a number as text with its separator: " -0.123456" or
                                           " 0.123456" */
static const double CHECKPOINT_HEAD = 4096; /* of model.ckpt, with its arrays of segments */

/* vectors.db: small tables; a row of a word beside its two copies of the letters and its numbers;
 * how full the pages are, with rows that fit several to a page (until `wide` bytes) and others. */
static const struct {
    double tables, row, wide, fill, wide_fill;
} DATABASE = {.tables = 49152, .row = 24, .wide = 900, .fill = 1.06, .wide_fill = 1.3};

static double output_dim(const gv_config *config)
{
    return config->train_dim * (config->output_vectors == GV_OUTPUT_CONCAT ? 2.0 : 1.0);
}

/* N-grams take far more room in a fastText model than the words. */
static double fasttext_rows(const gv_plan_basis *basis, double words)
{
    double rows = 2 * words;
    if (basis->config->output_subwords)
        rows += gv_fasttext_buckets_for(basis->subwords.ngrams);
    return rows;
}

/* Files of the vectors. */
static void put_vectors(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    double words = basis->words->vocab + (config->output_unk ? 1 : 0);
    double d = output_dim(config);
    double name = basis->words->word_bytes, floats = d * sizeof(float), text = d * NUMBER_CHARS;
    double row = 2 * name + DATABASE.row + floats;
    double fill = floats > DATABASE.wide ? DATABASE.wide_fill : DATABASE.fill;
    const struct {
        unsigned format;
        const char *file;
        double bytes;
    } files[] = {{GV_FORMAT_TEXT, "vectors.txt", words * (name + 1 + text)},
                 {GV_FORMAT_WORD2VEC, "vectors.bin", words * (name + 2 + floats)},
                 {GV_FORMAT_SQLITE, "vectors.db", DATABASE.tables + words * row * fill},
                 {GV_FORMAT_SAFETENSORS, "vectors.safetensors", words * (name + 4 + floats)},
                 {GV_FORMAT_NPY, "vectors.npy", words * floats},
                 {GV_FORMAT_PROJECTOR, "vectors.tsv", words * text},
                 {GV_FORMAT_PROJECTOR, "metadata.tsv", words * (name + 1)},
                 {GV_FORMAT_FASTTEXT, "vectors.ft.bin",
                  words * (name + 10) + fasttext_rows(basis, words) * floats}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (config->output_formats & files[i].format)
            gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, files[i].file, files[i].bytes);
}

/* The pairs of L-BFGS that the last two checkpoints need, each of a model's size. */
static void put_history(gv_plan *plan, const gv_config *config, double model)
{
    double between = fmin(config->train_checkpoint_every, GV_BUDGET_TRAIN_SANDBLASTER_HISTORY);
    double pairs = fmin(config->train_epochs, GV_BUDGET_TRAIN_SANDBLASTER_HISTORY + between);
    if (config->train_distributed == GV_DISTRIBUTED_SANDBLASTER)
        gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, GV_FILE_HISTORY, pairs * model);
}

/* --- memory ----------------------------------------------------------------------------------- */

enum { BLOB_MOST = 1 << 20 }; /* bytes of a blob of the store, as a rule */

/* The budget, and if it is too small what to do about it. */
static void check_memory(gv_plan *plan, const gv_config *config, double need, double have)
{
    bool given = config->train_memory_mb > 0;
    if (need > have)
        gv_plan_cost_put_shortage(
            plan, GV_PLAN_TRAIN,
            (gv_plan_cost_shortage){
                need, have, given ? "train.memory_mb" : "what is available",
                given ? "lower train.dim, raise vocab.min_count or train.memory_mb"
                      : "lower train.dim or raise vocab.min_count"});
}

/* Bytes that training may use; UINT64_MAX if that is not known. */
static uint64_t budget_bytes(const gv_plan *plan, const gv_config *config)
{
    double available = isfinite(plan->memory_available) ? plan->memory_available : 0;
    return gv_budget_train_memory(config, (uint64_t)available);
}

int gv_plan_cost_budget_train(gv_budget_train *train, gv_store_info *store,
                              const gv_plan_basis *basis, gv_error *err)
{
    const gv_config *config = basis->config;
    const gv_plan_tiles *tiles = &basis->tiles;
    bool symmetric = config->cooccur_symmetric;
    bool logistic = config->train_objective == GV_OBJECTIVE_LOGISTIC;
    /* of all tiles those on the diagonal are one task, others two */
    double tasks =
        symmetric ? fmax(2 * tiles->tiles - tiles->segments, tiles->tiles) : tiles->tiles;
    double mixed = fmin(tiles->largest * (1 + config->train_unseen_draws),
                        (double)tiles->widest * tiles->widest);
    *store = (gv_store_info){.vocab_size = (uint32_t)basis->words->vocab,
                             .symmetric = symmetric,
                             .segments = tiles->segments,
                             .groups = tiles->groups,
                             .values = (uint32_t)fmin(GV_TILE_ESCAPE, basis->matrix.cells / 10),
                             .blobs = (uint32_t)tiles->blobs,
                             .blob_bytes = (uint64_t)tiles->blob_bytes,
                             .largest_blob = (uint64_t)fmin(tiles->blob_bytes, BLOB_MOST),
                             .tiles = (uint32_t)tiles->tiles};
    *train = (gv_budget_train){.config = config,
                               .store = store,
                               .tasks = (uint64_t)tasks,
                               .tile_records = (uint64_t)tiles->largest,
                               .mixed_records = logistic ? (uint64_t)mixed : 0,
                               .segment_words = logistic ? tiles->widest : 0,
                               .start = gv_budget_train_start(config, store->vocab_size),
                               .by_steps = gv_config_schedule_by_steps(config->train_schedule)};
    return gv_model_bytes(&train->model, store->vocab_size, config->train_dim, err);
}

/* Resident bytes: all that the rule counts, with all tiles if they fit. */
static double train_memory(const gv_budget_train *train, const gv_budget_train_plan *divided)
{
    uint64_t full = gv_budget_train_tiles_full(train->store);
    uint64_t tiles = full < divided->tiles ? full : divided->tiles;
    uint64_t least = gv_budget_train_tiles_least(train->store, divided->threads);
    return (double)(gv_budget_train_others(train, GV_BUDGET_PROGRAM, divided->threads) +
                    divided->least - least + tiles);
}

static double file_bytes(const char *dir, const char *name)
{
    struct stat look;
    char *path = gv_mem_format(NULL, "%s%s%s", dir, name ? "/" : "", name ? name : "");
    bool there = path && stat(path, &look) == 0 && (S_ISREG(look.st_mode) || !name);
    gv_mem_free(path);
    if (there && S_ISDIR(look.st_mode))
        return file_bytes(dir, GV_FILE_CHECKPOINT);
    return there ? (double)look.st_size : 0;
}

/* Bytes in use while the vectors of train.init are read; 0: none are. */
static double start_memory(const gv_config *config, uint32_t vocab_size, uint64_t model)
{
    if (!config->train_init)
        return 0;
    double file = file_bytes(config->train_init, NULL);
    if (config->train_init_context)
        file = fmax(file, file_bytes(config->train_init_context, NULL));
    return (double)gv_budget_train_start_reading(config, vocab_size, model, (uint64_t)file);
}

/* --- the stage -------------------------------------------------------------------------------- */

int gv_plan_cost_train(gv_plan *plan, const gv_plan_basis *basis, gv_error *err)
{
    const gv_config *config = basis->config;
    double per_record = 0;
    gv_budget_train train;
    gv_store_info store;
    int status = gv_plan_cost_budget_train(&train, &store, basis, err);
    if (status == GV_OK)
        status = time_kernel(&per_record, config, store.vocab_size, err);
    if (status != GV_OK)
        return status;
    uint64_t budget = budget_bytes(plan, config);
    const gv_budget_train_plan divided =
        gv_budget_train_divide(&train, budget, GV_BUDGET_PROGRAM, plan->train_threads);
    plan->stage[GV_PLAN_TRAIN].memory = train_memory(&train, &divided);
    double start = start_memory(config, store.vocab_size, train.model);
    double fit = fmax(gv_plan_cost_subwords(plan, basis, train.model), start);
    plan->stage[GV_PLAN_TRAIN].memory =
        fmax(plan->stage[GV_PLAN_TRAIN].memory, start + (start > 0 ? GV_BUDGET_PROGRAM : 0));
    check_memory(plan, config, fmax((double)divided.least, fit), (double)budget);
    double work = basis->matrix.records * config->train_epochs * unseen_work(config);
    gv_plan_cost_put_time(plan, GV_PLAN_TRAIN,
                          (gv_plan_cost_work){.work = work * per_record * FACTOR.train +
                                                      print_seconds(basis) +
                                                      gv_plan_cost_subword_seconds(basis),
                                              .threads = divided.threads});
    /* values and sums of both matrices, a bias in each row */
    double numbers = 4 * basis->words->vocab * (config->train_dim + 1.0);
    double checkpoint = numbers * sizeof(float) + CHECKPOINT_HEAD;
    gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, "model.ckpt", checkpoint);
    put_history(plan, config, checkpoint);
    put_vectors(plan, basis);
    return GV_OK;
}

/* CPU seconds with word2vec: the text in every epoch, after reading it once. */
static double word2vec_seconds(const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    double neighbours = config->train_window + 1.0;
    double dimension = FACTOR.number + FACTOR.noise * config->train_negative;
    /* pairs are sorted first, and frequent words take smaller steps of noise */
    double ordered = config->train_schedule == GV_SCHEDULE_ORDERED ? 1.2 : 1;
    double word = FACTOR.text + neighbours * (FACTOR.neighbour + config->train_dim * dimension);
    return basis->words->vocab_tokens * config->train_epochs * word * ordered *
               gv_plan_cost_token_seconds(basis->sample) +
           gv_plan_cost_read_seconds(basis->sample) * GV_PLAN_COST_LOOK_UP;
}

/* The text takes the place of the matrix; the model has values only, no AdaGrad sums. */
int gv_plan_cost_word2vec(gv_plan *plan, const gv_plan_basis *basis, gv_error *err)
{
    const gv_config *config = basis->config;
    uint32_t words = (uint32_t)basis->words->vocab;
    uint64_t model = 0;
    int status = gv_model_plain_bytes(&model, words, config->train_dim, err);
    if (status != GV_OK)
        return status;
    uint64_t least = gv_budget_train_word2vec_least(config, words, model, plan->train_threads) +
                     gv_budget_train_word2vec_ordered(
                         config, words, (uint64_t)basis->words->vocab_tokens, plan->train_threads) +
                     gv_budget_train_start(config, words);
    double start = start_memory(config, words, model);
    plan->stage[GV_PLAN_TRAIN].memory = gv_plan_cost_reading_bytes(config) +
                                        (double)gv_plan_cost_vocabulary_bytes(basis->words) +
                                        fmax((double)least, start);
    double fit = fmax(gv_plan_cost_subwords(plan, basis, model), start);
    check_memory(plan, config, fmax((double)least, fit), (double)budget_bytes(plan, config));
    gv_plan_cost_put_time(
        plan, GV_PLAN_TRAIN,
        (gv_plan_cost_work){.work = word2vec_seconds(basis) + print_seconds(basis) +
                                    gv_plan_cost_subword_seconds(basis),
                            .inflate = gv_plan_cost_inflate_seconds(basis->sample),
                            .threads = plan->train_threads});
    gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, "corpus.ids",
                          basis->words->vocab_tokens * sizeof(uint32_t));
    gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, "model.ckpt",
                          2 * (double)words * config->train_dim * sizeof(float) + CHECKPOINT_HEAD);
    put_vectors(plan, basis);
    return GV_OK;
}
