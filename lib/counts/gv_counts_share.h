/*
 * gv_counts_share - shares of a matrix file, for processes that read it together.
 *
 * A share is whole blocks one after the other. Each process finds its own without reading those
 * before it: it looks for the head of a block from a place in the file on, and goes from head to
 * head to the place where the next share begins. What it cannot know by itself is how many blocks
 * and cells come before (gv_counts_share_join).
 *
 * The head of a block begins with a mark, which by chance may also be among the numbers of a row. A
 * place counts as a head only if other heads follow where it says; should that go wrong, the
 * shares do not meet, and joining them fails.
 *
 * The checksum of the whole file is the only one that is not compared. What it alone can tell is a
 * block from another count with the same header, the same number of cells and the same length.
 *
 * Errors: GV_E_CORRUPT naming the file; GV_E_IO, GV_E_MEMORY.
 * Source: the byte layout in docs/formats.md.
 * Threads: as gv_counts.h.
 */
#ifndef GV_COUNTS_SHARE_H
#define GV_COUNTS_SHARE_H

#include "counts/gv_counts.h"

typedef struct gv_counts_share {
    uint64_t begin, end;    /* places in the file, bytes from its start */
    uint64_t blocks, cells; /* in the share */
    uint64_t first_block;   /* how many come before, in the shares before this one */
    uint64_t first_cell;
} gv_counts_share;

/* What was found in a share. */
typedef struct gv_counts_share_totals {
    uint64_t cells, records;
    uint32_t first_row, last_row; /* 0 without cells */
} gv_counts_share_totals;

/* Find share `part` (from 0) of `parts`, about equal in bytes; it may be empty. `first_block` and
 * `first_cell` are 0. */
GV_MUST_USE int gv_counts_share_find(gv_counts_share *share, const gv_counts *counts, unsigned part,
                                     unsigned parts, gv_error *err);

/* All shares [n], in order, found by different readers of one file: set what comes before each. Do
 * they meet, and have they all that the trailer states? Else GV_E_CORRUPT. */
GV_MUST_USE int gv_counts_share_join(gv_counts_share *shares, unsigned n, const gv_counts *counts,
                                     gv_error *err);

/* All shares [n] were read: do their rows ascend, and do their records make the total? */
GV_MUST_USE int gv_counts_share_check(const gv_counts_share_totals *totals, unsigned n,
                                      const gv_counts *counts, gv_error *err);

#endif
