/*
 * gv_input - reading of what may be a pipe or a terminal, and may have nothing to give yet.
 *
 * A signal interrupts the system calls of one thread only, usually the main one, so a thread that
 * waits for input must look for signals itself. These functions never wait longer than a fraction
 * of a second without doing so. Plain files cost one more system call for each read.
 *
 * Errors: GV_E_IO, GV_E_MEMORY with the name of the file and the system's reason; GV_E_STOPPED if a
 * signal arrives meanwhile (gv_signal.h). Threads: any.
 */
#ifndef GV_INPUT_H
#define GV_INPUT_H

#include "base/gv_error.h"

/* Open `path` for reading, without waiting for a named pipe's writer: gv_input_read waits for it.
 * Read from `*fd`, which the caller closes, with that function only. It is -1 on failure. */
GV_MUST_USE int gv_input_open(int *fd, const char *path, gv_error *err);

/* Read up to `bytes` bytes; `*got` receives how many, 0 only at the end. `what` names the file in
 * errors. */
GV_MUST_USE int gv_input_read(size_t *got, int fd, void *to, size_t bytes, const char *what,
                              gv_error *err);

/* Wait until there is something to read, or the end. */
GV_MUST_USE int gv_input_await(int fd, const char *what, gv_error *err);

#endif
