/*
 * The loop of training.
 *
 * An epoch is worked through in stretches (gv_schedule_run.h). A stretch ends at the epoch's end,
 * or earlier when a checkpoint is due or a signal has come; then all threads have finished the
 * tasks they were at, and the state says of every word segment how many of its tasks are done.
 *
 * The epoch's loss is the sum of those of the word segments (gv_train_stretch.h) in their order. So
 * it has the same bits whatever the threads, the ranks and the order of the list, and wherever
 * training was interrupted.
 */
#include "train/gv_train_epochs.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "budget/gv_budget_train.h"
#include "schedule/gv_schedule_run.h"
#include <inttypes.h>
#include <math.h>
#include <signal.h>
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

typedef struct loop {
    gv_training *t;
    gv_crew crew;
    double part_loss, part_limit; /* of the first epoch, the part done by this process: its loss so
                                     far, and what it must not exceed */
    double others_cpu;            /* processor seconds of the other ranks in this epoch */
    uint64_t bytes_sent;          /* by all ranks in this epoch */
    unsigned passes;              /* see gv_part */
} loop;

uint64_t gv_train_memory_budget(const gv_config *config)
{
    return gv_budget_train_memory(config, gv_mem_available());
}

bool gv_train_sparing(const gv_comm *comm, const gv_config *config, uint64_t model)
{
    return gv_budget_train_low_memory(gv_train_memory_budget(config), model,
                                      gv_comm_ranks_on_host(comm));
}

/* --- a stretch -------------------------------------------------------------------------------- */

/* From what is done on; moves the state. */
static int run_stretch(uint64_t *visited, loop *l, gv_error *err)
{
    gv_training *t = l->t;
    gv_part *part = &l->crew.part;
    double own_cpu = -gv_clock_cpu_seconds();
    int status = t->engine ? t->engine->stretch(t->engine->context, &l->crew, part, err)
                           : gv_crew_run(&l->crew, err);
    if (status != GV_OK)
        return status;
    own_cpu += gv_clock_cpu_seconds();
    *visited += part->records;
    l->part_loss += part->loss;
    l->part_limit += first_epoch_factor * part->ignorant;
    l->others_cpu += part->took.cpu_s > own_cpu ? part->took.cpu_s - own_cpu : 0;
    l->bytes_sent += part->took.sent.bytes;
    l->passes += part->passes;
    if (t->state->epoch > 0 || l->part_loss <= l->part_limit)
        return GV_OK;
    return gv_crew_diverged(&l->crew, err,
                            "the loss is %.3g times that of a model that predicts nothing",
                            first_epoch_factor * l->part_loss / l->part_limit);
}

/* --- saving ----------------------------------------------------------------------------------- */

static int write_checkpoint(void *context, gv_error *err)
{
    loop *l = context;
    gv_training *t = l->t;
    gv_checkpoint_matrix matrices[2];
    if (!gv_model_finite(t->trainer->model))
        return gv_crew_not_finite(&l->crew, err);
    gv_model_matrices(matrices, t->trainer->model);
    l->crew.has_checkpoint = true;
    return gv_saver_save(t->saver, t->state, matrices, err);
}

/* A large model on a slow disk takes long: meanwhile other ranks hear of this one. */
static int save(loop *l, gv_error *err)
{
    const gv_engine *engine = l->t->engine;
    int status = engine ? engine->gather(engine->context, err) : GV_OK;
    return status == GV_OK ? gv_comm_run_background(l->t->comm, write_checkpoint, l, err) : status;
}

int gv_train_stopped(const gv_run *run, const gv_checkpoint *state, gv_error *err)
{
    return gv_error_set(err, GV_E_STOPPED,
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
        status = gv_comm_run_background(t->comm, gv_saver_await, t->saver, err);
    return status == GV_OK ? gv_train_stopped(t->run, t->state, err) : status;
}

/* --- an epoch --------------------------------------------------------------------------------- */

/* Clocks and counts at the beginning of this process's part of an epoch. */
typedef struct part {
    double wall, cpu;
    uint64_t records;
} part;

static int tell_epoch(const loop *l, const part *begin, double loss, gv_error *err)
{
    gv_training *t = l->t;
    const gv_checkpoint *state = t->state;
    double wall = gv_clock_wall_seconds() - begin->wall;
    double cpu = gv_clock_cpu_seconds() - begin->cpu + l->others_cpu;
    gv_progress_note(t->run->progress, "epoch %" PRIu64 "/%" PRIu32 ": loss %.6f, %.1f s",
                     state->epoch + 1, t->run->config->train_epochs, loss, wall);
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "epoch", state->epoch + 1);
    gv_json_set_real(&fields, "loss", loss);
    gv_json_set_uint(&fields, "records", state->records);
    gv_json_set_real(&fields, "wall_s", wall);
    gv_json_set_real(&fields, "cpu_s", cpu);
    if (begin->records > 0) /* times are of the rest only */
        gv_json_set_uint(&fields, "records_before", begin->records);
    if (t->engine)
        gv_json_set_uint(&fields, "bytes_sent", l->bytes_sent);
    if (l->passes > 0)
        gv_json_set_int(&fields, "passes", l->passes);
    return gv_run_event(t->run, "epoch", &fields, err);
}

static int check_divergence(const loop *l, double loss, gv_error *err)
{
    const gv_checkpoint *state = l->t->state;
    if (state->epoch == 0 || loss <= diverged_factor * state->lowest_loss ||
        loss <= state->first_loss)
        return GV_OK;
    return gv_crew_diverged(&l->crew, err, "the loss is %.3g, after %.3g at best", loss,
                            state->lowest_loss);
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
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: its tiles hold %" PRIu64 " ordered records instead of %" PRIu64
                            ": run glove-shuffle --force",
                            t->store_path, state->records, t->info->records);
    double loss = mean_loss(state);
    int status = tell_epoch(l, begin, loss, err);
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

static int run_epoch(uint64_t *visited, loop *l, gv_error *err)
{
    gv_training *t = l->t;
    const gv_config *config = t->run->config;
    part begin = {gv_clock_wall_seconds(), gv_clock_cpu_seconds(), t->state->records};
    gv_crew_draw(&l->crew);
    l->others_cpu = 0;
    l->bytes_sent = 0;
    l->passes = 0;
    while (t->state->position < l->crew.tasks) {
        int status = run_stretch(visited, l, err);
        if (status == GV_OK && t->state->position < l->crew.tasks)
            status = gv_signal_pending() ? save_and_stop(l, err) : save(l, err);
        if (status != GV_OK)
            return status;
    }
    int status = finish_epoch(l, &begin, err);
    bool last = t->state->epoch == config->train_epochs;
    if (status != GV_OK || (gv_signal_pending() && !last))
        return status != GV_OK ? status : save_and_stop(l, err);
    if (last || t->state->epoch % config->train_checkpoint_every == 0 || gv_saver_due(t->saver))
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

int gv_train_epochs(uint64_t *visited, gv_training *training, gv_error *err)
{
    *visited = 0;
    gv_checkpoint *state = training->state;
    uint64_t epochs = training->run->config->train_epochs;
    loop l = {.t = training};
    int status = gv_crew_new(&l.crew, training, gv_train_tasks_per_checkpoint(), err);
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
    gv_crew_drop(&l.crew);
    return status;
}
