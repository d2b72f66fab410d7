/*
 * The training kernel in plain C: the definition of gv_kernel.h read aloud, lane by lane.
 *
 * It is the oracle of the SIMD kernels, which must give the same bits, and the fallback on CPUs
 * that have none of them. So it is written to be checked against the header's text, not to be
 * fast: fmaf is a function call unless the compiler may assume an FMA unit, and costs about 2 ns.
 *
 * Invariants: the lanes of a row are independent in the update, so walking lane by lane with all
 * records of the group inside is the same as record by record; the run row's values change only
 * after the last record of the group has been seen.
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

/* value - t / sqrt(s), about. */
static float step(float value, float t, float s)
{
    float y = guess(s);

    return fmaf(-(t * y), fmaf(-(s * y), y, GV_RSQRT_ALPHA), value);
}

/* t held inside [-c, c]; NaN stays NaN. */
static float clip(float t, float c)
{
    float u = -c > t ? -c : t;

    return c < u ? c : u;
}

/* Dot product in the order that the contract lays down: 16 accumulators, then a binary tree. */
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

/* The same, or with a constant step. */
static float move(const gv_kernel_pass *pass, float value, float t, float s)
{
    return pass->constant_step ? value - t : step(value, t, s);
}

/* Move lane `l` of the stream rows `b[0..m-1]` and of the run row `a`. */
static void update_lane(const gv_kernel_pass *pass, float *a, float *const *b, const float *g,
                        size_t m, size_t l)
{
    float sum = 0, square = 0, before = 0;
    size_t at = gv_kernel_sum(pass->width, l);

    for (size_t k = 0; k < m; k++) {
        float *value = b[k] + l, *adagrad = b[k] + at;
        float tb = clip(g[k] * pass->eta_stream[l] * a[l], pass->clip[l] * pass->eta_stream[l]);
        float ta = clip(g[k] * pass->eta_run[l] * *value, pass->clip[l] * pass->eta_run[l]);

        *value = move(pass, *value, tb, *adagrad);
        if (!pass->constant_step)
            *adagrad = fmaf(tb, tb, *adagrad);
        before = square;
        sum = k == 0 ? ta : sum + ta;
        square = k == 0 ? ta * ta : fmaf(ta, ta, square);
    }
    float scale = m == 1 ? a[at] : a[at] + before;
    a[l] = move(pass, a[l], sum, scale);
    if (!pass->constant_step)
        a[at] = a[at] + square;
}

/* The derivative by z of what a pair costs. */
static float judge_logistic(const gv_kernel_pass *pass, float z, float x, float *cost)
{
    float plus, unused, s = gv_logistic(z, &plus), p = gv_logistic(x, &unused);
    float base = plus - p * z;

    if (x == -INFINITY) { /* never seen; p is 1e-30, so a z of -infinity shows in the cost */
        *cost = base + pass->focus * (plus - 2.0f * s);
        return s * ((1.0f - pass->focus) + 2.0f * pass->focus * s);
    }
    float e = z - x, bound = pass->logit_bound, h = e > bound ? bound : e;
    h = h < -bound ? -bound : h;
    *cost = base + pass->logit_weight * (h * (e - 0.5f * h));
    return (s - p) + pass->logit_weight * h;
}

static void gradient(gv_kernel_group *group, const float *log_x, const float *weight,
                     double loss[GV_GROUP])
{
    const gv_kernel_pass *pass = group->pass;

    for (size_t k = 0; k < group->records; k++) {
        float product = dot(group->run, group->stream[k], pass->width);
        if (pass->logistic) {
            float cost, diff = judge_logistic(pass, product * pass->scale, log_x[k], &cost);
            group->g[k] = weight[k] * diff;
            loss[k] += (double)weight[k] * (double)cost;
        } else {
            float diff = product - log_x[k];
            group->g[k] = weight[k] * diff;
            loss[k] += (double)group->g[k] * (double)diff;
        }
    }
}

static void update(const gv_kernel_group *group)
{
    for (size_t l = 0; l < group->pass->width; l++)
        update_lane(group->pass, group->run, group->stream, group->g, group->records, l);
}

/* One group of m <= GV_GROUP records, the first of them number `first` of the tile. */
static void train_group(const gv_kernel_pass *pass, const gv_kernel_tile *tile, float *a,
                        size_t first, size_t m, double *loss)
{
    gv_kernel_group group = {.pass = pass, .run = a, .records = m};

    for (size_t k = 0; k < m; k++)
        group.stream[k] = pass->stream_rows + (size_t)tile->column[first + k] * 2 * pass->width;
    gradient(&group, tile->log_x + first, tile->weight + first, loss);
    update(&group);
}

static double train_tile(const gv_kernel_pass *pass, const gv_kernel_tile *tile)
{
    double loss[GV_GROUP] = {0};
    size_t next = 0;

    for (size_t r = 0; r < tile->runs; r++) {
        float *a = pass->run_rows + (size_t)tile->run_row[r] * 2 * pass->width;
        size_t end = next + tile->run_length[r] + 1;

        while (next < end) {
            size_t m = end - next < GV_GROUP ? end - next : GV_GROUP;
            train_group(pass, tile, a, next, m, loss);
            next += m;
        }
    }
    return gv_kernel_loss(pass, loss);
}

const gv_kernel gv_kernel_scalar = {"scalar", train_tile, gradient, update};
