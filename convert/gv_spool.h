/*
 * gv_spool - input that comes through a pipe, as a file that can be read more than once.
 *
 * Threads: main thread only.
 */
#ifndef GV_SPOOL_H
#define GV_SPOOL_H

#include "base/gv_error.h"

/* If `input` is "-" (standard input), a named pipe or a terminal, read it to its end into a
 * nameless file in `temp_dir`; the caller closes `*fd`. Otherwise `*fd` is -1. GV_E_IO;
 * GV_E_STOPPED on a signal. */
GV_MUST_USE int gv_spool_input(int *fd, const char *input, const char *temp_dir, gv_error *err);

#endif
