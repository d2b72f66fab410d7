/* The objective (gv_objective_body.inc) with the vector operations of AVX2 with FMA. */
#include "kernel/gv_objective_isa.h"

#if defined(__x86_64__) && defined(__AVX2__) && defined(__FMA__)
#include "kernel/gv_vec_avx2.inc"

#include "kernel/gv_objective_body.inc"

static const gv_objective_kernel kernel = {"avx2", collect, spread};
const gv_objective_kernel *const gv_objective_avx2 = &kernel;
#else
const gv_objective_kernel *const gv_objective_avx2 = NULL;
#endif
