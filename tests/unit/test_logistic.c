/*
 * Sigmoid and softplus against those of the C library, in double.
 */
#include "base/gv_rng.h"
#include "math/gv_logistic.h"
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
        quad z, softplus;
        for (int k = 0; k < 4; k++)
            z[k] = gv_rng_below(&rng, 8) == 0 ? special[gv_rng_below(&rng, 8)]
                                              : (float)(60 * gv_rng_uniform(&rng) - 30);
        quad four = gv_logistic_quad(z, &softplus);
        for (int k = 0; k < 4; k++) {
            float plus, one = gv_logistic(z[k], &plus);
            cr_assert(alike(one, four[k]) && alike(plus, softplus[k]), "z = %a", (double)z[k]);
        }
    }
}
