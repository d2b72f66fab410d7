/*
 * The scalar kernel against the mathematics: its change is the gradient of GloVe's loss, a step
 * adds up its records, constants and padding stay; and the choice of a kernel by name.
 */
#include "base/gv_rng.h"
#include "kernel/gv_kernel.h"
#include "support/gv_test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 5, WIDTH = 16, STRIDE = 2 * WIDTH, ROWS = 9 };

static const float eta = 0.05f, bias_eta = 1.0f;

/* A tiny model; the arrays laid out as in gv_kernel.h. */
typedef struct model {
    float word[ROWS * STRIDE] __attribute__((aligned(64)));
    float context[ROWS * STRIDE] __attribute__((aligned(64)));
    float eta_word[WIDTH] __attribute__((aligned(64)));
    float eta_context[WIDTH] __attribute__((aligned(64)));
    float clip[WIDTH] __attribute__((aligned(64)));
    gv_kernel_args args;
} model;

static void make_model(model *m, float bound)
{
    gv_rng rng;

    memset(m, 0, sizeof *m);
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 20);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t l = 0; l < WIDTH; l++) {
            m->word[r * STRIDE + l] = l <= DIM ? (float)(gv_rng_uniform(&rng) - 0.5) : 0;
            m->context[r * STRIDE + l] = l <= DIM + 1 ? (float)(gv_rng_uniform(&rng) - 0.5) : 0;
            m->word[r * STRIDE + WIDTH + l] = m->context[r * STRIDE + WIDTH + l] = 1;
        }
    for (size_t r = 0; r < ROWS; r++)
        m->word[r * STRIDE + DIM + 1] = m->context[r * STRIDE + DIM] = 1;
    for (size_t l = 0; l < WIDTH; l++) {
        m->eta_word[l] = l < DIM ? eta : l == DIM ? bias_eta : 0;
        m->eta_context[l] = l < DIM ? eta : l == DIM + 1 ? bias_eta : 0;
        m->clip[l] = l < DIM ? bound : INFINITY;
    }
    m->args = (gv_kernel_args){.width = WIDTH,
                               .row_vectors = m->word,
                               .column_vectors = m->context,
                               .eta_row = m->eta_word,
                               .eta_column = m->eta_context,
                               .clip = m->clip};
}

/* Tile row 3 with `n` columns 0 .. n-1. */
static double train(model *m, size_t n, const float *log_x, const float *weight)
{
    uint16_t row = 3, row_length = (uint16_t)(n - 1), column[ROWS];

    for (size_t i = 0; i < ROWS; i++)
        column[i] = (uint16_t)i;
    gv_kernel_tile tile = {1, n, &row, &row_length, column, log_x, weight};
    return gv_kernel_scalar.train_tile(&m->args, &tile);
}

/* 0.5 f (w.c + b + b~ - log X)^2 in double, for word row 3 and context row 0. */
static double loss(const model *m, double f, double log_x)
{
    const float *w = m->word + 3 * STRIDE, *c = m->context;
    double diff = (double)w[DIM] + (double)c[DIM + 1] - log_x;

    for (size_t l = 0; l < DIM; l++)
        diff += (double)w[l] * (double)c[l];
    return 0.5 * f * diff * diff;
}

/* Central difference of the loss by one parameter of `m`. */
static double slope(model *m, float *parameter, double f, double log_x)
{
    float kept = *parameter, step = 1.0f / 1024;
    double up, down;
    float high = kept + step, low = kept - step;

    *parameter = high;
    up = loss(m, f, log_x);
    *parameter = low;
    down = loss(m, f, log_x);
    *parameter = kept;
    return (up - down) / ((double)high - (double)low);
}

/* The AdaGrad sums are 1, so a step is eta times the gradient, up to the error of the estimate of
 * 1 / sqrt(1), and the sum grows by the square of eta times the gradient. */
static void expect_step(const float *before, const float *after, size_t l, double rate, double s)
{
    double step = rate * s;

    cr_assert(fabs((double)(before[l] - after[l]) - step) < 0.0012 * fabs(step) + 1e-7,
              "lane %zu moved by %g, gradient step %g", l, (double)(before[l] - after[l]), step);
    cr_assert(fabs((double)after[WIDTH + l] - 1 - step * step) < 1e-5 * step * step + 2e-7);
}

Test(kernel, step_is_the_gradient_of_the_loss)
{
    static model m, start;
    float log_x = 1.7f, f = 0.6f;

    make_model(&m, 1e6f);
    start = m;
    double value = train(&m, 1, &log_x, &f);
    cr_assert(fabs(value - loss(&start, (double)f, (double)log_x)) < 1e-6);
    float *w = start.word + 3 * STRIDE, *c = start.context;
    for (size_t l = 0; l < DIM; l++) {
        expect_step(w, m.word + 3 * STRIDE, l, (double)eta,
                    slope(&start, w + l, (double)f, (double)log_x));
        expect_step(c, m.context, l, (double)eta, slope(&start, c + l, (double)f, (double)log_x));
    }
    expect_step(w, m.word + 3 * STRIDE, DIM, (double)bias_eta,
                slope(&start, w + DIM, (double)f, (double)log_x));
    expect_step(c, m.context, DIM + 1, (double)bias_eta,
                slope(&start, c + DIM + 1, (double)f, (double)log_x));
}

/* The estimate of 1 / sqrt(s), which every step is scaled by, over all that sums can be. */
Test(kernel, step_size_is_near_that_of_adagrad)
{
    double lowest = 2, highest = 0;

    for (int i = 0; i <= 4000; i++) {
        static model m;
        float log_x = 0, f = 1, s = (float)exp2(4 * i / 4000.0);
        make_model(&m, 1e6f);
        m.context[WIDTH + 1] = s;
        double before = (double)m.context[1], a = (double)m.word[3 * STRIDE + 1];
        double g = sqrt(2 * train(&m, 1, &log_x, &f));
        double step = fabs((double)m.context[1] - before) / (fabs(g * a) * (double)eta);
        lowest = fmin(lowest, step * sqrt((double)s));
        highest = fmax(highest, step * sqrt((double)s));
    }
    /* 0.09 %, and as much again for what is lost in the difference of two floats */
    cr_assert(lowest > 0.9982 && highest < 1.0018, "from %g to %g", lowest, highest);
    cr_assert(lowest < 0.9992 && highest > 1.0008, "from %g to %g", lowest, highest);
}

Test(kernel, constants_padding_and_other_rows_never_move)
{
    static model m, start;
    float log_x[ROWS], f[ROWS];

    make_model(&m, 100);
    start = m;
    for (size_t i = 0; i < ROWS; i++)
        log_x[i] = (float)i - 2, f[i] = 1;
    train(&m, ROWS - 1, log_x, f);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t l = 0; l < STRIDE; l++) {
            size_t lane = l % WIDTH, i = r * STRIDE + l;
            if (r != 3 || lane > DIM)
                cr_assert_eq(m.word[i], start.word[i], "word row %zu lane %zu", r, l);
            if (r == ROWS - 1 || lane == DIM || lane > DIM + 1)
                cr_assert_eq(m.context[i], start.context[i], "context row %zu lane %zu", r, l);
            else
                cr_assert_neq(m.context[i], start.context[i], "context row %zu lane %zu", r, l);
        }
}

/* A step sees the row as it began: each column moves as if it were alone. */
Test(kernel, records_of_a_step_do_not_see_each_other)
{
    static model together, alone;
    float log_x[GV_STEP_RECORDS] = {1, 2, 3, 4}, f[GV_STEP_RECORDS] = {1, 0.5f, 0.25f, 1};
    float none[GV_STEP_RECORDS] = {0};

    make_model(&together, 100);
    train(&together, GV_STEP_RECORDS, log_x, f);
    for (size_t k = 0; k < GV_STEP_RECORDS; k++) {
        float only[GV_STEP_RECORDS] = {0};
        only[k] = f[k];
        make_model(&alone, 100);
        train(&alone, GV_STEP_RECORDS, log_x, only);
        cr_assert_arr_eq(alone.context + k * STRIDE, together.context + k * STRIDE,
                         STRIDE * sizeof(float));
    }
    make_model(&alone, 100); /* weight 0 moves nothing and costs nothing */
    static model start;
    start = alone;
    cr_assert_eq(train(&alone, GV_STEP_RECORDS, log_x, none), 0.0);
    cr_assert_arr_eq(alone.word, start.word, sizeof start.word);
    cr_assert_arr_eq(alone.context, start.context, sizeof start.context);
}

Test(kernel, clip_bounds_the_gradient_of_vectors_but_not_of_biases)
{
    static model m, start;
    float log_x = 1000, f = 1;

    make_model(&m, 0.5f);
    start = m;
    train(&m, 1, &log_x, &f);
    const float *w = m.word + 3 * STRIDE, *w0 = start.word + 3 * STRIDE;
    for (size_t l = 0; l < DIM; l++)
        cr_assert(fabsf(fabsf(w[l] - w0[l]) - 0.5f * eta) < 0.035f * 0.5f * eta + 1e-6f);
    cr_assert(fabsf(w[DIM] - w0[DIM]) > 900);
}

Test(kernel, nan_and_infinity_reach_the_loss)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        static model m;
        float log_x = 1, f = 0;
        make_model(&m, 100);
        m.context[2] = bad[i];
        cr_assert(!isfinite(train(&m, 1, &log_x, &f)), "%f", (double)bad[i]);
    }
}

Test(kernel, empty_tile_has_no_loss)
{
    static model m;
    const gv_kernel *kernels[GV_KERNELS];
    gv_kernel_tile empty = {0, 0, NULL, NULL, NULL, NULL, NULL};

    make_model(&m, 100);
    for (size_t i = 0, n = gv_kernel_list(kernels); i < n; i++)
        cr_assert_eq(kernels[i]->train_tile(&m.args, &empty), 0.0);
}

Test(kernel, every_listed_kernel_can_be_chosen_by_name)
{
    const gv_kernel *kernels[GV_KERNELS], *chosen;
    gv_error err = GV_ERROR_INIT;
    size_t n = gv_kernel_list(kernels);

    cr_assert_eq(kernels[0], &gv_kernel_scalar);
    for (size_t i = 0; i < n; i++) {
        setenv("GLOVEBOX_KERNEL", kernels[i]->name, 1);
        gv_assert_ok(gv_kernel_choose(&chosen, &err), err);
        cr_assert_eq(chosen, kernels[i]);
    }
    unsetenv("GLOVEBOX_KERNEL");
    gv_assert_ok(gv_kernel_choose(&chosen, &err), err);
    cr_assert_eq(chosen, kernels[n - 1]);
}

Test(kernel, a_kernel_that_is_not_there_is_a_usage_error)
{
    static const char *const names[] = {"sse", "avx2 ", "neon"};
    const gv_kernel *chosen;

    for (size_t i = 0; i < 3; i++) {
        gv_error err = GV_ERROR_INIT;
        setenv("GLOVEBOX_KERNEL", names[i], 1);
#if defined(__aarch64__)
        if (i == 2)
            continue;
#endif
        cr_assert_eq(gv_kernel_choose(&chosen, &err), GV_E_USAGE);
        cr_assert_not_null(strstr(err.text, "GLOVEBOX_KERNEL"), "%s", err.text);
    }
}
