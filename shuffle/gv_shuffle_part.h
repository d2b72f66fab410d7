/*
 * gv_shuffle_part - a rank packs its part of a store.
 *
 * The number of a blob in the store is known only when all parts are packed, and its checksum
 * depends on it. So blobs are packed first, then numbered, then read back for their checksums.
 *
 * Errors: of gv_store_part.h; GV_E_MEMORY.
 * Threads: one at a time.
 */
#ifndef GV_SHUFFLE_PART_H
#define GV_SHUFFLE_PART_H

#include "shuffle/gv_shuffle_blocks.h"
#include "store/gv_store_part.h"

/* A blob of the part, by row. */
typedef struct gv_shuffle_part_blob {
    uint64_t bytes, checksum;
    uint32_t id; /* in the store */
    uint32_t block;
    uint32_t tile_count;
    uint64_t first_tile; /* among all tiles of the part */
} gv_shuffle_part_blob;

typedef struct gv_shuffle_part {
    const gv_shuffle_layout *layout;
    const gv_shuffle_blocks *blocks;
    gv_store_part_writer *writer;
    uint32_t number;            /* from 0 */
    uint32_t n;                 /* blobs */
    gv_shuffle_part_blob *blob; /* [n] */
    gv_store_tile *tiles;
    uint64_t tile_count;
    uint32_t *blobs_of; /* [blocks] blobs of each block */
    size_t blob_capacity, tile_capacity;
    gv_progress *progress; /* counts the cells that this part describes; may be NULL */
    gv_store_part about;   /* once committed */
    char *path;            /* of the committed file */
    char *folder;
} gv_shuffle_part;

/* Begin part `number` in `folder`; `layout`, `blocks` are borrowed. Close also after an error. */
GV_MUST_USE int gv_shuffle_part_open(gv_shuffle_part *part, uint32_t number, const char *folder,
                                     const gv_shuffle_layout *layout,
                                     const gv_shuffle_blocks *blocks, gv_error *err);
/* A gv_shuffle_pack_put; `context` is the part. */
int gv_shuffle_part_put(void *context, const void *blob, size_t bytes, const gv_store_tile *tiles,
                        size_t n, gv_error *err);
/* All blobs were put. `first` [blocks]: number in the store of the first blob of each block. */
GV_MUST_USE int gv_shuffle_part_number(gv_shuffle_part *part, const uint32_t *first, gv_error *err);
/* Is it for this part to describe the blobs of the block? If it is in two parts, the first does. */
static inline bool gv_shuffle_part_describes(const gv_shuffle_part *part, uint32_t block)
{
    return part->blocks->block[block].part == part->number;
}
/* Complete the file of the part and give it its name. */
GV_MUST_USE int gv_shuffle_part_commit(gv_shuffle_part *part, const char *content_hash,
                                       gv_error *err);
/* The store was not made after all: remove the committed file, unless it is one of `old`, the parts
 * of the store that stays. */
void gv_shuffle_part_discard(gv_shuffle_part *part, const gv_strings *old);
void gv_shuffle_part_close(gv_shuffle_part *part);

#endif
