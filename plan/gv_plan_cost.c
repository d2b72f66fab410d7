/*
 * What counting writes, holds and does.
 *
 * Sizes of files follow from docs/formats.md. Memory follows from the stages' own rules
 * (lib/budget). Seconds are rates of this machine, measured a moment ago (gv_plan_rates.h), times
 * the size of the work, times constant factors, divided among the threads.
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
 * What the stages take on one thread: each number is a multiple of a rate of gv_plan_rates.h, which
 * was measured on this machine a moment ago. They were fitted by least squares to what the stages
 * took (docs/planning.md has the table); `make growth` prints estimated / found in its rows "CPU"
 * and "wall": when a stage has become faster, divide its numbers by that.
 */
static const struct {
    /* glove-vocab: a byte, in bytes split, and again each time that the tables of words double
     * beyond `near_words` bytes; a token, in tokens looked up */
    double count, far_words, near_words, token;
    /* glove-cooccur: a byte, in bytes split; a token, in cells scattered; a pair of positions, in
     * sums, and again each time that the sums of a row double beyond `near_sums` bytes; pairs whose
     * sums take 64 bits: how many times as much; a cell, and a cell of a batch that is merged, in
     * cells scattered */
    double read, index, gather, far_sums, near_sums, wide, emit, merge;
} FACTOR = {.count = 2.5,
            .far_words = 0.284,
            .near_words = 8 << 20,
            .token = 0.24,
            .read = 1.64,
            .index = 15.8,
            .gather = 1.06,
            .far_sums = 2.16,
            .near_sums = 512 << 10,
            .wide = 5.3,
            .emit = 4.76,
            .merge = 6.2};

/* Of each program: CPU seconds for any size, and the part of the rest in which threads do not
 * help. */
static const struct {
    const char *program;
    double start, alone;
} STAGE[GV_PLAN_STAGES] = {{"glove-vocab", 0.005, 0.2},
                           {"glove-cooccur", 0.01, 0.12},
                           {"glove-shuffle", 0.02, 0.27},
                           {"glove-train", 0.05, 0.07}};

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
    double alone = STAGE[number].alone * w.work, shared = w.work - alone + w.inflate;
    stage->program = STAGE[number].program;
    stage->cpu_s = STAGE[number].start + w.work + w.inflate;
    stage->wall_s = STAGE[number].start + alone + fmax(w.inflate, shared / w.threads);
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

uint64_t gv_plan_cost_available(const gv_plan *plan)
{
    return isfinite(plan->memory_available) ? (uint64_t)plan->memory_available : 0;
}

void gv_plan_cost_check_budget(gv_plan *plan, enum gv_plan_number number, gv_plan_cost_shortage s)
{
    uint64_t available = gv_plan_cost_available(plan), most = available - available / 4;
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

double gv_plan_cost_doublings(double bytes, double near)
{
    return bytes > near ? log2(bytes / near) : 0;
}

/* --- glove-vocab ------------------------------------------------------------------------------ */

enum {
    RUN_RECORD_BYTES = 6, /* of a word in a sorted run, beside its letters: a count, two lengths */
    RUN_COPIES = 2        /* sorted runs and what they are being merged into */
};

gv_budget_vocab gv_plan_cost_budget_vocab(const gv_plan *plan, const gv_plan_basis *basis)
{
    return (gv_budget_vocab){.budget = gv_budget_of_mb(basis->config->vocab_memory_mb),
                             .available = gv_plan_cost_available(plan),
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

/* CPU seconds of counting the words. */
static double count_seconds(const gv_plan_basis *basis)
{
    const gv_plan_rates *rates = &basis->rates;
    double far = gv_plan_cost_doublings(basis->words->distinct * GV_BUDGET_VOCAB_ENTRY_BYTES,
                                        FACTOR.near_words);
    return (double)basis->sample->corpus_bytes * rates->split *
               (FACTOR.count + far * FACTOR.far_words) +
           basis->words->corpus_tokens * rates->look_up * FACTOR.token;
}

static void cost_vocab(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_plan_words *words = basis->words;
    const gv_budget_vocab asked = gv_plan_cost_budget_vocab(plan, basis);
    const gv_budget_vocab_limits limits = gv_budget_vocab_divide(&asked);
    double threads = limits.threads;
    gv_plan_stage *stage = &plan->stage[GV_PLAN_VOCAB];
    gv_plan_cost_put_time(
        plan, GV_PLAN_VOCAB,
        (gv_plan_cost_work){.work = count_seconds(basis) + gv_plan_cost_phrases_seconds(basis),
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
    uint64_t budget = gv_budget_of_key(config->cooccur_memory_mb, gv_plan_cost_available(plan));
    uint64_t used =
        (uint64_t)gv_plan_cost_program_bytes(config) + gv_plan_cost_vocabulary_bytes(basis->words);
    return (gv_budget_cooccur){.budget = budget,
                               .used = used,
                               .disk_bytes = basis->sample->disk_bytes,
                               .block_bytes = config->cooccur_sample > 0 ? GV_SUBSAMPLE_SECTION : 0,
                               .words = (uint32_t)basis->words->vocab,
                               .threads = plan->threads};
}

/* Cells of all batches together. */
static double batch_cells(const gv_plan_basis *basis, double batches)
{
    gv_plan_pairs_matrix matrix;
    gv_plan_pairs_at(&matrix, basis->pairs, basis->matrix.tokens / batches);
    return batches * matrix.cells;
}

/* CPU seconds of making the rows and writing them down, in so many batches. */
static double gather_seconds(const gv_plan_basis *basis, double batches)
{
    const gv_config *config = basis->config;
    const gv_plan_rates *rates = &basis->rates;
    double far = gv_plan_cost_doublings(basis->words->vocab * sizeof(uint32_t), FACTOR.near_sums);
    double sum = FACTOR.gather + far * FACTOR.far_sums, cells = basis->matrix.cells * FACTOR.emit;
    bool exact = config->cooccur_weighting == GV_WEIGHTING_FLAT ||
                 config->cooccur_weighting == GV_WEIGHTING_DYNAMIC ||
                 (config->cooccur_weighting == GV_WEIGHTING_HARMONIC &&
                  config->cooccur_window <= EXACT_WINDOW);
    if (!exact)
        sum *= FACTOR.wide; /* the unit is 2^-32 */
    if (batches > 1)
        cells += batch_cells(basis, batches) * FACTOR.merge;
    return basis->matrix.tokens * basis->pairs->events * sum * rates->sum +
           (cells + basis->matrix.tokens * FACTOR.index) * rates->scatter;
}

double gv_plan_cost_ids_seconds(const gv_plan_basis *basis)
{
    return (double)basis->sample->corpus_bytes * basis->rates.split * FACTOR.read +
           gv_plan_cost_join_seconds(basis);
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
    gv_plan_cost_check_budget(
        plan, GV_PLAN_COOCCUR,
        (gv_plan_cost_shortage){need, (double)asked.budget, "cooccur.memory_mb",
                                "raise cooccur.memory_mb or vocab.min_count"});
    double batches = fmax(ceil(basis->matrix.tokens / (double)limits.batch_tokens), 1);
    plan->batches = (unsigned)fmin(batches, 1e9);
    if (batches > 1)
        stage->temp = run_bytes(basis, batches, (double)limits.batch_tokens);
    gv_plan_cost_put_time(
        plan, GV_PLAN_COOCCUR,
        (gv_plan_cost_work){.work =
                                gv_plan_cost_ids_seconds(basis) + gather_seconds(basis, batches),
                            .inflate = gv_plan_cost_inflate_seconds(basis->sample),
                            .threads = limits.threads});
    gv_plan_cost_put_file(plan, GV_PLAN_COOCCUR, "counts.bin", counts);
}

/* --- all stages ------------------------------------------------------------------------------- */

int gv_plan_cost_stages(gv_plan *plan, const gv_plan_basis *basis, gv_error *err)
{
    cost_vocab(plan, basis);
    if (basis->config->train_objective == GV_OBJECTIVE_WORD2VEC)
        return gv_plan_cost_word2vec(plan, basis, err);
    cost_cooccur(plan, basis);
    gv_plan_cost_shuffle(plan, basis);
    return gv_plan_cost_train(plan, basis, err);
}
