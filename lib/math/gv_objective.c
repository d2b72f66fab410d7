#define OBJECTIVE gv_objective_plain
#include "math/gv_objective_body.h"
#include <string.h>

gv_objective_fn *gv_objective_choose(const gv_kernel *kernel)
{
    bool avx2 = strcmp(kernel->name, "avx2") == 0 || strcmp(kernel->name, "avx512") == 0;
    return avx2 && gv_objective_avx2 ? gv_objective_avx2 : gv_objective_plain;
}
