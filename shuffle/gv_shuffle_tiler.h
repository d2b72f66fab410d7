/*
 * gv_shuffle_tiler - one unit of the spool into its tiles, their records in random order.
 *
 * Private to shuffle/. Threads: a gv_shuffle_tiler belongs to one thread; a gv_shuffle_tiler_bucket to one at a
 * time.
 */
#ifndef GV_SHUFFLE_TILER_H
#define GV_SHUFFLE_TILER_H

#include "shuffle/gv_shuffle_internal.h"

/* The tiles of a unit, packed, by ascending column segment. */
typedef struct gv_shuffle_tiler_bucket {
    uint8_t *bytes;
    size_t used, capacity;
    gv_store_tile *tiles; /* offsets from `bytes`; blob not set */
    size_t tile_count, tile_capacity;
    uint64_t records;
} gv_shuffle_tiler_bucket;

typedef struct gv_shuffle_tiler gv_shuffle_tiler;

/* `layout` and `spool` are borrowed. */
int gv_shuffle_tiler_open(gv_shuffle_tiler **tiler, const gv_shuffle_layout *layout,
                          const gv_shuffle_spool *spool, uint64_t seed, gv_error *err);
void gv_shuffle_tiler_close(gv_shuffle_tiler *tiler);

/* Make the tiles of unit number `unit`, in `packed` (its memory is used again). */
int gv_shuffle_tiler_make(gv_shuffle_tiler_bucket *packed, gv_shuffle_tiler *tiler, uint32_t unit,
                          gv_error *err);
void gv_shuffle_tiler_bucket_free(gv_shuffle_tiler_bucket *packed);

/* Bytes of memory that a tiler and a packed unit take at most, from the largest unit of the spool.
 */
uint64_t gv_shuffle_tiler_bytes(const gv_shuffle_spool *spool, const gv_shuffle_layout *layout);
uint64_t gv_shuffle_tiler_bucket_bytes(const gv_shuffle_spool *spool,
                                       const gv_shuffle_layout *layout);

#endif
