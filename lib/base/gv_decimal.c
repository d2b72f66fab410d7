/*
 * Problem: printf and strtof cost 100 ns and more for every number of a vector file.
 *
 * Writing: a float is m * 2^e with m < 2^24. Its rounded number of millionths is
 * m * 10^6 * 2^e, and m * 10^6 < 2^44, so for e < 0 a shift of an exact 64-bit integer and a
 * comparison of the bits shifted out with one half give the correctly rounded result, ties to even.
 * For 0 <= e <= 39 the value is an integer below 2^63. Everything else (huge, NaN, infinite) is
 * rare and goes through snprintf.
 *
 * Reading: digits are gathered in a 64-bit integer m with a decimal exponent. When m and the power
 * of ten are exact floats, one division is correctly rounded by IEEE 754 (Clinger 1990). The same
 * in double leaves a second rounding to float, which can only go wrong when the double is exactly
 * half-way between two floats; that, denormals and everything longer go through strtof.
 */
#include "base/gv_decimal.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MILLION = 1000000, MANTISSA_BITS = 23, EXPONENT_BIAS = 127 + MANTISSA_BITS };

static const char two_digits[201] = "00010203040506070809101112131415161718192021222324"
                                    "25262728293031323334353637383940414243444546474849"
                                    "50515253545556575859606162636465666768697071727374"
                                    "75767778798081828384858687888990919293949596979899";

static char *put_pair(char *to, uint32_t below_100)
{
    memcpy(to, two_digits + 2 * (size_t)below_100, 2);
    return to + 2;
}

static char *put_integer(char *to, uint64_t value)
{
    if (value < 10) {
        *to = (char)('0' + value);
        return to + 1;
    }
    char digits[20];
    size_t n = 0;
    for (; value > 0; value /= 10)
        digits[n++] = (char)('0' + value % 10);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

static char *put_fixed(char *to, uint64_t whole, uint32_t millionths)
{
    to = put_integer(to, whole);
    *to++ = '.';
    to = put_pair(to, millionths / 10000);
    to = put_pair(to, millionths / 100 % 100);
    return put_pair(to, millionths % 100);
}

/* product * 2^-shift, rounded to the nearest integer, ties to even; product < 2^44, shift > 0.
 * Adding half less one, and one more if the quotient is odd, carries exactly when rounding goes up:
 * no branch, which would be mispredicted half of the time. */
static uint64_t shift_rounded(uint64_t product, unsigned shift)
{
    if (shift > 45) /* below one half */
        return 0;
    uint64_t half = UINT64_C(1) << (shift - 1);
    return (product + half - 1 + (product >> shift & 1)) >> shift;
}

char *gv_decimal_put6(char *to, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t biased = bits >> MANTISSA_BITS & 0xff;
    if (biased > EXPONENT_BIAS + 39)
        return to + snprintf(to, GV_DECIMAL_MAX, "%.6f", (double)value);
    *to = '-'; /* without a branch: signs are random */
    to += bits >> 31;
    uint64_t mantissa = bits & ((1u << MANTISSA_BITS) - 1);
    if (biased > 0)
        mantissa |= 1u << MANTISSA_BITS;
    else
        biased = 1; /* denormals share the smallest exponent */
    if (biased >= EXPONENT_BIAS)
        return put_fixed(to, mantissa << (biased - EXPONENT_BIAS), 0);
    uint64_t scaled = shift_rounded(mantissa * MILLION, EXPONENT_BIAS - biased);
    return put_fixed(to, scaled / MILLION, (uint32_t)(scaled % MILLION));
}

static int is_end(char c)
{
    return c == ' ' || c == '\0' || c == '\t';
}

static int is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* The C library's way, for what the fast path leaves. */
static const char *get_slowly(const char *text, float *value)
{
    const char *body = text + (*text == '-' || *text == '+');
    if (!is_digit(*body) && *body != '.' && strncasecmp(body, "nan", 3) != 0 &&
        strncasecmp(body, "inf", 3) != 0)
        return NULL;
    if (body[0] == '0' && (body[1] == 'x' || body[1] == 'X'))
        return NULL;
    char *end;
    *value = strtof(text, &end);
    return end != text && is_end(*end) ? end : NULL;
}

/* Is the double exactly between two neighbouring normal floats? 29 bits are dropped. */
static int is_halfway(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x1fffffff) == 0x10000000;
}

/* mantissa * 10^exponent to the nearest float; 0 if this way is not exact. */
static int scale_exactly(float *value, uint64_t mantissa, int exponent)
{
    static const float small_powers[] = {1e0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F,
                                         1e6F, 1e7F, 1e8F, 1e9F, 1e10F};
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (mantissa < 1u << 24 && exponent <= 0 && exponent >= -10) {
        *value = (float)mantissa / small_powers[-exponent];
        return 1;
    }
    if (mantissa >= UINT64_C(1) << 53 || exponent > 22 || exponent < -22)
        return 0;
    double wide =
        exponent < 0 ? (double)mantissa / powers[-exponent] : (double)mantissa * powers[exponent];
    if (mantissa != 0 && (wide < (double)FLT_MIN || wide > (double)FLT_MAX || is_halfway(wide)))
        return 0;
    *value = (float)wide;
    return 1;
}

/* An exponent such as e-05 at `p` (after the digits), if there is one; NULL if it is malformed or
 * absurdly long. */
static const char *get_exponent(const char *p, int *exponent)
{
    *exponent = 0;
    if (*p != 'e' && *p != 'E')
        return p;
    p++;
    int negative = *p == '-';
    p += negative || *p == '+';
    const char *start = p;
    for (; is_digit(*p) && p - start < 4; p++)
        *exponent = *exponent * 10 + (*p - '0');
    if (p == start || is_digit(*p))
        return NULL;
    if (negative)
        *exponent = -*exponent;
    return p;
}

const char *gv_decimal_get(const char *text, float *value)
{
    const char *p = text;
    int negative = *p == '-';
    p += negative || *p == '+';
    uint64_t mantissa = 0;
    const char *first = p;
    for (; is_digit(*p); p++)
        mantissa = mantissa * 10 + (uint64_t)(*p - '0');
    ptrdiff_t digits = p - first, decimals = 0;
    if (*p == '.') {
        const char *point = ++p;
        for (; is_digit(*p); p++)
            mantissa = mantissa * 10 + (uint64_t)(*p - '0');
        decimals = p - point;
        digits += decimals;
    }
    int exponent = 0;
    /* more than 19 digits may have overflowed the integer */
    if (digits == 0 || digits > 19 || !(p = get_exponent(p, &exponent)) || !is_end(*p) ||
        !scale_exactly(value, mantissa, exponent - (int)decimals))
        return get_slowly(text, value);
    *value = copysignf(*value, negative ? -1.0F : 1.0F);
    return p;
}

char *gv_decimal_put_whole(char *to, uint64_t value)
{
    char digits[GV_DECIMAL_WHOLE_MAX];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

bool gv_decimal_get_whole(uint64_t *value, const char *text)
{
    *value = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(*value, (uint64_t)10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
            return false;
    return p > text && *p == '\0';
}
