/* Bands of frequency, verdicts, the most and the least stable words. */
#include "analysis/gv_stability.h"

#include "base/gv_mem.h"
#include <stdlib.h>

enum gv_stability_verdict gv_stability_verdict_of(double mean)
{
    return mean >= GV_STABILITY_TRUSTED     ? GV_STABILITY_IS_TRUSTED
           : mean >= GV_STABILITY_UNTRUSTED ? GV_STABILITY_IS_UNCLEAR
                                            : GV_STABILITY_IS_UNTRUSTED;
}

const char *gv_stability_verdict_name(enum gv_stability_verdict verdict)
{
    static const char *const names[GV_STABILITY_VERDICTS] = {"trusted", "unclear", "untrusted"};
    return names[verdict];
}

gv_stability_band gv_stability_band_of(const gv_stability *stability, size_t group, size_t from,
                                       size_t to)
{
    gv_stability_band band = {.from = from, .to = to};
    const gv_overlap *overlap = stability->group[group].overlap;
    const double n = to > from ? (double)(to - from) : 1.0;
    for (size_t i = from; i < to; i++) {
        const uint64_t count = stability->count ? stability->count[i] : 0;
        band.most = i == from || count > band.most ? count : band.most;
        band.least = i == from || count < band.least ? count : band.least;
        band.overlap += overlap[i].mean / n;
        band.least_overlap += overlap[i].least / n;
        band.jaccard += overlap[i].jaccard / n;
        band.shared += overlap[i].shared / (double)stability->neighbours / n;
        band.verdicts[gv_stability_verdict_of(overlap[i].mean)]++;
    }
    return band;
}

size_t gv_stability_bands(size_t ends[GV_STABILITY_BANDS], size_t words)
{
    size_t n = 0;
    for (size_t end = 100; end < words && n + 1 < GV_STABILITY_BANDS;
         end = n % 2 ? end * 3 : end / 3 * 10)
        ends[n++] = end;
    ends[n++] = words;
    return n;
}

double gv_stability_chance(const gv_stability *stability)
{
    return (double)stability->neighbours / (double)(stability->common - 1);
}

/* qsort has no context: the words are sorted as pairs. */
typedef struct ranked {
    double mean;
    size_t word;
} ranked;

static int most_first(const void *x, const void *y)
{
    const ranked *a = x, *b = y;
    const int by_mean = (a->mean < b->mean) - (a->mean > b->mean);
    return by_mean ? by_mean : (a->word > b->word) - (a->word < b->word);
}

static int least_first(const void *x, const void *y)
{
    const ranked *a = x, *b = y;
    const int by_mean = (a->mean > b->mean) - (a->mean < b->mean);
    return by_mean ? by_mean : (a->word > b->word) - (a->word < b->word);
}

int gv_stability_extremes(size_t **words, size_t *n, const gv_stability *stability, size_t group,
                          enum gv_stability_extreme which, gv_error *err)
{
    size_t all = stability->words;
    if (which == GV_STABILITY_LEAST_STABLE_FREQUENT && all > GV_STABILITY_FREQUENT)
        all = GV_STABILITY_FREQUENT;
    ranked *sorted = gv_mem_alloc(all, sizeof *sorted, err);
    *n = *n < all ? *n : all;
    *words = gv_mem_alloc(*n, sizeof **words, err);
    int status = sorted && *words ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        for (size_t i = 0; i < all; i++)
            sorted[i] = (ranked){stability->group[group].overlap[i].mean, i};
        qsort(sorted, all, sizeof *sorted,
              which == GV_STABILITY_MOST_STABLE ? most_first : least_first);
        for (size_t i = 0; i < *n; i++)
            (*words)[i] = sorted[i].word;
    }
    gv_mem_free(sorted);
    return status;
}
