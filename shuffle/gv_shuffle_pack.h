/*
 * gv_shuffle_pack - buckets into blobs of the store, on several threads.
 *
 * Threads take buckets in order, make their tiles side by side, and leave them in a ring of slots.
 * Whoever has finished a bucket looks whether the bucket that comes next in the store is ready, and
 * if no other thread is writing, writes it and those after it as blobs. So the bytes are the same
 * for any number of threads, and no thread is kept for writing alone.
 *
 * Tiles are joined into a blob until it would exceed 1 MiB; a blob never holds tiles of two blocks.
 *
 * Threads: starts threads of its own; to be called from one.
 */
#ifndef GV_SHUFFLE_PACK_H
#define GV_SHUFFLE_PACK_H

#include "base/gv_progress.h"
#include "shuffle/gv_shuffle_layout.h"
#include "shuffle/gv_shuffle_source.h"
#include "store/gv_store.h"

/* Take the next blob; `tiles` [n] as for gv_store_put_blob, `blob` not set. One call at a time. */
typedef int gv_shuffle_pack_put(void *context, const void *blob, size_t bytes,
                                const gv_store_tile *tiles, size_t n, gv_error *err);

typedef struct gv_shuffle_pack_job {
    const gv_shuffle_layout *layout;
    const gv_shuffle_source *source;
    gv_shuffle_source_buckets buckets; /* what is packed: whole blocks */
    uint64_t seed;                     /* of the order of records within tiles */
    unsigned threads;
    gv_progress *progress; /* may be NULL */
    gv_shuffle_pack_put *put;
    void *context;
} gv_shuffle_pack_job;

/* Pack the buckets into blobs, in order. Errors of gv_shuffle_tiler_make and of `put`; GV_E_RUNTIME
 * if a tile is too large for SQLite. */
GV_MUST_USE int gv_shuffle_pack(const gv_shuffle_pack_job *job, gv_error *err);

/* Bytes of memory that each thread needs, if the largest bucket has `largest`. */
uint64_t gv_shuffle_pack_thread_bytes(const gv_shuffle_layout *layout, uint64_t largest);

#endif
