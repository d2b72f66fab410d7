/*
 * gv_decimal - float32 and whole numbers to decimal text, float32 back, exact and fast.
 *
 * The C library's printf and strtof give the same results; these exist because vector files are
 * hundreds of millions of such numbers. The decimal point is always '.'.
 * Threads: pure functions.
 */
#ifndef GV_DECIMAL_H
#define GV_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that gv_decimal_put6 may write: sign, 39 digits, point, 6 digits, rounded up. */
#define GV_DECIMAL_MAX 48

/*
 * Write `value` as printf("%.6f") does (correctly rounded, ties to even; "-0.000000", "nan",
 * "-inf"), without a NUL. `to` has GV_DECIMAL_MAX bytes of room. Returns the byte after the text.
 */
char *gv_decimal_put6(char *to, float value);

/* Bytes that gv_decimal_put_whole may write. */
#define GV_DECIMAL_WHOLE_MAX 20

/* Write a whole number, without a NUL. Returns the byte after the text. */
char *gv_decimal_put_whole(char *to, uint64_t value);

/*
 * Read the number at the start of `text`, which is NUL-terminated; it must be followed by a space,
 * a tab or the NUL. Correctly rounded, as strtof; takes "nan", "inf" and exponents, no hexadecimal.
 * Too large a number is infinite. Returns the byte after it, or NULL if there is no such number.
 */
const char *gv_decimal_get(const char *text, float *value);

#endif
