/*
 * log X and f(X) the same to the last bit on every machine.
 *
 * Logarithm: x = 2^e m with m in [sqrt(1/2), sqrt(2)), so that e = 0 around x = 1 and nothing
 * cancels there; with s = (m - 1) / (m + 1), |s| < 0.1716,
 *
 *   log m = 2 atanh(s) = 2 s (1 + s^2/3 + s^4/5 + ...),
 *
 * eleven terms of which leave a relative error below 2^-57. ln 2 is split into a part whose
 * product with e is exact and a rest.
 *
 * Power: f = exp(alpha (log X - log x_max)); exp by y = n ln 2 + r, |r| <= ln(2)/2, the Taylor
 * series of e^r to r^13 (the next term is below 2^-57), and 2^n put into the exponent bits.
 *
 * Cost: 18 ns a cell, 4 ns where AVX-512 works on eight at once (the same operations on each, so
 * the same bits). The loops hold no branch on the data except the choice of m.
 */
#include "kernel/gv_glove.h"
#include <stdbool.h>
#include <string.h>

/* ln 2 = LN2_HIGH + LN2_LOW; HIGH has 32 significant bits, so e * HIGH is exact for |e| < 2^21. */
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW  0x1.a39ef35793c76p-33
#define LOG2_E   0x1.71547652b82fep+0
#define SQRT_2   0x1.6a09e667f3bcdp+0
/* Adding and subtracting 1.5 * 2^52 rounds a double below 2^51 in magnitude to an integer. */
#define ROUNDER 0x1.8p52

static inline uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double from_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^n for -1022 <= n <= 1023. */
static inline double power_of_two(int64_t n)
{
    return from_bits((uint64_t)(n + 1023) << 52);
}

/* The series are summed by Horner's rule, smallest terms first. */
static inline double log_inline(double x)
{
    const uint64_t mantissa = 0x000fffffffffffffu, one = 0x3ff0000000000000u;
    uint64_t bits = bits_of(x);
    double m = from_bits((bits & mantissa) | one);
    int64_t e = (int64_t)(bits >> 52) - 1023;
    int64_t high = m >= SQRT_2;
    double exponent = (double)(e + high);
    double s, z, series;

    /* exact, as is the exponent + 1 that goes with it */
    m = high ? 0.5 * m : m;
    s = (m - 1.0) / (m + 1.0);
    z = s * s;
    series = 1.0 / 21;
    series = series * z + 1.0 / 19;
    series = series * z + 1.0 / 17;
    series = series * z + 1.0 / 15;
    series = series * z + 1.0 / 13;
    series = series * z + 1.0 / 11;
    series = series * z + 1.0 / 9;
    series = series * z + 1.0 / 7;
    series = series * z + 1.0 / 5;
    series = series * z + 1.0 / 3;
    series = 2.0 * s + 2.0 * s * (z * series);
    return exponent * LN2_HIGH + (series + exponent * LN2_LOW);
}

/* e^x for -700 <= x <= 700, where 2^n is a normal number. */
static inline double exp_inline(double x)
{
    double n = (x * LOG2_E + ROUNDER) - ROUNDER;
    double r = (x - n * LN2_HIGH) - n * LN2_LOW;
    double series = 1.0 / 6227020800.0;

    series = series * r + 1.0 / 479001600.0;
    series = series * r + 1.0 / 39916800.0;
    series = series * r + 1.0 / 3628800.0;
    series = series * r + 1.0 / 362880.0;
    series = series * r + 1.0 / 40320.0;
    series = series * r + 1.0 / 5040.0;
    series = series * r + 1.0 / 720.0;
    series = series * r + 1.0 / 120.0;
    series = series * r + 1.0 / 24.0;
    series = series * r + 1.0 / 6.0;
    series = series * r + 0.5;
    series = 1.0 + (r + r * r * series);
    return series * power_of_two((int64_t)n);
}

double gv_glove_log(double x)
{
    return log_inline(x);
}

double gv_glove_exp(double x)
{
    if (x != x)
        return x;
    if (x > 709.78)
        return from_bits(0x7ff0000000000000u);
    if (x < -745.0)
        return 0.0;
    if (x > 700.0 || x < -700.0) { /* where 2^n is subnormal or too large for power_of_two */
        double half = exp_inline(0.5 * x);
        return half * half;
    }
    return exp_inline(x);
}

/* Of `value`, or where that is NULL, of `real`: always known where this is inlined. */
static inline __attribute__((always_inline)) void table_inline(float *log_x, float *weight,
                                                               const uint64_t *value,
                                                               const double *real, size_t n,
                                                               const gv_glove_weighting *by)
{
    const double scale = (double)by->unit, x_max = by->x_max, alpha = by->alpha;
    const double log_max = log_inline(x_max);

    for (size_t i = 0; i < n; i++) {
        /* cppcheck-suppress nullPointer ; one of both is there */
        double x = value ? (double)value[i] / scale : real[i];
        double log_value = log_inline(x);
        double power = alpha * (log_value - log_max);

        /* Below -200 the weight is less than half the smallest float. Above 0 only where rounding
         * has put log X beyond log x_max; the choice below corrects that. Both bounds keep
         * exp_inline in its range, whose result is computed for every cell, needed or not: a branch
         * would keep the compiler from vectorising. */
        power = power > -200.0 ? power : -200.0;
        power = power < 0.0 ? power : 0.0;
        log_x[i] = (float)log_value;
        weight[i] = x >= x_max ? 1.0f : (float)exp_inline(power);
    }
}

#if defined(__x86_64__)
/* The same operations eight cells at a time. AVX-512 DQ is the first extension that converts
 * 64-bit integers, which both functions need. */
__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))) static void
table_wide(float *log_x, float *weight, const uint64_t *value, size_t n,
           const gv_glove_weighting *by)
{
    table_inline(log_x, weight, value, NULL, n, by);
}

__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))) static void
reals_wide(float *log_x, float *weight, const double *x, size_t n, const gv_glove_weighting *by)
{
    table_inline(log_x, weight, NULL, x, n, by);
}

static bool has_wide(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}
#endif

void gv_glove_table(float *log_x, float *weight, const uint64_t *value, size_t n,
                    const gv_glove_weighting *by)
{
#if defined(__x86_64__)
    if (has_wide()) {
        table_wide(log_x, weight, value, n, by);
        return;
    }
#endif
    table_inline(log_x, weight, value, NULL, n, by);
}

void gv_glove_reals(float *log_x, float *weight, const double *x, size_t n,
                    const gv_glove_weighting *by)
{
#if defined(__x86_64__)
    if (has_wide()) {
        reals_wide(log_x, weight, x, n, by);
        return;
    }
#endif
    table_inline(log_x, weight, NULL, x, n, by);
}
