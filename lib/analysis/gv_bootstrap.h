/*
 * gv_bootstrap - items drawn anew from a test set, with replacement: how often each is drawn.
 *
 * A draw takes as many items as there are, within each section of the test set. Its random numbers
 * are named by the number of the draw, so all runs are measured with the same draws, and results
 * depend neither on threads nor on what else is compared.
 *
 * Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_BOOTSTRAP_H
#define GV_BOOTSTRAP_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Draws for an interval: 2.5 % and 97.5 % of them are then the 50th from each end. */
enum { GV_BOOTSTRAP_DRAWS = 1999 };

/* How often draw number `draw` takes each item, into `weights`. Section i is the items up to
 * `ends[i]`, from the end of the one before. */
void gv_bootstrap_draw(double *weights, const size_t *ends, size_t sections, uint64_t draw);

/* --- rank correlation of drawn items ---------------------------------------------------------- */

/* Items by their values: `item` from the smallest value on, `tied[i]`: item[i] has the value of
 * item[i - 1]. */
typedef struct gv_bootstrap_order {
    size_t n;
    uint32_t *item;
    bool *tied;
} gv_bootstrap_order;

/* Order `n` finite values. The caller frees, also after a failure. GV_E_MEMORY. */
GV_MUST_USE int gv_bootstrap_order_make(gv_bootstrap_order *order, const double *values, size_t n,
                                        gv_error *err);
void gv_bootstrap_order_free(gv_bootstrap_order *order);

/* The rank of each item if it is there `weights[item]` times; equal values share the mean of their
 * ranks. */
void gv_bootstrap_ranks(double *ranks, const gv_bootstrap_order *order, const double *weights);
/* The correlation of ranks `x` and `y` of such items: Spearman's. NAN if all values of one are
 * equal. */
double gv_bootstrap_correlation(const double *x, const double *y, const double *weights, size_t n);

#endif
