/*
 * A thread waits only before it takes a bucket, when the ring is full. The bucket that is written
 * next has been taken by a thread that does not wait, so the ring empties and no thread waits for
 * ever. After an error all threads end at their next bucket.
 */
#include "shuffle/gv_shuffle_pack.h"

#include "base/gv_amount.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "shuffle/gv_shuffle_tiler.h"
#include <limits.h>
#include <pthread.h>
#include <string.h>

enum {
    BLOB_BYTES = 1 << 20, /* few SQLite rows, yet small beside any budget for tiles */
    SLOTS_PER_THREAD = 6  /* so that one large bucket does not stop the other threads */
};

/* The blob that is being filled. */
typedef struct blob_writer {
    const gv_shuffle_pack_job *job;
    uint8_t *bytes;
    size_t used, capacity;
    gv_store_tile *tiles;
    size_t tile_count, tile_capacity;
} blob_writer;

typedef struct slot {
    gv_shuffle_tiler_output output;
    bool ready;
} slot;

typedef struct packer {
    const gv_shuffle_pack_job *job;
    slot *slots; /* bucket number i of the job is made in slot i % slot_count */
    uint32_t slot_count;
    pthread_mutex_t lock;    /* of all below; `blob` belongs to the thread that set `writing` */
    pthread_cond_t moved;    /* `written` or `failed` changed */
    uint32_t taken, written; /* buckets */
    unsigned waiting;        /* threads at `moved` */
    bool writing, failed;
    blob_writer blob;
} packer;

/* --- blobs ------------------------------------------------------------------------------------ */

/* Store the blob and begin an empty one. */
static int end_blob(blob_writer *to, gv_error *err)
{
    if (to->tile_count == 0)
        return GV_OK;
    char text[GV_AMOUNT_TEXT];
    /* SQLite takes lengths as int, and has a limit of its own of 10^9 bytes */
    if (to->used > INT_MAX / 2)
        return gv_error_set(err, GV_E_RUNTIME,
                            "a tile of %s is too large for SQLite; raise vocab.min_count",
                            gv_amount_bytes(text, (double)to->used));
    int status =
        to->job->put(to->job->context, to->bytes, to->used, to->tiles, to->tile_count, err);
    to->tile_count = 0;
    to->used = 0;
    return status;
}

/* Append a tile; a blob that it would overfill is stored first. */
static int put_tile(blob_writer *to, const gv_store_tile *tile, const uint8_t *data, size_t bytes,
                    gv_error *err)
{
    int status = GV_OK;
    if (to->tile_count > 0 && to->used + bytes > BLOB_BYTES)
        status = end_blob(to, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&to->bytes, &to->capacity, to->used + bytes, 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&to->tiles, &to->tile_capacity, to->tile_count + 1,
                                sizeof *to->tiles, err);
    if (status != GV_OK)
        return status;
    gv_store_tile *entry = &to->tiles[to->tile_count++];
    *entry = *tile;
    entry->offset = (uint32_t)to->used;
    memcpy(to->bytes + to->used, data, bytes);
    to->used += bytes;
    return GV_OK;
}

static int put_bucket(blob_writer *to, const gv_shuffle_tiler_output *output, bool ends_block,
                      gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < output->tile_count; i++) {
        size_t begin = output->tiles[i].offset;
        size_t end = i + 1 < output->tile_count ? output->tiles[i + 1].offset : output->used;
        status = put_tile(to, &output->tiles[i], output->bytes + begin, end - begin, err);
    }
    return status == GV_OK && ends_block ? end_blob(to, err) : status;
}

/* --- threads ---------------------------------------------------------------------------------- */

/* Write all buckets that are ready and next in order. Called and returns with the lock held. */
static int write_ready(packer *pack, gv_error *err)
{
    int status = GV_OK;
    if (pack->writing)
        return GV_OK;
    pack->writing = true;
    while (status == GV_OK && !pack->failed &&
           pack->slots[pack->written % pack->slot_count].ready) {
        slot *next = &pack->slots[pack->written % pack->slot_count];
        /* `writing` keeps others away from the blob; the lock is free, so that they go on
         * packing */
        pthread_mutex_unlock(&pack->lock);
        uint32_t bucket = gv_shuffle_source_buckets_at(&pack->job->buckets, pack->written);
        status = put_bucket(&pack->blob, &next->output,
                            pack->job->layout->bucket[bucket].ends_block, err);
        gv_progress_add(pack->job->progress, next->output.records);
        pthread_mutex_lock(&pack->lock);
        next->ready = false;
        pack->written++;
        if (pack->waiting > 0)
            pthread_cond_broadcast(&pack->moved);
    }
    pack->writing = false;
    return status;
}

/* Take the next bucket, number `*number` of the job, when there is room in the ring; false when all
 * are taken or one failed. Called with the lock held. */
static bool take_bucket(packer *pack, uint32_t *number)
{
    while (!pack->failed && pack->taken < pack->job->buckets.n &&
           pack->taken - pack->written >= pack->slot_count) {
        pack->waiting++;
        pthread_cond_wait(&pack->moved, &pack->lock);
        pack->waiting--;
    }
    if (pack->failed || pack->taken == pack->job->buckets.n)
        return false;
    *number = pack->taken++;
    return true;
}

static int work(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    packer *pack = context;
    gv_shuffle_tiler *tiler = NULL;
    uint32_t number;
    int status =
        gv_shuffle_tiler_open(&tiler, pack->job->layout, pack->job->source, pack->job->seed, err);
    pthread_mutex_lock(&pack->lock);
    while (status == GV_OK && take_bucket(pack, &number)) {
        slot *own = &pack->slots[number % pack->slot_count];
        pthread_mutex_unlock(&pack->lock);
        status = gv_shuffle_tiler_make(
            &own->output, tiler, gv_shuffle_source_buckets_at(&pack->job->buckets, number), err);
        pthread_mutex_lock(&pack->lock);
        own->ready = status == GV_OK;
        if (status == GV_OK)
            status = write_ready(pack, err);
    }
    if (status != GV_OK) {
        pack->failed = true;
        pthread_cond_broadcast(&pack->moved);
    }
    pthread_mutex_unlock(&pack->lock);
    gv_shuffle_tiler_close(tiler);
    return status;
}

uint64_t gv_shuffle_pack_thread_bytes(const gv_shuffle_layout *layout, uint64_t largest)
{
    return gv_shuffle_tiler_bytes(layout, largest) +
           SLOTS_PER_THREAD * gv_shuffle_tiler_output_bytes(largest);
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

int gv_shuffle_pack(const gv_shuffle_pack_job *job, gv_error *err)
{
    packer pack = {.job = job, .slot_count = job->threads * SLOTS_PER_THREAD, .blob = {.job = job}};
    int status = GV_E_MEMORY;
    if ((pack.slots = gv_mem_alloc_zero(pack.slot_count, sizeof *pack.slots, err)))
        status = run_threads(&pack, job->threads, err);
    for (uint32_t i = 0; pack.slots && i < pack.slot_count; i++)
        gv_shuffle_tiler_output_clear(&pack.slots[i].output);
    gv_mem_free(pack.slots);
    gv_mem_free(pack.blob.bytes);
    gv_mem_free(pack.blob.tiles);
    return status;
}
