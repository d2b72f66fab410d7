/* Weights as fractions, and the unit in which weighted numbers are whole. */
#include "support/gv_test.h"

#include "base/gv_fraction.h"
#include "base/gv_rng.h"

Test(fraction, parses_exactly)
{
    static const struct {
        const char *text;
        int64_t numerator;
        uint64_t denominator;
    } good[] = {{"1", 1, 1},
                {"+2", 2, 1},
                {"-1", -1, 1},
                {"2.5", 5, 2},
                {".5", 1, 2},
                {"5.", 5, 1},
                {"-0.125", -1, 8},
                {"1/3", 1, 3},
                {"-2/6", -1, 3},
                {"0.5/0.25", 2, 1},
                {"1/3000", 1, 3000},
                {"3000/9", 1000, 3},
                {"1e3", 1000, 1},
                {"25e-1", 5, 2},
                {"1E-3", 1, 1000},
                {"0", 0, 1},
                {"-0.0", 0, 1},
                {"0e9", 0, 1},
                {"100000000000000000", 100000000000000000, 1},
                {"0.3333333333333333", 3333333333333333, 10000000000000000}};
    gv_fraction f;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(gv_fraction_parse(&f, good[i].text), "%s", good[i].text);
        cr_assert(f.numerator == good[i].numerator && f.denominator == good[i].denominator,
                  "%s: %lld/%llu", good[i].text, (long long)f.numerator,
                  (unsigned long long)f.denominator);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      ".",
                                      "1/",
                                      "/2",
                                      "1/0",
                                      "0x10",
                                      "nan",
                                      "inf",
                                      "1 ",
                                      " 1",
                                      "1,5",
                                      "1e",
                                      "1e99",
                                      "--1",
                                      "1/2/3",
                                      "1e-9x",
                                      "1/-2",
                                      "1234567890123456789",
                                      "1e19",
                                      "1e-19"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(gv_fraction_parse(&f, bad[i]), "%s", bad[i]);
}

static gv_fraction_term term(const char *weight, uint64_t unit, uint64_t most)
{
    gv_fraction_term t = {.unit = unit, .most = most};
    cr_assert(gv_fraction_parse(&t.weight, weight));
    return t;
}

static uint64_t unit_of(const gv_fraction_term *terms, size_t n, bool *exact,
                        gv_fraction_scale *scales)
{
    gv_error err = GV_ERROR_INIT;
    uint64_t unit;
    gv_assert_ok(gv_fraction_common_unit(&unit, exact, scales, terms, n, &err), err);
    return unit;
}

Test(fraction, common_unit)
{
    gv_fraction_scale s[2];
    bool exact;
    const gv_fraction_term same[] = {term("1", 360360, 1000), term("1", 360360, 1000)};
    cr_assert_eq(unit_of(same, 2, &exact, s), 360360);
    cr_assert(exact && gv_fraction_apply(&s[0], 7) == 7 && gv_fraction_apply(&s[1], 7) == 7);
    const gv_fraction_term mixed[] = {term("2.5", 12, 1000), term("-1/3", 18, 1000)};
    /* 7/12 * 5/2 = 105/72, 5/18 / 3 = 5/54: in units of 1/(36 * 6) = 1/216, 315 and 20 */
    cr_assert_eq(unit_of(mixed, 2, &exact, s), 216);
    cr_assert(exact);
    cr_assert_eq(gv_fraction_apply(&s[0], 7), 315);
    cr_assert_eq(gv_fraction_apply(&s[1], 5), -20);
    /* twice the counts: the unit is not coarser than that of the counts */
    const gv_fraction_term twice[] = {term("2", 360360, 1000)};
    cr_assert_eq(unit_of(twice, 1, &exact, s), 360360);
}

/* Where the exact unit is too fine, values are rounded to a unit as fine as fits. */
Test(fraction, rounds_what_does_not_fit)
{
    gv_fraction_scale s[2];
    bool exact;
    const gv_fraction_term terms[] = {term("0.3333333333333333", 360360, UINT64_C(1) << 40),
                                      term("1", 360360, UINT64_C(1) << 40)};
    uint64_t unit = unit_of(terms, 2, &exact, s);
    cr_assert_not(exact);
    cr_assert(unit % 360360 == 0 && unit >= UINT64_C(360360) << 20);
    const double value = (double)gv_fraction_apply(&s[0], 360360) / (double)unit;
    cr_assert_float_eq(value, 0.3333333333333333, 1e-11);
    cr_assert_eq(gv_fraction_apply(&s[1], 5), (int64_t)(unit / 360360 * 5));
    /* sums of the largest values do not overflow, and where there is no unit there is an error */
    gv_error err = GV_ERROR_INIT;
    const gv_fraction_term large[] = {term("1", 1, UINT64_C(1) << 62), term("1", 1, 1)};
    cr_assert_eq(gv_fraction_common_unit(&unit, &exact, s, large, 2, &err), GV_E_RUNTIME);
}
