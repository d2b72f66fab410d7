/*
 * Plain loops that the compiler vectorises; they wait for memory, so nothing faster is needed. The
 * eight sums of a dot product are added in a fixed tree: the compiler may not reorder them, and the
 * bytes of a model that was trained with them depend on that order.
 */
#include "kernel/gv_linalg.h"

double gv_linalg_dot(const float *a, const float *b, size_t n)
{
    double sum[GV_LINALG_LANES] = {0};
    for (size_t i = 0; i < n; i += GV_LINALG_LANES)
        for (size_t l = 0; l < GV_LINALG_LANES; l++)
            sum[l] += (double)a[i + l] * (double)b[i + l];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

void gv_linalg_axpy(float *restrict y, double alpha, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)((double)y[i] + alpha * (double)x[i]);
}

void gv_linalg_scale(float *x, double alpha, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(alpha * (double)x[i]);
}
