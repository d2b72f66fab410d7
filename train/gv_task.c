/*
 * Training on a tile.
 *
 * The tile comes from the cache, is prepared for the kernel (gv_prepare.h), has unseen pairs mixed
 * in where the objective wants them, and is passed to the kernel, in the direction or directions
 * of the task. Rows and tiles that are needed soon are prefetched on the way.
 */
#include "train/gv_task.h"

#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "budget/gv_budget_train.h"
#include "model/gv_pull.h"
#include "train/gv_divergence.h"
#include <math.h>

enum {
    /* Tile rows that a kernel reads before its own prefetches arrive (ROWS_AHEAD in
     * gv_kernel_body.inc); of records it is as many as gv_tuning says. */
    FIRST_ROWS = 4,
    LINE_FLOATS = 16 /* of a cache line */
};

/* --- workers ---------------------------------------------------------------------------------- */

gv_task_sizes gv_task_sizes_of(const gv_store *store, const gv_unseen *unseen)
{
    gv_task_sizes sizes = {0};
    for (uint32_t t = 0; t < gv_store_about(store)->tiles; t++)
        if (gv_store_tiles(store)[t].records > sizes.records)
            sizes.records = gv_store_tiles(store)[t].records;
    if (unseen)
        gv_unseen_sizes(&sizes.mixed, &sizes.width, unseen, store);
    return sizes;
}

_Static_assert(sizeof(gv_task_worker) == GV_BUDGET_TRAIN_WORKER_BYTES,
               "gv_budget_train.h has the size of a worker");

int gv_task_worker_init(gv_task_worker *worker, gv_task_sizes sizes, gv_error *err)
{
    *worker = (gv_task_worker){0};
    int status = gv_prepare_scratch_new(&worker->scratch, sizes.records, err);
    if (status == GV_OK && sizes.mixed > 0)
        status = gv_unseen_scratch_new(&worker->mixed, sizes.mixed, sizes.width, err);
    return status;
}

void gv_task_worker_clear(gv_task_worker *worker)
{
    gv_prepare_scratch_free(&worker->scratch);
    gv_unseen_scratch_free(&worker->mixed);
}

/* --- the kernel on the rows themselves -------------------------------------------------------- */

static double train_directly(void *kernel, unsigned thread, const gv_kernel_args *args,
                             const gv_kernel_tile *tile, uint32_t first_row, uint32_t first_column)
{
    (void)thread;
    (void)first_row;
    (void)first_column;
    return ((const gv_kernel *)kernel)->train_tile(args, tile);
}

static void do_nothing(void *context, unsigned thread)
{
    (void)context;
    (void)thread;
}

gv_task_update gv_task_update_directly(const gv_kernel *kernel)
{
    union { /* the update's context is not const: others' are written to */
        const gv_kernel *kernel;
        void *context;
    } own = {kernel};
    return (gv_task_update){own.context, train_directly, do_nothing, do_nothing};
}

/* --- baseline loss ---------------------------------------------------------------------------- */

/* What a pair costs a model whose vectors are 0. With GloVe 1 is added to (log X)^2 for the random
 * numbers that a model begins with. */
static double baseline_of_pair(const gv_kernel_args *args, float x)
{
    const double log_2 = 0.69314718055994531, focus = (double)args->focus;
    if (!args->logistic)
        return 0.5 * (double)(x * x + 1);
    if (x == -INFINITY) /* an unseen pair */
        return (1 + focus) * log_2 - focus;
    double off = fabs((double)x), bound = (double)args->logit_bound;
    double counted = off < bound ? off : bound;
    return log_2 + (double)args->logit_weight * counted * (off - 0.5 * counted);
}

static double baseline_loss(const gv_kernel_args *args, const gv_kernel_tile *tile)
{
    double sum = 0;
    for (size_t k = 0; k < tile->records; k++)
        sum += (double)tile->weight[k] * baseline_of_pair(args, tile->log_x[k]);
    return sum;
}

/* --- a direction ------------------------------------------------------------------------------ */

/* The tile's rows are word rows, its columns context rows; transposed, the other way round. */
static gv_kernel_args make_args(const gv_task_context *c, const gv_model *model,
                                const gv_tile *view, bool transposed)
{
    const gv_step_sizes *sizes = c->step_sizes;
    size_t row_first = (size_t)c->segment_first[view->row_segment] * model->stride;
    size_t column_first = (size_t)c->segment_first[view->column_segment] * model->stride;
    return (gv_kernel_args){.width = model->width,
                            .row_vectors = (transposed ? model->context : model->word) + row_first,
                            .column_vectors =
                                (transposed ? model->word : model->context) + column_first,
                            .eta_row = transposed ? sizes->eta_context : sizes->eta_word,
                            .eta_column = transposed ? sizes->eta_word : sizes->eta_context,
                            .clip = sizes->clip,
                            .near = c->tuning.near,
                            .far = c->tuning.far,
                            .constant_step = c->constant_step,
                            .logistic = c->unseen != NULL,
                            .scale = c->model->scale * c->model->scale,
                            .logit_weight = (float)c->config->train_logit_weight,
                            .logit_bound = (float)c->config->train_logit_bound,
                            .focus = (float)c->config->train_unseen_focus};
}

/* The kernel fetches rows from memory well ahead, but not the first ones of a tile: they are asked
 * for here and arrive while the records are prepared. */
static void prefetch_first_rows(const gv_kernel_args *args, const gv_tile *view)
{
    size_t stride = 2 * args->width;
    for (size_t k = 0; k < args->far && k < view->records; k++) {
        size_t column = view->column8 ? view->column8[k] : view->column16[k];
        for (size_t c = 0; c < stride; c += LINE_FLOATS)
            __builtin_prefetch(args->column_vectors + column * stride + c, 0, 2);
    }
    for (size_t r = 0; r < FIRST_ROWS && r < view->rows; r++)
        for (size_t c = 0; c < stride; c += LINE_FLOATS)
            __builtin_prefetch(args->row_vectors + view->row[r] * stride + c, 0, 2);
}

/* A tile in one direction; `hollow`: the cells (i, i) were left out, which the first direction of a
 * diagonal tile has trained on. */
typedef struct direction {
    const gv_schedule_task *task;
    const gv_tile *view;
    bool transposed, hollow;
} direction;

static double train_direction(gv_task_context *c, unsigned thread, gv_kernel_tile tile,
                              const direction *d)
{
    gv_task_worker *w = &c->workers[thread];
    const gv_tile *view = d->view;
    uint32_t contexts = c->model->vocab_size; /* number of the first context row */
    gv_kernel_args args = make_args(c, w->model, view, d->transposed);
    if (c->unseen) {
        const gv_unseen_place place = {d->task->tile, view->row_segment, view->column_segment,
                                       d->transposed, d->hollow};
        gv_unseen_mix(&tile, &w->mixed, c->unseen, &place);
    }
    if (c->epoch == 0)
        w->baseline_loss += baseline_loss(&args, &tile);
    return c->update.train_tile(
        c->update.context, thread, &args, &tile,
        c->segment_first[view->row_segment] + (d->transposed ? contexts : 0),
        c->segment_first[view->column_segment] + (d->transposed ? 0 : contexts));
}

/* --- weight decay ----------------------------------------------------------------------------- */

/* Of rows first .. end - 1 of one side; frozen rows do not decay. */
static void decay_rows(const gv_task_context *c, int side, uint32_t first, uint32_t end)
{
    const gv_model *model = c->model;
    float *matrix = side == GV_START_WORD ? model->word : model->context;
    gv_model_decay(model, matrix, first, end, c->keep);
    if (c->start)
        gv_pull_hold(c->start, model, side, first, end);
}

/* Every epoch but the first begins with it, with objective `logistic`. */
static bool decays(const gv_task_context *c)
{
    return c->unseen && c->epoch > 0 && c->keep < 1;
}

void gv_task_decay(const gv_task_context *c)
{
    if (c->by_turns || !decays(c))
        return;
    decay_rows(c, GV_START_WORD, 0, c->model->vocab_size);
    decay_rows(c, GV_START_CONTEXT, 0, c->model->vocab_size);
}

/* Of a segment's rows, before their first task. That task has turn 0, so nobody touches the rows
 * before it, and the bytes are those of a decay of all rows at the beginning of the epoch, without
 * a barrier. In an epoch that is resumed, turn 0 is done or still to come: no row decays twice. */
static void decay_by_turns(const gv_task_context *c, const gv_schedule_task *task)
{
    const uint32_t *first = c->segment_first;
    uint32_t word = task->word_segment, context = task->context_segment;
    if (task->word_turn == 0)
        decay_rows(c, GV_START_WORD, first[word], first[word + 1]);
    if (task->context_turn == 0)
        decay_rows(c, GV_START_CONTEXT, first[context], first[context + 1]);
}

/* --- start vectors ---------------------------------------------------------------------------- */

/* In an epoch, rows are pulled to their start vectors after so many of the tasks on their segment,
 * the last one always among them: more often costs time and changes little (gv_pull.h). */
enum { PULLS_MOST = 32 };

/* Is one due after the task with this turn, of `tasks`? They are spread evenly. */
static bool pull_due(uint32_t turn, uint32_t tasks)
{
    uint64_t pulls = tasks < PULLS_MOST ? tasks : PULLS_MOST;
    return (turn + 1) * pulls / tasks > turn * pulls / tasks;
}

static void pull_segment(const gv_task_context *c, const gv_model *model, int side,
                         uint32_t segment, uint32_t turn)
{
    const uint32_t tasks = (side == GV_START_WORD ? c->word_tasks : c->context_tasks)[segment];
    const float *eta = side == GV_START_WORD ? c->step_sizes->eta_word : c->step_sizes->eta_context;
    if (!pull_due(turn, tasks))
        return;
    gv_pull_step step = {.part = 1.0 / (tasks < PULLS_MOST ? tasks : PULLS_MOST),
                         .eta = (double)eta[0],
                         .constant = c->constant_step};
    gv_pull_rows(c->start, model, side, c->segment_first[segment], c->segment_first[segment + 1],
                 step);
}

/* Part of the task: the task after it on the same rows finds them pulled, on whatever thread or
 * rank, and also after a restart. */
static void pull_after(const gv_task_context *c, const gv_model *model,
                       const gv_schedule_task *task)
{
    pull_segment(c, model, GV_START_WORD, task->word_segment, task->word_turn);
    pull_segment(c, model, GV_START_CONTEXT, task->context_segment, task->context_turn);
}

/* --- a task ----------------------------------------------------------------------------------- */

static int train_tile(gv_task_context *c, unsigned thread, size_t index,
                      const gv_schedule_task *task, const gv_tile *view, gv_error *err)
{
    gv_task_worker *w = &c->workers[thread];
    gv_kernel_tile tile;
    direction d = {task, view, task->transposed, false};
    gv_kernel_args args = make_args(c, w->model, view, task->transposed);
    prefetch_first_rows(&args, view);
    if (c->by_turns && decays(c))
        decay_by_turns(c, task);
    int status = gv_prepare_tile(&tile, &c->table, &w->scratch, view, err);
    if (status != GV_OK)
        return status;
    size_t records = tile.records;
    c->losses[index] = train_direction(c, thread, tile, &d);
    if (task->both) {
        /* the tile read the other way, by the same thread; cells (i,i) are the same pair in both
         * ways and have been trained on */
        gv_prepare_without_diagonal(&tile, &w->scratch);
        d.transposed = d.hollow = true;
        records += tile.records;
        c->losses[index] += train_direction(c, thread, tile, &d);
    }
    if (c->start)
        pull_after(c, w->model, task);
    w->records += records;
    /* relaxed: they tell when to pause and how far it is, and order nothing */
    atomic_fetch_add_explicit(&c->begun, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->visited, records, memory_order_relaxed);
    gv_progress_add(c->progress, records);
    return GV_OK;
}

/* This thread's next task is likely the one `stride` further on in the list. If another thread
 * claims it, the prefetch still has brought the tile into a cache of the same machine, and nothing
 * else depends on it. */
static void prefetch_tiles(const gv_task_context *c, size_t index)
{
    const gv_schedule_task *list = gv_schedule_tasks(c->schedule);
    size_t soon = index + c->stride, later = soon + c->stride;
    if (later < gv_schedule_count(c->schedule))
        gv_tile_cache_prefetch(c->cache, list[soon].tile, list[later].tile);
}

int gv_task_run(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                gv_error *err)
{
    gv_task_context *c = context;
    gv_tile view;
    int status = gv_tile_cache_get(&view, c->cache, thread, task->tile, err);
    if (status != GV_OK)
        return status;
    prefetch_tiles(c, index);
    status = train_tile(c, thread, index, task, &view, err);
    gv_tile_cache_release(c->cache, task->tile);
    gv_test_hook(GV_TEST_HOOK_TASK);
    if (status != GV_OK)
        gv_error_prefix(err, "%s", c->store_path);
    else if (!isfinite(c->losses[index]))
        status = gv_divergence_not_finite(err, c->config, c->epoch);
    return status;
}

void gv_task_enter(void *context, unsigned thread)
{
    const gv_task_update *update = &((gv_task_context *)context)->update;
    update->enter(update->context, thread);
}

void gv_task_leave(void *context, unsigned thread)
{
    const gv_task_update *update = &((gv_task_context *)context)->update;
    update->leave(update->context, thread);
}
