/* Comparing the two corpora with each other and with noise. */
#include "report/gv_report_drift.h"

#include "base/gv_mem.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_ALONE = 1000 };

double gv_report_drift_moved(const gv_drift *drift, enum gv_report_drift_by by, size_t i)
{
    return by == GV_REPORT_DRIFT_COSINE ? drift->distance[i] : 1.0 - drift->overlap[i];
}

const char *gv_report_drift_word(const gv_report_drift *drift, size_t i)
{
    return drift->pair.a.vectors->words[drift->pair.shared.a[i]];
}

uint64_t gv_report_drift_count_a(const gv_report_drift *drift, size_t i)
{
    return drift->pair.a.count ? drift->pair.a.count[drift->pair.shared.a[i]] : 0;
}

uint64_t gv_report_drift_count_b(const gv_report_drift *drift, size_t i)
{
    return drift->pair.b.count ? drift->pair.b.count[drift->pair.shared.b[i]] : 0;
}

const char *gv_report_drift_measure(enum gv_report_drift_by by)
{
    return by == GV_REPORT_DRIFT_COSINE ? "cosine" : "neighbours";
}

size_t gv_report_drift_neighbours(size_t n)
{
    enum { SHARE = 20, LEAST = 10, MOST = 500 };
    const size_t k = n / SHARE;
    return k < LEAST ? LEAST : k > MOST ? MOST : k;
}

/* --- noise ------------------------------------------------------------------------------------ */

/* Words of all pairs of noise. */
typedef struct noise_words {
    gv_report_drift_pair *pair; /* [pairs] */
    size_t pairs, n;
    size_t least, dim; /* words of the pair with fewest; dimension, one that differs from A's if any
                          does */
    double *count, *moved[GV_REPORT_DRIFT_MEASURES]; /* [n] */
} noise_words;

static int open_noise(noise_words *noise, const gv_report_drift_options *options,
                      const gv_report_drift_pair *of, gv_error *err)
{
    noise->pairs = options->noise.n / 2;
    noise->pair = gv_mem_alloc_zero(noise->pairs, sizeof *noise->pair, err);
    int status = noise->pair ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < noise->pairs && status == GV_OK; i++) {
        status = gv_report_drift_pair_open_noise(&noise->pair[i], options->noise.items[2 * i],
                                                 options->noise.items[2 * i + 1], of, err);
        const size_t words = noise->pair[i].shared.n;
        noise->n += words;
        noise->least = i == 0 || words < noise->least ? words : noise->least;
        if (status == GV_OK && (i == 0 || noise->pair[i].a.vectors->dim != of->a.vectors->dim))
            noise->dim = noise->pair[i].a.vectors->dim;
    }
    return status;
}

static void take_noise(noise_words *noise, const gv_report_drift_pair *pair, size_t *at,
                       bool counted)
{
    for (size_t i = 0; i < pair->shared.n; i++, (*at)++) {
        noise->count[*at] = gv_report_drift_pair_count(pair, i, counted);
        for (int m = 0; m < GV_REPORT_DRIFT_MEASURES; m++)
            noise->moved[m][*at] =
                gv_report_drift_moved(&pair->drift, (enum gv_report_drift_by)m, i);
    }
}

/* Of fewer words, fewer neighbours: the same share of all. */
static size_t same_share(const gv_report_drift *drift, size_t n)
{
    const gv_drift *measured = &drift->pair.drift;
    const size_t k = (size_t)((double)measured->k * (double)n / (double)measured->n + 0.5);
    return k > 0 ? k : 1;
}

/* Each pair's vectors are released when it has been measured. */
static int measure_noise(noise_words *noise, const gv_report_drift *drift, gv_progress *progress,
                         gv_error *err)
{
    size_t at = 0;
    noise->count = gv_mem_alloc(noise->n, sizeof *noise->count, err);
    int status = noise->count ? GV_OK : GV_E_MEMORY;
    for (int m = 0; m < GV_REPORT_DRIFT_MEASURES && status == GV_OK; m++)
        if (!(noise->moved[m] = gv_mem_alloc(noise->n, sizeof *noise->moved[m], err)))
            status = GV_E_MEMORY;
    for (size_t i = 0; i < noise->pairs && status == GV_OK; i++) {
        gv_report_drift_pair *pair = &noise->pair[i];
        status =
            gv_report_drift_pair_measure(pair, same_share(drift, pair->shared.n), progress, err);
        if (status == GV_OK)
            take_noise(noise, pair, &at, drift->counted);
        gv_report_drift_pair_clear(pair);
    }
    return status;
}

static void free_noise(noise_words *noise)
{
    for (size_t i = 0; noise->pair && i < noise->pairs; i++)
        gv_report_drift_pair_clear(&noise->pair[i]);
    gv_mem_free(noise->pair);
    gv_mem_free(noise->count);
    for (int m = 0; m < GV_REPORT_DRIFT_MEASURES; m++)
        gv_mem_free(noise->moved[m]);
}

/* The smallest difference that a measure can show. */
static double least_sd(const gv_report_drift *drift, int measure)
{
    return measure == GV_REPORT_DRIFT_COSINE ? 1e-6 : 0.5 / (double)drift->pair.drift.k;
}

static int compare_with_noise(gv_report_drift *drift, const noise_words *noise, gv_error *err)
{
    const size_t n = drift->pair.shared.n;
    int status = GV_OK;
    drift->noise_words = noise->n;
    drift->noise_least = noise->least;
    drift->noise_dim = noise->dim;
    for (int m = 0; m < GV_REPORT_DRIFT_MEASURES && status == GV_OK; m++) {
        gv_drift_noise *of = NULL;
        drift->beyond[m] = gv_mem_alloc(n, sizeof *drift->beyond[m], err);
        status = drift->beyond[m]
                     ? gv_drift_noise_new(&of, noise->count, noise->moved[m], noise->n, err)
                     : GV_E_MEMORY;
        for (size_t i = 0; i < n && status == GV_OK; i++)
            drift->beyond[m][i] = gv_drift_noise_compare(
                of, drift->count[i],
                gv_report_drift_moved(&drift->pair.drift, (enum gv_report_drift_by)m, i),
                least_sd(drift, m));
        gv_drift_noise_free(of);
    }
    for (size_t i = 0; i < n && status == GV_OK; i++)
        drift->beyond_words += drift->beyond[drift->options->by][i].p <= GV_REPORT_DRIFT_P;
    return status;
}

/* --- bands of frequency ----------------------------------------------------------------------- */

/* Bounds of the bands; for ranks, which are no counts, the same numbers serve. */
static const double bounds[GV_REPORT_DRIFT_BANDS + 1] = {INFINITY, 10000.0, 3000.0, 1000.0, 300.0,
                                                         100.0,    30.0,    10.0,   0.0};

static bool is_in(const gv_report_drift_band *band, double count)
{
    return count >= band->from && count < band->to;
}

static void fill_band(gv_report_drift_band *band, const gv_report_drift *drift,
                      const noise_words *noise)
{
    for (size_t i = 0; i < drift->pair.shared.n; i++) {
        if (!is_in(band, drift->count[i]))
            continue;
        band->words++;
        for (int m = 0; m < GV_REPORT_DRIFT_MEASURES; m++)
            band->moved[m] +=
                gv_report_drift_moved(&drift->pair.drift, (enum gv_report_drift_by)m, i);
        if (drift->noise_words)
            band->beyond += drift->beyond[drift->options->by][i].p <= GV_REPORT_DRIFT_P;
    }
    for (size_t i = 0; i < noise->n; i++) {
        if (!is_in(band, noise->count[i]))
            continue;
        band->noise_words++;
        for (int m = 0; m < GV_REPORT_DRIFT_MEASURES; m++)
            band->noise[m] += noise->moved[m][i];
    }
    for (int m = 0; m < GV_REPORT_DRIFT_MEASURES; m++) {
        band->moved[m] /= (double)band->words;
        band->noise[m] = band->noise_words ? band->noise[m] / (double)band->noise_words : NAN;
    }
}

static void fill_bands(gv_report_drift *drift, const noise_words *noise)
{
    for (size_t i = 0; i < GV_REPORT_DRIFT_BANDS; i++) {
        gv_report_drift_band *band = &drift->band[drift->bands];
        *band = (gv_report_drift_band){.from = bounds[i + 1], .to = bounds[i]};
        fill_band(band, drift, noise);
        if (band->words)
            drift->bands++;
    }
}

/* --- order ------------------------------------------------------------------------------------ */

typedef struct sorting {
    double far, moved;
    uint32_t word;
} sorting;

static int compare_sorting(const void *left, const void *right)
{
    const sorting *a = left, *b = right;
    if (a->far != b->far)
        return a->far > b->far ? -1 : 1;
    if (a->moved != b->moved)
        return a->moved > b->moved ? -1 : 1;
    return (a->word > b->word) - (a->word < b->word); /* the more frequent first */
}

/* By how far beyond noise; without noise by how far, of equal ones by the other measure. */
static int sort_words(gv_report_drift *drift, gv_error *err)
{
    const enum gv_report_drift_by by = drift->options->by;
    const enum gv_report_drift_by other =
        by == GV_REPORT_DRIFT_COSINE ? GV_REPORT_DRIFT_NEIGHBOURS : GV_REPORT_DRIFT_COSINE;
    const size_t n = drift->pair.shared.n;
    const gv_drift *measured = &drift->pair.drift;
    sorting *word = gv_mem_alloc(n, sizeof *word, err);
    drift->order = gv_mem_alloc(n, sizeof *drift->order, err);
    if (!word || !drift->order) {
        gv_mem_free(word);
        return GV_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        word[i] = (sorting){drift->noise_words ? drift->beyond[by][i].z
                                               : gv_report_drift_moved(measured, by, i),
                            drift->noise_words ? gv_report_drift_moved(measured, by, i)
                                               : gv_report_drift_moved(measured, other, i),
                            (uint32_t)i};
    qsort(word, n, sizeof *word, compare_sorting);
    for (size_t i = 0; i < n; i++)
        drift->order[i] = word[i].word;
    gv_mem_free(word);
    return GV_OK;
}

/* --- words of one corpus alone ---------------------------------------------------------------- */

/* Vectors are in order of frequency, so the first are the most frequent. */
static int find_alone(gv_report_drift_alone *alone, const gv_report_drift_corpus *in,
                      const gv_report_drift_corpus *other, gv_error *err)
{
    alone->row = gv_mem_alloc(LISTED_ALONE, sizeof *alone->row, err);
    if (!alone->row)
        return GV_E_MEMORY;
    for (size_t i = 0; i < in->vectors->rows; i++) {
        const char *word = in->vectors->words[i];
        if (strcmp(word, "<unk>") == 0 || gv_vectors_find(other->vectors, word) != SIZE_MAX)
            continue;
        if (alone->listed < LISTED_ALONE)
            alone->row[alone->listed++] = (uint32_t)i;
        alone->n++;
    }
    return GV_OK;
}

/* --- all -------------------------------------------------------------------------------------- */

static int count_words(gv_report_drift *drift, const noise_words *noise, gv_error *err)
{
    const gv_report_drift_pair *pair = &drift->pair;
    drift->counted = gv_report_drift_pair_is_counted(pair);
    for (size_t i = 0; i < noise->pairs; i++)
        drift->counted &= gv_report_drift_pair_is_counted(&noise->pair[i]);
    drift->count = gv_mem_alloc(pair->shared.n, sizeof *drift->count, err);
    for (size_t i = 0; drift->count && i < pair->shared.n; i++)
        drift->count[i] = gv_report_drift_pair_count(pair, i, drift->counted);
    return drift->count ? GV_OK : GV_E_MEMORY;
}

static int measure_all(gv_report_drift *drift, noise_words *noise, gv_progress *progress,
                       gv_error *err)
{
    gv_progress_begin(progress, "comparing", 2 * (drift->pair.shared.n + noise->n), "words");
    const size_t asked = drift->options->k;
    int status = gv_report_drift_pair_measure(
        &drift->pair, asked ? asked : gv_report_drift_neighbours(drift->pair.shared.n), progress,
        err);
    if (status == GV_OK && noise->n)
        status = measure_noise(noise, drift, progress, err);
    if (status == GV_OK)
        gv_progress_end(progress);
    if (status == GV_OK && noise->n)
        status = compare_with_noise(drift, noise, err);
    return status;
}

int gv_report_drift_make(gv_report_drift *drift, const gv_report_drift_options *options,
                         gv_progress *progress, gv_error *err)
{
    noise_words noise = {0};
    *drift = (gv_report_drift){.options = options};
    gv_report_drift_pair *pair = &drift->pair;
    int status = gv_report_drift_pair_open(pair, options, err);
    if (status == GV_OK)
        status = open_noise(&noise, options, pair, err);
    if (status == GV_OK)
        status = count_words(drift, &noise, err);
    if (status == GV_OK)
        status = measure_all(drift, &noise, progress, err);
    if (status == GV_OK) {
        fill_bands(drift, &noise);
        status = sort_words(drift, err);
    }
    if (status == GV_OK)
        status = find_alone(&drift->alone[0], &pair->a, &pair->b, err);
    if (status == GV_OK)
        status = find_alone(&drift->alone[1], &pair->b, &pair->a, err);
    free_noise(&noise);
    return status;
}

void gv_report_drift_free(gv_report_drift *drift)
{
    gv_report_drift_pair_clear(&drift->pair);
    gv_mem_free(drift->count);
    gv_mem_free(drift->order);
    for (int m = 0; m < GV_REPORT_DRIFT_MEASURES; m++)
        gv_mem_free(drift->beyond[m]);
    for (int i = 0; i < 2; i++)
        gv_mem_free(drift->alone[i].row);
    *drift = (gv_report_drift){0};
}
