/* gv_decimal against the C library: every result must be the same text and the same bits. */
#include "base/gv_decimal.h"
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_VALUES = 1000000 };

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void check_put(float value)
{
    char ours[GV_DECIMAL_MAX + 1], theirs[64];
    char *end = gv_decimal_put6(ours, value);
    cr_assert(end - ours <= GV_DECIMAL_MAX);
    *end = '\0';
    snprintf(theirs, sizeof theirs, "%.6f", (double)value);
    if (strcmp(ours, theirs) != 0)
        cr_assert_str_eq(ours, theirs, "%a: %s instead of %s", (double)value, ours, theirs);
}

static void check_get(const char *text)
{
    float ours = -7, theirs = strtof(text, NULL);
    const char *end = gv_decimal_get(text, &ours);
    cr_assert(end && *end == '\0', "%s is not taken", text);
    if (bits_of(ours) != bits_of(theirs))
        cr_assert(0, "%s: %a instead of %a", text, (double)ours, (double)theirs);
}

Test(decimal, put_random_bits)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (int i = 0; i < RANDOM_VALUES; i++)
        check_put(from_bits((uint32_t)gv_rng_next(&rng)));
}

/* The values of real vectors, and around the smallest that still show. */
Test(decimal, put_small_values)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    for (int i = 0; i < RANDOM_VALUES; i++) {
        double range = i % 3 == 0 ? 3.0 : i % 3 == 1 ? 3e-6 : 70000.0;
        check_put((float)((gv_rng_uniform(&rng) - 0.5) * range));
    }
}

/* k / 2^7 has 7 decimals, the last a 5: exact ties, which go to the even neighbour. */
Test(decimal, put_ties)
{
    for (uint32_t k = 0; k < 1 << 17; k++) {
        check_put((float)k / 128.0F);
        check_put(-(float)k / 128.0F);
    }
    for (int k = -30; k <= 30; k++)
        check_put(ldexpf(1.0F, k));
}

Test(decimal, put_edges)
{
    const float edges[] = {0.0F,     -0.0F,       FLT_MIN,      FLT_TRUE_MIN, -FLT_TRUE_MIN,
                           FLT_MAX,  -FLT_MAX,    INFINITY,     -INFINITY,    NAN,
                           0.5e-6F,  1.5e-6F,     -0.49999e-6F, 9.9999995F,   0x1p23F,
                           0x1p31F,  0x1p62F,     0x1p63F,      0x1p64F,      0x1.fffffep62F,
                           -0x1p63F, 16777216.0F, 0.9999995F,   999999.94F,   2147483648.0F};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        check_put(edges[i]);
}

Test(decimal, get_random_texts)
{
    static const char *const forms[] = {"%.6f", "%.5g", "%.9g", "%.17g", "%.6e", "%.25f", "%.8f"};
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    for (int i = 0; i < RANDOM_VALUES / 4; i++) {
        float value = from_bits((uint32_t)gv_rng_next(&rng));
        if (i % 2)
            value = (float)((gv_rng_uniform(&rng) - 0.5) * 4);
        if (!isfinite(value))
            continue;
        char text[512];
        snprintf(text, sizeof text, forms[(size_t)i % (sizeof forms / sizeof forms[0])],
                 (double)value);
        check_get(text);
    }
}

/* Texts exactly on, and a hair beside, the middle of two floats. */
Test(decimal, get_halfway)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 4);
    for (int i = 0; i < 100000; i++) {
        float low = from_bits(0x3e000000 + (uint32_t)gv_rng_below(&rng, 0x2000000));
        double middle = ((double)low + (double)nextafterf(low, INFINITY)) / 2;
        char text[64];
        snprintf(text, sizeof text, i % 2 ? "%.*f" : "%.*e", 10 + i % 20, middle);
        check_get(text);
    }
}

Test(decimal, get_edges)
{
    static const char *const good[] = {"0",
                                       "-0",
                                       "1",
                                       "+1.5",
                                       "1.",
                                       ".5",
                                       "-.5e3",
                                       "1e10",
                                       "1E-10",
                                       "1e-45",
                                       "7e-46",
                                       "1e-400",
                                       "1e39",
                                       "-1e400",
                                       "3.4028236e38",
                                       "3.4028235e38",
                                       "1.17549435e-38",
                                       "1e22",
                                       "12345678901234567890123",
                                       "0.00000000000000000000000000000000000000000000014",
                                       "9007199254740993",
                                       "16777217",
                                       "nan",
                                       "-nan",
                                       "inf",
                                       "-Infinity",
                                       "1e0005",
                                       "1e00005"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        check_get(good[i]);
    static const char *const bad[] = {"",   " 1",  "-",   ".",     "e5",  "1e",  "1e+", "0x10",
                                      "1x", "1,5", "--1", "1.2.3", "one", "+-1", "1e5x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        float value;
        cr_assert_null(gv_decimal_get(bad[i], &value), "'%s' was taken", bad[i]);
    }
    float value;
    const char *text = "1.5 2";
    cr_assert_eq(gv_decimal_get(text, &value), text + 3);
    cr_assert_eq(value, 1.5F);
}

Test(vectors_decimal, whole_numbers)
{
    char expected[32], got[GV_DECIMAL_WHOLE_MAX + 1];
    uint64_t values[130], n = 0;
    values[n++] = UINT64_MAX;
    for (uint64_t power = 1; n < 58; power *= 10) {
        values[n++] = power - 1;
        values[n++] = power;
        values[n++] = power + 1;
    }
    for (unsigned bit = 0; bit < 64; bit++)
        values[n++] = UINT64_C(1) << bit;
    for (size_t i = 0; i < n; i++) {
        *gv_decimal_put_whole(got, values[i]) = '\0';
        snprintf(expected, sizeof expected, "%" PRIu64, values[i]);
        cr_assert_str_eq(got, expected);
    }
}
