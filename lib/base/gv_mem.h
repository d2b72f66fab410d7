/*
 * gv_mem - all memory of glovebox: sizes checked for overflow, failures as errors, and for tests a
 * hook that makes the n-th allocation fail.
 *
 * Functions that return a pointer return NULL on failure, functions with a status GV_E_MEMORY; both
 * fill `err`. Blocks are released with gv_mem_free(), large arrays with gv_mem_big_free().
 *
 * Threads: any; the failure hook counts over all threads.
 */
#ifndef GV_MEM_H
#define GV_MEM_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

/* `count` x `size` bytes, uninitialised or zeroed. A request for 0 bytes gives a valid pointer. */
GV_MUST_USE void *gv_mem_alloc(size_t count, size_t size, gv_error *err);
GV_MUST_USE void *gv_mem_alloc_zero(size_t count, size_t size, gv_error *err);

/* Grow or shrink the block at `*block_pointer` (the address of a pointer of any type; NULL: none
 * yet) to `count` x `size` bytes. On failure it is as it was. */
GV_MUST_USE int gv_mem_resize(void *block_pointer, size_t count, size_t size, gv_error *err);

/* Make room for at least `need` elements of `size` bytes in a growing array, which has room for
 * `*capacity`. It grows by at least half. On failure it is as it was. */
GV_MUST_USE int gv_mem_reserve(void *block_pointer, size_t *capacity, size_t need, size_t size,
                               gv_error *err);

/* The next capacity of a growing array that has room for `capacity` elements. */
static inline size_t gv_mem_grown(size_t capacity)
{
    return capacity + capacity / 2 + 16;
}

/* A copy of a string, or of `n` bytes with a NUL added. */
GV_MUST_USE char *gv_mem_strdup(const char *text, gv_error *err);
GV_MUST_USE char *gv_mem_strndup(const char *bytes, size_t n, gv_error *err);

/* printf into a new string. */
GV_MUST_USE char *gv_mem_format(gv_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Accepts NULL. */
void gv_mem_free(void *block);

/*
 * A large zeroed array, straight from the kernel: page-aligned (so 64-byte aligned), in huge pages
 * where possible. A page counts as used memory only when it has been written. Release it with the
 * same number of bytes; NULL is accepted.
 */
GV_MUST_USE void *gv_mem_big_alloc(size_t bytes, gv_error *err);
void gv_mem_big_free(void *block, size_t bytes);

/* How many allocations of the calling thread have failed so far, those for libraries included: for
 * what is written piece by piece and looked at in the end. */
unsigned gv_mem_failures(void);

/* Tests only: the `n`-th allocation from now (1 = the next) fails, and if `forever`, all later
 * ones, too; 0 switches this off. gv_mem_calls() gives the number of allocations since it was last
 * called, or since gv_mem_fail_at(). */
void gv_mem_fail_at(uint64_t n, int forever);
uint64_t gv_mem_calls(void);

/* Bytes of memory that can be allocated now without swapping, as the machine, the control groups
 * (gv_limits.h) and the limits of address space and data (ulimit -v, -d) allow; at least 1; 0 if
 * unknown. */
uint64_t gv_mem_available(void);

/* Peak resident memory of the process in KiB (ru_maxrss: mapped files count, too); 0 if unknown. */
unsigned long gv_mem_peak_rss_kb(void);
/* Bytes of physical memory that the process holds now; where /proc is missing, that peak. */
uint64_t gv_mem_resident_bytes(void);

#endif
