/*
 * gv_cooccur_bands - the rows of the matrix cut into ranges of about equal work.
 *
 * A band is what a thread counts or merges as a whole. All batches, sorted runs and ranks of a
 * count use the same bands, so that a band of one run can be merged with that band of all others.
 * There are many more bands than threads: rows of frequent words cost most, and the last band that
 * is worked on should be short.
 *
 * Threads: one thread cuts; then any number may read.
 */
#ifndef GV_COOCCUR_BANDS_H
#define GV_COOCCUR_BANDS_H

#include "vocab/gv_vocab.h"
#include <stdint.h>

/* An upper limit: sorted runs keep an offset for each band, 8 KiB per run. */
enum { GV_COOCCUR_BANDS_MAX = 1024 };

typedef struct gv_cooccur_bands {
    uint32_t count;                           /* 0: not cut yet */
    uint32_t first[GV_COOCCUR_BANDS_MAX + 1]; /* band b has rows first[b] .. first[b + 1] - 1 */
} gv_cooccur_bands;

/* Cut the rows of `words` words (at least 1). Word w has start[w + 1] - start[w] positions. */
void gv_cooccur_bands_cut(gv_cooccur_bands *bands, const uint32_t *start, uint32_t words);

/* The same by the counts of a vocabulary: all who have that cut the same bands. GV_E_MEMORY. */
GV_MUST_USE int gv_cooccur_bands_of_vocab(gv_cooccur_bands *bands, const gv_vocab *vocab,
                                          gv_error *err);

#endif
