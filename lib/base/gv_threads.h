/*
 * gv_threads - run one function on several threads and collect the first error.
 */
#ifndef GV_THREADS_H
#define GV_THREADS_H

#include "base/gv_error.h"

/* The work of thread number `thread` (0 is the caller's own thread). */
typedef int gv_thread_fn(void *context, unsigned thread, gv_error *err);

/*
 * Run `fn` on `n` threads at once and wait for all. Returns the status of the lowest-numbered
 * thread that failed and copies its error. A function whose peers may fail must not wait for them
 * for ever: share a flag. If a thread cannot be started the others still run and end, and the
 * call fails with GV_E_MEMORY; `fn` must therefore not rely on all `n` being there.
 */
int gv_threads_run(unsigned n, gv_thread_fn *fn, void *context, gv_error *err);

/* Processors this process may use (its affinity mask), at least 1. */
unsigned gv_cpu_count(void);

/* Processor time of the whole process in seconds, wall clock in
 * seconds from an arbitrary start, peak resident memory in KiB (ru_maxrss). */
double gv_cpu_seconds(void);
double gv_wall_seconds(void);
unsigned long gv_peak_rss_kb(void);

#endif
