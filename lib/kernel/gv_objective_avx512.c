/* The objective with the vector operations of gv_vec_avx512.h. */
#include "kernel/gv_objective_isa.h"

#if defined(__x86_64__) && defined(__AVX512F__)
#include "kernel/gv_vec_avx512.h"

#include "kernel/gv_objective_body.h"

static const gv_objective_kernel kernel = {"avx512", collect, spread};
const gv_objective_kernel *const gv_objective_avx512 = &kernel;
#else
const gv_objective_kernel *const gv_objective_avx512 = NULL;
#endif
