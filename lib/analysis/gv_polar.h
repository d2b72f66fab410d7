/*
 * gv_polar - the orthogonal matrix nearest to a square matrix: with M = U S V^T, that is U V^T, the
 * orthogonal factor of its polar decomposition.
 *
 * It maximises trace(R^T M) over all orthogonal R, reflections included. Where M has not full rank,
 * U V^T is not determined on the directions of singular value 0; of all choices the one is taken
 * that is nearest to leaving them as they are (the identity).
 *
 * One-sided Jacobi: the columns of M are rotated in pairs until all are orthogonal to each other.
 * Small singular values come out as exactly as large ones. The pairs of a round are disjoint, so
 * threads share them, and the result has the same bytes for any number of threads and on any CPU.
 *
 * Source: Hestenes 1958; Brent and Luk 1985 (the order of the pairs); Golub and Van Loan, "Matrix
 * Computations", 4th edition, sections 6.4.1 and 8.6.3.
 * Threads: a call uses its own memory; any number at once.
 */
#ifndef GV_POLAR_H
#define GV_POLAR_H

#include "base/gv_error.h"
#include <stddef.h>

/*
 * `rotation` ([n][n], overwritten; not `matrix`) becomes the orthogonal matrix nearest to `matrix`
 * ([n][n], row by row, all finite). `*rank` (may be NULL): how many singular values exceed the
 * rounding error of the largest. n >= 1; `threads` 0 is taken for 1.
 *
 * Cost: about 60 n^3 to 90 n^3 multiplications. Memory: 2 n^2 doubles. GV_E_MEMORY; GV_E_STOPPED
 * on a signal.
 */
GV_MUST_USE int gv_polar(double *rotation, size_t *rank, const double *matrix, size_t n,
                         unsigned threads, gv_error *err);

#endif
