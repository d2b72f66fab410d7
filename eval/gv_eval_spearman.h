/*
 * gv_eval_spearman - Spearman's rank correlation.
 *
 * Errors: GV_E_MEMORY. Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_SPEARMAN_H
#define GV_EVAL_SPEARMAN_H

#include "base/gv_error.h"
#include <stddef.h>

/* The rank correlation of `x` and `y` ([n]); NAN if undefined: fewer than two values, or all values
 * of `x` or of `y` equal. */
GV_MUST_USE int gv_eval_spearman(double *rho, const double *x, const double *y, size_t n,
                                 gv_error *err);

/* The ranks 1 .. n of the values, at their positions; equal values have the mean of their ranks. */
GV_MUST_USE int gv_eval_spearman_ranks(double *ranks, const double *values, size_t n,
                                       gv_error *err);

#endif
