/*
 * Streams in chunks, spilled by extents.
 *
 * A put becomes a chunk of just its size (two, where a slab ends) behind the chunk put before, of
 * any stream; the chunks of a stream and lane are linked. A lane fills its slabs one after the
 * other. A spill writes the streams of the lane one after the other in one piece of the file, so a
 * stream becomes one extent per spill that it had bytes in.
 *
 * The shuffle puts some KiB at a time, and the rows that a stream is made of are close together
 * in the matrix, so there are few extents per stream however often the spool spills.
 */
#include "shuffle/gv_shuffle_spool.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum {
    SLAB_LEAST = 16384,     /* bytes of a slab: large, so that few chunks are cut at its end, ... */
    SLAB_MOST = 1 << 20,    /* ... small, so that lanes share the arena evenly */
    BUFFER_BYTES = 1 << 18, /* gathered for one write */
    BUFFER_LEAST = 16384    /* where memory is short */
};

#define NO_EXTENT UINT32_MAX

typedef struct chunk {
    uint64_t next; /* place of the next of the stream plus 1, or 0 */
    uint64_t bytes;
} chunk;

typedef struct extent {
    uint64_t offset, bytes; /* in the file */
    uint32_t next;
} extent;

/* What a lane has of a stream. */
typedef struct stream {
    uint64_t first, last; /* chunks: places plus 1, 0: none */
    uint64_t bytes;       /* in all */
    uint32_t first_extent, last_extent;
} stream;

typedef struct lane {
    stream *streams;
    uint32_t *slabs;                        /* its own, in order of use */
    size_t slab_count, slab_capacity, slab; /* `slab`: the one being filled */
    uint64_t at, end;                       /* free places of that slab */
    uint64_t held;                          /* bytes in memory, without heads */
    extent *extents;
    size_t extent_count, extent_capacity;
    uint8_t *buffer;
} lane;

struct gv_shuffle_spool {
    uint32_t streams;
    unsigned lanes;
    const char *temp_dir;
    uint8_t *arena;
    size_t arena_bytes, slab_bytes, buffer_bytes;
    uint32_t slabs;
    atomic_uint_fast64_t slabs_taken;
    lane *lane;
    pthread_mutex_t lock; /* of fd while it is opened */
    int fd;               /* -1: nothing spilled yet */
    atomic_uint_fast64_t spilled;
};

static size_t lane_fixed(uint32_t streams)
{
    return (size_t)streams * sizeof(stream);
}

size_t gv_shuffle_spool_least(uint32_t streams, unsigned lanes)
{
    return lanes * (lane_fixed(streams) + SLAB_LEAST + BUFFER_LEAST);
}

/* Slabs small enough that every lane gets some, when memory is short. With more memory slabs grow
 * as long as a lane has 8 of them on average, so a slab that is only partly filled wastes little;
 * write buffers take 1/16 at most. */
static void size_slabs(gv_shuffle_spool *spool, size_t memory)
{
    size_t fixed = spool->lanes * (lane_fixed(spool->streams) + BUFFER_LEAST);
    size_t left = memory > fixed ? memory - fixed : 0;
    spool->buffer_bytes = BUFFER_LEAST;
    while (spool->buffer_bytes < BUFFER_BYTES && spool->buffer_bytes * 32 * spool->lanes < left)
        spool->buffer_bytes *= 2;
    size_t buffers = spool->lanes * spool->buffer_bytes;
    left = left > buffers ? left - buffers : 0;
    spool->slab_bytes = SLAB_LEAST;
    while (spool->slab_bytes < SLAB_MOST && spool->slab_bytes * 16 * spool->lanes < left)
        spool->slab_bytes *= 2;
    size_t slabs = left / spool->slab_bytes;
    spool->slabs = slabs < spool->lanes ? spool->lanes
                   : slabs < UINT32_MAX ? (uint32_t)slabs
                                        : UINT32_MAX;
    spool->arena_bytes = spool->slabs * spool->slab_bytes;
}

/* Begin to fill slab number `slab` of the lane. */
static void enter_slab(gv_shuffle_spool *spool, lane *l, size_t slab)
{
    l->slab = slab;
    l->at = (uint64_t)l->slabs[slab] * spool->slab_bytes;
    l->end = l->at + spool->slab_bytes;
}

static int open_lane(gv_shuffle_spool *spool, unsigned number, gv_error *err)
{
    lane *l = &spool->lane[number];
    if (!(l->streams = gv_mem_alloc(spool->streams, sizeof *l->streams, err)) ||
        gv_mem_reserve(&l->slabs, &l->slab_capacity, 1, sizeof *l->slabs, err) != GV_OK)
        return GV_E_MEMORY;
    for (uint32_t s = 0; s < spool->streams; s++)
        l->streams[s] = (stream){.first_extent = NO_EXTENT, .last_extent = NO_EXTENT};
    l->slabs[0] = number; /* so that every lane has one */
    l->slab_count = 1;
    enter_slab(spool, l, 0);
    return GV_OK;
}

int gv_shuffle_spool_open(gv_shuffle_spool **result, uint32_t streams, unsigned lanes,
                          size_t memory, const char *temp_dir, gv_error *err)
{
    *result = NULL;
    gv_shuffle_spool *spool = gv_mem_alloc_zero(1, sizeof *spool, err);
    if (!spool)
        return GV_E_MEMORY;
    if (pthread_mutex_init(&spool->lock, NULL) != 0) {
        gv_mem_free(spool);
        return gv_error_set(err, GV_E_MEMORY, "cannot make a lock");
    }
    spool->fd = -1;
    spool->streams = streams;
    spool->temp_dir = temp_dir;
    spool->lanes = lanes;
    size_slabs(spool, memory);
    atomic_store(&spool->slabs_taken, lanes);
    int status = GV_OK;
    if (!(spool->arena = gv_mem_big_alloc(spool->arena_bytes, err)) ||
        !(spool->lane = gv_mem_alloc_zero(lanes, sizeof *spool->lane, err)))
        status = GV_E_MEMORY;
    for (unsigned i = 0; status == GV_OK && i < lanes; i++)
        status = open_lane(spool, i, err);
    if (status != GV_OK) {
        gv_shuffle_spool_close(spool);
        return status;
    }
    *result = spool;
    return GV_OK;
}

void gv_shuffle_spool_close(gv_shuffle_spool *spool)
{
    if (!spool)
        return;
    for (unsigned i = 0; spool->lane && i < spool->lanes; i++) {
        gv_mem_free(spool->lane[i].streams);
        gv_mem_free(spool->lane[i].slabs);
        gv_mem_free(spool->lane[i].extents);
        gv_mem_free(spool->lane[i].buffer);
    }
    if (spool->fd >= 0)
        close(spool->fd);
    gv_mem_big_free(spool->arena, spool->arena_bytes);
    pthread_mutex_destroy(&spool->lock);
    gv_mem_free(spool->lane);
    gv_mem_free(spool);
}

static chunk *chunk_at(const gv_shuffle_spool *spool, uint64_t place)
{
    return (chunk *)(void *)(spool->arena + place - 1);
}

/* --- spilling --------------------------------------------------------------------------------- */

static const char temp_name[] = "the temporary file of the shuffle";

static int open_temp(gv_shuffle_spool *spool, gv_error *err)
{
    pthread_mutex_lock(&spool->lock);
    int status = spool->fd < 0 ? gv_file_temp_open(&spool->fd, spool->temp_dir, err) : GV_OK;
    pthread_mutex_unlock(&spool->lock);
    return status;
}

/* The next bytes of a lane for the file, gathered. */
typedef struct file_writer {
    gv_shuffle_spool *spool;
    uint8_t *buffer;
    size_t used;
    uint64_t offset; /* in the file, of the first of them */
} file_writer;

static int flush_buffer(file_writer *to, gv_error *err)
{
    int status = gv_file_pwrite(to->spool->fd, to->buffer, to->used, to->offset, temp_name, err);
    to->offset += to->used;
    to->used = 0;
    return status;
}

static int append(file_writer *to, const uint8_t *data, size_t bytes, gv_error *err)
{
    int status = GV_OK;
    while (bytes > 0 && status == GV_OK) {
        size_t room = to->spool->buffer_bytes - to->used, part = bytes < room ? bytes : room;
        memcpy(to->buffer + to->used, data, part);
        to->used += part;
        data += part;
        bytes -= part;
        if (to->used == to->spool->buffer_bytes)
            status = flush_buffer(to, err);
    }
    return status;
}

/* The chunks of a stream become an extent. */
static int spill_stream(file_writer *to, lane *l, stream *s, gv_error *err)
{
    int status = gv_mem_reserve(&l->extents, &l->extent_capacity, l->extent_count + 1,
                                sizeof *l->extents, err);
    if (status != GV_OK)
        return status;
    extent *e = &l->extents[l->extent_count];
    *e = (extent){.offset = to->offset + to->used, .next = NO_EXTENT};
    for (uint64_t at = s->first; status == GV_OK && at != 0; at = chunk_at(to->spool, at)->next) {
        const chunk *c = chunk_at(to->spool, at);
        e->bytes += c->bytes;
        status = append(to, (const uint8_t *)(c + 1), c->bytes, err);
    }
    if (s->last_extent == NO_EXTENT)
        s->first_extent = (uint32_t)l->extent_count;
    else
        l->extents[s->last_extent].next = (uint32_t)l->extent_count;
    s->last_extent = (uint32_t)l->extent_count++;
    s->first = s->last = 0;
    return status;
}

/* All that the lane holds goes to the file. */
static int spill(gv_shuffle_spool *spool, lane *l, gv_error *err)
{
    int status = open_temp(spool, err);
    if (status == GV_OK && !l->buffer && !(l->buffer = gv_mem_alloc(spool->buffer_bytes, 1, err)))
        status = GV_E_MEMORY;
    if (status != GV_OK)
        return status;
    /* the lane reserves its part of the file at once, so lanes write side by side without a lock */
    file_writer to = {spool, l->buffer, 0, atomic_fetch_add(&spool->spilled, l->held)};
    for (uint32_t i = 0; status == GV_OK && i < spool->streams; i++)
        if (l->streams[i].first != 0)
            status = spill_stream(&to, l, &l->streams[i], err);
    if (status == GV_OK && to.used > 0)
        status = flush_buffer(&to, err);
    l->held = 0;
    /* the lane's slabs stay its own, empty: no other lane could have had them meanwhile */
    enter_slab(spool, l, 0);
    return status;
}

/* --- putting ---------------------------------------------------------------------------------- */

/* The current slab is full: the next own one, a free one, or else spill. */
static int next_slab(gv_shuffle_spool *spool, lane *l, gv_error *err)
{
    if (l->slab + 1 == l->slab_count) {
        /* looked at first: with a full arena that is a load, not a write to a line that all lanes
         * share */
        if (atomic_load(&spool->slabs_taken) >= spool->slabs)
            return spill(spool, l, err);
        uint64_t free_one = atomic_fetch_add(&spool->slabs_taken, 1);
        if (free_one >= spool->slabs)
            return spill(spool, l, err);
        int status =
            gv_mem_reserve(&l->slabs, &l->slab_capacity, l->slab_count + 1, sizeof *l->slabs, err);
        if (status != GV_OK)
            return status;
        l->slabs[l->slab_count++] = (uint32_t)free_one;
    }
    enter_slab(spool, l, l->slab + 1);
    return GV_OK;
}

int gv_shuffle_spool_put(gv_shuffle_spool *spool, unsigned number, uint32_t stream_number,
                         const void *data, size_t bytes, gv_error *err)
{
    const uint8_t *from = data;
    lane *l = &spool->lane[number];
    stream *s = &l->streams[stream_number];
    s->bytes += bytes;
    while (bytes > 0) {
        if (l->end - l->at <= sizeof(chunk)) {
            int status = next_slab(spool, l, err);
            if (status != GV_OK)
                return status;
        }
        size_t room = l->end - l->at - sizeof(chunk), part = bytes < room ? bytes : room;
        uint64_t place = l->at + 1;
        chunk *c = chunk_at(spool, place);
        *c = (chunk){.bytes = part};
        memcpy(c + 1, from, part);
        if (s->first == 0)
            s->first = place;
        else
            chunk_at(spool, s->last)->next = place;
        s->last = place;
        /* heads stay aligned to 8 bytes */
        l->at += sizeof(chunk) + ((part + 7) & ~(size_t)7);
        l->held += part;
        from += part;
        bytes -= part;
    }
    return GV_OK;
}

int gv_shuffle_spool_finish(gv_shuffle_spool *spool, gv_error *err)
{
    if (spool->fd < 0)
        return GV_OK;
    int status = GV_OK;
    for (unsigned i = 0; status == GV_OK && i < spool->lanes; i++) {
        if (spool->lane[i].held > 0)
            status = spill(spool, &spool->lane[i], err);
        gv_mem_free(spool->lane[i].buffer);
        spool->lane[i].buffer = NULL;
    }
    /* packing needs the memory; all bytes are in the file now */
    gv_mem_big_free(spool->arena, spool->arena_bytes);
    spool->arena = NULL;
    return status;
}

uint64_t gv_shuffle_spool_spilled(const gv_shuffle_spool *spool)
{
    return atomic_load(&spool->spilled);
}

unsigned gv_shuffle_spool_lanes(const gv_shuffle_spool *spool)
{
    return spool->lanes;
}

/* --- getting ---------------------------------------------------------------------------------- */

uint64_t gv_shuffle_spool_bytes(const gv_shuffle_spool *spool, unsigned number,
                                uint32_t stream_number)
{
    return spool->lane[number].streams[stream_number].bytes;
}

int gv_shuffle_spool_get(void *to, const gv_shuffle_spool *spool, unsigned number,
                         uint32_t stream_number, gv_error *err)
{
    const lane *l = &spool->lane[number];
    const stream *s = &l->streams[stream_number];
    uint8_t *at = to;
    int status = GV_OK;
    for (uint32_t i = s->first_extent; status == GV_OK && i != NO_EXTENT; i = l->extents[i].next) {
        const extent *e = &l->extents[i];
        status = gv_file_pread(spool->fd, at, e->bytes, e->offset, temp_name, err);
        at += e->bytes;
    }
    /* only if nothing was spilled: else gv_shuffle_spool_finish has spilled the rest as well */
    for (uint64_t place = s->first; place != 0; place = chunk_at(spool, place)->next) {
        const chunk *c = chunk_at(spool, place);
        memcpy(at, c + 1, c->bytes);
        at += c->bytes;
    }
    return status;
}
