/*
 * gv_counts_merge - the weighted sum of matrices over different vocabularies as a matrix.
 *
 * X(i, j) = sum over the inputs of weight * X_k(i, j). Cells are exact integers, weights are
 * fractions, and so the sum is exact, in the common unit of all (gv_fraction.h): the same bytes in
 * whatever order the inputs come, for any memory budget and any number of threads. The sum with
 * weights 1 of the counts of two parts of a corpus, between which no window reaches, is the bytes
 * of the counts of the whole.
 *
 * Threads: calls are independent; a call uses the threads that it is told to.
 */
#ifndef GV_COUNTS_MERGE_H
#define GV_COUNTS_MERGE_H

#include "base/gv_error.h"
#include "base/gv_fraction.h"
#include "base/gv_progress.h"
#include "counts/gv_counts.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All borrowed. */
typedef struct gv_counts_merge_input {
    gv_counts *counts;   /* open, at its first row */
    const uint32_t *ids; /* [its words] the id of each word in the result, no two of them the
                            same; GV_VOCAB_NO_WORD: the word is left out, with its cells */
    gv_fraction weight;  /* not 0; may be negative */
} gv_counts_merge_input;

/* All borrowed. */
typedef struct gv_counts_merge_options {
    const gv_vocab *vocab; /* of the result */
    const char *recipe;    /* of the result: gv_config_recipe of vocab and cooccur */
    const char *path;      /* counts.bin to write; not one of the inputs */
    uint64_t memory;       /* bytes for sorting; what exceeds it goes to a temporary file */
    const char *temp_dir;
    unsigned threads;      /* at least 1 */
    bool floor;            /* cells that become negative are left out, instead of an error */
    gv_progress *progress; /* may be NULL */
} gv_counts_merge_options;

typedef struct gv_counts_merge_result {
    gv_counts_info info; /* of the file; `recipe` is NULL */
    bool exact;          /* false: cells were rounded, see gv_fraction_common_unit */
    uint64_t left_out;   /* cells of the inputs with a word that is left out */
    uint64_t cancelled;  /* cells that became 0 and are left out */
    uint64_t negative;   /* cells below 0 that `floor` left out */
} gv_counts_merge_result;

/*
 * Write the weighted sum of the `n` inputs (at least 1), of which all are symmetric or none is, as
 * counts.bin, replaced at once when it is complete. Its window is that of the inputs if they agree,
 * else 0.
 *
 * GV_E_RUNTIME: the inputs differ in symmetry; a negative cell without `floor`, naming the pair and
 * how many there are; nothing is left; no unit of 64 bits holds the sum. GV_E_CORRUPT: an input
 * is damaged. GV_E_IO, GV_E_MEMORY, GV_E_STOPPED on a signal.
 */
GV_MUST_USE int gv_counts_merge(gv_counts_merge_result *result, const gv_counts_merge_input *inputs,
                                size_t n, const gv_counts_merge_options *options, gv_error *err);

#endif
