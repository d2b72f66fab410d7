/*
 * gv_linalg - algebra of long vectors of floats, as an optimiser needs it (gv_lbfgs.h).
 *
 * Numbers are stored as float32 and computed with in double: each result is rounded once. A dot
 * product adds in a fixed order, so its bits do not depend on the machine. NaN and infinity spread
 * as IEEE 754 has it.
 *
 * In all functions `n` is the number of floats, a multiple of GV_LINALG_LANES; 0 is allowed.
 *
 * Errors: none. Threads: pure functions.
 */
#ifndef GV_LINALG_H
#define GV_LINALG_H

#include <stddef.h>

enum { GV_LINALG_LANES = 8 };

/* The sum of a[i] b[i]. */
double gv_linalg_dot(const float *a, const float *b, size_t n);
/* y += alpha x; the two do not overlap. */
void gv_linalg_axpy(float *y, double alpha, const float *x, size_t n);
/* x = alpha x */
void gv_linalg_scale(float *x, double alpha, size_t n);

#endif
