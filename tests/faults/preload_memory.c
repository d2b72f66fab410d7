/* More of preload.c: memory. The C library's second names of malloc and its like are called,
 * because looking up the real functions could allocate. */
#include "preload.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

void *malloc(size_t bytes)
{
    BEGIN(MEMORY, -1, NULL, NULL, NULL);
    return __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    BEGIN(MEMORY, -1, NULL, NULL, NULL);
    return __libc_calloc(n, bytes);
}

void *realloc(void *block, size_t bytes)
{
    BEGIN(MEMORY, -1, NULL, NULL, NULL);
    return __libc_realloc(block, bytes);
}

void *reallocarray(void *block, size_t n, size_t bytes)
{
    BEGIN(MEMORY, -1, NULL, NULL, NULL);
    if (bytes > 0 && n > SIZE_MAX / bytes) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(block, n * bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    BEGIN(MEMORY, -1, NULL, NULL, NULL);
    return __libc_memalign(alignment, bytes);
}
ALSO(void *, aligned_alloc, memalign, size_t, size_t);

void *valloc(size_t bytes)
{
    BEGIN(MEMORY, -1, NULL, NULL, NULL);
    return __libc_memalign(4096, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    int before = errno;
    BEGIN(MEMORY, -1, NULL, ENOMEM, ENOMEM);
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    void *got = __libc_memalign(alignment, bytes);
    errno = before;
    if (!got)
        return ENOMEM;
    *block = got;
    return 0;
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    BEGIN(MMAP, fd, NULL, MAP_FAILED, MAP_FAILED);
    return (void *)syscall(SYS_mmap, at, bytes, protection, flags, fd, offset);
}
ALSO(void *, mmap64, mmap, void *, size_t, int, int, int, off_t);

void *mremap(void *at, size_t old, size_t bytes, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    void *new_address = flags & MREMAP_FIXED ? va_arg(args, void *) : NULL;
    va_end(args);
    BEGIN(MMAP, -1, NULL, MAP_FAILED, MAP_FAILED);
    return (void *)syscall(SYS_mremap, at, old, bytes, flags, new_address);
}
