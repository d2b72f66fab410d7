/*
 * gv_threads - run one function on several threads and collect the first error.
 */
#ifndef GV_THREADS_H
#define GV_THREADS_H

#include "base/gv_error.h"

/* The work of thread number `thread` (0 is the caller's own thread). */
typedef int gv_threads_fn(void *context, unsigned thread, gv_error *err);

/*
 * Run `fn` on `n` threads at once and wait for all. Returns the status of the lowest-numbered
 * thread that failed and copies its error. A function whose peers may fail must not wait for them
 * for ever: share a flag. If a thread cannot be started the others still run and end, and the
 * call fails with GV_E_MEMORY; `fn` must therefore not rely on all `n` being there.
 */
int gv_threads_run(unsigned n, gv_threads_fn *fn, void *context, gv_error *err);

/* Processors this process may use (its affinity mask), at least 1. */
unsigned gv_threads_available(void);

#endif
