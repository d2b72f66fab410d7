/* The objective in plain C: the text of gv_objective.h read aloud, and the oracle of the SIMD
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

static double evaluate(const gv_objective_pass *pass, const gv_kernel_tile *tile, bool spread)
{
    double loss[GV_GROUP] = {0};
    size_t k = 0, width = pass->width;
    for (size_t r = 0; r < tile->runs; r++) {
        size_t run = tile->run_row[r] * width, begin = k;
        for (size_t end = k + tile->run_length[r] + 1u; k < end; k++) {
            size_t stream = tile->column[k] * width;
            const float *a = pass->run_rows + run, *b = pass->stream_rows + stream;
            float diff = dot(a, b, width) - tile->log_x[k];
            float g = tile->weight[k] * diff;
            loss[(k - begin) % GV_GROUP] += (double)g * (double)diff;
            if (spread)
                add(pass->gradient + stream, g, a, width);
            else
                add(pass->gradient + run, g, b, width);
        }
    }
    return 0.5 * ((loss[0] + loss[1]) + (loss[2] + loss[3]));
}

static double collect(const gv_objective_pass *pass, const gv_kernel_tile *tile)
{
    return evaluate(pass, tile, false);
}

static double spread(const gv_objective_pass *pass, const gv_kernel_tile *tile)
{
    return evaluate(pass, tile, true);
}

const gv_objective_kernel gv_objective_scalar = {"scalar", collect, spread};
