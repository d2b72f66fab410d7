/*
 * gv_eval_text - text for people: a growing buffer behind a FILE, columns of UTF-8.
 *
 * Threads: a buffer belongs to one thread.
 */
#ifndef GV_EVAL_TEXT_H
#define GV_EVAL_TEXT_H

#include "base/gv_error.h"
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct gv_text_buffer {
    FILE *stream; /* write here with fprintf; errors are noticed by gv_text_close */
    char *text;
    size_t bytes;
} gv_text_buffer;

int gv_text_open(gv_text_buffer *buffer, gv_error *err);
/* The text written so far, NUL-terminated (caller frees with gv_free). Closes the buffer, also on
 * failure. */
int gv_text_close(char **text, gv_text_buffer *buffer, gv_error *err);
/* Throw it away. */
void gv_text_discard(gv_text_buffer *buffer);

/* The first character of `*at`, which is not at its NUL; moves `*at` behind it. U+FFFD for an
 * ill-formed one. */
uint32_t gv_text_letter(const char **at);

/* Columns that a UTF-8 string takes on a terminal: East Asian wide characters two, combining marks
 * none, ill-formed bytes and control characters one. */
size_t gv_text_width(const char *text);
/* Write `text`, filled up with spaces to `width` columns. Control characters become '?', ill-formed
 * UTF-8 becomes U+FFFD. */
void gv_text_pad(FILE *out, const char *text, size_t width);

/* A JSON string of bytes that may not be UTF-8 (then U+FFFD stands for what is ill-formed); new
 * reference, NULL if out of memory. */
json_t *gv_text_json(const char *text);

#endif
