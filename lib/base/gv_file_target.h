/*
 * gv_file_target - what the name of an output stands for.
 *
 * A plain file is replaced when the new one is complete, and so is a symbolic link to one: the file
 * that it points to stays as it is. A named pipe, a terminal or another character device, and the
 * descriptors that /dev/stdout, /dev/fd/N and links to them name are *streams*: what is written
 * goes into them, and they stay what they are.
 *
 * Errors name the path. Threads: any.
 */
#ifndef GV_FILE_TARGET_H
#define GV_FILE_TARGET_H

#include "base/gv_error.h"
#include <stdbool.h>

/* The path of an output that a user named: "-" stands for /dev/stdout. Borrowed. */
const char *gv_file_target_path(const char *given);

/* Is the output `path` a stream? GV_E_IO for what cannot be written to or must not be: a directory,
 * a socket, a disk. */
GV_MUST_USE int gv_file_target_is_stream(bool *stream, const char *path, gv_error *err);

/* Open a stream for writing; the caller closes `*fd`, which is -1 on failure. Waits until a named
 * pipe has a reader; GV_E_STOPPED if a signal comes before. */
GV_MUST_USE int gv_file_target_open(int *fd, const char *path, gv_error *err);

/* For formats that need files, because they are written out of order or consist of several:
 * GV_E_USAGE if `path` is a stream. `format` is a name such as "sqlite". */
GV_MUST_USE int gv_file_target_need_file(const char *path, const char *format, gv_error *err);

#endif
