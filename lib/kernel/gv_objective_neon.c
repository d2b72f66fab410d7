/* The objective with the vector operations of gv_vec_neon.h. */
#include "kernel/gv_objective_isa.h"

#if defined(__aarch64__)
#include "kernel/gv_vec_neon.h"

#include "kernel/gv_objective_body.h"

static const gv_objective_kernel kernel = {"neon", collect, spread};
const gv_objective_kernel *const gv_objective_neon = &kernel;
#else
const gv_objective_kernel *const gv_objective_neon = NULL;
#endif
