/*
 * gv_glove - the two numbers that training needs of every cell of the matrix: log X and f(X).
 *
 * The model (Pennington, Socher, Manning: GloVe, EMNLP 2014, equation 8) minimises
 *
 *   J = sum over ordered pairs (i,j) with X_ij > 0 of
 *         0.5 f(X_ij) (w_i . c_j + b_i + b~_j - log X_ij)^2,
 *   f(X) = (X / x_max)^alpha if X < x_max, else 1                       (equation 9)
 *
 * The step that follows from it stands in gv_kernel.h, its derivation in docs/numerics.md.
 *
 * Determinism: computed in double by + - * / and operations on bits alone, never by the C
 * library's log and pow, whose last bits differ from system to system. The error is a few units
 * in the last place of a double, and the result is rounded to float once. How the compiler
 * vectorises the loops cannot change a bit: every value goes through the same operations alone.
 */
#ifndef GV_GLOVE_H
#define GV_GLOVE_H

#include <stddef.h>
#include <stdint.h>

/*
 * For each of `n` cells with X = value[i] / unit: log_x[i] = ln X, weight[i] = f(X). Natural
 * logarithm; value[i] >= 1, unit >= 1, x_max > 0 and finite, alpha >= 0. f is exactly 1 for
 * X >= x_max and for alpha = 0. Good for a table over all codes of a store as for a handful of
 * escapes: there is no set-up cost beyond one logarithm. Never fails. Threads: pure function.
 */
void gv_glove_table(const uint64_t *value, size_t n, uint64_t unit, double x_max, double alpha,
                    float *log_x, float *weight);

/* The functions behind it, in double: natural log of a finite positive normal x; e^x (0 below
 * -745, infinity above 709.78, NaN for NaN). */
double gv_glove_log(double x);
double gv_glove_exp(double x);

#endif
