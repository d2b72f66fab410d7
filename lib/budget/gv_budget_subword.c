#include "budget/gv_budget_subword.h"

static uint64_t vectors_bytes(const gv_subword_fit_sizes *sizes)
{
    return (sizes->words + 1) * sizes->dim * sizeof(float);
}

uint64_t gv_budget_subword_bytes(const gv_subword_fit_sizes *sizes, uint64_t model,
                                 unsigned threads)
{
    uint64_t fit = gv_subword_fit_bytes(sizes, threads);
    return vectors_bytes(sizes) + (fit > model ? fit : model);
}
