/*
 * gv_shuffle_tiles - one unit of the spool into its tiles, their records in random order.
 *
 * Private to shuffle/. Threads: a gv_tiler belongs to one thread; a gv_packed_unit to one at a
 * time.
 */
#ifndef GV_SHUFFLE_TILES_H
#define GV_SHUFFLE_TILES_H

#include "shuffle/gv_shuffle_internal.h"

/* The tiles of a unit, packed, by ascending column segment. */
typedef struct gv_packed_unit {
    uint8_t *bytes;
    size_t used, capacity;
    gv_store_tile *tiles; /* offsets from `bytes`; blob not set */
    size_t tile_count, tile_capacity;
    uint64_t records;
} gv_packed_unit;

typedef struct gv_tiler gv_tiler;

/* `layout` and `spool` are borrowed. */
int gv_tiler_open(gv_tiler **tiler, const gv_layout *layout, const gv_spool *spool, uint64_t seed,
                  gv_error *err);
void gv_tiler_close(gv_tiler *tiler);

/* Make the tiles of unit number `unit`, in `packed` (its memory is used again). */
int gv_tiler_make(gv_packed_unit *packed, gv_tiler *tiler, uint32_t unit, gv_error *err);
void gv_packed_unit_free(gv_packed_unit *packed);

/* Bytes of memory that a tiler and a packed unit take at most, from the largest unit of the spool.
 */
uint64_t gv_tiler_bytes(const gv_spool *spool, const gv_layout *layout);
uint64_t gv_packed_unit_bytes(const gv_spool *spool, const gv_layout *layout);

#endif
