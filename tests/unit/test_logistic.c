/*
 * Sigmoid and softplus against those of the C library, in double; what a pair costs, and the
 * derivative of that, against formulas in double and finite differences.
 */
#include "base/gv_rng.h"
#include "kernel/gv_kernel.h"
#include "kernel/gv_logistic.h"
#include "support/gv_test.h"
#include <math.h>

Test(logistic, agrees_with_the_c_library)
{
    for (double z = -69; z <= 69; z += 0.0137) {
        float softplus, x = (float)z;
        double got = (double)gv_logistic(x, &softplus);
        double want = 1 / (1 + exp(-(double)x));
        double plus = fmax((double)x, 0) + log1p(exp(-fabs((double)x)));
        cr_assert_lt(fabs(got - want), 6e-6 * want + 1e-40, "sigmoid(%g) is %g, not %g", z, got,
                     want);
        cr_assert_lt(fabs((double)softplus - plus), 6e-6 * plus + 1e-40, "softplus(%g) is %g", z,
                     (double)softplus);
    }
}

Test(logistic, knows_the_ends_and_keeps_nan)
{
    float softplus;
    cr_assert_eq(gv_logistic(0.0f, &softplus), 0.5f);
    cr_assert_float_eq(softplus, 0.693147, 1e-6);
    cr_assert_eq(gv_logistic(INFINITY, &softplus), 1.0f);
    cr_assert(isinf(softplus));
    cr_assert_lt(gv_logistic(-INFINITY, &softplus), 1e-30f);
    cr_assert(isnan(gv_logistic(NAN, &softplus)));
    cr_assert(isnan(softplus));
}

static int alike(float x, float y)
{
    return memcmp(&x, &y, sizeof x) == 0 || (isnan(x) && isnan(y));
}

Test(logistic, four_at_once_have_the_bits_of_one)
{
    const float special[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-40f, -3e38f, 69.4f};
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        gv_quad z, softplus;
        for (int k = 0; k < 4; k++)
            z[k] = gv_rng_below(&rng, 8) == 0 ? special[gv_rng_below(&rng, 8)]
                                              : (float)(60 * gv_rng_uniform(&rng) - 30);
        gv_quad four = gv_logistic_quad(z, &softplus);
        for (int k = 0; k < 4; k++) {
            float plus, one = gv_logistic(z[k], &plus);
            cr_assert(alike(one, four[k]) && alike(plus, softplus[k]), "z = %a", (double)z[k]);
        }
    }
}

/* What a pair with the dot product `dot` costs the scalar kernel, and its g. */
static double cost_of(double dot, float logit, const gv_kernel_args *args, double *g)
{
    _Alignas(64) float row[2 * GV_LANES] = {(float)dot}, column[2 * GV_LANES] = {1};
    float eta[GV_WIDTH] = {0}, weight = 1;
    double loss[GV_STEP_RECORDS] = {0};
    gv_kernel_args copy = *args;
    copy.width = GV_WIDTH;
    copy.eta_row = copy.eta_column = copy.clip = eta;
    gv_kernel_summary summary = {0};
    gv_kernel_step step = {
        .args = &copy, .summary = &summary, .row = row, .column = {column}, .records = 1};
    gv_kernel_scalar.gradient(&step, &logit, &weight, loss);
    *g = (double)step.g[0];
    return loss[0];
}

/* The formulas of gv_kernel.h. */
static double expected_cost(double z, double logit, const gv_kernel_args *args)
{
    double plus = fmax(z, 0) + log1p(exp(-fabs(z))), s = 1 / (1 + exp(-z));
    double focus = (double)args->focus, bound = (double)args->logit_bound;
    if (logit == -INFINITY)
        return (1 + focus) * plus - 2 * focus * s;
    double off = fabs(z - logit);
    double huber = off < bound ? 0.5 * off * off : bound * (off - 0.5 * bound);
    return plus - z / (1 + exp(-logit)) + (double)args->logit_weight * huber;
}

Test(logistic, costs_and_gradients_are_what_the_text_says)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (int i = 0; i < 5000; i++) {
        const gv_kernel_args args = {.logistic = true,
                                     .scale = (float)(0.1 + gv_rng_uniform(&rng)),
                                     .logit_weight = (float)gv_rng_uniform(&rng),
                                     .logit_bound = (float)(5 * gv_rng_uniform(&rng)),
                                     .focus = (float)gv_rng_uniform(&rng)};
        double z = 16 * gv_rng_uniform(&rng) - 8, scale = (double)args.scale;
        float logit =
            gv_rng_below(&rng, 3) == 0 ? -INFINITY : (float)(16 * gv_rng_uniform(&rng) - 8);
        double g, got = cost_of(z / scale, logit, &args, &g);
        double want = expected_cost(z, (double)logit, &args);
        cr_assert_float_eq(got, want, 1e-5 * (1 + fabs(want)), "z %g, logit %g: %g, not %g", z,
                           (double)logit, got, want);
        double slope = (expected_cost(z + 1e-4, (double)logit, &args) -
                        expected_cost(z - 1e-4, (double)logit, &args)) /
                       2e-4;
        cr_assert_float_eq(g, slope, 2e-4 * (1 + fabs(slope)), "z %g, logit %g: %g, not %g", z,
                           (double)logit, g, slope);
    }
}
