/*
 * Vector operations of AArch64's NEON: four lanes, four vectors a chunk. The kernel itself and how
 * it works stand in gv_kernel_body.h.
 */
#include "kernel/gv_kernel_isa.h"

#if defined(__aarch64__)
#include "kernel/gv_vec_neon.h"

#include "kernel/gv_kernel_body.h"

static const gv_kernel kernel = {"neon", train_tile, gradient, update};
const gv_kernel *const gv_kernel_neon = &kernel;
#else
const gv_kernel *const gv_kernel_neon = NULL;
#endif
