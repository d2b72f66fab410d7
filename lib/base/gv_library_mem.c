/*
 * The reserve is an array from which blocks are cut one after the other; it is empty again when all
 * of them have been freed. That is enough: after a failure the caller gives up.
 */
#include "base/gv_library_mem.h"

#include "base/gv_mem.h"
#include <malloc.h>
#include <pthread.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Before each block of the reserve is its size. */
enum { ALIGN = alignof(max_align_t) };

static struct {
    pthread_mutex_t lock;
    size_t used, blocks;
    alignas(ALIGN) unsigned char bytes[GV_LIBRARY_MEM_RESERVE];
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local unsigned failures;

unsigned gv_library_mem_failures(void)
{
    return failures;
}

static int is_reserve(const void *block)
{
    const uintptr_t at = (uintptr_t)block, begin = (uintptr_t)reserve.bytes;
    return at >= begin && at < begin + GV_LIBRARY_MEM_RESERVE;
}

/* A block of the reserve; NULL if too little is left. */
static void *take(size_t bytes)
{
    void *block = NULL;
    const size_t need = ALIGN + (bytes + ALIGN - 1) / ALIGN * ALIGN;
    pthread_mutex_lock(&reserve.lock);
    if (bytes < GV_LIBRARY_MEM_RESERVE && need <= GV_LIBRARY_MEM_RESERVE - reserve.used) {
        memcpy(reserve.bytes + reserve.used, &bytes, sizeof bytes);
        block = reserve.bytes + reserve.used + ALIGN;
        reserve.used += need;
        reserve.blocks++;
    }
    pthread_mutex_unlock(&reserve.lock);
    return block;
}

/* Bytes of a block that may be read. */
static size_t size_of(void *block)
{
    size_t bytes;
    if (!is_reserve(block))
        return malloc_usable_size(block);
    memcpy(&bytes, (unsigned char *)block - ALIGN, sizeof bytes);
    return bytes;
}

static void give_back(void)
{
    pthread_mutex_lock(&reserve.lock);
    if (--reserve.blocks == 0)
        reserve.used = 0;
    pthread_mutex_unlock(&reserve.lock);
}

void *gv_library_mem_alloc(size_t bytes)
{
    void *block = gv_mem_alloc(bytes, 1, NULL);
    if (block)
        return block;
    failures++;
    return take(bytes);
}

void *gv_library_mem_resize(void *block, size_t bytes)
{
    void *grown = block;
    if (!block)
        return gv_library_mem_alloc(bytes);
    if (!is_reserve(block) && gv_mem_resize(&grown, bytes, 1, NULL) == GV_OK)
        return grown;
    failures++;
    grown = take(bytes);
    if (grown) {
        memcpy(grown, block, bytes < size_of(block) ? bytes : size_of(block));
        gv_library_mem_free(block);
    }
    return grown;
}

void gv_library_mem_free(void *block)
{
    if (is_reserve(block))
        give_back();
    else
        gv_mem_free(block);
}
