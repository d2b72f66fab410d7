/*
 * gv_ordered - parts of a sequence are taken one after the other, worked on by several threads, and
 * given back in the order in which they were taken.
 *
 * The caller provides the parts: a fixed number of them, used in turn, bounds memory. What comes
 * out, errors included, depends on neither the number of threads nor their speed: the error of a
 * part is reported when the part's turn comes, and what was taken later is dropped.
 *
 * Threads: gv_ordered_open to gv_ordered_close belong to one thread at a time. `take` is called by
 * one thread at a time, any of them; `work` by several at once, for different parts.
 */
#ifndef GV_ORDERED_H
#define GV_ORDERED_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct gv_ordered_job {
    void *context;
    /* Fill `part`, an element of `parts`, with what comes next; `*more` is false if nothing does.
     * NULL error: not allowed. */
    int (*take)(void *context, void *part, bool *more, gv_error *err);
    /* Do the work of one part. */
    int (*work)(void *context, void *part, gv_error *err);
    void **parts;     /* [n], borrowed until close */
    size_t n;         /* at least 2; threads + 2 keep all threads busy */
    unsigned threads; /* 1: no threads are started, the caller's does everything */
} gv_ordered_job;

typedef struct gv_ordered gv_ordered;
/* Begin; threads start to take parts at once. GV_E_MEMORY, also if no thread can be started; a few
 * threads less than wanted are no failure. The caller closes. */
GV_MUST_USE int gv_ordered_open(gv_ordered **ordered, const gv_ordered_job *job, gv_error *err);
/* The next part when it is done, the caller's until the next call; NULL at the end. After an
 * error, every further call gives the same one; `*part` is then the part that failed. */
GV_MUST_USE int gv_ordered_next(gv_ordered *ordered, void **part, gv_error *err);
/* Waits until the threads have finished their present parts. Accepts NULL. */
void gv_ordered_close(gv_ordered *ordered);

#endif
