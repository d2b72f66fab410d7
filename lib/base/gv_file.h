/*
 * gv_file - files by descriptor and by path: exact I/O, temporary files, directories, replacement.
 *
 * "Exact" means that an interrupted or short system call is continued until all bytes are through,
 * and that anything else is an error. Buffered files are in gv_file_reader.h and gv_file_writer.h.
 *
 * Errors are GV_E_IO (GV_E_MEMORY for ENOMEM) with the name of the file and the system's reason,
 * unless a function says otherwise. Threads: any; several may use one descriptor at once with
 * gv_file_pread and gv_file_pwrite.
 */
#ifndef GV_FILE_H
#define GV_FILE_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- descriptors ------------------------------------------------------------------------------ */

/* Open a nameless temporary file in `dir` for reading and writing. It is gone when the caller
 * closes `*fd`, or when the process dies. `*fd` is -1 on failure. */
GV_MUST_USE int gv_file_temp_open(int *fd, const char *dir, gv_error *err);
/* The directory for temporary files of an output: that of the file `path`; TMPDIR or /tmp if it is
 * a stream (gv_file_target.h). `*dir` is NULL on failure; caller frees. */
GV_MUST_USE int gv_file_temp_dir_beside(char **dir, const char *path, gv_error *err);
/* A nameless temporary file in that directory. */
GV_MUST_USE int gv_file_temp_open_beside(int *fd, const char *path, gv_error *err);

/* Read or write exactly `bytes` bytes at `offset` (bytes from the start), without moving the
 * descriptor's position. `what` names the file in errors. A file that ends earlier is
 * GV_E_CORRUPT "WHAT: truncated ...". */
GV_MUST_USE int gv_file_pread(int fd, void *data, size_t bytes, uint64_t offset, const char *what,
                              gv_error *err);
GV_MUST_USE int gv_file_pwrite(int fd, const void *data, size_t bytes, uint64_t offset,
                               const char *what, gv_error *err);
/* read() has answered 0: is the descriptor's position before `size`, what the file had when it was
 * opened? Then the file was cut off since, or its file system failed without saying so. `size` is 0
 * for pipes and for files of the kernel, which have no size. */
bool gv_file_ends_early(int fd, uint64_t size);
/* Writing at the descriptor's position. To a pipe or a terminal: GV_E_STOPPED if a signal arrives
 * while it takes nothing. */
GV_MUST_USE int gv_file_write(int fd, const void *data, size_t bytes, const char *what,
                              gv_error *err);

/* Tests only: the `n`-th write of the process from now (1 = the next) fails with ENOSPC, as do all
 * later ones; 0 switches this off. */
void gv_file_fail_at(uint64_t n);

/* --- paths ------------------------------------------------------------------------------------ */

typedef struct gv_file_stat {
    bool exists;
    bool regular;     /* a plain file: it has a size, and every position can be read */
    uint64_t size;    /* bytes */
    int64_t mtime_ns; /* of the last modification, since 1970 */
    uint64_t device, inode;
} gv_file_stat;

/* What `path` is; symbolic links are followed. A missing file is not an error: `exists` is
 * false, and all else is 0. */
GV_MUST_USE int gv_file_look(gv_file_stat *stat, const char *path, gv_error *err);

/* Were both the same file, unchanged? */
bool gv_file_same_look(const gv_file_stat *a, const gv_file_stat *b);

/* Create a directory and those above it, like mkdir -p, durably. One that exists is fine. */
GV_MUST_USE int gv_file_make_dirs(const char *path, gv_error *err);

/* "DIR/NAME", or NAME if `dir` is empty. Caller frees with gv_mem_free; NULL if out of memory. */
GV_MUST_USE char *gv_file_path_join(const char *dir, const char *name, gv_error *err);

/* Put the finished file `from` in place of `to`: sync it, rename it, sync the directory. A crash
 * leaves the old file or the new one, never a part. For writers other than gv_file_writer, such as
 * SQLite. */
GV_MUST_USE int gv_file_replace(const char *from, const char *to, gv_error *err);

/* Make a rename of `path` durable: sync the directory that it is in, where that can be done.
 * Allocates nothing. */
GV_MUST_USE int gv_file_sync_directory_of(const char *path, gv_error *err);

#endif
