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
#include "shuffle/gv_shuffle_spool.h"
#include "store/gv_store.h"

typedef struct gv_shuffle_pack_job {
    const gv_shuffle_layout *layout;
    const gv_shuffle_spool *spool; /* finished */
    uint64_t seed;                 /* of the order of records within tiles */
    unsigned threads;
    gv_progress *progress; /* may be NULL */
} gv_shuffle_pack_job;

/* Pack all buckets into blobs for `writer` (borrowed), in order. Errors of gv_shuffle_tiler_make
 * and gv_store.h; GV_E_RUNTIME if a tile is too large for SQLite. */
GV_MUST_USE int gv_shuffle_pack(gv_store_writer *writer, const gv_shuffle_pack_job *job,
                                gv_error *err);

/* Bytes of memory that each thread needs. */
uint64_t gv_shuffle_pack_thread_bytes(const gv_shuffle_spool *spool,
                                      const gv_shuffle_layout *layout);

#endif
