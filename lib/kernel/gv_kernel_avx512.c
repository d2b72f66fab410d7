/* The training kernel (gv_kernel_body.inc) with the vector operations of AVX-512. */
#include "kernel/gv_kernel_isa.h"

#if defined(__x86_64__) && defined(__AVX512F__)
#include "kernel/gv_vec_avx512.inc"

#include "kernel/gv_kernel_body.inc"

static const gv_kernel kernel = {"avx512", train_tile, gradient, update};
const gv_kernel *const gv_kernel_avx512 = &kernel;
#else
const gv_kernel *const gv_kernel_avx512 = NULL;
#endif
