#include "model/gv_model.h"
#include "model/gv_step_sizes.h"

#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "support/gv_test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static gv_model *make_model(uint32_t words, uint32_t dim, unsigned threads)
{
    gv_error err = GV_ERROR_INIT;
    gv_model *model;
    gv_assert_ok(gv_model_new(&model, words, dim, &err), err);
    gv_assert_ok(gv_model_init(model, 42, threads, &err), err);
    return model;
}

Test(model, width_leaves_room_for_two_more_lanes)
{
    cr_assert_eq(gv_model_width(1), 8);
    cr_assert_eq(gv_model_width(6), 8);
    cr_assert_eq(gv_model_width(14), 16);
    cr_assert_eq(gv_model_width(15), 24);
    cr_assert_eq(gv_model_width(50), 56);
    cr_assert_eq(gv_model_width(300), 304);
}

Test(model, rows_as_the_kernel_wants_them)
{
    const uint32_t dim = 15;
    gv_model *model = make_model(20, dim, 1);
    cr_assert_eq((uintptr_t)model->word % 64, 0);
    cr_assert_eq((uintptr_t)model->context % 64, 0);
    for (size_t row = 0; row < 20; row++) {
        const float *word = model->word + row * model->stride;
        const float *context = model->context + row * model->stride;
        for (size_t lane = 0; lane < model->width; lane++) {
            bool word_bias = lane == dim, context_bias = lane == dim + 1;
            if (lane < dim || word_bias)
                cr_assert(word[lane] != 0 && fabsf(word[lane]) <= 0.5f / (float)dim);
            else
                cr_assert_eq(word[lane], context_bias ? 1.0f : 0.0f);
            if (lane < dim || context_bias)
                cr_assert(context[lane] != 0 && fabsf(context[lane]) <= 0.5f / (float)dim);
            else
                cr_assert_eq(context[lane], word_bias ? 1.0f : 0.0f);
            cr_assert_eq(word[model->width + lane], 1.0f);
            cr_assert_eq(context[model->width + lane], 1.0f);
        }
    }
    cr_assert_neq(memcmp(model->word, model->context, dim * sizeof(float)), 0);
    gv_model_free(model);
}

Test(model, start_depends_on_the_seed_only)
{
    gv_model *one = make_model(101, 7, 1), *eight = make_model(101, 7, 8);
    cr_assert_eq(memcmp(one->word, eight->word, one->bytes), 0);
    cr_assert_eq(memcmp(one->context, eight->context, one->bytes), 0);
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_model_init(eight, 43, 1, &err), err);
    cr_assert_neq(memcmp(one->word, eight->word, one->bytes), 0);
    /* the first rows of a larger vocabulary start alike */
    gv_model *more = make_model(300, 7, 3);
    cr_assert_eq(memcmp(one->word, more->word, one->bytes), 0);
    gv_model_free(one);
    gv_model_free(eight);
    gv_model_free(more);
}

Test(model, sizes_that_cannot_be)
{
    uint64_t bytes;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_model_bytes(&bytes, 1000, 50, &err), err);
    cr_assert_eq(bytes, 2u * 1000 * 112 * 4);
    cr_assert_eq(gv_model_bytes(&bytes, UINT32_MAX, UINT32_MAX - 32, &err), GV_E_MEMORY);
    cr_assert_not_null(strstr(err.text, "train.dim"));
}

Test(model, failing_allocations)
{
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_model *model = NULL;
        gv_step_sizes lanes = {0};
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status = gv_model_new(&model, 5, 5, &err);
        if (status == GV_OK)
            status = gv_step_sizes_init(&lanes, 5, 0.1, 0.1, 1, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY);
        cr_assert_lt(n, 20);
        gv_step_sizes_clear(&lanes);
        gv_model_free(model);
    }
}

Test(model, lanes)
{
    gv_error err = GV_ERROR_INIT;
    gv_step_sizes lanes;
    gv_assert_ok(gv_step_sizes_init(&lanes, 3, 0.25, NAN, 2, &err), err);
    const float word[] = {0.25f, 0.25f, 0.25f, 0.25f, 0, 0};
    const float context[] = {0.25f, 0.25f, 0.25f, 0, 0.25f, 0};
    cr_assert_eq(memcmp(lanes.eta_word, word, sizeof word), 0);
    cr_assert_eq(memcmp(lanes.eta_context, context, sizeof context), 0);
    for (size_t lane = 0; lane < 8; lane++)
        cr_assert_eq(lanes.clip[lane], lane < 3 ? 2.0f : INFINITY);
    gv_step_sizes_clear(&lanes);
    gv_assert_ok(gv_step_sizes_init(&lanes, 3, 0.25, 1, INFINITY, &err), err);
    cr_assert_eq(lanes.eta_word[3], 1.0f);
    cr_assert_eq(lanes.eta_context[4], 1.0f);
    cr_assert_eq(lanes.clip[0], INFINITY);
    gv_step_sizes_clear(&lanes);
}

/* Kernels load whole vectors from them, at widths that are odd multiples of 8, too. */
Test(model, lanes_are_aligned)
{
    for (uint32_t dim = 1; dim <= 120; dim++) {
        gv_step_sizes lanes;
        gv_error err = {0};
        gv_assert_ok(gv_step_sizes_init(&lanes, dim, 0.05, 1, 100, &err), err);
        cr_assert_eq((uintptr_t)lanes.eta_word % 64, 0, "dim %u", dim);
        cr_assert_eq((uintptr_t)lanes.eta_context % 64, 0, "dim %u", dim);
        cr_assert_eq((uintptr_t)lanes.clip % 64, 0, "dim %u", dim);
        gv_step_sizes_clear(&lanes);
    }
}

Test(model, finds_numbers_that_are_not_finite)
{
    gv_model *model = make_model(9, 20, 1);
    cr_assert(gv_model_finite(model));
    float *places[] = {model->word, model->context + model->bytes / sizeof(float) - 1,
                       model->word + model->stride + 3};
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        float kept = *places[i];
        *places[i] = bad[i];
        cr_assert_not(gv_model_finite(model), "case %zu", i);
        *places[i] = kept;
    }
    *places[0] = 3e38f;
    cr_assert(gv_model_finite(model));
    gv_model_free(model);
}

Test(model, output_vectors)
{
    const uint32_t dim = 2, words = 150;
    gv_model *model = make_model(words, dim, 1);
    for (uint32_t row = 0; row < words; row++)
        for (uint32_t lane = 0; lane < dim; lane++) {
            model->word[row * model->stride + lane] = (float)(row + lane);
            model->context[row * model->stride + lane] = (float)(1000 * row + lane);
        }
    float to[4];
    gv_model_output(to, model, GV_OUTPUT_SUM, 7);
    cr_assert(to[0] == 7007 && to[1] == 7009);
    gv_model_output(to, model, GV_OUTPUT_WORD, 7);
    cr_assert(to[0] == 7 && to[1] == 8);
    gv_model_output(to, model, GV_OUTPUT_CONTEXT, 7);
    cr_assert(to[0] == 7000 && to[1] == 7001);
    cr_assert_eq(gv_model_output_dim(model, GV_OUTPUT_CONCAT), 4);
    gv_model_output(to, model, GV_OUTPUT_CONCAT, 7);
    cr_assert(to[0] == 7 && to[1] == 8 && to[2] == 7000 && to[3] == 7001);
    /* <unk>: the mean over rows 50 .. 149, which is 99.5 in the word matrix */
    gv_model_output_unk(to, model, GV_OUTPUT_CONCAT);
    cr_assert(to[0] == 99.5f && to[1] == 100.5f && to[2] == 99500.0f && to[3] == 99501.0f);
    gv_model_output_unk(to, model, GV_OUTPUT_SUM);
    cr_assert_eq(to[0], 99599.5f);
    gv_model_free(model);

    gv_model *single = make_model(1, dim, 1); /* fewer words than <unk> averages */
    float row[2];
    gv_model_output_unk(to, single, GV_OUTPUT_WORD);
    gv_model_output(row, single, GV_OUTPUT_WORD, 0);
    cr_assert(to[0] == row[0] && to[1] == row[1]);
    gv_model_free(single);
}
