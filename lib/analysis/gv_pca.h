/*
 * gv_pca - principal components: the directions in which rows differ most.
 *
 * Exact: from the covariance of all dimensions, computed in double, and its eigenvectors
 * (gv_eigen.h). Sums have a fixed order and use + - * / only: the same bits for any number of
 * threads, on any CPU. The sign of a direction is gv_eigen's.
 *
 * Source: Pearson 1901; Hotelling 1933.
 * Errors: GV_E_MEMORY; GV_E_RUNTIME for numbers that are not finite; GV_E_STOPPED on a signal.
 * Threads: called by one at a time, starts its own.
 */
#ifndef GV_PCA_H
#define GV_PCA_H

#include "base/gv_progress.h"
#include "vectors/gv_products.h"

/* What to look at. */
typedef struct gv_pca_job {
    gv_products_rows rows; /* n may be 0 */
    size_t components;     /* wanted */
    unsigned threads;      /* at least 1 */
    gv_progress *progress; /* may be NULL */
} gv_pca_job;

typedef struct gv_pca {
    size_t dim, components;
    double *mean;      /* [dim] of the rows */
    double *direction; /* [components][dim] of length 1, orthogonal; zeros from number `dim` on */
    double *variance;  /* [components] along each, largest first: sums of squares by n - 1 */
    double total;      /* variance in all directions */
} gv_pca;

/* The caller frees with gv_pca_free; after a failure there is nothing to free. */
GV_MUST_USE int gv_pca_find(gv_pca *pca, const gv_pca_job *job, gv_error *err);
void gv_pca_free(gv_pca *pca);

/* The coordinates of a row ([dim]) into `place` ([components]): its difference from the mean along
 * each direction. */
void gv_pca_project(double *place, const gv_pca *pca, const float *row);

#endif
