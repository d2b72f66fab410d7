/*
 * The coordinator: units to workers, commands to shards, and the numbers that come back.
 *
 * A unit is given to one worker; when all have been given out, those that are missing go, in turn, to
 * others that ask. A lost worker's units are given out again. A worker may have as many units at a
 * time as befits what it did in the evaluation before: a slow one does not sit on many that others
 * have to do again in the end.
 */
#include "base/gv_mem.h"
#include "base/gv_progress.h"
#include "base/gv_signal.h"
#include "model/gv_lbfgs.h"
#include "train/experiments/sandblaster/gv_sandblaster.h"
#include "train/experiments/sandblaster/gv_sandblaster_history.h"
#include "train/experiments/sandblaster/gv_sandblaster_messages.h"
#include "train/gv_usage.h"
#include <math.h>
#include <string.h>

enum {
    COPIES = 3,
    LIMIT_PART = 16, /* a worker has this part of what it does in an evaluation at a time, */
    LIMIT_MOST = 64, /* (or this, as long as that is not known) */
    COPY_PART = 16,  /* and of that this part when it takes copies of others' units */
    KEYS_AT_ONCE = 64,
    UNIT_FLOATS = 1 << 16 /* rows of a unit, at most (but one segment at least): their values and
                             gradient stay in the second-level cache */
};
static const double wait_s = 0.02;

/* A pair of the history. */
typedef struct pair {
    uint64_t iteration;
    unsigned kept; /* pairs there were with it */
    bool written;
} pair;

typedef struct unit {
    gv_sandblaster_item is;
    int workers[COPIES]; /* who has it; 0: nobody */
    uint32_t left;       /* segments not counted */
} unit;

struct gv_sandblaster {
    gv_comm *comm;
    const gv_config *config;
    gv_params shards;
    gv_model *model;
    gv_lbfgs_space space;
    gv_lbfgs lbfgs;
    bool begun, stuck;
    unsigned *waiting; /* [ranks] units that a worker has asked for and not got */
    unsigned *limit;   /* [ranks] units that it may have at a time */
    uint32_t *done;    /* [ranks] keys that it was the first with, in this evaluation */
    /* of the evaluation */
    uint32_t evaluation;
    unit *units;                          /* [units_n] */
    size_t units_n, fresh;                /* units; first that was given to nobody */
    uint32_t *unit_of;                    /* [keys] */
    bool *counted;                        /* [keys] their gradient is in the shards */
    uint32_t left;                        /* keys not counted */
    double *values;                       /* [keys] */
    double *parts;                        /* [2 segments] of the last dot product, by key */
    unsigned results, tallies, gathering; /* answers that are to come */
    gv_model *vector;                     /* on its way from or to the shards */
    gv_sandblaster_history files;
    pair pairs[GV_SANDBLASTER_HISTORY]; /* by place */
    uint64_t saved[2];                  /* iterations of the last checkpoints, the last first */
    gv_usage took;                      /* by others, not told yet */
    unsigned passes;
    gv_crew *crew;
};

int gv_sandblaster_servers(unsigned *servers, const gv_config *config, int ranks, gv_error *err)
{
    unsigned wanted = config->train_servers;
    *servers = wanted > 0 ? wanted : ranks / 3 > 0 ? (unsigned)ranks / 3 : 1;
    if (*servers + 1 < (unsigned)ranks)
        return GV_OK;
    return gv_error_set(
        err, GV_E_USAGE,
        "train.distributed = sandblaster needs a coordinator, shards and workers: %d "
        "ranks and %u shards (train.servers) leave nobody to work; start more ranks",
        ranks, *servers);
}

int gv_sandblaster_params(gv_params *shards, const gv_config *config, const gv_store_info *info,
                          int ranks, gv_error *err)
{
    unsigned servers;
    *shards = (gv_params){0};
    int status = gv_sandblaster_servers(&servers, config, ranks, err);
    return status == GV_OK ? gv_params_make_contiguous(shards, info, 1, 1 + servers, err) : status;
}

/* --- units ------------------------------------------------------------------------------------ */

static bool has(const unit *u, int worker)
{
    bool found = false;
    for (int i = 0; i < COPIES; i++)
        found |= u->workers[i] == worker;
    return found;
}

/* A place for another worker; NULL: `worker` has the unit already, or there is none. */
static int *free_place(unit *u, int worker)
{
    for (int i = 0; i < COPIES && !has(u, worker); i++)
        if (u->workers[i] == 0)
            return &u->workers[i];
    return NULL;
}

static unsigned copies_of(const unit *u)
{
    unsigned n = 0;
    for (int i = 0; i < COPIES; i++)
        n += u->workers[i] > 0;
    return n;
}

/* The unit that `worker` gets; units_n: none. One that nobody has, or else one that few have; copies
 * are given to those only who have little else to do, as most will turn out to be needless. */
static size_t choose_unit(gv_sandblaster *b, int worker)
{
    size_t copy = b->units_n, orphan = b->units_n;
    unsigned own = 0;
    for (size_t i = 0; i < b->fresh; i++) {
        unit *u = &b->units[i];
        if (u->left == 0)
            continue;
        own += has(u, worker);
        if (!free_place(u, worker))
            continue;
        if (copies_of(u) == 0)
            orphan = i;
        else if (copy == b->units_n || copies_of(u) < copies_of(&b->units[copy]))
            copy = i;
    }
    if (own >= b->limit[worker])
        return b->units_n;
    if (orphan < b->units_n)
        return orphan;
    if (b->fresh < b->units_n)
        return b->fresh++;
    return own <= b->limit[worker] / COPY_PART ? copy : b->units_n;
}

static int give_unit(gv_sandblaster *b, int worker, bool *given, gv_error *err)
{
    size_t number = choose_unit(b, worker);
    *given = number < b->units_n;
    if (!*given)
        return GV_OK;
    *free_place(&b->units[number], worker) = worker;
    b->waiting[worker]--;
    gv_sandblaster_item_message m = {.evaluation = b->evaluation, .unit = b->units[number].is};
    return gv_comm_send(b->comm, worker, GV_TAG_UNIT, &m, sizeof m, err);
}

/* Serve those who wait, in turn. */
static int give_units(gv_sandblaster *b, gv_error *err)
{
    int status = GV_OK, size = gv_comm_size(b->comm);
    for (bool any = b->left > 0; any && status == GV_OK;) {
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

/* A shard has the gradient of a key. Of an earlier evaluation: nothing to do. */
static int count_key(gv_sandblaster *b, const gv_comm_message *message, gv_error *err)
{
    gv_sandblaster_gradient_head head = {.key = UINT32_MAX};
    if (message->bytes == sizeof head)
        memcpy(&head, message->data, sizeof head);
    if (head.key >= gv_params_keys(&b->shards))
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a damaged message", message->from);
    if (head.evaluation != b->evaluation || b->counted[head.key])
        return GV_OK;
    b->counted[head.key] = true;
    b->values[head.key] = head.value;
    if (head.worker > 0 && head.worker < gv_comm_size(b->comm))
        b->done[head.worker]++;
    b->units[b->unit_of[head.key]].left--;
    b->left--;
    return GV_OK;
}

/* --- a worker is lost ------------------------------------------------------------------------- */

static unsigned workers_left(const gv_sandblaster *b)
{
    unsigned left = 0;
    for (int rank = (int)b->shards.end; rank < gv_comm_size(b->comm); rank++)
        left += !gv_comm_is_lost(b->comm, rank);
    return left;
}

/* Take away what it has and what it has asked for; returns how many units it had. */
static size_t take_back(gv_sandblaster *b, int worker)
{
    size_t units = 0;
    for (size_t i = 0; i < b->fresh; i++)
        for (int k = 0; k < COPIES; k++)
            if (b->units[i].left > 0 && b->units[i].workers[k] == worker) {
                b->units[i].workers[k] = 0;
                units++;
            }
    b->waiting[worker] = 0;
    return units;
}

static int lose(gv_sandblaster *b, int rank, gv_error *err)
{
    size_t units = take_back(b, rank);
    int status = GV_OK;
    for (unsigned s = b->shards.first; s < b->shards.end && status == GV_OK; s++)
        status = gv_comm_send(b->comm, (int)s, GV_TAG_GONE, &rank, sizeof rank, err);
    if (status != GV_OK)
        return status;
    if (b->crew)
        gv_progress_note(b->crew->t->progress,
                         "rank %d on host %s is lost: its %zu units of work go to the others", rank,
                         gv_comm_host(b->comm, rank), units);
    return workers_left(b) > 0 ? GV_OK
                               : gv_error_set(err, GV_E_RUNTIME,
                                              "rank %d on host %s, the last worker, is lost "
                                              "(mpi.deadline_s)",
                                              rank, gv_comm_host(b->comm, rank));
}

/* --- messages --------------------------------------------------------------------------------- */

/* A shard has obeyed; with numbers: those of its keys. */
static int note_result(gv_sandblaster *b, const gv_comm_message *message, gv_error *err)
{
    uint32_t first, end;
    gv_params_segments(&first, &end, &b->shards, (unsigned)message->from);
    size_t bytes = 2 * (size_t)(end - first) * sizeof *b->parts;
    if (b->results == 0 || (message->bytes != 0 && message->bytes != bytes))
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent an unexpected result", message->from);
    if (message->bytes > 0)
        memcpy(b->parts + 2 * first, message->data, bytes);
    b->results--;
    return GV_OK;
}

static int digest(void *context, const gv_comm_message *message, gv_error *err)
{
    gv_sandblaster *b = context;
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_LOST:
        return lose(b, message->from, err);
    case GV_TAG_WANT:
        b->waiting[message->from]++;
        return gv_usage_receive(&b->took, message, err);
    case GV_TAG_COUNTED:
        return count_key(b, message, err);
    case GV_TAG_RESULT:
        return note_result(b, message, err);
    case GV_TAG_TALLY:
        return b->tallies-- > 0 ? gv_usage_receive(&b->took, message, err)
                                : gv_comm_unexpected(message, err);
    case GV_TAG_ROWS:
        b->gathering--;
        return gv_params_receive_rows(b->vector, &b->shards, (unsigned)message->from, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

static int receive(gv_sandblaster *b, gv_error *err)
{
    return gv_comm_dispatch(b->comm, wait_s, digest, b, err);
}

/* --- commands --------------------------------------------------------------------------------- */

/* To all shards; with `answered`, wait for all answers. */
static int command(gv_sandblaster *b, gv_sandblaster_command c, bool answered, gv_error *err)
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

/* Added in the order of keys, whoever has them. */
static int space_dot(void *context, double *result, unsigned x, unsigned y, gv_error *err)
{
    gv_sandblaster *b = context;
    int status =
        command(b, (gv_sandblaster_command){.operation = GV_OP_DOT, .a = x, .b = y}, true, err);
    *result = 0;
    for (uint32_t key = 0; key < gv_params_keys(&b->shards); key++)
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

static void begin_units(gv_sandblaster *b)
{
    for (size_t i = 0; i < b->units_n; i++)
        b->units[i] =
            (unit){.is = b->units[i].is, .left = b->units[i].is.end - b->units[i].is.first};
    b->fresh = 0;
    b->left = gv_params_keys(&b->shards);
    memset(b->counted, 0, b->left * sizeof *b->counted);
    for (int rank = 0; rank < gv_comm_size(b->comm); rank++) {
        b->limit[rank] = b->evaluation > 1 ? 1 + b->done[rank] / LIMIT_PART : LIMIT_MOST;
        b->done[rank] = 0;
    }
}

/* Shards first, as a worker may ask them as soon as it knows. */
static int begin_evaluation(gv_sandblaster *b, unsigned x, unsigned g, gv_error *err)
{
    gv_sandblaster_command c = {
        .operation = GV_OP_EVALUATE, .a = x, .b = g, .number = ++b->evaluation};
    int status = command(b, c, true, err);
    for (int rank = (int)b->shards.end; rank < gv_comm_size(b->comm) && status == GV_OK; rank++)
        status =
            gv_comm_send(b->comm, rank, GV_TAG_EVALUATE, &b->evaluation, sizeof b->evaluation, err);
    begin_units(b);
    return status;
}

static int space_evaluate(void *context, double *value, unsigned x, unsigned g, gv_error *err)
{
    gv_sandblaster *b = context;
    int status = begin_evaluation(b, x, g, err);
    while (status == GV_OK && b->left > 0) {
        status = give_units(b, err);
        if (status == GV_OK)
            status = receive(b, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    *value = 0;
    for (uint32_t key = 0; key < gv_params_keys(&b->shards); key++)
        *value += b->values[key];
    b->passes++;
    return status;
}

/* --- vectors at rank 0 --------------------------------------------------------------------------- */

/* All rows of a shard, some at a time, are put there, or fetched. */
static int transfer(gv_sandblaster *b, unsigned server, bool to_shard, gv_error *err)
{
    uint32_t keys[KEYS_AT_ONCE], first, end;
    int status = GV_OK;
    gv_params_segments(&first, &end, &b->shards, server);
    for (uint32_t key = 2 * first; key < 2 * end && status == GV_OK;) {
        size_t n = 0;
        while (n < KEYS_AT_ONCE && key < 2 * end)
            keys[n++] = key++;
        b->gathering += !to_shard;
        status = to_shard
                     ? gv_params_send_rows(b->comm, &b->shards, b->vector, server, keys, n, err)
                     : gv_params_send_fetch(b->comm, server, keys, n, err);
    }
    return status;
}

/* Between b->vector and a vector in the shards. */
static int move_vector(gv_sandblaster *b, unsigned vector, bool to_shards, gv_error *err)
{
    int status =
        command(b, (gv_sandblaster_command){.operation = GV_OP_SHOW, .a = vector}, true, err);
    for (unsigned s = b->shards.first; s < b->shards.end && status == GV_OK; s++)
        status = transfer(b, s, to_shards, err);
    while (status == GV_OK && b->gathering > 0)
        status = receive(b, err);
    return status;
}

/* --- the history on disk ---------------------------------------------------------------------- */

/* Files take long where models are large: meanwhile the other ranks hear of this one. */
typedef struct errand {
    gv_sandblaster *b;
    uint64_t iteration;
    unsigned kept;
} errand;

static int write_file(void *context, gv_error *err)
{
    errand *e = context;
    const gv_training *t = e->b->crew->t;
    return gv_sandblaster_history_write(&e->b->files, t->saver, t->state, e->iteration, e->kept,
                                        err);
}

static int read_file(void *context, gv_error *err)
{
    errand *e = context;
    return gv_sandblaster_history_read(&e->kept, &e->b->files, e->b->crew->t->state, e->iteration,
                                       err);
}

static int write_pair(gv_sandblaster *b, unsigned place, gv_error *err)
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
    errand e = {b, p->iteration, p->kept};
    status = gv_comm_run_background(b->comm, write_file, &e, err);
    p->written = status == GV_OK;
    return status;
}

/* Bring the pairs that are not there yet onto the disk, for the checkpoint that is about to be
 * written; what neither it nor the two before it need goes. */
static int write_history(gv_sandblaster *b, gv_error *err)
{
    const gv_checkpoint *state = b->crew->t->state;
    int status = GV_OK;
    for (unsigned age = b->lbfgs.kept; age-- > 0 && status == GV_OK;) {
        unsigned place = gv_lbfgs_place(&b->lbfgs, age);
        if (!b->pairs[place].written)
            status = write_pair(b, place, err);
    }
    if (status != GV_OK)
        return status;
    uint64_t oldest = b->saved[1];
    gv_sandblaster_history_tidy(
        &b->files, oldest > GV_SANDBLASTER_HISTORY ? oldest - GV_SANDBLASTER_HISTORY + 1 : 1,
        state->epoch);
    b->saved[1] = b->saved[0];
    b->saved[0] = state->epoch;
    return GV_OK;
}

/* Read the pair of an iteration to `place`. */
static int read_pair(gv_sandblaster *b, unsigned *kept, uint64_t iteration, unsigned place,
                     gv_error *err)
{
    errand e = {.b = b, .iteration = iteration};
    int status = gv_comm_run_background(b->comm, read_file, &e, err);
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
static int read_history(gv_sandblaster *b, gv_error *err)
{
    uint64_t done = b->crew->t->state->epoch;
    unsigned place = GV_SANDBLASTER_HISTORY, wanted = 1, had;
    int status = GV_OK;
    for (unsigned age = 0; age < wanted && age < done && place > 0; age++) {
        status = read_pair(b, &had, done - age, place - 1, err);
        if (status != GV_OK)
            return status;
        if (had == 0)
            break;
        wanted = age == 0 ? had : wanted;
        place--;
    }
    unsigned kept = GV_SANDBLASTER_HISTORY - place;
    status = gv_lbfgs_restore(&b->lbfgs, place, kept, err);
    b->saved[0] = b->saved[1] = done;
    gv_sandblaster_history_tidy(&b->files, done >= kept ? done - kept + 1 : 1, done);
    return status;
}

int gv_sandblaster_gather(void *context, gv_error *err)
{
    gv_sandblaster *b = context;
    int status = move_vector(b, GV_LBFGS_X, false, err);
    if (status != GV_OK)
        return status;
    gv_model_copy(b->model, GV_MODEL_VALUES, b->vector, GV_MODEL_VALUES);
    return write_history(b, err);
}

/* --- beginning and end ------------------------------------------------------------------------ */

static int allocate(gv_sandblaster *b, gv_error *err)
{
    size_t ranks = (size_t)gv_comm_size(b->comm), keys = gv_params_keys(&b->shards);
    return (b->waiting = gv_mem_alloc_zero(ranks, sizeof *b->waiting, err)) &&
                   (b->limit = gv_mem_alloc_zero(ranks, sizeof *b->limit, err)) &&
                   (b->done = gv_mem_alloc_zero(ranks, sizeof *b->done, err)) &&
                   (b->parts = gv_mem_alloc_zero(keys, sizeof *b->parts, err)) &&
                   (b->values = gv_mem_alloc_zero(keys, sizeof *b->values, err)) &&
                   (b->counted = gv_mem_alloc_zero(keys, sizeof *b->counted, err)) &&
                   (b->unit_of = gv_mem_alloc_zero(keys, sizeof *b->unit_of, err)) &&
                   (b->units = gv_mem_alloc_zero(keys, sizeof *b->units, err))
               ? GV_OK
               : GV_E_MEMORY;
}

/* Segment after segment, while there is room: the unit that begins with `first`. */
static uint32_t end_of_unit(const gv_sandblaster *b, uint32_t first)
{
    const gv_store_info *info = b->shards.info;
    size_t words = UNIT_FLOATS / b->model->width;
    uint32_t end = first + 1;
    while (end < info->segments && end - first < GV_UNIT_SEGMENTS &&
           info->segment_first[end + 1] - info->segment_first[first] <= words)
        end++;
    return end;
}

static void cut_units(gv_sandblaster *b)
{
    for (uint32_t first = 0, end; first < b->shards.info->segments; first = end) {
        end = end_of_unit(b, first);
        for (uint32_t context = 0; context < 2; context++) {
            for (uint32_t s = first; s < end; s++)
                b->unit_of[2 * s + context] = (uint32_t)b->units_n;
            b->units[b->units_n++].is = (gv_sandblaster_item){first, end, context};
        }
    }
}

int gv_sandblaster_new(gv_sandblaster **result, gv_comm *comm, const gv_config *config,
                       const gv_store_info *info, gv_model *model, gv_error *err)
{
    *result = NULL;
    gv_sandblaster *b = gv_mem_alloc_zero(1, sizeof *b, err);
    if (!b)
        return GV_E_MEMORY;
    *b = (gv_sandblaster){.comm = comm, .config = config, .model = model};
    b->space = (gv_lbfgs_space){b, space_dot, space_axpy, space_scale, space_copy, space_evaluate};
    int status = gv_sandblaster_params(&b->shards, config, info, gv_comm_size(comm), err);
    if (status == GV_OK)
        status = allocate(b, err);
    for (int rank = (int)b->shards.end; status == GV_OK && rank < gv_comm_size(comm); rank++)
        gv_comm_tolerate(comm, rank);
    if (status == GV_OK)
        status = gv_model_new_values(&b->vector, model->vocab_size, model->dim, err);
    if (status == GV_OK) {
        cut_units(b);
        gv_model_copy(b->vector, GV_MODEL_VALUES, model, GV_MODEL_VALUES);
        status = move_vector(b, GV_LBFGS_X, true, err);
    }
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
    gv_sandblaster_history_close(&b->files);
    gv_model_free(b->vector);
    gv_params_drop(&b->shards);
    gv_mem_free(b->units);
    gv_mem_free(b->unit_of);
    gv_mem_free(b->counted);
    gv_mem_free(b->values);
    gv_mem_free(b->waiting);
    gv_mem_free(b->limit);
    gv_mem_free(b->done);
    gv_mem_free(b->parts);
    gv_mem_free(b);
}

/* --- an iteration ----------------------------------------------------------------------------- */

/* What the shards have taken. (Workers say it when they ask for units, so that nobody waits for a
 * slow one.) */
static int ask_tallies(gv_sandblaster *b, gv_error *err)
{
    int status = GV_OK;
    for (unsigned s = b->shards.first; s < b->shards.end && status == GV_OK; s++) {
        b->tallies++;
        status = gv_comm_send(b->comm, (int)s, GV_TAG_TALLY, NULL, 0, err);
    }
    while (status == GV_OK && b->tallies > 0)
        status = receive(b, err);
    return status;
}

static int begin(gv_sandblaster *b, gv_error *err)
{
    const gv_training *t = b->crew->t;
    b->begun = true;
    int status =
        gv_sandblaster_history_open(&b->files, t->run, b->model->vocab_size, b->model->dim, err);
    if (status == GV_OK)
        status = gv_lbfgs_begin(&b->lbfgs, &b->space, GV_SANDBLASTER_HISTORY, err);
    return status == GV_OK ? read_history(b, err) : status;
}

/* The step that was taken has a place in the history. */
static void note_pair(gv_sandblaster *b)
{
    const gv_lbfgs *l = &b->lbfgs;
    if (l->kept > 0)
        b->pairs[l->newest] = (pair){.iteration = b->crew->t->state->epoch + 1, .kept = l->kept};
}

/* The iteration stands for all tasks of an epoch. */
static void settle(gv_sandblaster *b, gv_part *part)
{
    const gv_training *t = b->crew->t;
    gv_checkpoint *state = t->state;
    const gv_schedule_task *list = gv_schedule_tasks(t->schedule);
    memset(state->done, 0, state->segments * sizeof *state->done);
    memset(state->losses, 0, state->segments * sizeof *state->losses);
    for (size_t i = 0; i < b->crew->tasks; i++)
        state->done[list[i].word_segment]++;
    state->losses[0] = b->lbfgs.value;
    state->position = b->crew->tasks;
    state->records = t->info->records;
    part->loss = part->ignorant = b->lbfgs.value;
    part->records = t->info->records;
    part->tasks = b->crew->tasks;
    gv_progress_add(t->progress, t->info->records);
}

/* What all ranks have taken since `began`. */
static void settle_tallies(gv_sandblaster *b, gv_usage *began, gv_part *part)
{
    part->took = gv_usage_since(began, b->comm);
    gv_usage_add(&part->took, &b->took);
    part->passes = b->passes;
    b->took = (gv_usage){0};
    b->passes = 0;
}

static int iterate(gv_sandblaster *b, gv_error *err)
{
    int status = b->begun ? GV_OK : begin(b, err);
    bool stuck = b->stuck;
    if (status == GV_OK && !isfinite(b->lbfgs.value))
        return gv_crew_not_finite(b->crew, err);
    if (status == GV_OK && !stuck)
        status = gv_lbfgs_iterate(&b->lbfgs, &b->stuck, err);
    if (status == GV_OK && !b->stuck)
        note_pair(b);
    if (status == GV_OK && b->stuck && !stuck)
        gv_progress_note(b->crew->t->progress,
                         "no step makes the objective smaller: this is the minimum, as far as "
                         "numbers of 32 bits can tell");
    return status;
}

int gv_sandblaster_stretch(void *context, gv_crew *crew, gv_part *part, gv_error *err)
{
    gv_sandblaster *b = context;
    gv_usage began = gv_usage_now(b->comm);
    gv_error cause = GV_ERROR_INIT;
    *part = (gv_part){0};
    b->crew = crew;
    int status = iterate(b, &cause);
    if (status == GV_E_STOPPED && gv_signal_pending()) /* nothing of this iteration is done */
        return GV_OK;
    if (status != GV_OK)
        return gv_error_set(err, status, "%s", cause.text);
    status = ask_tallies(b, err);
    settle_tallies(b, &began, part);
    if (status == GV_OK)
        settle(b, part);
    return status;
}
