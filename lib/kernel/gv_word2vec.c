#include "kernel/gv_word2vec.h"

#include "kernel/gv_kernel.h"
#include "kernel/gv_word2vec_isa.h"
#include <string.h>

/* gv_kernel.c knows what the CPU can run; here is a kernel for each name there. */
static const gv_word2vec_kernel *by_name(const char *name)
{
    const gv_word2vec_kernel *all[] = {&gv_word2vec_scalar, gv_word2vec_neon, gv_word2vec_avx2,
                                       gv_word2vec_avx512};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] && strcmp(all[i]->name, name) == 0)
            return all[i];
    return &gv_word2vec_scalar;
}

int gv_word2vec_choose(const gv_word2vec_kernel **kernel, gv_error *err)
{
    const gv_kernel *chosen;
    int status = gv_kernel_choose(&chosen, err);
    if (status == GV_OK)
        *kernel = by_name(chosen->name);
    return status;
}

size_t gv_word2vec_list(const gv_word2vec_kernel *kernels[GV_KERNELS])
{
    const gv_kernel *list[GV_KERNELS];
    size_t n = gv_kernel_list(list);
    for (size_t i = 0; i < n; i++)
        kernels[i] = by_name(list[i]->name);
    return n;
}

size_t gv_word2vec_width(size_t dim)
{
    return (dim + GV_LANES - 1) / GV_LANES * GV_LANES;
}
