/*
 * gv_file_reader - buffered reading of a file, front to back, by bytes or by lines.
 *
 * Errors name the path: GV_E_IO where the system refuses, GV_E_CORRUPT where the file is too short,
 * GV_E_MEMORY. Threads: a reader is used by one thread at a time.
 */
#ifndef GV_FILE_READER_H
#define GV_FILE_READER_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_file_reader gv_file_reader;

/* Open for reading. `*in` is NULL on failure; a directory is an error that says so. */
GV_MUST_USE int gv_file_reader_open(gv_file_reader **in, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_file_reader_close(gv_file_reader *in);

/* Read exactly `bytes`; a file that ends earlier is GV_E_CORRUPT "PATH: truncated ...". */
GV_MUST_USE int gv_file_reader_read(gv_file_reader *in, void *data, size_t bytes, gv_error *err);
/* Read up to `bytes`; `*got` is less only at the end of the file, and there at last 0. */
GV_MUST_USE int gv_file_reader_read_some(gv_file_reader *in, void *data, size_t bytes, size_t *got,
                                         gv_error *err);
/* The next line without its newline, NUL-terminated; borrowed until the next call. `*line` is NULL
 * at the end of the file. `*length` counts its bytes, so that NUL bytes inside can be noticed. */
GV_MUST_USE int gv_file_reader_line(gv_file_reader *in, char **line, size_t *length, gv_error *err);
/* Continue at `offset` (bytes from the start). */
GV_MUST_USE int gv_file_reader_seek(gv_file_reader *in, uint64_t offset, gv_error *err);
/* Read exactly `bytes` at `offset`, and no more than these; what was read before continues where it
 * was. Not of a pipe. */
GV_MUST_USE int gv_file_reader_read_at(const gv_file_reader *in, void *data, size_t bytes,
                                       uint64_t offset, gv_error *err);

/* Size in bytes when it was opened; 0 for a pipe. The path is borrowed. */
uint64_t gv_file_reader_size(const gv_file_reader *in);
const char *gv_file_reader_path(const gv_file_reader *in);

/* A small file as a NUL-terminated string of `*bytes` bytes; caller frees with gv_mem_free. One of
 * more than `limit` bytes is GV_E_CORRUPT. `*text` is NULL on failure. */
GV_MUST_USE int gv_file_reader_whole(char **text, size_t *bytes, const char *path, size_t limit,
                                     gv_error *err);
/* The same if `path` is a regular file; else `*text` is NULL, which is no error. */
GV_MUST_USE int gv_file_reader_whole_if_there(char **text, size_t *bytes, const char *path,
                                              size_t limit, gv_error *err);
/* Checksum of all bytes of a file. */
GV_MUST_USE int gv_file_reader_hash(gv_hash *hash, const char *path, gv_error *err);

#endif
