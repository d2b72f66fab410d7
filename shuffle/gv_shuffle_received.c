#include "shuffle/gv_shuffle_received.h"

#include "base/gv_mem.h"

#define NONE UINT32_MAX

typedef struct run {
    uint64_t bytes;
    uint32_t next; /* of the same bucket, or NONE */
} run;

/* The runs of a bucket. */
typedef struct bucket_runs {
    uint32_t first, last, n;
} bucket_runs;

struct gv_shuffle_received {
    uint32_t buckets;
    uint32_t *stream_of;    /* [buckets] of the spool, or NONE */
    bucket_runs *of_stream; /* [streams] */
    run *runs;
    size_t run_count, run_capacity;
    gv_shuffle_spool *spool; /* one lane */
};

static uint32_t number_streams(gv_shuffle_received *received,
                               const gv_shuffle_received_options *options)
{
    uint32_t streams = 0;
    for (uint32_t bucket = 0; bucket < options->buckets; bucket++) {
        bool own = gv_shuffle_blocks_has(options->blocks, options->blocks->block_of[bucket],
                                         options->part);
        received->stream_of[bucket] = own ? streams++ : NONE;
    }
    return streams;
}

int gv_shuffle_received_open(gv_shuffle_received **result,
                             const gv_shuffle_received_options *options, gv_error *err)
{
    *result = NULL;
    gv_shuffle_received *received = gv_mem_alloc_zero(1, sizeof *received, err);
    if (!received)
        return GV_E_MEMORY;
    received->buckets = options->buckets;
    uint32_t streams = 0;
    int status = GV_E_MEMORY;
    if ((received->stream_of = gv_mem_alloc(options->buckets, sizeof *received->stream_of, err))) {
        streams = number_streams(received, options);
        received->of_stream = gv_mem_alloc(streams, sizeof *received->of_stream, err);
    }
    for (uint32_t i = 0; received->of_stream && i < streams; i++)
        received->of_stream[i] = (bucket_runs){NONE, NONE, 0};
    if (received->of_stream)
        status = gv_shuffle_spool_open(&received->spool, streams, 1, options->memory,
                                       options->temp_dir, err);
    if (status != GV_OK) {
        gv_shuffle_received_close(received);
        return status;
    }
    *result = received;
    return GV_OK;
}

void gv_shuffle_received_close(gv_shuffle_received *received)
{
    if (!received)
        return;
    gv_shuffle_spool_close(received->spool);
    gv_mem_free(received->stream_of);
    gv_mem_free(received->of_stream);
    gv_mem_free(received->runs);
    gv_mem_free(received);
}

bool gv_shuffle_received_takes(const gv_shuffle_received *received, uint64_t bucket)
{
    return bucket < received->buckets && received->stream_of[bucket] != NONE;
}

static int begin_run(gv_shuffle_received *received, bucket_runs *of, gv_error *err)
{
    int status = gv_mem_reserve(&received->runs, &received->run_capacity, received->run_count + 1,
                                sizeof *received->runs, err);
    if (status != GV_OK)
        return status;
    uint32_t number = (uint32_t)received->run_count++;
    received->runs[number] = (run){.next = NONE};
    if (of->n++ == 0)
        of->first = number;
    else
        received->runs[of->last].next = number;
    of->last = number;
    return GV_OK;
}

int gv_shuffle_received_put(gv_shuffle_received *received, uint32_t bucket, bool more_of_run,
                            const void *data, size_t bytes, gv_error *err)
{
    uint32_t stream = received->stream_of[bucket];
    bucket_runs *of = &received->of_stream[stream];
    int status = more_of_run && of->n > 0 ? GV_OK : begin_run(received, of, err);
    if (status != GV_OK)
        return status;
    received->runs[of->last].bytes += bytes;
    return gv_shuffle_spool_put(received->spool, 0, stream, data, bytes, err);
}

int gv_shuffle_received_finish(gv_shuffle_received *received, gv_error *err)
{
    return gv_shuffle_spool_finish(received->spool, err);
}

uint64_t gv_shuffle_received_spilled(const gv_shuffle_received *received)
{
    return gv_shuffle_spool_spilled(received->spool);
}

uint64_t gv_shuffle_received_bytes(const gv_shuffle_received *received, uint32_t bucket)
{
    return gv_shuffle_received_takes(received, bucket)
               ? gv_shuffle_spool_bytes(received->spool, 0, received->stream_of[bucket])
               : 0;
}

size_t gv_shuffle_received_runs(const gv_shuffle_received *received, uint32_t bucket)
{
    return gv_shuffle_received_takes(received, bucket)
               ? received->of_stream[received->stream_of[bucket]].n
               : 0;
}

int gv_shuffle_received_get(uint8_t *to, uint64_t *lengths, const gv_shuffle_received *received,
                            uint32_t bucket, gv_error *err)
{
    if (!gv_shuffle_received_takes(received, bucket))
        return GV_OK;
    uint32_t stream = received->stream_of[bucket];
    for (uint32_t i = received->of_stream[stream].first; i != NONE; i = received->runs[i].next)
        *lengths++ = received->runs[i].bytes;
    return gv_shuffle_spool_get(to, received->spool, 0, stream, err);
}
