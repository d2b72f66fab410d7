/*
 * gv_malloc - malloc and its kin for the whole process: they call the next definition (a library
 * that was preloaded, or the C library's). Between gv_malloc_begin() and gv_malloc_end(), which may
 * be nested, what the calling thread does not get there comes from gv_spare.h.
 *
 * The sanitizers have a malloc of their own, so with them nothing comes from the reserve.
 */
#ifndef GV_MALLOC_H
#define GV_MALLOC_H

void gv_malloc_begin(void);
void gv_malloc_end(void);

#endif
