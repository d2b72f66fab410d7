/*
 * gv_cooccur_gather - the sums of one row, from the positions of its word in a batch.
 *
 * A row is made by visiting every position of its word and adding the weights of the neighbours
 * (gather by row), instead of sending every pair to its cell (scatter by pair): the sums of one row
 * fit in the cache, nothing is sorted or hashed, and the matrix comes out in order.
 *
 * Threads: once set to a batch it is read-only; any number of threads may gather rows, each with a
 * worker of its own.
 */
#ifndef GV_COOCCUR_GATHER_H
#define GV_COOCCUR_GATHER_H

#include "cooccur/gv_cooccur_batch.h"
#include "cooccur/gv_cooccur_rows.h"
#include "cooccur/gv_cooccur_worker.h"
#include "counts/gv_counts_weights.h"

typedef struct gv_cooccur_gather {
    const gv_cooccur_rows_kernel *rows;
    const gv_counts_weights *weights;
    gv_cooccur_rows_pack pack;
    uint32_t *tags; /* owned; `pack` points into it */
    uint32_t limit; /* positions of a word whose sums surely fit 32 bits; 0: so few that all sums
                       take 64 bits */
    /* of the batch, which is borrowed */
    const gv_cooccur_batch *batch;
    uint32_t hot_lines; /* lines (of GV_ROWS_LINE words) up to the last word that has more than
                           `limit` positions */
    bool careful;       /* sums may overflow 64 bits */
    bool gaps;          /* ids may be gv_encoder_gap, behind the words; such a column is dropped */
} gv_cooccur_gather;

/* `weights` are borrowed. Clear also after an error. */
GV_MUST_USE int gv_cooccur_gather_init(gv_cooccur_gather *gather, const gv_counts_weights *weights,
                                       bool symmetric, gv_error *err);
void gv_cooccur_gather_clear(gv_cooccur_gather *gather);

/* Rows are gathered from this batch from now on. It is borrowed and must be indexed; if symmetric,
 * the index must list the carried positions (gv_cooccur_batch_index). */
void gv_cooccur_gather_batch(gv_cooccur_gather *gather, const gv_cooccur_batch *batch);

/* Sum row `row` into the worker's arrays, whose sums are all 0 before. False: the sum of `*column`
 * exceeds 64 bits. */
bool gv_cooccur_gather_row(const gv_cooccur_gather *gather, gv_cooccur_worker *worker, uint32_t row,
                           uint32_t *column);

/* The same in parts, by several workers: each begins the row, and adds positions[at] .. [end - 1]
 * of it, any number of times. gv_cooccur_worker_join adds the sums of the workers up. */
void gv_cooccur_gather_begin(const gv_cooccur_gather *gather, gv_cooccur_worker *worker,
                             uint32_t row);
bool gv_cooccur_gather_part(const gv_cooccur_gather *gather, gv_cooccur_worker *worker,
                            uint32_t row, size_t at, size_t end, uint32_t *column);

#endif
