/*
 * gv_overlap - how much lists of nearest neighbours have in common.
 *
 * Of a word with a list of k neighbours from each of several runs:
 *   overlap  of two lists: common neighbours / k. 0.7 means that 7 of 10 neighbours are the same
 *            (Wendlandt, Kummerfeld and Mihalcea 2018)
 *   jaccard  of two lists: common neighbours / neighbours in either (Antoniak and Mimno 2018); of
 *            an overlap o that is o / (2 - o)
 *   shared   neighbours that all lists have (Hellrich and Hahn 2016)
 *
 * Threads: pure functions.
 */
#ifndef GV_OVERLAP_H
#define GV_OVERLAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct gv_overlap {
    double mean, least; /* overlap over all pairs of runs: its mean and the least one, 0 .. 1 */
    double jaccard;     /* mean over all pairs of runs, 0 .. 1 */
    uint32_t shared;    /* neighbours in all lists, 0 .. k */
} gv_overlap;

/* What the `runs` lists, at least two, have in common: [k] ids each, ascending, without repetition;
 * ids UINT32_MAX stand for none. `k` is at least 1. Cost: runs^2 k. */
gv_overlap gv_overlap_of(const uint32_t *const *lists, size_t runs, size_t k);

/* Is `id` in the ascending list? */
int gv_overlap_holds(const uint32_t *list, size_t k, uint32_t id);

#endif
