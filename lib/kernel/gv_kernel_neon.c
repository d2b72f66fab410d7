/* The training kernel (gv_kernel_body.inc) with the vector operations of AArch64's NEON. */
#include "kernel/gv_kernel_isa.h"

#if defined(__aarch64__)
#include "kernel/gv_vec_neon.inc"

#include "kernel/gv_kernel_body.inc"

static const gv_kernel kernel = {"neon", train_tile, gradient, update};
const gv_kernel *const gv_kernel_neon = &kernel;
#else
const gv_kernel *const gv_kernel_neon = NULL;
#endif
