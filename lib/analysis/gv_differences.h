/*
 * gv_differences - differences between runs in what they found for the items of a test set, each
 * with an interval that takes in the noise of items and that of seeds.
 *
 * A comparison is between two settings, each with runs that differ in their seeds. Only items count
 * that all its runs answered. If runs are paired (by equal seeds), the noise of seeds is that of
 * the differences of pairs, else that of both settings (Welch 1947).
 *
 * Runs of a setting answer the same items, so what single items of single runs contribute would
 * count twice, as noise of items and as noise of seeds. It is taken out of the former: the draws'
 * distances from the estimate are shrunk accordingly.
 *
 * Threads: called by one at a time, starts its own; results do not depend on their number.
 */
#ifndef GV_DIFFERENCES_H
#define GV_DIFFERENCES_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>

/* What runs found for the items of a test set; borrowed. */
typedef struct gv_differences_items {
    size_t n;                  /* items, those of a section side by side */
    const size_t *ends;        /* [sections] where each section ends; none is empty */
    size_t sections;           /* at least 1 */
    const float *const *value; /* [run][item]; NAN: not answered */
    const double *scores;      /* the measure is the rank correlation of values with these scores;
                                  NULL: it is the mean of values */
} gv_differences_items;

/* Runs of two settings, as numbers of `value`: what `a` has more than `b`. If paired, n_a = n_b. */
typedef struct gv_differences_comparison {
    const size_t *a, *b;
    size_t n_a, n_b; /* at least 1 */
    bool paired;
} gv_differences_comparison;

typedef struct gv_differences_result {
    double estimate;  /* NAN: nothing to compare */
    double low, high; /* NAN: nothing is known about noise */
    size_t items;     /* that all runs of the comparison answered; 0: not a measure of items */
    bool by_seeds;    /* the interval takes in the noise of seeds */
} gv_differences_result;

/*
 * Find the differences of all comparisons: over all items, and over each section if there are
 * several. `results` is [comparisons][gv_differences_width()]. GV_E_MEMORY, GV_E_STOPPED.
 */
GV_MUST_USE int gv_differences_find(gv_differences_result *results,
                                    const gv_differences_items *items,
                                    const gv_differences_comparison *comparisons, size_t n,
                                    unsigned threads, gv_error *err);
/* 1 for all items, and the number of sections if there are several. A rank correlation has none. */
size_t gv_differences_width(const gv_differences_items *items);

/* The same for a measure that has no items, such as a loss: `a` and `b` hold the runs' values, or
 * if `b` is NULL, `a` the differences of pairs. */
gv_differences_result gv_differences_of_values(const double *a, size_t n_a, const double *b,
                                               size_t n_b);

#endif
