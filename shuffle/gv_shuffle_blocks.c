#include "shuffle/gv_shuffle_blocks.h"

#include "base/gv_mem.h"
#include "store/gv_store_part.h"

/* The parts of the block that bucket `bucket` begins. */
static void find_parts(gv_shuffle_blocks_one *block, const gv_shuffle_layout *layout,
                       uint32_t bucket, uint32_t parts)
{
    const gv_segments *segments = &layout->segments;
    const gv_shuffle_layout_bucket *first = &layout->bucket[bucket];
    uint32_t row = segments->group[first->row_segment], column = first->group;
    uint32_t of_row = gv_store_part_of_group(row, segments->groups, parts);
    uint32_t of_column = gv_store_part_of_group(column, segments->groups, parts);
    /* training works on the words of the columns, too, if only half of the matrix is stored */
    if (!layout->symmetric)
        of_column = of_row;
    block->part = of_row < of_column ? of_row : of_column;
    block->other = of_row < of_column ? of_column : of_row;
}

int gv_shuffle_blocks_make(gv_shuffle_blocks *blocks, const gv_shuffle_layout *layout,
                           uint32_t parts, gv_error *err)
{
    *blocks = (gv_shuffle_blocks){.parts = parts};
    size_t most = (size_t)layout->segments.groups * layout->segments.groups;
    if (!(blocks->block = gv_mem_alloc(most, sizeof *blocks->block, err)) ||
        !(blocks->block_of = gv_mem_alloc(layout->buckets, sizeof *blocks->block_of, err)))
        return GV_E_MEMORY;
    for (uint32_t bucket = 0, first = 0; bucket < layout->buckets; bucket++) {
        blocks->block_of[bucket] = blocks->n;
        if (!layout->bucket[bucket].ends_block)
            continue;
        gv_shuffle_blocks_one *block = &blocks->block[blocks->n++];
        *block = (gv_shuffle_blocks_one){.first = first, .end = bucket + 1};
        find_parts(block, layout, first, parts);
        first = bucket + 1;
    }
    return GV_OK;
}

void gv_shuffle_blocks_clear(gv_shuffle_blocks *blocks)
{
    gv_mem_free(blocks->block);
    gv_mem_free(blocks->block_of);
    *blocks = (gv_shuffle_blocks){0};
}
