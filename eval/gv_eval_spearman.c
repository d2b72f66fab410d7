#include "eval/gv_eval_spearman.h"

#include "base/gv_mem.h"
#include <math.h>
#include <stdlib.h>

typedef struct numbered {
    double value;
    size_t number;
} numbered;

static int by_value(const void *x, const void *y)
{
    const numbered *a = x, *b = y;
    return (a->value > b->value) - (a->value < b->value);
}

int gv_eval_spearman_ranks(double *ranks, const double *values, size_t n, gv_error *err)
{
    numbered *sorted = gv_mem_alloc(n, sizeof *sorted, err);
    if (!sorted)
        return GV_E_MEMORY;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (numbered){values[i], i};
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t first = 0, last; first < n; first = last) {
        for (last = first + 1; last < n && sorted[last].value <= sorted[first].value; last++)
            ;
        for (size_t i = first; i < last; i++)
            ranks[sorted[i].number] = ((double)first + 1.0 + (double)last) / 2.0;
    }
    gv_mem_free(sorted);
    return GV_OK;
}

int gv_eval_spearman(double *rho, const double *x, const double *y, size_t n, gv_error *err)
{
    *rho = NAN;
    if (n < 2)
        return GV_OK;
    double *p = gv_mem_alloc(n, sizeof *p, err), *q = gv_mem_alloc(n, sizeof *q, err);
    int status = p && q ? gv_eval_spearman_ranks(p, x, n, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_eval_spearman_ranks(q, y, n, err);
    if (status == GV_OK) {
        const double mean = ((double)n + 1.0) / 2.0;
        double xy = 0.0, xx = 0.0, yy = 0.0;
        for (size_t i = 0; i < n; i++) {
            double u = p[i] - mean, v = q[i] - mean;
            xy += u * v;
            xx += u * u;
            yy += v * v;
        }
        if (xx > 0.0 && yy > 0.0)
            *rho = xy / sqrt(xx * yy);
    }
    gv_mem_free(p);
    gv_mem_free(q);
    return status;
}
