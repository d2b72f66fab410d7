/*
 * gv_file - exact file I/O: everything checked, outputs replaced atomically.
 *
 * A gv_file_writer writes to `PATH.tmp`; gv_file_writer_commit() flushes, syncs the file, renames it over PATH and
 * syncs the directory, so a reader sees the old file or the new one, never half of one. Whatever
 * goes wrong before that leaves PATH untouched.
 *
 * Errors name the path. Threads: one gv_file_writer / gv_file_reader is used by one thread at a time; gv_file_pread and
 * gv_file_pwrite may be called on one descriptor from many.
 */
#ifndef GV_FILE_H
#define GV_FILE_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct gv_file_writer gv_file_writer;

/* Begin to write PATH (as PATH.tmp). The caller ends it with commit or abort. */
int gv_file_writer_open(gv_file_writer **out, const char *path, gv_error *err);
int gv_file_writer_write(gv_file_writer *out, const void *data, size_t bytes, gv_error *err);
int gv_file_writer_printf(gv_file_writer *out, gv_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Bytes written so far. */
uint64_t gv_file_writer_tell(const gv_file_writer *out);
/* Checksum of the bytes written so far. */
gv_hash128 gv_file_writer_hash(const gv_file_writer *out);
/* Make it PATH; frees `*out` and sets it to NULL, also on failure (then PATH is as before). */
int gv_file_writer_commit(gv_file_writer **out, gv_error *err);
/* Throw it away; accepts NULL and a NULL `*out`. */
void gv_file_writer_abort(gv_file_writer **out);

/* Rename a finished file (for writers other than gv_file_writer, such as SQLite): syncs `from`, renames it
 * to `to`, syncs the directory. */
int gv_file_replace(const char *from, const char *to, gv_error *err);

typedef struct gv_file_reader gv_file_reader;

/* Open for buffered reading. A directory or a missing file is an error that says so. */
int gv_file_reader_open(gv_file_reader **in, const char *path, gv_error *err);
/* Read exactly `bytes`; the end of the file before that is GV_E_CORRUPT "PATH: truncated ...". */
int gv_file_reader_read(gv_file_reader *in, void *data, size_t bytes, gv_error *err);
/* Read up to `bytes`; `*got` is 0 only at the end. */
int gv_file_reader_read_some(gv_file_reader *in, void *data, size_t bytes, size_t *got,
                             gv_error *err);
/* A line without its newline (NUL-terminated, borrowed until the next call); `*line` is NULL at
 * the end of the file. `*length` counts bytes, so NUL bytes inside can be noticed. */
int gv_file_reader_line(gv_file_reader *in, char **line, size_t *length, gv_error *err);
int gv_file_reader_seek(gv_file_reader *in, uint64_t offset, gv_error *err);
uint64_t gv_file_reader_size(const gv_file_reader *in);
const char *gv_file_reader_path(const gv_file_reader *in);
void gv_file_reader_close(gv_file_reader *in);

/* Whole small file as a NUL-terminated string (caller frees with gv_mem_free); more than `limit` bytes
 * is an error. */
int gv_file_read_all(char **text, size_t *bytes, const char *path, size_t limit, gv_error *err);
/* Replace PATH atomically by these bytes. */
int gv_file_write_all(const char *path, const void *data, size_t bytes, gv_error *err);

/* Size in bytes and modification time in ns. `*exists` is 0 when there is no such file (that is
 * not an error). */
typedef struct gv_file_stat {
    int exists;
    int regular; /* a plain file: it has a size and can be read anywhere */
    uint64_t size;
    int64_t mtime_ns;
} gv_file_stat;
int gv_file_look(gv_file_stat *stat, const char *path, gv_error *err);

/* mkdir -p. */
int gv_file_make_dirs(const char *path, gv_error *err);

/* "dir/name", freshly allocated; `dir` may be "" or ".". */
char *gv_file_path_join(const char *dir, const char *name, gv_error *err);

/* A nameless temporary file in `dir`: it is gone when closed or when the process dies. */
int gv_file_temp_open(int *fd, const char *dir, gv_error *err);
/* Exact positioned I/O on a descriptor; `what` names it in errors. */
int gv_file_pread(int fd, void *data, size_t bytes, uint64_t offset, const char *what,
                  gv_error *err);
int gv_file_pwrite(int fd, const void *data, size_t bytes, uint64_t offset, const char *what,
                   gv_error *err);

/* Tests only: write number `n` from now fails with ENOSPC, as do all later ones; 0 = off. */
void gv_file_fail_at(uint64_t n);

/* Checksum of all bytes of the file at `path` (a regular file; streams to the end). */
int gv_file_hash(gv_hash128 *hash, const char *path, gv_error *err);

#endif
