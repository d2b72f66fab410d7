/*
 * Estimates from a sample how many cells the matrix of the whole corpus has.
 *
 * If words were placed at random, a word with frequency p and one with frequency q would meet
 * 2 E n p q times among n tokens, E being the pairs of one token with those before it in its window
 * (asymmetric: E n p q for each order); their cell is there with probability 1 - exp(-that), and
 * summing over all words gives the number of cells. In real text the same words meet again and
 * again, as if there were only a part theta of the meetings: theta is what makes the sum equal to
 * the count. It changes slowly and smoothly with n, while the number of cells does not (it
 * saturates for frequent words), so theta is what is extrapolated: it is measured exactly on the
 * sample, on its halves, quarters ..., and log theta is continued over log n by a parabola through
 * the larger sizes.
 *
 * The counts are done as glove-cooccur does them: the positions of each word, their neighbours
 * added up in an array, rows i <= j only. Cost: the pairs of the sample, once per size.
 */
#include "plan/gv_plan_pairs.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts_weights.h"
#include <math.h>
#include <string.h>

static const double FAR = 0.5;
static const double MOST_EVENTS = 6e7; /* pairs looked at per size: some seconds in all */
enum { LEAST_BLOCKS = 4 };             /* of a part */

/* Counting of one part of the sample. */
typedef struct counting {
    const gv_counts_weights *weights;
    bool symmetric;
    uint32_t words;
    uint32_t *ids; /* ranks and breaks; a break on both ends */
    size_t count;
    uint32_t *positions, *start; /* positions of word w: start[w] .. start[w + 1] */
    uint64_t *sums;              /* [words] of the current row, else zero */
    uint32_t *touched;           /* [words] */
    double tokens, events, cells, value_bytes;
} counting;

static void free_counting(counting *c)
{
    gv_mem_free(c->ids);
    gv_mem_free(c->positions);
    gv_mem_free(c->start);
    gv_mem_free(c->sums);
    gv_mem_free(c->touched);
}

static int make_counting(counting *c, const gv_plan_sample *sample, gv_error *err)
{
    c->words = sample->words;
    if (!(c->ids = gv_mem_alloc(sample->count + 2, sizeof *c->ids, err)) ||
        !(c->positions = gv_mem_alloc(sample->count + 2, sizeof *c->positions, err)) ||
        !(c->start = gv_mem_alloc((size_t)c->words + 2, sizeof *c->start, err)) ||
        !(c->sums = gv_mem_alloc_zero(c->words, sizeof *c->sums, err)) ||
        !(c->touched = gv_mem_alloc(c->words, sizeof *c->touched, err)))
        return GV_E_MEMORY;
    return GV_OK;
}

/* The words of blocks [from, to) that are in the vocabulary, as ranks, with their positions. */
static void take_blocks(counting *c, const gv_plan_sample *sample, const gv_plan_words *words,
                        uint32_t from, uint32_t to)
{
    memset(c->start, 0, ((size_t)c->words + 2) * sizeof *c->start);
    c->count = 0;
    c->ids[c->count++] = GV_PLAN_BREAK;
    for (size_t i = sample->block_start[from]; i < sample->block_start[to]; i++) {
        uint32_t id = sample->ids[i];
        if (id != GV_PLAN_BREAK && !words->in[id])
            continue;
        c->ids[c->count++] = id == GV_PLAN_BREAK ? id : words->rank[id];
        if (id != GV_PLAN_BREAK) {
            c->start[words->rank[id] + 2]++;
            c->tokens++;
        }
    }
    c->ids[c->count++] = GV_PLAN_BREAK;
    for (uint32_t w = 0; w < c->words; w++)
        c->start[w + 2] += c->start[w + 1];
    for (size_t i = 0; i < c->count; i++)
        if (c->ids[i] != GV_PLAN_BREAK)
            c->positions[c->start[c->ids[i] + 1]++] = (uint32_t)i;
}

static uint32_t touch(counting *c, uint32_t touched, uint32_t column, uint64_t weight)
{
    if (c->sums[column] == 0)
        c->touched[touched++] = column;
    c->sums[column] += weight;
    return touched;
}

static void count_row(counting *c, uint32_t row)
{
    const uint64_t *weight = c->weights->weight;
    uint32_t touched = 0, least = c->symmetric ? row : 0;
    uint64_t events = 0;
    for (uint32_t p = c->start[row]; p < c->start[row + 1]; p++) {
        size_t at = c->positions[p];
        for (uint32_t k = 1; k <= c->weights->window && c->ids[at - k] != GV_PLAN_BREAK; k++) {
            events++;
            if (c->ids[at - k] >= least && weight[k] > 0)
                touched = touch(c, touched, c->ids[at - k], weight[k]);
        }
        for (uint32_t k = 1;
             c->symmetric && k <= c->weights->window && c->ids[at + k] != GV_PLAN_BREAK; k++)
            if (c->ids[at + k] > row && weight[k] > 0)
                touched = touch(c, touched, c->ids[at + k], weight[k]);
    }
    c->events += (double)events;
    c->cells += touched;
    for (uint32_t i = 0; i < touched; i++) {
        uint64_t sum = c->sums[c->touched[i]];
        int bytes = (63 - __builtin_clzll(sum | 1)) / 7 + 1;
        c->value_bytes += bytes;
        c->sums[c->touched[i]] = 0;
    }
}

/* Means over the parts of one size. */
static int measure_size(gv_plan_pairs *pairs, counting *c, const gv_plan_sample *sample,
                        uint32_t size, gv_error *err)
{
    uint32_t parts = UINT32_C(1) << size;
    double start = gv_clock_thread_seconds();
    c->tokens = c->events = c->cells = c->value_bytes = 0;
    for (uint32_t p = 0; p < parts; p++) {
        uint32_t from = gv_plan_sample_part(pairs->blocks, p, parts);
        uint32_t to = gv_plan_sample_part(pairs->blocks, p + 1, parts);
        take_blocks(c, sample, pairs->words, from, to);
        for (uint32_t row = 0; row < c->words; row++)
            if (c->start[row] != c->start[row + 1])
                count_row(c, row);
        int status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
    }
    if (c->cells == 0)
        return GV_OK;
    pairs->sizes = size + 1;
    pairs->tokens[size] = c->tokens / parts;
    pairs->cells[size] = c->cells / parts;
    pairs->value_bytes[size] = c->value_bytes / c->cells;
    if (size > 0)
        return GV_OK;
    pairs->events = c->events / c->tokens;
    pairs->event_seconds = (gv_clock_thread_seconds() - start) / c->events;
    return GV_OK;
}

/* --- the model -------------------------------------------------------------------------------- */

/* Meetings of two words with frequencies p and q, and of a word with itself. */
static double meetings(const gv_plan_pairs *pairs, double tokens, double theta, double p, double q)
{
    return (pairs->symmetric ? 2 : 1) * pairs->events * tokens * theta * p * q;
}

double gv_plan_pairs_expected(const gv_plan_pairs *pairs, const gv_plan_pairs_matrix *matrix,
                              double count_a, double count_b)
{
    double all = pairs->words->vocab_tokens;
    return meetings(pairs, matrix->tokens, matrix->theta, count_a / all, count_b / all);
}

/* Stored cells, and in `*diagonal` those of words with themselves. */
static double model_cells(const gv_plan_pairs *pairs, double tokens, double theta, double *diagonal)
{
    const gv_plan_words *words = pairs->words;
    double cells = 0, self = 0;
    for (uint32_t a = 0; a < words->vocab_classes; a++) {
        double n = words->class[a].words, p = words->class[a].count / words->vocab_tokens;
        double own = -expm1(-meetings(pairs, tokens, theta, p, p) / (pairs->symmetric ? 2 : 1));
        double same = -expm1(-meetings(pairs, tokens, theta, p, p));
        self += n * own;
        cells += n * (n > 1 ? n - 1 : 0) * same * (pairs->symmetric ? 0.5 : 1);
        for (uint32_t b = a + 1; b < words->vocab_classes; b++) {
            double q = words->class[b].count / words->vocab_tokens;
            cells += n * words->class[b].words * (pairs->symmetric ? 1 : 2) *
                     -expm1(-meetings(pairs, tokens, theta, p, q));
        }
    }
    *diagonal = self;
    return cells + self;
}

/* The theta with which `tokens` give `cells`. */
static double find_theta(const gv_plan_pairs *pairs, double tokens, double cells)
{
    double low = 1e-4, high = 100, self;
    for (int i = 0; i < 24; i++) {
        double middle = sqrt(low * high);
        if (model_cells(pairs, tokens, middle, &self) < cells)
            low = middle;
        else
            high = middle;
    }
    return sqrt(low * high);
}

/* Continue `values` measured at the sizes to `tokens`: a line over the logarithm of the tokens, or,
 * with sizes enough, a parabola, but never farther than FAR from the last value. */
static double continued(const gv_plan_pairs *pairs, const double *values, double tokens)
{
    if (pairs->sizes < 2)
        return values[0];
    double octaves = log2(tokens / pairs->tokens[0]), slope = values[0] - values[1], bend = 0;
    if (pairs->sizes == 3)
        slope = (values[0] - values[2]) / 2;
    if (pairs->sizes > 3)
        bend = (values[0] - values[1] - values[2] + values[3]) / 2;
    /* the slope is that half an octave before the last size */
    double change = octaves * (slope + bend * (octaves + 1) / 2);
    return values[0] + fmin(fmax(change, -FAR), FAR);
}

int gv_plan_pairs_measure(gv_plan_pairs *pairs, const gv_plan_sample *sample,
                          const gv_plan_words *words, const gv_config *config, gv_error *err)
{
    gv_counts_weights weights = {0};
    counting c = {.weights = &weights, .symmetric = config->cooccur_symmetric};
    *pairs = (gv_plan_pairs){.words = words, .symmetric = config->cooccur_symmetric};
    double most = MOST_EVENTS / ((double)sample->tokens * config->cooccur_window + 1);
    pairs->blocks = sample->blocks;
    if (most < 1)
        pairs->blocks = (uint32_t)fmax(sample->blocks * most, fmin(16, sample->blocks));
    int status = gv_counts_weights_make(&weights, config, err);
    if (status == GV_OK)
        status = make_counting(&c, sample, err);
    for (uint32_t s = 0; s < GV_PLAN_SIZES && status == GV_OK; s++)
        if (s == 0 || pairs->blocks >> s >= LEAST_BLOCKS)
            status = measure_size(pairs, &c, sample, s, err);
    free_counting(&c);
    gv_counts_weights_clear(&weights);
    if (status != GV_OK)
        return status;
    if (pairs->sizes == 0)
        return gv_error_set(err, GV_E_RUNTIME,
                            "no two words of the vocabulary are in the same window "
                            "(see corpus.documents, vocab.min_count)");
    for (uint32_t s = 0; s < pairs->sizes; s++)
        pairs->together[s] = log(find_theta(pairs, pairs->tokens[s], pairs->cells[s]));
    return GV_OK;
}

void gv_plan_pairs_at(gv_plan_pairs_matrix *matrix, const gv_plan_pairs *pairs, double tokens)
{
    double self;
    matrix->tokens = tokens;
    matrix->theta = exp(continued(pairs, pairs->together, tokens));
    matrix->cells = model_cells(pairs, tokens, matrix->theta, &self);
    matrix->records = pairs->symmetric ? 2 * matrix->cells - self : matrix->cells;
    matrix->value_bytes = continued(pairs, pairs->value_bytes, tokens);
}
