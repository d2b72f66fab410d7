#include "base/gv_malloc.h"

#include "base/gv_spare.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define SANITIZED 1
#endif

static _Thread_local unsigned depth;

void gv_malloc_begin(void)
{
    depth++;
}

void gv_malloc_end(void)
{
    depth--;
}

bool gv_malloc_is_ours(void)
{
    return true;
}

#if !defined(SANITIZED)

/* The C library's own, while the next ones are looked up: that may allocate. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): glibc's names */
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void __libc_free(void *block);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static struct {
    void *(*malloc)(size_t bytes);
    void *(*calloc)(size_t n, size_t bytes);
    void *(*realloc)(void *block, size_t bytes);
    void (*free)(void *block);
} next;
static bool known;

static void find(void *pointer, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(pointer, &found, sizeof found);
}

/* At the first call, which comes from the start of a library: there is one thread yet. */
static void find_next(void)
{
    known = true;
    next.malloc = __libc_malloc;
    next.calloc = __libc_calloc;
    next.realloc = __libc_realloc;
    next.free = __libc_free;
    find(&next.malloc, "malloc");
    find(&next.calloc, "calloc");
    find(&next.realloc, "realloc");
    find(&next.free, "free");
}

/* So that it is the first call, whatever libraries do. */
__attribute__((constructor(101))) static void begin(void)
{
    if (!known)
        find_next();
}

void *malloc(size_t bytes)
{
    begin();
    void *block = next.malloc(bytes);
    return block || depth == 0 ? block : gv_spare_alloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    begin();
    void *block = next.calloc(n, bytes);
    size_t all;
    if (block || depth == 0 || __builtin_mul_overflow(n, bytes, &all))
        return block;
    block = gv_spare_alloc(all);
    return block ? memset(block, 0, all) : NULL;
}

void *realloc(void *block, size_t bytes)
{
    bool free_old;
    begin();
    if (!block)
        return malloc(bytes);
    if (!gv_spare_has(block)) {
        void *grown = next.realloc(block, bytes);
        if (grown || depth == 0 || bytes == 0)
            return grown;
    }
    void *moved = gv_spare_move(&free_old, block, bytes);
    if (free_old)
        next.free(block);
    return moved;
}

void free(void *block)
{
    begin();
    if (gv_spare_has(block))
        gv_spare_free(block);
    else
        next.free(block);
}

#endif
