/*
 * gv_threads - run one function on several threads and collect their errors.
 *
 * Threads: any; a call returns when all threads that it started have ended.
 */
#ifndef GV_THREADS_H
#define GV_THREADS_H

#include "base/gv_error.h"

/* The work of thread number `thread`; 0 is the caller's own. `err` belongs to the thread. */
typedef int gv_threads_fn(void *context, unsigned thread, gv_error *err);

/*
 * Run `fn` on `n` threads at once and wait for all. Returns the status of the lowest-numbered
 * thread that failed, and its error. If a thread cannot be started, the others still run to their
 * end and the call fails with GV_E_MEMORY. Threads that wait for each other must therefore share a
 * flag by which they learn that one has failed, and must not rely on all `n` running.
 */
GV_MUST_USE int gv_threads_run(unsigned n, gv_threads_fn *fn, void *context, gv_error *err);

/* How many processors this process may use, by its affinity mask and by the quotas of its control
 * groups (gv_limits.h; read once, at the first call); at least 1. */
unsigned gv_threads_available(void);

#endif
