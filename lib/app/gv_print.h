/*
 * gv_print - text for people: a growing buffer behind a FILE, columns of UTF-8.
 *
 * Threads: a buffer belongs to one thread.
 */
#ifndef GV_PRINT_H
#define GV_PRINT_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct gv_print_buffer {
    FILE *stream; /* write here with fprintf; errors are noticed by gv_print_close */
    char *text;
    size_t bytes;
} gv_print_buffer;

int gv_print_open(gv_print_buffer *buffer, gv_error *err);
/* The text written so far, NUL-terminated (caller frees with gv_mem_free). Closes the buffer, also
 * on failure. */
int gv_print_close(char **text, gv_print_buffer *buffer, gv_error *err);
/* Throw it away. */
void gv_print_discard(gv_print_buffer *buffer);

/* Columns that a UTF-8 string takes on a terminal: East Asian wide characters two, combining marks
 * none, ill-formed bytes and control characters one. */
size_t gv_print_width(const char *text);
/* Write `text`, filled up with spaces to `width` columns. Control characters become '?', ill-formed
 * UTF-8 becomes U+FFFD. */
void gv_print_pad(FILE *out, const char *text, size_t width);

#endif
