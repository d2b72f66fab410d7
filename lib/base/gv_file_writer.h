/*
 * gv_file_writer - a file that is written front to back and then replaces its predecessor at once.
 *
 * The bytes go to PATH.tmp. gv_file_writer_commit() syncs that file, renames it to PATH and syncs
 * the directory, so a reader finds the old file or the new one, never a part. Whatever fails before
 * the rename leaves PATH as it was and removes PATH.tmp. Links are never written through: one at
 * PATH.tmp is removed, one at PATH is replaced.
 *
 * Where PATH is a stream (gv_file_target.h), such as a pipe or /dev/stdout, the bytes go into it
 * and nothing is replaced.
 *
 * Errors name the path: GV_E_IO where the system refuses, GV_E_MEMORY. After an error only
 * gv_file_writer_abort() makes sense. Threads: a writer is used by one thread at a time.
 */
#ifndef GV_FILE_WRITER_H
#define GV_FILE_WRITER_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_file_writer gv_file_writer;

/* Begin to write PATH. End with commit or abort. `*out` is NULL on failure. */
GV_MUST_USE int gv_file_writer_open(gv_file_writer **out, const char *path, gv_error *err);
/* Append `bytes` bytes, or formatted text. They may stay in a buffer until commit. */
GV_MUST_USE int gv_file_writer_write(gv_file_writer *out, const void *data, size_t bytes,
                                     gv_error *err);
GV_MUST_USE int gv_file_writer_printf(gv_file_writer *out, gv_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Bytes appended so far, and their checksum. */
uint64_t gv_file_writer_tell(const gv_file_writer *out);
gv_hash gv_file_writer_hash(const gv_file_writer *out);
/* Make the file PATH. Releases `*out` and sets it to NULL, also on failure. */
GV_MUST_USE int gv_file_writer_commit(gv_file_writer **out, gv_error *err);
/* Remove PATH.tmp, release `*out` and set it to NULL. Accepts NULL and a NULL `*out`. */
void gv_file_writer_abort(gv_file_writer **out);
/* Commit if `status`, how writing went, is GV_OK; else abort and return `status`. */
GV_MUST_USE int gv_file_writer_end(gv_file_writer **out, int status, gv_error *err);

/* Replace PATH by a file of these bytes: open, write and commit in one. */
GV_MUST_USE int gv_file_writer_whole(const char *path, const void *data, size_t bytes,
                                     gv_error *err);

#endif
