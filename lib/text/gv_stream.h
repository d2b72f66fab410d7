/*
 * gv_stream - the text of one file that can only be read front to back: compressed (gzip, bzip2,
 * xz, zstd, lz4, lzip, compress; recognised by the first bytes), a pipe, or standard input ("-").
 *
 * The only user of libarchive.
 *
 * Threads: one stream is used by one thread at a time.
 */
#ifndef GV_STREAM_H
#define GV_STREAM_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_STREAM_MAGIC_BYTES 8 /* bytes that gv_stream_is_compressed needs, if the file has them */

/* Does a file that starts with these bytes look compressed? */
bool gv_stream_is_compressed(const uint8_t *start, size_t length);

typedef struct gv_stream gv_stream;
/* Open `path`, "-" being standard input. GV_E_IO, GV_E_MEMORY; GV_E_CORRUPT if a compressed file
 * has an invalid header. The caller closes. */
GV_MUST_USE int gv_stream_open(gv_stream **stream, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_stream_close(gv_stream *stream);

/* Read up to `bytes` bytes of text; `*got` is less only at the end. `*disk` receives how many bytes
 * of the file this took. Damaged or truncated data is GV_E_CORRUPT naming the file. */
GV_MUST_USE int gv_stream_read(gv_stream *stream, void *data, size_t bytes, size_t *got,
                               uint64_t *disk, gv_error *err);
/* The same, but as soon as there is some text, so that what a person types is seen at once; 0 bytes
 * only at the end. */
GV_MUST_USE int gv_stream_read_some(gv_stream *stream, void *data, size_t bytes, size_t *got,
                                    gv_error *err);

#endif
