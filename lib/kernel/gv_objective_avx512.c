/* The objective (gv_objective_body.inc) with the vector operations of AVX-512. */
#include "kernel/gv_objective_isa.h"

#if defined(__x86_64__) && defined(__AVX512F__)
#include "kernel/gv_vec_avx512.inc"

#include "kernel/gv_objective_body.inc"

static const gv_objective_kernel kernel = {"avx512", collect, spread};
const gv_objective_kernel *const gv_objective_avx512 = &kernel;
#else
const gv_objective_kernel *const gv_objective_avx512 = NULL;
#endif
