/*
 * Blobs in memory.
 *
 * Two modes, chosen when the cache is made:
 *   - resident: every blob is loaded and viewed at the start, by all threads; get is an array
 *     access.
 *   - bounded: a blob has a count of users; those without users are in a list by last use, the
 *     oldest first, and are freed when room is needed. One mutex guards list and counts; reading
 *     happens outside of it, and a thread that wants a blob which another is reading waits for
 *     it on a condition.
 *
 * Invariants of the bounded mode:
 *   - The room of all blobs in memory or being read is at most the budget, unless every one of them
 *     is in use (then more is read: at most one blob a thread).
 *   - A blob is in the list if and only if it is present and has no users. So what is freed for
 *     room is in nobody's hands.
 *
 * There is one lock, and no thread reads a file or asks for another lock of the program while it
 * holds it. So nothing can deadlock, and a slow disk delays only those who wait for the blob that
 * is being read.
 */
#include "train/gv_tile_cache.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "budget/gv_budget_train.h"
#include "store/gv_store_part.h"
#include <pthread.h>
#include <stdatomic.h>

#define NO_BLOB UINT32_MAX

/* At most this many bytes of each array of a tile are prefetched; the processor finds the
 * rest by itself. */
enum { PREFETCHED = 8192, CACHE_LINE = 64 };

enum blob_state { BLOB_ABSENT, BLOB_LOADING, BLOB_PRESENT };

typedef struct blob {
    uint8_t *data;
    size_t bytes;
    uint32_t first_tile; /* its tiles are first_tile .. the next blob's first_tile - 1 */
    uint32_t users;
    uint32_t older, newer; /* neighbours in the list of unused blobs */
    enum blob_state state;
} blob;

_Static_assert(sizeof(blob) == GV_BUDGET_TRAIN_BLOB_BYTES, "gv_budget_train.h has its size");

struct gv_tile_cache {
    const char *path;
    const gv_store *store;
    const gv_store_info *info;
    const gv_store_tile *tiles;
    blob *blobs;        /* [info->blobs + 1] */
    gv_store **handles; /* [threads] */
    unsigned threads;
    gv_tile *views; /* [info->tiles], resident mode only */
    gv_progress *progress;
    atomic_uint next_blob; /* loading of the resident mode */
    /* bounded mode */
    pthread_mutex_t lock;
    pthread_cond_t loaded;
    uint64_t budget, held;
    uint32_t oldest, newest;
};

/* --- reading ---------------------------------------------------------------------------------- */

static int handle_of(gv_store **handle, gv_tile_cache *cache, unsigned thread, gv_error *err)
{
    /* A handle for each thread, since a gv_store is used by one thread at a time. It is opened when
     * first needed: a thread that only visits blobs in memory needs none. */
    int status = GV_OK;
    if (!cache->handles[thread])
        status = gv_store_open_again(&cache->handles[thread], cache->store, err);
    *handle = cache->handles[thread];
    return status;
}

static int read_blob(blob *b, gv_tile_cache *cache, unsigned thread, uint32_t id, gv_error *err)
{
    gv_store *handle = NULL;
    size_t bytes = 0;
    int status = handle_of(&handle, cache, thread, err);
    if (status == GV_OK)
        status = gv_store_blob_size(&bytes, handle, id, err);
    if (status != GV_OK)
        return status;
    uint8_t *data = gv_mem_alloc(bytes, 1, err);
    if (!data)
        return GV_E_MEMORY;
    status = gv_store_blob_read(data, bytes, handle, id, err);
    if (status != GV_OK) {
        gv_mem_free(data);
        return status;
    }
    b->data = data;
    b->bytes = bytes;
    return GV_OK;
}

static int view_tile(gv_tile *view, const gv_tile_cache *cache, uint32_t tile, gv_error *err)
{
    const gv_store_tile *t = &cache->tiles[tile];
    const blob *b = &cache->blobs[t->blob];
    int status =
        gv_tile_view(view,
                     &(gv_tile_place){b->data, b->bytes, t->offset,
                                      gv_store_segment_words(cache->info, t->row_segment),
                                      gv_store_segment_words(cache->info, t->column_segment),
                                      cache->info->values},
                     err);
    if (status != GV_OK) {
        gv_error_prefix(err, "%s: blob %u", cache->path, t->blob);
        return status;
    }
    /* The directory says which rows of the model the tile's numbers mean. A tile of other segments,
     * though sound in itself, would make the kernel write beyond them. */
    if (view->row_segment != t->row_segment || view->column_segment != t->column_segment ||
        view->records != t->records)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s: blob %u does not hold the tiles that the directory says; run glove-shuffle "
            "--force",
            cache->path, t->blob);
    return GV_OK;
}

/* --- resident mode ---------------------------------------------------------------------------- */

static int load_blobs(void *context, unsigned thread, gv_error *err)
{
    gv_tile_cache *cache = context;
    for (;;) {
        uint32_t id = atomic_fetch_add(&cache->next_blob, 1);
        if (id >= cache->info->blobs)
            return GV_OK;
        blob *b = &cache->blobs[id];
        int status = read_blob(b, cache, thread, id, err);
        for (uint32_t t = b[0].first_tile; status == GV_OK && t < b[1].first_tile; t++)
            status = view_tile(&cache->views[t], cache, t, err);
        if (status != GV_OK) {
            /* the other threads stop at their next claim */
            atomic_store(&cache->next_blob, cache->info->blobs);
            return status;
        }
        gv_progress_add(cache->progress, b->bytes);
    }
}

static int load_all(gv_tile_cache *cache, gv_error *err)
{
    cache->views = gv_mem_alloc(cache->info->tiles, sizeof *cache->views, err);
    if (!cache->views)
        return GV_E_MEMORY;
    gv_progress_begin(cache->progress, "loading", cache->info->blob_bytes, "bytes");
    int status = gv_threads_run(cache->threads, load_blobs, cache, err);
    gv_progress_end(cache->progress);
    return status;
}

/* --- bounded mode (the lock is held in all of these but fetch) ---------------------------------
 */

/* What a blob takes, with gaps between blobs of different lengths that come and go: 3 % measured
 * with 850 MB of them. */
static uint64_t room_of(uint64_t bytes)
{
    return bytes + bytes / 16;
}

static void list_remove(gv_tile_cache *cache, uint32_t id)
{
    blob *b = &cache->blobs[id];
    *(b->older == NO_BLOB ? &cache->oldest : &cache->blobs[b->older].newer) = b->newer;
    *(b->newer == NO_BLOB ? &cache->newest : &cache->blobs[b->newer].older) = b->older;
    b->older = b->newer = NO_BLOB;
}

static void list_append(gv_tile_cache *cache, uint32_t id)
{
    blob *b = &cache->blobs[id];
    b->older = cache->newest;
    b->newer = NO_BLOB;
    *(cache->newest == NO_BLOB ? &cache->oldest : &cache->blobs[cache->newest].newer) = id;
    cache->newest = id;
}

static void make_room(gv_tile_cache *cache, uint64_t bytes)
{
    while (cache->oldest != NO_BLOB && cache->held + bytes > cache->budget) {
        blob *b = &cache->blobs[cache->oldest];
        list_remove(cache, cache->oldest);
        cache->held -= room_of(b->bytes);
        gv_mem_free(b->data);
        b->data = NULL;
        b->state = BLOB_ABSENT;
    }
}

/* Read a blob that no thread has read; the lock is released while reading. */
static int fetch(gv_tile_cache *cache, unsigned thread, uint32_t id, gv_error *err)
{
    blob *b = &cache->blobs[id];
    uint64_t reserved =
        room_of(cache->info->largest_blob); /* its own size is known only after reading */
    /* While the lock is released, LOADING makes others wait instead of reading the blob as well,
     * and the reserved room keeps them from using the same room for another blob. */
    b->state = BLOB_LOADING;
    make_room(cache, reserved);
    cache->held += reserved;
    pthread_mutex_unlock(&cache->lock);
    int status = read_blob(b, cache, thread, id, err);
    pthread_mutex_lock(&cache->lock);
    cache->held -= reserved;
    if (status == GV_OK)
        cache->held += room_of(b->bytes);
    b->state = status == GV_OK ? BLOB_PRESENT : BLOB_ABSENT;
    /* after a failure too: those who wait find the blob absent, try, and report the error
     * themselves */
    pthread_cond_broadcast(&cache->loaded);
    return status;
}

static int acquire(gv_tile_cache *cache, unsigned thread, uint32_t id, gv_error *err)
{
    blob *b = &cache->blobs[id];
    int status = GV_OK;
    pthread_mutex_lock(&cache->lock);
    while (b->state == BLOB_LOADING)
        pthread_cond_wait(&cache->loaded, &cache->lock);
    if (b->state == BLOB_ABSENT)
        status = fetch(cache, thread, id, err);
    else if (b->users == 0)
        list_remove(cache, id);
    if (status == GV_OK)
        b->users++;
    pthread_mutex_unlock(&cache->lock);
    return status;
}

/* --- interface -------------------------------------------------------------------------------- */

/* Tiles come by blob; a directory that says otherwise would put a view into the wrong memory. */
static int index_tiles(gv_tile_cache *cache, gv_error *err)
{
    const gv_store_info *info = cache->info;
    uint32_t tile = 0;
    for (uint32_t id = 0; id < info->blobs; id++) {
        cache->blobs[id] = (blob){.first_tile = tile, .older = NO_BLOB, .newer = NO_BLOB};
        while (tile < info->tiles && cache->tiles[tile].blob == id)
            tile++;
    }
    cache->blobs[info->blobs] = (blob){.first_tile = tile};
    if (tile != info->tiles)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: tile %u is out of order; run glove-shuffle --force", cache->path,
                            tile);
    return GV_OK;
}

int gv_tile_cache_new(gv_tile_cache **result, const gv_tile_cache_setup *setup, gv_error *err)
{
    *result = NULL;
    gv_tile_cache *cache = gv_mem_alloc_zero(1, sizeof *cache, err);
    if (!cache)
        return GV_E_MEMORY;
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->loaded, NULL);
    cache->path = setup->path;
    cache->store = setup->store;
    cache->info = gv_store_about(setup->store);
    cache->tiles = gv_store_tiles(setup->store);
    cache->threads = setup->threads;
    cache->progress = setup->progress;
    cache->budget = setup->budget;
    cache->oldest = cache->newest = NO_BLOB;
    int status = GV_E_MEMORY;
    if ((cache->handles = gv_mem_alloc_zero(setup->threads, sizeof(gv_store *), err)) &&
        (cache->blobs = gv_mem_alloc_zero((size_t)cache->info->blobs + 1, sizeof(blob), err)))
        status = index_tiles(cache, err);
    /* of a store in parts some may be out of reach, and not needed */
    if (status == GV_OK && gv_budget_train_tiles_full(cache->info) <= setup->budget &&
        !gv_store_part_prefers(setup->store))
        status = load_all(cache, err);
    if (status != GV_OK) {
        gv_tile_cache_free(cache);
        return status;
    }
    *result = cache;
    return GV_OK;
}

void gv_tile_cache_free(gv_tile_cache *cache)
{
    if (!cache)
        return;
    for (unsigned thread = 0; cache->handles && thread < cache->threads; thread++)
        gv_store_close(cache->handles[thread]);
    for (uint32_t id = 0; cache->blobs && id < cache->info->blobs; id++)
        gv_mem_free(cache->blobs[id].data);
    gv_mem_free(cache->handles);
    gv_mem_free(cache->blobs);
    gv_mem_free(cache->views);
    pthread_cond_destroy(&cache->loaded);
    pthread_mutex_destroy(&cache->lock);
    gv_mem_free(cache);
}

int gv_tile_cache_get(gv_tile *view, gv_tile_cache *cache, unsigned thread, uint32_t tile,
                      gv_error *err)
{
    if (cache->views) {
        *view = cache->views[tile];
        return GV_OK;
    }
    int status = acquire(cache, thread, cache->tiles[tile].blob, err);
    if (status != GV_OK)
        return status;
    /* made anew each time: the blob may have been freed and read to another address since */
    status = view_tile(view, cache, tile, err);
    if (status != GV_OK)
        gv_tile_cache_release(cache, tile);
    return status;
}

static void prefetch_bytes(const void *data, size_t bytes)
{
    const char *at = data;
    for (size_t i = 0; i < bytes && i < PREFETCHED; i += CACHE_LINE)
        __builtin_prefetch(at + i, 0, 2);
}

void gv_tile_cache_prefetch(const gv_tile_cache *cache, uint32_t soon, uint32_t later)
{
    if (!cache->views)
        return;
    const gv_tile *view = &cache->views[soon];
    prefetch_bytes(view->row, view->rows * sizeof *view->row);
    prefetch_bytes(view->row_length, view->rows * sizeof *view->row_length);
    prefetch_bytes(view->column8, view->column8 ? view->records : 0);
    prefetch_bytes(view->column16, view->column16 ? view->records * sizeof *view->column16 : 0);
    prefetch_bytes(view->code, view->records * sizeof *view->code);
    prefetch_bytes(view->escape, view->escape_bytes);
    __builtin_prefetch(&cache->views[later], 0, 2);
}

void gv_tile_cache_release(gv_tile_cache *cache, uint32_t tile)
{
    if (cache->views)
        return;
    uint32_t id = cache->tiles[tile].blob;
    pthread_mutex_lock(&cache->lock);
    if (--cache->blobs[id].users == 0)
        list_append(cache, id);
    pthread_mutex_unlock(&cache->lock);
}
