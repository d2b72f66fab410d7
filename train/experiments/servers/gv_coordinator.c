#include "train/experiments/servers/gv_coordinator.h"

#include "base/gv_mem.h"
#include <limits.h>

enum { KEYS_AT_ONCE = 64 }; /* of a message: bounds its size, however large the model is */

int gv_coordinator_servers(unsigned *servers, const gv_config *config, int ranks,
                           unsigned coordinating, gv_error *err)
{
    unsigned wanted = config->train_servers;
    *servers = wanted > 0 ? wanted : ranks / 3 > 0 ? (unsigned)ranks / 3 : 1;
    if (*servers + coordinating < (unsigned)ranks)
        return GV_OK;
    return gv_error_set(
        err, GV_E_USAGE,
        "train.distributed = %s: %d ranks with %u servers (train.servers) leave none "
        "to train; start more ranks",
        gv_config_distributed_name(config), ranks, *servers);
}

int gv_coordinator_init(gv_coordinator *c, gv_comm *comm, gv_progress *progress, gv_params params,
                        gv_error *err)
{
    int ranks = gv_comm_size(comm);
    *c = (gv_coordinator){.comm = comm, .progress = progress, .params = params};
    c->waiting = gv_mem_alloc_zero((size_t)ranks, sizeof *c->waiting, err);
    if (!c->waiting)
        return GV_E_MEMORY;
    /* a lost worker costs the work that it had; a lost server takes rows along that are nowhere
     * else */
    for (int rank = (int)params.end; rank < ranks; rank++)
        gv_comm_tolerate(comm, rank);
    return GV_OK;
}

void gv_coordinator_clear(gv_coordinator *c)
{
    gv_params_free(&c->params);
    gv_mem_free(c->waiting);
    *c = (gv_coordinator){0};
}

/* --- lost ranks ------------------------------------------------------------------------------- */

unsigned gv_coordinator_workers_left(const gv_coordinator *c)
{
    unsigned left = 0;
    for (int rank = (int)c->params.end; rank < gv_comm_size(c->comm); rank++)
        left += !gv_comm_is_lost(c->comm, rank);
    return left;
}

/* Rank 0 may be a server itself; it sends itself nothing. */
static unsigned first_server(const gv_coordinator *c)
{
    return c->params.first > 0 ? c->params.first : 1;
}

int gv_coordinator_lose(gv_coordinator *c, int rank, size_t unfinished, const char *what,
                        gv_error *err)
{
    int status = GV_OK;
    c->waiting[rank] = 0;
    for (unsigned s = first_server(c); s < c->params.end && status == GV_OK; s++)
        status = gv_comm_send(c->comm, (int)s, GV_TAG_GONE, &rank, sizeof rank, err);
    if (status != GV_OK)
        return status;
    gv_progress_note(c->progress,
                     "rank %d on host %s is lost: other ranks do its %zu unfinished %s", rank,
                     gv_comm_host(c->comm, rank), unfinished, what);
    if (gv_coordinator_workers_left(c) > 0)
        return GV_OK;
    return gv_error_set(
        err, GV_E_RUNTIME,
        "rank %d on host %s is lost (mpi.deadline_s), and no other rank is left to train", rank,
        gv_comm_host(c->comm, rank));
}

/* --- messages --------------------------------------------------------------------------------- */

static bool is_server(const gv_coordinator *c, int rank)
{
    return rank >= (int)c->params.first && rank < (int)c->params.end;
}

int gv_coordinator_want(gv_coordinator *c, const gv_comm_message *message, gv_error *err)
{
    if (message->from < (int)c->params.end || c->waiting[message->from] == UINT_MAX)
        return gv_comm_unexpected(message, err);
    c->waiting[message->from]++;
    return GV_OK;
}

int gv_coordinator_handle(gv_coordinator *c, gv_model *rows, const gv_comm_message *message,
                          gv_error *err)
{
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_USAGE:
        if (c->usage_pending == 0 || !is_server(c, message->from))
            return gv_comm_unexpected(message, err);
        c->usage_pending--;
        return gv_usage_receive(&c->usage, message, err);
    case GV_TAG_ROWS:
        if (c->rows_pending == 0)
            return gv_comm_unexpected(message, err);
        c->rows_pending--;
        return gv_params_receive_rows(rows, &c->params, (unsigned)message->from, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

/* --- whole models ----------------------------------------------------------------------------- */

/* The rows of one server, some keys at a time: sent from `model`, or with NULL asked for. */
static int transfer(gv_coordinator *c, unsigned server, const gv_model *model, gv_error *err)
{
    uint32_t keys[KEYS_AT_ONCE], key, end;
    int status = GV_OK;
    gv_params_key_range(&key, &end, &c->params, server);
    while (key < end && status == GV_OK) {
        size_t n = 0;
        while (n < KEYS_AT_ONCE && key < end)
            keys[n++] = key++;
        c->rows_pending += !model;
        status = model ? gv_params_send_rows(c->comm, &c->params, model, server,
                                             (gv_params_list){keys, n}, err)
                       : gv_params_send_fetch(c->comm, server, (gv_params_list){keys, n}, err);
    }
    return status;
}

int gv_coordinator_send_model(gv_coordinator *c, const gv_model *model, gv_error *err)
{
    int status = GV_OK;
    for (unsigned s = first_server(c); s < c->params.end && status == GV_OK; s++)
        status = transfer(c, s, model, err);
    return status;
}

int gv_coordinator_fetch_model(gv_coordinator *c, gv_error *err)
{
    return gv_coordinator_send_model(c, NULL, err);
}

/* --- usage ------------------------------------------------------------------------------------ */

int gv_coordinator_ask_usage(gv_coordinator *c, gv_error *err)
{
    int status = GV_OK;
    for (unsigned s = first_server(c); s < c->params.end && status == GV_OK; s++) {
        c->usage_pending++;
        status = gv_comm_send(c->comm, (int)s, GV_TAG_USAGE, NULL, 0, err);
    }
    return status;
}

gv_usage gv_coordinator_take_usage(gv_coordinator *c, gv_usage *began)
{
    gv_usage sum = gv_usage_since(began, c->comm);
    gv_usage_add(&sum, &c->usage);
    c->usage = (gv_usage){0};
    return sum;
}
