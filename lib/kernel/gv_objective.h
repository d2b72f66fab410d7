/*
 * gv_objective - the value of GloVe's objective on a tile, and its gradient in the vectors of one
 * side: what a full-batch optimiser (L-BFGS, Sandblaster) needs.
 *
 *   F = sum over records of 0.5 f (w.c + b + b~ - log X)^2
 *
 * (Pennington et al. 2014, equation 8, with the half that the reference's loss has.) Vectors are
 * like those of gv_kernel.h, without the AdaGrad sums: `width` floats with biases and constant ones
 * among them, so that one dot product gives w.c + b + b~, and zeros at the end. The gradient in the
 * lanes of the constants is computed like any other; the optimiser must leave these lanes alone.
 *
 * For each record, in the order of the tile, with a the vector of its row and b that of its column,
 * in float32:
 *
 *   dot  = as in gv_kernel.h; diff = dot - log X; g = f * diff
 *   loss_k += (double)g * (double)diff        k: place in the step of GV_STEP_RECORDS records
 *   collect: A[l] = fma(g, b[l], A[l])        A: gradient in the row's vector
 *   spread:  B[l] = fma(g, a[l], B[l])        B: gradient in the column's vector
 *
 * and F = 0.5 ((loss_0 + loss_1) + (loss_2 + loss_3)). The bits depend on this text alone: all
 * kernels match the scalar one.
 *
 * Errors: none; a value that is not finite spreads to F. Threads: pure functions; each thread needs
 * a gradient of its own, or tiles whose gradients do not overlap.
 */
#ifndef GV_OBJECTIVE_H
#define GV_OBJECTIVE_H

#include "kernel/gv_kernel.h"

/* Vectors are `width` floats, 64-byte aligned; row r of a tile has the one at r * width.
 * Borrowed. */
typedef struct gv_objective_args {
    size_t width; /* a multiple of GV_LANES */
    const float *row_vectors, *column_vectors;
    float *gradient; /* in the rows' vectors (collect) or the columns' (spread); added to */
} gv_objective_args;

/* Returns F of the tile. */
typedef double gv_objective_fn(const gv_objective_args *args, const gv_kernel_tile *tile);

typedef struct gv_objective_kernel {
    const char *name; /* as in gv_kernel */
    gv_objective_fn *collect, *spread;
} gv_objective_kernel;

/* The reference; always available. */
extern const gv_objective_kernel gv_objective_scalar;

/* The one for the same instruction set as `kernel`. */
const gv_objective_kernel *gv_objective_of(const gv_kernel *kernel);

#endif
