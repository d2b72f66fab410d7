/*
 * gv_gradient - a tile's part in the gradient of the GloVe objective, with respect to one side's
 * rows of one segment.
 *
 * Over all tiles of a segment's row and column of the matrix that is the whole gradient of its
 * rows. The values, over the word rows (or the context rows) of all segments, add up to the
 * objective.
 *
 * Threads: a job and a scratch belong to one thread; the rest is only read.
 */
#ifndef GV_GRADIENT_H
#define GV_GRADIENT_H

#include "kernel/gv_objective.h"
#include "model/gv_model.h"
#include "train/gv_prepare.h"

typedef struct gv_gradient_job {
    const gv_objective_kernel *kernel;
    const gv_prepare_table *table;
    const uint32_t *segment_first; /* of the store */
    const gv_model *x;             /* values without AdaGrad sums (gv_model_new_values) */
    bool symmetric;                /* the store */
    bool context;                  /* the gradient of context rows is wanted, not of word rows; */
    uint32_t segment;              /* of this segment */
    float *gradient;               /* its rows, as in `x`; added to */
    double value;                  /* the objective of the pairs that these rows are in; added to */
} gv_gradient_job;

/* Add the part of a tile, one of those of the segment's row or column. The tile has been checked
 * (gv_tile_view), its escaped values are checked here: GV_E_CORRUPT, without the file's name. */
GV_MUST_USE int gv_gradient_add_tile(gv_gradient_job *job, gv_prepare_scratch *scratch,
                                     const gv_tile *view, gv_error *err);

#endif
