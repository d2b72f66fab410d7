#include "model/gv_step_sizes.h"

#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "model/gv_model.h"
#include <math.h>

int gv_step_sizes_init(gv_step_sizes *sizes, uint32_t dim, double eta, double bias_eta, double clip,
                       gv_error *err)
{
    size_t width = gv_model_width(dim);
    size_t room = (width + GV_LANES - 1) / GV_LANES * GV_LANES; /* aligns each array to 64 bytes */
    *sizes = (gv_step_sizes){.dim = dim, .block_bytes = 3 * room * sizeof(float)};
    float *block = gv_mem_big_alloc(sizes->block_bytes, err);
    if (!block)
        return GV_E_MEMORY;
    sizes->block = block;
    sizes->eta_word = block;
    sizes->eta_context = block + room;
    sizes->clip = block + 2 * room;
    for (size_t lane = 0; lane < width; lane++)
        sizes->clip[lane] = lane < dim ? (float)clip : INFINITY;
    gv_step_sizes_set(sizes, eta, bias_eta);
    return GV_OK;
}

void gv_step_sizes_set(gv_step_sizes *sizes, double eta, double bias_eta)
{
    float bias_step = (float)(isnan(bias_eta) ? eta : bias_eta);
    uint32_t dim = sizes->dim;
    for (uint32_t lane = 0; lane < dim; lane++)
        sizes->eta_word[lane] = sizes->eta_context[lane] = (float)eta;
    sizes->eta_word[dim] = bias_step;
    sizes->eta_context[dim + 1] = bias_step;
}

void gv_step_sizes_clear(gv_step_sizes *sizes)
{
    if (sizes->block)
        gv_mem_big_free(sizes->block, sizes->block_bytes);
    *sizes = (gv_step_sizes){0};
}
