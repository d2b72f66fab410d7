/*
 * gv_shuffle_internal - the two halves of the second pass: cells into blocks, blocks into tiles.
 *
 * Between them stands the spool with one stream per block. A stream is a sequence of runs (the
 * cells of one row in one column segment), rows ascending, columns ascending within a row:
 *
 *   varint  row - row of the run before (0 at first)
 *   varint  column segment
 *   varint  cells n
 *   n x     uint16 column within its segment, uint16 value code
 *   varints the values of the cells whose code is GV_TILE_ESCAPE, in order
 *
 * Private to shuffle/.
 */
#ifndef GV_SHUFFLE_INTERNAL_H
#define GV_SHUFFLE_INTERNAL_H

#include "base/gv_progress.h"
#include "data/gv_counts.h"
#include "data/gv_store.h"
#include "math/gv_segments.h"
#include "shuffle/gv_shuffle_codes.h"
#include "shuffle/gv_shuffle_spool.h"

/* What both halves know of the matrix. */
typedef struct gv_layout {
    gv_segments segments;
    uint16_t *segment_of; /* [vocab_size] */
    bool symmetric;
    uint32_t widest; /* words of the widest segment */
    uint32_t blocks; /* pairs of groups: unordered if symmetric */
    uint32_t *block; /* [groups x groups] pair -> block, numbered in stored order */
    gv_codes codes;
} gv_layout;

/* Bytes of a run of n cells in a stream, at most. */
#define GV_RUN_HEAD_MAX 15
#define GV_RUN_CELL_MAX (4 + GV_VARINT_MAX)

/* All cells of `counts` (at its first row) into the spool; `*escapes` receives the number of cells
 * without a code. */
int gv_scatter(uint64_t *escapes, gv_spool *spool, gv_counts *counts, const gv_layout *layout,
               gv_progress *progress, gv_error *err);

/* All blocks from the spool into blobs of the store. */
int gv_pack_blocks(gv_store_writer *writer, gv_spool *spool, const gv_layout *layout, uint64_t seed,
                   gv_progress *progress, gv_error *err);

#endif
