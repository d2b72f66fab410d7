/*
 * Rank 0: leases, and a server of rows like others.
 *
 * Tasks are leased in the order of the list, so replicas are on blocks of the same round, which
 * share no rows, most of the time. What a lost replica has not pushed is leased again before
 * anything new; so when no lease is out, what is done is a beginning of the list.
 */
#include "train/experiments/downpour/gv_downpour.h"

#include "base/gv_mem.h"
#include "base/gv_progress.h"
#include "train/experiments/downpour/gv_downpour_lease.h"
#include "train/experiments/servers/gv_coordinator.h"
#include <string.h>

enum { LEAST_LEASE = 16 };         /* tasks: keeps the messages about a lease few beside its work */
static const double wait_s = 0.02; /* seconds between two looks for pauses */

typedef struct lease {
    int replica; /* -1: none has it */
    uint32_t n, done;
    uint32_t *tasks; /* [n] numbers in the list */
} lease;

typedef struct coordinator {
    gv_training *t;
    gv_coordinator c; /* work that waits are leases */
    const gv_config *config;
    lease *leases;
    size_t leases_n, leases_room, out; /* `out` of them are with replicas */
    uint32_t *again;                   /* tasks to be leased again, the last first */
    size_t again_n, again_room;
    size_t tasks; /* in an epoch */
    /* of the work range */
    gv_engine_result *result;
    size_t next;   /* task of the list that was never leased */
    bool *is_done; /* [tasks] in this work range */
    bool stopping;
} coordinator;

int gv_downpour_servers(unsigned *servers, const gv_config *config, int ranks, gv_error *err)
{
    return gv_coordinator_servers(servers, config, ranks, 0, err);
}

/* --- leases ----------------------------------------------------------------------------------- */

/* Tasks of all epochs that one replica does alone. */
static uint64_t warm_tasks(const coordinator *d)
{
    return (uint64_t)(d->config->train_warm_start * (double)d->tasks);
}

static bool warming(const coordinator *d)
{
    const gv_checkpoint *state = d->t->state;
    return state->epoch * d->tasks + d->next < warm_tasks(d);
}

/*
 * Tasks of a lease: long enough for a fetch and a push. Not longer, since what a lost replica had
 * not pushed must be done again.
 *
 * Towards the end of an epoch it is half of an equal share of what is left, as in guided
 * self-scheduling, so that all replicas end together: nothing of the next epoch is leased before
 * all tasks of this one are done.
 */
static size_t lease_length(const coordinator *d)
{
    size_t length = d->config->train_n_fetch > d->config->train_n_push ? d->config->train_n_fetch
                                                                       : d->config->train_n_push;
    size_t left = (d->tasks - d->next) / (2 * (gv_coordinator_workers_left(&d->c) + 1));
    size_t least = length < LEAST_LEASE ? length : LEAST_LEASE;
    left = left > least ? left : least;
    return length < left ? length : left;
}

static bool was_done_before(const coordinator *d, size_t index)
{
    const gv_schedule_task *task = &gv_schedule_tasks(d->t->schedule)[index];
    return task->word_turn < d->t->state->done[task->word_segment];
}

/* The next task that is not leased; false if there is none. */
static bool take_task(coordinator *d, uint32_t *task)
{
    /* before anything new: when no lease is out, what is done is then a beginning of the list */
    if (d->again_n > 0) {
        *task = d->again[--d->again_n];
        return true;
    }
    while (!d->stopping && d->next < d->tasks && was_done_before(d, d->next))
        d->next++;
    if (d->stopping || d->next == d->tasks)
        return false;
    *task = (uint32_t)d->next++;
    return true;
}

/* A place for a lease, its number. Numbers are used again; note_done checks that a report comes
 * from the replica that has the lease now. */
static int new_lease(coordinator *d, size_t *number, gv_error *err)
{
    for (*number = 0; *number < d->leases_n; ++*number)
        if (d->leases[*number].replica < 0)
            return GV_OK;
    int status =
        gv_mem_reserve(&d->leases, &d->leases_room, d->leases_n + 1, sizeof *d->leases, err);
    if (status == GV_OK)
        d->leases[d->leases_n++] = (lease){.replica = -1};
    return status;
}

static int send_lease(coordinator *d, size_t number, gv_error *err)
{
    const lease *l = &d->leases[number];
    gv_downpour_lease_head head = {d->t->state->epoch, gv_training_store_print(d->t),
                                   (uint32_t)number, l->n};
    uint8_t *message = gv_comm_buffer(sizeof head + l->n * sizeof *l->tasks, err);
    if (!message)
        return GV_E_MEMORY;
    memcpy(message, &head, sizeof head);
    memcpy(message + sizeof head, l->tasks, l->n * sizeof *l->tasks);
    return gv_comm_post(d->c.comm, l->replica, GV_TAG_LEASE, message,
                        sizeof head + l->n * sizeof *l->tasks, err);
}

/* Give `replica` a lease, if there is anything to lease. */
static int give_lease(coordinator *d, int replica, bool *given, gv_error *err)
{
    size_t number, length = lease_length(d);
    uint32_t task;
    *given = take_task(d, &task);
    if (!*given)
        return GV_OK;
    int status = new_lease(d, &number, err);
    if (status != GV_OK)
        return status;
    lease *l = &d->leases[number];
    gv_mem_free(l->tasks);
    *l = (lease){.replica = -1, .tasks = gv_mem_alloc(length, sizeof *l->tasks, err)};
    if (!l->tasks)
        return GV_E_MEMORY;
    do
        l->tasks[l->n++] = task;
    while (l->n < length && take_task(d, &task));
    l->replica = replica;
    d->out++;
    d->c.waiting[replica]--;
    return send_lease(d, number, err);
}

/* Serve those who wait, in turn; with a warm start the first of them alone. */
static int give_leases(coordinator *d, gv_error *err)
{
    bool given = true;
    int status = GV_OK, size = gv_comm_size(d->c.comm);
    while (given && status == GV_OK) {
        given = false;
        for (int rank = (int)d->c.params.end; rank < size && status == GV_OK; rank++) {
            bool now = false;
            if (gv_comm_is_lost(d->c.comm, rank))
                continue;
            /* asked before the lease is given, which may end the warm start */
            bool alone = warming(d);
            if (d->c.waiting[rank] > 0)
                status = give_lease(d, rank, &now, err);
            given |= now;
            if (alone)
                break;
        }
    }
    return status;
}

/* A replica is gone: what it has not pushed is leased again, in order. */
static int lose(coordinator *d, int rank, gv_error *err)
{
    size_t tasks = 0;
    int status = GV_OK;
    for (size_t i = 0; i < d->leases_n && status == GV_OK; i++) {
        lease *l = &d->leases[i];
        if (l->replica != rank)
            continue;
        status =
            gv_mem_reserve(&d->again, &d->again_room, d->again_n + l->n, sizeof *d->again, err);
        /* backwards, because take_task takes the last first */
        for (uint32_t k = l->n; status == GV_OK && k > l->done; k--, tasks++)
            d->again[d->again_n++] = l->tasks[k - 1];
        l->replica = -1;
        d->out--;
    }
    return status == GV_OK ? gv_coordinator_lose(&d->c, rank, tasks, "tiles", err) : status;
}

/* Tasks are done: their losses, and what they took. */
static int note_done(coordinator *d, const gv_comm_message *message, gv_error *err)
{
    gv_downpour_lease_done head = {0};
    const uint8_t *data = message->data;
    if (message->bytes >= sizeof head)
        memcpy(&head, data, sizeof head);
    lease *l =
        message->bytes >= sizeof head && head.lease < d->leases_n ? &d->leases[head.lease] : NULL;
    if (!l || l->replica != message->from || head.tasks > l->n - l->done ||
        message->bytes != sizeof head + head.tasks * sizeof(double))
        return gv_error_set(err, GV_E_RUNTIME, "rank %d reported tasks that it was not given",
                            message->from);
    for (uint32_t k = 0; k < head.tasks; k++) {
        uint32_t task = l->tasks[l->done++];
        memcpy(&d->t->tasks.losses[task], data + sizeof head + k * sizeof(double), sizeof(double));
        d->is_done[task] = true;
    }
    d->result->records += head.records;
    d->result->baseline_loss += head.baseline_loss;
    gv_usage_add(&d->c.usage, &head.usage);
    /* what the pause of rank 0 counts, since its own threads train nothing */
    atomic_fetch_add(&d->t->tasks.begun, head.tasks);
    gv_progress_add(d->t->progress, head.records);
    if (l->done == l->n) {
        l->replica = -1;
        d->out--;
    }
    return GV_OK;
}

/* --- messages --------------------------------------------------------------------------------- */

static int handle(void *context, const gv_comm_message *message, gv_error *err)
{
    coordinator *d = context;
    switch (message->tag) {
    case GV_TAG_LOST:
        return lose(d, message->from, err);
    case GV_TAG_FETCH:
        return gv_params_answer_fetch(d->c.comm, &d->c.params, d->t->model, message, err);
    case GV_TAG_PUSH:
        return gv_params_receive_push(d->c.comm, &d->c.params, d->t->model, 0, message, err);
    case GV_TAG_WANT:
        return gv_coordinator_want(&d->c, message, err);
    case GV_TAG_DONE:
        return note_done(d, message, err);
    default:
        return gv_coordinator_handle(&d->c, d->t->model, message, err);
    }
}

static int receive(coordinator *d, gv_error *err)
{
    return gv_comm_dispatch(d->c.comm, wait_s, handle, d, err);
}

/* --- a work range ----------------------------------------------------------------------------- */

/* No lease is out: put what is done into the state, in the order of the list. */
static void settle(coordinator *d)
{
    gv_checkpoint *state = d->t->state;
    const gv_schedule_task *list = gv_schedule_tasks(d->t->schedule);
    for (size_t i = 0; i < d->tasks; i++) {
        if (!d->is_done[i])
            continue;
        /* not in the order of arrival: the sum's bits then depend on the losses alone */
        state->losses[list[i].word_segment] += d->t->tasks.losses[i];
        state->done[list[i].word_segment]++;
        state->tasks_done++;
        d->result->loss += d->t->tasks.losses[i];
        d->result->tasks++;
    }
    state->records += d->result->records;
}

static int run(coordinator *d, gv_error *err)
{
    int status = give_leases(d, err);
    while (status == GV_OK &&
           (d->out > 0 || d->again_n > 0 || (!d->stopping && d->next < d->tasks))) {
        status = receive(d, err);
        /* no new leases from here on; those that are out are waited for */
        d->stopping |= d->t->pause(d->t, 0);
        if (status == GV_OK)
            status = give_leases(d, err);
    }
    if (status == GV_OK)
        status = gv_coordinator_ask_usage(&d->c, err);
    while (status == GV_OK && d->c.usage_pending > 0)
        status = receive(d, err);
    return status;
}

static int run_range(void *context, gv_engine_result *result, gv_error *err)
{
    coordinator *d = context;
    gv_usage began = gv_usage_now(d->c.comm);
    *result = (gv_engine_result){0};
    d->result = result;
    d->next = 0;
    d->stopping = false;
    atomic_store(&d->t->tasks.begun, 0);
    memset(d->is_done, 0, d->tasks * sizeof *d->is_done);
    int status = run(d, err);
    if (status != GV_OK)
        return status;
    result->usage = gv_coordinator_take_usage(&d->c, &began);
    settle(d);
    return GV_OK;
}

static int gather(void *context, gv_error *err)
{
    coordinator *d = context;
    int status = gv_coordinator_fetch_model(&d->c, err);
    while (status == GV_OK && d->c.rows_pending > 0)
        status = receive(d, err);
    return status;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void free_coordinator(void *context)
{
    coordinator *d = context;
    for (size_t i = 0; i < d->leases_n; i++)
        gv_mem_free(d->leases[i].tasks);
    gv_mem_free(d->leases);
    gv_mem_free(d->again);
    gv_mem_free(d->is_done);
    gv_coordinator_clear(&d->c);
    gv_mem_free(d);
}

/* Send the servers their rows. */
static int start(coordinator *d, gv_error *err)
{
    gv_training *t = d->t;
    gv_params params = {0};
    unsigned servers;
    int status = gv_downpour_servers(&servers, d->config, gv_comm_size(t->comm), err);
    if (status == GV_OK)
        status = gv_params_make(&params, t->info, 0, servers, err);
    if (status != GV_OK) {
        gv_params_free(&params);
        return status;
    }
    status = gv_coordinator_init(&d->c, t->comm, t->progress, params, err);
    if (status == GV_OK && !(d->is_done = gv_mem_alloc_zero(d->tasks, sizeof *d->is_done, err)))
        status = GV_E_MEMORY;
    return status == GV_OK ? gv_coordinator_send_model(&d->c, t->model, err) : status;
}

int gv_downpour_open(gv_engine *engine, gv_training *t, gv_error *err)
{
    coordinator *d = gv_mem_alloc_zero(1, sizeof *d, err);
    if (!d)
        return GV_E_MEMORY;
    *d = (coordinator){.t = t, .config = t->config, .tasks = gv_schedule_count(t->schedule)};
    int status = start(d, err);
    if (status != GV_OK) {
        free_coordinator(d);
        return status;
    }
    *engine = gv_training_engine(t);
    engine->context = d;
    engine->many_ranks = true;
    engine->run_range = run_range;
    engine->gather = gather;
    engine->free = free_coordinator;
    return GV_OK;
}
