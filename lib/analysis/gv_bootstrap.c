#include "analysis/gv_bootstrap.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include <math.h>
#include <stdlib.h>

/* Draws are the same in every comparison. */
enum { SEED = 1 };

void gv_bootstrap_draw(double *weights, const size_t *ends, size_t sections, uint64_t draw)
{
    gv_rng rng;
    gv_rng_seed(&rng, SEED, GV_RNG_BOOTSTRAP, draw);
    for (size_t s = 0, first = 0; s < sections; first = ends[s++]) {
        const size_t n = ends[s] - first;
        for (size_t i = 0; i < n; i++)
            weights[first + i] = 0.0;
        for (size_t i = 0; i < n; i++)
            weights[first + gv_rng_below(&rng, n)] += 1.0;
    }
}

typedef struct numbered {
    double value;
    uint32_t item;
} numbered;

static int by_value(const void *x, const void *y)
{
    const numbered *a = x, *b = y;
    const int order = (a->value > b->value) - (a->value < b->value);
    return order ? order : (a->item > b->item) - (a->item < b->item);
}

int gv_bootstrap_order_make(gv_bootstrap_order *order, const double *values, size_t n,
                            gv_error *err)
{
    numbered *sorted = gv_mem_alloc(n, sizeof *sorted, err);
    *order = (gv_bootstrap_order){.n = n};
    order->item = gv_mem_alloc(n, sizeof *order->item, err);
    order->tied = gv_mem_alloc(n, sizeof *order->tied, err);
    const int status = sorted && order->item && order->tied ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < n && status == GV_OK; i++)
        sorted[i] = (numbered){values[i], (uint32_t)i};
    if (status == GV_OK && n > 0)
        qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        order->item[i] = sorted[i].item;
        order->tied[i] = i > 0 && sorted[i].value <= sorted[i - 1].value;
    }
    gv_mem_free(sorted);
    return status;
}

void gv_bootstrap_order_free(gv_bootstrap_order *order)
{
    gv_mem_free(order->item);
    gv_mem_free(order->tied);
    *order = (gv_bootstrap_order){0};
}

void gv_bootstrap_ranks(double *ranks, const gv_bootstrap_order *order, const double *weights)
{
    double before = 0.0;
    for (size_t first = 0, end; first < order->n; first = end) {
        double together = weights[order->item[first]];
        for (end = first + 1; end < order->n && order->tied[end]; end++)
            together += weights[order->item[end]];
        const double rank = before + (together + 1.0) / 2.0;
        for (size_t i = first; i < end; i++)
            ranks[order->item[i]] = rank;
        before += together;
    }
}

/* Four sums side by side, so that a step need not wait for the one before. */
double gv_bootstrap_correlation(const double *x, const double *y, const double *weights, size_t n)
{
    enum { LANES = 4 };
    double total = 0.0, xy[LANES] = {0.0}, xx[LANES] = {0.0}, yy[LANES] = {0.0};
    for (size_t i = 0; i < n; i++)
        total += weights[i]; /* whole numbers: exact in any order */
    const double mean = (total + 1.0) / 2.0;
    for (size_t i = 0; i < n; i += LANES)
        for (size_t k = 0; k < LANES && i + k < n; k++) {
            const double u = x[i + k] - mean, v = y[i + k] - mean, w = weights[i + k];
            xy[k] += w * u * v;
            xx[k] += w * u * u;
            yy[k] += w * v * v;
        }
    const double p = xy[0] + xy[1] + (xy[2] + xy[3]), q = xx[0] + xx[1] + (xx[2] + xx[3]);
    const double r = yy[0] + yy[1] + (yy[2] + yy[3]);
    return q > 0.0 && r > 0.0 ? p / sqrt(q * r) : NAN;
}
