/*
 * gv_mem - the one allocator of glovebox: overflow-checked sizes, errors instead of aborts, a hook
 * that makes the n-th allocation fail for tests.
 *
 * Everything returned here is released with gv_mem_free() (which accepts NULL), big arrays with
 * gv_mem_big_free(). Threads: all functions may be called from any thread; the failure hook counts
 * over all threads.
 */
#ifndef GV_MEM_H
#define GV_MEM_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

/* `count` x `size` bytes, uninitialised; NULL on failure or overflow, with `err` set.
 * A zero-byte request gives a valid pointer. */
void *gv_mem_alloc(size_t count, size_t size, gv_error *err);

/* The same, zeroed. */
void *gv_mem_alloc_zero(size_t count, size_t size, gv_error *err);

/* Grow or shrink `*block` (may be NULL) to `count` x `size` bytes. On failure `*block` stays valid
 * and unchanged. */
int gv_mem_resize(void *block_pointer, size_t count, size_t size, gv_error *err);

/* Make room for at least `need` elements in a growing array: `*capacity` elements of `size` bytes
 * at `*block`. Grows by half again at least. On failure nothing changed. */
int gv_mem_reserve(void *block_pointer, size_t *capacity, size_t need, size_t size, gv_error *err);

/* Copies of a C string / of `n` bytes with a terminating NUL added. */
char *gv_mem_strdup(const char *text, gv_error *err);
char *gv_mem_strndup(const char *bytes, size_t n, gv_error *err);

/* printf into a fresh string; NULL on failure. */
char *gv_mem_format(gv_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

void gv_mem_free(void *block);

/*
 * Large zeroed arrays straight from the kernel: 64-byte aligned (in fact page-aligned), huge pages
 * advised. Pages count as used memory only once touched. Release with the same byte count.
 */
void *gv_mem_big_alloc(size_t bytes, gv_error *err);
void gv_mem_big_free(void *block, size_t bytes);

/*
 * Tests only: let allocation number `n` from now (1 = the next) fail, and if `forever` all later
 * ones too; 0 switches the hook off. gv_mem_calls() counts allocations since the last call.
 */
void gv_mem_fail_at(uint64_t n, int forever);
uint64_t gv_mem_calls(void);

/* Bytes of physical memory that could be had now without swapping (MemAvailable), capped by the
 * address-space and cgroup limits where they can be read; 0 when unknown. */
uint64_t gv_mem_available(void);

/* Peak resident memory of the process in KiB: the kernel's ru_maxrss, so mapped pages count. */
unsigned long gv_mem_peak_rss_kb(void);

#endif
