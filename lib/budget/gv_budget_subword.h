/*
 * gv_budget_subword - the memory of fitting n-grams to the vectors: see gv_budget.h.
 *
 * When it begins, the model is still there beside the vectors that are taken from it. Then the
 * model is gone, and there are the vectors, the n-grams and what each thread works in.
 */
#ifndef GV_BUDGET_SUBWORD_H
#define GV_BUDGET_SUBWORD_H

#include "budget/gv_budget.h"
#include "subword/gv_subword_fit.h"

/* Bytes that `threads` threads need, with a model of `model` bytes; fewer threads are used where
 * the budget is smaller, so 1 gives the least. */
uint64_t gv_budget_subword_bytes(const gv_subword_fit_sizes *sizes, uint64_t model,
                                 unsigned threads);
#endif
