/* gv_rng: streams that never change, are independent of each other, and are even. */
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>

/* Streams decide the files' bytes (numerics_version). The numbers come from an implementation of
 * SplitMix64 and xoshiro256** in Python. */
Test(rng, the_streams_are_those_of_old)
{
    static const uint64_t wanted[2][3] = {
        {0x8c4986f3f0e565d5u, 0xf4547fdf5c2f56b6u, 0x6a9e0d6a14f022fbu},
        {0xeb81c833ddccbf23u, 0xc45655ff767bd976u, 0xb6f217f7cff20f16u}};
    gv_rng rng;
    for (int i = 0; i < 2; i++) {
        gv_rng_seed(&rng, i ? 42 : 0, i ? GV_RNG_TILE_ORDER : 0, i ? 7 : 0);
        for (int k = 0; k < 3; k++) {
            uint64_t number = gv_rng_next(&rng);
            cr_assert_eq(number, wanted[i][k], "stream %d, number %d: %#lx", i, k,
                         (unsigned long)number);
        }
    }
}

Test(rng, a_name_names_one_stream)
{
    enum { NAMES = 4 * 4 * 4 };
    uint64_t first[NAMES];
    size_t n = 0;
    for (uint64_t name = 0; name < NAMES; name++) {
        gv_rng rng, again;
        gv_rng_seed(&rng, name % 4, name / 4 % 4, name / 16);
        gv_rng_seed(&again, name % 4, name / 4 % 4, name / 16);
        cr_assert_eq(memcmp(&rng, &again, sizeof rng), 0);
        first[n] = gv_rng_next(&rng);
        for (size_t other = 0; other < n; other++)
            cr_assert_neq(first[n], first[other], "streams %zu and %zu", n, other);
        n++;
    }
}

Test(rng, below_stays_below_and_reaches_all)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (uint64_t bound = 1; bound <= 20; bound++) {
        unsigned seen[20] = {0};
        for (int i = 0; i < 2000; i++) {
            uint64_t number = gv_rng_below(&rng, bound);
            cr_assert_lt(number, bound);
            seen[number]++;
        }
        for (uint64_t k = 0; k < bound; k++)
            cr_assert_gt(seen[k], 0u, "%lu of %lu", (unsigned long)k, (unsigned long)bound);
    }
}

/* For a bound of 3/4 of 2^64 plain multiplication would give some results twice as often. */
Test(rng, below_has_no_bias_for_huge_bounds)
{
    enum { DRAWS = 100000 };
    const uint64_t bound = UINT64_C(3) << 62;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    int thirds[3] = {0}, even = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t number = gv_rng_below(&rng, bound);
        cr_assert_lt(number, bound);
        thirds[number >> 62]++;
        even += number % 3 == 0;
    }
    double deviation = 6 * sqrt(DRAWS * 2.0 / 9); /* six sigma */
    for (int k = 0; k < 3; k++)
        cr_assert_float_eq(thirds[k], DRAWS / 3.0, deviation, "third %d: %d", k, thirds[k]);
    cr_assert_float_eq(even, DRAWS / 3.0, deviation, "multiples of three: %d", even);
    cr_assert_lt(gv_rng_below(&rng, UINT64_MAX), UINT64_MAX);
}

Test(rng, uniform_is_in_its_range_and_even)
{
    enum { DRAWS = 100000, BINS = 10 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    int bins[BINS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double number = gv_rng_uniform(&rng);
        cr_assert(number >= 0 && number < 1);
        cr_assert_eq(ldexp(number, 53), floor(ldexp(number, 53)), "a multiple of 2^-53");
        bins[(int)(number * BINS)]++;
    }
    for (int b = 0; b < BINS; b++)
        cr_assert_float_eq(bins[b], DRAWS / BINS, 6 * sqrt(DRAWS * 0.09), "bin %d: %d", b, bins[b]);
}

Test(rng, shuffle_permutes_nothing_and_one)
{
    gv_rng rng, same;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 4);
    same = rng;
    uint32_t one = 5;
    gv_rng_shuffle32(&rng, NULL, 0);
    gv_rng_shuffle32(&rng, &one, 1);
    cr_assert_eq(one, 5u);
    cr_assert_eq(memcmp(&rng, &same, sizeof rng), 0, "no numbers are drawn for them");
}

Test(rng, shuffle_gives_every_permutation_as_often)
{
    enum { DRAWS = 24000, ORDERS = 24 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 5);
    int seen[4 * 4 * 4 * 4] = {0}, orders = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint32_t items[4] = {0, 1, 2, 3};
        gv_rng_shuffle32(&rng, items, 4);
        cr_assert_eq((1 << items[0]) + (1 << items[1]) + (1 << items[2]) + (1 << items[3]), 15);
        seen[items[0] + 4 * items[1] + 16 * items[2] + 64 * items[3]]++;
    }
    for (int code = 0; code < 256; code++) {
        orders += seen[code] > 0;
        if (seen[code])
            cr_assert_float_eq(seen[code], DRAWS / ORDERS, 6 * sqrt(DRAWS / ORDERS), "%d: %d times",
                               code, seen[code]);
    }
    cr_assert_eq(orders, ORDERS);
}
