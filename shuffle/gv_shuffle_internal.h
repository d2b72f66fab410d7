/*
 * gv_shuffle_internal - the two halves of the second pass: cells into units, units into tiles.
 *
 * A unit is the part of the matrix between one row segment and one group of column segments: it
 * becomes a few whole tiles, and the units in order are the tiles in the order of the store.
 * Between the halves stands the spool with one stream per unit. What a lane puts into a stream is a
 * sequence of pieces, rows ascending, columns ascending within a row:
 *
 *   uint16  row within its segment
 *   uint16  column segment
 *   uint8   cells n, minus 1
 *   uint16  e: bytes of escaped values
 *   n x     column within its segment (uint8 where that has at most 256 words, else uint16),
 *           uint16 value code
 *   e       the values of the cells whose code is GV_TILE_ESCAPE, varints in order
 *
 * A row has one piece or several in a column segment; all rows of one matrix row are in one lane.
 *
 * Private to shuffle/.
 */
#ifndef GV_SHUFFLE_INTERNAL_H
#define GV_SHUFFLE_INTERNAL_H

#include "base/gv_progress.h"
#include "counts/gv_counts.h"
#include "shuffle/gv_shuffle_codes.h"
#include "shuffle/gv_shuffle_spool.h"
#include "store/gv_segments.h"
#include "store/gv_store.h"

typedef struct gv_shuffle_bucket {
    uint16_t row_segment;
    uint8_t group;   /* of the columns */
    bool ends_block; /* the next unit belongs to another pair of groups */
} gv_shuffle_bucket;

/* What both halves know of the matrix. */
typedef struct gv_shuffle_layout {
    gv_segments segments;
    uint16_t *segment_of; /* [vocab_size] */
    bool symmetric;
    uint32_t widest;         /* words of the widest segment */
    uint32_t units;          /* segments x groups */
    gv_shuffle_bucket *unit; /* [units] in the order of the store */
    uint32_t *unit_of;       /* [segments x groups] row segment, column group -> unit */
    gv_shuffle_codes codes;
} gv_shuffle_layout;

#define GV_PIECE_HEAD     7   /* bytes before the cells */
#define GV_PIECE_CELLS    256 /* at most */
#define GV_PIECE_CELL_MAX (4 + GV_VARINT_MAX)

/* Words of a segment; one-byte columns are told by this number. */
static inline uint32_t gv_shuffle_layout_width(const gv_shuffle_layout *layout, uint32_t segment)
{
    return layout->segments.first[segment + 1] - layout->segments.first[segment];
}

/* Bytes of a cell in a column segment of `width` words. */
static inline size_t gv_shuffle_piece_cell_bytes(uint32_t width)
{
    return width <= 256 ? 3 : 4;
}

/* All cells of `counts` (at its first row) into the spool, one thread per lane; `*escapes` receives
 * the number of cells without a code. */
int gv_shuffle_scatter(uint64_t *escapes, gv_shuffle_spool *spool, gv_counts *counts,
                       const gv_shuffle_layout *layout, gv_progress *progress, gv_error *err);

/* All units from the spool into blobs of the store, on `threads` threads. */
int gv_shuffle_pack_buckets(gv_store_writer *writer, const gv_shuffle_spool *spool,
                            const gv_shuffle_layout *layout, uint64_t seed, unsigned threads,
                            gv_progress *progress, gv_error *err);

/* Bytes that gv_shuffle_pack_buckets needs for each thread. */
uint64_t gv_shuffle_pack_thread_bytes(const gv_shuffle_spool *spool,
                                      const gv_shuffle_layout *layout);

#endif
