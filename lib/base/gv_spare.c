/*
 * The reserve is an array from which blocks are cut one after the other; it is empty again when all
 * of them have been freed. That is enough: after a failure the caller gives up.
 */
#include "base/gv_spare.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* Before each block is its size. */
enum { ALIGN = alignof(max_align_t) };

static struct {
    pthread_mutex_t lock;
    size_t used, blocks;
    alignas(ALIGN) unsigned char bytes[GV_SPARE_BYTES];
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local unsigned failures;

unsigned gv_spare_failures(void)
{
    return failures;
}

bool gv_spare_has(const void *block)
{
    const uintptr_t at = (uintptr_t)block, begin = (uintptr_t)reserve.bytes;
    return at >= begin && at < begin + GV_SPARE_BYTES;
}

void *gv_spare_alloc(size_t bytes)
{
    void *block = NULL;
    const size_t need = ALIGN + (bytes + ALIGN - 1) / ALIGN * ALIGN;
    failures++;
    pthread_mutex_lock(&reserve.lock);
    if (bytes < GV_SPARE_BYTES && need <= GV_SPARE_BYTES - reserve.used) {
        memcpy(reserve.bytes + reserve.used, &bytes, sizeof bytes);
        block = reserve.bytes + reserve.used + ALIGN;
        reserve.used += need;
        reserve.blocks++;
    }
    pthread_mutex_unlock(&reserve.lock);
    if (!block)
        errno = ENOMEM;
    return block;
}

/* Bytes of a block that may be read. */
static size_t size_of(void *block)
{
    size_t bytes;
    if (!gv_spare_has(block))
        return malloc_usable_size(block);
    memcpy(&bytes, (unsigned char *)block - ALIGN, sizeof bytes);
    return bytes;
}

void *gv_spare_move(bool *free_old, void *block, size_t bytes)
{
    void *moved = gv_spare_alloc(bytes);
    *free_old = moved && !gv_spare_has(block);
    if (!moved)
        return NULL;
    const size_t old = size_of(block);
    memcpy(moved, block, bytes < old ? bytes : old);
    if (!*free_old)
        gv_spare_free(block);
    return moved;
}

void gv_spare_free(void *block)
{
    (void)block;
    pthread_mutex_lock(&reserve.lock);
    if (--reserve.blocks == 0)
        reserve.used = 0;
    pthread_mutex_unlock(&reserve.lock);
}
