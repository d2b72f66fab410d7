/*
 * gv_counts_each - calls a function with all cells of a matrix file, on several threads.
 *
 * Each thread takes the next block of the file, decodes it, and passes on its cells in parts that
 * are small enough to stay in the first-level cache. What is checked is what gv_counts_next_row
 * checks.
 *
 * Source: the layout of counts.bin in docs/formats.md.
 * Threads: the function is called by several threads at once, with different parts.
 */
#ifndef GV_COUNTS_EACH_H
#define GV_COUNTS_EACH_H

#include "counts/gv_counts.h"
#include "counts/gv_counts_share.h"

#define GV_COUNTS_EACH_PART_MAX 512 /* cells of a part at most */

/* Cells of one row, in memory of the caller of the function. A row comes in one or more parts, all
 * to one thread, ascending, with no other row between them. */
typedef struct gv_counts_each_part {
    uint32_t row;
    size_t n;               /* at least 1 */
    uint64_t first_cell;    /* number in the file of the first of them, from 0 */
    const uint32_t *column; /* [n] ascending; >= row if symmetric */
    const uint64_t *value;  /* [n] > 0 */
} gv_counts_each_part;

/* Called by thread number `thread`; the rows of one thread ascend. An error ends the pass. */
typedef int gv_counts_each_fn(void *context, unsigned thread, const gv_counts_each_part *part,
                              gv_error *err);

/*
 * Call `fn` with all cells of `counts`, which must be at its first row (as after gv_counts_open and
 * gv_counts_rewind), on `threads` threads. Damage is GV_E_CORRUPT naming the file, found at
 * the latest when the pass ends: parts may have been passed on by then, but never one with a
 * column or row outside the vocabulary. A signal ends the pass with GV_E_STOPPED.
 *
 * Memory: about 0.3 MiB per thread, more where single rows are longer. Blocks are read by one
 * thread at a time.
 */
GV_MUST_USE int gv_counts_each(gv_counts *counts, unsigned threads, gv_counts_each_fn *fn,
                               void *context, gv_error *err);

/* How to go through a share. */
typedef struct gv_counts_each_job {
    gv_counts_each_fn *fn;
    void *context;
    unsigned threads;
} gv_counts_each_job;

/*
 * The same with the cells of a share, wherever `counts` is; `first_cell` of the parts is their
 * number in the whole file. `*totals` is for gv_counts_share_check.
 */
GV_MUST_USE int gv_counts_each_of_share(gv_counts_share_totals *totals, gv_counts *counts,
                                        const gv_counts_share *share, const gv_counts_each_job *job,
                                        gv_error *err);

#endif
