/* The training kernel (gv_kernel_body.inc) with the vector operations of AVX2 with FMA. */
#include "kernel/gv_kernel_isa.h"

#if defined(__x86_64__) && defined(__AVX2__) && defined(__FMA__)
#include "kernel/gv_vec_avx2.inc"

#include "kernel/gv_kernel_body.inc"

static const gv_kernel kernel = {"avx2", train_tile, gradient, update};
const gv_kernel *const gv_kernel_avx2 = &kernel;
#else
const gv_kernel *const gv_kernel_avx2 = NULL;
#endif
