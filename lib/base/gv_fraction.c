#include "base/gv_fraction.h"

#include <stdlib.h>

enum { DIGITS = 18, EXPONENT_MAX = 40, SHIFT_MAX = 62 };

/* No unit, multiplier or sum is larger, so that sums and their negatives fit into 64 bits. */
static const uint64_t limit = UINT64_C(1) << SHIFT_MAX;

typedef unsigned __int128 wide;

static wide greatest_divisor(wide a, wide b)
{
    while (b > 0) {
        wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* --- parsing ---------------------------------------------------------------------------------- */

/* A decimal number as digits * 10^exponent. */
typedef struct decimal {
    uint64_t digits;
    long exponent;
} decimal;

/* The exponent behind an `e`, if there is one; false if it is none. */
static bool parse_exponent(decimal *d, const char **text)
{
    if (**text != 'e' && **text != 'E')
        return true;
    char *end;
    const char *from = *text + 1, *digit = from + (*from == '-' || *from == '+');
    if (*digit < '0' || *digit > '9')
        return false;
    long exponent = strtol(from, &end, 10);
    if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX)
        return false;
    d->exponent += exponent;
    *text = end;
    return true;
}

/* A decimal number without a sign; `*text` moves behind it. */
static bool parse_decimal(decimal *d, const char **text)
{
    int used = 0, seen = 0;
    bool point = false;
    *d = (decimal){0};
    for (;; (*text)++) {
        if (**text == '.' && !point) {
            point = true;
            continue;
        }
        if (**text < '0' || **text > '9')
            break;
        seen++;
        used += used > 0 || **text != '0';
        if (used > DIGITS || seen > 2 * EXPONENT_MAX)
            return false;
        d->digits = 10 * d->digits + (uint64_t)(**text - '0');
        d->exponent -= point;
    }
    for (; d->digits > 0 && d->digits % 10 == 0; d->digits /= 10)
        d->exponent++;
    return seen > 0 && parse_exponent(d, text);
}

/* Multiply by 10^exponent; false if that exceeds `limit`. */
static bool shift_decimal(wide *value, long exponent)
{
    for (; exponent > 0; exponent--)
        if ((*value *= 10) > limit)
            return false;
    return *value <= limit;
}

bool gv_fraction_parse(gv_fraction *fraction, const char *text)
{
    decimal above, below = {.digits = 1};
    bool negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (!parse_decimal(&above, &text))
        return false;
    if (*text == '/') {
        text++;
        if (!parse_decimal(&below, &text) || below.digits == 0)
            return false;
    }
    if (*text != '\0')
        return false;
    wide numerator = above.digits, denominator = below.digits;
    long exponent = above.digits > 0 ? above.exponent - below.exponent : 0;
    wide common = greatest_divisor(numerator, denominator);
    numerator /= common;
    denominator /= common;
    /* factors of 10 first take away what the other side has of them */
    for (; exponent > 0 && denominator % 10 == 0; exponent--)
        denominator /= 10;
    if (!shift_decimal(exponent > 0 ? &numerator : &denominator,
                       exponent > 0 ? exponent : -exponent))
        return false;
    common = greatest_divisor(numerator, denominator);
    fraction->numerator = (int64_t)(numerator / common) * (negative ? -1 : 1);
    fraction->denominator = (uint64_t)(denominator / common);
    return true;
}

/* --- the common unit -------------------------------------------------------------------------- */

/* The least common multiple; false if it exceeds `limit`. */
static bool common_multiple(uint64_t *multiple, uint64_t other)
{
    wide product = (wide)*multiple / greatest_divisor(*multiple, other) * other;
    if (product > limit)
        return false;
    *multiple = (uint64_t)product;
    return true;
}

/* The weight as a factor from whole numbers of 1/unit to those of 1/base: above / below. */
typedef struct factor {
    wide above, below; /* in lowest terms */
} factor;

static factor factor_of(const gv_fraction_term *term, uint64_t base)
{
    int64_t p = term->weight.numerator;
    wide above = (wide)(p < 0 ? -(uint64_t)p : (uint64_t)p) * (base / term->unit);
    wide below = term->weight.denominator;
    wide common = greatest_divisor(above, below);
    return (factor){above / common, below / common};
}

/* The factor times `times`, as a scale; false if it exceeds the limit. */
static bool scale_by(gv_fraction_scale *scale, const gv_fraction_term *term, factor f,
                     uint64_t times)
{
    wide common = greatest_divisor(f.below, times);
    f.below /= common;
    times /= (uint64_t)common;
    if (f.above > limit || f.above * times > limit)
        return false;
    *scale = (gv_fraction_scale){.multiplier = (uint64_t)(f.above * times),
                                 .divisor = (uint64_t)f.below,
                                 .negative = term->weight.numerator < 0};
    return true;
}

/* Scale all terms to the unit base * times; false if that, or a sum, may exceed the limit. */
static bool scale_all(gv_fraction_scale *scales, const gv_fraction_term *terms, size_t n,
                      uint64_t base, uint64_t times)
{
    wide sum = 0;
    if ((wide)base * times > limit)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!scale_by(&scales[i], &terms[i], factor_of(&terms[i], base), times))
            return false;
        wide most = (wide)terms[i].most * scales[i].multiplier / scales[i].divisor + 1;
        if (most > limit || (sum += most) > limit)
            return false;
    }
    return true;
}

int gv_fraction_common_unit(uint64_t *unit, bool *exact, gv_fraction_scale *scales,
                            const gv_fraction_term *terms, size_t n, gv_error *err)
{
    uint64_t base = 1, times = 1;
    bool fits = true;
    for (size_t i = 0; i < n; i++)
        if (!common_multiple(&base, terms[i].unit))
            return gv_error_set(err, GV_E_RUNTIME,
                                "the counts have units without a common multiple of 62 bits");
    for (size_t i = 0; i < n && fits; i++)
        fits = common_multiple(&times, (uint64_t)factor_of(&terms[i], base).below);
    *exact = fits && scale_all(scales, terms, n, base, times);
    int shift = SHIFT_MAX;
    while (!*exact && shift >= 0 && !scale_all(scales, terms, n, base, UINT64_C(1) << shift))
        shift--;
    if (shift < 0)
        return gv_error_set(err, GV_E_RUNTIME,
                            "the weighted counts exceed 62 bits: divide all weights by a constant");
    *unit = base * (*exact ? times : UINT64_C(1) << shift);
    return GV_OK;
}
