/*
 * The training kernel in plain C: the definition of gv_kernel.h, lane by lane.
 *
 * It is the oracle of the SIMD kernels, which must give the same bits, and the fallback on CPUs
 * that have none of them. It is written to be compared with the header's text, not to be fast: fmaf
 * is a function call unless the compiler may assume an FMA unit, and costs about 2 ns.
 *
 * Invariants: the lanes of a row are independent in the update, so walking lane by lane with all
 * records of the step inside is the same as record by record; the row's values change only after
 * the last record of the step has been seen.
 */
#include "kernel/gv_kernel_isa.h"
#include "kernel/gv_logistic.h"
#include <math.h>
#include <string.h>

/* A first guess at 1 / sqrt(s). */
static float guess(float s)
{
    uint32_t bits;
    float y;

    memcpy(&bits, &s, sizeof bits);
    bits = GV_RSQRT_MAGIC - (bits >> 1);
    memcpy(&y, &bits, sizeof y);
    return y;
}

/* value - t / sqrt(s), approximately. */
static float adagrad(float value, float t, float s)
{
    float y = guess(s);

    return fmaf(-(t * y), fmaf(-(s * y), y, GV_RSQRT_ALPHA), value);
}

/* clip() of gv_kernel.h: t held inside [-c, c]. Both comparisons are false for NaN, so that it
 * passes through, and a NaN bound has no effect. */
static float clip(float t, float c)
{
    float u = -c > t ? -c : t;

    return c < u ? c : u;
}

/* Dot product in the order of the contract: 16 accumulators, last chunk first, then a binary
 * tree. */
static float dot(const float *a, const float *b, size_t width)
{
    float acc[GV_LANES] = {0};

    for (size_t chunk = (width + GV_LANES - 1) / GV_LANES; chunk-- > 0;)
        for (size_t l = chunk * GV_LANES; l < width && l < (chunk + 1) * GV_LANES; l++)
            acc[l % GV_LANES] = fmaf(a[l], b[l], acc[l % GV_LANES]);
    for (size_t half = GV_LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            acc[l] += acc[l + half];
    return acc[0];
}

/* move() of gv_kernel.h: with AdaGrad, or with a constant step. */
static float change(const gv_kernel_args *args, float value, float t, float s)
{
    return args->constant_step ? value - t : adagrad(value, t, s);
}

/* Update lane `l` of the column vectors `b[0..m-1]` and of the row's vector `a`. */
static void update_lane(const gv_kernel_args *args, float *a, float *const *b, const float *g,
                        size_t m, size_t l)
{
    float sum = 0, square = 0, before = 0;
    size_t at = gv_kernel_sum(args->width, l);

    for (size_t k = 0; k < m; k++) {
        float *value = b[k] + l, *adagrad = b[k] + at;
        float tb = clip(g[k] * args->eta_column[l] * a[l], args->clip[l] * args->eta_column[l]);
        float ta = clip(g[k] * args->eta_row[l] * *value, args->clip[l] * args->eta_row[l]);

        *value = change(args, *value, tb, *adagrad);
        if (!args->constant_step)
            *adagrad = fmaf(tb, tb, *adagrad);
        before = square;
        sum = k == 0 ? ta : sum + ta;
        square = k == 0 ? ta * ta : fmaf(ta, ta, square);
    }
    float scale = m == 1 ? a[at] : a[at] + before;
    a[l] = change(args, a[l], sum, scale);
    if (!args->constant_step)
        a[at] = a[at] + square;
}

/* The derivative by z of what a pair costs. */
static float judge_logistic(const gv_kernel_args *args, float z, float x, float *cost)
{
    float plus, unused, s = gv_logistic(z, &plus), p = gv_logistic(x, &unused);
    float base = plus - p * z;

    if (x == -INFINITY) { /* never seen; p is 1e-30, so a z of -infinity shows in the cost */
        *cost = base + args->focus * (plus - 2.0f * s);
        return s * ((1.0f - args->focus) + 2.0f * args->focus * s);
    }
    float e = z - x, bound = args->logit_bound, h = e > bound ? bound : e;
    h = h < -bound ? -bound : h;
    *cost = base + args->logit_weight * (h * (e - 0.5f * h));
    return (s - p) + args->logit_weight * h;
}

static void gradient(gv_kernel_step *step, const float *log_x, const float *weight,
                     double loss[GV_STEP_RECORDS])
{
    const gv_kernel_args *args = step->args;

    for (size_t k = 0; k < step->records; k++) {
        float product = dot(step->row, step->column[k], args->width);
        if (args->logistic) {
            float cost, diff = judge_logistic(args, product * args->scale, log_x[k], &cost);
            step->g[k] = weight[k] * diff;
            loss[k] += (double)weight[k] * (double)cost;
        } else {
            float diff = product - log_x[k];
            step->g[k] = weight[k] * diff;
            loss[k] += (double)step->g[k] * (double)diff;
        }
    }
}

static void update(const gv_kernel_step *step)
{
    for (size_t l = 0; l < step->args->width; l++)
        update_lane(step->args, step->row, step->column, step->g, step->records, l);
}

/* One step of m <= GV_STEP_RECORDS records, the first of them number `first` of the tile. */
static void train_step(const gv_kernel_args *args, const gv_kernel_tile *tile, float *a,
                       size_t first, size_t m, double *loss)
{
    gv_kernel_step step = {.args = args, .row = a, .records = m};

    for (size_t k = 0; k < m; k++)
        step.column[k] = args->column_vectors + (size_t)tile->column[first + k] * 2 * args->width;
    gradient(&step, tile->log_x + first, tile->weight + first, loss);
    update(&step);
}

static double train_tile(const gv_kernel_args *args, const gv_kernel_tile *tile)
{
    double loss[GV_STEP_RECORDS] = {0};
    size_t next = 0;

    for (size_t r = 0; r < tile->rows; r++) {
        float *a = args->row_vectors + (size_t)tile->row[r] * 2 * args->width;
        size_t end = next + tile->row_length[r] + 1;

        while (next < end) {
            size_t m = end - next < GV_STEP_RECORDS ? end - next : GV_STEP_RECORDS;
            train_step(args, tile, a, next, m, loss);
            next += m;
        }
    }
    return gv_kernel_loss(args, loss);
}

const gv_kernel gv_kernel_scalar = {"scalar", train_tile, gradient, update};
