/*
 * gv_glove - the two numbers that training needs for each cell of the matrix: log X and f(X).
 *
 * The model (Pennington, Socher, Manning: GloVe, EMNLP 2014, equation 8) minimises
 *
 *   J = sum over ordered pairs (i,j) with X_ij > 0 of
 *         0.5 f(X_ij) (w_i . c_j + b_i + b~_j - log X_ij)^2,
 *   f(X) = (X / x_max)^alpha if X < x_max, else 1                       (equation 9)
 *
 * The step that follows from it is specified in gv_kernel.h and derived in docs/numerics.md.
 *
 * Determinism: computed in double by + - * / and operations on bits alone, never by the C
 * library's log and pow, whose last bits differ from system to system. The error is a few units
 * in the last place of a double, and the result is rounded to float once. How the compiler
 * vectorises the loops cannot change a bit: every value goes through the same operations.
 *
 * Errors: none. Threads: pure functions.
 */
#ifndef GV_GLOVE_H
#define GV_GLOVE_H

#include <stddef.h>
#include <stdint.h>

/* What X and f(X) are. */
typedef struct gv_glove_weighting {
    uint64_t unit; /* X = value / unit; >= 1 */
    double x_max;  /* > 0 and finite; f is exactly 1 from here on */
    double alpha;  /* >= 0; 0: f is 1 everywhere */
} gv_glove_weighting;

/* For each of `n` cells, value[i] >= 1: log_x[i] = ln X, weight[i] = f(X). Fit for a table of all
 * codes of a store as well as for a few escapes: the set-up costs one logarithm. */
void gv_glove_table(float *log_x, float *weight, const uint64_t *value, size_t n,
                    const gv_glove_weighting *by);

/* The same for values that are no whole number of units: x[i] > 0, finite and normal; the unit of
 * `by` is not used. */
void gv_glove_reals(float *log_x, float *weight, const double *x, size_t n,
                    const gv_glove_weighting *by);

/* Natural logarithm of a finite, positive, normal x. */
double gv_glove_log(double x);
/* e^x: 0 below -745, infinity above 709.78, NaN for NaN. */
double gv_glove_exp(double x);

#endif
