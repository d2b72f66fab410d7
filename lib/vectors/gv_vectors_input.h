/*
 * gv_vectors_input - the bytes of a vector file that is read front to back: plain, compressed
 * (gv_stream.h says how) or the only file of a zip archive; from a file, a pipe or standard input
 * ("-").
 *
 * Errors name the path: GV_E_IO, GV_E_MEMORY, GV_E_CORRUPT for damaged compressed data.
 * Threads: an input is used by one thread at a time.
 */
#ifndef GV_VECTORS_INPUT_H
#define GV_VECTORS_INPUT_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_vectors_input gv_vectors_input;

/* A directory is GV_E_IO. `*in` is NULL on failure; the caller closes. */
GV_MUST_USE int gv_vectors_input_open(gv_vectors_input **in, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_vectors_input_close(gv_vectors_input *in);
/* Borrowed. */
const char *gv_vectors_input_path(const gv_vectors_input *in);
/* Is the content the file itself, so that it may be read at any place by its path? */
bool gv_vectors_input_is_plain(const gv_vectors_input *in);
/* Bytes in all, or UINT64_MAX if that is unknown: the content is compressed, or a pipe. */
uint64_t gv_vectors_input_size(const gv_vectors_input *in);

/* Look at the next bytes without taking them: `want` (at least 1) or more; `*n` is less only at the
 * end of the input. They are NUL-terminated, and borrowed until the next call for this input. */
GV_MUST_USE int gv_vectors_input_peek(gv_vectors_input *in, size_t want, char **bytes, size_t *n,
                                      gv_error *err);
/* Take bytes that were looked at and forget them. */
void gv_vectors_input_skip(gv_vectors_input *in, size_t bytes);

/* Read up to `bytes`; `*got` is less only at the end. */
GV_MUST_USE int gv_vectors_input_read_some(gv_vectors_input *in, void *data, size_t bytes,
                                           size_t *got, gv_error *err);
/* Read exactly `bytes`; an input that ends earlier is GV_E_CORRUPT. */
GV_MUST_USE int gv_vectors_input_read(gv_vectors_input *in, void *data, size_t bytes,
                                      gv_error *err);

/* A line: without what ended it, LF, CR LF or CR; NUL-terminated, may be changed. A CR inside the
 * first field, the word, ends no line. */
typedef struct gv_vectors_input_text {
    char *text;    /* NULL at the end of the input; borrowed until the next call */
    size_t length; /* bytes, so that NUL bytes inside can be noticed */
    bool open;     /* the input ended before the line did */
    bool cr;       /* a CR ended it, with or without LF */
} gv_vectors_input_text;
GV_MUST_USE int gv_vectors_input_line(gv_vectors_input *in, gv_vectors_input_text *line,
                                      gv_error *err);

/* Where the line that begins at `start` ends, and where the next one begins: the same rule for
 * bytes in memory that end at `end`. `*next` is NULL if none of these bytes ends the line. */
const char *gv_vectors_input_line_end(const char *start, const char *end, const char **next);

#endif
