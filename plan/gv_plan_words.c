/*
 * Estimates from a sample how many words occur at least t times in the whole corpus.
 *
 * Think of each word as having a rate. V(n, >= t), the number of words that occur at least t times
 * in n tokens, counts the words whose rate is above about t / n. So the words with at least 5
 * occurrences in the corpus are nearly those with at least 1 in a fifth of it: for vocabularies
 * with a minimum count far less has to be extrapolated than it seems. More exactly, if the number
 * of words with a rate above x falls like x^-b (Zipf, Heaps), then V(n, >= t) is proportional to
 * (n / e(t))^b with e(t) = (Gamma(t) / Gamma(t - b))^(1/b); so
 *
 *     V(N, >= t) = r V(N e(k) / e(t), >= k)
 *
 * for the largest k that needs no size beyond the sample, or k = 1. Words come in bunches, which
 * changes both sides differently; r makes up for that: it is measured where both sides are known,
 * V(S, >= t) / V(S e(k) / e(t), >= k) with the sample's size S (and with a t near k).
 *
 * V(n, >= k) for n below S is the mean over the halves, quarters, ... of the sample's blocks,
 * between these sizes interpolated on logarithmic scales. Beyond S the slope keeps falling as it
 * fell before.
 */
#include "plan/gv_plan_words.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEVELS = 7,       /* sizes S, S/2, S/4, ... */
    LEAST_BLOCKS = 4, /* of a part */
    KNOWN = 12,       /* a word that occurs in the sample this often: its count is known */
    TOP = 64,         /* the most frequent words are a class each */
    NEAR = 5,         /* thresholds compared differ at most by this factor */
    DEEP = 4096       /* numbers of occurrences that are distinguished */
};

static const double STEP = 0.85; /* of the counts of one class */

typedef struct growth {
    const gv_plan_sample *sample;
    uint32_t levels;
    double slope;             /* b: of the number of words at the sample's size */
    double *at_least[LEVELS]; /* [DEEP] mean number of words with at least k occurrences */
} growth;

static void growth_free(growth *g)
{
    for (uint32_t l = 0; l < LEVELS; l++)
        gv_mem_free(g->at_least[l]);
}

/* --- measured growth -------------------------------------------------------------------------- */

/* Count the words of blocks [from, to). */
static void count_blocks(uint32_t *counts, const gv_plan_sample *sample, uint32_t from, uint32_t to)
{
    memset(counts, 0, sample->words * sizeof *counts);
    for (size_t i = sample->block_start[from]; i < sample->block_start[to]; i++)
        if (sample->ids[i] != GV_PLAN_BREAK)
            counts[sample->ids[i]]++;
}

static void add_level(double *at_least, const uint32_t *counts, uint32_t words, double weight)
{
    for (uint32_t w = 0; w < words; w++)
        at_least[counts[w] < DEEP ? counts[w] : DEEP - 1] += weight;
}

static int measure_level(growth *g, uint32_t level, gv_error *err)
{
    const gv_plan_sample *sample = g->sample;
    uint32_t parts = UINT32_C(1) << level;
    uint32_t *counts = gv_mem_alloc(sample->words, sizeof *counts, err);
    g->at_least[level] = gv_mem_alloc_zero(DEEP, sizeof *g->at_least[level], err);
    if (!counts || !g->at_least[level]) {
        gv_mem_free(counts);
        return GV_E_MEMORY;
    }
    for (uint32_t p = 0; p < parts; p++) {
        count_blocks(counts, sample, gv_plan_sample_part(sample->blocks, p, parts),
                     gv_plan_sample_part(sample->blocks, p + 1, parts));
        add_level(g->at_least[level], counts, sample->words, 1.0 / parts);
    }
    for (int k = DEEP - 2; k >= 0; k--)
        g->at_least[level][k] += g->at_least[level][k + 1];
    gv_mem_free(counts);
    return GV_OK;
}

static int measure(growth *g, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t l = 0; l < LEVELS && status == GV_OK; l++) {
        if (l > 0 && g->sample->blocks >> l < LEAST_BLOCKS)
            break;
        status = measure_level(g, l, err);
        g->levels = l + 1;
    }
    if (status != GV_OK)
        return status;
    g->slope = 0.6;
    if (g->levels > 1)
        g->slope = log2(g->at_least[0][1] / g->at_least[1][1]);
    g->slope = fmin(fmax(g->slope, 0.05), 0.95);
    return GV_OK;
}

/* --- extrapolation ---------------------------------------------------------------------------- */

static double log2_at(const growth *g, uint32_t level, uint32_t k)
{
    return log2(g->at_least[level][k] + 0.5);
}

/* V(size S, >= k). */
static double words_at(const growth *g, double size, uint32_t k)
{
    double octave = -log2(size); /* of levels: 0 is the sample */
    if (g->levels == 1)
        return g->at_least[0][k] * pow(size, g->slope);
    if (octave >= 0) {
        uint32_t level = octave < g->levels - 2 ? (uint32_t)octave : g->levels - 2;
        double upper = log2_at(g, level, k), lower = log2_at(g, level + 1, k);
        return exp2(upper + (lower - upper) * (octave - level)) - 0.5;
    }
    double slope = log2_at(g, 0, k) - log2_at(g, 1, k), bend = 0, total = log2_at(g, 0, k);
    uint32_t far = g->levels - 1 < 4 ? g->levels - 1 : 4;
    if (far > 1)
        bend = (slope - (log2_at(g, far - 1, k) - log2_at(g, far, k))) / (far - 1);
    bend = bend < 0 ? bend : 0;
    for (double left = -octave; left > 0; left -= 1) {
        slope = slope + bend > 0 ? slope + bend : 0;
        total += slope * (left < 1 ? left : 1);
    }
    return exp2(total) - 0.5;
}

/* e(t) of the file's head. */
static double threshold(double t, double slope)
{
    return exp((lgamma(t) - lgamma(t - slope)) / slope);
}

/* V(size S, >= t) by way of occurrences >= k. */
static double words_by(const growth *g, double size, double t, uint32_t k)
{
    return words_at(g, size * threshold(k, g->slope) / threshold(t, g->slope), k);
}

/* Words with at least `t` occurrences in a text that is `1 / fraction` times the sample. */
static double words_at_least(const growth *g, double t, double fraction)
{
    double rate = threshold(t, g->slope) * fraction, bunch = 1;
    uint32_t k = 1;
    while (k < DEEP - 2 && threshold(k + 1, g->slope) <= rate)
        k++;
    /* far above k other words, with another slope, would be asked */
    uint32_t known = t < NEAR * k ? (uint32_t)t : NEAR * k;
    if (known > k && known < DEEP && g->at_least[0][known] > 50)
        bunch = g->at_least[0][known] / words_by(g, 1, known, k);
    return fmin(fmax(bunch, 0.5), 2) * words_by(g, 1 / fraction, t, k);
}

/* --- classes ---------------------------------------------------------------------------------- */

static void put_class(gv_plan_words *words, double n, double count)
{
    if (n > 0 && words->classes < GV_PLAN_CLASSES)
        words->class[words->classes++] = (gv_plan_words_class){n, count};
}

/* Words whose count is known: `by_rank` are the sample's counts, falling. Returns how many they
 * are. A class does not straddle `border`, the vocabulary's least count in the sample. */
static uint32_t classes_of_known(gv_plan_words *words, const uint32_t *by_rank, uint32_t n,
                                 double fraction, double border)
{
    uint32_t least = fraction < 1 ? KNOWN : 1, at = 0;
    while (at < n && by_rank[at] >= least) {
        uint32_t begin = at, first = by_rank[at];
        double sum = 0;
        do
            sum += by_rank[at++];
        while (begin >= TOP && at < n && by_rank[at] >= least &&
               (by_rank[at] >= first * STEP || by_rank[at] == by_rank[at - 1]) &&
               (first < border) == (by_rank[at] < border));
        put_class(words, at - begin, sum / (at - begin) / fraction);
    }
    return at;
}

/* The next lower boundary of the classes below `count`. */
static double next_boundary(double count, double least)
{
    double next = count > 8 ? floor(count * STEP) : count - 1;
    return next < least && least < count ? least : next;
}

/* Words that occur in the sample less often than KNOWN times, or not at all. */
static void classes_of_rare(gv_plan_words *words, const growth *g, uint32_t known, double least)
{
    double fraction = g->sample->fraction, above = known;
    double upper = ceil(KNOWN / fraction);
    if (fraction >= 1)
        return;
    while (upper > 1) {
        double lower = next_boundary(upper, least);
        double all = words_at_least(g, lower, fraction);
        if (all > above) {
            double count = upper - lower <= 1 ? lower : sqrt(lower * (upper - 1));
            put_class(words, all - above, count);
            above = all;
        }
        upper = lower;
    }
}

/* The vocabulary: words with at least `least`, no more than `most` (0: no limit). */
static void cut_vocabulary(gv_plan_words *words, double least, double most)
{
    uint32_t c = 0;
    words->vocab = 0;
    while (c < words->classes && words->class[c].count >= least) {
        if (most > 0 && words->vocab + words->class[c].words >= most) {
            /* the class is cut in two */
            words->class[c].words = most - words->vocab;
            words->vocab = most;
            c++;
            break;
        }
        words->vocab += words->class[c++].words;
    }
    words->vocab_classes = c;
}

/* --- the sample's words in or out ------------------------------------------------------------- */

/* log of the probability that a word with `count` occurrences has `seen` in the sample. */
static double log_seen(double count, double seen, double fraction)
{
    if (seen > count)
        return -INFINITY;
    return lgamma(count + 1) - lgamma(seen + 1) - lgamma(count - seen + 1) + seen * log(fraction) +
           (count - seen) * log1p(-fraction);
}

/* Probability that a word with `seen` occurrences in the sample is in the vocabulary. */
static double chance(const gv_plan_words *words, uint32_t seen, double fraction, double least)
{
    if (fraction >= 1 || seen >= KNOWN)
        return seen / fraction >= least;
    double in = 0, all = 0;
    for (uint32_t c = 0; c < words->classes; c++) {
        double weight =
            words->class[c].words * exp(log_seen(words->class[c].count, seen, fraction));
        all += weight;
        if (c < words->vocab_classes)
            in += weight;
    }
    return all > 0 ? in / all : seen / fraction >= least;
}

static void draw_vocabulary(gv_plan_words *words, const gv_plan_sample *sample, double least)
{
    double of_seen[KNOWN], covered = 0, bytes = 0, drawn = 0;
    for (uint32_t s = 0; s < KNOWN; s++)
        of_seen[s] = chance(words, s, sample->fraction, least);
    if (words->vocab_classes < words->classes && words->vocab_classes > 0) {
        double border = words->class[words->vocab_classes - 1].count;
        least = least > border * STEP ? least : border * STEP; /* vocab.max_size cuts above */
    }
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 2);
    for (uint32_t w = 0; w < sample->words; w++) {
        uint32_t seen = words->counts[w];
        words->in[w] =
            seen < KNOWN ? gv_rng_uniform(&rng) < of_seen[seen] : seen / sample->fraction >= least;
        if (!words->in[w])
            continue;
        covered += seen;
        bytes += sample->length[w];
        drawn++;
    }
    words->vocab_tokens = covered / sample->fraction;
    words->word_bytes = drawn > 0 ? bytes / drawn : 1;
}

static int compare_keys(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* Sort the words by falling count, then by id: rank[] of each, and the counts in that order. */
static int rank_words(gv_plan_words *words, uint32_t *by_rank, const gv_plan_sample *sample,
                      gv_error *err)
{
    uint64_t *key = gv_mem_alloc(sample->words, sizeof *key, err);
    if (!key)
        return GV_E_MEMORY;
    for (uint32_t w = 0; w < sample->words; w++)
        key[w] = (uint64_t)(UINT32_MAX - words->counts[w]) << 32 | w;
    qsort(key, sample->words, sizeof *key, compare_keys);
    for (uint32_t r = 0; r < sample->words; r++) {
        uint32_t w = (uint32_t)key[r];
        words->rank[w] = r;
        by_rank[r] = words->counts[w];
    }
    gv_mem_free(key);
    return GV_OK;
}

static void digits_of(gv_plan_words *words)
{
    double sum = 0;
    for (uint32_t c = 0; c < words->vocab_classes; c++)
        sum += words->class[c].words * (1 + floor(log10(fmax(words->class[c].count, 1))));
    words->digits = words->vocab > 0 ? sum / words->vocab : 1;
}

static int fill(gv_plan_words *words, growth *g, const gv_config *config, const gv_vocab *given,
                uint32_t *by_rank, gv_error *err)
{
    const gv_plan_sample *sample = g->sample;
    double least = given ? 1 : (double)config->vocab_min_count;
    double most = given ? gv_vocab_size(given) : (double)config->vocab_max_size;
    count_blocks(words->counts, sample, 0, sample->blocks);
    int status = rank_words(words, by_rank, sample, err);
    if (status == GV_OK)
        status = measure(g, err);
    if (status != GV_OK)
        return status;
    least = least > 1 ? least : 1;
    words->corpus_tokens = (double)sample->tokens / sample->fraction;
    uint32_t known =
        classes_of_known(words, by_rank, sample->words, sample->fraction, least * sample->fraction);
    classes_of_rare(words, g, known, least);
    for (uint32_t c = 0; c < words->classes; c++)
        words->distinct += words->class[c].words;
    cut_vocabulary(words, least, most);
    draw_vocabulary(words, sample, least);
    digits_of(words);
    if (given) /* words that were not seen take room all the same */
        words->vocab = words->distinct = gv_vocab_size(given);
    if (words->vocab < 1)
        return gv_error_set(
            err, GV_E_RUNTIME,
            "vocab.min_count = %.0f: probably no word of the corpus occurs that often; lower it",
            least);
    return GV_OK;
}

int gv_plan_words_guess(gv_plan_words *words, const gv_plan_sample *sample, const gv_config *config,
                        const gv_vocab *given, gv_error *err)
{
    *words = (gv_plan_words){0};
    growth g = {.sample = sample};
    int status = GV_E_MEMORY;
    uint32_t *by_rank = gv_mem_alloc(sample->words, sizeof *by_rank, err);
    words->in = gv_mem_alloc_zero(sample->words, sizeof *words->in, err);
    words->rank = gv_mem_alloc(sample->words, sizeof *words->rank, err);
    words->counts = gv_mem_alloc(sample->words, sizeof *words->counts, err);
    if (by_rank && words->in && words->rank && words->counts)
        status = fill(words, &g, config, given, by_rank, err);
    growth_free(&g);
    gv_mem_free(by_rank);
    if (status != GV_OK)
        gv_plan_words_free(words);
    return status;
}

void gv_plan_words_free(gv_plan_words *words)
{
    gv_mem_free(words->in);
    gv_mem_free(words->rank);
    gv_mem_free(words->counts);
    *words = (gv_plan_words){0};
}

double gv_plan_words_in(const gv_plan_words *words, double share)
{
    double seen = 0;
    for (uint32_t c = 0; c < words->classes; c++)
        seen += words->class[c].words * -expm1(-words->class[c].count * share);
    return seen;
}
