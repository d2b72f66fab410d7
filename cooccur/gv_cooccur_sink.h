/*
 * gv_cooccur_sink - rows of tasks leave in order though threads finish tasks in any order.
 *
 * A task is a band, or some rows of one (gv_cooccur_split.h).
 *
 * Problem: threads make the rows of different tasks at the same time. Output must be in order, with
 * bounded memory and little waiting.
 * Approach: tasks are claimed in order. A thread holds the rows of finished tasks back in its own
 * buffer (gv_cooccur_worker.h) until all tasks before them are written. Only when that buffer is
 * full does it wait for the oldest task in it to become the next one.
 * No deadlock: the next task is either being made by some thread, or it is the oldest one in a
 * thread's buffer, and that thread looks at the sink whenever it finishes a task or waits. A thread
 * never waits for a task while it holds an earlier one.
 *
 * Threads: all functions but init and clear may be called by any thread.
 */
#ifndef GV_COOCCUR_SINK_H
#define GV_COOCCUR_SINK_H

#include "base/gv_error.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Receives coded rows, by one thread at a time, bands ascending. A band may come in several pieces,
 * or not at all if it has no rows. */
typedef int gv_cooccur_sink_write(void *context, uint32_t band, const uint8_t *rows, size_t bytes,
                                  gv_error *err);

/* The tasks to run; the arrays are borrowed. */
typedef struct gv_cooccur_sink_tasks {
    uint32_t count;
    uint32_t *band;  /* [count] the band that each task is of, ascending; NULL: task t is band t */
    uint8_t *shared; /* [count] not 0: all threads do this task together; NULL: none */
} gv_cooccur_sink_tasks;

typedef struct gv_cooccur_sink {
    gv_cooccur_sink_tasks tasks;
    gv_cooccur_sink_write *write;
    void *context;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* `next`, `failed`, or the state of a shared task */
    uint32_t claimed;       /* tasks given to threads so far; a shared one is given to all until
                               gv_cooccur_split moves on */
    uint32_t next;          /* the task whose rows are written next */
    bool failed;
} gv_cooccur_sink;

/* The position of a task in the order of output. */
enum gv_cooccur_sink_state {
    GV_COOCCUR_SINK_NEXT,  /* all tasks before it are written; the caller may write it */
    GV_COOCCUR_SINK_LATER, /* an earlier task is missing */
    GV_COOCCUR_SINK_FAILED /* a thread failed; nothing more is written */
};

void gv_cooccur_sink_init(gv_cooccur_sink *sink, const gv_cooccur_sink_tasks *tasks,
                          gv_cooccur_sink_write *write, void *context);
void gv_cooccur_sink_clear(gv_cooccur_sink *sink);

/* The band of a task. */
static inline uint32_t gv_cooccur_sink_band(const gv_cooccur_sink *sink, uint32_t task)
{
    return sink->tasks.band ? sink->tasks.band[task] : task;
}

/* The next task to work on; false when none is left or a thread has failed. */
bool gv_cooccur_sink_claim(gv_cooccur_sink *sink, uint32_t *task);
/* State of a claimed task; with `wait` never GV_COOCCUR_SINK_LATER. */
enum gv_cooccur_sink_state gv_cooccur_sink_state(gv_cooccur_sink *sink, uint32_t task, bool wait);
/* The next task has been written; the one after it is next. */
void gv_cooccur_sink_advance(gv_cooccur_sink *sink);
/* This thread has failed: wake all that wait. */
void gv_cooccur_sink_fail(gv_cooccur_sink *sink);

#endif
