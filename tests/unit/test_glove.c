/* log X and f(X): exact where they must be, close to the C library elsewhere, the same for any
 * batch. */
#include "base/gv_rng.h"
#include "kernel/gv_glove.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>

static double relative(double got, double want)
{
    return want == 0 ? fabs(got) : fabs(got - want) / fabs(want);
}

Test(glove, log_agrees_with_the_c_library)
{
    gv_rng rng;

    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 10);
    for (int i = 0; i < 200000; i++) {
        double x = exp((gv_rng_uniform(&rng) - 0.5) * 1400);
        cr_assert(relative(gv_glove_log(x), log(x)) < 1e-14, "log %a", x);
    }
    for (int i = 0; i < 200000; i++) { /* close to 1, where a careless series cancels */
        double x = 1 + (gv_rng_uniform(&rng) - 0.5) * pow(10, -15 * gv_rng_uniform(&rng));
        cr_assert(relative(gv_glove_log(x), log(x)) < 1e-14, "log %a", x);
    }
    cr_assert_eq(gv_glove_log(1.0), 0.0);
    cr_assert(relative(gv_glove_log(0x1p-1022), log(0x1p-1022)) < 1e-14);
    cr_assert(relative(gv_glove_log(1.7976931348623157e308), log(1.7976931348623157e308)) < 1e-14);
}

Test(glove, exp_agrees_with_the_c_library)
{
    gv_rng rng;

    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 11);
    for (int i = 0; i < 200000; i++) {
        double x = (gv_rng_uniform(&rng) - 0.5) * 1400;
        cr_assert(relative(gv_glove_exp(x), exp(x)) < 1e-14, "exp %a", x);
    }
    cr_assert_eq(gv_glove_exp(0.0), 1.0);
    cr_assert(relative(gv_glove_exp(709.0), exp(709.0)) < 1e-13);
    cr_assert_eq(gv_glove_exp(-746.0), 0.0);
    cr_assert(isinf(gv_glove_exp(710.0)));
    cr_assert(isnan(gv_glove_exp((double)NAN)));
}

/* One cell through the table. */
static void cell(uint64_t value, uint64_t unit, double x_max, double alpha, float *log_x, float *f)
{
    gv_glove_table(log_x, f, &value, 1, &(gv_glove_weighting){unit, x_max, alpha});
}

Test(glove, table_is_log_and_weight_rounded_to_float)
{
    static const double alphas[] = {0.0, 0.25, 0.75, 1.0, 3.0};
    gv_rng rng;

    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 12);
    for (int i = 0; i < 100000; i++) {
        uint64_t value = 1 + (gv_rng_next(&rng) >> gv_rng_below(&rng, 64));
        uint64_t unit = i % 2 ? 360360 : 1 + (gv_rng_next(&rng) >> (1 + gv_rng_below(&rng, 63)));
        double alpha = alphas[i % 5], x_max = 1e-3 + 1000 * gv_rng_uniform(&rng), got_f;
        double x = (double)value / (double)unit, want = x >= x_max ? 1 : pow(x / x_max, alpha);
        float log_x, f;

        cell(value, unit, x_max, alpha, &log_x, &f);
        got_f = (double)f;
        cr_assert(relative((double)log_x, log(x)) < 6e-8, "log of %a: %a", x, (double)log_x);
        cr_assert(relative(got_f, want) < 6.1e-8 || want < 1e-37, "f of %a: %a, not %a", x, got_f,
                  want);
        cr_assert(f >= 0 && f <= 1);
    }
}

Test(glove, exact_points)
{
    float log_x, f;

    cell(360360, 360360, 10, 0.75, &log_x, &f); /* X = 1 */
    cr_assert_eq(log_x, 0.0f);
    cell(3603600, 360360, 10, 0.75, &log_x, &f); /* X = x_max */
    cr_assert_eq(f, 1.0f);
    cell(3603599, 360360, 10, 0.75, &log_x, &f); /* just below */
    cr_assert(f < 1.0f);
    cell(1, 360360, 10, 0.0, &log_x, &f); /* alpha 0 weighs all alike */
    cr_assert_eq(f, 1.0f);
    cell(UINT64_MAX, 1, 10, 0.75, &log_x, &f);
    cr_assert_eq(f, 1.0f);
    cr_assert(relative((double)log_x, 64 * log(2)) < 1e-7);
    cell(1, UINT64_MAX, 1e300, 1000, &log_x, &f); /* a weight below the smallest float */
    cr_assert_eq(f, 0.0f);
}

Test(glove, empty_table_touches_nothing)
{
    float log_x = 7, f = 7;
    uint64_t value = 1;

    gv_glove_table(&log_x, &f, &value, 0, &(gv_glove_weighting){1, 10, 0.75});
    cr_assert(log_x == 7 && f == 7);
}

/* A batch gives what single calls give, wherever vectorised code would begin and end. */
Test(glove, batches_give_the_bits_of_single_calls)
{
    enum { N = 67 };
    uint64_t value[N];
    float log_x[N], f[N], one_log, one_f;
    gv_rng rng;

    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 13);
    for (int i = 0; i < N; i++)
        value[i] = 1 + (gv_rng_next(&rng) >> gv_rng_below(&rng, 64));
    for (size_t n = 0; n <= N; n++) {
        gv_glove_table(log_x, f, value, n, &(gv_glove_weighting){360360, 100, 0.75});
        for (size_t i = 0; i < n; i++) {
            cell(value[i], 360360, 100, 0.75, &one_log, &one_f);
            cr_assert(memcmp(&one_log, log_x + i, 4) == 0 && memcmp(&one_f, f + i, 4) == 0);
        }
    }
}
