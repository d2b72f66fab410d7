/* gv_nearest against a brute-force oracle in double precision, and its odd cases. */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "support/gv_test.h"
#include "vectors/gv_nearest.h"
#include "vectors/gv_products.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static float *random_rows(size_t rows, size_t dim, uint64_t stream)
{
    float *data = gv_test_keep(malloc(rows * dim * sizeof *data));
    cr_assert_not_null(data);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, stream);
    for (size_t i = 0; i < rows * dim; i++)
        data[i] = (float)(gv_rng_uniform(&rng) - 0.4);
    return data;
}

static double cosine(const float *data, size_t dim, size_t x, size_t y)
{
    double dot = 0, xx = 0, yy = 0;
    for (size_t k = 0; k < dim; k++) {
        double u = data[x * dim + k], v = data[y * dim + k];
        dot += u * v;
        xx += u * u;
        yy += v * v;
    }
    return xx > 0 && yy > 0 ? dot / sqrt(xx * yy) : 0.0;
}

static double analogy_score(const float *data, size_t dim, gv_nearest_question q, size_t x, int mul)
{
    double a = cosine(data, dim, x, q.a), b = cosine(data, dim, x, q.b),
           c = cosine(data, dim, x, q.c);
    return mul ? (1 + b) / 2 * ((1 + c) / 2) / ((1 + a) / 2 + 0.001) : b - a + c;
}

/* The answer must be the oracle's, or as good as it to float precision. */
static void check_answer(const float *data, size_t rows, size_t dim, size_t skip,
                         gv_nearest_question q, gv_nearest_neighbour got, int mul)
{
    double best = -INFINITY;
    size_t best_row = SIZE_MAX;
    for (size_t x = 0; x < rows; x++) {
        if (x == q.a || x == q.b || x == q.c || x == skip)
            continue;
        double score = analogy_score(data, dim, q, x, mul);
        if (score > best) {
            best = score;
            best_row = x;
        }
    }
    cr_assert(got.row != q.a && got.row != q.b && got.row != q.c && got.row != skip);
    cr_assert_lt(got.row, rows);
    /* 3CosMul divides by as little as 0.001, which magnifies the rounding of cos(x, a). */
    double tolerance = mul ? 3e-4 * fmax(1.0, best) : 2e-5;
    cr_assert_float_eq(got.score, best, tolerance, "score %g, oracle %g", (double)got.score, best);
    double mine = analogy_score(data, dim, q, got.row, mul);
    cr_assert_float_eq(mine, best, tolerance, "row %u scores %g, oracle's row %zu %g (seed %lu)",
                       got.row, mine, best_row, best, (unsigned long)gv_test_seed());
}

static void check_against_oracle(size_t rows, size_t dim, size_t questions, size_t skip)
{
    float *original = random_rows(rows, dim, rows * 131 + dim);
    float *data = gv_test_keep(malloc(rows * dim * sizeof *data));
    memcpy(data, original, rows * dim * sizeof *data);
    gv_error err = GV_ERROR_INIT;
    gv_nearest nearest;
    gv_assert_ok(gv_nearest_init(&nearest, data, rows, dim, skip, &err), err);
    gv_nearest_question *q = calloc(questions, sizeof *q);
    gv_nearest_answer *one = calloc(questions, sizeof *one),
                      *three = calloc(questions, sizeof *three);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, questions);
    for (size_t i = 0; i < questions; i++) {
        q[i].a = (uint32_t)gv_rng_below(&rng, rows);
        q[i].b = (uint32_t)gv_rng_below(&rng, rows);
        q[i].c = (uint32_t)gv_rng_below(&rng, rows);
        if (i % 3 && i)
            q[i].a = q[i - 1].a, q[i].b = q[i - 1].b;
    }
    gv_assert_ok(
        gv_nearest_solve(one, &nearest, (gv_nearest_questions){q, questions}, 1, NULL, &err), err);
    gv_assert_ok(
        gv_nearest_solve(three, &nearest, (gv_nearest_questions){q, questions}, 3, NULL, &err),
        err);
    cr_assert_eq(memcmp(one, three, questions * sizeof *one), 0, "answers depend on threads");
    for (size_t i = 0; i < questions; i += 1 + questions / 100) {
        check_answer(original, rows, dim, skip, q[i], one[i].add, 0);
        check_answer(original, rows, dim, skip, q[i], one[i].mul, 1);
        gv_nearest_neighbour found[3];
        for (int mul = 0; mul < 2; mul++) {
            gv_nearest_list list = {.found = found, .top = 3};
            gv_assert_ok(gv_nearest_analogy(&list, &nearest, &q[i],
                                            mul ? GV_NEAREST_MUL : GV_NEAREST_ADD, &err),
                         err);
            cr_assert_gt(list.n, 0);
            check_answer(original, rows, dim, skip, q[i], found[0], mul);
        }
    }
    free(q);
    free(one);
    free(three);
}

Test(nearest, oracle_small)
{
    check_against_oracle(7, 3, 40, GV_NEAREST_NO_ROW);
    check_against_oracle(64, 5, 60, 3);
    check_against_oracle(65, 1, 30, GV_NEAREST_NO_ROW);
}

Test(nearest, oracle_blocks_and_batches)
{
    check_against_oracle(512, 8, 100, 511);
    check_against_oracle(1500, 17, 3000, GV_NEAREST_NO_ROW); /* several batches of distinct words */
}

Test(nearest, neighbours)
{
    const size_t rows = 5000, dim = 6;
    float *data = random_rows(rows, dim, 1), *original = random_rows(rows, dim, 1);
    gv_error err = GV_ERROR_INIT;
    gv_nearest nearest;
    gv_assert_ok(gv_nearest_init(&nearest, data, rows, dim, 17, &err), err);
    const uint32_t excluded[] = {4, 9};
    gv_nearest_neighbour found[20];
    gv_nearest_list list = {.found = found, .top = 20};
    gv_assert_ok(gv_nearest_to(&list, &nearest, original + 4 * dim, excluded, 2, &err), err);
    cr_assert_eq(list.n, 20);
    for (size_t i = 0; i < list.n; i++) {
        cr_assert(found[i].row != 4 && found[i].row != 9 && found[i].row != 17);
        cr_assert_float_eq(found[i].score, cosine(original, dim, 4, found[i].row), 1e-5);
        cr_assert(i == 0 || found[i].score <= found[i - 1].score);
    }
    size_t better = 0;
    for (size_t x = 0; x < rows; x++)
        if (x != 4 && x != 9 && x != 17 && cosine(original, dim, 4, x) > found[19].score + 1e-5)
            better++;
    cr_assert_leq(better, 19);
}

Test(nearest, ties_go_to_the_lower_row)
{
    float data[200 * 2];
    for (size_t i = 0; i < 200; i++) {
        data[2 * i] = 3.0f;
        data[2 * i + 1] = 4.0f;
    }
    gv_error err = GV_ERROR_INIT;
    gv_nearest nearest;
    gv_assert_ok(gv_nearest_init(&nearest, data, 200, 2, 0, &err), err);
    gv_nearest_question q = {1, 2, 4};
    gv_nearest_answer answer;
    gv_assert_ok(gv_nearest_solve(&answer, &nearest, (gv_nearest_questions){&q, 1}, 2, NULL, &err),
                 err);
    cr_assert_eq(answer.add.row, 3);
    cr_assert_eq(answer.mul.row, 3);
    gv_nearest_neighbour found[4];
    gv_nearest_list list = {.found = found, .top = 4};
    const float direction[2] = {6.0f, 8.0f};
    gv_assert_ok(gv_nearest_to(&list, &nearest, direction, &q.a, 1, &err), err);
    const uint32_t wanted[4] = {2, 3, 4, 5};
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(found[i].row, wanted[i]);
}

Test(nearest, few_rows)
{
    float data[3 * 2] = {1, 0, 0, 1, 1, 1};
    gv_error err = GV_ERROR_INIT;
    gv_nearest nearest;
    gv_assert_ok(gv_nearest_init(&nearest, data, 3, 2, GV_NEAREST_NO_ROW, &err), err);
    gv_nearest_question q = {0, 1, 2};
    gv_nearest_answer answer;
    gv_assert_ok(gv_nearest_solve(&answer, &nearest, (gv_nearest_questions){&q, 1}, 4, NULL, &err),
                 err);
    cr_assert_eq(answer.add.row, UINT32_MAX);
    cr_assert_eq(answer.mul.row, UINT32_MAX);
    gv_assert_ok(gv_nearest_solve(&answer, &nearest, (gv_nearest_questions){&q, 0}, 4, NULL, &err),
                 err);
    gv_nearest_neighbour found[5];
    gv_nearest_list list = {.found = found, .top = 5}, none = {.found = found, .top = 0, .n = 1};
    gv_assert_ok(gv_nearest_to(&list, &nearest, data, NULL, 0, &err), err);
    cr_assert_eq(list.n, 3);
    gv_assert_ok(gv_nearest_to(&none, &nearest, data, NULL, 0, &err), err);
    cr_assert_eq(none.n, 0);
    gv_assert_ok(gv_nearest_init(&nearest, data, 0, 2, GV_NEAREST_NO_ROW, &err), err);
    gv_assert_ok(gv_nearest_to(&list, &nearest, data, NULL, 0, &err), err);
    cr_assert_eq(list.n, 0);
}

Test(nearest, zero_and_nan_rows_become_zero)
{
    float data[4 * 2] = {0, 0, NAN, 1, INFINITY, 2, 1e-30f, 0};
    gv_error err = GV_ERROR_INIT;
    gv_nearest nearest;
    gv_assert_ok(gv_nearest_init(&nearest, data, 4, 2, GV_NEAREST_NO_ROW, &err), err);
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(data[i], 0.0f);
    cr_assert_float_eq(data[6], 1.0, 1e-6);
}

Test(nearest, a_signal_stops_it)
{
    float *data = random_rows(600, 4, 2);
    gv_error err = GV_ERROR_INIT;
    gv_nearest nearest;
    gv_assert_ok(gv_nearest_init(&nearest, data, 600, 4, GV_NEAREST_NO_ROW, &err), err);
    gv_nearest_question q = {0, 1, 2};
    gv_nearest_answer answer;
    gv_signal_pretend(SIGTERM);
    cr_assert_eq(gv_nearest_solve(&answer, &nearest, (gv_nearest_questions){&q, 1}, 1, NULL, &err),
                 GV_E_STOPPED);
    gv_signal_pretend(0);
}

Test(nearest, failing_allocations)
{
    float *data = random_rows(100, 4, 3);
    gv_error err = GV_ERROR_INIT;
    gv_nearest nearest;
    gv_assert_ok(gv_nearest_init(&nearest, data, 100, 4, GV_NEAREST_NO_ROW, &err), err);
    gv_nearest_question q[2] = {{0, 1, 2}, {3, 4, 5}};
    gv_nearest_answer answers[2];
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        cr_assert_lt(n, 50);
        err = (gv_error)GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status = gv_nearest_solve(answers, &nearest, (gv_nearest_questions){q, 2}, 1, NULL, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || (status == GV_E_MEMORY && err.text[0]));
    }
}

static double product_of(const float *a, const float *b, size_t dim)
{
    double sum = 0;
    for (size_t k = 0; k < dim; k++)
        sum += (double)a[k] * (double)b[k];
    return sum;
}

/* Numbers of rows and dimensions around whole tiles, panels and chunks. */
Test(products, every_product_of_two_rows)
{
    static const size_t sizes[][3] = {{1, 1, 1},    {5, 31, 16},  {6, 32, 15},   {12, 33, 17},
                                      {13, 64, 50}, {25, 7, 300}, {37, 100, 33}, {3, 512, 48}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t m = sizes[s][0], n = sizes[s][1], dim = sizes[s][2];
        const size_t stride = gv_products_padded(n);
        const gv_products_rows left = {random_rows(m, dim, 2 * s), m, dim};
        const gv_products_rows right = {random_rows(n, dim, 2 * s + 1), n, dim};
        float *packed = gv_test_keep(malloc(stride * dim * sizeof *packed));
        float *each = gv_test_keep(malloc(m * stride * sizeof *each));
        float *with = gv_test_keep(malloc(n * sizeof *with));
        gv_products_each(each, stride, left, right, packed);
        for (size_t i = 0; i < m; i++) {
            gv_products_with(with, right, left.row + i * dim);
            for (size_t j = 0; j < n; j++) {
                double right_one = product_of(left.row + i * dim, right.row + j * dim, dim);
                cr_assert(fabs(each[i * stride + j] - right_one) < 1e-4, "%zu %zu", i, j);
                cr_assert(fabs(with[j] - right_one) < 1e-4, "%zu %zu", i, j);
            }
            for (size_t j = n; j < stride; j++)
                cr_assert_eq(each[i * stride + j], 0.0f);
        }
    }
}
