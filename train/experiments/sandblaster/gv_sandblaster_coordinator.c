/*
 * The coordinator: work items to workers (gv_sandblaster_items.h), commands to servers, and the
 * numbers that come back.
 *
 * gv_lbfgs.h decides what is computed. Its vectors are on the servers; here they are numbers in
 * commands, and only dot products and the objective's value come back. Whole vectors pass through
 * rank 0 at the start and for checkpoints only.
 */
#include "base/gv_mem.h"
#include "base/gv_progress.h"
#include "base/gv_signal.h"
#include "model/gv_lbfgs.h"
#include "train/experiments/sandblaster/gv_sandblaster.h"
#include "train/experiments/sandblaster/gv_sandblaster_history.h"
#include "train/experiments/sandblaster/gv_sandblaster_internal.h"
#include "train/experiments/sandblaster/gv_sandblaster_items.h"
#include "train/experiments/servers/gv_coordinator.h"
#include "train/gv_divergence.h"
#include "train/gv_usage.h"
#include <math.h>
#include <string.h>

static const double wait_s = 0.02; /* seconds between two looks for signals */

/* A pair of the history. */
typedef struct pair {
    uint64_t iteration;
    unsigned kept; /* pairs there were with it */
    bool written;
} pair;

typedef struct coordinator {
    gv_training *t;
    gv_coordinator c; /* work that waits are items */
    const gv_config *config;
    gv_model *model;
    gv_lbfgs_space space;
    gv_lbfgs lbfgs;
    bool begun, stuck;
    uint32_t evaluation; /* number of the current one, from 1 */
    gv_sandblaster_items items;
    double *parts;    /* [2 segments] of the last dot product, by key */
    unsigned results; /* answers to commands that are to come */
    bool *asked;      /* [ranks] servers whose answer that is; */
    bool dot;         /* it is of a dot product */
    gv_model *vector; /* on its way from or to the servers */
    gv_sandblaster_history files;
    pair pairs[GV_SANDBLASTER_HISTORY]; /* by place */
    uint64_t saved[2];                  /* iterations of the last checkpoints, the last first */
    unsigned passes;
} coordinator;

/* Rank 0 only coordinates. */
int gv_sandblaster_servers(unsigned *servers, const gv_config *config, int ranks, gv_error *err)
{
    return gv_coordinator_servers(servers, config, ranks, 1, err);
}

int gv_sandblaster_params(gv_params *params, const gv_config *config, const gv_store_info *info,
                          int ranks, gv_error *err)
{
    unsigned servers;
    *params = (gv_params){0};
    int status = gv_sandblaster_servers(&servers, config, ranks, err);
    return status == GV_OK ? gv_params_make_contiguous(params, info, 1, 1 + servers, err) : status;
}

/* --- work items ------------------------------------------------------------------------------- */

static int give_item(coordinator *b, int worker, bool *given, gv_error *err)
{
    gv_sandblaster_item_message m = {.evaluation = b->evaluation};
    *given = gv_sandblaster_items_give(&b->items, &m.item, worker);
    if (!*given)
        return GV_OK;
    b->c.waiting[worker]--;
    return gv_comm_send(b->c.comm, worker, GV_TAG_ITEM, &m, sizeof m, err);
}

/* Serve those who wait, one item each in turn: a rank whose requests came first does not empty the
 * list before the others get any. */
static int give_items(coordinator *b, gv_error *err)
{
    int status = GV_OK, size = gv_comm_size(b->c.comm);
    for (bool any = b->items.left > 0; any && status == GV_OK;) {
        any = false;
        for (int rank = (int)b->c.params.end; rank < size && status == GV_OK; rank++) {
            bool given = false;
            if (b->c.waiting[rank] > 0 && !gv_comm_is_lost(b->c.comm, rank))
                status = give_item(b, rank, &given, err);
            any |= given;
        }
    }
    return status;
}

/* A server has the gradient of a key; of an earlier evaluation it does not count. */
static int count_key(coordinator *b, const gv_comm_message *message, gv_error *err)
{
    gv_sandblaster_gradient_head head = {.key = UINT32_MAX};
    if (message->bytes == sizeof head)
        memcpy(&head, message->data, sizeof head);
    if (head.key >= gv_params_keys(&b->c.params) ||
        (int)gv_params_server(&b->c.params, head.key / 2) != message->from)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a result of the wrong size",
                            message->from);
    if (head.evaluation == b->evaluation)
        gv_sandblaster_items_count(&b->items, head.key, head.worker, head.value);
    return GV_OK;
}

/* A worker is lost. */
static int lose(coordinator *b, int rank, gv_error *err)
{
    return gv_coordinator_lose(&b->c, rank, gv_sandblaster_items_take_back(&b->items, rank),
                               "work items", err);
}

/* --- messages --------------------------------------------------------------------------------- */

/* A server has carried out a command; after a dot product with the numbers of its keys. */
static int note_result(coordinator *b, const gv_comm_message *message, gv_error *err)
{
    uint32_t first, end;
    gv_params_segments(&first, &end, &b->c.params, (unsigned)message->from);
    size_t bytes = b->dot ? 2 * (size_t)(end - first) * sizeof *b->parts : 0;
    if (b->results == 0 || !b->asked[message->from] || message->bytes != bytes)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent an unexpected result", message->from);
    if (bytes > 0)
        memcpy(b->parts + 2 * first, message->data, bytes);
    b->asked[message->from] = false;
    b->results--;
    return GV_OK;
}

static int handle(void *context, const gv_comm_message *message, gv_error *err)
{
    coordinator *b = context;
    switch (message->tag) {
    case GV_TAG_LOST:
        return lose(b, message->from, err);
    case GV_TAG_WANT:
        if (gv_coordinator_want(&b->c, message, err) != GV_OK)
            return GV_E_RUNTIME;
        return gv_usage_receive(&b->c.usage, message, err);
    case GV_TAG_COUNTED:
        return count_key(b, message, err);
    case GV_TAG_RESULT:
        return note_result(b, message, err);
    default:
        return gv_coordinator_handle(&b->c, b->vector, message, err);
    }
}

static int receive(coordinator *b, gv_error *err)
{
    return gv_comm_dispatch(b->c.comm, wait_s, handle, b, err);
}

/* --- commands --------------------------------------------------------------------------------- */

/* To all servers; with `answered`, wait for all answers. */
static int command(coordinator *b, gv_sandblaster_command c, bool answered, gv_error *err)
{
    int status = GV_OK;
    b->dot = c.operation == GV_OP_DOT;
    for (unsigned s = b->c.params.first; s < b->c.params.end && status == GV_OK; s++) {
        status = gv_comm_send(b->c.comm, (int)s, GV_TAG_COMMAND, &c, sizeof c, err);
        b->results += answered;
        b->asked[s] = answered;
    }
    while (status == GV_OK && b->results > 0)
        status = receive(b, err);
    return status;
}

/* Added in the order of keys, so that the number of servers does not show in the bits. All commands
 * before are carried out first: messages to a server are in order. */
static int space_dot(void *context, double *result, unsigned x, unsigned y, gv_error *err)
{
    coordinator *b = context;
    int status =
        command(b, (gv_sandblaster_command){.operation = GV_OP_DOT, .a = x, .b = y}, true, err);
    *result = 0;
    for (uint32_t key = 0; key < gv_params_keys(&b->c.params); key++)
        *result += b->parts[key];
    return status;
}

static int space_axpy(void *context, unsigned y, double alpha, unsigned x, gv_error *err)
{
    gv_sandblaster_command c = {.operation = GV_OP_AXPY, .a = y, .b = x, .alpha = alpha};
    return command(context, c, false, err);
}

static int space_scale(void *context, unsigned x, double alpha, gv_error *err)
{
    return command(context,
                   (gv_sandblaster_command){.operation = GV_OP_SCALE, .a = x, .alpha = alpha},
                   false, err);
}

static int space_copy(void *context, unsigned to, unsigned from, gv_error *err)
{
    return command(context, (gv_sandblaster_command){.operation = GV_OP_COPY, .a = to, .b = from},
                   false, err);
}

/* Servers first, and their answers awaited: a worker fetches rows from them as soon as it knows of
 * the evaluation, and must not get those of the point before. */
static int begin_evaluation(coordinator *b, unsigned x, unsigned g, gv_error *err)
{
    gv_sandblaster_command c = {
        .operation = GV_OP_EVALUATE, .a = x, .b = g, .number = ++b->evaluation};
    gv_sandblaster_evaluate m = {gv_training_store_print(b->t), b->evaluation, 0};
    int status = command(b, c, true, err);
    for (int rank = (int)b->c.params.end; rank < gv_comm_size(b->c.comm) && status == GV_OK; rank++)
        status = gv_comm_send(b->c.comm, rank, GV_TAG_EVALUATE, &m, sizeof m, err);
    gv_sandblaster_items_begin(&b->items, b->evaluation == 1);
    return status;
}

static int space_evaluate(void *context, double *value, unsigned x, unsigned g, gv_error *err)
{
    coordinator *b = context;
    int status = begin_evaluation(b, x, g, err);
    while (status == GV_OK && b->items.left > 0) {
        status = give_items(b, err);
        if (status == GV_OK)
            status = receive(b, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    *value = gv_sandblaster_items_value(&b->items);
    b->passes++;
    return status;
}

/* --- vectors at rank 0 ------------------------------------------------------------------------ */

/* Between b->vector and a vector of the servers. */
static int move_vector(coordinator *b, unsigned vector, bool to_servers, gv_error *err)
{
    int status =
        command(b, (gv_sandblaster_command){.operation = GV_OP_SHOW, .a = vector}, true, err);
    if (status == GV_OK)
        status = to_servers ? gv_coordinator_send_model(&b->c, b->vector, err)
                            : gv_coordinator_fetch_model(&b->c, err);
    while (status == GV_OK && b->c.rows_pending > 0)
        status = receive(b, err);
    return status;
}

/* --- the history on disk ---------------------------------------------------------------------- */

/* Files take long where models are large, so a background task writes and reads them. */
typedef struct file_job {
    coordinator *b;
    uint64_t iteration;
    unsigned kept;
} file_job;

static int write_file(void *context, gv_error *err)
{
    file_job *e = context;
    const gv_training *t = e->b->t;
    return gv_sandblaster_history_write(&e->b->files, t->saver, t->state, e->iteration, e->kept,
                                        err);
}

static int read_file(void *context, gv_error *err)
{
    file_job *e = context;
    return gv_sandblaster_history_read(&e->kept, &e->b->files, e->b->t->state, e->iteration, err);
}

static int write_pair(coordinator *b, unsigned place, gv_error *err)
{
    pair *p = &b->pairs[place];
    int status = move_vector(b, gv_lbfgs_step(place), false, err);
    if (status != GV_OK)
        return status;
    gv_model_copy(b->files.rows, GV_MODEL_VALUES, b->vector, GV_MODEL_VALUES);
    status = move_vector(b, gv_lbfgs_change(place), false, err);
    if (status != GV_OK)
        return status;
    gv_model_copy(b->files.rows, GV_MODEL_SUMS, b->vector, GV_MODEL_VALUES);
    file_job e = {b, p->iteration, p->kept};
    status = gv_comm_run_background(b->c.comm, write_file, &e, err);
    p->written = status == GV_OK;
    return status;
}

/* Bring the pairs that are not there yet onto the disk, for the checkpoint that is about to be
 * written; what neither it nor the two before it need goes. */
static int write_history(coordinator *b, gv_error *err)
{
    const gv_checkpoint *state = b->t->state;
    int status = GV_OK;
    for (unsigned age = b->lbfgs.kept; age-- > 0 && status == GV_OK;) {
        unsigned place = gv_lbfgs_place(&b->lbfgs, age);
        if (!b->pairs[place].written)
            status = write_pair(b, place, err);
    }
    if (status != GV_OK)
        return status;
    /* The checkpoint before this one may still be on its way to the disk. Should it fail, the one
     * before that is resumed from: so the pairs of both stay. */
    uint64_t oldest = b->saved[1];
    gv_sandblaster_history_tidy(
        &b->files, oldest > GV_SANDBLASTER_HISTORY ? oldest - GV_SANDBLASTER_HISTORY + 1 : 1,
        state->epoch);
    b->saved[1] = b->saved[0];
    b->saved[0] = state->epoch;
    return GV_OK;
}

/* Read the pair of an iteration to `place`. */
static int read_pair(coordinator *b, unsigned *kept, uint64_t iteration, unsigned place,
                     gv_error *err)
{
    file_job e = {.b = b, .iteration = iteration};
    int status = gv_comm_run_background(b->c.comm, read_file, &e, err);
    *kept = e.kept;
    if (status != GV_OK || *kept == 0)
        return status;
    gv_model_copy(b->vector, GV_MODEL_VALUES, b->files.rows, GV_MODEL_VALUES);
    status = move_vector(b, gv_lbfgs_step(place), true, err);
    if (status != GV_OK)
        return status;
    gv_model_copy(b->vector, GV_MODEL_VALUES, b->files.rows, GV_MODEL_SUMS);
    b->pairs[place] = (pair){.iteration = iteration, .kept = *kept, .written = true};
    return move_vector(b, gv_lbfgs_change(place), true, err);
}

/* Take up the history as it was after the iterations done: the newest pair goes to the last place,
 * older ones before it, as many as there were and are still there. */
static int read_history(coordinator *b, gv_error *err)
{
    uint64_t done = b->t->state->epoch;
    unsigned place = GV_SANDBLASTER_HISTORY, wanted = 1, had;
    int status = GV_OK;
    for (unsigned age = 0; age < wanted && age < done && place > 0; age++) {
        status = read_pair(b, &had, done - age, place - 1, err);
        if (status != GV_OK)
            return status;
        if (had == 0)
            break;
        /* the newest pair says how many there were in all */
        wanted = age == 0 ? had : wanted;
        place--;
    }
    unsigned kept = GV_SANDBLASTER_HISTORY - place;
    status = gv_lbfgs_restore(&b->lbfgs, place, kept, err);
    b->saved[0] = b->saved[1] = done;
    gv_sandblaster_history_tidy(&b->files, done >= kept ? done - kept + 1 : 1, done);
    return status;
}

static int gather(void *context, gv_error *err)
{
    coordinator *b = context;
    int status = move_vector(b, GV_LBFGS_X, false, err);
    if (status != GV_OK)
        return status;
    gv_model_copy(b->model, GV_MODEL_VALUES, b->vector, GV_MODEL_VALUES);
    return write_history(b, err);
}

/* --- an iteration ----------------------------------------------------------------------------- */

/* What the servers used. (Workers say it when they ask for work, so that no rank waits for a slow
 * one.) */
static int collect_usage(coordinator *b, gv_error *err)
{
    int status = gv_coordinator_ask_usage(&b->c, err);
    while (status == GV_OK && b->c.usage_pending > 0)
        status = receive(b, err);
    return status;
}

static int begin(coordinator *b, gv_error *err)
{
    const gv_training *t = b->t;
    b->begun = true;
    int status =
        gv_sandblaster_history_open(&b->files, t->run, b->model->vocab_size, b->model->dim, err);
    if (status == GV_OK)
        status = gv_lbfgs_begin(&b->lbfgs, &b->space, GV_SANDBLASTER_HISTORY, err);
    return status == GV_OK ? read_history(b, err) : status;
}

/* The step that was taken has a place in the history. */
static void note_pair(coordinator *b)
{
    const gv_lbfgs *l = &b->lbfgs;
    if (l->kept > 0)
        b->pairs[l->newest] = (pair){.iteration = b->t->state->epoch + 1, .kept = l->kept};
}

/* The iteration counts as all tasks of an epoch. */
static void settle(coordinator *b, gv_engine_result *result)
{
    const gv_training *t = b->t;
    gv_checkpoint *state = t->state;
    const gv_schedule_task *list = gv_schedule_tasks(t->schedule);
    memset(state->done, 0, state->segments * sizeof *state->done);
    memset(state->losses, 0, state->segments * sizeof *state->losses);
    /* the loop of epochs counts tasks, so all of them are done at once */
    for (size_t i = 0; i < gv_schedule_count(b->t->schedule); i++)
        state->done[list[i].word_segment]++;
    state->losses[0] = b->lbfgs.value;
    state->tasks_done = gv_schedule_count(b->t->schedule);
    state->records = t->info->records;
    result->loss = result->baseline_loss = b->lbfgs.value;
    result->records = t->info->records;
    result->tasks = gv_schedule_count(b->t->schedule);
    gv_progress_add(t->progress, t->info->records);
}

static int iterate(coordinator *b, gv_error *err)
{
    int status = b->begun ? GV_OK : begin(b, err);
    bool stuck = b->stuck;
    /* checked before a step is taken: every trial of the line search would fail */
    if (status == GV_OK && !isfinite(b->lbfgs.value))
        return gv_divergence_not_finite(err, b->config, b->t->state->epoch);
    if (status == GV_OK && !stuck)
        status = gv_lbfgs_iterate(&b->lbfgs, &b->stuck, err);
    if (status == GV_OK && !b->stuck)
        note_pair(b);
    if (status == GV_OK && b->stuck && !stuck)
        gv_progress_note(b->t->progress,
                         "no step decreases the objective: it has reached its minimum within "
                         "the precision of 32-bit numbers");
    return status;
}

static int run_range(void *context, gv_engine_result *result, gv_error *err)
{
    coordinator *b = context;
    gv_usage began = gv_usage_now(b->c.comm);
    gv_error cause = GV_ERROR_INIT;
    *result = (gv_engine_result){0};
    int status = iterate(b, &cause);
    if (status == GV_E_STOPPED && gv_signal_pending()) /* nothing of this iteration is done */
        return GV_OK;
    if (status != GV_OK)
        return gv_error_set(err, status, "%s", cause.text);
    status = collect_usage(b, err);
    result->usage = gv_coordinator_take_usage(&b->c, &began);
    result->passes = b->passes;
    b->passes = 0;
    if (status == GV_OK)
        settle(b, result);
    return status;
}

/* --- the engine ------------------------------------------------------------------------------- */

static void free_coordinator(void *context)
{
    coordinator *b = context;
    gv_sandblaster_history_close(&b->files);
    gv_model_free(b->vector);
    gv_coordinator_clear(&b->c);
    gv_sandblaster_items_clear(&b->items);
    gv_mem_free(b->parts);
    gv_mem_free(b->asked);
    gv_mem_free(b);
}

/* Send the servers the parameters. */
static int start(coordinator *b, gv_error *err)
{
    const gv_training *t = b->t;
    const gv_model *model = b->model;
    gv_params params;
    int status = gv_sandblaster_params(&params, b->config, t->info, gv_comm_size(t->comm), err);
    if (status != GV_OK) {
        gv_params_free(&params);
        return status;
    }
    status = gv_coordinator_init(&b->c, t->comm, t->progress, params, err);
    if (status == GV_OK &&
        (!(b->parts = gv_mem_alloc_zero(gv_params_keys(&b->c.params), sizeof *b->parts, err)) ||
         !(b->asked = gv_mem_alloc_zero((size_t)gv_comm_size(t->comm), sizeof *b->asked, err))))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status =
            gv_sandblaster_items_init(&b->items, t->info, model->width, gv_comm_size(t->comm), err);
    if (status == GV_OK)
        status = gv_model_new_values(&b->vector, model->vocab_size, model->dim, err);
    if (status != GV_OK)
        return status;
    gv_model_copy(b->vector, GV_MODEL_VALUES, model, GV_MODEL_VALUES);
    return move_vector(b, GV_LBFGS_X, true, err);
}

int gv_sandblaster_open(gv_engine *engine, gv_training *t, gv_error *err)
{
    coordinator *b = gv_mem_alloc_zero(1, sizeof *b, err);
    if (!b)
        return GV_E_MEMORY;
    *b = (coordinator){.t = t, .config = t->config, .model = t->model};
    b->space = (gv_lbfgs_space){b, space_dot, space_axpy, space_scale, space_copy, space_evaluate};
    int status = start(b, err);
    if (status != GV_OK) {
        free_coordinator(b);
        return status;
    }
    *engine = gv_training_engine(t);
    engine->context = b;
    engine->many_ranks = true;
    engine->run_range = run_range;
    engine->gather = gather;
    engine->free = free_coordinator;
    return GV_OK;
}
