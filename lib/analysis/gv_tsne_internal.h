/*
 * gv_tsne_internal - the parts of t-SNE: the probabilities p of neighbours, and the tree that sums
 * the repulsion.
 *
 * Threads: gv_tsne_affinity_find starts its own. A finished affinity or tree is only read, by any
 * number of threads.
 */
#ifndef GV_TSNE_INTERNAL_H
#define GV_TSNE_INTERNAL_H

#include "analysis/gv_tsne.h"
#include <stdint.h>

/* p_ij for the pairs that are neighbours, as a sparse symmetric matrix. Its sum is 1. */
typedef struct gv_tsne_affinity {
    size_t n;
    size_t *begin; /* [n + 1] where the entries of a row begin */
    uint32_t *column;
    double *p;
} gv_tsne_affinity;

GV_MUST_USE int gv_tsne_affinity_find(gv_tsne_affinity *affinity, const gv_tsne_job *job,
                                      gv_error *err);
void gv_tsne_affinity_free(gv_tsne_affinity *affinity);

/* A group of points: those of order[first .. last - 1]. */
typedef struct gv_tsne_cell {
    double x, y;  /* mean */
    double size2; /* square of its larger side; 0: all points are the same */
    uint32_t first, last;
    uint32_t after; /* the cell to go on with when the cells inside this one are not looked at */
    uint32_t leaf;  /* no cells inside */
} gv_tsne_cell;

/* Cells in the order of a walk: each is followed by those inside it. */
typedef struct gv_tsne_tree {
    const double *place; /* [n][2] */
    size_t n;
    uint32_t *order; /* [n] the points as the cells have them */
    gv_tsne_cell *cell;
    size_t cells, capacity;
} gv_tsne_tree;

/* Build the tree of `n` > 0 places in a zeroed tree, or one that was built before. The places are
 * borrowed. GV_E_MEMORY. */
GV_MUST_USE int gv_tsne_tree_build(gv_tsne_tree *tree, const double *place, size_t n,
                                   gv_error *err);
void gv_tsne_tree_free(gv_tsne_tree *tree);

/* The sums over all other points, with q = 1 / (1 + distance^2): of q^2 times the way from them,
 * into `force`, and of q. `at` is the point's position in `order`. */
double gv_tsne_tree_repulsion(double force[2], const gv_tsne_tree *tree, uint32_t at);

#endif
