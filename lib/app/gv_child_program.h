/*
 * gv_child_program - the stage programs: where they are, and with which options they start.
 *
 * Threads: main thread only.
 */
#ifndef GV_CHILD_PROGRAM_H
#define GV_CHILD_PROGRAM_H

#include "app/gv_program.h"

/* The program `name` beside this process's own executable, or else in $PATH. Caller frees.
 * GV_E_RUNTIME: it is in neither. */
GV_MUST_USE int gv_child_program_find(char **path, const char *name, gv_error *err);

/* The command line of the program at `path`: the options of `call`, --force if `force`, and
 * `--progress MODE`. A NULL stands behind the last item, for execv. Caller frees, also on
 * failure. */
GV_MUST_USE int gv_child_program_arguments(gv_strings *arguments, const char *path,
                                           const gv_program_call *call, bool force,
                                           const char *mode, gv_error *err);

/* Append one more; the NULL moves behind it. */
GV_MUST_USE int gv_child_program_add(gv_strings *arguments, const char *item, gv_error *err);

#endif
