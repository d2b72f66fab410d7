#include "compat/gv_compat_train.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_test_hook.h"
#include "schedule/gv_schedule_run.h"
#include <string.h>

/* The schedule wants the tiles as a store's. */
static int make_schedule(gv_compat_train *t, gv_error *err)
{
    const gv_compat_tiles *tiles = t->tiles;
    const gv_store_info info = {.vocab_size = t->model->vocab_size,
                                .records = tiles->records,
                                .cells = tiles->records,
                                .segments = tiles->segments.n,
                                .segment_first = tiles->segments.first,
                                .groups = tiles->segments.groups,
                                .segment_group = tiles->segments.group,
                                .tiles = (uint32_t)tiles->n};
    gv_store_tile *list = gv_mem_alloc_zero(tiles->n, sizeof *list, err);
    if (!list)
        return GV_E_MEMORY;
    for (size_t i = 0; i < tiles->n; i++)
        list[i] = (gv_store_tile){.row_segment = tiles->tile[i].row_segment,
                                  .column_segment = tiles->tile[i].column_segment,
                                  .records = tiles->tile[i].records};
    int status = gv_schedule_new(&t->schedule, &info, list, err);
    gv_mem_free(list);
    return status;
}

int gv_compat_train_open(gv_compat_train *t, gv_error *err)
{
    int status = gv_kernel_choose(&t->kernel, err);
    /* the bias has step size 1, as in the reference: -eta is of the vectors */
    if (status == GV_OK)
        status = gv_step_sizes_init(&t->step_sizes, t->model->dim, t->eta, 1, t->clip, err);
    if (status == GV_OK)
        status = make_schedule(t, err);
    if (status != GV_OK)
        return status;
    t->losses = gv_mem_alloc(gv_schedule_count(t->schedule), sizeof *t->losses, err);
    t->done = gv_mem_alloc(t->tiles->segments.n, sizeof *t->done, err);
    t->segment_loss = gv_mem_alloc(t->tiles->segments.n, sizeof *t->segment_loss, err);
    t->room = gv_mem_alloc_zero(t->threads, sizeof *t->room, err);
    for (unsigned i = 0; t->room && !t->tiles->bytes && i < t->threads; i++)
        if (!(t->room[i] = gv_mem_alloc(t->tiles->largest, 1, err)))
            return GV_E_MEMORY;
    return t->losses && t->done && t->segment_loss && t->room ? GV_OK : GV_E_MEMORY;
}

void gv_compat_train_close(gv_compat_train *t)
{
    gv_mem_free(t->losses);
    gv_mem_free(t->done);
    gv_mem_free(t->segment_loss);
    for (unsigned i = 0; t->room && i < t->threads; i++)
        gv_mem_free(t->room[i]);
    gv_mem_free(t->room);
    gv_schedule_free(t->schedule);
    gv_step_sizes_clear(&t->step_sizes);
}

/* The `work` of a gv_schedule_run_range. */
static int train_tile(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                      gv_error *err)
{
    const gv_compat_train *t = context;
    const gv_model *model = t->model;
    const uint32_t *first = t->tiles->segments.first;
    const gv_kernel_args args = {
        .width = model->width,
        .row_vectors = model->word + first[task->word_segment] * model->stride,
        .column_vectors = model->context + first[task->context_segment] * model->stride,
        .eta_row = t->step_sizes.eta_word,
        .eta_column = t->step_sizes.eta_context,
        .clip = t->step_sizes.clip,
        .scale = 1};
    gv_kernel_tile tile;
    int status = gv_compat_tiles_get(&tile, t->tiles, task->tile, t->room[thread], err);
    if (status != GV_OK)
        return status;
    t->losses[index] = t->kernel->train_tile(&args, &tile);
    gv_progress_add(t->progress, tile.records);
    gv_test_hook(GV_TEST_HOOK_TASK);
    return GV_OK;
}

/* A number that the parameters and AdaGrad sums decide. */
static uint64_t state_of(const gv_model *model)
{
    uint64_t words = gv_hash_64(model->word, model->bytes, 0);
    return gv_hash_64(model->context, model->bytes, words);
}

static bool pause(void *context, unsigned thread)
{
    (void)context;
    (void)thread;
    return gv_signal_pending() != 0;
}

/* The list of tasks depends on the number of threads, but not the order of those of a segment: so
 * losses are added by segment first. */
static double mean_loss(const gv_compat_train *t)
{
    const gv_schedule_task *tasks = gv_schedule_tasks(t->schedule);
    double sum = 0;
    memset(t->segment_loss, 0, t->tiles->segments.n * sizeof *t->segment_loss);
    for (size_t i = 0; i < gv_schedule_count(t->schedule); i++)
        t->segment_loss[tasks[i].word_segment] += t->losses[i];
    for (uint32_t segment = 0; segment < t->tiles->segments.n; segment++)
        sum += t->segment_loss[segment];
    return sum / (double)t->tiles->records;
}

int gv_compat_train_epoch(double *cost, gv_compat_train *t, gv_error *err)
{
    gv_schedule_draw(t->schedule, state_of(t->model), 0, t->threads);
    memset(t->done, 0, t->tiles->segments.n * sizeof *t->done);
    const gv_schedule_run_range range = {.kind = GV_SCHEDULE_ORDERED,
                                         .threads = t->threads,
                                         .done = t->done,
                                         .context = t,
                                         .work = train_tile,
                                         .pause = pause};
    int status = gv_schedule_run(t->schedule, &range, err);
    if (status == GV_OK)
        status = gv_signal_check(err);
    if (status == GV_OK)
        *cost = mean_loss(t);
    return status;
}
