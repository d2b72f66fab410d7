/*
 * gv_decimal - float32 and integers to decimal text, float32 back, exact and fast.
 *
 * The results are those of printf and strtof; vector files hold hundreds of millions of numbers, so
 * speed matters. The decimal point is '.' in every locale.
 *
 * Threads: pure functions.
 */
#ifndef GV_DECIMAL_H
#define GV_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that gv_decimal_put6 may write: sign, 39 digits, point, 6 digits, rounded up. */
#define GV_DECIMAL_MAX 48

/*
 * Write `value` as printf("%.6f") does (correctly rounded, ties to even; "-0.000000", "nan",
 * "-inf"), without a NUL. `to` has room for GV_DECIMAL_MAX bytes. Returns the byte after the text.
 */
char *gv_decimal_put6(char *to, float value);

/* Bytes that gv_decimal_put_whole may write. */
#define GV_DECIMAL_WHOLE_MAX 20

/* Write an integer, without a NUL. Returns the byte after the text. */
char *gv_decimal_put_whole(char *to, uint64_t value);

/* The whole number that `text` consists of: digits only, below 2^64. False if it is none. */
bool gv_decimal_get_whole(uint64_t *value, const char *text);

/*
 * Read the number at the start of `text`, which is NUL-terminated; it must be followed by a space,
 * a tab or the NUL. Correctly rounded, as strtof does; "nan", "inf" and exponents are accepted,
 * hexadecimal is not. A number that is too large is infinite. Returns the byte after the number, or
 * NULL if there is none.
 */
const char *gv_decimal_get(const char *text, float *value);

#endif
