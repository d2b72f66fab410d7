#include "threads.h"

size_t bench_threads_first(const double *at, size_t threads)
{
    size_t first = 0;
    for (size_t t = 1; t < threads; t++)
        if (at[t] < at[first])
            first = t;
    return first;
}

double bench_threads_end(const double *at, size_t threads)
{
    double end = 0;
    for (size_t t = 0; t < threads; t++)
        end = end < at[t] ? at[t] : end;
    return end;
}

double bench_threads_run(const gv_schedule *schedule, size_t threads, size_t segments, double *at,
                         bench_threads_time *time_of, const void *context)
{
    size_t items;
    const uint32_t *begin = gv_schedule_items(schedule, &items);
    const gv_schedule_task *tasks = gv_schedule_tasks(schedule);
    double *word = at + threads, *other = word + segments, work = 0;
    for (size_t i = 0; i < items; i++) {
        size_t thread = bench_threads_first(at, threads);
        double now = at[thread];
        for (size_t k = begin[i]; k < begin[i + 1]; k++) {
            double time = time_of(context, &tasks[k]);
            double *w = &word[tasks[k].word_segment], *c = &other[tasks[k].context_segment];
            now = now < *w ? *w : now;
            now = now < *c ? *c : now;
            now += time;
            *w = *c = now;
            work += time;
        }
        at[thread] = now;
    }
    return work;
}
