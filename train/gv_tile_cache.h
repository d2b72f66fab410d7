/*
 * gv_tile_cache - the store's tiles in memory, as far as they fit.
 *
 * If all blobs fit the budget they are read once, checksums and tile contents are verified once,
 * and every tile is a view that is ready. Else blobs are read when needed, verified each time, and
 * the least recently used ones make room. What the caller sees is the same.
 *
 * Threads: get, release and prefetch may be called from many threads, each with its own number
 * (below setup->threads); new and free by one, while no other uses the cache.
 */
#ifndef GV_TILE_CACHE_H
#define GV_TILE_CACHE_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "store/gv_store.h"
#include <stdint.h>

typedef struct gv_tile_cache gv_tile_cache;

/* All borrowed; the store must outlive the cache. */
typedef struct gv_tile_cache_setup {
    const gv_store *store;
    const char *path; /* of the store; each thread opens a handle of its own */
    uint64_t budget;  /* bytes; exceeded only below what gv_budget_train_tiles_least says */
    unsigned threads;
    gv_progress *progress; /* NULL: none */
} gv_tile_cache_setup;

/* Free with gv_tile_cache_free. Damage in the store: GV_E_CORRUPT naming it. */
GV_MUST_USE int gv_tile_cache_new(gv_tile_cache **cache, const gv_tile_cache_setup *setup,
                                  gv_error *err);
void gv_tile_cache_free(gv_tile_cache *cache);

/* View tile number `tile` (index into gv_store_tiles) for thread number `thread`; borrowed until it
 * is released. May wait for another thread that is reading the same blob. Damage in the store:
 * GV_E_CORRUPT naming it; GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_tile_cache_get(gv_tile *view, gv_tile_cache *cache, unsigned thread,
                                  uint32_t tile, gv_error *err);
/* The caller no longer uses the view of `tile`; once for each get that succeeded. */
void gv_tile_cache_release(gv_tile_cache *cache, uint32_t tile);

/* A hint, without effect on results: tile `soon` will be asked for next, tile `later` after it.
 * What is in memory of them comes into the processor's cache. */
void gv_tile_cache_prefetch(const gv_tile_cache *cache, uint32_t soon, uint32_t later);

#endif
