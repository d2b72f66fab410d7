#include "shuffle/gv_shuffle_source.h"

uint64_t gv_shuffle_source_bytes(const gv_shuffle_source *source, uint32_t bucket)
{
    uint64_t bytes = source->received ? gv_shuffle_received_bytes(source->received, bucket) : 0;
    for (unsigned lane = 0; lane < gv_shuffle_spool_lanes(source->spool); lane++)
        bytes += gv_shuffle_spool_bytes(source->spool, lane, bucket);
    return bytes;
}

uint64_t gv_shuffle_source_largest(const gv_shuffle_source *source,
                                   const gv_shuffle_source_buckets *buckets)
{
    uint64_t largest = 0;
    for (uint32_t i = 0; i < buckets->n; i++) {
        uint64_t bytes = gv_shuffle_source_bytes(source, gv_shuffle_source_buckets_at(buckets, i));
        largest = bytes > largest ? bytes : largest;
    }
    return largest;
}

size_t gv_shuffle_source_runs(const gv_shuffle_source *source, uint32_t bucket)
{
    size_t received = source->received ? gv_shuffle_received_runs(source->received, bucket) : 0;
    return gv_shuffle_spool_lanes(source->spool) + received;
}

int gv_shuffle_source_get(uint8_t *to, uint64_t *lengths, size_t *runs,
                          const gv_shuffle_source *source, uint32_t bucket, gv_error *err)
{
    int status = GV_OK;
    *runs = 0;
    for (unsigned lane = 0; status == GV_OK && lane < gv_shuffle_spool_lanes(source->spool);
         lane++) {
        uint64_t bytes = gv_shuffle_spool_bytes(source->spool, lane, bucket);
        if (bytes == 0)
            continue;
        status = gv_shuffle_spool_get(to, source->spool, lane, bucket, err);
        to += bytes;
        lengths[(*runs)++] = bytes;
    }
    if (status != GV_OK || !source->received)
        return status;
    status = gv_shuffle_received_get(to, lengths + *runs, source->received, bucket, err);
    *runs += gv_shuffle_received_runs(source->received, bucket);
    return status;
}
