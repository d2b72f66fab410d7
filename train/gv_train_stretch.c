/*
 * What a stretch of training does, on one process: tasks on threads, their losses and records
 * added to the state.
 */
#include "train/gv_train_stretch.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "budget/gv_budget_train.h"
#include "schedule/gv_schedule_run.h"
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(gv_crew_worker) == GV_BUDGET_TRAIN_WORKER_BYTES,
               "gv_budget_train.h has its size");

int gv_crew_new(gv_crew *crew, gv_training *t, size_t step, gv_error *err)
{
    *crew = (gv_crew){.t = t,
                      .tasks = gv_schedule_count(t->schedule),
                      .step = step,
                      .has_checkpoint = t->state->epoch > 0 || t->state->position > 0};
    crew->losses = gv_mem_alloc(crew->tasks, sizeof *crew->losses, err);
    crew->before = gv_mem_alloc(t->state->segments, sizeof *crew->before, err);
    crew->workers = crew->losses && crew->before
                        ? gv_mem_big_alloc(t->threads * sizeof *crew->workers, err)
                        : NULL;
    int status = crew->workers ? GV_OK : GV_E_MEMORY;
    for (unsigned thread = 0; status == GV_OK && thread < t->threads; thread++) {
        gv_train_scratch *scratch = &crew->workers[thread].scratch;
        status = gv_train_scratch_new(scratch, t->sizes, err);
        scratch->thread = thread;
        scratch->model = t->copies ? t->copies->copies[thread] : NULL;
    }
    return status;
}

void gv_crew_drop(gv_crew *crew)
{
    for (unsigned thread = 0; crew->workers && thread < crew->t->threads; thread++)
        gv_train_scratch_free(&crew->workers[thread].scratch);
    if (crew->workers)
        gv_mem_big_free(crew->workers, crew->t->threads * sizeof *crew->workers);
    gv_mem_free(crew->before);
    gv_mem_free(crew->losses);
}

/* Constant steps with back-off (Recht et al. 2011, section 6): each epoch has a smaller one. */
static void set_step(gv_training *t)
{
    const gv_config *config = t->config;
    double factor = 1;
    for (uint64_t epoch = 0; epoch < t->state->epoch; epoch++)
        factor *= config->train_step_decay;
    gv_step_sizes_set(t->lanes, config->train_eta * factor, config->train_bias_eta * factor);
}

void gv_crew_draw(gv_crew *crew)
{
    gv_training *t = crew->t;
    size_t units;
    if (t->random_order)
        gv_schedule_draw_random(t->schedule, t->config->train_seed, t->state->epoch);
    else
        gv_schedule_draw(t->schedule, t->config->train_seed, t->state->epoch, t->arrangement);
    gv_schedule_units(t->schedule, &units);
    crew->stride = units < crew->tasks ? 1 : t->arrangement;
    if (t->trainer->constant_step)
        set_step(t);
    if (t->trainer->unseen)
        t->trainer->unseen->epoch = t->state->epoch;
    if (t->state->position == 0)
        gv_train_decay(t->trainer);
}

/* --- a stretch -------------------------------------------------------------------------------- */

int gv_crew_diverged(const gv_crew *crew, gv_error *err, const char *format, ...)
{
    const gv_config *config = crew->t->config;
    char what[128];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return gv_error_set(err, GV_E_RUNTIME,
                        "training diverged in epoch %" PRIu64
                        ": %s; lower train.eta (now %g) or train.bias_eta (now %g)%s; %s",
                        crew->t->state->epoch + 1, what, config->train_eta,
                        isnan(config->train_bias_eta) ? config->train_eta : config->train_bias_eta,
                        isinf(config->train_grad_clip) ? ", or set train.grad_clip" : "",
                        crew->has_checkpoint
                            ? "the last good state is in " GV_FILE_CHECKPOINT
                            : "nothing was written, earlier files are as they were");
}

int gv_crew_not_finite(const gv_crew *crew, gv_error *err)
{
    return gv_crew_diverged(crew, err, "the loss is no finite number any more");
}

/* What this thread does next is likely the task `stride` further on; should another thread get it,
 * the caches are near each other. */
static void foresee(const gv_crew *crew, size_t index)
{
    const gv_schedule_task *list = gv_schedule_tasks(crew->t->schedule);
    size_t soon = index + crew->stride, later = soon + crew->stride;
    if (later < crew->tasks)
        gv_tile_cache_foresee(crew->t->cache, list[soon].tile, list[later].tile);
}

static int do_task(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                   gv_error *err)
{
    gv_crew *crew = context;
    gv_training *t = crew->t;
    gv_crew_worker *w = &crew->workers[thread];
    gv_tile view;
    int status = gv_tile_cache_get(&view, t->cache, thread, task->tile, err);
    if (status != GV_OK)
        return status;
    uint64_t records = 0;
    foresee(crew, index);
    status =
        gv_train_task(&crew->losses[index], &records, t->trainer, &w->scratch, task, &view, err);
    gv_tile_cache_release(t->cache, task->tile);
    if (status != GV_OK) {
        gv_error_prefix(err, "%s", t->store_path);
        return status;
    }
    if (!isfinite(crew->losses[index]))
        return gv_crew_not_finite(crew, err);
    w->records += records;
    if (crew->step < SIZE_MAX)
        atomic_fetch_add_explicit(&crew->begun, 1, memory_order_relaxed);
    if (t->rotation)
        atomic_fetch_add_explicit(&crew->visited, records, memory_order_relaxed);
    gv_progress_add(t->progress, records);
    return GV_OK;
}

int gv_crew_task(gv_crew *crew, unsigned thread, size_t index, gv_error *err)
{
    return do_task(crew, thread, index, &gv_schedule_tasks(crew->t->schedule)[index], err);
}

/* The clock is looked at by one thread only. Copies are not brought together for a checkpoint
 * alone: how often they are shows in the result. */
static bool time_to_stop(void *context, unsigned thread)
{
    gv_crew *crew = context;
    return gv_signal_pending() ||
           (thread == 0 && !crew->t->copies && gv_saver_due(crew->t->saver)) ||
           (crew->step < SIZE_MAX &&
            atomic_load_explicit(&crew->begun, memory_order_relaxed) >= crew->step);
}

bool gv_crew_pause(gv_crew *crew)
{
    return time_to_stop(crew, 0);
}

static void enter(void *context, unsigned thread)
{
    gv_crew *crew = context;
    if (crew->t->trainer->share)
        gv_row_sync_join(crew->t->trainer->share, thread);
}

static void leave(void *context, unsigned thread)
{
    gv_crew *crew = context;
    if (crew->t->trainer->share)
        gv_row_sync_leave(crew->t->trainer->share, thread);
}

/* Was task number `index` of the list done in this stretch? */
static bool just_done(const gv_crew *crew, size_t index)
{
    const gv_schedule_task *task = &gv_schedule_tasks(crew->t->schedule)[index];
    uint32_t segment = task->word_segment;
    return task->word_turn >= crew->before[segment] &&
           task->word_turn < crew->t->state->done[segment];
}

/* After a stretch: add up what its tasks have left. */
static void collect(gv_crew *crew)
{
    gv_training *t = crew->t;
    gv_checkpoint *state = t->state;
    gv_part *part = &crew->part;
    for (size_t i = 0; i < crew->tasks; i++) {
        if (!just_done(crew, i))
            continue;
        state->losses[gv_schedule_tasks(t->schedule)[i].word_segment] += crew->losses[i];
        part->loss += crew->losses[i];
        part->tasks++;
    }
    for (unsigned thread = 0; thread < t->threads; thread++) {
        gv_crew_worker *w = &crew->workers[thread];
        part->records += w->records;
        part->ignorant += w->scratch.ignorant;
        w->records = 0;
        w->scratch.ignorant = 0;
    }
}

/* Run it, with what goes before and after on the schedules' behalf. */
static int run_threads(gv_crew *crew, const gv_schedule_range *stretch, gv_error *err)
{
    gv_training *t = crew->t;
    if (t->rotation)
        return gv_rotation_run(t->rotation, stretch, &crew->visited, err);
    if (t->trainer->share)
        gv_row_sync_begin(t->trainer->share);
    int status = t->copies ? gv_averaging_spread(t->copies, err) : GV_OK;
    if (status == GV_OK)
        status = gv_schedule_run(t->schedule, stretch, err);
    if (status == GV_OK && t->copies)
        status = gv_averaging_average(t->copies, err);
    return status;
}

int gv_crew_run(gv_crew *crew, gv_error *err)
{
    gv_training *t = crew->t;
    gv_checkpoint *state = t->state;
    gv_schedule_range stretch = {.kind = t->config->train_schedule,
                                 .threads = t->threads,
                                 .done = state->done,
                                 .context = crew,
                                 .work = do_task,
                                 .pause = t->saver ? time_to_stop : NULL,
                                 .enter = enter,
                                 .leave = leave};
    crew->part = (gv_part){.took.cpu_s = -gv_clock_cpu_seconds()};
    memcpy(crew->before, state->done, state->segments * sizeof *crew->before);
    atomic_store(&crew->begun, 0);
    atomic_store(&crew->visited, 0);
    for (unsigned thread = 0; thread < t->threads; thread++)
        crew->workers[thread].scratch.judge = state->epoch == 0;
    int status = run_threads(crew, &stretch, err);
    if (status != GV_OK)
        return status;
    collect(crew);
    crew->part.took.cpu_s += gv_clock_cpu_seconds();
    state->position += crew->part.tasks;
    state->records += crew->part.records;
    return GV_OK;
}
