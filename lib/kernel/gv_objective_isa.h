/* gv_objective_isa - the kernels of the instruction sets, for lib/kernel/gv_objective*.c only; NULL
 * where this build cannot contain one. */
#ifndef GV_OBJECTIVE_ISA_H
#define GV_OBJECTIVE_ISA_H

#include "kernel/gv_objective.h"

extern const gv_objective_kernel *const gv_objective_avx2;
extern const gv_objective_kernel *const gv_objective_avx512;
extern const gv_objective_kernel *const gv_objective_neon;

#endif
