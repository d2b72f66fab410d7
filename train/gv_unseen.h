/*
 * gv_unseen - evidence from pairs that never occur together, for train.objective "logistic".
 *
 * Skip-gram with negative sampling compares the count X of a pair with the count N that chance
 * would give it, and is at its optimum where sigmoid(w . c) = X / (X + N) (Levy and Goldberg 2014).
 * Here
 *
 *   N_ij = ratio x_i P(j),   x_i: sum of row i of X,   P(j) ~ x_j^power, its sum over all words 1,
 *
 * i being the word and j its context. A seen cell is trained on with that p, whose logit is log X -
 * log N; beside the seen cells of a tile, unseen ones are drawn and trained on with p = 0, whose
 * logit is -infinity. Cells are drawn in proportion to D_ij = (x_i x_j)^draw_power: flatter than N,
 * which has most of its mass where every cell is seen. A draw that hits a seen cell, or the same
 * cell again, is skipped. A tile gets its share of D of all the draws, a row of the tile its share
 * of these, rounded by systematic sampling: one random number for the tile, so that no row is off
 * by more than one. Cells of tiles that hold no seen cell at all are never drawn.
 *
 * The result is a kernel tile: unseen cells are between the seen ones, evenly spread over each
 * tile row, and rows without seen cells between the others. The random numbers come from a stream
 * named by seed, epoch, tile and direction: every thread or rank that does the task draws the same
 * cells.
 *
 * Threads: gv_unseen is shared and constant but for `epoch`, which is set while no thread trains;
 * each thread has a scratch of its own.
 */
#ifndef GV_UNSEEN_H
#define GV_UNSEEN_H

#include "config/gv_config.h"
#include "kernel/gv_kernel.h"
#include "model/gv_noise.h"
#include "store/gv_store.h"

typedef struct gv_unseen {
    float *log_chance[2];    /* [words] log(ratio x_i) of words, log P(j) of contexts; log N is
                                their sum */
    double *part;            /* [words] the word's share of draws, as a word or as a context */
    double *segment_part;    /* [segments] the sum over its words */
    gv_noise_slot *slots;    /* [words] to draw a word of a segment, by `part` */
    uint32_t *segment_first; /* [segments + 1] */
    double draws;            /* an epoch's, of all cells */
    float weight;            /* of an unseen cell */
    uint64_t seed;
    uint32_t tiles; /* of the store */
    uint64_t epoch; /* set by the caller */
} gv_unseen;

/* From the store's row sums, by the keys train.unseen_*. Free with gv_unseen_free, which accepts
 * NULL. */
GV_MUST_USE int gv_unseen_new(gv_unseen **unseen, gv_store *store, const gv_config *config,
                              gv_error *err);
void gv_unseen_free(gv_unseen *unseen);

/* A thread's room for the mixed tile. */
typedef struct gv_unseen_scratch {
    size_t records, width;
    uint16_t *row, *row_length, *column;
    float *logit, *weight;
    uint32_t *draws; /* [width] of each row of the tile */
    uint32_t *mark;  /* [width] the last tile row that has the column */
    uint32_t *extra; /* [width] rows without seen cells */
    uint16_t *drawn; /* [width + 1] columns of the current tile row, and room to try another */
    uint32_t serial; /* the last mark given */
} gv_unseen_scratch;

/* How many records a mixed tile may have, and how wide a segment is, at most. */
void gv_unseen_sizes(size_t *records, size_t *width, const gv_unseen *unseen,
                     const gv_store *store);
/* Room for tiles of such sizes (gv_unseen_sizes). Empty after an error (GV_E_MEMORY). */
GV_MUST_USE int gv_unseen_scratch_new(gv_unseen_scratch *scratch, size_t records, size_t width,
                                      gv_error *err);
void gv_unseen_scratch_free(gv_unseen_scratch *scratch);

/* Where a kernel tile comes from. */
typedef struct gv_unseen_place {
    uint32_t tile; /* its number in the store */
    uint32_t row_segment, column_segment;
    bool transposed; /* rows are contexts */
    bool hollow;     /* the cells (i,i) are left out: neither seen nor to be drawn */
} gv_unseen_place;

/* From a tile with log X to a mixed one with logits, whose arrays are the scratch's: valid until
 * its next use. `tile` must not be of the scratch itself. */
void gv_unseen_mix(gv_kernel_tile *tile, gv_unseen_scratch *scratch, const gv_unseen *unseen,
                   const gv_unseen_place *place);

#endif
