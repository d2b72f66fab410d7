/*
 * gv_embed_solve - a small dense linear system, for a regression.
 *
 * Threads: pure functions on the caller's memory.
 */
#ifndef GV_EMBED_SOLVE_H
#define GV_EMBED_SOLVE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Solve (M + ridge t I) X = B by Cholesky's decomposition, t being the mean of M's diagonal.
 *
 * `m`: [n][n] symmetric, positive semidefinite; its lower half is read and overwritten. `b`:
 * [n][columns], overwritten by X. False if M is no such matrix, or not finite. Sums are in double
 * and in a fixed order.
 */
bool gv_embed_solve(double *m, double *b, size_t n, size_t columns, double ridge);

#endif
