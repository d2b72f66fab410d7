/*
 * gv_compat_number - doubles as printf("%lf") writes them, fast.
 *
 * Threads: pure functions.
 */
#ifndef GV_COMPAT_NUMBER_H
#define GV_COMPAT_NUMBER_H

/* Bytes that gv_compat_number_put6 may write: sign, 309 digits, point, 6 digits. */
#define GV_COMPAT_NUMBER_MAX 320

/* Write `value` as printf("%.6f") does, without a NUL; returns the byte after the text. */
char *gv_compat_number_put6(char *to, double value);

#endif
