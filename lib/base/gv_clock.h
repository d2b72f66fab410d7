/*
 * gv_clock - the clocks by which stages and benchmarks measure themselves.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef GV_CLOCK_H
#define GV_CLOCK_H

/* Processor time of the whole process so far, all threads together, in seconds. */
double gv_clock_cpu_seconds(void);

/* Wall clock in seconds from an arbitrary start; never set back (CLOCK_MONOTONIC). */
double gv_clock_wall_seconds(void);

#endif
