/*
 * What the stages write, hold and do, as formulas.
 *
 * Sizes of files follow from docs/formats.md. Memory follows from how each stage spends its budget
 * (docs/counting.md, docs/store.md, docs/training.md); the constants beside it (the program with
 * its libraries, buffers) were measured. Seconds are rates that were just measured on the sample,
 * times the size of the task, shared by the threads; the stages' own loops are faster or slower
 * than those of the sample by factors that were measured, too. They are rough, and know nothing of
 * a slow disk.
 */
#include "plan/gv_plan_cost.h"

#include "app/gv_run.h"
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "budget/gv_budget_train.h"
#include "kernel/gv_kernel.h"
#include "model/gv_model.h"
#include "model/gv_step_sizes.h"
#include "schedule/gv_schedule.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MIB 1048576.0

static const double PROGRAM = 7 * MIB; /* any program with its libraries ... */
static const double UNICODE = 4 * MIB; /* ... and ICU's tables, where text is read */
static const double READER = 0.5 * MIB;
static const double SLOT_BYTES = 16;   /* of a hash table of words */
static const double COUNTER_SLOT = 32; /* of one that counts them */

/*
 * What the stages' loops take beside the plan's own over the sample, on one thread: all that is
 * known of their speed. The unit is a token or byte of the sample as it was read, or a pair of
 * positions as it was counted. `make growth` prints foretold / found in its rows "CPU" and "wall":
 * when a stage has become faster, divide its factors by that.
 */
static const struct {
    /* glove-vocab: a byte of text, in bytes; a word in a thread's table, in tokens */
    double count, word;
    /* glove-cooccur: a byte of text, in bytes; a pair of positions and a cell, in pairs; pairs
     * whose sums take 64 bits, and several shards: how many times as much */
    double look_up, gather, emit, wide, merge;
    /* glove-shuffle: a cell, a value that has no code, a tile, in tokens */
    double cell, escape, tile;
    /* glove-train: a record, in those of the kernel on the example; a number of a text file, in
     * tokens */
    double train, print;
    double draw; /* an unseen cell, in records */
    /* glove-train with word2vec, in tokens: a word of the text; each of its neighbours; each
     * dimension of these; and that once more for each noise word */
    double text, neighbour, number, noise;
} FACTOR = {.count = 0.25,
            .word = 3.2,
            .look_up = 0.34,
            .gather = 0.14,
            .emit = 0.3,
            .wide = 2,
            .merge = 1.5,
            .cell = 0.52,
            .escape = 5,
            .tile = 35,
            .train = 0.75,
            .draw = 1.1,
            .print = 1.2,
            .text = 1.1,
            .neighbour = 0.2,
            .number = 0.0028,
            .noise = 0.0008};

/* CPU seconds whatever the size, and the share of the rest in which threads do not help. */
static const struct {
    double start, alone;
} STAGE[GV_PLAN_STAGES] = {{0.005, 0.05}, {0.01, 0.05}, {0.02, 0.1}, {0.02, 0.02}};

enum { FAN_IN = 16, MODEL_ROWS = 16384, TILE_ROWS = 256, RUNS = 150, RUN = 4 };

static void put_file(gv_plan *plan, uint32_t stage, const char *name, double bytes)
{
    if (plan->files < GV_PLAN_FILES)
        plan->file[plan->files++] = (gv_plan_file){name, bytes};
    plan->stage[stage].disk += bytes;
}

/* `work`: CPU seconds that threads share; `inflate`: of decompressing, which one thread does. */
static void put_time(gv_plan_stage *stage, int number, double work, double inflate, double threads)
{
    double alone = STAGE[number].alone;
    stage->cpu_s = STAGE[number].start + work + inflate;
    stage->wall_s = STAGE[number].start + work * (alone + (1 - alone) / threads) + inflate;
}

/* Note the first thing that does not fit. */
static void misfit(gv_plan *plan, const char *program, double need, double have, const char *what,
                   const char *advice)
{
    if (plan->misfit[0] == '\0')
        snprintf(plan->misfit, sizeof plan->misfit,
                 "%s would need about %.0f bytes of memory (%.0f MiB), but %s is %.0f bytes: %s",
                 program, need, ceil(need / MIB), what, have, advice);
}

/* Bytes of a hash table with its words, as it grows by doubling. */
static double table_bytes(double n, double load, double word_bytes)
{
    return n > 0 ? SLOT_BYTES * exp2(ceil(log2(n / load))) + n * (word_bytes + 4) : 0;
}

static double vocabulary_bytes(const gv_plan_basis *basis)
{
    return table_bytes(basis->words->vocab, 0.7, basis->words->word_bytes) +
           16 * basis->words->vocab;
}

static double minimum(double a, double b)
{
    return a < b ? a : b;
}

/* A program that reads the corpus, without what its threads hold. */
static double reading_bytes(const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    bool unicode = config->corpus_lowercase || config->corpus_tokenizer == GV_TOKENIZER_UNICODE;
    return PROGRAM + MIB + (unicode ? UNICODE : 0);
}

/* --- glove-vocab ------------------------------------------------------------------------------ */

static double read_seconds(const gv_plan_basis *basis)
{
    const gv_plan_sample *sample = basis->sample;
    return sample->read_seconds / (double)sample->bytes * (double)sample->corpus_bytes;
}

/* CPU seconds per token of the sample: how fast the machine is. */
static double token_seconds(const gv_plan_basis *basis)
{
    return basis->sample->read_seconds / (double)basis->sample->tokens;
}

static double inflate_seconds(const gv_plan_basis *basis)
{
    return basis->sample->inflate_per_byte * (double)basis->sample->corpus_bytes;
}

/* Bytes of a table that counts `n` words: slots of 32 bytes, doubled when 5/8 of them are taken. */
static double counter_bytes(double n)
{
    return n > 0 ? COUNTER_SLOT * exp2(fmax(ceil(log2(n * 8 / 5)), 6)) : 0;
}

/* Words that fill a table which may take so many bytes. */
static double counter_capacity(double bytes)
{
    return exp2(floor(log2(bytes * 3 / 4 / COUNTER_SLOT))) * 7 / 8;
}

/* The most that the threads' tables take: they double in place, and in the end one of them takes in
 * the others. */
static double counters_bytes(const gv_plan_basis *basis, double threads)
{
    double each = counter_bytes(gv_plan_words_in(basis->words, 1 / threads));
    double all = counter_bytes(basis->words->distinct);
    return threads * each + fmax(all - each, 0);
}

/* The part of the text whose words fill a table of so many bytes. */
static double share_that_fills(const gv_plan_basis *basis, double bytes)
{
    double low = 0, high = 1, capacity = counter_capacity(bytes);
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        *(gv_plan_words_in(basis->words, middle) < capacity ? &low : &high) = middle;
    }
    return high;
}

static void cost_vocab(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_plan_words *words = basis->words;
    gv_plan_stage *stage = &plan->stage[0];
    double budget = (double)basis->config->vocab_memory_mb * MIB;
    budget = minimum(budget, plan->memory_available * 0.75);
    double buffers = reading_bytes(basis) + plan->threads * READER;
    double tables = fmax(budget - buffers, MIB);
    double wanted = counters_bytes(basis, plan->threads);
    stage->program = "glove-vocab";
    double table_words = gv_plan_words_in(words, 1.0 / plan->threads);
    put_time(stage, 0,
             read_seconds(basis) * FACTOR.count +
                 plan->threads * table_words * token_seconds(basis) * FACTOR.word,
             inflate_seconds(basis), plan->threads);
    stage->memory = buffers + minimum(tables, wanted);
    if (plan->threads * counter_bytes(table_words) > tables / 2) {
        double each = tables / plan->threads, share = share_that_fills(basis, each);
        stage->temp = fmax(1 / share, plan->threads) *
                      gv_plan_words_in(words, minimum(share, 1.0 / plan->threads)) *
                      (words->word_bytes + 6) * 2;
    }
    put_file(plan, 0, "vocab.txt", words->vocab * (words->word_bytes + words->digits + 2));
}

/* --- glove-cooccur ---------------------------------------------------------------------------- */

/* Bytes of a matrix in coded rows. */
static double coded_bytes(const gv_plan_basis *basis, const gv_plan_matrix *matrix)
{
    return matrix->cells * (matrix->value_bytes + basis->tiles.gap_bytes) +
           minimum(basis->words->vocab, matrix->cells) * 6;
}

/* Most bytes of temporary files at once when `shards` runs are made, and merged as soon as there
 * are FAN_IN of a level: in the end, or while such a merge goes on, when the runs that come later
 * are not there yet. */
static double run_bytes(const gv_plan_basis *basis, double shards, double shard_tokens)
{
    enum { LEVELS = 8 };
    double run[LEVELS + 1], left[LEVELS + 1], above = 0, most = 0;
    for (int level = 0; level <= LEVELS; level++) {
        gv_plan_matrix matrix;
        gv_plan_pairs_at(&matrix, basis->pairs, minimum(shard_tokens, basis->matrix.tokens));
        run[level] = coded_bytes(basis, &matrix);
        left[level] = floor(shards);
        shards /= FAN_IN;
        shard_tokens *= FAN_IN;
    }
    for (int level = LEVELS - 1; level >= 0; level--) {
        double merged = left[level + 1];
        if (merged > 0)
            most = fmax(most, FAN_IN * run[level] + above);
        above += run[level] * (left[level] - FAN_IN * merged);
    }
    return fmax(most, above);
}

/* How counting spends its budget: the same rules as gv_cooccur_plan.c, in double. */
typedef struct counting_budget {
    double budget, used; /* bytes: all; program, vocabulary, first reader */
    double common;       /* fixed, whatever the threads */
    double output;       /* rows that a thread may hold back */
    double thread;       /* fixed for each thread */
    double threads;      /* that the budget holds */
    double least;        /* for one thread */
    double shard;        /* tokens held at once */
} counting_budget;

static counting_budget divide_budget(const gv_plan_basis *basis, double threads)
{
    counting_budget b = {.budget = (double)basis->config->cooccur_memory_mb * MIB};
    double words = basis->words->vocab;
    double merge = fmin(fmax(b.budget / 32 / FAN_IN / threads, MIB / 64), MIB) * FAN_IN;
    double block = fmin(fmax(b.budget / 64 / threads, MIB / 16), 4 * MIB);
    b.output = fmin(fmax(b.budget / 64 / threads, 0.25 * MIB), 4 * MIB);
    b.thread = 14.2 * words + b.output + merge + 4 * block;
    b.used = reading_bytes(basis) + vocabulary_bytes(basis) + READER;
    b.common = b.used + 10 * words + 2 * MIB;
    b.least = b.common + b.thread + 2 * MIB;
    b.threads = fmax(1, fmin(threads, floor((b.budget - b.common) / b.thread)));
    b.shard = fmax(b.budget - b.common - b.threads * b.thread, 0) / 8 + 262144;
    return b;
}

/* CPU seconds of making the rows and writing them down. */
static double gather_seconds(const gv_plan_basis *basis, bool merged)
{
    const gv_config *config = basis->config;
    double pairs = basis->matrix.tokens * basis->pairs->events * FACTOR.gather;
    bool exact =
        config->cooccur_weighting == GV_WEIGHTING_FLAT ||
        config->cooccur_weighting == GV_WEIGHTING_DYNAMIC ||
        (config->cooccur_weighting == GV_WEIGHTING_HARMONIC && config->cooccur_window <= 22);
    if (!exact)
        pairs *= FACTOR.wide; /* the unit is 2^-32 */
    double seconds = (pairs + basis->matrix.cells * FACTOR.emit) * basis->pairs->event_seconds;
    return merged ? seconds * FACTOR.merge : seconds;
}

static void cost_cooccur(gv_plan *plan, const gv_plan_basis *basis)
{
    gv_plan_stage *stage = &plan->stage[1];
    const counting_budget b = divide_budget(basis, plan->threads);
    double words = basis->words->vocab, tokens = basis->matrix.tokens;
    double counts = coded_bytes(basis, &basis->matrix);
    double rows = minimum(b.output, counts / 8); /* that a thread really holds back */
    stage->program = "glove-cooccur";
    stage->memory = minimum(b.used + 4 * words + minimum(tokens, b.shard) * 8 +
                                b.threads * (9 * words + rows + READER),
                            b.budget);
    if (b.least > b.budget)
        misfit(plan, stage->program, b.least, b.budget, "cooccur.memory_mb",
               "raise cooccur.memory_mb or vocab.min_count");
    else if (stage->memory > plan->memory_available)
        misfit(plan, stage->program, stage->memory, plan->memory_available, "what is available",
               "lower cooccur.memory_mb");
    double shards = ceil(tokens / b.shard);
    plan->shards = (unsigned)fmin(shards, 1e9);
    if (shards > 1)
        stage->temp = run_bytes(basis, shards, b.shard);
    put_time(stage, 1, read_seconds(basis) * FACTOR.look_up + gather_seconds(basis, shards > 1),
             inflate_seconds(basis), b.threads);
    put_file(plan, 1, "counts.bin", counts);
}

/* --- glove-shuffle ---------------------------------------------------------------------------- */

static void cost_shuffle(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_plan_tiles *tiles = &basis->tiles;
    gv_plan_stage *stage = &plan->stage[2];
    double words = basis->words->vocab, cells = basis->matrix.cells;
    double budget = (double)basis->config->shuffle_memory_mb * MIB;
    double buffers = minimum(10 * MIB, MIB + cells * 64);
    double first = PROGRAM + 14 * words + minimum(cells, 4 * MIB) * 8 + vocabulary_bytes(basis);
    double second = PROGRAM + 14 * words + 2 * buffers;
    stage->program = "glove-shuffle";
    stage->memory = minimum(fmax(first, second - buffers + tiles->stream_bytes * 1.04), budget);
    stage->temp = second - buffers + tiles->stream_bytes > budget ? tiles->stream_bytes : 0;
    if (fmax(first, second) > budget)
        misfit(plan, stage->program, fmax(first, second), budget, "shuffle.memory_mb",
               "raise shuffle.memory_mb or vocab.min_count");
    else if (stage->memory > plan->memory_available)
        misfit(plan, stage->program, stage->memory, plan->memory_available, "what is available",
               "lower shuffle.memory_mb");
    put_time(stage, 2, (cells * FACTOR.cell + tiles->tiles * FACTOR.tile) * token_seconds(basis), 0,
             plan->threads);
    /* SQLite's pages are 16 KiB: six of small tables, and part of one is lost to each blob */
    double lost = minimum(2600 * tiles->blobs, tiles->blob_bytes * 0.25);
    double values = minimum(65535, cells / 10) * 12.3, pages = 6 * 16384 + lost;
    put_file(plan, 2, "store.db",
             tiles->blob_bytes * 1.001 + pages + values +
                 words * (basis->words->word_bytes + 16) * 1.15);
}

/* --- glove-train ------------------------------------------------------------------------------ */

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

/* Files of the vectors. */
static void put_vectors(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    double words = basis->words->vocab + (config->output_unk ? 1 : 0), d = config->train_dim;
    double name = basis->words->word_bytes;
    unsigned formats = config->output_formats;
    if (config->output_vectors == GV_OUTPUT_CONCAT)
        d *= 2;
    if (formats & GV_FORMAT_TEXT)
        put_file(plan, 3, "vectors.txt", words * (name + 1 + d * 9.5));
    if (formats & GV_FORMAT_WORD2VEC)
        put_file(plan, 3, "vectors.bin", words * (name + 2 + d * 4));
    if (formats & GV_FORMAT_SQLITE)
        put_file(plan, 3, "vectors.db",
                 49152 + words * (2 * name + 24 + d * 4) * (d * 4 > 900 ? 1.3 : 1.06));
    if (formats & GV_FORMAT_SAFETENSORS)
        put_file(plan, 3, "vectors.safetensors", words * (name + 4 + d * 4));
    if (formats & GV_FORMAT_NPY)
        put_file(plan, 3, "vectors.npy", words * d * 4);
    if (formats & GV_FORMAT_PROJECTOR) {
        put_file(plan, 3, "vectors.tsv", words * d * 9.5);
        put_file(plan, 3, "metadata.tsv", words * (name + 1));
    }
}

/* Numbers written as text. */
static double print_seconds(const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    double texts = (config->output_formats & GV_FORMAT_TEXT) != 0;
    texts += (config->output_formats & GV_FORMAT_PROJECTOR) != 0;
    return texts * basis->words->vocab * config->train_dim * token_seconds(basis) * FACTOR.print;
}

/* The text is gone through in place of the matrix; there are values only, no AdaGrad sums. */
static int cost_word2vec(gv_plan *plan, const gv_plan_basis *basis, gv_error *err)
{
    const gv_config *config = basis->config;
    gv_plan_stage *stage = &plan->stage[3];
    double words = basis->words->vocab, d = config->train_dim;
    double tokens = basis->words->vocab_tokens, neighbours = config->train_window + 1.0;
    uint64_t model = 0;
    int status = gv_model_plain_bytes(&model, (uint32_t)words, config->train_dim, err);
    if (status != GV_OK)
        return status;
    double word =
        FACTOR.text + neighbours * (FACTOR.neighbour +
                                    d * (FACTOR.number + FACTOR.noise * config->train_negative));
    stage->program = "glove-train";
    stage->memory = reading_bytes(basis) + vocabulary_bytes(basis) + (double)model;
    if (stage->memory > plan->memory_available)
        misfit(plan, stage->program, stage->memory, plan->memory_available, "what is available",
               "lower train.dim or raise vocab.min_count");
    put_time(stage, 3,
             (tokens * config->train_epochs * word) * token_seconds(basis) +
                 read_seconds(basis) * FACTOR.look_up + print_seconds(basis),
             inflate_seconds(basis), plan->train_threads);
    put_file(plan, 3, "corpus.ids", 4 * tokens);
    put_file(plan, 3, "model.ckpt", words * d * 8 + 4096);
    put_vectors(plan, basis);
    return GV_OK;
}

/* What train.objective "logistic" adds: its draws, as work for each record, ... */
static double unseen_work(const gv_config *config)
{
    return config->train_objective == GV_OBJECTIVE_LOGISTIC
               ? 1 + FACTOR.draw * config->train_unseen_draws
               : 1;
}

/* ... and what it knows of every word: two logarithms, a share, a slot. */
static double unseen_bytes(const gv_plan_basis *basis)
{
    return basis->config->train_objective == GV_OBJECTIVE_LOGISTIC ? basis->words->vocab * 24 : 0;
}

/* The pairs of L-BFGS that the last two checkpoints need, each of a model's size. */
static void put_history(gv_plan *plan, const gv_config *config, double model)
{
    double between = minimum(config->train_checkpoint_every, GV_BUDGET_TRAIN_SANDBLASTER_HISTORY);
    double pairs = minimum(config->train_epochs, GV_BUDGET_TRAIN_SANDBLASTER_HISTORY + between);
    if (config->train_distributed == GV_DISTRIBUTED_SANDBLASTER)
        put_file(plan, 3, GV_FILE_HISTORY, pairs * model);
}

static int cost_train(gv_plan *plan, const gv_plan_basis *basis, gv_error *err)
{
    const gv_config *config = basis->config;
    const gv_plan_tiles *tiles = &basis->tiles;
    gv_plan_stage *stage = &plan->stage[3];
    double words = basis->words->vocab, per_record = 0;
    uint64_t model = 0;
    int status = gv_model_bytes(&model, (uint32_t)words, config->train_dim, err);
    if (status == GV_OK)
        status = time_kernel(&per_record, config, (uint32_t)words, err);
    if (status != GV_OK)
        return status;
    double budget = config->train_memory_mb > 0 ? (double)config->train_memory_mb * MIB
                                                : plan->memory_available * 15 / 16;
    const char *limit = config->train_memory_mb > 0 ? "train.memory_mb" : "what is available";
    double fixed = (double)model +
                   (double)gv_schedule_bytes((uint64_t)tiles->tiles, tiles->segments,
                                             config->cooccur_symmetric) +
                   tiles->tiles * 16 + MIB + unseen_bytes(basis);
    double resident = tiles->blob_bytes + tiles->tiles * 96;
    stage->program = "glove-train";
    double others = PROGRAM + 4 * MIB;
    stage->memory = minimum(others + fixed + resident, fmax(budget, others + fixed));
    if (fixed + plan->train_threads * MIB > budget)
        misfit(plan, stage->program, fixed + plan->train_threads * MIB, budget, limit,
               config->train_memory_mb > 0
                   ? "lower train.dim, raise vocab.min_count or train.memory_mb"
                   : "lower train.dim or raise vocab.min_count");
    put_time(stage, 3,
             basis->matrix.records * config->train_epochs * per_record * FACTOR.train *
                     unseen_work(config) +
                 print_seconds(basis),
             0, plan->train_threads);
    double checkpoint = words * (config->train_dim + 1.0) * 16 + 4096;
    put_file(plan, 3, "model.ckpt", checkpoint);
    put_history(plan, config, checkpoint);
    put_vectors(plan, basis);
    return GV_OK;
}

int gv_plan_costs(gv_plan *plan, const gv_plan_basis *basis, gv_error *err)
{
    cost_vocab(plan, basis);
    if (basis->config->train_objective == GV_OBJECTIVE_WORD2VEC)
        return cost_word2vec(plan, basis, err);
    cost_cooccur(plan, basis);
    cost_shuffle(plan, basis);
    return cost_train(plan, basis, err);
}
