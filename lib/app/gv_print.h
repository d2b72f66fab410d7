/*
 * gv_print - text for people: a FILE that writes to memory, and columns of UTF-8.
 *
 * Threads: a buffer belongs to one thread; the rest are pure functions.
 */
#ifndef GV_PRINT_H
#define GV_PRINT_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct gv_print_buffer {
    FILE *stream;      /* write here with fprintf; gv_print_close reports errors */
    unsigned failures; /* gv_mem_failures() at the beginning */
    char *text;
    size_t bytes;
} gv_print_buffer;

/* Begin; end it with gv_print_close. GV_E_MEMORY if out of memory. */
GV_MUST_USE int gv_print_open(gv_print_buffer *buffer, gv_error *err);
/* Hand over the text, NUL-terminated (caller frees with gv_mem_free). Ends the buffer, also on
 * failure. GV_E_MEMORY, also where an allocation of this thread has failed since gv_print_open: a
 * piece of the text may be missing then. */
GV_MUST_USE int gv_print_close(char **text, gv_print_buffer *buffer, gv_error *err);
/* Write `text` to standard output, behind what is in its buffer. GV_E_IO; GV_E_STOPPED if a signal
 * arrives while nobody reads. */
GV_MUST_USE int gv_print_send(const char *text, gv_error *err);
/* How many columns a string takes on a terminal as gv_show.h has it shown: two for a wide East
 * Asian character, none for a combining mark. */
size_t gv_print_width(const char *text);
/* Write `text` as gv_show.h has it shown, then spaces up to `width` columns. */
void gv_print_pad(FILE *out, const char *text, size_t width);

#endif
