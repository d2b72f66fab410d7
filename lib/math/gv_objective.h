/*
 * gv_objective - the value of GloVe's objective on a tile, and its gradient.
 *
 *   F = sum over records of 0.5 f (w.c + b + b~ - log X)^2
 *
 * (Pennington et al. 2014, equation 8, with the half that the reference's loss has.) Rows are those
 * of gv_kernel.h without the AdaGrad sums: `width` floats, biases and constant ones inside. So the
 * gradient of the constants is computed, too; whoever takes steps along it has to leave them alone.
 *
 * Sums are float for the gradient, double for the value, in the order of the records: the same bits
 * for the same CPU, not for every one.
 *
 * Threads: pure functions on the caller's rows.
 */
#ifndef GV_OBJECTIVE_H
#define GV_OBJECTIVE_H

#include "math/gv_kernel.h"

/* The two sides of a tile; rows are `width` floats, aligned to 32 bytes. */
typedef struct gv_objective_pass {
    size_t width;
    const float *run_rows, *stream_rows;
    float *run_gradient, *stream_gradient; /* added to */
} gv_objective_pass;

/* Returns F of the tile. */
typedef double gv_objective_fn(const gv_objective_pass *pass, const gv_kernel_tile *tile);

/* The fastest one among those that `kernel` stands for. */
gv_objective_fn *gv_objective_choose(const gv_kernel *kernel);

extern gv_objective_fn gv_objective_plain;
extern gv_objective_fn *const gv_objective_avx2; /* NULL: not in this build */

#endif
