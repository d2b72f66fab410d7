/*
 * gv_compat_pack - the records of one segment of first words, sorted into tiles.
 *
 * Errors: GV_E_MEMORY. Threads: each thread has its own gv_compat_pack.
 */
#ifndef GV_COMPAT_PACK_H
#define GV_COMPAT_PACK_H

#include "base/gv_error.h"
#include "kernel/gv_kernel.h"
#include "store/gv_segments.h"
#include <stddef.h>
#include <stdint.h>

/* A record on its way to its tile: local ids, and what training needs of its value. */
typedef struct gv_compat_pack_record {
    uint16_t row, column, column_segment, unused;
    float log_x, weight;
} gv_compat_pack_record;

typedef struct gv_compat_pack_tile {
    uint32_t row_segment, column_segment;
    uint32_t rows, records;
    uint64_t offset;
} gv_compat_pack_tile;

typedef struct gv_compat_pack {
    const gv_segments *segments; /* borrowed; set by the caller, all else 0 */
    /* in: filled by the caller, after gv_compat_pack_room */
    gv_compat_pack_record *record; /* [n] in the order of the file */
    size_t n;
    /* out: of the segment packed last */
    gv_compat_pack_tile *tile; /* [tiles] offsets from the beginning of `bytes` */
    size_t tiles;
    uint8_t *bytes; /* [used] */
    size_t used;
    /* private */
    size_t record_capacity, tile_capacity, bytes_capacity;
    uint32_t *order, *order_by_column; /* [n] */
    size_t order_capacity, column_capacity;
    uint32_t *start; /* counting sort: [rows, or segments, + 1] */
    size_t start_capacity;
    uint32_t *rank; /* [rows] place of each row in the random order */
    size_t rank_capacity;
    uint32_t *seen; /* [words of a segment] the tile row that had the column last */
    size_t seen_capacity;
    uint32_t stamp; /* number of the current tile row */
} gv_compat_pack;

/* Room for `n` records in pack->record. */
GV_MUST_USE int gv_compat_pack_room(gv_compat_pack *pack, size_t n, gv_error *err);
/* Pack them: the tiles of row segment `segment`. */
GV_MUST_USE int gv_compat_pack_segment(gv_compat_pack *pack, uint32_t segment, gv_error *err);
void gv_compat_pack_free(gv_compat_pack *pack);

/* Bytes of a tile's arrays: log X, weights, columns, rows, row lengths. */
size_t gv_compat_pack_bytes(size_t rows, size_t records);
/* The tile whose arrays are at `bytes`. */
gv_kernel_tile gv_compat_pack_view(const uint8_t *bytes, size_t rows, size_t records);
/* Bytes that packing a segment of `n` records takes, about. */
uint64_t gv_compat_pack_memory(uint64_t n);

#endif
