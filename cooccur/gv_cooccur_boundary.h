/*
 * gv_cooccur_boundary - pairs of words that stand in different parts of the corpus.
 *
 * A window reaches over the edges of a part. Instead of the text, ranks exchange the ids next to
 * the edges: a part says what its first and last ids are (all, if they are few), and whoever has
 * that of all parts counts the pairs between them one by one.
 *
 * Threads: none.
 */
#ifndef GV_COOCCUR_BOUNDARY_H
#define GV_COOCCUR_BOUNDARY_H

#include "cooccur/gv_cooccur_counter.h"

/* The edges of a part, as its ids go by. */
typedef struct gv_cooccur_boundary {
    uint32_t window;
    uint64_t seen;   /* ids, breaks included */
    uint32_t *first; /* [2 window] the first of them */
    uint32_t *last;  /* [window] the last of them, ring: id i at i % window */
} gv_cooccur_boundary;

int gv_cooccur_boundary_init(gv_cooccur_boundary *edges, uint32_t window, gv_error *err);
void gv_cooccur_boundary_clear(gv_cooccur_boundary *edges);
void gv_cooccur_boundary_add_ids(gv_cooccur_boundary *edges, const uint32_t *ids, size_t n);

/* What of the part matters to the others: `*n` ids, with a break where ids were left out; at most
 * 2 window + 1. */
void gv_cooccur_boundary_list(const gv_cooccur_boundary *edges, uint32_t *ids, size_t *n);

/* The ids of all parts, one after the other; part[i] is that of ids[i]. Adds the pairs between
 * different parts to the runs of `count`, as one run more. */
int gv_cooccur_boundary_count_pairs(gv_cooccur_counter *counter, const uint32_t *ids,
                                    const uint32_t *part, size_t n, gv_error *err);

#endif
