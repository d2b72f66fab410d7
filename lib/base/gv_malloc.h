/*
 * gv_malloc - malloc and its kin for the whole process: they call the next definition (a library
 * that was preloaded, or the C library's). Between gv_malloc_begin() and gv_malloc_end(), which may
 * be nested, what the calling thread does not get there comes from gv_spare.h.
 *
 * The sanitizers have a malloc of their own, so with them nothing comes from the reserve.
 *
 * In a library that other programs load (libglovebox.so), gv_malloc_none.c takes the place of
 * gv_malloc.c: memory is the program's, and so are the libraries that both use.
 */
#ifndef GV_MALLOC_H
#define GV_MALLOC_H

#include <stdbool.h>

/* Does the memory of this process belong to glovebox? If so, libraries may be given an allocator
 * for the whole process. */
bool gv_malloc_is_ours(void);

void gv_malloc_begin(void);
void gv_malloc_end(void);

#endif
