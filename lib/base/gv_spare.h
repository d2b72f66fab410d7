/*
 * gv_spare - a reserve of memory for when the system has none, and a count of how often that was.
 * For gv_library_mem.h and gv_malloc.h only.
 *
 * Threads: any; the count belongs to the calling thread.
 */
#ifndef GV_SPARE_H
#define GV_SPARE_H

#include <stdbool.h>
#include <stddef.h>

enum { GV_SPARE_BYTES = 1 << 19 };

/* The system has refused so many bytes: count that, and take them from the reserve. NULL with errno
 * where too little is left. */
void *gv_spare_alloc(size_t bytes);
/* Likewise for a block that cannot grow or shrink to so many bytes, whether it is of the reserve or
 * of malloc: on success its content is in the new block, and a block of the reserve is freed;
 * `*free_old` says that the old one is left to the caller. */
void *gv_spare_move(bool *free_old, void *block, size_t bytes);
void gv_spare_free(void *block);
bool gv_spare_has(const void *block);

/* How many allocations of the calling thread the system has refused. */
unsigned gv_spare_failures(void);

#endif
