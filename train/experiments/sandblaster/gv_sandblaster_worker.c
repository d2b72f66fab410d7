/*
 * A worker: work items, the next ones fetched while threads compute.
 *
 * An item is the gradient of the word rows (or the context rows) of a few segments, from all tiles
 * in these segments' rows and columns of the matrix. As these meet the rows of nearly every other
 * segment, the worker fetches all rows when an evaluation begins, once. What meets the same other
 * segment is done together, so that its rows come into the processor's cache once for the item. But
 * each segment meets the others in ascending order: its gradient does not depend on which segments
 * the item has.
 */
#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "base/gv_threads.h"
#include "model/gv_pull.h"
#include "train/experiments/sandblaster/gv_gradient.h"
#include "train/experiments/sandblaster/gv_sandblaster.h"
#include "train/experiments/sandblaster/gv_sandblaster_internal.h"
#include "train/gv_usage.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_AT_ONCE = 64 };        /* of a message: bounds its size */
static const double wait_s = 0.05; /* seconds; a message ends a wait at once */

/* An item and its result. */
typedef struct work {
    gv_sandblaster_item item;
    uint8_t *gradient[GV_SANDBLASTER_ITEM_SEGMENTS]; /* messages GV_TAG_GRADIENT */
} work;

typedef struct worker {
    gv_comm *comm;
    gv_training *t;
    const gv_store_tile *tiles;
    const gv_objective_kernel *kernel;
    gv_params params;
    gv_model *x;
    gv_prepare_scratch *scratch; /* [threads] */
    uint32_t *first_tile;        /* [segments + 1] where the tiles of each begin in */
    uint32_t *tile_list;         /* [first_tile[segments]], of each by the other segment */
    uint32_t evaluation;
    uint64_t asked, answered;   /* fetches, since the beginning */
    gv_sandblaster_item *queue; /* [room] items that are here */
    size_t room, queued, wanted;
    work *batch; /* [room] that threads are at */
    size_t batch_n;
    atomic_size_t next; /* of the batch, for the next thread that is free */
    gv_usage reported;
} worker;

/* --- messages --------------------------------------------------------------------------------- */

/* Ask every server for all its rows. */
static int fetch_all(worker *w, gv_error *err)
{
    uint32_t keys[KEYS_AT_ONCE], first, end;
    int status = GV_OK;
    for (unsigned server = w->params.first; server < w->params.end; server++) {
        gv_params_segments(&first, &end, &w->params, server);
        for (uint32_t key = 2 * first; key < 2 * end && status == GV_OK;) {
            size_t n = 0;
            while (n < KEYS_AT_ONCE && key < 2 * end)
                keys[n++] = key++;
            status = gv_params_send_fetch(w->comm, server, (gv_params_list){keys, n}, err);
            w->asked++;
        }
    }
    return status;
}

/* Another point: the work left at the last point is no longer needed. */
static int begin_evaluation(worker *w, const gv_comm_message *message, gv_error *err)
{
    gv_sandblaster_evaluate m;
    if (message->bytes != sizeof m || message->from != 0)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent an evaluation of the wrong size",
                            message->from);
    memcpy(&m, message->data, sizeof m);
    if (m.store != gv_training_store_print(w->t))
        return gv_training_other_store(err);
    w->evaluation = m.evaluation;
    /* `wanted` stays: rank 0 still owes the items that were asked for, of whatever evaluation */
    w->queued = 0;
    return fetch_all(w, err);
}

static int take_item(worker *w, const gv_comm_message *message, gv_error *err)
{
    gv_sandblaster_item_message m;
    if (message->bytes != sizeof m)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a work item of the wrong size",
                            message->from);
    memcpy(&m, message->data, sizeof m);
    const gv_sandblaster_item *u = &m.item;
    if (u->first >= u->end || u->end > w->t->info->segments || u->context > 1 ||
        u->end - u->first > GV_SANDBLASTER_ITEM_SEGMENTS || w->wanted == 0 ||
        m.evaluation != w->evaluation || message->from != 0)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a work item that was not asked for",
                            message->from);
    w->wanted--;
    w->queue[w->queued++] = m.item;
    return GV_OK;
}

static int handle(worker *w, const gv_comm_message *message, gv_error *err)
{
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_EVALUATE:
        return begin_evaluation(w, message, err);
    case GV_TAG_ITEM:
        return take_item(w, message, err);
    case GV_TAG_ROWS:
        if (w->answered == w->asked)
            return gv_comm_unexpected(message, err);
        w->answered++;
        return gv_params_receive_rows(w->x, &w->params, (unsigned)message->from, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

static int receive(worker *w, double wait, bool *any, gv_error *err)
{
    gv_comm_message message;
    int status = gv_comm_receive(w->comm, &message, wait, err);
    *any = message.tag != GV_TAG_NONE;
    if (status == GV_OK)
        status = handle(w, &message, err);
    gv_comm_message_free(&message);
    return status;
}

/* Ask for as many items as there is room for, and report what this rank used since it last
 * asked. */
static int want_more(worker *w, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && w->queued + w->wanted < w->room) {
        status = gv_usage_send(&w->reported, w->comm, GV_TAG_WANT, err);
        w->wanted++;
    }
    return status;
}

/* --- computing -------------------------------------------------------------------------------- */

/* The rows of a segment in one matrix, as floats. */
static size_t floats_of(const worker *w, uint32_t segment)
{
    const uint32_t *first = w->t->info->segment_first + segment;
    return (first[1] - first[0]) * w->x->stride;
}

static uint32_t other_segment(const gv_store_tile *tile, uint32_t segment)
{
    return tile->row_segment == segment ? tile->column_segment : tile->row_segment;
}

/* Fetch the rows that an item meets in another segment into the processor's cache. */
static void prefetch_rows(const worker *w, uint32_t segment, bool context)
{
    enum { LINE = 16 };
    if (segment >= w->t->info->segments)
        return;
    const float *rows =
        (context ? w->x->context : w->x->word) + w->t->info->segment_first[segment] * w->x->stride;
    for (size_t i = 0, n = floats_of(w, segment); i < n; i += LINE)
        __builtin_prefetch(rows + i, 0, 2);
}

static int do_tile(worker *w, unsigned thread, gv_gradient_job *job, uint32_t tile, gv_error *err)
{
    const gv_training *t = w->t;
    gv_tile view;
    int status = gv_tile_cache_get(&view, t->cache, thread, tile, err);
    if (status != GV_OK)
        return status;
    status = gv_gradient_add_tile(job, &w->scratch[thread], &view, err);
    gv_tile_cache_release(t->cache, tile);
    gv_test_hook(GV_TEST_HOOK_TASK);
    if (status != GV_OK)
        gv_error_prefix(err, "%s", t->store_path);
    return status;
}

/* All tiles of the item's segments: a merge of their lists by the other segment. at[i] is the place
 * in the list of the i-th. */
static int evaluate(worker *w, unsigned thread, const gv_sandblaster_item *u, gv_gradient_job *jobs,
                    gv_error *err)
{
    uint32_t n = u->end - u->first, at[GV_SANDBLASTER_ITEM_SEGMENTS];
    int status = GV_OK;
    memcpy(at, w->first_tile + u->first, n * sizeof *at);
    for (uint32_t other = 0; other < w->t->info->segments && status == GV_OK; other++) {
        prefetch_rows(w, other + 1, !u->context);
        for (uint32_t i = 0; i < n && status == GV_OK; i++) {
            uint32_t tile = at[i] < w->first_tile[u->first + i + 1] ? w->tile_list[at[i]] : 0;
            if (at[i] == w->first_tile[u->first + i + 1] ||
                other_segment(&w->tiles[tile], u->first + i) != other)
                continue;
            status = do_tile(w, thread, &jobs[i], tile, err);
            at[i]++;
        }
    }
    return status;
}

/* The constant ones of the rows (gv_kernel.h) have no gradient: L-BFGS would move them. They stand
 * behind the vector, the word's after its bias, the context's before it. */
static void fix_constants(const worker *w, const gv_gradient_job *job)
{
    size_t lane = w->x->dim + (job->context ? 0 : 1);
    for (size_t i = 0, n = floats_of(w, job->segment); i < n; i += w->x->stride)
        job->gradient[i + lane] = 0;
}

/* An empty message for a segment's gradient; `job` adds to the rows in it. */
static int begin_gradient(worker *w, uint8_t **message, gv_gradient_job *job,
                          const gv_sandblaster_item *u, uint32_t segment, gv_error *err)
{
    size_t bytes = sizeof(gv_sandblaster_gradient_head) + floats_of(w, segment) * sizeof(float);
    *message = gv_comm_buffer(bytes, err);
    if (!*message)
        return GV_E_MEMORY;
    memset(*message, 0, bytes);
    *job = (gv_gradient_job){
        .kernel = w->kernel,
        .table = &w->t->tasks.table,
        .segment_first = w->t->info->segment_first,
        .x = w->x,
        .symmetric = w->t->info->symmetric,
        .context = u->context,
        .segment = segment,
        .gradient = (float *)(void *)(*message + sizeof(gv_sandblaster_gradient_head))};
    return GV_OK;
}

/* The penalty of rows that are pulled to their start vectors, as part of the objective. */
static double add_penalty(const worker *w, const gv_gradient_job *job)
{
    const uint32_t *first = w->t->info->segment_first + job->segment;
    double sum = 0;
    for (uint32_t row = first[0]; w->t->start && row < first[1]; row++)
        sum += gv_pull_gradient(job->gradient + (row - first[0]) * w->x->stride, w->t->start, w->x,
                                job->context ? GV_START_CONTEXT : GV_START_WORD, row);
    return sum;
}

static void end_gradient(const worker *w, uint8_t *message, const gv_gradient_job *job)
{
    gv_sandblaster_gradient_head head = {.evaluation = w->evaluation,
                                         .key = 2 * job->segment + job->context,
                                         .worker = gv_comm_rank(w->comm),
                                         .value =
                                             add_penalty(w, job) + (job->context ? 0 : job->value)};
    fix_constants(w, job);
    memcpy(message, &head, sizeof head);
}

static int do_item(worker *w, unsigned thread, work *k, gv_error *err)
{
    const gv_sandblaster_item *u = &k->item;
    gv_gradient_job jobs[GV_SANDBLASTER_ITEM_SEGMENTS];
    int status = GV_OK;
    for (uint32_t s = u->first; s < u->end && status == GV_OK; s++)
        status = begin_gradient(w, &k->gradient[s - u->first], &jobs[s - u->first], u, s, err);
    if (status == GV_OK)
        status = evaluate(w, thread, u, jobs, err);
    for (uint32_t s = u->first; s < u->end && status == GV_OK; s++)
        end_gradient(w, k->gradient[s - u->first], &jobs[s - u->first]);
    return status;
}

static int compute(void *context, unsigned thread, gv_error *err)
{
    worker *w = context;
    int status = GV_OK;
    size_t i;
    while (status == GV_OK && (i = atomic_fetch_add(&w->next, 1)) < w->batch_n)
        status = do_item(w, thread, &w->batch[i], err);
    return status;
}

static int compute_batch(void *context, gv_error *err)
{
    worker *w = context;
    unsigned threads = w->t->threads;
    return gv_threads_run(w->batch_n < threads ? (unsigned)w->batch_n : threads, compute, w, err);
}

/* Send what has come out, or drop it after a failure. */
static int send_batch(worker *w, int status, gv_error *err)
{
    for (size_t i = 0; i < w->batch_n; i++) {
        work *k = &w->batch[i];
        for (uint32_t s = k->item.first; s < k->item.end; s++) {
            uint8_t *message = k->gradient[s - k->item.first];
            size_t bytes = sizeof(gv_sandblaster_gradient_head) + floats_of(w, s) * sizeof(float);
            if (status == GV_OK)
                status = gv_comm_post(w->comm, (int)gv_params_server(&w->params, s),
                                      GV_TAG_GRADIENT, message, bytes, err);
            else
                gv_comm_buffer_free(message);
        }
    }
    w->batch_n = 0;
    return status;
}

/* All items that are here. Messages wait until gv_comm_run_background has returned: also that of
 * another evaluation, so rows do not change during the work. */
static int do_batch(worker *w, gv_error *err)
{
    w->batch_n = w->queued;
    for (size_t i = 0; i < w->batch_n; i++)
        w->batch[i] = (work){.item = w->queue[i]};
    w->queued = 0;
    atomic_store(&w->next, 0);
    int status = want_more(w, err);
    if (status == GV_OK)
        status = gv_comm_run_background(w->comm, compute_batch, w, err);
    return send_batch(w, status, err);
}

/* Items and all rows are here. */
static bool is_ready(const worker *w)
{
    return w->queued > 0 && w->answered == w->asked;
}

/* --- the course ------------------------------------------------------------------------------- */

static int compare_others(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Put the tiles of each segment into the order of the other segment. */
static int sort_tiles(worker *w, gv_error *err)
{
    uint32_t segments = w->t->info->segments;
    uint64_t *entries = gv_mem_alloc(w->first_tile[segments], sizeof *entries, err);
    if (!entries)
        return GV_E_MEMORY;
    for (uint32_t s = 0; s < segments; s++) {
        uint32_t begin = w->first_tile[s], n = w->first_tile[s + 1] - begin;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t tile = w->tile_list[begin + i];
            entries[i] = (uint64_t)other_segment(&w->tiles[tile], s) << 32 | tile;
        }
        qsort(entries, n, sizeof *entries, compare_others);
        for (uint32_t i = 0; i < n; i++)
            w->tile_list[begin + i] = (uint32_t)entries[i];
    }
    gv_mem_free(entries);
    return GV_OK;
}

/* The tiles of every segment: those of its row, and those of its column. */
static int list_tiles(worker *w, gv_error *err)
{
    const gv_store_info *info = w->t->info;
    uint32_t *first = w->first_tile = gv_mem_alloc_zero(info->segments + 2, sizeof *first, err);
    if (!first)
        return GV_E_MEMORY;
    for (uint32_t i = 0; i < info->tiles; i++) {
        const gv_store_tile *tile = &w->tiles[i];
        first[tile->row_segment + 2]++;
        first[tile->column_segment + 2] += tile->column_segment != tile->row_segment;
    }
    for (uint32_t s = 2; s < info->segments + 2; s++)
        first[s] += first[s - 1];
    if (!(w->tile_list = gv_mem_alloc(first[info->segments + 1], sizeof *w->tile_list, err)))
        return GV_E_MEMORY;
    for (uint32_t i = 0; i < info->tiles; i++) { /* first[s + 1] is where the next of s goes */
        const gv_store_tile *tile = &w->tiles[i];
        w->tile_list[first[tile->row_segment + 1]++] = i;
        if (tile->column_segment != tile->row_segment)
            w->tile_list[first[tile->column_segment + 1]++] = i;
    }
    return sort_tiles(w, err);
}

static int make_scratch(worker *w, gv_error *err)
{
    w->scratch = gv_mem_alloc_zero(w->t->threads, sizeof *w->scratch, err);
    int status = w->scratch ? GV_OK : GV_E_MEMORY;
    for (unsigned i = 0; i < w->t->threads && status == GV_OK; i++)
        status = gv_prepare_scratch_new(&w->scratch[i], gv_task_sizes_of(w->t->store, NULL).records,
                                        err);
    return status;
}

static int begin(worker *w, gv_error *err)
{
    const gv_training *t = w->t;
    int status = gv_sandblaster_params(&w->params, t->config, t->info, gv_comm_size(w->comm), err);
    if (status == GV_OK)
        status = gv_model_new_values(&w->x, t->info->vocab_size, t->config->train_dim, err);
    if (status == GV_OK)
        status = make_scratch(w, err);
    if (status == GV_OK)
        status = list_tiles(w, err);
    if (status != GV_OK)
        return status;
    w->room = 4 * (size_t)t->threads;
    w->queue = gv_mem_alloc(w->room, sizeof *w->queue, err);
    w->batch = gv_mem_alloc(w->room, sizeof *w->batch, err);
    w->reported = gv_usage_now(w->comm);
    return w->queue && w->batch ? GV_OK : GV_E_MEMORY;
}

static void end(worker *w)
{
    for (unsigned i = 0; w->scratch && i < w->t->threads; i++)
        gv_prepare_scratch_free(&w->scratch[i]);
    gv_mem_free(w->scratch);
    gv_mem_free(w->batch);
    gv_mem_free(w->queue);
    gv_mem_free(w->tile_list);
    gv_mem_free(w->first_tile);
    gv_model_free(w->x);
    gv_params_free(&w->params);
}

int gv_sandblaster_work(gv_training *training, gv_error *err)
{
    worker w = {.comm = training->comm,
                .t = training,
                .tiles = gv_store_tiles(training->store),
                .kernel = gv_objective_of(training->kernel)};
    int status = begin(&w, err);
    while (status == GV_OK) { /* compute when all messages that are here have been read */
        bool any = false;
        status = want_more(&w, err);
        if (status == GV_OK)
            status = receive(&w, is_ready(&w) ? 0 : wait_s, &any, err);
        if (status == GV_OK && !any && is_ready(&w))
            status = do_batch(&w, err);
    }
    end(&w);
    return status;
}
