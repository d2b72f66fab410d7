/*
 * gv_clock - the clocks for measuring stages and benchmarks.
 *
 * Threads: any.
 */
#ifndef GV_CLOCK_H
#define GV_CLOCK_H

/* Processor time of the process so far, of all its threads together, in seconds. */
double gv_clock_cpu_seconds(void);

/* Processor time of the calling thread so far, in seconds: for rates, on loaded machines too. */
double gv_clock_thread_seconds(void);

/* Wall-clock time in seconds since an arbitrary start; it never goes back (CLOCK_MONOTONIC). */
double gv_clock_wall_seconds(void);

/* The calendar's time as "2026-01-31T23:59:59Z" (ISO 8601, UTC). */
enum { GV_CLOCK_UTC_BYTES = 32 };
void gv_clock_utc(char text[GV_CLOCK_UTC_BYTES]);

#endif
