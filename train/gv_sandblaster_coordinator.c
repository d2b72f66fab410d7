/*
 * The coordinator: units to workers, commands to shards, and the numbers that come back.
 *
 * A unit is given to one worker; when all have been given out, or too many wait for the first
 * missing one, that is given to a second. The first copy whose value is known and whose gradient is
 * held by all shards is the one that counts.
 */
#include "base/gv_mem.h"
#include "base/gv_progress.h"
#include "base/gv_signal.h"
#include "math/gv_lbfgs.h"
#include "train/gv_downpour_lease.h"
#include "train/gv_sandblaster.h"
#include "train/gv_sandblaster_messages.h"
#include <math.h>
#include <string.h>

enum { COPIES = 2, WAITING_MOST = 64, KEYS_AT_ONCE = 256 };
static const double wait_s = 0.02;

typedef struct copy {
    int worker; /* 0: none */
    unsigned held;
    bool valued;
    double value;
} copy;

typedef struct unit {
    copy copies[COPIES];
} unit;

struct gv_sandblaster {
    gv_comm *comm;
    const gv_config *config;
    gv_shards shards;
    gv_model *model;
    gv_space space;
    gv_lbfgs lbfgs;
    bool begun, stuck;
    unsigned *waiting; /* [ranks] units that a worker has asked for and not got */
    /* of the evaluation */
    uint32_t evaluation;
    unit *units; /* [units_n] */
    size_t units_n;
    size_t counted, fresh; /* units counted; first that was given to nobody */
    double value;
    double *answers;                      /* [ranks] of the last command */
    bool *tally_due;                      /* [ranks] */
    unsigned results, tallies, gathering; /* answers that are to come */
    gv_model *gathered;
    gv_crew *crew;
    gv_part *part;
};

int gv_sandblaster_servers(unsigned *servers, const gv_config *config, int ranks, gv_error *err)
{
    unsigned wanted = config->train_servers;
    *servers = wanted > 0 ? wanted : ranks / 3 > 0 ? (unsigned)ranks / 3 : 1;
    if (*servers + 1 < (unsigned)ranks)
        return GV_OK;
    return gv_fail(err, GV_E_USAGE,
                   "train.distributed = sandblaster needs a coordinator, shards and workers: %d "
                   "ranks and %u shards (train.servers) leave nobody to work; start more ranks",
                   ranks, *servers);
}

/* --- units ------------------------------------------------------------------------------------ */

static bool is_ready(const gv_sandblaster *b, const copy *c)
{
    return c->worker > 0 && c->valued && c->held == b->shards.end - b->shards.first;
}

/* Has a worker part in this unit, or is there no place for another? */
static bool is_taken(const unit *u, int worker)
{
    bool full = true;
    for (int i = 0; i < COPIES; i++) {
        if (u->copies[i].worker == worker)
            return true;
        full &= u->copies[i].worker > 0;
    }
    return full;
}

static bool any_ready(const gv_sandblaster *b, const unit *u)
{
    for (int i = 0; i < COPIES; i++)
        if (is_ready(b, &u->copies[i]))
            return true;
    return false;
}

static bool given_to_nobody(const unit *u)
{
    for (int i = 0; i < COPIES; i++)
        if (u->copies[i].worker > 0)
            return false;
    return true;
}

/* The unit that `worker` gets; units_n: none. */
static size_t choose_unit(gv_sandblaster *b, int worker)
{
    for (size_t i = b->counted; i < b->fresh; i++) /* returned by a lost worker */
        if (given_to_nobody(&b->units[i]))
            return i;
    if (b->fresh < b->units_n && b->fresh - b->counted < WAITING_MOST)
        return b->fresh++;
    for (size_t i = b->counted; i < b->fresh; i++)
        if (!any_ready(b, &b->units[i]) && !is_taken(&b->units[i], worker))
            return i;
    return b->fresh < b->units_n ? b->fresh++ : b->units_n;
}

static int give_unit(gv_sandblaster *b, int worker, bool *given, gv_error *err)
{
    size_t number = choose_unit(b, worker);
    *given = number < b->units_n;
    if (!*given)
        return GV_OK;
    copy *c = b->units[number].copies;
    while (c->worker > 0)
        c++;
    *c = (copy){.worker = worker};
    b->waiting[worker]--;
    gv_unit_message m = {.evaluation = b->evaluation, .unit = (uint32_t)number, .worker = worker};
    return gv_comm_send(b->comm, worker, GV_TAG_UNIT, &m, sizeof m, err);
}

/* Serve those who wait, in turn. */
static int give_units(gv_sandblaster *b, gv_error *err)
{
    int status = GV_OK, size = gv_comm_size(b->comm);
    for (bool any = b->counted < b->units_n; any && status == GV_OK;) {
        any = false;
        for (int rank = (int)b->shards.end; rank < size && status == GV_OK; rank++) {
            bool given = false;
            if (b->waiting[rank] > 0 && !gv_comm_is_lost(b->comm, rank))
                status = give_unit(b, rank, &given, err);
            any |= given;
        }
    }
    return status;
}

/* The next units in order that are ready are counted. */
static int count_units(gv_sandblaster *b, gv_error *err)
{
    int status = GV_OK;
    while (b->counted < b->units_n && status == GV_OK) {
        const copy *c = b->units[b->counted].copies;
        while (c < b->units[b->counted].copies + COPIES && !is_ready(b, c))
            c++;
        if (c == b->units[b->counted].copies + COPIES)
            break;
        gv_unit_message m = {
            .evaluation = b->evaluation, .unit = (uint32_t)b->counted, .worker = c->worker};
        for (unsigned s = b->shards.first; s < b->shards.end && status == GV_OK; s++)
            status = gv_comm_send(b->comm, (int)s, GV_TAG_COUNT, &m, sizeof m, err);
        b->value += c->value;
        b->counted++;
    }
    return status;
}

static copy *copy_of(gv_sandblaster *b, const gv_unit_message *m)
{
    if (m->evaluation != b->evaluation || m->unit >= b->units_n)
        return NULL;
    for (int i = 0; i < COPIES; i++)
        if (b->units[m->unit].copies[i].worker == m->worker)
            return &b->units[m->unit].copies[i];
    return NULL;
}

/* A value, or the word that a gradient is held; of an earlier evaluation: nothing to do. */
static int note_copy(gv_sandblaster *b, const gv_message *message, gv_error *err)
{
    gv_unit_message m;
    if (message->bytes != sizeof m)
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent a damaged message", message->from);
    memcpy(&m, message->data, sizeof m);
    copy *c = copy_of(b, &m);
    if (!c)
        return GV_OK;
    if (message->tag == GV_TAG_HELD) {
        c->held++;
    } else {
        c->valued = true;
        c->value = m.value;
    }
    return count_units(b, err);
}

/* --- a worker is lost ------------------------------------------------------------------------- */

static unsigned workers_left(const gv_sandblaster *b)
{
    unsigned left = 0;
    for (int rank = (int)b->shards.end; rank < gv_comm_size(b->comm); rank++)
        left += !gv_comm_is_lost(b->comm, rank);
    return left;
}

static int lose(gv_sandblaster *b, int rank, gv_error *err)
{
    size_t units = 0;
    int status = GV_OK;
    for (size_t i = b->counted; i < b->fresh; i++)
        for (int k = 0; k < COPIES; k++) {
            copy *c = &b->units[i].copies[k];
            if (c->worker != rank || is_ready(b, c))
                continue;
            *c = (copy){0};
            units++;
        }
    b->waiting[rank] = 0;
    b->tallies -= b->tally_due[rank];
    b->tally_due[rank] = false;
    for (unsigned s = b->shards.first; s < b->shards.end && status == GV_OK; s++)
        status = gv_comm_send(b->comm, (int)s, GV_TAG_GONE, &rank, sizeof rank, err);
    if (status != GV_OK)
        return status;
    gv_progress_note(b->crew->t->progress,
                     "rank %d on host %s is lost: its %zu units of work go to the others", rank,
                     gv_comm_host(b->comm, rank), units);
    return workers_left(b) > 0 ? GV_OK
                               : gv_fail(err, GV_E_RUNTIME,
                                         "rank %d on host %s, the last worker, is lost "
                                         "(mpi.deadline_s)",
                                         rank, gv_comm_host(b->comm, rank));
}

/* --- messages --------------------------------------------------------------------------------- */

static int note_tally(gv_sandblaster *b, const gv_message *message, gv_error *err)
{
    gv_tally took;
    if (message->bytes != sizeof took || b->tallies == 0)
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent an unexpected tally", message->from);
    memcpy(&took, message->data, sizeof took);
    b->part->cpu_s += took.cpu_s;
    b->part->sent.bytes += took.sent.bytes;
    b->part->sent.messages += took.sent.messages;
    b->tallies -= b->tally_due[message->from];
    b->tally_due[message->from] = false;
    return GV_OK;
}

static int note_result(gv_sandblaster *b, const gv_message *message, gv_error *err)
{
    double value;
    if (message->bytes != sizeof value || b->results == 0)
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent an unexpected result", message->from);
    memcpy(&value, message->data, sizeof value);
    b->answers[message->from] = value;
    b->results--;
    return GV_OK;
}

static int digest(gv_sandblaster *b, const gv_message *message, gv_error *err)
{
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_LOST:
        return lose(b, message->from, err);
    case GV_TAG_WANT:
        b->waiting[message->from]++;
        return GV_OK;
    case GV_TAG_VALUE:
    case GV_TAG_HELD:
        return note_copy(b, message, err);
    case GV_TAG_RESULT:
        return note_result(b, message, err);
    case GV_TAG_TALLY:
        return note_tally(b, message, err);
    case GV_TAG_ROWS:
        b->gathering--;
        return gv_rows_take(b->gathered, &b->shards, (unsigned)message->from, message, err);
    default:
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent an unexpected message of kind %u",
                       message->from, message->tag);
    }
}

/* Wait for a message, then take what else is there. */
static int receive(gv_sandblaster *b, gv_error *err)
{
    gv_message message;
    double wait = wait_s;
    int status;
    do {
        status = gv_comm_receive(b->comm, &message, wait, err);
        unsigned tag = message.tag;
        if (status == GV_OK)
            status = digest(b, &message, err);
        gv_message_drop(&message);
        wait = 0;
        if (tag == GV_TAG_NONE)
            break;
    } while (status == GV_OK);
    return status;
}

/* --- commands --------------------------------------------------------------------------------- */

/* To all shards; with `answered`, wait for all answers. */
static int command(gv_sandblaster *b, gv_command c, bool answered, gv_error *err)
{
    int status = GV_OK;
    for (unsigned s = b->shards.first; s < b->shards.end && status == GV_OK; s++) {
        status = gv_comm_send(b->comm, (int)s, GV_TAG_COMMAND, &c, sizeof c, err);
        b->results += answered;
    }
    while (status == GV_OK && b->results > 0)
        status = receive(b, err);
    return status;
}

static int space_dot(void *context, double *result, unsigned x, unsigned y, gv_error *err)
{
    gv_sandblaster *b = context;
    int status = command(b, (gv_command){.operation = GV_OP_DOT, .a = x, .b = y}, true, err);
    *result = 0;
    for (unsigned s = b->shards.first; s < b->shards.end; s++) /* in one order */
        *result += b->answers[s];
    return status;
}

static int space_axpy(void *context, unsigned y, double alpha, unsigned x, gv_error *err)
{
    gv_command c = {.operation = GV_OP_AXPY, .a = y, .b = x, .alpha = alpha};
    return command(context, c, false, err);
}

static int space_scale(void *context, unsigned x, double alpha, gv_error *err)
{
    return command(context, (gv_command){.operation = GV_OP_SCALE, .a = x, .alpha = alpha}, false,
                   err);
}

static int space_copy(void *context, unsigned to, unsigned from, gv_error *err)
{
    return command(context, (gv_command){.operation = GV_OP_COPY, .a = to, .b = from}, false, err);
}

/* Shards first, as a worker may ask them as soon as it knows. */
static int begin_evaluation(gv_sandblaster *b, unsigned x, unsigned g, gv_error *err)
{
    gv_command c = {.operation = GV_OP_EVALUATE, .a = x, .b = g, .number = ++b->evaluation};
    int status = command(b, c, true, err);
    for (int rank = (int)b->shards.end; rank < gv_comm_size(b->comm) && status == GV_OK; rank++)
        status =
            gv_comm_send(b->comm, rank, GV_TAG_EVALUATE, &b->evaluation, sizeof b->evaluation, err);
    memset(b->units, 0, b->units_n * sizeof *b->units);
    b->counted = b->fresh = 0;
    b->value = 0;
    return status;
}

static int space_evaluate(void *context, double *value, unsigned x, unsigned g, gv_error *err)
{
    gv_sandblaster *b = context;
    int status = begin_evaluation(b, x, g, err);
    while (status == GV_OK && b->counted < b->units_n) {
        status = give_units(b, err);
        if (status == GV_OK)
            status = receive(b, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    *value = b->value;
    b->part->passes++;
    return status;
}

/* --- rank 0's model --------------------------------------------------------------------------- */

/* Values between the model, whose rows have sums, and one whose rows have not. */
static void copy_values(gv_model *to, const gv_model *from)
{
    for (size_t row = 0; row < from->vocab_size; row++) {
        memcpy(to->word + row * to->stride, from->word + row * from->stride,
               from->width * sizeof(float));
        memcpy(to->context + row * to->stride, from->context + row * from->stride,
               from->width * sizeof(float));
    }
}

/* All keys, some at a time, are put to, or fetched from, a shard. */
static int transfer(gv_sandblaster *b, gv_model *values, unsigned server, bool to_shard,
                    gv_error *err)
{
    uint32_t keys[KEYS_AT_ONCE], all = gv_shards_keys(&b->shards);
    int status = GV_OK;
    for (uint32_t first = 0; first < all && status == GV_OK; first += KEYS_AT_ONCE) {
        size_t n = all - first < KEYS_AT_ONCE ? all - first : KEYS_AT_ONCE;
        for (size_t k = 0; k < n; k++)
            keys[k] = first + (uint32_t)k;
        b->gathering += !to_shard;
        status = to_shard ? gv_rows_put(b->comm, &b->shards, values, server, keys, n, err)
                          : gv_fetch_send(b->comm, server, keys, n, err);
    }
    return status;
}

static int put_model(gv_sandblaster *b, gv_error *err)
{
    gv_model *values;
    int status = gv_model_new_values(&values, b->model->vocab_size, b->model->dim, err);
    if (status != GV_OK)
        return status;
    copy_values(values, b->model);
    for (unsigned s = b->shards.first; s < b->shards.end && status == GV_OK; s++)
        status = transfer(b, values, s, true, err);
    gv_model_free(values);
    return status;
}

int gv_sandblaster_gather(void *context, gv_error *err)
{
    gv_sandblaster *b = context;
    int status = gv_model_new_values(&b->gathered, b->model->vocab_size, b->model->dim, err);
    if (status == GV_OK)
        status = command(b, (gv_command){.operation = GV_OP_SHOW, .a = GV_LBFGS_X}, true, err);
    for (unsigned s = b->shards.first; s < b->shards.end && status == GV_OK; s++)
        status = transfer(b, b->gathered, s, false, err);
    while (status == GV_OK && b->gathering > 0)
        status = receive(b, err);
    if (status == GV_OK)
        copy_values(b->model, b->gathered);
    gv_model_free(b->gathered);
    b->gathered = NULL;
    return status;
}

int gv_sandblaster_new(gv_sandblaster **result, gv_comm *comm, const gv_config *config,
                       const gv_store_info *info, gv_model *model, gv_error *err)
{
    unsigned servers;
    *result = NULL;
    int status = gv_sandblaster_servers(&servers, config, gv_comm_size(comm), err);
    gv_sandblaster *b = status == GV_OK ? gv_alloc_zero(1, sizeof *b, err) : NULL;
    if (!b)
        return status != GV_OK ? status : GV_E_MEMORY;
    *b = (gv_sandblaster){.comm = comm, .config = config, .model = model};
    b->space = (gv_space){b, space_dot, space_axpy, space_scale, space_copy, space_evaluate};
    status = gv_shards_make(&b->shards, info, 1, 1 + servers, err);
    b->waiting = gv_alloc_zero((size_t)gv_comm_size(comm), sizeof *b->waiting, err);
    b->answers = gv_alloc_zero((size_t)gv_comm_size(comm), sizeof *b->answers, err);
    b->tally_due = gv_alloc_zero((size_t)gv_comm_size(comm), sizeof *b->tally_due, err);
    if (status == GV_OK && (!b->waiting || !b->answers || !b->tally_due))
        status = GV_E_MEMORY;
    for (int rank = (int)b->shards.end; rank < gv_comm_size(comm); rank++)
        gv_comm_tolerate(comm, rank);
    if (status == GV_OK)
        status = put_model(b, err);
    if (status != GV_OK) {
        gv_sandblaster_free(b);
        return status;
    }
    *result = b;
    return GV_OK;
}

void gv_sandblaster_free(gv_sandblaster *b)
{
    if (!b)
        return;
    gv_shards_drop(&b->shards);
    gv_free(b->units);
    gv_free(b->waiting);
    gv_free(b->answers);
    gv_free(b->tally_due);
    gv_free(b);
}

/* --- an iteration ----------------------------------------------------------------------------- */

static int ask_tallies(gv_sandblaster *b, gv_error *err)
{
    int status = GV_OK;
    for (int rank = 1; rank < gv_comm_size(b->comm) && status == GV_OK; rank++) {
        if (gv_comm_is_lost(b->comm, rank))
            continue;
        b->tallies++;
        b->tally_due[rank] = true;
        status = gv_comm_send(b->comm, rank, GV_TAG_TALLY, NULL, 0, err);
    }
    while (status == GV_OK && b->tallies > 0)
        status = receive(b, err);
    return status;
}

/* The units are those of the first epoch's order, as the workers have them. */
static int begin(gv_sandblaster *b, gv_error *err)
{
    const gv_training *t = b->crew->t;
    gv_schedule_draw(t->schedule, b->config->train_seed, 0, 1);
    gv_schedule_units(t->schedule, &b->units_n);
    b->units = gv_alloc_zero(b->units_n, sizeof *b->units, err);
    if (!b->units)
        return GV_E_MEMORY;
    b->begun = true;
    return gv_lbfgs_begin(&b->lbfgs, &b->space, GV_SANDBLASTER_HISTORY, err);
}

/* The iteration stands for all tasks of an epoch. */
static void settle(gv_sandblaster *b)
{
    const gv_training *t = b->crew->t;
    gv_checkpoint *state = t->state;
    const gv_task *list = gv_schedule_tasks(t->schedule);
    memset(state->done, 0, state->segments * sizeof *state->done);
    memset(state->losses, 0, state->segments * sizeof *state->losses);
    for (size_t i = 0; i < b->crew->tasks; i++)
        state->done[list[i].word_segment]++;
    state->losses[0] = b->lbfgs.value;
    state->position = b->crew->tasks;
    state->records = t->info->records;
    b->part->loss = b->part->ignorant = b->lbfgs.value;
    b->part->records = t->info->records;
    b->part->tasks = b->crew->tasks;
    gv_progress_add(t->progress, t->info->records);
}

static int iterate(gv_sandblaster *b, gv_error *err)
{
    int status = b->begun ? GV_OK : begin(b, err);
    bool stuck = b->stuck;
    if (status == GV_OK && !isfinite(b->lbfgs.value))
        return gv_crew_not_finite(b->crew, err);
    if (status == GV_OK && !stuck)
        status = gv_lbfgs_iterate(&b->lbfgs, &b->stuck, err);
    if (status == GV_OK && b->stuck && !stuck)
        gv_progress_note(b->crew->t->progress,
                         "no step makes the objective smaller: this is the minimum, as far as "
                         "numbers of 32 bits can tell");
    return status;
}

int gv_sandblaster_stretch(void *context, gv_crew *crew, gv_part *part, gv_error *err)
{
    gv_sandblaster *b = context;
    gv_tally began = gv_tally_now(b->comm);
    gv_error cause = GV_ERROR_INIT;
    *part = (gv_part){0};
    b->crew = crew;
    b->part = part;
    int status = iterate(b, &cause);
    if (status == GV_E_STOPPED && gv_signal_pending()) /* nothing of this iteration is done */
        return GV_OK;
    if (status != GV_OK)
        return gv_fail(err, status, "%s", cause.text);
    status = ask_tallies(b, err);
    gv_tally now = gv_tally_now(b->comm), took = gv_tally_since(&now, &began);
    part->cpu_s += took.cpu_s;
    part->sent.bytes += took.sent.bytes;
    part->sent.messages += took.sent.messages;
    if (status == GV_OK)
        settle(b);
    return status;
}
