/*
 * gv_shuffle_piece - the bytes in which cells wait in the spool, between scattering and packing.
 *
 * The spool has one stream per bucket. What a lane puts into a stream is a sequence of pieces, rows
 * ascending, columns ascending within a row:
 *
 *   uint16  row within its segment
 *   uint16  column segment
 *   uint8   cells n, minus 1
 *   uint16  e: bytes of escaped values
 *   n x     column within its segment (uint8 where that has at most 256 words, else uint16),
 *           uint16 value code
 *   e       the values of the cells whose code is GV_TILE_ESCAPE, varints in order
 *
 * A row has one piece or several in a column segment. All pieces of a row are in one lane.
 */
#ifndef GV_SHUFFLE_PIECE_H
#define GV_SHUFFLE_PIECE_H

#include "base/gv_bytes.h"
#include <stddef.h>
#include <stdint.h>

enum {
    GV_SHUFFLE_PIECE_HEAD = 7,                     /* bytes before the cells */
    GV_SHUFFLE_PIECE_CELLS = 256,                  /* at most */
    GV_SHUFFLE_PIECE_CELL_MAX = 4 + GV_VARINT_MAX, /* bytes of a cell with its escaped value */
    GV_SHUFFLE_PIECE_NARROW = 256                  /* words of a segment with 1-byte columns */
};

/* Bytes of a cell in a column segment of `width` words. */
static inline size_t gv_shuffle_piece_cell_bytes(uint32_t width)
{
    return width <= GV_SHUFFLE_PIECE_NARROW ? 3 : 4;
}

#endif
