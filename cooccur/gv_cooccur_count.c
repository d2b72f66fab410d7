/*
 * The course of a count: shard by shard fill, index, gather; one shard goes straight into
 * counts.bin, several become sorted runs that are merged into it.
 *
 * Everything is integers, rows are independent and cells of runs are added, so nothing of how the
 * work was cut up shows in the result.
 */
#include "cooccur/gv_cooccur_internal.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <inttypes.h>

int gv_cooccur_counter_overflow(const gv_cooccur_counter *count, uint32_t row, uint32_t column,
                                gv_error *err)
{
    return gv_error_set(
        err, GV_E_RUNTIME,
        "the count of the pair \"%s\", \"%s\" is beyond 64 bits; use smaller weights in "
        "cooccur.weighting",
        gv_vocab_word(count->job->vocab, row), gv_vocab_word(count->job->vocab, column));
}

int gv_cooccur_counter_parallel(gv_cooccur_counter *count, gv_threads_fn *fn, void *argument,
                                gv_cooccur_sink_write *write, void *context, gv_error *err)
{
    gv_cooccur_sink_init(&count->sink, count->bands.count, write, context);
    int status = gv_threads_run(count->limits->threads, fn, argument, err);
    gv_cooccur_sink_clear(&count->sink);
    return status;
}

static int gather_band(gv_cooccur_counter *count, gv_cooccur_worker *worker, uint32_t band,
                       gv_error *err)
{
    const uint32_t *start = count->shard.start;
    uint32_t column;
    int status = GV_OK;
    for (uint32_t row = count->bands.first[band]; row < count->bands.first[band + 1]; row++) {
        if (start[row] == start[row + 1])
            continue;
        if (!gv_cooccur_gather_row(&count->gather, worker, row, &column))
            return gv_cooccur_counter_overflow(count, row, column, err);
        status = gv_cooccur_worker_emit(worker, row, count->gather.pack.symmetric ? row : 0, err);
        if (status == GV_OK)
            status = gv_cooccur_worker_relieve(worker, &count->sink, band, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
    }
    gv_progress_add(count->job->progress,
                    start[count->bands.first[band + 1]] - start[count->bands.first[band]]);
    return gv_cooccur_worker_finish_task(worker, &count->sink, band, err);
}

static int gather_bands(void *context, unsigned thread, gv_error *err)
{
    gv_cooccur_counter *count = context;
    gv_cooccur_worker *worker = &count->workers[thread];
    int status = GV_OK;
    uint32_t band;
    while (status == GV_OK && gv_cooccur_sink_claim(&count->sink, &band))
        status = gather_band(count, worker, band, err);
    if (status == GV_OK)
        status = gv_cooccur_worker_finish(worker, &count->sink, err);
    if (status != GV_OK)
        gv_cooccur_sink_fail(&count->sink);
    return status;
}

int gv_cooccur_counter_put(void *context, uint32_t band, const uint8_t *rows, size_t bytes,
                           gv_error *err)
{
    (void)band;
    return gv_counts_put_coded(context, rows, bytes, err);
}

void gv_cooccur_counter_set_bands(gv_cooccur_counter *count, const gv_cooccur_bands *bands)
{
    count->bands = *bands;
    gv_cooccur_runs_init(&count->runs, count->job->temp_dir, count->limits->fan_in, bands->count);
}

/* Count one shard into counts.bin (`last`, no runs yet, and there is one) or into a run. */
static int count_shard(gv_cooccur_counter *count, bool last, gv_error *err)
{
    gv_cooccur_batch *shard = &count->shard;
    int status = gv_cooccur_batch_index(shard, count->workers, count->limits->threads,
                                        count->gather.pack.symmetric, err);
    if (status != GV_OK)
        return status;
    gv_cooccur_gather_shard(&count->gather, shard);
    if (count->bands.count == 0) { /* the first shard: its words are as any shard's */
        gv_cooccur_bands bands;
        gv_cooccur_bands_cut(&bands, shard->start, shard->words);
        gv_cooccur_counter_set_bands(count, &bands);
    }
    if (last && count->runs.levels == 0 && count->writer) {
        gv_progress_begin(count->job->progress, "counting", shard->position_count, "tokens");
        status = gv_cooccur_counter_parallel(count, gather_bands, count, gv_cooccur_counter_put,
                                             count->writer, err);
        gv_progress_end(count->job->progress);
    } else {
        gv_cooccur_run_writer run;
        status = gv_cooccur_run_begin(&run, &count->runs, 0, err);
        if (status == GV_OK)
            status = gv_cooccur_counter_parallel(count, gather_bands, count, gv_cooccur_run_write,
                                                 &run, err);
        if (status == GV_OK)
            gv_cooccur_run_end(&run);
    }
    gv_cooccur_batch_free_index(shard);
    return status;
}

/* One after the other; the reading of the text is one phase of progress. */
int gv_cooccur_counter_text(gv_cooccur_counter *count, const gv_cooccur_source *source,
                            gv_cooccur_result *result, gv_error *err)
{
    bool more = true;
    for (;;) {
        int status = gv_cooccur_batch_fill(&count->shard, source, &more, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        if (status != GV_OK || !more)
            return status;
        bool last = count->shard.count - count->shard.carried < count->shard.room;
        if (last)
            gv_progress_end(count->job->progress);
        status = count_shard(count, last, err);
        if (status == GV_OK)
            status = gv_cooccur_merge_full_levels(count, err);
        if (status != GV_OK)
            return status;
        result->info.tokens += count->shard.tokens;
        result->shards++;
        if (last)
            return GV_OK;
    }
}

static int merge_runs(gv_cooccur_counter *count, gv_error *err)
{
    if (gv_cooccur_runs_count(&count->runs) == 0)
        return GV_OK;
    int status = gv_cooccur_merge_down_to_one(count, err);
    gv_progress_note(count->job->progress, "merging %u sorted runs of %.1f MB",
                     gv_cooccur_runs_count(&count->runs),
                     (double)gv_cooccur_runs_bytes(&count->runs) / 1048576.0);
    if (status == GV_OK)
        status = gv_cooccur_merge(count, 0, count->runs.levels, gv_cooccur_counter_put,
                                  count->writer, err);
    return status;
}

static int prepare(gv_cooccur_counter *count, gv_error *err)
{
    const gv_cooccur_limits *limits = count->limits;
    const gv_config *config = count->job->config;
    uint32_t words = gv_vocab_size(count->job->vocab);
    int status = gv_counts_weights_make(&count->weights, config, err);
    if (status != GV_OK)
        return status;
    if (count->weights.window == 0 || count->weights.window > GV_WINDOW_MAX)
        return gv_error_set(err, GV_E_USAGE, "cooccur.window: %" PRIu32 " is not between 1 and %d",
                            count->weights.window, GV_WINDOW_MAX);
    status =
        gv_cooccur_gather_init(&count->gather, &count->weights, config->cooccur_symmetric, err);
    if (status == GV_OK)
        status = gv_cooccur_batch_init(&count->shard, words, count->weights.window,
                                       limits->shard_tokens, err);
    if (status != GV_OK)
        return status;
    count->workers = gv_mem_alloc_zero(limits->threads, sizeof *count->workers, err);
    if (!count->workers)
        return GV_E_MEMORY;
    for (unsigned t = 0; t < limits->threads && status == GV_OK; t++)
        status = gv_cooccur_worker_init(&count->workers[t], words, limits->output_bytes,
                                        count->gather.rows, err);
    return status;
}

void gv_cooccur_counter_close(gv_cooccur_counter *count)
{
    if (!count)
        return;
    gv_counts_abort(&count->writer);
    gv_cooccur_runs_clear(&count->runs);
    for (unsigned t = 0; count->workers && t < count->limits->threads; t++)
        gv_cooccur_worker_clear(&count->workers[t]);
    gv_mem_free(count->workers);
    gv_cooccur_batch_clear(&count->shard);
    gv_cooccur_gather_clear(&count->gather);
    gv_counts_weights_clear(&count->weights);
    gv_mem_free(count);
}

/* counts.bin is complete but for its trailer. */
int gv_cooccur_counter_commit(gv_cooccur_counter *count, gv_cooccur_result *result, gv_error *err)
{
    if (gv_counts_cells(count->writer) == 0)
        return gv_error_set(err, GV_E_RUNTIME,
                            "no pairs to count: no two words of the vocabulary stand together in a "
                            "document (see corpus.documents, vocab.min_count)");
    return gv_counts_commit(&count->writer, result->info.tokens, &result->info, err);
}

int gv_cooccur_counter_open(gv_cooccur_counter **result, const gv_cooccur_job *job,
                            const gv_cooccur_limits *limits, gv_error *err)
{
    gv_cooccur_counter *count = *result = gv_mem_alloc_zero(1, sizeof *count, err);
    if (!count)
        return GV_E_MEMORY;
    count->job = job;
    count->limits = limits;
    return prepare(count, err);
}

int gv_cooccur_counter_create(gv_cooccur_counter *count, gv_cooccur_result *result, gv_error *err)
{
    const gv_cooccur_job *job = count->job;
    char *recipe = gv_mem_strdup(job->recipe, err);
    result->info = (gv_counts_info){.vocab_size = gv_vocab_size(job->vocab),
                                    .symmetric = count->gather.pack.symmetric,
                                    .window = count->weights.window,
                                    .unit = count->weights.unit,
                                    .vocab_hash = gv_vocab_hash(job->vocab),
                                    .recipe = recipe};
    int status = recipe ? gv_counts_create(&count->writer, job->counts_path, &result->info, err)
                        : GV_E_MEMORY;
    result->info.recipe = NULL;
    gv_mem_free(recipe);
    return status;
}

int gv_cooccur_count(const gv_cooccur_job *job, const gv_cooccur_limits *limits,
                     const gv_cooccur_source *source, gv_cooccur_result *result, gv_error *err)
{
    gv_cooccur_counter *count;
    *result = (gv_cooccur_result){0};
    int status = gv_cooccur_counter_open(&count, job, limits, err);
    if (status == GV_OK)
        status = gv_cooccur_counter_create(count, result, err);
    if (status == GV_OK)
        status = gv_cooccur_counter_text(count, source, result, err);
    if (status == GV_OK)
        status = merge_runs(count, err);
    if (status == GV_OK)
        status = gv_cooccur_counter_commit(count, result, err);
    gv_cooccur_counter_close(count);
    return status;
}
