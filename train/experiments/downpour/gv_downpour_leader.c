/*
 * Rank 0: leases, and the server's part of a shard.
 *
 * Tasks are leased in the order of the list, so replicas are on blocks of the same round, which
 * share no rows, most of the time. What a lost replica has not pushed is leased again before
 * anything new; so when no lease is out, what is done is a beginning of the list.
 */
#include "train/experiments/downpour/gv_downpour.h"

#include "base/gv_mem.h"
#include "base/gv_progress.h"
#include "train/experiments/downpour/gv_downpour_lease.h"
#include "train/experiments/servers/gv_params.h"
#include <string.h>

enum { LEAST_LEASE = 16, KEYS_AT_ONCE = 256 };
static const double wait_s = 0.02;

typedef struct lease {
    int replica; /* -1: none has it */
    uint32_t n, done;
    uint32_t *tasks; /* [n] numbers in the list */
} lease;

struct gv_downpour {
    gv_comm *comm;
    const gv_config *config;
    gv_params shards;
    gv_model *model;
    unsigned *waiting; /* [ranks] leases that a replica has asked for and not got */
    lease *leases;
    size_t leases_n, leases_room, out; /* `out` of them are with replicas */
    uint32_t *again;                   /* tasks to be leased again, the last first */
    size_t again_n, again_room;
    /* of the stretch */
    gv_crew *crew;
    gv_part *part;
    size_t next;   /* task of the list that was never leased */
    bool *is_done; /* [tasks] in this stretch */
    bool stopping;
    unsigned tallies; /* that are still to come */
    unsigned gathering;
};

int gv_downpour_servers(unsigned *servers, const gv_config *config, int ranks, gv_error *err)
{
    unsigned wanted = config->train_servers;
    *servers = wanted > 0 ? wanted : ranks / 3 > 0 ? (unsigned)ranks / 3 : 1;
    if (*servers < (unsigned)ranks)
        return GV_OK;
    return gv_error_set(err, GV_E_USAGE,
                        "train.distributed = %s needs servers and others: %d ranks and %u servers "
                        "(train.servers) leave nobody to train; start more ranks",
                        gv_config_distributed_name(config), ranks, *servers);
}

/* --- rows of the other servers ---------------------------------------------------------------- */

/* Call `send` for all keys, some at a time. */
static int for_all_keys(gv_downpour *d, unsigned server,
                        int (*send)(gv_downpour *d, unsigned server, const uint32_t *keys, size_t n,
                                    gv_error *err),
                        gv_error *err)
{
    uint32_t keys[KEYS_AT_ONCE], all = gv_params_keys(&d->shards);
    int status = GV_OK;
    for (uint32_t first = 0; first < all && status == GV_OK; first += KEYS_AT_ONCE) {
        size_t n = all - first < KEYS_AT_ONCE ? all - first : KEYS_AT_ONCE;
        for (size_t k = 0; k < n; k++)
            keys[k] = first + (uint32_t)k;
        status = send(d, server, keys, n, err);
    }
    return status;
}

static int put(gv_downpour *d, unsigned server, const uint32_t *keys, size_t n, gv_error *err)
{
    return gv_params_send_rows(d->comm, &d->shards, d->model, server, keys, n, err);
}

static int fetch(gv_downpour *d, unsigned server, const uint32_t *keys, size_t n, gv_error *err)
{
    d->gathering++;
    return gv_params_send_fetch(d->comm, server, keys, n, err);
}

int gv_downpour_new(gv_downpour **result, gv_comm *comm, const gv_config *config,
                    const gv_store_info *info, gv_model *model, gv_error *err)
{
    unsigned servers;
    *result = NULL;
    int status = gv_downpour_servers(&servers, config, gv_comm_size(comm), err);
    gv_downpour *d = status == GV_OK ? gv_mem_alloc_zero(1, sizeof *d, err) : NULL;
    if (!d)
        return status != GV_OK ? status : GV_E_MEMORY;
    *d = (gv_downpour){.comm = comm, .config = config, .model = model};
    status = gv_params_make(&d->shards, info, 0, servers, err);
    d->waiting = gv_mem_alloc_zero((size_t)gv_comm_size(comm), sizeof *d->waiting, err);
    if (status == GV_OK && !d->waiting)
        status = GV_E_MEMORY;
    for (int rank = (int)servers; rank < gv_comm_size(comm); rank++)
        gv_comm_tolerate(comm, rank);
    for (unsigned server = 1; server < servers && status == GV_OK; server++)
        status = for_all_keys(d, server, put, err);
    if (status != GV_OK) {
        gv_downpour_free(d);
        return status;
    }
    *result = d;
    return GV_OK;
}

void gv_downpour_free(gv_downpour *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->leases_n; i++)
        gv_mem_free(d->leases[i].tasks);
    gv_mem_free(d->leases);
    gv_mem_free(d->again);
    gv_mem_free(d->waiting);
    gv_params_drop(&d->shards);
    gv_mem_free(d);
}

/* --- leases ----------------------------------------------------------------------------------- */

/* Tasks of all epochs that one replica does alone. */
static uint64_t warm_tasks(const gv_downpour *d)
{
    return (uint64_t)(d->config->train_warm_start * (double)d->crew->tasks);
}

static bool warming(const gv_downpour *d)
{
    const gv_checkpoint *state = d->crew->t->state;
    return state->epoch * d->crew->tasks + d->next < warm_tasks(d);
}

static unsigned replicas_left(const gv_downpour *d)
{
    unsigned left = 0;
    for (int rank = (int)d->shards.end; rank < gv_comm_size(d->comm); rank++)
        left += !gv_comm_is_lost(d->comm, rank);
    return left;
}

/* Tasks of a lease: long enough for a fetch and a push; at the end of an epoch shorter, so that all
 * replicas end together. */
static size_t lease_length(const gv_downpour *d)
{
    size_t length = d->config->train_n_fetch > d->config->train_n_push ? d->config->train_n_fetch
                                                                       : d->config->train_n_push;
    size_t left = (d->crew->tasks - d->next) / (2 * (replicas_left(d) + 1));
    size_t least = length < LEAST_LEASE ? length : LEAST_LEASE;
    left = left > least ? left : least;
    return length < left ? length : left;
}

static bool was_done_before(const gv_downpour *d, size_t index)
{
    const gv_schedule_task *task = &gv_schedule_tasks(d->crew->t->schedule)[index];
    return task->word_turn < d->crew->t->state->done[task->word_segment];
}

/* The next task that nobody has; false if there is none. */
static bool take_task(gv_downpour *d, uint32_t *task)
{
    if (d->again_n > 0) {
        *task = d->again[--d->again_n];
        return true;
    }
    while (!d->stopping && d->next < d->crew->tasks && was_done_before(d, d->next))
        d->next++;
    if (d->stopping || d->next == d->crew->tasks)
        return false;
    *task = (uint32_t)d->next++;
    return true;
}

/* A place for a lease, its number. */
static int new_lease(gv_downpour *d, size_t *number, gv_error *err)
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

static int send_lease(gv_downpour *d, size_t number, gv_error *err)
{
    const lease *l = &d->leases[number];
    gv_downpour_lease_head head = {d->crew->t->state->epoch, (uint32_t)number, l->n};
    uint8_t *message = gv_comm_buffer(sizeof head + l->n * sizeof *l->tasks, err);
    if (!message)
        return GV_E_MEMORY;
    memcpy(message, &head, sizeof head);
    memcpy(message + sizeof head, l->tasks, l->n * sizeof *l->tasks);
    return gv_comm_post(d->comm, l->replica, GV_TAG_LEASE, message,
                        sizeof head + l->n * sizeof *l->tasks, err);
}

/* Give `replica` a lease, if there is anything to lease. */
static int give_lease(gv_downpour *d, int replica, bool *given, gv_error *err)
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
    d->waiting[replica]--;
    return send_lease(d, number, err);
}

/* Serve those who wait, in turn; with a warm start the first of them alone. */
static int give_leases(gv_downpour *d, gv_error *err)
{
    bool given = true;
    int status = GV_OK, size = gv_comm_size(d->comm);
    while (given && status == GV_OK) {
        given = false;
        for (int rank = (int)d->shards.end; rank < size && status == GV_OK; rank++) {
            bool now = false;
            if (gv_comm_is_lost(d->comm, rank))
                continue;
            bool alone = warming(d);
            if (d->waiting[rank] > 0)
                status = give_lease(d, rank, &now, err);
            given |= now;
            if (alone)
                break;
        }
    }
    return status;
}

/* A replica is gone: what it has not pushed is leased again, in order. */
static int lose(gv_downpour *d, int rank, gv_error *err)
{
    size_t tasks = 0;
    int status = GV_OK;
    for (size_t i = 0; i < d->leases_n && status == GV_OK; i++) {
        lease *l = &d->leases[i];
        if (l->replica != rank)
            continue;
        status =
            gv_mem_reserve(&d->again, &d->again_room, d->again_n + l->n, sizeof *d->again, err);
        for (uint32_t k = l->n; status == GV_OK && k > l->done; k--, tasks++)
            d->again[d->again_n++] = l->tasks[k - 1];
        l->replica = -1;
        d->out--;
    }
    d->waiting[rank] = 0;
    for (unsigned server = 1; server < d->shards.end && status == GV_OK; server++)
        status = gv_comm_send(d->comm, (int)server, GV_TAG_GONE, &rank, sizeof rank, err);
    if (status != GV_OK)
        return status;
    gv_progress_note(d->crew->t->progress,
                     "rank %d on host %s is lost: its %zu unfinished tiles go to the others", rank,
                     gv_comm_host(d->comm, rank), tasks);
    return replicas_left(d) > 0
               ? GV_OK
               : gv_error_set(err, GV_E_RUNTIME,
                              "rank %d on host %s, the last replica, is lost (mpi.deadline_s)",
                              rank, gv_comm_host(d->comm, rank));
}

/* Tasks are done: their losses, and what they took. */
static int note_done(gv_downpour *d, const gv_comm_message *message, gv_error *err)
{
    gv_downpour_done_head head = {0};
    const uint8_t *data = message->data;
    if (message->bytes >= sizeof head)
        memcpy(&head, data, sizeof head);
    lease *l =
        message->bytes >= sizeof head && head.lease < d->leases_n ? &d->leases[head.lease] : NULL;
    if (!l || l->replica != message->from || head.tasks > l->n - l->done ||
        message->bytes != sizeof head + head.tasks * sizeof(double))
        return gv_error_set(err, GV_E_RUNTIME, "rank %d has done what it was not asked to",
                            message->from);
    for (uint32_t k = 0; k < head.tasks; k++) {
        uint32_t task = l->tasks[l->done++];
        memcpy(&d->crew->losses[task], data + sizeof head + k * sizeof(double), sizeof(double));
        d->is_done[task] = true;
    }
    d->part->records += head.records;
    d->part->ignorant += head.ignorant;
    gv_usage_add(&d->part->took, &head.took);
    atomic_fetch_add(&d->crew->begun, head.tasks);
    gv_progress_add(d->crew->t->progress, head.records);
    if (l->done == l->n) {
        l->replica = -1;
        d->out--;
    }
    return GV_OK;
}

/* --- messages --------------------------------------------------------------------------------- */

static int digest(void *context, const gv_comm_message *message, gv_error *err)
{
    gv_downpour *d = context;
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_LOST:
        return lose(d, message->from, err);
    case GV_TAG_FETCH:
        return gv_params_answer_fetch(d->comm, &d->shards, d->model, message, err);
    case GV_TAG_PUSH:
        return gv_params_receive_push(d->comm, &d->shards, d->model, 0, message, err);
    case GV_TAG_WANT:
        d->waiting[message->from]++;
        return GV_OK;
    case GV_TAG_DONE:
        return note_done(d, message, err);
    case GV_TAG_TALLY:
        return d->tallies-- > 0 ? gv_usage_receive(&d->part->took, message, err)
                                : gv_comm_unexpected(message, err);
    case GV_TAG_ROWS:
        d->gathering--;
        return gv_params_receive_rows(d->model, &d->shards, (unsigned)message->from, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

static int receive(gv_downpour *d, gv_error *err)
{
    return gv_comm_dispatch(d->comm, wait_s, digest, d, err);
}

/* --- a stretch -------------------------------------------------------------------------------- */

/* No lease is out: put what is done into the state, in the order of the list. */
static void settle(gv_downpour *d)
{
    gv_checkpoint *state = d->crew->t->state;
    const gv_schedule_task *list = gv_schedule_tasks(d->crew->t->schedule);
    for (size_t i = 0; i < d->crew->tasks; i++) {
        if (!d->is_done[i])
            continue;
        state->losses[list[i].word_segment] += d->crew->losses[i];
        state->done[list[i].word_segment]++;
        state->position++;
        d->part->loss += d->crew->losses[i];
        d->part->tasks++;
    }
    state->records += d->part->records;
}

static int ask_tallies(gv_downpour *d, gv_error *err)
{
    int status = GV_OK;
    for (unsigned server = 1; server < d->shards.end && status == GV_OK; server++) {
        d->tallies++;
        status = gv_comm_send(d->comm, (int)server, GV_TAG_TALLY, NULL, 0, err);
    }
    while (status == GV_OK && d->tallies > 0)
        status = receive(d, err);
    return status;
}

static int run(gv_downpour *d, gv_error *err)
{
    int status = give_leases(d, err);
    while (status == GV_OK &&
           (d->out > 0 || d->again_n > 0 || (!d->stopping && d->next < d->crew->tasks))) {
        status = receive(d, err);
        d->stopping |= gv_crew_pause(d->crew);
        if (status == GV_OK)
            status = give_leases(d, err);
    }
    return status == GV_OK ? ask_tallies(d, err) : status;
}

int gv_downpour_stretch(void *context, gv_crew *crew, gv_part *part, gv_error *err)
{
    gv_downpour *d = context;
    gv_usage began = gv_usage_now(d->comm);
    *part = (gv_part){0};
    d->crew = crew;
    d->part = part;
    d->next = 0;
    d->stopping = false;
    atomic_store(&crew->begun, 0);
    d->is_done = gv_mem_alloc_zero(crew->tasks, sizeof *d->is_done, err);
    int status = d->is_done ? run(d, err) : GV_E_MEMORY;
    if (status == GV_OK) {
        gv_usage took = gv_usage_since(&began, d->comm);
        gv_usage_add(&part->took, &took);
        settle(d);
    }
    gv_mem_free(d->is_done);
    d->is_done = NULL;
    return status;
}

int gv_downpour_gather(void *context, gv_error *err)
{
    gv_downpour *d = context;
    int status = GV_OK;
    for (unsigned server = 1; server < d->shards.end && status == GV_OK; server++)
        status = for_all_keys(d, server, fetch, err);
    while (status == GV_OK && d->gathering > 0)
        status = receive(d, err);
    return status;
}
