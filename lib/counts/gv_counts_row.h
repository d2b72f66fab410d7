/*
 * gv_counts_row - how one row of the matrix becomes bytes, shared by counts.bin and by the sorted
 * runs of counting.
 *
 *   row    varint   the row's id
 *   n      varint   cells, at least 1
 *   bytes  varint   length of what follows
 *   n times:
 *     gap    varint   columns skipped: first column - base for the first cell, where base is the
 *                     row of a symmetric matrix and 0 else; column - previous column - 1 for the
 *                     others
 *     value  varint   > 0
 *
 * A coded row does not depend on the rows before it, so threads code rows side by side and their
 * bytes are concatenated. Coding and decoding a cell have no branches for numbers below 2^56,
 * because the lengths of varints in a matrix are close to random, and a branch would be
 * mispredicted.
 *
 * Source: docs/formats.md.
 * Threads: pure functions.
 */
#ifndef GV_COUNTS_ROW_H
#define GV_COUNTS_ROW_H

#include "base/gv_bytes.h"

#define GV_COUNTS_ROW_HEAD_MAX 25 /* bytes of row, n, bytes at most */
#define GV_COUNTS_ROW_CELL_MAX 20 /* bytes of a cell at most; also the room a put needs */

typedef struct gv_counts_row_head {
    uint32_t row;
    uint64_t cells;
    uint64_t bytes; /* of the cells */
} gv_counts_row_head;

/* Varint of `value` at `to`, where 10 bytes may be overwritten; returns the byte after it. */
static inline uint8_t *gv_counts_row_put(uint8_t *to, uint64_t value)
{
    if (__builtin_expect(value >> 56 != 0, 0))
        return gv_bytes_put_varint(to, value);
    /* spread the 7-bit groups over bytes: halves, quarters, bytes */
    uint64_t x = (value & 0x000000000fffffff) | ((value & 0x00fffffff0000000) << 4);
    x = (x & 0x00003fff00003fff) | ((x & 0x0fffc0000fffc000) << 2);
    x = (x & 0x007f007f007f007f) | ((x & 0x3f803f803f803f80) << 1);
    unsigned length = (unsigned)(63 - __builtin_clzll(value | 1)) / 7 + 1;
    /* continuation bits on all bytes but the last */
    x |= 0x8080808080808080 & ((UINT64_C(1) << (8 * (length - 1))) - 1);
    gv_bytes_put64(to, x);
    return to + length;
}

/* Varint at `from`, where 8 bytes are readable; `end` is where the data end. Returns the byte after
 * it, NULL if it does not end before `end` or exceeds 64 bits. */
static inline const uint8_t *gv_counts_row_get(const uint8_t *from, const uint8_t *end,
                                               uint64_t *value)
{
    uint64_t x = gv_bytes_get64(from);
    uint64_t stops = ~x & 0x8080808080808080; /* bytes without continuation bit */
    if (__builtin_expect(stops == 0, 0))
        return gv_bytes_get_varint(from, end, value);
    unsigned bits = (unsigned)__builtin_ctzll(stops) + 1; /* 8 x length */
    x &= UINT64_MAX >> (64 - bits);
    x &= 0x7f7f7f7f7f7f7f7f;
    x = (x & 0x007f007f007f007f) | ((x & 0x7f007f007f007f00) >> 1);
    x = (x & 0x00003fff00003fff) | ((x & 0x3fff00003fff0000) >> 2);
    *value = (x & 0x000000000fffffff) | ((x & 0x0fffffff00000000) >> 4);
    from += bits / 8;
    return from <= end ? from : NULL;
}

/* Head at `to` (GV_COUNTS_ROW_HEAD_MAX bytes of room); returns the byte after it. */
static inline uint8_t *gv_counts_row_put_head(uint8_t *to, const gv_counts_row_head *head)
{
    return gv_bytes_put_varint(gv_bytes_put_varint(gv_bytes_put_varint(to, head->row), head->cells),
                               head->bytes);
}

/* Head from [from, end); returns the byte after it, NULL when it is damaged: ends early, no cells,
 * or impossible numbers. The cells' bytes may still be beyond `end`. */
static inline const uint8_t *gv_counts_row_get_head(const uint8_t *from, const uint8_t *end,
                                                    gv_counts_row_head *head)
{
    uint64_t row;
    if (!(from = gv_bytes_get_varint(from, end, &row)) ||
        !(from = gv_bytes_get_varint(from, end, &head->cells)) ||
        !(from = gv_bytes_get_varint(from, end, &head->bytes)))
        return NULL;
    head->row = (uint32_t)row;
    if (row >= UINT32_MAX || head->cells == 0 || head->cells > head->bytes / 2)
        return NULL;
    return from;
}

#endif
