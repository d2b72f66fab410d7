#include "cooccur/gv_cooccur_split.h"

#include "base/gv_mem.h"

enum {
    SHARE = 4,          /* a row of more than this part of a thread's share is split */
    LEAST = 4096,       /* positions of such a row: with fewer, waiting costs more than it saves */
    CHUNKS = 16,        /* of a row, for each thread */
    CHUNK_LEAST = 1024, /* positions */
    RANGES = 4          /* of columns, for each thread */
};

/* --- cutting ---------------------------------------------------------------------------------- */

static uint32_t positions_of(const gv_cooccur_split *split, uint32_t row)
{
    const uint32_t *start = split->counter->batch.start;
    return start[row + 1] - start[row];
}

/* Positions that a row must have to be split. */
static uint64_t split_from(const gv_cooccur_counter *counter)
{
    const gv_budget_cooccur_limits *limits = counter->limits;
    const uint64_t least = counter->batch.position_count / (SHARE * (uint64_t)limits->threads);
    if (limits->threads == 1)
        return UINT64_MAX;
    if (limits->split_from > 0)
        return limits->split_from;
    return least > LEAST ? least : LEAST;
}

/* Append a task up to row `end`, unless it would be empty. */
static void add_task(gv_cooccur_split *split, uint32_t band, uint32_t end, bool shared)
{
    const uint32_t task = split->tasks.count;
    if (split->first[task] == end)
        return;
    split->tasks.band[task] = band;
    split->tasks.shared[task] = shared;
    split->first[++split->tasks.count] = end;
}

int gv_cooccur_split_cut(gv_cooccur_split *split, gv_cooccur_counter *counter, gv_error *err)
{
    const gv_cooccur_bands *bands = &counter->bands;
    const uint64_t from = split_from(counter);
    *split = (gv_cooccur_split){.counter = counter, .task = -1};
    /* those that are split have `from` positions each; each makes two tasks more at most */
    const uint64_t most = counter->batch.position_count / from,
                   room = bands->count +
                          2 * (most < counter->batch.words ? most : counter->batch.words);
    split->first = gv_mem_alloc((size_t)room + 1, sizeof *split->first, err);
    split->tasks.band = gv_mem_alloc((size_t)room, sizeof *split->tasks.band, err);
    split->tasks.shared = gv_mem_alloc((size_t)room, sizeof *split->tasks.shared, err);
    if (!split->first || !split->tasks.band || !split->tasks.shared)
        return GV_E_MEMORY;
    split->first[0] = 0;
    for (uint32_t band = 0; band < bands->count; band++) {
        for (uint32_t row = bands->first[band]; most > 0 && row < bands->first[band + 1]; row++)
            if (positions_of(split, row) >= from) {
                add_task(split, band, row, false);
                add_task(split, band, row + 1, true);
            }
        add_task(split, band, bands->first[band + 1], false);
    }
    return GV_OK;
}

void gv_cooccur_split_clear(gv_cooccur_split *split)
{
    gv_mem_free(split->first);
    gv_mem_free(split->tasks.band);
    gv_mem_free(split->tasks.shared);
}

/* --- gathering -------------------------------------------------------------------------------- */

/* The caller of all that follows holds the mutex of the sink. */

static void begin(gv_cooccur_split *split, gv_cooccur_worker *worker, uint32_t task)
{
    const gv_cooccur_counter *counter = split->counter;
    const uint32_t row = split->first[task], base = gv_cooccur_counter_base(counter, row);
    const size_t n = positions_of(split, row);
    const uint64_t sides = counter->gather.pack.symmetric ? 2 : 1;
    /* every thread that has a chunk costs a pass over its sums: the chunk is worth it */
    const uint64_t worth = (worker->words - base) / (2 * sides * counter->gather.pack.window),
                   least = counter->limits->split_from > 0 ? 1
                           : worth > CHUNK_LEAST           ? worth
                                                           : CHUNK_LEAST;
    split->task = task;
    split->stage = GV_COOCCUR_SPLIT_ADD;
    split->owner = worker;
    split->at = counter->batch.start[row];
    split->end = split->at + n;
    split->chunk = n / (CHUNKS * (size_t)counter->limits->threads);
    if (split->chunk < least)
        split->chunk = (size_t)least;
    /* ranges of whole groups, if there are any: no two threads set one mark */
    const uint32_t unit = worker->groups ? GV_COOCCUR_WORKER_GROUP : 1;
    split->line = base / GV_ROWS_LINE / unit * unit;
    split->range = (worker->lines - split->line) / (RANGES * counter->limits->threads) + 1;
    split->range = (split->range + unit - 1) / unit * unit;
    split->busy = 0;
    gv_cooccur_gather_begin(&counter->gather, worker, row);
}

/* Take positions and add what is around them. False: overflow. */
static bool add_chunk(gv_cooccur_split *split, gv_cooccur_worker *worker, uint32_t *column)
{
    gv_cooccur_counter *counter = split->counter;
    const uint32_t row = split->first[split->task];
    const size_t at = split->at, left = split->end - at,
                 n = left < split->chunk ? left : split->chunk;
    split->at += n;
    split->busy++;
    pthread_mutex_unlock(&counter->sink.mutex);
    if (!worker->part)
        gv_cooccur_gather_begin(&counter->gather, worker, row);
    worker->part = true;
    bool fits = gv_cooccur_gather_part(&counter->gather, worker, row, at, at + n, column);
    if (counter->counting)
        gv_progress_add(counter->job->progress, n);
    pthread_mutex_lock(&counter->sink.mutex);
    if (--split->busy == 0 && split->at == split->end) {
        split->stage = GV_COOCCUR_SPLIT_JOIN;
        pthread_cond_broadcast(&counter->sink.changed);
    }
    return fits;
}

/* The row is the owner's alone: all threads go on. */
static void end_joining(gv_cooccur_split *split)
{
    gv_cooccur_counter *counter = split->counter;
    for (unsigned t = 0; t < counter->limits->threads; t++)
        counter->workers[t].part = false;
    split->stage = GV_COOCCUR_SPLIT_DONE;
    counter->sink.claimed++;
    pthread_cond_broadcast(&counter->sink.changed);
}

/* Take columns and add the sums of all workers up there. False: overflow. */
static bool join_range(gv_cooccur_split *split, uint32_t *column)
{
    gv_cooccur_counter *counter = split->counter;
    gv_cooccur_worker *owner = split->owner;
    const uint32_t from = split->line, left = owner->lines - from,
                   to = from + (left < split->range ? left : split->range);
    bool fits = true;
    split->line = to;
    split->busy++;
    pthread_mutex_unlock(&counter->sink.mutex);
    for (unsigned t = 0; t < counter->limits->threads && fits; t++) {
        gv_cooccur_worker *other = &counter->workers[t];
        if (other != owner && other->part)
            fits = gv_cooccur_worker_join(owner, other, from, to, column);
    }
    pthread_mutex_lock(&counter->sink.mutex);
    if (--split->busy == 0 && split->line == owner->lines)
        end_joining(split);
    return fits;
}

/* Is this stage of the task still going on? */
static bool is_at(const gv_cooccur_split *split, uint32_t task, enum gv_cooccur_split_stage stage)
{
    return !split->counter->sink.failed && split->task == task && split->stage == stage;
}

bool gv_cooccur_split_gather(gv_cooccur_split *split, gv_cooccur_worker *worker, uint32_t task,
                             bool *owner, uint32_t *column)
{
    gv_cooccur_sink *sink = &split->counter->sink;
    bool fits = true;
    pthread_mutex_lock(&sink->mutex);
    /* it may be over by now, and a later one have begun */
    if (split->task < (int64_t)task)
        begin(split, worker, task);
    *owner = split->task == task && split->owner == worker;
    while (fits && is_at(split, task, GV_COOCCUR_SPLIT_ADD)) {
        if (split->at < split->end)
            fits = add_chunk(split, worker, column);
        else
            pthread_cond_wait(&sink->changed, &sink->mutex);
    }
    while (fits && is_at(split, task, GV_COOCCUR_SPLIT_JOIN)) {
        if (split->line < split->owner->lines)
            fits = join_range(split, column);
        else
            pthread_cond_wait(&sink->changed, &sink->mutex);
    }
    *owner = *owner && !sink->failed;
    pthread_mutex_unlock(&sink->mutex);
    return fits;
}
