/*
 * gv_fraction - exact weights: fractions, and whole numbers weighted by them and added up.
 *
 * A whole number x of 1/unit with the weight p/q is x p / (q unit). Several such terms have a
 * common unit in which all of them are whole, so their sum is exact. If that unit is too fine for
 * 64 bits, terms are rounded to a coarser one, each once, half up.
 *
 * Threads: pure functions.
 */
#ifndef GV_FRACTION_H
#define GV_FRACTION_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In lowest terms; the denominator is at least 1. */
typedef struct gv_fraction {
    int64_t numerator;
    uint64_t denominator;
} gv_fraction;

/* The number that `text` consists of: `2`, `-2.5`, `1e-3` or `1/3`; a decimal number is exactly
 * what is written. False if it is none, or has more than 18 digits. */
bool gv_fraction_parse(gv_fraction *fraction, const char *text);

/* Where one of the terms of a sum comes from. */
typedef struct gv_fraction_term {
    gv_fraction weight;
    uint64_t unit; /* values are whole numbers of 1/unit; at least 1 */
    uint64_t most; /* no value is larger */
} gv_fraction_term;

/* What takes a value to the common unit: value * multiplier / divisor, negated or not. */
typedef struct gv_fraction_scale {
    uint64_t multiplier, divisor; /* divisor 1: exact */
    bool negative;
} gv_fraction_scale;

/*
 * The common unit of `n` terms, and the scale of each ([n]). It is the least multiple of all units
 * in which the weighted values are whole (`*exact` is true then). If that is more than 2^62, or a
 * sum of values might be, it is the largest multiple of their least common multiple by a power of 2
 * for which neither is. GV_E_RUNTIME if there is none.
 */
GV_MUST_USE int gv_fraction_common_unit(uint64_t *unit, bool *exact, gv_fraction_scale *scales,
                                        const gv_fraction_term *terms, size_t n, gv_error *err);

/* `value` in the common unit. `value` is at most the `most` of its term. */
static inline int64_t gv_fraction_apply(const gv_fraction_scale *scale, uint64_t value)
{
    unsigned __int128 product = (unsigned __int128)value * scale->multiplier;
    if (scale->divisor > 1)
        product = (product + scale->divisor / 2) / scale->divisor;
    return scale->negative ? -(int64_t)product : (int64_t)product;
}

#endif
