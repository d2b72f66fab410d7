/*
 * gv_step_sizes - the step size and the clip bound of every lane of a row, for gv_kernel_args.
 *
 * Vectors, biases and constants are side by side in a row (gv_model.h), so what differs between
 * them is a number per lane: vectors have eta, biases may have a step size of their own, constants
 * and padding have 0 and therefore never change. Only vectors are clipped, as in the reference.
 *
 * Errors: GV_E_MEMORY. Threads: read by many threads; changed only while none trains.
 */
#ifndef GV_STEP_SIZES_H
#define GV_STEP_SIZES_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_step_sizes {
    uint32_t dim;
    float *eta_word, *eta_context; /* [width] 64-byte aligned */
    float *clip;                   /* [width] INFINITY where not clipped */
    void *block;                   /* private: the memory of the three */
    size_t block_bytes;            /* private */
} gv_step_sizes;

/* For models of this dim. `eta` > 0 is the step size; `bias_eta` that of the biases, NaN: `eta`;
 * `clip` > 0 bounds |gradient| in the lanes of the vectors, INFINITY: no bound. The caller
 * clears. */
GV_MUST_USE int gv_step_sizes_init(gv_step_sizes *sizes, uint32_t dim, double eta, double bias_eta,
                                   double clip, gv_error *err);
/* Change the step sizes; the clip bound stays. */
void gv_step_sizes_set(gv_step_sizes *sizes, double eta, double bias_eta);
/* Accepts a zeroed struct. */
void gv_step_sizes_clear(gv_step_sizes *sizes);

#endif
