/*
 * gv_tile - the packed records of one (row segment, column segment) pair, as stored in BLOBs.
 *
 * The vocabulary is cut into segments of consecutive ids; a tile holds the stored cells whose row
 * is in one segment and whose column is in another (for a symmetric matrix: row <= column, so
 * row segment <= column segment). Each cell is a record of the tile. All records of one row are
 * adjacent and form a tile row. The tile rows are in random order, and so are the records of each
 * (the shuffle). The records of a row are adjacent because training then keeps the row's vector in
 * registers while it goes through them.
 *
 * A cell's value is a 16-bit code into the store's table of its most frequent values, or
 * GV_TILE_ESCAPE, and then the value itself is the next of the tile's escapes.
 *
 * Source: the byte layout in docs/formats.md. All arrays are little-endian and aligned to their
 * element size relative to the blob's start, so a view points straight into the blob and nothing is
 * decoded.
 *
 * Threads: pure functions on caller-owned memory.
 */
#ifndef GV_TILE_H
#define GV_TILE_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

#define GV_TILE_ESCAPE 0xffffu /* code: the value is the next of the tile's escapes */

/* A tile inside a blob. All pointers are borrowed from the blob's memory. */
typedef struct gv_tile {
    uint32_t row_segment, column_segment;
    uint32_t rows, records, escapes;
    const uint16_t *row;        /* [rows] word id - first id of the row segment */
    const uint16_t *row_length; /* [rows] records of the tile row, minus 1 */
    const uint8_t *column8;     /* [records] column - first id of its segment; NULL if 16-bit */
    const uint16_t *column16;   /* [records]; NULL if 8-bit (column segment of at most 256 words) */
    const uint16_t *code;       /* [records] */
    const uint8_t *escape;      /* [escapes] varints, in record order */
    size_t escape_bytes;
} gv_tile;

/* One record to be packed: local ids, value > 0. */
typedef struct gv_tile_record {
    uint16_t row, column;
    uint64_t value;
} gv_tile_record;

/* Where a tile is, and what its local ids must stay below. */
typedef struct gv_tile_place {
    const uint8_t *blob;              /* 8-aligned */
    size_t bytes;                     /* of the blob */
    size_t offset;                    /* of the tile from the blob's start, a multiple of 8 */
    uint32_t row_width, column_width; /* words of the row and of the column segment */
    uint32_t
        codes; /* entries of the store's table of values: codes are below it, or GV_TILE_ESCAPE */
} gv_tile_place;

/*
 * View the tile at `place`. Checks that every array is inside the blob, that the row lengths add
 * up to `records`, that every local id is below the width of its segment, that every code is known,
 * and that the tile has as many escape codes as escapes: a checked view can be used without further
 * tests. `tile` borrows from the blob. Cost: one pass over the tile's bytes. Damage: GV_E_CORRUPT
 * with the tile's offset; the caller adds the file's name.
 */
GV_MUST_USE int gv_tile_view(gv_tile *tile, const gv_tile_place *place, gv_error *err);

/* The size of a tile that is written. */
typedef struct gv_tile_shape {
    uint32_t row_segment, column_segment;
    uint32_t column_width;  /* words of the column segment: decides between 8 and 16 bits */
    uint32_t rows, records; /* at least 1 each */
} gv_tile_shape;

/*
 * Writing a tile: gv_tile_begin, fill the arrays in any order, put the escaped values one after the
 * other at `escape` as varints, moving it behind each and counting them in `escapes`, then
 * gv_tile_end. Records are in the order in which they are stored, those of one row adjacent.
 */
typedef struct gv_tile_writer {
    uint8_t *start;
    uint16_t *row, *row_length; /* [rows] as in gv_tile: the length minus 1 */
    uint16_t *code;             /* [records] */
    uint8_t *column8;           /* [records] one of these is NULL */
    uint16_t *column16;
    uint8_t *escape; /* where the next escaped value goes */
    uint8_t *escape_begin;
    uint32_t escapes;
} gv_tile_writer;

/* Bytes of a tile, a multiple of 8. `rows`, `records` >= 1. */
size_t gv_tile_bytes(size_t rows, size_t records, uint32_t column_width, size_t escape_bytes);

/* Begin at `to`, which is 8-aligned and has room for gv_tile_bytes. Writes the header. */
void gv_tile_begin(gv_tile_writer *writer, uint8_t *to, const gv_tile_shape *shape);

/* Complete the header, pad with zeros; returns the tile's bytes. */
size_t gv_tile_end(gv_tile_writer *writer);

/* Upper bound in bytes for any tile of `records` records. */
size_t gv_tile_bound(size_t records);

/*
 * Write a whole tile: `n` >= 1 records in the order in which they are stored, records of one row
 * adjacent. `codes[i]` is the code of record i, or GV_TILE_ESCAPE. Of `shape`, rows and records are
 * found here. `to` is 8-aligned, with room for gv_tile_bound(n). Returns the bytes written.
 */
size_t gv_tile_pack(uint8_t *to, gv_tile_shape shape, const gv_tile_record *records,
                    const uint16_t *codes, size_t n);

#endif
