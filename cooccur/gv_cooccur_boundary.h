/*
 * gv_cooccur_boundary - pairs of words in different parts of the corpus.
 *
 * A window reaches over the boundary of a part. Ranks do not read each other's text; instead each
 * reports the first and the last ids of its part (all ids, if there are few), and rank 0 counts the
 * pairs across boundaries one by one: some hundred per rank.
 *
 * Threads: none.
 */
#ifndef GV_COOCCUR_BOUNDARY_H
#define GV_COOCCUR_BOUNDARY_H

#include "cooccur/gv_cooccur_counter.h"

/* The ids next to the boundaries of a part, collected while the part is read. */
typedef struct gv_cooccur_boundary {
    uint32_t window;
    uint64_t seen;   /* ids, breaks included */
    uint32_t *first; /* [2 window] the first of them */
    uint32_t *last;  /* [window] the last of them, as a ring: id i is at i % window */
} gv_cooccur_boundary;

/* `window` is at least 1. Clear also after an error. */
GV_MUST_USE int gv_cooccur_boundary_init(gv_cooccur_boundary *boundary, uint32_t window,
                                         gv_error *err);
void gv_cooccur_boundary_clear(gv_cooccur_boundary *boundary);
/* The next n ids of the part. */
void gv_cooccur_boundary_add_ids(gv_cooccur_boundary *boundary, const uint32_t *ids, size_t n);

/* The ids that other parts need: `*n` of them, at most 2 window + 1, with a break where ids were
 * left out. */
void gv_cooccur_boundary_list(const gv_cooccur_boundary *boundary, uint32_t *ids, size_t *n);

/* Rank 0: `ids` are the lists of all parts, one after the other, and ids[i] is of part part[i].
 * Adds the pairs between different parts to counter->runs, as one more run of level 0. A sum beyond
 * 64 bits: GV_E_RUNTIME. */
GV_MUST_USE int gv_cooccur_boundary_count_pairs(gv_cooccur_counter *counter, const uint32_t *ids,
                                                const uint32_t *part, size_t n, gv_error *err);

#endif
