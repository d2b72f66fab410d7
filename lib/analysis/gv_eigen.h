/*
 * gv_eigen - all eigenvalues and eigenvectors of a symmetric matrix.
 *
 * Householder reflections make the matrix tridiagonal, and implicit QR steps with Wilkinson's shift
 * make that diagonal. The errors are a few units in the last place of the largest eigenvalue. Only
 * + - * / and square roots in a fixed order are used, so the bits are the same on all CPUs.
 *
 * Cost: about 9 n^3 operations; n = 300 takes a quarter of a second.
 *
 * Source: Golub and Van Loan, Matrix Computations, algorithms 8.3.1 to 8.3.3.
 * Threads: any.
 */
#ifndef GV_EIGEN_H
#define GV_EIGEN_H

#include "base/gv_error.h"
#include <stddef.h>

/*
 * `matrix` ([n][n], symmetric) becomes the eigenvectors, one a row, of length 1 and orthogonal;
 * `value` ([n]) their eigenvalues, largest first. The sign of a vector is such that its component
 * of largest magnitude, of equal ones the first, is positive. n = 0 is allowed. GV_E_RUNTIME if a
 * number of the matrix is not finite; GV_E_MEMORY.
 */
GV_MUST_USE int gv_eigen_symmetric(double *value, double *matrix, size_t n, gv_error *err);

#endif
