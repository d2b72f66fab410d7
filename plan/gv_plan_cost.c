/*
 * What the stages before training write, hold and do.
 *
 * Sizes of files follow from docs/formats.md. Memory follows from the stages' own rules
 * (lib/budget). Seconds are rates that were measured on the sample a moment ago, times the size of
 * the work, divided among the threads. The stages' own loops are faster or slower than those of the
 * sample by constant factors, which were measured, too. So times are rough, and a slow disk is not
 * taken into account.
 */
#include "plan/gv_plan_internal.h"

#include "base/gv_amount.h"
#include "vocab/gv_subsample.h"
#include "vocab/gv_vocab.h"
#include <math.h>
#include <stdio.h>

static const double FILES =
    1.0 * (double)GV_BUDGET_MIB; /* resident, of files being read and written */
static const double READER =
    0.5 * (double)GV_BUDGET_MIB; /* resident, of a thread that reads text */

/*
 * What the stages' loops take beside the plan's own over the sample, on one thread. The unit is a
 * byte or token of the sample as it was read, or a pair of positions as it was counted. `make
 * growth` prints predicted / measured in its rows "CPU" and "wall": when a stage has become faster,
 * divide its factors by that.
 */
static const struct {
    /* glove-vocab: a byte of text, in bytes; a word in a thread's table, in tokens */
    double count, word;
    /* glove-cooccur: a pair of positions and a cell, in pairs; pairs whose sums take 64 bits, and
     * several batches: how many times as much */
    double gather, emit, wide, merge;
    /* glove-shuffle: a cell, and a tile, in tokens */
    double cell, tile;
} FACTOR = {.count = 0.25,
            .word = 3.2,
            .gather = 0.14,
            .emit = 0.3,
            .wide = 2,
            .merge = 1.5,
            .cell = 0.52,
            .tile = 35};

/* Of each program: CPU seconds for any size, and the part of the rest in which threads do not
 * help. */
static const struct {
    const char *program;
    double start, alone;
} STAGE[GV_PLAN_STAGES] = {{"glove-vocab", 0.005, 0.05},
                           {"glove-cooccur", 0.01, 0.05},
                           {"glove-shuffle", 0.02, 0.1},
                           {"glove-train", 0.02, 0.02}};

/* --- shared ----------------------------------------------------------------------------------- */

void gv_plan_cost_put_file(gv_plan *plan, enum gv_plan_number stage, const char *name, double bytes)
{
    if (plan->files < GV_PLAN_FILES)
        plan->file[plan->files++] = (gv_plan_file){name, bytes};
    plan->stage[stage].disk += bytes;
}

void gv_plan_cost_put_time(gv_plan *plan, enum gv_plan_number number, gv_plan_cost_work w)
{
    gv_plan_stage *stage = &plan->stage[number];
    double alone = STAGE[number].alone;
    stage->program = STAGE[number].program;
    stage->cpu_s = STAGE[number].start + w.work + w.inflate;
    stage->wall_s = STAGE[number].start + w.work * (alone + (1 - alone) / w.threads) + w.inflate;
}

void gv_plan_cost_put_shortage(gv_plan *plan, enum gv_plan_number stage, gv_plan_cost_shortage s)
{
    char need[GV_AMOUNT_TEXT], have[GV_AMOUNT_TEXT];
    if (plan->misfit[0] != '\0')
        return;
    plan->misfit_need = (uint64_t)s.need;
    snprintf(plan->misfit, sizeof plan->misfit,
             "%s would need about %s of memory, but %s is %s: %s", STAGE[stage].program,
             gv_amount_bytes(need, s.need), s.what, gv_amount_bytes(have, s.have), s.advice);
}

/* As the stages see it: 0 if unknown. */
static uint64_t available_bytes(const gv_plan *plan)
{
    return isfinite(plan->memory_available) ? (uint64_t)plan->memory_available : 0;
}

/* The budget of `s.have` bytes, which is the config key `s.what` or what gv_budget_of_key leaves of
 * it, may be too small. */
static void check_budget(gv_plan *plan, enum gv_plan_number number, gv_plan_cost_shortage s)
{
    uint64_t available = available_bytes(plan), most = available - available / 4;
    if (s.need <= s.have)
        return;
    if (available > 0 && s.have >= (double)most) {
        s.what = "three quarters of what is available";
        s.advice = "free some memory, or raise vocab.min_count";
    }
    gv_plan_cost_put_shortage(plan, number, s);
}

double gv_plan_cost_program_bytes(const gv_config *config)
{
    bool unicode = config->corpus_lowercase || config->corpus_tokenizer == GV_TOKENIZER_UNICODE;
    return (double)(GV_BUDGET_PROGRAM + (unicode ? GV_BUDGET_UNICODE : 0));
}

double gv_plan_cost_reading_bytes(const gv_config *config)
{
    return gv_plan_cost_program_bytes(config) + FILES;
}

uint64_t gv_plan_cost_vocabulary_bytes(const gv_plan_words *words)
{
    return gv_vocab_memory_for((uint64_t)words->vocab,
                               (uint64_t)(words->vocab * words->word_bytes));
}

double gv_plan_cost_read_seconds(const gv_plan_sample *sample)
{
    return sample->read_seconds / (double)sample->bytes * (double)sample->corpus_bytes;
}

double gv_plan_cost_token_seconds(const gv_plan_sample *sample)
{
    return sample->read_seconds / (double)sample->tokens;
}

double gv_plan_cost_inflate_seconds(const gv_plan_sample *sample)
{
    return sample->inflate_per_byte * (double)sample->corpus_bytes;
}

/* --- glove-vocab ------------------------------------------------------------------------------ */

enum {
    RUN_RECORD_BYTES = 6, /* of a word in a sorted run, beside its letters: a count, two lengths */
    RUN_COPIES = 2        /* sorted runs and what they are being merged into */
};

gv_budget_vocab gv_plan_cost_budget_vocab(const gv_plan *plan, const gv_plan_basis *basis)
{
    return (gv_budget_vocab){.budget = gv_budget_of_mb(basis->config->vocab_memory_mb),
                             .available = available_bytes(plan),
                             .on_host = 1,
                             .threads = plan->threads};
}

/* Bytes of a table with the words of a part of the text. */
static double table_bytes(const gv_plan_words *words, double part)
{
    return (double)gv_budget_vocab_table((uint64_t)gv_plan_words_in(words, part));
}

/* The most that the threads' tables take: they double in place, and in the end one of them takes in
 * the others. */
static double tables_bytes(const gv_plan_words *words, double threads)
{
    double each = table_bytes(words, 1 / threads), all = table_bytes(words, 1);
    return threads * each + fmax(all - each, 0);
}

/* The part of the text whose words fill a table of `bytes` bytes. */
static double part_that_fills(const gv_plan_words *words, uint64_t bytes)
{
    double low = 0, high = 1;
    double capacity = (double)gv_budget_vocab_full_at(gv_budget_vocab_slots_most(bytes));
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        *(gv_plan_words_in(words, middle) < capacity ? &low : &high) = middle;
    }
    return high;
}

/* Sorted runs, if the tables take more than half of their memory. */
static double vocab_temp_bytes(const gv_plan_words *words, const gv_budget_vocab_limits *limits)
{
    double threads = limits->threads;
    if (threads * table_bytes(words, 1 / threads) <= (double)limits->table_bytes / 2)
        return 0;
    double part = part_that_fills(words, limits->table_bytes / limits->threads);
    double in_a_run = gv_plan_words_in(words, fmin(part, 1 / threads));
    return fmax(1 / part, threads) * in_a_run * (words->word_bytes + RUN_RECORD_BYTES) * RUN_COPIES;
}

static void cost_vocab(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_plan_words *words = basis->words;
    const gv_budget_vocab asked = gv_plan_cost_budget_vocab(plan, basis);
    const gv_budget_vocab_limits limits = gv_budget_vocab_divide(&asked);
    double threads = limits.threads;
    double in_tables = threads * gv_plan_words_in(words, 1 / threads);
    gv_plan_stage *stage = &plan->stage[GV_PLAN_VOCAB];
    gv_plan_cost_put_time(
        plan, GV_PLAN_VOCAB,
        (gv_plan_cost_work){.work = gv_plan_cost_read_seconds(basis->sample) * FACTOR.count +
                                    in_tables * gv_plan_cost_token_seconds(basis->sample) *
                                        FACTOR.word +
                                    gv_plan_cost_phrases_seconds(basis),
                            .inflate = gv_plan_cost_inflate_seconds(basis->sample),
                            .threads = limits.threads});
    stage->memory = gv_plan_cost_reading_bytes(basis->config) + threads * READER +
                    fmin((double)limits.table_bytes, tables_bytes(words, threads));
    stage->temp = vocab_temp_bytes(words, &limits);
    /* a line: the word, a blank, its count, a newline */
    gv_plan_cost_put_file(plan, GV_PLAN_VOCAB, "vocab.txt",
                          words->vocab * (words->word_bytes + words->digits + 2));
    gv_plan_cost_phrases(plan, basis, &limits);
}

/* --- glove-cooccur ---------------------------------------------------------------------------- */

enum {
    ROW_HEAD_BYTES = 6, /* of a coded row: its number and the number of its cells */
    TOUCHED_SUMS = 9,   /* bytes of a word that a thread's sums really touch, of 12.1 */
    EXACT_WINDOW = 22,  /* widest window whose harmonic weights are whole numbers of 32 bits */
    BUFFERED_PART = 8   /* a thread holds back at most this part of counts.bin */
};

/* Bytes of a matrix in coded rows. */
static double coded_bytes(const gv_plan_basis *basis, const gv_plan_pairs_matrix *matrix)
{
    return matrix->cells * (matrix->value_bytes + basis->tiles.gap_bytes) +
           fmin(basis->words->vocab, matrix->cells) * ROW_HEAD_BYTES;
}

/*
 * Most bytes of temporary files at once. `batches` sorted runs are made, and GV_BUDGET_FAN_IN of a
 * level are merged into one of the next level as soon as there are as many. The most is there in
 * the end, or during such a merge, when the runs that come later do not exist yet.
 */
static double run_bytes(const gv_plan_basis *basis, double batches, double batch_tokens)
{
    enum { LEVELS = 8 };
    double run[LEVELS + 1], left[LEVELS + 1], above = 0, most = 0;
    for (int level = 0; level <= LEVELS; level++) {
        gv_plan_pairs_matrix matrix;
        gv_plan_pairs_at(&matrix, basis->pairs, fmin(batch_tokens, basis->matrix.tokens));
        run[level] = coded_bytes(basis, &matrix);
        left[level] = floor(batches);
        batches /= GV_BUDGET_FAN_IN;
        batch_tokens *= GV_BUDGET_FAN_IN;
    }
    for (int level = LEVELS - 1; level >= 0; level--) {
        double merged = left[level + 1];
        if (merged > 0)
            most = fmax(most, GV_BUDGET_FAN_IN * run[level] + above);
        above += run[level] * (left[level] - GV_BUDGET_FAN_IN * merged);
    }
    return fmax(most, above);
}

gv_budget_cooccur gv_plan_cost_budget_cooccur(const gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    uint64_t budget = gv_budget_of_key(config->cooccur_memory_mb, available_bytes(plan));
    uint64_t used =
        (uint64_t)gv_plan_cost_program_bytes(config) + gv_plan_cost_vocabulary_bytes(basis->words);
    return (gv_budget_cooccur){.budget = budget,
                               .used = used,
                               .disk_bytes = basis->sample->disk_bytes,
                               .block_bytes = config->cooccur_sample > 0 ? GV_SUBSAMPLE_SECTION : 0,
                               .words = (uint32_t)basis->words->vocab,
                               .threads = plan->threads};
}

/* CPU seconds of making the rows and writing them down. */
static double gather_seconds(const gv_plan_basis *basis, bool merged)
{
    const gv_config *config = basis->config;
    double pairs = basis->matrix.tokens * basis->pairs->events * FACTOR.gather;
    bool exact = config->cooccur_weighting == GV_WEIGHTING_FLAT ||
                 config->cooccur_weighting == GV_WEIGHTING_DYNAMIC ||
                 (config->cooccur_weighting == GV_WEIGHTING_HARMONIC &&
                  config->cooccur_window <= EXACT_WINDOW);
    if (!exact)
        pairs *= FACTOR.wide; /* the unit is 2^-32 */
    double seconds = (pairs + basis->matrix.cells * FACTOR.emit) * basis->pairs->event_seconds;
    return merged ? seconds * FACTOR.merge : seconds;
}

/* Resident bytes: less than the budget's rule has room for, since buffers do not fill. */
static double cooccur_memory(const gv_plan_basis *basis, const gv_budget_cooccur *asked,
                             const gv_budget_cooccur_limits *limits, double counts)
{
    double words = basis->words->vocab;
    double tokens = fmin(basis->matrix.tokens, (double)limits->batch_tokens);
    double rows = fmin((double)limits->output_bytes, counts / BUFFERED_PART);
    double thread = TOUCHED_SUMS * words + rows + READER;
    return fmin((double)asked->used + FILES + READER + words * sizeof(uint32_t) +
                    tokens * GV_BUDGET_COOCCUR_TOKEN_BYTES + limits->threads * thread,
                (double)asked->budget);
}

static void cost_cooccur(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_budget_cooccur asked = gv_plan_cost_budget_cooccur(plan, basis);
    gv_budget_cooccur_limits limits;
    gv_plan_stage *stage = &plan->stage[GV_PLAN_COOCCUR];
    bool fits = gv_budget_cooccur_divide(&limits, &asked);
    double need = (double)(fits ? asked.budget : gv_budget_cooccur_smallest(&asked));
    if (!fits)
        limits.batch_tokens = GV_BUDGET_MIB; /* of some size, for the rest of the table */
    double counts = coded_bytes(basis, &basis->matrix);
    stage->memory = cooccur_memory(basis, &asked, &limits, counts);
    check_budget(plan, GV_PLAN_COOCCUR,
                 (gv_plan_cost_shortage){need, (double)asked.budget, "cooccur.memory_mb",
                                         "raise cooccur.memory_mb or vocab.min_count"});
    double batches = ceil(basis->matrix.tokens / (double)limits.batch_tokens);
    plan->batches = (unsigned)fmin(batches, 1e9);
    if (batches > 1)
        stage->temp = run_bytes(basis, batches, (double)limits.batch_tokens);
    double look_up = gv_plan_cost_read_seconds(basis->sample) * GV_PLAN_COST_LOOK_UP +
                     gv_plan_cost_join_seconds(basis);
    gv_plan_cost_put_time(
        plan, GV_PLAN_COOCCUR,
        (gv_plan_cost_work){.work = look_up + gather_seconds(basis, batches > 1),
                            .inflate = gv_plan_cost_inflate_seconds(basis->sample),
                            .threads = limits.threads});
    gv_plan_cost_put_file(plan, GV_PLAN_COOCCUR, "counts.bin", counts);
}

/* --- glove-shuffle ---------------------------------------------------------------------------- */

/* How large store.db is, fitted to stores of 10 to 100 MB of text: SQLite's pages of 16 KiB, of
 * which 6 belong to small tables; what a blob leaves empty of its last page and its row, at most a
 * quarter of small ones; its overflow pages' links; a row of the table of values; a row of a word
 * beside its letters, and how full the pages of rows are. */
static const struct {
    double page, pages, blob_loss, blob_loss_part, links, value, word, fill;
} STORE = {.page = 16384,
           .pages = 6,
           .blob_loss = 2600,
           .blob_loss_part = 0.25,
           .links = 1.001,
           .value = 12.3,
           .word = 16,
           .fill = 1.15};

static const double SPOOL_LOSS = 1.04; /* of the spool: slabs that are not full */

/* One cell in ten has a value that no other has before it, until all codes are taken. */
static double value_count(const gv_plan_basis *basis)
{
    return fmin(GV_TILE_ESCAPE, basis->matrix.cells / 10);
}

static double store_bytes(const gv_plan_basis *basis)
{
    const gv_plan_tiles *tiles = &basis->tiles;
    double lost = fmin(STORE.blob_loss * tiles->blobs, STORE.blob_loss_part * tiles->blob_bytes);
    return tiles->blob_bytes * STORE.links + STORE.pages * STORE.page + lost +
           value_count(basis) * STORE.value +
           basis->words->vocab * (basis->words->word_bytes + STORE.word) * STORE.fill;
}

gv_budget_shuffle gv_plan_cost_budget_shuffle(const gv_plan *plan, const gv_plan_basis *basis)
{
    uint64_t budget = gv_budget_of_key(basis->config->shuffle_memory_mb, available_bytes(plan));
    return (gv_budget_shuffle){.budget = budget,
                               .cells = (uint64_t)basis->matrix.cells,
                               .vocabulary = gv_plan_cost_vocabulary_bytes(basis->words),
                               .words = (uint32_t)basis->words->vocab};
}

static void cost_shuffle(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_plan_tiles *tiles = &basis->tiles;
    const gv_budget_shuffle asked = gv_plan_cost_budget_shuffle(plan, basis);
    gv_plan_stage *stage = &plan->stage[GV_PLAN_SHUFFLE];
    double budget = (double)asked.budget;
    double first = (double)gv_budget_shuffle_first_pass(&asked);
    /* the second pass, but for the spool that its least has room for */
    double second =
        (double)(gv_budget_shuffle_second_pass(&asked) - gv_budget_shuffle_buffers(asked.cells));
    stage->memory = fmin(fmax(first, second + tiles->stream_bytes * SPOOL_LOSS), budget);
    stage->temp = second + tiles->stream_bytes > budget ? tiles->stream_bytes : 0;
    check_budget(plan, GV_PLAN_SHUFFLE,
                 (gv_plan_cost_shortage){(double)gv_budget_shuffle_least(&asked), budget,
                                         "shuffle.memory_mb",
                                         "raise shuffle.memory_mb or vocab.min_count"});
    double tokens = basis->matrix.cells * FACTOR.cell + tiles->tiles * FACTOR.tile;
    gv_plan_cost_put_time(
        plan, GV_PLAN_SHUFFLE,
        (gv_plan_cost_work){.work = tokens * gv_plan_cost_token_seconds(basis->sample),
                            .threads = plan->threads});
    gv_plan_cost_put_file(plan, GV_PLAN_SHUFFLE, "store.db", store_bytes(basis));
}

/* --- all stages ------------------------------------------------------------------------------- */

int gv_plan_cost_stages(gv_plan *plan, const gv_plan_basis *basis, gv_error *err)
{
    cost_vocab(plan, basis);
    if (basis->config->train_objective == GV_OBJECTIVE_WORD2VEC)
        return gv_plan_cost_word2vec(plan, basis, err);
    cost_cooccur(plan, basis);
    cost_shuffle(plan, basis);
    return gv_plan_cost_train(plan, basis, err);
}
