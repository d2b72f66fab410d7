/*
 * An objective kernel has the name of the training kernel for the same instruction set, so the
 * choice, with all that the CPU can run and GLOVEBOX_KERNEL, is made once, in gv_kernel.c.
 */
#include "kernel/gv_objective_isa.h"
#include <string.h>

const gv_objective_kernel *gv_objective_of(const gv_kernel *kernel)
{
    const gv_objective_kernel *all[] = {gv_objective_neon, gv_objective_avx2, gv_objective_avx512};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] && strcmp(all[i]->name, kernel->name) == 0)
            return all[i];
    return &gv_objective_scalar;
}
