/*
 * gv_shuffle_tiler - one bucket into its tiles, their records in random order.
 *
 * Threads: a tiler belongs to one thread, an output to one at a time.
 */
#ifndef GV_SHUFFLE_TILER_H
#define GV_SHUFFLE_TILER_H

#include "shuffle/gv_shuffle_layout.h"
#include "shuffle/gv_shuffle_source.h"
#include "store/gv_store.h"

/* The tiles of a bucket, by ascending column segment. Zero before the first use. */
typedef struct gv_shuffle_tiler_output {
    uint8_t *bytes;
    size_t used, capacity;
    gv_store_tile *tiles; /* offsets from `bytes`; blob not set */
    size_t tile_count, tile_capacity;
    uint64_t records;
} gv_shuffle_tiler_output;

typedef struct gv_shuffle_tiler gv_shuffle_tiler;

/* `layout` and `source` are borrowed. `*tiler` is NULL on failure. */
GV_MUST_USE int gv_shuffle_tiler_open(gv_shuffle_tiler **tiler, const gv_shuffle_layout *layout,
                                      const gv_shuffle_source *source, uint64_t seed,
                                      gv_error *err);
/* Accepts NULL. */
void gv_shuffle_tiler_close(gv_shuffle_tiler *tiler);

/* Make the tiles of bucket number `bucket`, in `output` (its memory is used again). A bucket that
 * does not decode: GV_E_IO. A tile beyond 4 GiB: GV_E_RUNTIME. Checks for signals. */
GV_MUST_USE int gv_shuffle_tiler_make(gv_shuffle_tiler_output *output, gv_shuffle_tiler *tiler,
                                      uint32_t bucket, gv_error *err);
void gv_shuffle_tiler_output_clear(gv_shuffle_tiler_output *output);

/* Bytes of memory that a tiler and an output take at most, if the largest bucket has `largest`. */
uint64_t gv_shuffle_tiler_bytes(const gv_shuffle_layout *layout, uint64_t largest);
uint64_t gv_shuffle_tiler_output_bytes(uint64_t largest);

#endif
