/*
 * limit_mem - for fuzz targets, included before lib/base/gv_mem.c: a request for more memory than
 * files as small as theirs can need ends the program. (libFuzzer's own limit must leave room for
 * the windows of decompressors, which xz and lzip reserve as the first bytes of a file say.)
 */
#ifndef LIMIT_MEM_H
#define LIMIT_MEM_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LIMIT_MEM_BYTES = 64 << 20 };

static inline size_t limit_mem_check(size_t bytes)
{
    if (bytes > LIMIT_MEM_BYTES)
        abort();
    return bytes;
}

static inline size_t limit_mem_product(size_t count, size_t size)
{
    size_t bytes;
    return limit_mem_check(__builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
}

#define malloc(bytes)         (malloc)(limit_mem_check(bytes))
#define realloc(block, bytes) (realloc)(block, limit_mem_check(bytes))
#define calloc(count, size)   (limit_mem_product(count, size), (calloc)(count, size))
#define mmap(at, bytes, protection, flags, fd, offset)                                             \
    (mmap)(at, limit_mem_check(bytes), protection, flags, fd, offset)

#endif
