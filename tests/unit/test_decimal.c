/* gv_decimal: known texts and numbers. tests/property/test_vectors_decimal.c compares with the C
 * library on random input. */
#include "base/gv_decimal.h"
#include "support/gv_test.h"
#include <float.h>
#include <math.h>
#include <string.h>

static const char *put6(float value)
{
    char text[GV_DECIMAL_MAX];
    char *end = gv_decimal_put6(text, value);
    cr_assert(end > text && end <= text + sizeof text);
    return gv_test_format("%.*s", (int)(end - text), text);
}

Test(decimal, six_decimals)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {{0.0F, "0.000000"},
                 {-0.0F, "-0.000000"},
                 {1.0F, "1.000000"},
                 {-12.5F, "-12.500000"},
                 {0.1F, "0.100000"},
                 {1e-7F, "0.000000"},
                 {-1e-7F, "-0.000000"},
                 {0.99999999F, "1.000000"},
                 {0.0078125F, "0.007812"}, /* ties go to the even neighbour */
                 {0.0234375F, "0.023438"},
                 {16777216.0F, "16777216.000000"},
                 {FLT_MIN, "0.000000"},
                 {FLT_MAX, "340282346638528859811704183484516925440.000000"},
                 {-FLT_MAX, "-340282346638528859811704183484516925440.000000"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_str_eq(put6(cases[i].value), cases[i].text);
    cr_assert_not_null(strstr(put6(NAN), "nan"));
}

Test(decimal, whole_numbers)
{
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {{0, "0"},
                 {9, "9"},
                 {10, "10"},
                 {1234567890, "1234567890"},
                 {UINT64_MAX, "18446744073709551615"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[GV_DECIMAL_WHOLE_MAX];
        char *end = gv_decimal_put_whole(text, cases[i].value);
        cr_assert_str_eq(gv_test_format("%.*s", (int)(end - text), text), cases[i].text);
    }
}

Test(decimal, numbers_that_are_taken)
{
    static const struct {
        const char *text;
        float value;
        size_t length;
    } cases[] = {{"0", 0, 1},
                 {"-0.0", -0.0F, 4},
                 {"+1.5", 1.5F, 4},
                 {".5", 0.5F, 2},
                 {"5.", 5, 2},
                 {"1e3", 1000, 3},
                 {"25E-1", 2.5F, 5},
                 {"1e+2 tail", 100, 4},
                 {"0.1\t0.2", 0.1F, 3},
                 {"1 2", 1, 1},
                 {"16777217", 16777216, 8},
                 {"1e39", INFINITY, 4},
                 {"-1e39", -INFINITY, 5},
                 {"1e-60", 0, 5},
                 {"inf", INFINITY, 3},
                 {"1e-45", FLT_TRUE_MIN, 5},
                 {"0.000000000000000000000000000001", 1e-30F, 32},
                 {"123456789012345678901234567890", 123456789012345678901234567890.0F, 30}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float value = -7;
        const char *end = gv_decimal_get(cases[i].text, &value);
        cr_assert_not_null(end, "%s", cases[i].text);
        cr_assert_eq((size_t)(end - cases[i].text), cases[i].length, "%s", cases[i].text);
        cr_assert(memcmp(&value, &cases[i].value, sizeof value) == 0, "%s: %a", cases[i].text,
                  (double)value);
    }
    float value = 0;
    cr_assert_not_null(gv_decimal_get("nan", &value));
    cr_assert(isnan(value));
}

Test(decimal, what_is_no_number)
{
    static const char *const texts[] = {"",    " ",    "-",    "+",   ".",        "e5",  "1e",
                                        "1e+", "--1",  "1x",   "x1",  "0x10",     "1,5", "1.2.3",
                                        "1\n", " 1.5", "1e5x", "+-1", "infinite?"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        float value;
        cr_assert_null(gv_decimal_get(texts[i], &value), "'%s' was taken", texts[i]);
    }
}

Test(decimal, whole_numbers_from_text)
{
    uint64_t value;
    cr_assert(gv_decimal_get_whole(&value, "0") && value == 0);
    cr_assert(gv_decimal_get_whole(&value, "0042") && value == 42);
    cr_assert(gv_decimal_get_whole(&value, "18446744073709551615") && value == UINT64_MAX);
    static const char *const texts[] = {
        "", " 1", "1 ", "+1", "-1", "1x", "1.0", "x", "18446744073709551616"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_not(gv_decimal_get_whole(&value, texts[i]), "'%s' was taken", texts[i]);
}
