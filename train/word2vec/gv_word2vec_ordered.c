#include "train/word2vec/gv_word2vec_ordered.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_test_hook.h"
#include "model/gv_pull.h"
#include "train/gv_divergence.h"
#include "train/gv_training.h"
#include "train/local/gv_local.h"
#include "train/rotation/gv_rotation.h"
#include "train/word2vec/gv_word2vec_loss.h"
#include "train/word2vec/gv_word2vec_stretch.h"
#include "train/word2vec/gv_word2vec_tile.h"
#include <math.h>
#include <string.h>

/* In an epoch, rows are pulled to their start vectors so often, or once in a stretch if there are
 * more of these: as in gv_task.c. */
enum { PULLS = 32 };

typedef struct ordered {
    gv_word2vec_ordered_inputs in;
    const gv_word2vec_layout *layout;
    uint64_t all; /* stretches of the whole training */
    gv_schedule *schedule;
    gv_checkpoint part;              /* where the stretch is; its `epoch` is the stretch's number */
    gv_training t;                   /* of a stretch */
    gv_engine engine;                /* likewise; of many ranks where there are many */
    gv_word2vec_tile_worker **tiles; /* [threads] */
    gv_word2vec_stretch_queue *stretches;
    uint64_t words_before; /* of the epoch's stretches before this one */
} ordered;

uint64_t gv_word2vec_ordered_tasks(const gv_word2vec_layout *layout)
{
    return layout->stretches * layout->tiles;
}

uint32_t gv_word2vec_ordered_segments(const gv_word2vec_layout *layout)
{
    return layout->segments.n + 1;
}

static const gv_word2vec_stretch *now(const ordered *e)
{
    return gv_word2vec_stretch_now(e->stretches);
}

/* --- a task ----------------------------------------------------------------------------------- */

/* The rate falls with the text gone through, and within a stretch with the tasks of the segment. */
static float rate_of(const ordered *e, const gv_schedule_task *task)
{
    double segments = e->layout->segments.n;
    double done = (double)now(e)->number + task->word_turn / segments;
    return gv_word2vec_text_rate(e->in.text->source.config, done / (double)e->all);
}

/* Pull the rows of a segment, as often in the stretch as makes PULLS in an epoch. */
static void pull_segment(const ordered *e, int side, uint32_t segment, uint32_t turn, float rate)
{
    const gv_word2vec_layout *layout = e->layout;
    const uint32_t *first = layout->segments.first + segment, turns = layout->segments.n;
    uint64_t pulls = (PULLS + layout->stretches - 1) / layout->stretches;
    pulls = pulls < turns ? pulls : turns;
    const gv_start *start = e->in.text->start;
    if (start->frozen)
        gv_pull_hold(start, e->in.text->model, side, first[0], first[1]);
    if ((turn + 1) * pulls / turns == turn * pulls / turns)
        return;
    gv_pull_step step = {
        .part = 1.0 / (double)(pulls * layout->stretches), .eta = (double)rate, .constant = true};
    gv_pull_rows(start, e->in.text->model, side, first[0], first[1], step);
}

/* In words of the text, for the progress: the tasks' parts of those of the stretch. */
static void count_task(ordered *e)
{
    uint64_t tiles = e->layout->tiles, all = now(e)->words;
    uint64_t begun = atomic_fetch_add_explicit(&e->t.tasks.begun, 1, memory_order_relaxed);
    uint64_t words = (begun + 1) * all / tiles - begun * all / tiles;
    atomic_fetch_add_explicit(&e->t.tasks.visited, words, memory_order_relaxed);
    gv_progress_add(e->in.progress, words);
}

static int do_task(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                   gv_error *err)
{
    ordered *e = context;
    const gv_word2vec_tile tile = {.layout = e->layout,
                                   .chunk = now(e)->chunk,
                                   .chunks = now(e)->chunks,
                                   .kernel = e->in.text->kernel,
                                   .model = e->in.text->model,
                                   .word_segment = task->word_segment,
                                   .context_segment = task->context_segment,
                                   .seed = e->in.text->source.config->train_seed,
                                   .stream = now(e)->number * e->layout->tiles + task->tile,
                                   .eta = e->in.text->source.config->train_eta,
                                   .rate = rate_of(e, task)};
    int status = gv_word2vec_tile_train(e->tiles[thread], &tile, &e->t.tasks.losses[index], err);
    if (status == GV_OK && !isfinite(e->t.tasks.losses[index]))
        status = gv_divergence_not_finite(err, e->in.text->source.config,
                                          now(e)->number / e->layout->stretches);
    if (e->in.text->start) {
        pull_segment(e, GV_START_WORD, task->word_segment, task->word_turn, tile.rate);
        pull_segment(e, GV_START_CONTEXT, task->context_segment, task->context_turn, tile.rate);
    }
    count_task(e);
    gv_test_hook(GV_TEST_HOOK_TASK);
    return status;
}

/* A thread that has no task left draws pairs of the next stretch. */
static void draw_ahead(void *context, unsigned thread)
{
    gv_word2vec_stretch_draw_ahead(((ordered *)context)->stretches, thread);
}

static void enter_nothing(void *context, unsigned thread)
{
    (void)context;
    (void)thread;
}

/* --- a stretch -------------------------------------------------------------------------------- */

static int draw_stretch(void *context, gv_error *err)
{
    const ordered *e = context;
    return gv_word2vec_stretch_complete(e->stretches, e->part.epoch, err);
}

/* All pairs of stretch part.epoch; drawing them may take a while, in which other ranks get
 * keep-alives. As gv_training_work's `begin`. */
static int begin_stretch(void *context, gv_error *err)
{
    return gv_comm_run_background(((ordered *)context)->in.comm, draw_stretch, context, err);
}

/* The part of the epoch's state that the stretch begins with. */
static void begin_part(ordered *e, uint64_t stretch_of_epoch)
{
    const gv_checkpoint *state = e->in.state;
    const uint32_t segments = e->layout->segments.n;
    gv_checkpoint *part = &e->part;
    part->tasks_done = state->tasks_done - stretch_of_epoch * e->layout->tiles;
    part->records = 0;
    for (uint32_t s = 0; s < segments; s++)
        part->done[s] = state->done[s] - (uint32_t)stretch_of_epoch * segments;
    memcpy(part->losses, state->losses, segments * sizeof *part->losses);
    e->words_before = state->records - now(e)->words * part->tasks_done / e->layout->tiles;
}

/* And back. The pairs count when all of them are done. */
static void end_part(ordered *e, uint64_t stretch_of_epoch)
{
    const gv_checkpoint *part = &e->part;
    const uint32_t segments = e->layout->segments.n;
    gv_checkpoint *state = e->in.state;
    state->tasks_done = stretch_of_epoch * e->layout->tiles + part->tasks_done;
    state->records = e->words_before + now(e)->words * part->tasks_done / e->layout->tiles;
    for (uint32_t s = 0; s < segments; s++)
        state->done[s] = (uint32_t)stretch_of_epoch * segments + part->done[s];
    memcpy(state->losses, part->losses, segments * sizeof *part->losses);
    if (part->tasks_done == part->tasks)
        state->losses[segments] += (double)now(e)->pairs;
}

/* No loss is in the result: check_loss looks at it, where there is enough of it. */
static void add_result(gv_engine_result *sum, const gv_engine_result *one)
{
    sum->tasks += one->tasks;
    gv_usage_add(&sum->usage, &one->usage);
}

/* Of the epoch's stretches that are complete. */
static double mean_loss(const ordered *e, double *pairs)
{
    const gv_checkpoint *state = e->in.state;
    double sum = 0;
    for (uint32_t s = 0; s < e->layout->segments.n; s++)
        sum += state->losses[s];
    *pairs = state->losses[e->layout->segments.n];
    return *pairs > 0 ? sum / *pairs : 0;
}

/* When a stretch is complete. */
static int check_loss(const ordered *e, gv_error *err)
{
    double pairs, loss = mean_loss(e, &pairs);
    return e->part.tasks_done < e->part.tasks
               ? GV_OK
               : gv_word2vec_loss_check(e->in.text->source.config, e->in.state->epoch, loss, pairs,
                                        err);
}

static int run_stretch(ordered *e, gv_engine_result *sum, gv_error *err)
{
    gv_checkpoint *state = e->in.state;
    gv_engine_result result;
    uint64_t place = state->tasks_done / e->layout->tiles, before = state->records;
    e->part.epoch = state->epoch * e->layout->stretches + place;
    int status = begin_stretch(e, err);
    if (status != GV_OK)
        return status;
    begin_part(e, place);
    e->engine.begin_epoch(e->engine.epoch_context);
    status = e->engine.run_range(e->engine.context, &result, err);
    if (status != GV_OK)
        return status;
    end_part(e, place);
    add_result(sum, &result);
    sum->records += state->records - before;
    return check_loss(e, err);
}

static int run_range(void *context, gv_engine_result *result, gv_error *err)
{
    ordered *e = context;
    const gv_checkpoint *state = e->in.state;
    int status = GV_OK;
    *result = (gv_engine_result){0};
    do
        status = run_stretch(e, result, err);
    while (status == GV_OK && state->tasks_done < state->tasks && !gv_signal_pending() &&
           e->part.tasks_done == e->part.tasks && !gv_saver_due(e->in.saver) &&
           result->tasks < e->t.pause_after);
    return status;
}

static int end_epoch(void *context, gv_engine_epoch *epoch, gv_error *err)
{
    double pairs;
    (void)err;
    epoch->loss = mean_loss(context, &pairs);
    epoch->pairs = (uint64_t)pairs;
    return GV_OK;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void free_engine(void *context)
{
    ordered *e = context;
    if (e->engine.free)
        e->engine.free(e->engine.context);
    gv_training_close(&e->t);
    gv_schedule_free(e->schedule);
    for (unsigned t = 0; e->tiles && t < e->in.threads; t++)
        gv_word2vec_tile_worker_free(e->tiles[t]);
    gv_mem_free(e->tiles);
    gv_word2vec_stretch_free(e->stretches);
    gv_mem_free(e->part.done);
    gv_mem_free(e->part.losses);
    gv_mem_free(e);
}

static int make_workers(ordered *e, gv_error *err)
{
    e->tiles = gv_mem_alloc_zero(e->in.threads, sizeof(gv_word2vec_tile_worker *), err);
    int status = e->tiles ? GV_OK : GV_E_MEMORY;
    for (unsigned t = 0; t < e->in.threads && status == GV_OK; t++)
        status = gv_word2vec_tile_worker_new(&e->tiles[t], e->in.text->model->width, err);
    return status == GV_OK ? gv_word2vec_stretch_new(&e->stretches, &e->in.text->source, e->layout,
                                                     e->all, e->in.threads, err)
                           : status;
}

static int make_part(ordered *e, gv_error *err)
{
    const uint32_t segments = e->layout->segments.n;
    e->part = (gv_checkpoint){.segments = segments, .tasks = e->layout->tiles};
    e->part.done = gv_mem_alloc_zero(segments, sizeof *e->part.done, err);
    e->part.losses = gv_mem_alloc_zero(segments, sizeof *e->part.losses, err);
    return e->part.done && e->part.losses ? GV_OK : GV_E_MEMORY;
}

static int make_training(ordered *e, gv_error *err)
{
    const gv_training_work work = {e, begin_stretch, do_task, enter_nothing, draw_ahead};
    const unsigned ranks = e->in.comm ? (unsigned)gv_comm_size(e->in.comm) : 1;
    e->t = (gv_training){.config = e->in.text->source.config,
                         .comm = e->in.comm,
                         .progress = e->in.progress,
                         .info = &e->layout->info,
                         .schedule = e->schedule,
                         .model = e->in.text->model,
                         .state = &e->part,
                         .saver = e->in.saver,
                         .threads = e->in.threads,
                         .arrangement = e->in.threads * ranks};
    return gv_training_open_for(&e->t, work, err);
}

static int make(ordered **engine, const gv_word2vec_ordered_inputs *inputs, gv_error *err)
{
    ordered *e = *engine = gv_mem_alloc_zero(1, sizeof *e, err);
    if (!e)
        return GV_E_MEMORY;
    e->in = *inputs;
    e->layout = inputs->layout;
    e->all = e->layout->stretches * inputs->text->source.config->train_epochs;
    int status = make_part(e, err);
    if (status == GV_OK)
        status = make_workers(e, err);
    if (status == GV_OK)
        status = gv_schedule_new(&e->schedule, &e->layout->info, e->layout->tile, err);
    if (status == GV_OK)
        status = make_training(e, err);
    if (status == GV_OK)
        return GV_OK;
    free_engine(e);
    *engine = NULL;
    return status;
}

/* Rows that other ranks have. */
static int gather(void *context, gv_error *err)
{
    const ordered *e = context;
    return e->engine.gather(e->engine.context, err);
}

int gv_word2vec_ordered_open(gv_engine *engine, const gv_word2vec_ordered_inputs *inputs,
                             gv_error *err)
{
    ordered *e;
    int status = make(&e, inputs, err);
    if (status != GV_OK)
        return status;
    if (inputs->comm)
        status = gv_rotation_open(&e->engine, &e->t, err);
    else
        e->engine = gv_local_engine(&e->t);
    if (status != GV_OK) {
        free_engine(e);
        return status;
    }
    *engine = (gv_engine){.context = e,
                          .many_ranks = e->engine.many_ranks,
                          .epoch_context = e,
                          /* a stretch begins by itself */
                          .begin_epoch = gv_engine_begin_nothing,
                          .run_range = run_range,
                          .end_epoch = end_epoch,
                          .gather = gather,
                          .describe = gv_engine_describe_nothing,
                          .free = free_engine};
    return GV_OK;
}

int gv_word2vec_ordered_work(const gv_word2vec_ordered_inputs *inputs, gv_error *err)
{
    ordered *e;
    int status = make(&e, inputs, err);
    if (status != GV_OK)
        return status;
    status = gv_rotation_work(&e->t, err);
    free_engine(e);
    return status;
}
