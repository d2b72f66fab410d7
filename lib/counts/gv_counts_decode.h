/*
 * gv_counts_decode - cells of a coded row (gv_counts_row.h) to arrays of columns and values:
 * portable C, and AVX-512 where the processor has it. Both give the same numbers and refuse the
 * same damage. Private to gv_counts*.c and their tests.
 *
 * Threads: pure functions.
 */
#ifndef GV_COUNTS_DECODE_H
#define GV_COUNTS_DECODE_H

#include "base/gv_error.h"
#include "counts/gv_counts_row.h"
#include <stdbool.h>

#define GV_COUNTS_DECODE_SLACK 16 /* elements after the n-th that may be overwritten */

/* A place within the cells of a row. */
typedef struct gv_counts_decode_place {
    const uint8_t *from; /* the next cell */
    const uint8_t *end;  /* of the data; GV_COUNTS_PADDING bytes behind it are readable */
    uint64_t next;       /* the lowest column that the next cell may have */
    uint64_t limit;      /* columns are below it */
} gv_counts_decode_place;

/*
 * Decode the next `n` cells into column[n] and value[n], where GV_COUNTS_DECODE_SLACK elements more
 * have room, and move `place` behind them. False when they are damaged: a column at or above
 * `limit`, a value of 0, a number that does not end. `place->from` may end up beyond `place->end`
 * (in the padding) when the data are damaged, so the caller compares it with the end of the row.
 */
typedef bool gv_counts_decode_fn(uint32_t *column, uint64_t *value, gv_counts_decode_place *place,
                                 size_t n);

extern gv_counts_decode_fn gv_counts_decode_portable;
extern gv_counts_decode_fn *const gv_counts_decode_avx512; /* NULL: not in this build */

/* The fastest that this processor can run; GLOVEBOX_KERNEL=scalar, or any name but avx512, forces
 * the portable one. */
gv_counts_decode_fn *gv_counts_decode_choose(void);

/* One cell, for decoders; the same rules as above. */
static inline bool gv_counts_decode_cell(uint32_t *column, uint64_t *value,
                                         gv_counts_decode_place *place)
{
    uint64_t gap;
    const uint8_t *from = place->from, *end = place->end;
    if (from >= end || !(from = gv_counts_row_get(from, end, &gap)) ||
        !(from = gv_counts_row_get(from, end, value)) || gap >= place->limit - place->next ||
        *value == 0)
        return false;
    place->from = from;
    *column = (uint32_t)(place->next + gap);
    place->next += gap + 1;
    return true;
}

#endif
