/*
 * The loop of training.
 *
 * An epoch is done in work ranges. A range ends at the epoch's end, or earlier when a checkpoint
 * is due or a signal has come; the state then says how far every part of the epoch is.
 */
#include "train/gv_epochs.h"

#include "base/gv_clock.h"
#include "base/gv_signal.h"
#include "train/gv_divergence.h"
#include "train/gv_resume.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* An epoch's loss this many times above the lowest so far, and above the first, means divergence:
 * with AdaGrad the loss falls from epoch to epoch but for a few per cent. */
static const double diverged_factor = 2;

/* The first epoch has none before it. There, a loss this many times the baseline loss means
 * divergence: sound training stays below once, diverging training is thousands of times above,
 * since the clip keeps it finite. */
static const double first_epoch_factor = 10;

typedef struct loop {
    const gv_epochs *e;
    gv_epochs_done done;
    double loss, baseline_loss; /* of the first epoch, as far as this process did it */
    /* of this epoch, since this process began it */
    double began_wall_s, began_cpu_s;
    uint64_t records_before; /* done by an earlier process */
    double others_cpu_s;     /* processor seconds of ranks other than 0 */
    uint64_t bytes_sent;     /* by all ranks */
    unsigned passes;
} loop;

/* --- a work range ----------------------------------------------------------------------------- */

static void add_result(loop *l, const gv_engine_result *result, double own_cpu_s)
{
    l->done.visited += result->records;
    l->loss += result->loss;
    l->baseline_loss += result->baseline_loss;
    /* The usage is that of all ranks, this one included. Two clocks are compared, hence the
     * check. */
    if (result->usage.cpu_s > own_cpu_s)
        l->others_cpu_s += result->usage.cpu_s - own_cpu_s;
    l->bytes_sent += result->usage.sent.bytes;
    l->passes += result->passes;
}

static int run_range(loop *l, gv_error *err)
{
    const gv_engine *engine = l->e->engine;
    gv_engine_result result;
    double began = gv_clock_cpu_seconds();
    int status = engine->run_range(engine->context, &result, err);
    if (status != GV_OK)
        return status;
    add_result(l, &result, gv_clock_cpu_seconds() - began);
    double limit = first_epoch_factor * l->baseline_loss;
    if (l->e->state->epoch > 0 || l->loss <= limit)
        return GV_OK;
    return gv_divergence_error(err, l->e->run->config, l->e->state->epoch,
                               "the loss is %.3g times that of a model that predicts nothing",
                               l->loss / l->baseline_loss);
}

/* --- saving ----------------------------------------------------------------------------------- */

static int write_checkpoint(void *context, gv_error *err)
{
    const gv_epochs *e = context;
    gv_checkpoint_matrix matrices[2];
    /* a model with a NaN must not replace a checkpoint from which one can still train, with other
     * keys */
    if (!gv_model_finite(e->model))
        return gv_divergence_not_finite(err, e->run->config, e->state->epoch);
    gv_model_matrices(matrices, e->model);
    int status = gv_saver_save(e->saver, e->state, matrices, err);
    if (status != GV_OK)
        return status;
    gv_run_keep_config(e->run);
    double spent_s = e->spent_s + gv_clock_wall_seconds() - e->run->wall_start;
    return gv_resume_record_spent(e->run, e->state, spent_s, err);
}

/* Writing a large model to a slow disk takes long: a background task, so that the other ranks
 * get their keep-alives. */
static int save(const gv_epochs *e, gv_error *err)
{
    int status = e->engine->gather(e->engine->context, err);
    /* a context of background tasks is not const */
    gv_epochs copy = *e; /* a background task takes a pointer that is not const */
    return status == GV_OK ? gv_comm_run_background(e->comm, write_checkpoint, &copy, err) : status;
}

static int save_and_stop(const gv_epochs *e, gv_error *err)
{
    int status = save(e, err);
    if (status == GV_OK)
        status = gv_comm_run_background(e->comm, gv_saver_await, e->saver, err);
    if (status != GV_OK)
        return status;
    return gv_error_set(err, GV_E_STOPPED,
                        "stopped by %s in epoch %" PRIu64 " of %" PRIu32
                        "; the state is in " GV_FILE_CHECKPOINT ": the same command resumes",
                        gv_signal_name(gv_signal_pending()), e->state->epoch + 1,
                        e->run->config->train_epochs);
}

/* --- an epoch --------------------------------------------------------------------------------- */

static void begin_epoch(loop *l)
{
    l->began_wall_s = gv_clock_wall_seconds();
    l->began_cpu_s = gv_clock_cpu_seconds();
    l->records_before = l->e->state->records;
    l->others_cpu_s = 0;
    l->bytes_sent = 0;
    l->passes = 0;
    l->e->engine->begin_epoch(l->e->engine->epoch_context);
}

/* A slow disk is no silence of rank 0, here either. */
typedef struct epoch_event {
    const gv_epochs *e;
    gv_json_writer *fields;
} epoch_event;

static int write_event(void *context, gv_error *err)
{
    epoch_event *event = context;
    return gv_run_event(event->e->run, "epoch", event->fields, err);
}

static int report_epoch(const loop *l, const gv_engine_epoch *done, gv_error *err)
{
    const gv_epochs *e = l->e;
    double wall_s = gv_clock_wall_seconds() - l->began_wall_s;
    gv_progress_note(e->run->progress, "epoch %" PRIu64 "/%" PRIu32 ": loss %.6f, %.1f s",
                     e->state->epoch + 1, e->run->config->train_epochs, done->loss, wall_s);
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "epoch", e->state->epoch + 1);
    gv_json_set_real(&fields, "loss", done->loss);
    gv_json_set_uint(&fields, "records", e->state->records);
    if (done->pairs > 0)
        gv_json_set_uint(&fields, "pairs", done->pairs);
    gv_json_set_real(&fields, "wall_s", wall_s);
    gv_json_set_real(&fields, "cpu_s", gv_clock_cpu_seconds() - l->began_cpu_s + l->others_cpu_s);
    if (l->records_before > 0) /* times are of the rest only */
        gv_json_set_uint(&fields, "records_before", l->records_before);
    if (e->engine->many_ranks)
        gv_json_set_uint(&fields, "bytes_sent", l->bytes_sent);
    if (l->passes > 0)
        gv_json_set_uint(&fields, "passes", l->passes);
    epoch_event event = {e, &fields};
    return gv_comm_run_background(e->comm, write_event, &event, err);
}

static int check_divergence(const gv_epochs *e, double loss, gv_error *err)
{
    const gv_checkpoint *state = e->state;
    if (!e->engine->loss_must_fall || state->epoch == 0 ||
        loss <= diverged_factor * state->lowest_loss || loss <= state->first_loss)
        return GV_OK;
    return gv_divergence_error(err, e->run->config, state->epoch,
                               "the loss is %.3g, and was %.3g at its lowest", loss,
                               state->lowest_loss);
}

/* Move the state to the beginning of the next epoch. */
static void advance(gv_checkpoint *state, double loss)
{
    if (state->epoch == 0)
        state->first_loss = loss;
    if (state->epoch == 0 || loss < state->lowest_loss)
        state->lowest_loss = loss;
    state->last_loss = loss;
    state->epoch++;
    state->tasks_done = state->records = 0;
    memset(state->done, 0, state->segments * sizeof *state->done);
    memset(state->losses, 0, state->segments * sizeof *state->losses);
}

/* All tasks of the epoch are done. */
static int end_epoch(loop *l, gv_error *err)
{
    const gv_engine *engine = l->e->engine;
    gv_engine_epoch done = {0};
    int status = engine->end_epoch(engine->epoch_context, &done, err);
    if (status == GV_OK)
        status = report_epoch(l, &done, err);
    if (status == GV_OK)
        status = check_divergence(l->e, done.loss, err);
    if (status == GV_OK && l->e->state->epoch > 0)
        l->done.last_but_one = l->e->state->last_loss;
    if (status == GV_OK)
        advance(l->e->state, done.loss);
    return status;
}

static int run_epoch(loop *l, gv_error *err)
{
    const gv_epochs *e = l->e;
    const gv_config *config = e->run->config;
    const gv_checkpoint *state = e->state;
    begin_epoch(l);
    while (state->tasks_done < state->tasks) {
        int status = run_range(l, err);
        if (status == GV_OK && state->tasks_done < state->tasks)
            status = gv_signal_pending() ? save_and_stop(e, err) : save(e, err);
        if (status != GV_OK)
            return status;
    }
    int status = end_epoch(l, err);
    bool last = state->epoch == config->train_epochs;
    /* after the last epoch a signal stops nothing here: the training is done, and it is saved
     * below */
    if (status != GV_OK || (gv_signal_pending() && !last))
        return status != GV_OK ? status : save_and_stop(e, err);
    if (last || state->epoch % config->train_checkpoint_every == 0 || gv_saver_due(e->saver))
        status = save(e, err);
    return status;
}

/* --- all epochs ------------------------------------------------------------------------------- */

int gv_epochs_run(gv_epochs_done *done, const gv_epochs *e, gv_error *err)
{
    const gv_checkpoint *state = e->state;
    uint64_t total = 0, epochs = e->run->config->train_epochs;
    loop l = {.e = e, .done.last_but_one = NAN};
    int status = GV_OK;
    if (__builtin_mul_overflow(epochs - state->epoch, e->records, &total))
        total = 0; /* unknown */
    gv_progress_begin(e->run->progress, "training",
                      total > state->records ? total - state->records : 0, e->record_name);
    while (status == GV_OK && state->epoch < epochs)
        status = run_epoch(&l, err);
    gv_progress_end(e->run->progress);
    *done = l.done;
    return status;
}
