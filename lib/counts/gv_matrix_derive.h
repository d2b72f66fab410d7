/*
 * gv_matrix_derive - counts over words whose frequencies are unknown become counts over a
 * vocabulary.
 *
 * What stands for a word's count is the sum of its row of the matrix, and where that is not
 * symmetric of its column, too; rounded half up to a whole number, and at least 1. Words come by
 * count descending, ties by byte order, unless a list was given, which keeps its order.
 *
 * Threads: calls are independent; a call uses the threads that it is told to.
 */
#ifndef GV_MATRIX_DERIVE_H
#define GV_MATRIX_DERIVE_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stdint.h>

/* All borrowed. */
typedef struct gv_matrix_derive_options {
    const char *from;      /* the counts, over `words` */
    const gv_vocab *words; /* without counts */
    bool in_order;         /* the words keep their order, and stay even if they have no cells */
    uint64_t min_count;    /* fewer: left out; 0: none */
    uint64_t max_size;     /* only that many of the most frequent; 0: no limit */
    const char *path;      /* counts.bin to write; not `from` */
    uint64_t memory;       /* bytes for sorting */
    const char *temp_dir;
    unsigned threads;      /* at least 1 */
    gv_progress *progress; /* may be NULL */
} gv_matrix_derive_options;

/* Write `path` and return its vocabulary, which the caller frees. `*left_out`: words that min_count
 * and max_size left out. GV_E_RUNTIME: no words are left; the sum of a row exceeds 64 bits;
 * otherwise the errors of gv_counts_merge. */
GV_MUST_USE int gv_matrix_derive(gv_vocab **vocab, uint64_t *left_out,
                                 const gv_matrix_derive_options *options, gv_error *err);

#endif
