/*
 * Vector operations of AVX2 with FMA: eight lanes, two vectors a chunk. The kernel itself and how
 * it works stand in gv_kernel_body.h.
 */
#include "kernel/gv_kernel_isa.h"

#if defined(__x86_64__) && defined(__AVX2__) && defined(__FMA__)
#include "kernel/gv_vec_avx2.h"

#include "kernel/gv_kernel_body.h"

static const gv_kernel kernel = {"avx2", train_tile, gradient, update};
const gv_kernel *const gv_kernel_avx2 = &kernel;
#else
const gv_kernel *const gv_kernel_avx2 = NULL;
#endif
