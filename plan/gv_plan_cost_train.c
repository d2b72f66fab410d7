/*
 * What training writes, holds and does. The rates of the kernels are measured
 * (gv_plan_rates.h), since they depend on train.dim and the processor.
 */
#include "plan/gv_plan_internal.h"

#include "app/gv_run.h"
#include "base/gv_mem.h"
#include "model/gv_model.h"
#include "vectors/gv_fasttext_buckets.h"
#include <math.h>
#include <sys/stat.h>

/* See FACTOR in gv_plan_cost.c. */
static const struct {
    /* an unseen pair, in records of the kernel; preparing a record and one whose value has no code,
     * and drawing an unseen pair, in cells scattered */
    double unseen, prepare, escape, draw;
    /* a number of the vectors (of the model's beginning and end: it is set, saved, printed); a byte
     * of the store that stays in memory; one that is read in each epoch; in cells scattered */
    double print, load, reload;
    /* word2vec: a word with its window, in examples of the kernel; what threads that share rows
     * add to it, times the square of the noise words; how many times as much with train.schedule
     * "ordered"; a word of the text, and what "ordered" adds to it, in cells scattered */
    double example, shared, ordered, text, sort;
} FACTOR = {.unseen = 0.23,
            .prepare = 1,
            .escape = 30,
            .draw = 22,
            .print = 34,
            .load = 0.3,
            .reload = 1.8,
            .example = 0.62,
            .shared = 0.004,
            .ordered = 1.08,
            .text = 30,
            .sort = 60};

/* --- seconds ---------------------------------------------------------------------------------- */

/* A record of the store's shape; train.objective "logistic" has unseen pairs among them. */
static int record_seconds(double *seconds, const gv_plan_basis *basis, gv_error *err)
{
    const gv_plan_tiles *tiles = &basis->tiles;
    const double cells = basis->matrix.cells;
    const gv_plan_rates_shape shape = {.vocab = (uint32_t)basis->words->vocab,
                                       .segment = basis->words->vocab / fmax(tiles->segments, 1),
                                       .run = tiles->runs > 0 ? cells / tiles->runs : 1,
                                       .tile = cells / fmax(tiles->tiles, 1)};
    bool logistic = basis->config->train_objective == GV_OBJECTIVE_LOGISTIC;
    double kernel = 0, draws = logistic ? basis->config->train_unseen_draws : 0;
    int status = gv_plan_rates_record(&kernel, basis->config, &shape, err);
    double prepare = FACTOR.prepare + FACTOR.escape * gv_plan_cost_escaped_share(basis->config);
    *seconds = kernel * (1 + FACTOR.unseen * draws) +
               basis->rates.scatter * (prepare + FACTOR.draw * draws);
    return status;
}

/* Reading the store: once, or in each epoch what does not fit into `room`. */
static double load_seconds(const gv_plan_basis *basis, uint64_t full, uint64_t room)
{
    double byte = room >= full ? FACTOR.load : FACTOR.reload * basis->config->train_epochs;
    return basis->tiles.blob_bytes * byte * basis->rates.scatter;
}

/* Words of the text that word2vec's subsampling keeps (gv_subsample.h). */
static double kept_words(const gv_plan_basis *basis)
{
    const gv_plan_words *words = basis->words;
    const double sample = basis->config->train_sample;
    double kept = 0, all = 0;
    if (sample <= 0)
        return words->vocab_tokens;
    for (uint32_t c = 0; c < words->vocab_classes; c++) {
        double n = words->class[c].words * words->class[c].count;
        double ratio = words->class[c].count / fmax(words->vocab_tokens, 1) / sample;
        kept += n * fmin(1, (sqrt(ratio) + 1) / ratio);
        all += n;
    }
    return all > 0 ? words->vocab_tokens * kept / all : 0;
}

/* Numbers written as text. */
static double print_seconds(const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    double texts = (config->output_formats & GV_FORMAT_TEXT) != 0;
    texts += (config->output_formats & GV_FORMAT_PROJECTOR) != 0;
    double numbers = texts * basis->words->vocab * config->train_dim;
    return numbers * basis->rates.scatter * FACTOR.print;
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
        status = record_seconds(&per_record, basis, err);
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
    double work = basis->matrix.records * config->train_epochs * per_record;
    work += load_seconds(basis, gv_budget_train_tiles_full(&store), divided.tiles);
    gv_plan_cost_put_time(plan, GV_PLAN_TRAIN,
                          (gv_plan_cost_work){.work = work + print_seconds(basis) +
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
static int word2vec_seconds(double *seconds, const gv_plan_basis *basis, unsigned threads,
                            gv_error *err)
{
    const gv_config *config = basis->config;
    const double noise = config->train_negative, epochs = config->train_epochs;
    double example = 0, times = 1, text = FACTOR.text;
    int status = gv_plan_rates_example(&example, config, (uint32_t)basis->words->vocab, err);
    if (config->train_schedule == GV_SCHEDULE_ORDERED) {
        /* pairs are sorted first, and frequent words take smaller steps of noise */
        times = FACTOR.ordered;
        text += FACTOR.sort;
    } else if (threads > 1) {
        times = 1 + FACTOR.shared * noise * noise;
    }
    *seconds = kept_words(basis) * epochs * example * FACTOR.example * times +
               basis->words->vocab_tokens * epochs * text * basis->rates.scatter +
               gv_plan_cost_ids_seconds(basis);
    return status;
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
    const double tokens = basis->words->vocab_tokens;
    const double kept = tokens > 0 ? kept_words(basis) / tokens : 1;
    uint64_t ordered =
        gv_budget_train_word2vec_ordered(config, words, (uint64_t)tokens, plan->train_threads);
    uint64_t least = gv_budget_train_word2vec_least(config, words, model, plan->train_threads) +
                     ordered + gv_budget_train_start(config, words);
    /* lists have room for all words, and hold those that subsampling keeps */
    double touched = (double)least - (double)ordered * (1 - kept);
    double start = start_memory(config, words, model);
    plan->stage[GV_PLAN_TRAIN].memory = gv_plan_cost_reading_bytes(config) +
                                        (double)gv_plan_cost_vocabulary_bytes(basis->words) +
                                        fmax(touched, start);
    double fit = fmax(gv_plan_cost_subwords(plan, basis, model), start);
    check_memory(plan, config, fmax((double)least, fit), (double)budget_bytes(plan, config));
    double seconds = 0;
    status = word2vec_seconds(&seconds, basis, plan->train_threads, err);
    gv_plan_cost_put_time(
        plan, GV_PLAN_TRAIN,
        (gv_plan_cost_work){.work = seconds + print_seconds(basis) +
                                    gv_plan_cost_subword_seconds(basis),
                            .inflate = gv_plan_cost_inflate_seconds(basis->sample),
                            .threads = plan->train_threads});
    gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, "corpus.ids",
                          basis->words->vocab_tokens * sizeof(uint32_t));
    gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, "model.ckpt",
                          2 * (double)words * config->train_dim * sizeof(float) + CHECKPOINT_HEAD);
    put_vectors(plan, basis);
    return status;
}
