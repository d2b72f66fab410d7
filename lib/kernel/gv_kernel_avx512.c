/*
 * Vector operations of AVX-512: sixteen lanes, one vector a chunk. The kernel itself and how it
 * works stand in gv_kernel_body.h.
 *
 * Cost on Zen 4: 12 multiplier cycles per register and record when both sides are updated; the rest
 * hides behind.
 */
#include "kernel/gv_kernel_isa.h"

#if defined(__x86_64__) && defined(__AVX512F__)
#include "kernel/gv_vec_avx512.h"

#include "kernel/gv_kernel_body.h"

static const gv_kernel kernel = {"avx512", train_tile, gradient, update};
const gv_kernel *const gv_kernel_avx512 = &kernel;
#else
const gv_kernel *const gv_kernel_avx512 = NULL;
#endif
