#include "cooccur/gv_cooccur_counter.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include <inttypes.h>

static int prepare(gv_cooccur_counter *counter, gv_error *err)
{
    const gv_budget_cooccur_limits *limits = counter->limits;
    const gv_config *config = counter->job->config;
    uint32_t words = gv_vocab_size(counter->job->vocab);
    int status = gv_counts_weights_make(&counter->weights, config, err);
    if (status != GV_OK)
        return status;
    if (counter->weights.window == 0 || counter->weights.window > GV_ROWS_WINDOW_MAX)
        return gv_error_set(err, GV_E_USAGE, "cooccur.window: %" PRIu32 " is not between 1 and %d",
                            counter->weights.window, GV_ROWS_WINDOW_MAX);
    status =
        gv_cooccur_gather_init(&counter->gather, &counter->weights, config->cooccur_symmetric, err);
    if (status == GV_OK)
        status = gv_cooccur_batch_init(&counter->batch, words, counter->weights.window,
                                       limits->batch_tokens, err);
    if (status != GV_OK)
        return status;
    counter->workers = gv_mem_alloc_zero(limits->threads, sizeof *counter->workers, err);
    if (!counter->workers)
        return GV_E_MEMORY;
    counter->gather.gaps = counter->job->gaps;
    /* gaps are summed like a word, in a column that is emptied behind each row */
    for (unsigned t = 0; t < limits->threads && status == GV_OK; t++)
        status = gv_cooccur_worker_init(&counter->workers[t], words + counter->job->gaps, limits,
                                        counter->gather.rows, err);
    return status;
}

int gv_cooccur_counter_open(gv_cooccur_counter **result, const gv_cooccur_job *job,
                            const gv_budget_cooccur_limits *limits, gv_error *err)
{
    gv_cooccur_counter *counter = *result = gv_mem_alloc_zero(1, sizeof *counter, err);
    if (!counter)
        return GV_E_MEMORY;
    counter->job = job;
    counter->limits = limits;
    return prepare(counter, err);
}

void gv_cooccur_counter_close(gv_cooccur_counter *counter)
{
    if (!counter)
        return;
    gv_counts_abort(&counter->writer);
    gv_cooccur_runs_clear(&counter->runs);
    for (unsigned t = 0; counter->workers && t < counter->limits->threads; t++)
        gv_cooccur_worker_clear(&counter->workers[t]);
    gv_mem_free(counter->workers);
    gv_cooccur_batch_clear(&counter->batch);
    gv_cooccur_gather_clear(&counter->gather);
    gv_counts_weights_clear(&counter->weights);
    gv_mem_free(counter);
}

void gv_cooccur_counter_set_bands(gv_cooccur_counter *counter, const gv_cooccur_bands *bands)
{
    counter->bands = *bands;
    gv_cooccur_runs_init(&counter->runs, counter->job->temp_dir, counter->limits->fan_in,
                         bands->count);
}

uint32_t gv_cooccur_counter_base(const gv_cooccur_counter *counter, uint32_t row)
{
    return counter->gather.pack.symmetric ? row : 0;
}

int gv_cooccur_counter_overflow(const gv_cooccur_counter *counter, uint32_t row, uint32_t column,
                                gv_error *err)
{
    return gv_error_set(
        err, GV_E_RUNTIME,
        "the count of the pair \"%s\", \"%s\" exceeds 64 bits; use smaller weights in "
        "cooccur.weighting",
        gv_vocab_word(counter->job->vocab, row), gv_vocab_word(counter->job->vocab, column));
}

/* --- tasks on all threads --------------------------------------------------------------------- */

typedef struct task_job {
    gv_cooccur_counter *counter;
    const gv_cooccur_counter_tasks *run;
} task_job;

static int run_thread(void *context, unsigned thread, gv_error *err)
{
    const task_job *job = context;
    gv_cooccur_sink *sink = &job->counter->sink;
    gv_cooccur_worker *worker = &job->counter->workers[thread];
    int status = GV_OK;
    uint32_t task;
    while (status == GV_OK && gv_cooccur_sink_claim(sink, &task))
        status = job->run->fn(job->run->argument, worker, task, err);
    if (status == GV_OK)
        status = gv_cooccur_worker_finish(worker, sink, err);
    /* tasks that this thread holds will never be written: threads that wait for them must not */
    if (status != GV_OK)
        gv_cooccur_sink_fail(sink);
    return status;
}

int gv_cooccur_counter_run_tasks(gv_cooccur_counter *counter, const gv_cooccur_counter_tasks *run,
                                 gv_error *err)
{
    task_job job = {counter, run};
    gv_cooccur_sink_init(&counter->sink, &run->tasks, run->write, run->context);
    int status = gv_threads_run(counter->limits->threads, run_thread, &job, err);
    gv_cooccur_sink_clear(&counter->sink);
    return status;
}

/* --- counts.bin ------------------------------------------------------------------------------- */

int gv_cooccur_counter_create(gv_cooccur_counter *counter, gv_cooccur_result *result, gv_error *err)
{
    const gv_cooccur_job *job = counter->job;
    char *recipe = gv_mem_strdup(job->recipe, err);
    result->info = (gv_counts_info){.vocab_size = gv_vocab_size(job->vocab),
                                    .symmetric = counter->gather.pack.symmetric,
                                    .window = counter->weights.window,
                                    .unit = counter->weights.unit,
                                    .vocab_hash = gv_vocab_hash(job->vocab),
                                    .recipe = recipe};
    int status = recipe ? gv_counts_create(&counter->writer, job->counts_path, &result->info, err)
                        : GV_E_MEMORY;
    result->info.recipe = NULL;
    gv_mem_free(recipe);
    return status;
}

int gv_cooccur_counter_put(void *context, uint32_t band, const uint8_t *rows, size_t bytes,
                           gv_error *err)
{
    (void)band;
    return gv_counts_put_coded(context, rows, bytes, err);
}

int gv_cooccur_counter_commit(gv_cooccur_counter *counter, gv_cooccur_result *result, gv_error *err)
{
    if (gv_counts_cells(counter->writer) == 0)
        return gv_error_set(err, GV_E_RUNTIME,
                            "no pairs to count: no two words of the vocabulary are in the same "
                            "window (see corpus.documents, cooccur.window, vocab.min_count)");
    return gv_counts_commit(&counter->writer, result->info.tokens, &result->info, err);
}
