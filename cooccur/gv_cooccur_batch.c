/*
 * A shard: as much of the text, as ids, as the memory budget holds, and for every word the sorted
 * list of its positions.
 *
 * The lists come from a counting sort in parallel: every thread counts the words of its part of the
 * ids (in the array that later sums rows), the counts become the places where each thread puts its
 * positions, and every thread scatters its part. Cost: three passes over the ids.
 *
 * A window reaches over the shard's left edge, so the last `window` ids are kept when new ones
 * come. Pairs among the kept ids were counted before and are left out.
 */
#include "cooccur/gv_cooccur_internal.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include <string.h>

static size_t id_bytes(const gv_cooccur_batch *shard)
{
    return (shard->room + shard->window + 2 * GV_LINE + 2) * sizeof(uint32_t);
}

int gv_cooccur_batch_init(gv_cooccur_batch *shard, uint32_t words, uint32_t window, size_t room,
                          gv_error *err)
{
    *shard = (gv_cooccur_batch){.words = words, .window = window, .room = room};
    if (room == 0 || room > UINT32_MAX - window - 2)
        return gv_error_set(err, GV_E_RUNTIME, "a shard of %zu tokens cannot be", room);
    uint32_t *block = gv_mem_big_alloc(id_bytes(shard), err);
    if (!block)
        return GV_E_MEMORY;
    shard->ids = block + GV_LINE + 1;
    shard->ids[-1] = GV_ENCODER_BREAK;
    shard->start = gv_mem_alloc((size_t)words + 1, sizeof *shard->start, err);
    return shard->start ? GV_OK : GV_E_MEMORY;
}

void gv_cooccur_batch_clear(gv_cooccur_batch *shard)
{
    gv_cooccur_batch_free_index(shard);
    if (shard->ids)
        gv_mem_big_free(shard->ids - GV_LINE - 1, id_bytes(shard));
    gv_mem_free(shard->start);
    *shard = (gv_cooccur_batch){0};
}

void gv_cooccur_batch_free_index(gv_cooccur_batch *shard)
{
    gv_mem_big_free(shard->positions, shard->position_bytes);
    shard->positions = NULL;
}

int gv_cooccur_batch_fill(gv_cooccur_batch *shard, const gv_cooccur_source *source, bool *more,
                          gv_error *err)
{
    size_t carry = shard->count < shard->window ? shard->count : shard->window, n = 0;
    memmove(shard->ids, shard->ids + shard->count - carry, carry * sizeof *shard->ids);
    int status = source->fill(source->context, shard->ids + carry, shard->room, &n, err);
    if (status != GV_OK)
        return status;
    shard->carried = carry;
    shard->count = carry + n;
    shard->ids[shard->count] = GV_ENCODER_BREAK;
    *more = n > 0;
    return GV_OK;
}

/* What the threads of one indexing share. */
typedef struct index_job {
    gv_cooccur_batch *shard;
    gv_cooccur_worker *workers;
    unsigned threads;
    size_t first; /* id where listing begins */
} index_job;

static size_t part_edge(const index_job *job, unsigned thread)
{
    size_t n = job->shard->count - job->first;
    return job->first + n / job->threads * thread +
           (thread < n % job->threads ? thread : n % job->threads);
}

static int count_part(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const index_job *job = context;
    const uint32_t *ids = job->shard->ids;
    uint32_t *counts = job->workers[thread].narrow;
    uint64_t tokens = 0;
    for (size_t p = part_edge(job, thread), end = part_edge(job, thread + 1); p < end; p++)
        if (ids[p] != GV_ENCODER_BREAK) {
            counts[ids[p]]++;
            tokens += p >= job->shard->carried;
        }
    job->workers[thread].tokens = tokens;
    return GV_OK;
}

/* Counts become places: word by word, thread by thread. */
static void place_parts(index_job *job)
{
    gv_cooccur_batch *shard = job->shard;
    uint32_t place = 0;
    for (uint32_t word = 0; word < shard->words; word++) {
        shard->start[word] = place;
        for (unsigned t = 0; t < job->threads; t++) {
            uint32_t *slot = &job->workers[t].narrow[word], n = *slot;
            *slot = place;
            place += n;
        }
    }
    shard->start[shard->words] = place;
    shard->position_count = place;
    shard->tokens = 0;
    for (unsigned t = 0; t < job->threads; t++)
        shard->tokens += job->workers[t].tokens;
}

static int scatter_part(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const index_job *job = context;
    const uint32_t *ids = job->shard->ids;
    uint32_t *positions = job->shard->positions;
    uint32_t *place = job->workers[thread].narrow;
    for (size_t p = part_edge(job, thread), end = part_edge(job, thread + 1); p < end; p++)
        if (ids[p] != GV_ENCODER_BREAK)
            positions[place[ids[p]]++] = (uint32_t)p;
    memset(place, 0, (size_t)job->shard->words * sizeof *place);
    return GV_OK;
}

int gv_cooccur_batch_index(gv_cooccur_batch *shard, gv_cooccur_worker *workers, unsigned threads,
                           bool carried_too, gv_error *err)
{
    index_job job = {shard, workers, threads, carried_too ? 0 : shard->carried};
    int status = gv_threads_run(threads, count_part, &job, err);
    if (status != GV_OK)
        return status;
    place_parts(&job);
    shard->position_bytes = (shard->position_count + GV_POSITIONS_SLACK) * sizeof(uint32_t);
    shard->positions = gv_mem_big_alloc(shard->position_bytes, err);
    if (!shard->positions)
        return GV_E_MEMORY;
    return gv_threads_run(threads, scatter_part, &job, err);
}

void gv_cooccur_bands_cut(gv_cooccur_bands *bands, const uint32_t *start, uint32_t words)
{
    /* a row costs about as much as it has positions, and a little in any case */
    uint64_t total = (uint64_t)start[words] + words, want = total / GV_BANDS_MAX + 1, mass = 0;
    bands->count = 0;
    bands->first[0] = 0;
    for (uint32_t word = 0; word < words; word++) {
        mass += (uint64_t)(start[word + 1] - start[word]) + 1;
        if (mass < want)
            continue;
        bands->first[++bands->count] = word + 1;
        mass = 0;
    }
    if (mass > 0)
        bands->first[++bands->count] = words;
}
