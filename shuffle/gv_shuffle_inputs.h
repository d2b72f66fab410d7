/*
 * gv_shuffle_inputs - what a shuffle reads, its budget of memory, and what comes first in a store.
 *
 * Errors: as gv_shuffle.h. Threads: one at a time.
 */
#ifndef GV_SHUFFLE_INPUTS_H
#define GV_SHUFFLE_INPUTS_H

#include "budget/gv_budget_shuffle.h"
#include "counts/gv_counts.h"
#include "shuffle/gv_shuffle_layout.h"
#include "shuffle/gv_shuffle_options.h"
#include "store/gv_store.h"
#include "vocab/gv_vocab.h"

typedef struct gv_shuffle_inputs {
    gv_counts *counts;
    const gv_counts_info *info; /* of counts */
    gv_vocab *vocab;
    gv_budget_shuffle basis; /* of the rules for memory */
} gv_shuffle_inputs;

/* Open vocabulary and matrix; do they belong together, and is there memory for them? Close also
 * after an error. */
GV_MUST_USE int gv_shuffle_inputs_open(gv_shuffle_inputs *inputs, const gv_shuffle_options *options,
                                       gv_error *err);
void gv_shuffle_inputs_close(gv_shuffle_inputs *inputs);

/* Bytes that this process may use. */
uint64_t gv_shuffle_inputs_budget(const gv_shuffle_options *options);
/* Is the budget enough for one thread? Else GV_E_MEMORY with the number of MiB needed. */
GV_MUST_USE int gv_shuffle_inputs_check_budget(const gv_budget_shuffle *basis,
                                               const gv_shuffle_options *options, gv_error *err);

/* Everything in the store that comes before the blobs. */
GV_MUST_USE int gv_shuffle_inputs_put_head(gv_store_writer *writer, const gv_shuffle_inputs *inputs,
                                           const uint64_t *row_sums,
                                           const gv_shuffle_layout *layout, const char *recipe,
                                           gv_error *err);

#endif
