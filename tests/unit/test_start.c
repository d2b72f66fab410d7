/* Start vectors (gv_start.h), and rows that begin there, are pulled back, stay (gv_pull.h). */
#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "model/gv_pull.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>

enum { WORDS = 12, DIM = 23 }; /* 23: lanes behind the full chunks, too */

static gv_model *make_model(void)
{
    gv_error err = GV_ERROR_INIT;
    gv_model *model;
    gv_assert_ok(gv_model_new(&model, WORDS, DIM, &err), err);
    gv_assert_ok(gv_model_init(model, 3, 1, &err), err);
    return model;
}

/* Every second row has a start vector, on one side or on both. */
static gv_start *make_start(bool shared)
{
    gv_error err = GV_ERROR_INIT;
    gv_start *start;
    gv_assert_ok(gv_start_new(&start, WORDS, DIM, &err), err);
    gv_assert_ok(gv_start_reserve(start, GV_START_WORD, WORDS / 2, &err), err);
    for (uint32_t row = 0; row < WORDS; row += 2) {
        float *to = gv_start_add(start, GV_START_WORD, row);
        for (uint32_t l = 0; l < DIM; l++)
            to[l] = 0.1f * (float)(row + 1) - 0.01f * (float)l;
    }
    if (shared)
        gv_start_share(start);
    return start;
}

static const float *word(const gv_model *model, size_t row)
{
    return model->word + row * model->stride;
}

Test(start, rows_with_and_without)
{
    gv_start *start = make_start(false);
    cr_assert_null(gv_start_find(start, GV_START_WORD, 1));
    cr_assert_null(gv_start_find(start, GV_START_CONTEXT, 0));
    cr_assert_float_eq(gv_start_find(start, GV_START_WORD, 4)[2], 0.48f, 1e-6f);
    gv_start_share(start);
    cr_assert_eq(gv_start_find(start, GV_START_CONTEXT, 4), gv_start_find(start, GV_START_WORD, 4));
    gv_start_free(start);
    gv_start_free(NULL);
}

Test(start, nothing_given)
{
    gv_error err = GV_ERROR_INIT;
    gv_start *start;
    gv_assert_ok(gv_start_new(&start, WORDS, DIM, &err), err);
    gv_assert_ok(gv_start_reserve(start, GV_START_WORD, 0, &err), err);
    gv_model *model = make_model(), *same = make_model();
    start->pull = 1;
    gv_pull_apply(start, model);
    gv_pull_rows(start, model, GV_START_WORD, 0, WORDS, (gv_pull_step){1, 1, false});
    gv_pull_rows(start, model, GV_START_CONTEXT, 0, WORDS, (gv_pull_step){1, 1, false});
    cr_assert_eq(memcmp(model->word, same->word, model->bytes), 0);
    cr_assert_eq(memcmp(model->context, same->context, model->bytes), 0);
    gv_start_free(start);
    gv_model_free(model);
    gv_model_free(same);
}

Test(start, only_vectors_of_given_rows_are_set)
{
    gv_start *start = make_start(false);
    gv_model *model = make_model(), *same = make_model();
    gv_pull_apply(start, model);
    for (size_t row = 0; row < WORDS; row++) {
        bool given = row % 2 == 0;
        cr_assert_eq(memcmp(word(model, row), word(same, row), DIM * sizeof(float)) != 0, given);
        if (given)
            cr_assert_eq(memcmp(word(model, row), gv_start_find(start, GV_START_WORD, row),
                                DIM * sizeof(float)),
                         0);
        /* bias, constants, padding and sums */
        cr_assert_eq(memcmp(word(model, row) + DIM, word(same, row) + DIM,
                            (model->stride - DIM) * sizeof(float)),
                     0);
    }
    cr_assert_eq(memcmp(model->context, same->context, model->bytes), 0);
    gv_start_free(start);
    gv_model_free(model);
    gv_model_free(same);
}

/* Against the formula, in double. */
Test(start, pull_is_the_implicit_step_of_the_penalty)
{
    gv_start *start = make_start(false);
    gv_model *model = make_model();
    const gv_pull_step step = {.part = 0.25, .eta = 0.05};
    start->pull = 300;
    model->scale = 0.2f;
    for (size_t row = 0; row < WORDS; row++)
        for (size_t l = 0; l < DIM; l++)
            model->word[row * model->stride + gv_kernel_sum(model->width, l)] =
                1.0f + (float)(row * DIM + l);
    gv_model *before = make_model();
    memcpy(before->word, model->word, model->bytes);
    gv_pull_rows(start, model, GV_START_WORD, 1, 9, step);
    for (size_t row = 0; row < WORDS; row++)
        for (size_t l = 0; l < model->stride; l++) {
            double old = word(before, row)[l], now = word(model, row)[l], wanted = old;
            if (row % 2 == 0 && row >= 1 && row < 9 && l < DIM) {
                double s = (double)gv_start_find(start, GV_START_WORD, row)[l] / 0.2f;
                double t = 300 * 0.25 * 0.05 / sqrt(1.0 + (double)(row * DIM + l));
                wanted = s + (old - s) / (1 + t);
            }
            cr_assert_float_eq(now, wanted, 1e-6 * (1 + fabs(wanted)), "row %zu, lane %zu", row, l);
        }
    gv_start_free(start);
    gv_model_free(model);
    gv_model_free(before);
}

/* Steps of the penalty alone decrease it; its gradient is that of finite differences. */
Test(start, gradient_is_that_of_the_penalty)
{
    gv_error err = GV_ERROR_INIT;
    gv_start *start = make_start(true);
    gv_model *model;
    gv_assert_ok(gv_model_new_values(&model, WORDS, DIM, &err), err);
    float gradient[DIM] = {0}, ignored[DIM] = {0};
    start->pull = 3;
    float *row = model->context + 4 * model->stride;
    double value = gv_pull_gradient(gradient, start, model, GV_START_CONTEXT, 4);
    for (size_t l = 0; l < DIM; l++) {
        const float h = 1e-2f;
        row[l] += h;
        double up = gv_pull_gradient(ignored, start, model, GV_START_CONTEXT, 4);
        row[l] -= 2 * h;
        double down = gv_pull_gradient(ignored, start, model, GV_START_CONTEXT, 4);
        row[l] += h;
        cr_assert_float_eq((up - down) / (2 * (double)h), (double)gradient[l], 1e-3, "lane %zu", l);
    }
    cr_assert_gt(value, 0);
    cr_assert_eq(gv_pull_gradient(ignored, start, model, GV_START_CONTEXT, 5), 0);
    start->frozen = true;
    cr_assert_eq(gv_pull_gradient(gradient, start, model, GV_START_CONTEXT, 4), 0);
    cr_assert_eq(gradient[3], 0);
    gv_start_free(start);
    gv_model_free(model);
}

/* A huge mu, a division that overflows, a sum that is infinite: the row is at its start, or stays,
 * and no number is NaN. */
Test(start, extreme_strengths)
{
    static const double strengths[] = {1e-30, 1e12, 1e38, 1e300};
    for (size_t i = 0; i < sizeof strengths / sizeof *strengths; i++) {
        gv_start *start = make_start(true);
        gv_model *model = make_model();
        start->pull = strengths[i];
        model->word[gv_kernel_sum(model->width, 1)] = INFINITY;
        gv_pull_rows(start, model, GV_START_WORD, 0, WORDS, (gv_pull_step){1, 1, i % 2 == 0});
        cr_assert(isfinite(word(model, 0)[1]) && isfinite(word(model, 0)[0]), "%g", strengths[i]);
        if (strengths[i] > 1)
            cr_assert_eq(word(model, 2)[5], gv_start_find(start, GV_START_WORD, 2)[5]);
        gv_start_free(start);
        gv_model_free(model);
    }
}

/* What the kernel does to a frozen row is below 1e-12, and is put right; what is written has the
 * bytes of the start vectors, whatever the scale. */
Test(start, frozen_rows_stay)
{
    gv_start *start = make_start(true);
    gv_model *model = make_model();
    float out[2 * DIM];
    start->frozen = true;
    model->scale = 0.2f;
    model->held = start;
    gv_pull_apply(start, model);
    model->word[4 * model->stride + 3] *= 1.0001f;
    gv_pull_rows(start, model, GV_START_WORD, 0, WORDS, (gv_pull_step){1, 1, false});
    const float *s = gv_start_find(start, GV_START_WORD, 4);
    cr_assert_eq(word(model, 4)[3], s[3] / 0.2f);
    gv_model_output(out, model, GV_OUTPUT_WORD, 4);
    cr_assert_eq(memcmp(out, s, DIM * sizeof *s), 0);
    gv_model_output(out, model, GV_OUTPUT_SUM, 4);
    for (size_t l = 0; l < DIM; l++)
        cr_assert_eq(out[l], 2 * s[l]);
    gv_model_output(out, model, GV_OUTPUT_CONCAT, 4);
    cr_assert_eq(memcmp(out + DIM, s, DIM * sizeof *s), 0);
    gv_model_output(out, model, GV_OUTPUT_CONTEXT, 5);
    cr_assert_eq(out[7], model->context[5 * model->stride + 7] * 0.2f);
    gv_start_free(start);
    gv_model_free(model);
}
