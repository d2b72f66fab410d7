/*
 * gv_cooccur_rows - the inner loops of counting: windows of text become lists of neighbours, sums
 * become cells, cells become bytes. Portable C everywhere, AVX-512 where the processor has it; both
 * give the same lists and the same bytes.
 *
 * Threads: pure functions on what they are given.
 */
#ifndef GV_COOCCUR_ROWS_H
#define GV_COOCCUR_ROWS_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GV_ROWS_LINE = 16,         /* sums of 32 bits in a cache line; one mark per line */
    GV_ROWS_GROUP = 4096,      /* columns that share a mark more, in large vocabularies */
    GV_ROWS_WINDOW_MAX = 1000, /* widest window */
    GV_ROWS_LIST_FULL = 1024,  /* neighbours of a list that is worth working off */
    GV_ROWS_LIST_ROOM = 3072,  /* that, the two windows of one more position, a vector of slack */
    GV_ROWS_CELLS_ROOM = 2048, /* cells that are collected before they are coded */
    GV_ROWS_POSITIONS_SLACK = 64, /* readable positions behind the last: they are prefetched */
    GV_ROWS_CODE_SLACK = 64       /* bytes that coding may overwrite behind the last cell */
};

/* How windows are looked at; constant during a count. A tag goes with every neighbour and depends
 * on its distance alone: its weight, or the distance itself. */
typedef struct gv_cooccur_rows_pack {
    const uint32_t *ids; /* of the batch: a break before the first and behind the last, GV_ROWS_LINE
                            readable ids beyond each */
    uint32_t window;
    uint32_t span;         /* window, rounded up to a multiple of GV_ROWS_LINE */
    const uint32_t *tag;   /* [window + 1] by distance */
    const uint32_t *left;  /* [span] tags in the order of the text: distances span .. 1 */
    const uint32_t *right; /* [span] distances 1 .. span; 0 beyond the window in both */
    bool symmetric;        /* the right side too */
} gv_cooccur_rows_pack;

/* Neighbours of the positions of one row, in any order. */
typedef struct gv_cooccur_rows_list {
    uint32_t column[GV_ROWS_LIST_ROOM], tag[GV_ROWS_LIST_ROOM];
} gv_cooccur_rows_list;

/* Cells of one row, ascending; column[GV_ROWS_LINE - 1] is the column before, the cells begin at
 * [GV_ROWS_LINE]. */
typedef struct gv_cooccur_rows_cells {
    uint32_t column[GV_ROWS_LINE + GV_ROWS_CELLS_ROOM + GV_ROWS_LINE],
        value[GV_ROWS_CELLS_ROOM + GV_ROWS_LINE];
} gv_cooccur_rows_cells;

/* Coded cells on their way into the sums. */
typedef struct gv_cooccur_rows_adder {
    uint32_t *sums;
    uint8_t *marks;
    uint8_t *groups; /* a mark for each GV_ROWS_GROUP columns, or NULL */
    uint32_t words;
    uint64_t next; /* column behind the last one; the gap counts from here */
    uint64_t left; /* cells of the row */
} gv_cooccur_rows_adder;

/* Add one cell; false, and nothing is done, beyond the words or beyond 32 bits. `grouped`: there
 * are groups; known when it is compiled. */
static inline __attribute__((always_inline)) bool
gv_cooccur_rows_add_cell(gv_cooccur_rows_adder *a, uint64_t gap, uint64_t value, bool grouped)
{
    if (gap >= a->words - a->next || value > UINT32_MAX - a->sums[a->next + gap])
        return false;
    a->next += gap;
    a->sums[a->next] += (uint32_t)value;
    a->marks[a->next / GV_ROWS_LINE] = 1;
    if (grouped)
        a->groups[a->next / GV_ROWS_GROUP] = 1;
    a->next++;
    a->left--;
    return true;
}

typedef struct gv_cooccur_rows_kernel {
    const char *name;
    /*
     * The neighbours with column >= `base` (the row itself if symmetric, else 0) of positions[*at],
     * positions[*at + 1] .. until `end` or until there are GV_ROWS_LIST_FULL; `*at` moves on.
     * Returns how many.
     */
    size_t (*pack)(const gv_cooccur_rows_pack *pack, const uint32_t *positions, size_t *at,
                   size_t end, uint32_t base, gv_cooccur_rows_list *list);
    /*
     * The sums that are not 0, of the lines from `*line` until `lines` or until less than 64 lines
     * fit into `cells`: they are zeroed, `*line` moves on. `marks`: a byte per line, 0 where all
     * sums are 0; zeroed too. NULL: look at all lines. Both arrays are readable to a multiple of 64
     * lines (marks) and of one line (sums). Returns how many.
     */
    size_t (*collect)(uint32_t *sums, uint8_t *marks, uint32_t *line, uint32_t lines,
                      gv_cooccur_rows_cells *cells);
    /* Code `n` cells at `to`, with room for GV_COUNTS_ROW_CELL_MAX each and GV_ROWS_CODE_SLACK;
     * returns the byte after the last. */
    uint8_t *(*code)(uint8_t *to, const gv_cooccur_rows_cells *cells, size_t n);
    /*
     * Add coded cells at `from` until none are left or one begins behind `last`; 8 bytes are
     * readable at `last`. Also stops before a cell that is not as nearly all are: one of more than
     * 8 bytes, beyond the words, or beyond 32 bits when added. Returns the byte where it stopped.
     */
    const uint8_t *(*add)(gv_cooccur_rows_adder *adder, const uint8_t *from, const uint8_t *last);
} gv_cooccur_rows_kernel;

/* Ask for the windows of positions to come: far ahead into the second-level cache, which takes many
 * requests at once, then into the first. `i` is the current position. Always inlined: gcc takes a
 * function that only prefetches for one without effects and drops calls of it. */
static inline __attribute__((always_inline)) void
gv_cooccur_rows_prefetch(const gv_cooccur_rows_pack *pack, const uint32_t *positions, size_t i)
{
    enum { FAR = GV_ROWS_POSITIONS_SLACK - 1, NEAR = 12 };
    const uint32_t *far_one = pack->ids + positions[i + FAR];
    const uint32_t *near_one = pack->ids + positions[i + NEAR];
    __builtin_prefetch(far_one - GV_ROWS_LINE, 0, 2);
    __builtin_prefetch(far_one, 0, 2);
    __builtin_prefetch(far_one + GV_ROWS_LINE, 0, 2);
    __builtin_prefetch(near_one - GV_ROWS_LINE);
    __builtin_prefetch(near_one);
    __builtin_prefetch(near_one + GV_ROWS_LINE);
}

extern const gv_cooccur_rows_kernel gv_cooccur_rows_portable;
extern const gv_cooccur_rows_kernel *const gv_cooccur_rows_avx512; /* NULL: not in this build */

/* The fastest that this processor can run and that GLOVEBOX_KERNEL allows (gv_kernel_choose). */
GV_MUST_USE int gv_cooccur_rows_choose(const gv_cooccur_rows_kernel **rows, gv_error *err);

#endif
