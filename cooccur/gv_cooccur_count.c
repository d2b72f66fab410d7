/*
 * Batch by batch: fill, index, gather. A single batch goes straight into counts.bin; several become
 * sorted runs that are merged into it.
 *
 * Cells are whole numbers, rows are independent, and the cells of runs are added up, so nothing of
 * how the work was divided shows in the result.
 */
#include "cooccur/gv_cooccur_count.h"

#include "base/gv_signal.h"
#include "cooccur/gv_cooccur_base.h"
#include "cooccur/gv_cooccur_merge.h"
#include "cooccur/gv_cooccur_split.h"

/* The sums of a row are complete: code it. */
static int emit_row(gv_cooccur_counter *counter, gv_cooccur_worker *worker, uint32_t row,
                    uint32_t task, gv_error *err)
{
    int status = gv_cooccur_worker_emit(worker, row, gv_cooccur_counter_base(counter, row), err);
    if (status == GV_OK)
        status = gv_cooccur_worker_make_room(worker, &counter->sink, task, err);
    return status == GV_OK ? gv_signal_check(err) : status;
}

/* The row of a task that all threads do together; the owner codes it and ends the task. */
static int gather_shared(gv_cooccur_split *split, gv_cooccur_worker *worker, uint32_t task,
                         gv_error *err)
{
    gv_cooccur_counter *counter = split->counter;
    const uint32_t row = split->first[task];
    uint32_t column;
    bool owner;
    if (!gv_cooccur_split_gather(split, worker, task, &owner, &column))
        return gv_cooccur_counter_overflow(counter, row, column, err);
    int status = gv_signal_check(err);
    if (status != GV_OK || !owner)
        return status;
    status = emit_row(counter, worker, row, task, err);
    if (status != GV_OK)
        return status;
    return gv_cooccur_worker_end_task(worker, &counter->sink, task, err);
}

/* A gv_cooccur_counter_task_fn. */
static int gather_task(void *argument, gv_cooccur_worker *worker, uint32_t task, gv_error *err)
{
    gv_cooccur_split *split = argument;
    gv_cooccur_counter *counter = split->counter;
    const uint32_t *start = counter->batch.start, end = split->first[task + 1];
    uint32_t column;
    if (split->tasks.shared[task])
        return gather_shared(split, worker, task, err);
    for (uint32_t row = split->first[task]; row < end; row++) {
        if (start[row] == start[row + 1])
            continue;
        if (!gv_cooccur_gather_row(&counter->gather, worker, row, &column))
            return gv_cooccur_counter_overflow(counter, row, column, err);
        int status = emit_row(counter, worker, row, task, err);
        if (status != GV_OK)
            return status;
    }
    if (counter->counting)
        gv_progress_add(counter->job->progress, start[end] - start[split->first[task]]);
    return gv_cooccur_worker_end_task(worker, &counter->sink, task, err);
}

/* Gather all rows of the batch. */
static int gather_rows(gv_cooccur_counter *counter, gv_cooccur_sink_write *write, void *context,
                       gv_error *err)
{
    gv_cooccur_split split;
    int status = gv_cooccur_split_cut(&split, counter, err);
    if (status == GV_OK) {
        const gv_cooccur_counter_tasks run = {split.tasks, gather_task, &split, write, context};
        status = gv_cooccur_counter_run_tasks(counter, &run, err);
    }
    gv_cooccur_split_clear(&split);
    return status;
}

/* The phase of progress after the text has been read. How many tokens other ranks have is known
 * only where each counts all of its part now, and the vocabulary comes from the same text. */
static void begin_counting(gv_cooccur_counter *counter)
{
    const gv_cooccur_job *job = counter->job;
    uint64_t total = counter->batch.position_count;
    if (job->shared)
        total =
            counter->runs.levels > 0 || job->config->cooccur_sample > 0 || job->config->vocab_file
                ? 0
                : gv_vocab_total(job->vocab);
    bool rest = !job->shared && counter->runs.levels > 0;
    gv_progress_begin(job->progress, rest ? "counting the rest" : "counting", total, "tokens");
    counter->counting = true;
}

/* Count one batch into counts.bin (`last`, no runs yet, and there is one) or into a run. */
static int count_batch(gv_cooccur_counter *counter, bool last, gv_error *err)
{
    gv_cooccur_batch *batch = &counter->batch;
    int status = gv_cooccur_batch_index(batch, counter->workers, counter->limits->threads,
                                        counter->gather.pack.symmetric, err);
    if (status != GV_OK)
        return status;
    gv_cooccur_gather_batch(&counter->gather, batch);
    if (counter->bands.count == 0) { /* the first batch: its words are as any batch's */
        gv_cooccur_bands bands;
        gv_cooccur_bands_cut(&bands, batch->start, batch->words);
        gv_cooccur_counter_set_bands(counter, &bands);
    }
    if (last)
        begin_counting(counter);
    if (last && counter->runs.levels == 0 && counter->writer) {
        status = gather_rows(counter, gv_cooccur_counter_put, counter->writer, err);
    } else {
        gv_cooccur_runs_writer run;
        status = gv_cooccur_runs_begin(&run, &counter->runs, 0, err);
        if (status == GV_OK)
            status = gather_rows(counter, gv_cooccur_runs_write, &run, err);
        if (status == GV_OK)
            gv_cooccur_runs_end(&run);
    }
    if (last && !counter->job->shared) /* else other ranks may still be counting */
        gv_progress_end(counter->job->progress);
    gv_cooccur_batch_free_index(batch);
    return status;
}

/* One after the other; the reading of the text is one phase of progress. */
int gv_cooccur_count_text(gv_cooccur_counter *counter, const gv_cooccur_source *source,
                          gv_cooccur_result *result, gv_error *err)
{
    bool more = true;
    for (;;) {
        int status = gv_cooccur_batch_fill(&counter->batch, source, &more, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
        if (!more) {
            if (counter->job->shared && !counter->counting)
                begin_counting(counter); /* nothing here, but others have text */
            return GV_OK;
        }
        /* a source fills a batch unless the text ends, so a short one is the last: a corpus of one
         * batch never goes to the disk */
        bool last = counter->batch.count - counter->batch.carried < counter->batch.capacity;
        status = count_batch(counter, last, err);
        if (status == GV_OK)
            status = gv_cooccur_merge_full_levels(counter, err);
        if (status != GV_OK)
            return status;
        result->info.tokens += counter->batch.tokens;
        result->batches++;
        if (last)
            return GV_OK;
    }
}

static int merge_runs(gv_cooccur_counter *counter, gv_error *err)
{
    if (gv_cooccur_runs_count(&counter->runs) == 0)
        return GV_OK;
    int status = gv_cooccur_merge_to_fan_in(counter, err);
    gv_progress_note(counter->job->progress, "merging %u sorted runs of %.1f MB",
                     gv_cooccur_runs_count(&counter->runs),
                     (double)gv_cooccur_runs_bytes(&counter->runs) / 1048576.0);
    if (status == GV_OK)
        status = gv_cooccur_merge(counter, 0, counter->runs.levels, gv_cooccur_counter_put,
                                  counter->writer, err);
    return status;
}

/* The counts of earlier text are the first run. */
static int begin_with_base(gv_cooccur_counter *counter, gv_cooccur_result *result, gv_error *err)
{
    gv_cooccur_bands bands;
    int status = gv_cooccur_bands_of_vocab(&bands, counter->job->vocab, err);
    if (status != GV_OK)
        return status;
    gv_cooccur_counter_set_bands(counter, &bands);
    return gv_cooccur_base_add(counter, result, err);
}

int gv_cooccur_count(const gv_cooccur_job *job, const gv_budget_cooccur_limits *limits,
                     const gv_cooccur_source *source, gv_cooccur_result *result, gv_error *err)
{
    gv_cooccur_counter *counter;
    *result = (gv_cooccur_result){0};
    int status = gv_cooccur_counter_open(&counter, job, limits, err);
    if (status == GV_OK)
        status = gv_cooccur_counter_create(counter, result, err);
    if (status == GV_OK && job->base)
        status = begin_with_base(counter, result, err);
    if (status == GV_OK)
        status = gv_cooccur_count_text(counter, source, result, err);
    if (status == GV_OK)
        status = merge_runs(counter, err);
    if (status == GV_OK)
        status = gv_cooccur_counter_commit(counter, result, err);
    gv_cooccur_counter_close(counter);
    return status;
}
