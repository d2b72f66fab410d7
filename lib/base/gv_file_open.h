/*
 * gv_file_open - opening files where anybody may have put something else in their place.
 *
 * A name in a run directory may turn out to be a named pipe, a device or a link to a file
 * elsewhere. These functions open plain files only; they neither wait for the other end of a pipe
 * nor write through a link. What a name stands for is asked of the opened descriptor, so that
 * nothing can be exchanged in between.
 *
 * Errors: GV_E_IO (GV_E_MEMORY for ENOMEM), naming the path, what is there, and what to do. `*fd`
 * is -1 on failure; the caller closes it. Threads: any.
 */
#ifndef GV_FILE_OPEN_H
#define GV_FILE_OPEN_H

#include "base/gv_error.h"
#include <sys/types.h>

/* "a directory", "a named pipe", "a socket", "a device"; "a symbolic link" only for lstat's modes.
 * NULL for a plain file. */
const char *gv_file_open_kind(mode_t mode);

/* Open an existing plain file with open(2)'s `flags`, O_RDONLY or O_WRONLY. Links are followed. */
GV_MUST_USE int gv_file_open_plain(int *fd, const char *path, int flags, gv_error *err);

/* Create the temporary file `path` for writing, in place of what a killed program left there. A
 * link is removed, not followed; anything but a link or a plain file is refused. The file is locked
 * (gv_lock.h) until `*fd` and its duplicates are closed: one that a living program writes is
 * GV_E_IO. */
GV_MUST_USE int gv_file_open_temp(int *fd, const char *path, gv_error *err);
/* Remove what a killed program left at `path`, as gv_file_open_temp does. For writers that open the
 * file themselves, such as SQLite. */
GV_MUST_USE int gv_file_open_clear(const char *path, gv_error *err);

/* Open a plain file for reading and writing, and create it if it is missing. A link is refused. For
 * files that are not replaced: locks, logs. `flags`: 0 or O_APPEND. */
GV_MUST_USE int gv_file_open_lasting(int *fd, const char *path, int flags, gv_error *err);

#endif
