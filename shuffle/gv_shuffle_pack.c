/*
 * Units into blobs, on several threads.
 *
 * Threads take units in order, make their tiles side by side, and leave them in a ring of slots.
 * Whoever has finished a unit looks whether the one that is next in the store is ready, and if
 * nobody else is at it, strings it and those after it into blobs and stores them; so the bytes are
 * the same for any number of threads, and no thread is kept for writing alone. A thread waits only
 * before it takes a unit, when the ring is full; the owner of the unit that is due has taken it, so
 * the ring empties and nobody waits for ever. After an error all threads end at their next unit.
 *
 * Tiles are strung into a blob until it would exceed 1 MiB; a blob never holds two blocks.
 */
#include "shuffle/gv_shuffle_internal.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "shuffle/gv_shuffle_tiler.h"
#include <limits.h>
#include <pthread.h>
#include <string.h>

enum { BLOB_BYTES = 1 << 20, SLOTS_PER_THREAD = 6 };

/* The blob at hand. */
typedef struct binder {
    gv_store_writer *writer;
    uint8_t *blob;
    size_t used, capacity;
    gv_store_tile *tiles;
    size_t tile_count, tile_capacity;
    uint32_t blob_id;
} binder;

typedef struct slot {
    gv_shuffle_tiler_bucket packed;
    bool ready;
} slot;

typedef struct packer {
    const gv_shuffle_layout *layout;
    const gv_shuffle_spool *spool;
    uint64_t seed;
    gv_progress *progress;
    slot *slots; /* unit u is made in slot u % slot_count */
    uint32_t slot_count;
    pthread_mutex_t lock;  /* of all below; the binder belongs to whoever set `binding` */
    pthread_cond_t moved;  /* `bound` or `failed` changed */
    uint32_t taken, bound; /* units */
    unsigned waiting;      /* threads at `moved` */
    bool binding, failed;
    binder binder;
} packer;

/* --- blobs ------------------------------------------------------------------------------------ */

/* What is at hand becomes a blob. */
static int end_blob(binder *to, gv_error *err)
{
    if (to->tile_count == 0)
        return GV_OK;
    if (to->used > INT_MAX / 2)
        return gv_error_set(
            err, GV_E_RUNTIME,
            "a tile takes %zu bytes, more than SQLite can hold; raise vocab.min_count", to->used);
    int status = gv_store_put_blob(to->writer, to->blob, to->used, to->tiles, to->tile_count, err);
    to->blob_id++;
    to->tile_count = 0;
    to->used = 0;
    return status;
}

/* Append a tile; a blob that it would overfill is stored first. */
static int bind_tile(binder *to, const gv_store_tile *tile, const uint8_t *data, size_t bytes,
                     gv_error *err)
{
    int status = GV_OK;
    if (to->tile_count > 0 && to->used + bytes > BLOB_BYTES)
        status = end_blob(to, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&to->blob, &to->capacity, to->used + bytes, 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&to->tiles, &to->tile_capacity, to->tile_count + 1,
                                sizeof *to->tiles, err);
    if (status != GV_OK)
        return status;
    gv_store_tile *entry = &to->tiles[to->tile_count++];
    *entry = *tile;
    entry->blob = to->blob_id;
    entry->offset = (uint32_t)to->used;
    memcpy(to->blob + to->used, data, bytes);
    to->used += bytes;
    return GV_OK;
}

static int bind_unit(binder *to, const gv_shuffle_tiler_bucket *packed, bool ends_block,
                     gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < packed->tile_count; i++) {
        size_t begin = packed->tiles[i].offset;
        size_t end = i + 1 < packed->tile_count ? packed->tiles[i + 1].offset : packed->used;
        status = bind_tile(to, &packed->tiles[i], packed->bytes + begin, end - begin, err);
    }
    return status == GV_OK && ends_block ? end_blob(to, err) : status;
}

/* --- threads ---------------------------------------------------------------------------------- */

/* Bind all units that are due. Called and returns with the lock held. */
static int bind_ready(packer *pack, gv_error *err)
{
    int status = GV_OK;
    if (pack->binding)
        return GV_OK;
    pack->binding = true;
    while (status == GV_OK && !pack->failed && pack->slots[pack->bound % pack->slot_count].ready) {
        slot *due = &pack->slots[pack->bound % pack->slot_count];
        pthread_mutex_unlock(&pack->lock);
        status =
            bind_unit(&pack->binder, &due->packed, pack->layout->unit[pack->bound].ends_block, err);
        gv_progress_add(pack->progress, due->packed.records);
        pthread_mutex_lock(&pack->lock);
        due->ready = false;
        pack->bound++;
        if (pack->waiting > 0)
            pthread_cond_broadcast(&pack->moved);
    }
    pack->binding = false;
    return status;
}

/* Take the next unit when there is room in the ring; false when all are taken or one failed. Called
 * with the lock held. */
static bool take_unit(packer *pack, uint32_t *unit)
{
    while (!pack->failed && pack->taken < pack->layout->units &&
           pack->taken - pack->bound >= pack->slot_count) {
        pack->waiting++;
        pthread_cond_wait(&pack->moved, &pack->lock);
        pack->waiting--;
    }
    if (pack->failed || pack->taken == pack->layout->units)
        return false;
    *unit = pack->taken++;
    return true;
}

static int work(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    packer *pack = context;
    gv_shuffle_tiler *tiler = NULL;
    uint32_t unit;
    int status = gv_shuffle_tiler_open(&tiler, pack->layout, pack->spool, pack->seed, err);
    pthread_mutex_lock(&pack->lock);
    while (status == GV_OK && take_unit(pack, &unit)) {
        slot *own = &pack->slots[unit % pack->slot_count];
        pthread_mutex_unlock(&pack->lock);
        status = gv_shuffle_tiler_make(&own->packed, tiler, unit, err);
        pthread_mutex_lock(&pack->lock);
        own->ready = status == GV_OK;
        if (status == GV_OK)
            status = bind_ready(pack, err);
    }
    if (status != GV_OK) {
        pack->failed = true;
        pthread_cond_broadcast(&pack->moved);
    }
    pthread_mutex_unlock(&pack->lock);
    gv_shuffle_tiler_close(tiler);
    return status;
}

uint64_t gv_shuffle_pack_thread_bytes(const gv_shuffle_spool *spool,
                                      const gv_shuffle_layout *layout)
{
    return gv_shuffle_tiler_bytes(spool, layout) +
           SLOTS_PER_THREAD * gv_shuffle_tiler_bucket_bytes(spool, layout);
}

static int run_threads(packer *pack, unsigned threads, gv_error *err)
{
    if (pthread_mutex_init(&pack->lock, NULL) != 0)
        return gv_error_set(err, GV_E_MEMORY, "cannot make a lock");
    int status = GV_OK;
    if (pthread_cond_init(&pack->moved, NULL) != 0) {
        status = gv_error_set(err, GV_E_MEMORY, "cannot make a condition");
    } else {
        status = gv_threads_run(threads, work, pack, err);
        pthread_cond_destroy(&pack->moved);
    }
    pthread_mutex_destroy(&pack->lock);
    return status;
}

int gv_shuffle_pack_buckets(gv_store_writer *writer, const gv_shuffle_spool *spool,
                            const gv_shuffle_layout *layout, uint64_t seed, unsigned threads,
                            gv_progress *progress, gv_error *err)
{
    packer pack = {.layout = layout,
                   .spool = spool,
                   .seed = seed,
                   .progress = progress,
                   .slot_count = threads * SLOTS_PER_THREAD,
                   .binder = {.writer = writer}};
    int status = GV_E_MEMORY;
    if ((pack.slots = gv_mem_alloc_zero(pack.slot_count, sizeof *pack.slots, err)))
        status = run_threads(&pack, threads, err);
    for (uint32_t i = 0; pack.slots && i < pack.slot_count; i++)
        gv_shuffle_tiler_bucket_free(&pack.slots[i].packed);
    gv_mem_free(pack.slots);
    gv_mem_free(pack.binder.blob);
    gv_mem_free(pack.binder.tiles);
    return status;
}
