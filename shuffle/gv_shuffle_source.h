/*
 * gv_shuffle_source - a bucket as a whole: what this process has sorted, and what came from others.
 *
 * Errors: as gv_shuffle_spool.h. Threads: any may read.
 */
#ifndef GV_SHUFFLE_SOURCE_H
#define GV_SHUFFLE_SOURCE_H

#include "shuffle/gv_shuffle_received.h"

/* All cells of a bucket: those that this process has sorted, and those that came from others. */
typedef struct gv_shuffle_source {
    const gv_shuffle_spool *spool;       /* finished */
    const gv_shuffle_received *received; /* finished; NULL: nothing came */
} gv_shuffle_source;

/* Some buckets of a layout, ascending. */
typedef struct gv_shuffle_source_buckets {
    const uint32_t *list; /* [n]; NULL: 0 .. n - 1 */
    uint32_t n;
} gv_shuffle_source_buckets;
static inline uint32_t gv_shuffle_source_buckets_at(const gv_shuffle_source_buckets *buckets,
                                                    uint32_t i)
{
    return buckets->list ? buckets->list[i] : i;
}

/* Bytes of a bucket; of the largest of some; runs of a bucket at most (lanes are runs here). */
uint64_t gv_shuffle_source_bytes(const gv_shuffle_source *source, uint32_t bucket);
uint64_t gv_shuffle_source_largest(const gv_shuffle_source *source,
                                   const gv_shuffle_source_buckets *buckets);
size_t gv_shuffle_source_runs(const gv_shuffle_source *source, uint32_t bucket);
/* Read the bucket to `to`. `lengths` [`*runs`, at most gv_shuffle_source_runs] receives the bytes
 * of its runs, one behind the other. The rows of a run ascend, and no row is in two runs. */
GV_MUST_USE int gv_shuffle_source_get(uint8_t *to, uint64_t *lengths, size_t *runs,
                                      const gv_shuffle_source *source, uint32_t bucket,
                                      gv_error *err);

#endif
