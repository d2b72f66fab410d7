/*
 * gv_kmeans - groups vectors by their directions: spherical k-means.
 *
 * The criterion is the sum of the cosines of all vectors with the mean direction of their cluster,
 * which is I2 of CLUTO, the program that Baroni et al. (2014) clustered with. A run begins with
 * directions drawn as in k-means++ (Arthur and Vassilvitskii 2007); when passes over all vectors
 * change nothing more, single vectors are moved. Of several runs the one with the largest sum wins:
 * what the right groups are has no part in the choice. The result depends on the vectors only, not
 * on the number of threads.
 *
 * Source: Dhillon and Modha, "Concept decompositions for large sparse text data using clustering",
 * 2001.
 * Errors: GV_E_MEMORY; GV_E_STOPPED on a signal. Threads: called by one at a time, starts its own.
 */
#ifndef GV_KMEANS_H
#define GV_KMEANS_H

#include "base/gv_progress.h"
#include "vectors/gv_products.h"
#include <stdint.h>

enum { GV_KMEANS_RUNS = 100 };

/* What to group. */
typedef struct gv_kmeans_job {
    gv_products_rows rows; /* of length 1 */
    size_t k;              /* clusters wanted: 1 .. rows.n */
    size_t runs;           /* at most GV_KMEANS_RUNS; 0: 10, of up to 1000 rows 100 */
    unsigned threads;      /* at least 1 */
    gv_progress *progress; /* may be NULL */
} gv_kmeans_job;

/* The cluster of each row, 0 .. k - 1, into `cluster` ([rows.n]). */
GV_MUST_USE int gv_kmeans_find(uint32_t *cluster, const gv_kmeans_job *job, gv_error *err);

#endif
