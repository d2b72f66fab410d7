/*
 * The position lists come from a counting sort in parallel: every thread counts the words of its
 * range of the ids (in the array that later sums rows), the counts become the places where each
 * thread puts its positions, and every thread scatters its range. Cost: three passes over the ids.
 */
#include "cooccur/gv_cooccur_batch.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include <string.h>

static size_t id_bytes(const gv_cooccur_batch *batch)
{
    return (batch->capacity + batch->window + 2 * GV_ROWS_LINE + 2) * sizeof(uint32_t);
}

int gv_cooccur_batch_init(gv_cooccur_batch *batch, uint32_t words, uint32_t window, size_t capacity,
                          gv_error *err)
{
    *batch = (gv_cooccur_batch){.words = words, .window = window, .capacity = capacity};
    if (capacity == 0 || capacity > UINT32_MAX - window - 2) /* positions have 32 bits */
        return gv_error_set(err, GV_E_RUNTIME, "a batch of %zu tokens is out of range", capacity);
    uint32_t *block = gv_mem_big_alloc(id_bytes(batch), err);
    if (!block)
        return GV_E_MEMORY;
    batch->ids = block + GV_ROWS_LINE + 1;
    batch->ids[-1] = GV_ENCODER_BREAK;
    batch->start = gv_mem_alloc((size_t)words + 1, sizeof *batch->start, err);
    return batch->start ? GV_OK : GV_E_MEMORY;
}

void gv_cooccur_batch_clear(gv_cooccur_batch *batch)
{
    gv_cooccur_batch_free_index(batch);
    if (batch->ids)
        gv_mem_big_free(batch->ids - GV_ROWS_LINE - 1, id_bytes(batch));
    gv_mem_free(batch->start);
    *batch = (gv_cooccur_batch){0};
}

void gv_cooccur_batch_free_index(gv_cooccur_batch *batch)
{
    gv_mem_big_free(batch->positions, batch->position_bytes);
    batch->positions = NULL;
}

int gv_cooccur_batch_fill(gv_cooccur_batch *batch, const gv_cooccur_source *source, bool *more,
                          gv_error *err)
{
    /* What is carried over has been counted: pairs among these ids are left out, pairs between them
     * and the new ones are counted now. Carried ids must not be lost when a fill gives fewer than
     * `window` ids, so they may come from several batches ago. */
    size_t carry = batch->count < batch->window ? batch->count : batch->window, n = 0;
    memmove(batch->ids, batch->ids + batch->count - carry, carry * sizeof *batch->ids);
    int status = source->fill(source->context, batch->ids + carry, batch->capacity, &n, err);
    if (status != GV_OK)
        return status;
    batch->carried = carry;
    batch->count = carry + n;
    batch->ids[batch->count] = GV_ENCODER_BREAK;
    *more = n > 0;
    return GV_OK;
}

/* What the threads of one indexing share. */
typedef struct index_job {
    gv_cooccur_batch *batch;
    gv_cooccur_worker *workers;
    unsigned threads;
    size_t first; /* position where listing begins */
} index_job;

/* The first position of a thread's range; it ends where that of thread + 1 begins. */
static size_t range_begin(const index_job *job, unsigned thread)
{
    /* the first n % threads ranges are longer by one id */
    size_t n = job->batch->count - job->first;
    return job->first + n / job->threads * thread +
           (thread < n % job->threads ? thread : n % job->threads);
}

static int count_range(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const index_job *job = context;
    const uint32_t *ids = job->batch->ids;
    uint32_t *counts = job->workers[thread].narrow;
    const uint32_t words = job->batch->words;
    uint64_t tokens = 0;
    for (size_t p = range_begin(job, thread), end = range_begin(job, thread + 1); p < end; p++)
        if (ids[p] < words) { /* neither a break nor a gap */
            counts[ids[p]]++;
            tokens += p >= job->batch->carried;
        }
    job->workers[thread].tokens = tokens;
    return GV_OK;
}

/* Turn the counts into places, word by word and thread by thread, so that positions ascend. */
static void place_ranges(index_job *job)
{
    gv_cooccur_batch *batch = job->batch;
    uint32_t place = 0;
    for (uint32_t word = 0; word < batch->words; word++) {
        batch->start[word] = place;
        for (unsigned t = 0; t < job->threads; t++) {
            /* the count becomes the place where this thread puts its first position of the word */
            uint32_t *slot = &job->workers[t].narrow[word], n = *slot;
            *slot = place;
            place += n;
        }
    }
    batch->start[batch->words] = place;
    batch->position_count = place;
    batch->tokens = 0;
    for (unsigned t = 0; t < job->threads; t++)
        batch->tokens += job->workers[t].tokens;
}

static int scatter_range(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const index_job *job = context;
    const uint32_t *ids = job->batch->ids;
    uint32_t *positions = job->batch->positions;
    uint32_t *place = job->workers[thread].narrow;
    const uint32_t words = job->batch->words;
    for (size_t p = range_begin(job, thread), end = range_begin(job, thread + 1); p < end; p++)
        if (ids[p] < words)
            positions[place[ids[p]]++] = (uint32_t)p;
    /* the array sums rows next, and must be 0 then (gv_cooccur_worker.h) */
    memset(place, 0, (size_t)job->batch->words * sizeof *place);
    return GV_OK;
}

int gv_cooccur_batch_index(gv_cooccur_batch *batch, gv_cooccur_worker *workers, unsigned threads,
                           bool list_carried, gv_error *err)
{
    index_job job = {batch, workers, threads, list_carried ? 0 : batch->carried};
    int status = gv_threads_run(threads, count_range, &job, err);
    if (status != GV_OK)
        return status;
    place_ranges(&job);
    batch->position_bytes = (batch->position_count + GV_ROWS_POSITIONS_SLACK) * sizeof(uint32_t);
    batch->positions = gv_mem_big_alloc(batch->position_bytes, err);
    if (!batch->positions)
        return GV_E_MEMORY;
    return gv_threads_run(threads, scatter_range, &job, err);
}
