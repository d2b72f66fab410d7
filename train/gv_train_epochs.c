/*
 * The loop of training.
 *
 * An epoch is worked through in stretches (gv_schedule_run.h). A stretch ends at the epoch's end,
 * or earlier when a checkpoint is due or a signal has come; then all threads have finished the
 * tasks they were at, and the state says of every word segment how many of its tasks are done.
 *
 * Losses are summed by word segment: tasks leave theirs in an array, and after a stretch they are
 * added, in the order of the segment's tasks, to its sum so far, which is part of the checkpoint.
 * The epoch's loss is the sum of these in the order of segments. So it has the same bits whatever
 * the threads and the order of the list, and wherever training was interrupted.
 */
#include "train/gv_train_epochs.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "math/gv_schedule_run.h"
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An epoch's loss this many times above the lowest so far, and above the first, means divergence:
 * with AdaGrad the loss falls from epoch to epoch but for a few per cent. */
static const double diverged_factor = 2;

/* The first epoch has none before it. There, a loss this many times that of a model that predicts
 * nothing means divergence: sound training stays below once, diverging training is thousands of
 * times above, since the clip keeps it finite. */
static const double first_epoch_factor = 10;

typedef struct worker {
    _Alignas(64) gv_train_scratch scratch;
    uint64_t records; /* visited in this stretch */
} worker;

typedef struct loop {
    gv_training *t;
    worker *workers;  /* [threads] */
    double *losses;   /* [tasks] of the list, of this stretch */
    uint32_t *before; /* [segments] state->done as the stretch began */
    size_t tasks;
    size_t stride;                /* places in the list from a task of a thread to its next */
    size_t step;                  /* a stretch pauses after this many tasks */
    atomic_size_t begun;          /* tasks in this stretch; only counted if `step` says so */
    bool has_checkpoint;          /* of this training */
    double part_loss, part_limit; /* of the first epoch, the part done here: its loss so far, and
                                     what it must not exceed */
} loop;

uint64_t gv_train_memory_budget(const gv_config *config)
{
    if (config->train_memory_mb > 0)
        return config->train_memory_mb > UINT64_MAX >> 20 ? UINT64_MAX
                                                          : config->train_memory_mb << 20;
    uint64_t available = gv_mem_available();
    return available > 0 ? available - available / 16 : UINT64_MAX;
}

uint64_t gv_train_epochs_bytes(const gv_schedule *schedule, size_t largest_tile, unsigned threads)
{
    return gv_schedule_count(schedule) * sizeof(double) +
           gv_schedule_segments(schedule) * sizeof(uint32_t) +
           threads * (gv_train_scratch_bytes(largest_tile) + sizeof(worker));
}

/* --- a stretch -------------------------------------------------------------------------------- */

/* Stop, saying why and what helps. */
__attribute__((format(printf, 3, 4))) static int diverged(const loop *l, gv_error *err,
                                                          const char *format, ...)
{
    const gv_config *config = l->t->run->config;
    char what[128];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return gv_fail(err, GV_E_RUNTIME,
                   "training diverged in epoch %" PRIu64
                   ": %s; lower train.eta (now %g) or train.bias_eta (now %g)%s; %s",
                   l->t->state->epoch + 1, what, config->train_eta,
                   isnan(config->train_bias_eta) ? config->train_eta : config->train_bias_eta,
                   isinf(config->train_grad_clip) ? ", or set train.grad_clip" : "",
                   l->has_checkpoint ? "the last good state is in " GV_FILE_CHECKPOINT
                                     : "nothing was written, earlier files are as they were");
}

static int not_finite(const loop *l, gv_error *err)
{
    return diverged(l, err, "the loss is no finite number any more");
}

/* What this thread does next is likely the task `stride` further on; should another thread get it,
 * the caches are near each other. */
static void foresee(const loop *l, size_t index)
{
    const gv_task *list = gv_schedule_tasks(l->t->schedule);
    size_t soon = index + l->stride, later = soon + l->stride;
    if (later < l->tasks)
        gv_tile_cache_foresee(l->t->cache, list[soon].tile, list[later].tile);
}

static int do_task(void *context, unsigned thread, size_t index, const gv_task *task, gv_error *err)
{
    loop *l = context;
    gv_training *t = l->t;
    worker *w = &l->workers[thread];
    gv_tile view;
    int status = gv_tile_cache_get(&view, t->cache, thread, task->tile, err);
    if (status != GV_OK)
        return status;
    uint64_t records = 0;
    foresee(l, index);
    status = gv_train_task(&l->losses[index], &records, t->trainer, &w->scratch, task, &view, err);
    gv_tile_cache_release(t->cache, task->tile);
    if (status != GV_OK) {
        gv_error_prefix(err, "%s", t->store_path);
        return status;
    }
    if (!isfinite(l->losses[index]))
        return not_finite(l, err);
    w->records += records;
    if (l->step < SIZE_MAX)
        atomic_fetch_add_explicit(&l->begun, 1, memory_order_relaxed);
    gv_progress_add(t->run->progress, records);
    return GV_OK;
}

/* The clock is looked at by one thread only. Copies are not brought together for a checkpoint
 * alone: how often they are shows in the result. */
static bool time_to_stop(void *context, unsigned thread)
{
    loop *l = context;
    return gv_signal_pending() || (thread == 0 && !l->t->copies && gv_saver_due(l->t->saver)) ||
           (l->step < SIZE_MAX && atomic_load_explicit(&l->begun, memory_order_relaxed) >= l->step);
}

static void enter(void *context, unsigned thread)
{
    loop *l = context;
    if (l->t->trainer->share)
        gv_share_join(l->t->trainer->share, thread);
}

static void leave(void *context, unsigned thread)
{
    loop *l = context;
    if (l->t->trainer->share)
        gv_share_leave(l->t->trainer->share, thread);
}

/* Was task number `index` of the list done in this stretch? */
static bool just_done(const loop *l, size_t index)
{
    const gv_task *task = &gv_schedule_tasks(l->t->schedule)[index];
    uint32_t segment = task->word_segment;
    return task->word_turn >= l->before[segment] && task->word_turn < l->t->state->done[segment];
}

/* After a stretch: add up what its tasks have left. */
static void collect(uint64_t *visited, loop *l)
{
    gv_training *t = l->t;
    gv_checkpoint *state = t->state;
    for (size_t i = 0; i < l->tasks; i++) {
        if (!just_done(l, i))
            continue;
        state->losses[gv_schedule_tasks(t->schedule)[i].word_segment] += l->losses[i];
        l->part_loss += l->losses[i];
        state->position++;
    }
    for (unsigned thread = 0; thread < t->threads; thread++) {
        worker *w = &l->workers[thread];
        state->records += w->records;
        *visited += w->records;
        l->part_limit += first_epoch_factor * w->scratch.ignorant;
        w->records = 0;
        w->scratch.ignorant = 0;
    }
}

/* Run it, with what goes before and after on the schedules' behalf. */
static int run_threads(const loop *l, const gv_stretch *stretch, gv_error *err)
{
    gv_training *t = l->t;
    if (t->trainer->share)
        gv_share_begin(t->trainer->share);
    int status = t->copies ? gv_copies_spread(t->copies, err) : GV_OK;
    if (status == GV_OK)
        status = gv_schedule_run(t->schedule, stretch, err);
    if (status == GV_OK && t->copies)
        status = gv_copies_average(t->copies, err);
    return status;
}

/* From what is done on; moves the state. */
static int run_stretch(uint64_t *visited, loop *l, gv_error *err)
{
    gv_training *t = l->t;
    gv_checkpoint *state = t->state;
    gv_stretch stretch = {.kind = t->run->config->train_schedule,
                          .threads = t->threads,
                          .done = state->done,
                          .context = l,
                          .work = do_task,
                          .pause = time_to_stop,
                          .enter = enter,
                          .leave = leave};
    memcpy(l->before, state->done, state->segments * sizeof *l->before);
    atomic_store(&l->begun, 0);
    for (unsigned thread = 0; thread < t->threads; thread++)
        l->workers[thread].scratch.judge = state->epoch == 0;
    int status = run_threads(l, &stretch, err);
    if (status != GV_OK)
        return status;
    collect(visited, l);
    if (state->epoch > 0 || l->part_loss <= l->part_limit)
        return GV_OK;
    return diverged(l, err, "the loss is %.3g times that of a model that predicts nothing",
                    first_epoch_factor * l->part_loss / l->part_limit);
}

/* --- saving ----------------------------------------------------------------------------------- */

static int save(loop *l, gv_error *err)
{
    gv_training *t = l->t;
    gv_checkpoint_matrix matrices[2];
    if (!gv_model_finite(t->trainer->model))
        return not_finite(l, err);
    gv_model_matrices(matrices, t->trainer->model);
    l->has_checkpoint = true;
    return gv_saver_save(t->saver, t->state, matrices, err);
}

int gv_train_stopped(const gv_run *run, const gv_checkpoint *state, gv_error *err)
{
    return gv_fail(err, GV_E_STOPPED,
                   "stopped by %s in epoch %" PRIu64 " of %" PRIu32
                   "; the state is in " GV_FILE_CHECKPOINT ": run glove-train again to go on",
                   gv_signal_pending() == SIGINT ? "SIGINT" : "SIGTERM", state->epoch + 1,
                   run->config->train_epochs);
}

static int save_and_stop(loop *l, gv_error *err)
{
    gv_training *t = l->t;
    int status = save(l, err);
    if (status == GV_OK)
        status = gv_saver_wait(t->saver, err);
    return status == GV_OK ? gv_train_stopped(t->run, t->state, err) : status;
}

/* --- an epoch --------------------------------------------------------------------------------- */

/* Clocks and counts at the beginning of this process's part of an epoch. */
typedef struct part {
    double wall, cpu;
    uint64_t records;
} part;

static int tell_epoch(gv_training *t, const part *begin, double loss, gv_error *err)
{
    const gv_checkpoint *state = t->state;
    double wall = gv_wall_seconds() - begin->wall, cpu = gv_cpu_seconds() - begin->cpu;
    gv_progress_note(t->run->progress, "epoch %" PRIu64 "/%" PRIu32 ": loss %.6f, %.1f s",
                     state->epoch + 1, t->run->config->train_epochs, loss, wall);
    json_t *fields =
        json_pack("{s:I, s:f, s:I, s:f, s:f}", "epoch", (json_int_t)state->epoch + 1, "loss", loss,
                  "records", (json_int_t)state->records, "wall_s", wall, "cpu_s", cpu);
    if (fields && begin->records > 0) /* times are of the rest only */
        json_object_set_new(fields, "records_before", json_integer((json_int_t)begin->records));
    return gv_run_event(t->run, "epoch", fields, err);
}

static int check_divergence(const loop *l, double loss, gv_error *err)
{
    const gv_checkpoint *state = l->t->state;
    if (state->epoch == 0 || loss <= diverged_factor * state->lowest_loss ||
        loss <= state->first_loss)
        return GV_OK;
    return diverged(l, err, "the loss is %.3g, after %.3g at best", loss, state->lowest_loss);
}

static double mean_loss(const gv_checkpoint *state)
{
    double sum = 0;
    for (uint32_t segment = 0; segment < state->segments; segment++)
        sum += state->losses[segment];
    return state->records > 0 ? sum / (double)state->records : 0;
}

/* All tasks of the epoch are done: judge and report it, and move the state to the next. */
static int finish_epoch(loop *l, const part *begin, gv_error *err)
{
    gv_training *t = l->t;
    gv_checkpoint *state = t->state;
    if (state->records != t->info->records)
        return gv_fail(err, GV_E_CORRUPT,
                       "%s: its tiles hold %" PRIu64 " ordered records instead of %" PRIu64
                       ": run glove-shuffle --force",
                       t->store_path, state->records, t->info->records);
    double loss = mean_loss(state);
    int status = tell_epoch(t, begin, loss, err);
    if (status == GV_OK)
        status = check_divergence(l, loss, err);
    if (status != GV_OK)
        return status;
    if (state->epoch == 0)
        state->first_loss = loss;
    if (state->epoch == 0 || loss < state->lowest_loss)
        state->lowest_loss = loss;
    state->last_loss = loss;
    state->epoch++;
    state->position = state->records = 0;
    memset(state->done, 0, state->segments * sizeof *state->done);
    memset(state->losses, 0, state->segments * sizeof *state->losses);
    return GV_OK;
}

/* Constant steps with back-off (Recht et al. 2011, section 6): each epoch has a smaller one. */
static void set_step(gv_training *t)
{
    const gv_config *config = t->run->config;
    double factor = 1;
    for (uint64_t epoch = 0; epoch < t->state->epoch; epoch++)
        factor *= config->train_step_decay;
    gv_lanes_set_eta(t->lanes, config->train_dim, config->train_eta * factor,
                     config->train_bias_eta * factor);
}

static void draw(loop *l)
{
    gv_training *t = l->t;
    size_t units;
    if (t->random_order)
        gv_schedule_draw_random(t->schedule, t->run->config->train_seed, t->state->epoch);
    else
        gv_schedule_draw(t->schedule, t->run->config->train_seed, t->state->epoch, t->threads);
    gv_schedule_units(t->schedule, &units);
    l->stride = units < l->tasks ? 1 : t->threads;
}

static int run_epoch(uint64_t *visited, loop *l, gv_error *err)
{
    gv_training *t = l->t;
    const gv_config *config = t->run->config;
    part begin = {gv_wall_seconds(), gv_cpu_seconds(), t->state->records};
    draw(l);
    if (t->trainer->constant_step)
        set_step(t);
    while (t->state->position < l->tasks) {
        int status = run_stretch(visited, l, err);
        if (status == GV_OK && t->state->position < l->tasks)
            status = gv_signal_pending() ? save_and_stop(l, err) : save(l, err);
        if (status != GV_OK)
            return status;
    }
    int status = finish_epoch(l, &begin, err);
    bool last = t->state->epoch == config->train_epochs;
    if (status != GV_OK || (gv_signal_pending() && !last))
        return status != GV_OK ? status : save_and_stop(l, err);
    if (last || t->state->epoch % config->train_checkpoint_every == 0)
        status = save(l, err);
    return status;
}

/* --- all epochs ------------------------------------------------------------------------------- */

size_t gv_train_tasks_per_checkpoint(void)
{
    const char *text = getenv("GLOVEBOX_TEST_CHECKPOINT_TASKS");
    unsigned long long tasks = text ? strtoull(text, NULL, 10) : 0;
    return tasks > 0 && tasks < SIZE_MAX ? (size_t)tasks : SIZE_MAX;
}

static int make_loop(loop *l, gv_training *t, gv_error *err)
{
    *l = (loop){.t = t,
                .tasks = gv_schedule_count(t->schedule),
                .step = gv_train_tasks_per_checkpoint(),
                .has_checkpoint = t->state->epoch > 0 || t->state->position > 0};
    l->losses = gv_alloc(l->tasks, sizeof *l->losses, err);
    l->before = gv_alloc(t->state->segments, sizeof *l->before, err);
    l->workers = l->losses && l->before ? gv_big_alloc(t->threads * sizeof *l->workers, err) : NULL;
    int status = l->workers ? GV_OK : GV_E_MEMORY;
    for (unsigned thread = 0; status == GV_OK && thread < t->threads; thread++) {
        gv_train_scratch *scratch = &l->workers[thread].scratch;
        status = gv_train_scratch_new(scratch, t->largest_tile, err);
        scratch->thread = thread;
        scratch->model = t->copies ? t->copies->copies[thread] : NULL;
    }
    return status;
}

static void drop_loop(loop *l)
{
    for (unsigned thread = 0; l->workers && thread < l->t->threads; thread++)
        gv_train_scratch_free(&l->workers[thread].scratch);
    if (l->workers)
        gv_big_free(l->workers, l->t->threads * sizeof *l->workers);
    gv_free(l->before);
    gv_free(l->losses);
}

int gv_train_epochs(uint64_t *visited, gv_training *training, gv_error *err)
{
    *visited = 0;
    gv_checkpoint *state = training->state;
    uint64_t epochs = training->run->config->train_epochs;
    loop l;
    int status = make_loop(&l, training, err);
    if (status == GV_OK) {
        uint64_t total = 0;
        if (__builtin_mul_overflow(epochs - state->epoch, training->info->records, &total))
            total = 0;
        gv_progress_begin(training->run->progress, "training",
                          total > state->records ? total - state->records : 0, "records");
        while (status == GV_OK && state->epoch < epochs)
            status = run_epoch(visited, &l, err);
        gv_progress_end(training->run->progress);
    }
    drop_loop(&l);
    return status;
}
