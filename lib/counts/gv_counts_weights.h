/*
 * gv_counts_weights - what a pair of words at distance k counts, as a whole number of units.
 *
 * Sums of integers do not depend on their order, so the matrix is the same for any number of
 * threads, batches and machines; the real count is X = cell / unit.
 *
 *   harmonic, window <= 22   unit L = lcm(1 .. window) < 2^32, weight L / k: exact
 *   harmonic, wider          unit 2^32, weight 2^32 / k rounded once to nearest
 *   array                    unit 2^32, weight w_k * 2^32 rounded once to nearest
 *   flat                     unit 1, weight 1
 *   dynamic                  unit window, weight window - k + 1: exact. What word2vec's dynamic
 *                            window gives on average: it draws each window's width from
 *                            1 .. window, and so reaches distance k with this probability
 *
 * Threads: constant once made.
 */
#ifndef GV_COUNTS_WEIGHTS_H
#define GV_COUNTS_WEIGHTS_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include <stdint.h>

/* An array weight is at most this, so that a single pair never comes near 64 bits. */
#define GV_COUNTS_WEIGHTS_MAX 1e6

typedef struct gv_counts_weights {
    uint64_t unit;
    uint32_t window;  /* distances 1 .. window */
    uint64_t *weight; /* [window + 1]; [0] is 0 */
    uint64_t sum;     /* of all weights */
} gv_counts_weights;

/* From cooccur.window and cooccur.weighting. Weights that are negative, not finite or beyond
 * GV_COUNTS_WEIGHTS_MAX, or all zero: GV_E_USAGE naming the key. Free with gv_counts_weights_clear.
 */
GV_MUST_USE int gv_counts_weights_make(gv_counts_weights *weights, const gv_config *config,
                                       gv_error *err);
/* Accepts a zeroed struct. */
void gv_counts_weights_clear(gv_counts_weights *weights);

#endif
