/*
 * threads - when threads end that take the work items of an order, for simulations.
 *
 * Threads: used by one.
 */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include "schedule/gv_schedule.h"
#include <stddef.h>

/* Nanoseconds that a task takes. */
typedef double bench_threads_time(const void *context, const gv_schedule_task *task);

/* Do the items of the order drawn last: each by the thread that is free first, and each task when
 * its segments are free. `at`: [threads + 2 x segments], the times at which threads, word segments
 * and context segments are free, before and after. Returns the time of all tasks together. */
double bench_threads_run(const gv_schedule *schedule, size_t threads, size_t segments, double *at,
                         bench_threads_time *time, const void *context);

/* Of the times at which threads are free: which thread is first, and when the last one is. */
size_t bench_threads_first(const double *at, size_t threads);
double bench_threads_end(const double *at, size_t threads);

#endif
