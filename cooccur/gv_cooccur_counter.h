/*
 * gv_cooccur_counter - what all phases of a count share: the batch, one worker per thread, bands,
 * sorted runs and counts.bin; and running tasks on all threads.
 *
 * The phases are gv_cooccur_count.h (batches to rows) and gv_cooccur_merge.h (runs to rows), and on
 * many ranks gv_cooccur_boundary.h and gv_cooccur_ranks.h.
 *
 * Threads: used by one thread; gv_cooccur_counter_run_tasks starts and joins others.
 */
#ifndef GV_COOCCUR_COUNTER_H
#define GV_COOCCUR_COUNTER_H

#include "cooccur/gv_cooccur.h"
#include "cooccur/gv_cooccur_bands.h"
#include "cooccur/gv_cooccur_batch.h"
#include "cooccur/gv_cooccur_gather.h"
#include "cooccur/gv_cooccur_runs.h"
#include "cooccur/gv_cooccur_sink.h"
#include "cooccur/gv_cooccur_worker.h"

typedef struct gv_cooccur_counter {
    const gv_cooccur_job *job;
    const gv_budget_cooccur_limits *limits;
    gv_counts_weights weights;
    gv_cooccur_gather gather;
    gv_cooccur_batch batch;
    gv_cooccur_worker *workers; /* [limits->threads] */
    gv_cooccur_bands bands;     /* count 0 until the first batch or gv_cooccur_counter_set_bands */
    gv_cooccur_runs runs;
    gv_counts_writer *writer; /* NULL: counts.bin is not open (ranks other than 0) */
    bool counting;            /* the text has been read: tokens are what progress counts */
    gv_cooccur_sink sink;     /* of the tasks that are being run */
} gv_cooccur_counter;

/* Job and limits are borrowed. Close also after an error. */
GV_MUST_USE int gv_cooccur_counter_open(gv_cooccur_counter **counter, const gv_cooccur_job *job,
                                        const gv_budget_cooccur_limits *limits, gv_error *err);
void gv_cooccur_counter_close(gv_cooccur_counter *counter);

/* Use these bands from now on. Once, before there are runs. */
void gv_cooccur_counter_set_bands(gv_cooccur_counter *counter, const gv_cooccur_bands *bands);
/* The smallest column that a row can have: only half of a symmetric matrix is stored. */
uint32_t gv_cooccur_counter_base(const gv_cooccur_counter *counter, uint32_t row);
/* GV_E_RUNTIME naming the two words: their sum exceeds 64 bits. */
int gv_cooccur_counter_overflow(const gv_cooccur_counter *counter, uint32_t row, uint32_t column,
                                gv_error *err);

/* Make the rows of one task in worker->out, with gv_cooccur_worker_make_room between rows and
 * gv_cooccur_worker_end_task behind the last, both with counter->sink. */
typedef int gv_cooccur_counter_task_fn(void *argument, gv_cooccur_worker *worker, uint32_t task,
                                       gv_error *err);
/* What run_tasks runs: `fn(argument, ...)` for every task; the rows go to `write(context, ...)` in
 * order. */
typedef struct gv_cooccur_counter_tasks {
    gv_cooccur_sink_tasks tasks;
    gv_cooccur_counter_task_fn *fn;
    void *argument;
    gv_cooccur_sink_write *write;
    void *context;
} gv_cooccur_counter_tasks;
/* Run tasks on all threads. */
GV_MUST_USE int gv_cooccur_counter_run_tasks(gv_cooccur_counter *counter,
                                             const gv_cooccur_counter_tasks *run, gv_error *err);

/* Begin counts.bin; `result->info` gets what is known. */
GV_MUST_USE int gv_cooccur_counter_create(gv_cooccur_counter *counter, gv_cooccur_result *result,
                                          gv_error *err);
/* Append rows to counts.bin. A gv_cooccur_sink_write; `writer` is the gv_counts_writer. */
GV_MUST_USE int gv_cooccur_counter_put(void *writer, uint32_t band, const uint8_t *rows,
                                       size_t bytes, gv_error *err);
/* All rows are in counts.bin: complete it. No rows at all: GV_E_RUNTIME. */
GV_MUST_USE int gv_cooccur_counter_commit(gv_cooccur_counter *counter, gv_cooccur_result *result,
                                          gv_error *err);

#endif
