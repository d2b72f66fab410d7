/*
 * gv_objective - the value of GloVe's objective on a tile, and its gradient in the rows of one side.
 *
 *   F = sum over records of 0.5 f (w.c + b + b~ - log X)^2
 *
 * (Pennington et al. 2014, equation 8, with the half that the reference's loss has.) Rows are like
 * those of gv_kernel.h, without the AdaGrad sums: `width` floats, biases and constant ones inside,
 * so that one dot product gives w.c + b + b~, the rest zero. The gradient in the lanes of the
 * constants is computed like every other; whoever takes steps along it has to leave these lanes
 * alone.
 *
 * For each record, in the order of the tile, with run row a and stream row b, in float32:
 *
 *   dot  = as in gv_kernel.h; diff = dot - log X; g = f * diff
 *   loss_k += (double)g * (double)diff        (k: place in the group of GV_GROUP records of a run)
 *   collect: A[l] = fma(g, b[l], A[l])        A: gradient in the run row
 *   spread:  B[l] = fma(g, a[l], B[l])        B: gradient in the stream row
 *
 * and F = 0.5 ((loss_0 + loss_1) + (loss_2 + loss_3)). The bits depend on nothing but this text: all
 * kernels match the scalar one.
 *
 * Threads: pure functions on the caller's rows.
 */
#ifndef GV_OBJECTIVE_H
#define GV_OBJECTIVE_H

#include "kernel/gv_kernel.h"

/* Rows are `width` floats, 64-byte aligned. */
typedef struct gv_objective_pass {
    size_t width; /* a multiple of GV_LANES */
    const float *run_rows, *stream_rows;
    float *gradient; /* of the run rows (collect) or of the stream rows (spread); added to */
} gv_objective_pass;

/* Returns F of the tile. */
typedef double gv_objective_fn(const gv_objective_pass *pass, const gv_kernel_tile *tile);

typedef struct gv_objective_kernel {
    const char *name; /* as those of gv_kernel */
    gv_objective_fn *collect, *spread;
} gv_objective_kernel;

/* The reference; always there. */
extern const gv_objective_kernel gv_objective_scalar;

/* The one of the same name as `kernel`. */
const gv_objective_kernel *gv_objective_of(const gv_kernel *kernel);

#endif
