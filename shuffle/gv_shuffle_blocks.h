/*
 * gv_shuffle_blocks - the blocks of a layout, and the parts of a store that have them.
 *
 * Source: docs/store.md; gv_store_part.h says which part has what.
 * Threads: read-only once made.
 */
#ifndef GV_SHUFFLE_BLOCKS_H
#define GV_SHUFFLE_BLOCKS_H

#include "shuffle/gv_shuffle_layout.h"

/* The cells between two groups of segments: the buckets first .. end - 1 of the layout. */
typedef struct gv_shuffle_blocks_one {
    uint32_t first, end;
    uint32_t part;  /* that has the block, from 0 */
    uint32_t other; /* a later part that has it as well; without one, `part` */
} gv_shuffle_blocks_one;

typedef struct gv_shuffle_blocks {
    uint32_t parts;
    uint32_t n;
    gv_shuffle_blocks_one *block; /* [n] in the order of the store; `part` ascends */
    uint32_t *block_of;           /* [buckets] */
} gv_shuffle_blocks;

/* Of a store with `parts` parts, at most as many as there are groups. Clear also after an error. */
GV_MUST_USE int gv_shuffle_blocks_make(gv_shuffle_blocks *blocks, const gv_shuffle_layout *layout,
                                       uint32_t parts, gv_error *err);
void gv_shuffle_blocks_clear(gv_shuffle_blocks *blocks);

/* Has part `part` the block? */
static inline bool gv_shuffle_blocks_has(const gv_shuffle_blocks *blocks, uint32_t block,
                                         uint32_t part)
{
    return blocks->block[block].part == part || blocks->block[block].other == part;
}

#endif
