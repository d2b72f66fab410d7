/*
 * gv_cooccur_sink - rows of bands leave in order though threads finish bands in any order.
 *
 * Problem: threads make the rows of different bands at the same time. Output must be in order, with
 * bounded memory and little waiting.
 * Approach: bands are claimed in order. A thread holds the rows of finished bands back in its own
 * buffer (gv_cooccur_worker.h) until all bands before them are written. Only when that buffer is
 * full does it wait for the oldest band in it to become the next one.
 * No deadlock: the next band is either being made by some thread, or it is the oldest one in a
 * thread's buffer, and that thread looks at the sink whenever it finishes a band or waits. A thread
 * never waits for a band while it holds an earlier one.
 *
 * Threads: all functions but init and clear may be called by any thread.
 */
#ifndef GV_COOCCUR_SINK_H
#define GV_COOCCUR_SINK_H

#include "base/gv_error.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Receives coded rows, by one thread at a time, bands ascending. A band may come in several pieces,
 * or not at all if it has no rows. */
typedef int gv_cooccur_sink_write(void *context, uint32_t band, const uint8_t *rows, size_t bytes,
                                  gv_error *err);

typedef struct gv_cooccur_sink {
    uint32_t bands;
    gv_cooccur_sink_write *write;
    void *context;
    atomic_uint claimed; /* bands given to threads so far */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* `next` or `failed` */
    uint32_t next;          /* the band whose rows are written next */
    bool failed;
} gv_cooccur_sink;

/* The position of a band in the order of output. */
enum gv_cooccur_sink_state {
    GV_COOCCUR_SINK_NEXT,  /* all bands before it are written; the caller may write it */
    GV_COOCCUR_SINK_LATER, /* an earlier band is missing */
    GV_COOCCUR_SINK_FAILED /* a thread failed; nothing more is written */
};

void gv_cooccur_sink_init(gv_cooccur_sink *sink, uint32_t bands, gv_cooccur_sink_write *write,
                          void *context);
void gv_cooccur_sink_clear(gv_cooccur_sink *sink);

/* The next band to work on; false when none is left or a thread has failed. */
bool gv_cooccur_sink_claim(gv_cooccur_sink *sink, uint32_t *band);
/* State of a claimed band; with `wait` never GV_COOCCUR_SINK_LATER. */
enum gv_cooccur_sink_state gv_cooccur_sink_state(gv_cooccur_sink *sink, uint32_t band, bool wait);
/* The next band has been written; the one after it is next. */
void gv_cooccur_sink_advance(gv_cooccur_sink *sink);
/* This thread has failed: wake all that wait. */
void gv_cooccur_sink_fail(gv_cooccur_sink *sink);

#endif
