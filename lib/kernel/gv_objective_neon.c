/* The objective (gv_objective_body.inc) with the vector operations of AArch64's NEON. */
#include "kernel/gv_objective_isa.h"

#if defined(__aarch64__)
#include "kernel/gv_vec_neon.inc"

#include "kernel/gv_objective_body.inc"

static const gv_objective_kernel kernel = {"neon", collect, spread};
const gv_objective_kernel *const gv_objective_neon = &kernel;
#else
const gv_objective_kernel *const gv_objective_neon = NULL;
#endif
