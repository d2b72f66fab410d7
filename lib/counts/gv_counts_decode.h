/*
 * gv_counts_decode - cells of a coded row (gv_counts_row.h) to arrays of columns and values:
 * portable C, and AVX-512 where the processor has it. Both give the same numbers.
 *
 * Threads: pure functions. Private to gv_counts*.c and their tests.
 */
#ifndef GV_COUNTS_DECODE_H
#define GV_COUNTS_DECODE_H

#include "counts/gv_counts_row.h"
#include <stdbool.h>

#define GV_COUNTS_DECODE_SLACK 16 /* elements past the n-th that may be overwritten */

/*
 * Decode n cells at `from` into column[n] and value[n] (and GV_COUNTS_DECODE_SLACK). `*next` is the first
 * column that the first of them may have, and moves on; columns must lie below `limit`. The data
 * end at `end`, beyond which GV_COUNTS_PADDING bytes are readable. Returns the byte after the
 * cells, which may lie in the padding when they are damaged; NULL when that is plain.
 */
typedef const uint8_t *gv_counts_decode_fn(uint32_t *column, uint64_t *value, const uint8_t *from,
                                           const uint8_t *end, uint64_t *next, uint64_t limit,
                                           size_t n);

extern gv_counts_decode_fn gv_counts_decode_portable;
extern gv_counts_decode_fn *const gv_counts_decode_avx512; /* NULL: not in this build */

/* The fastest that this processor can run; GLOVEBOX_KERNEL=scalar or another but avx512 forces the
 * portable one. */
gv_counts_decode_fn *gv_counts_decode_choose(void);

/* One cell, for decoders: moves `*next` on; the same result as above. */
static inline const uint8_t *gv_counts_decode_cell(uint32_t *column, uint64_t *value,
                                                   const uint8_t *from, const uint8_t *end,
                                                   uint64_t *next, uint64_t limit)
{
    uint64_t gap;
    if (from >= end || !(from = gv_counts_row_get(from, end, &gap)) ||
        !(from = gv_counts_row_get(from, end, value)) || gap >= limit - *next || *value == 0)
        return NULL;
    *column = (uint32_t)(*next + gap);
    *next += gap + 1;
    return from;
}

#endif
