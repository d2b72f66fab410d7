/* The objective in plain C: the text of gv_objective.h line by line, and the oracle of the SIMD
 * kernels. */
#include "kernel/gv_objective.h"
#include <math.h>
#include <stdbool.h>

static float dot(const float *a, const float *b, size_t width)
{
    float acc[GV_LANES] = {0};
    for (size_t c = width; c > 0; c -= GV_LANES)
        for (size_t l = 0; l < GV_LANES; l++)
            acc[l] = fmaf(a[c - GV_LANES + l], b[c - GV_LANES + l], acc[l]);
    for (size_t half = GV_LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            acc[l] += acc[l + half];
    return acc[0];
}

static void add(float *to, float g, const float *from, size_t width)
{
    for (size_t l = 0; l < width; l++)
        to[l] = fmaf(g, from[l], to[l]);
}

static double evaluate(const gv_objective_args *args, const gv_kernel_tile *tile, bool spread)
{
    double loss[GV_STEP_RECORDS] = {0};
    size_t k = 0, width = args->width;
    for (size_t r = 0; r < tile->rows; r++) {
        size_t row = tile->row[r] * width, begin = k;
        for (size_t end = k + tile->row_length[r] + 1u; k < end; k++) {
            size_t column = tile->column[k] * width;
            const float *a = args->row_vectors + row, *b = args->column_vectors + column;
            float diff = dot(a, b, width) - tile->log_x[k];
            float g = tile->weight[k] * diff;
            loss[(k - begin) % GV_STEP_RECORDS] += (double)g * (double)diff;
            if (spread)
                add(args->gradient + column, g, a, width);
            else
                add(args->gradient + row, g, b, width);
        }
    }
    return 0.5 * ((loss[0] + loss[1]) + (loss[2] + loss[3]));
}

static double collect(const gv_objective_args *args, const gv_kernel_tile *tile)
{
    return evaluate(args, tile, false);
}

static double spread(const gv_objective_args *args, const gv_kernel_tile *tile)
{
    return evaluate(args, tile, true);
}

const gv_objective_kernel gv_objective_scalar = {"scalar", collect, spread};
