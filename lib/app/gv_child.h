/*
 * gv_child - other programs: start them, read what they write, pass signals on, wait for them.
 *
 * gv_child_signals_take() must come first. From then on SIGINT, SIGTERM and SIGHUP no longer end
 * this process: they are passed to the children, which save and end. Ctrl-Z stops all.
 * A child is in a process group of its own, so that Ctrl-C reaches it once, not twice (a program
 * ends at once at the second signal). If this process dies, the child gets SIGTERM.
 *
 * Threads: main thread only, while the process has no other.
 */
#ifndef GV_CHILD_H
#define GV_CHILD_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>

/* From here on signals wait for gv_child_run and gv_child_signals_pending. For the whole process;
 * call it once. */
GV_MUST_USE int gv_child_signals_take(gv_error *err);
/* The number of the first signal that arrived and would have ended this process; 0: none. */
int gv_child_signals_pending(void);

/* What is done with the child's output, and once a second. Each may be NULL. */
typedef struct gv_child_output {
    void (*out)(void *self, const char *bytes, size_t n); /* standard output, as it comes */
    void (*err_line)(void *self, const char *line);       /* of standard error, without newline */
    void (*tick)(void *self);
    void *self;
    bool has_children; /* it starts programs itself, and stops them when it is asked to stop */
} gv_child_output;

/* How it ended. */
typedef struct gv_child_end {
    int exit_code; /* 128 + the signal if one ended it */
    int killed_by; /* that signal, or 0 */
} gv_child_end;

/* Run argv[0], a path, to its end; `argv` ends with NULL. Standard input is passed on. GV_E_RUNTIME
 * if it cannot be started. */
GV_MUST_USE int gv_child_run(gv_child_end *end, char *const argv[], const gv_child_output *output,
                             gv_error *err);

/* --- several at once -------------------------------------------------------------------------- */

typedef struct gv_child gv_child;

enum { GV_CHILD_MOST = 256 };

/* Start argv[0] as gv_child_run does; `output` is copied. */
GV_MUST_USE int gv_child_start(gv_child **child, char *const argv[], const gv_child_output *output,
                               gv_error *err);
/* Wait until one of the children (NULL: none) writes or ends, or a signal arrives, at most a
 * second; hand on what they wrote. `n` is at most GV_CHILD_MOST. */
void gv_child_turn(gv_child *const children[], size_t n);
/* Has it ended, and is all that it wrote handed on? */
bool gv_child_has_ended(const gv_child *child);
/* Release one that has ended. */
void gv_child_close(gv_child_end *end, gv_child *child);

#endif
