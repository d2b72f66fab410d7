/*
 * gv_library_mem - memory for libraries that do not survive a failed allocation everywhere.
 *
 * jansson drops a character of a long string where its buffer cannot grow, and ICU crashes or
 * waits for ever in some places. Both let the program give them its own allocator: this one. Where
 * the system has no memory, it hands out parts of a small reserve, so that the library goes on
 * without noticing, and counts the failure. Whoever called the library compares the count before
 * and after, and reports GV_E_MEMORY if it differs, whatever the library said:
 *
 *     const unsigned before = gv_library_mem_failures();
 *     value = json_loads(...);
 *     if (gv_library_mem_failures() != before)
 *         return gv_error_set(err, GV_E_MEMORY, ...);
 *
 * Threads: any; the count belongs to the calling thread.
 */
#ifndef GV_LIBRARY_MEM_H
#define GV_LIBRARY_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* As malloc, realloc and free. NULL only when the reserve is used up, too. The test hooks of
 * gv_mem.h count these allocations as well. */
void *gv_library_mem_alloc(size_t bytes);
void *gv_library_mem_resize(void *block, size_t bytes);
void gv_library_mem_free(void *block);

/*
 * For libraries that take no allocator (libarchive, and the decompressors that it calls): from
 * gv_library_mem_enter() to gv_library_mem_leave(), what malloc and its kin do not get for the
 * calling thread comes from the reserve, too. Pairs may be nested. `before` is what
 * gv_library_mem_enter() returned; true: memory has run out since.
 */
unsigned gv_library_mem_enter(void);
bool gv_library_mem_leave(unsigned before);

/* How many allocations of the calling thread the system has refused so far. */
unsigned gv_library_mem_failures(void);

#endif
