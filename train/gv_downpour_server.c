/* A parameter server that is not rank 0: answers fetches, adds pushes. */
#include "base/gv_threads.h"
#include "train/gv_downpour.h"
#include "train/gv_downpour_lease.h"
#include "train/gv_shards.h"
#include <string.h>

typedef struct server {
    gv_comm *comm;
    gv_shards shards;
    gv_model *model;
    unsigned number; /* of the server: its rank */
    gv_tally told;   /* so far */
} server;

static int tell_tally(server *s, gv_error *err)
{
    gv_tally now = gv_tally_now(s->comm), since = gv_tally_since(&now, &s->told);
    s->told = now;
    return gv_comm_send(s->comm, 0, GV_TAG_TALLY, &since, sizeof since, err);
}

static int answer(server *s, const gv_message *message, gv_error *err)
{
    int lost;
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_PUT:
        return gv_rows_take(s->model, &s->shards, s->number, message, err);
    case GV_TAG_FETCH:
        return gv_rows_answer(s->comm, &s->shards, s->model, message, err);
    case GV_TAG_PUSH:
        return gv_push_take(s->comm, &s->shards, s->model, s->number, message, err);
    case GV_TAG_TALLY:
        return tell_tally(s, err);
    case GV_TAG_GONE:
        if (message->bytes == sizeof lost) {
            memcpy(&lost, message->data, sizeof lost);
            gv_comm_forget(s->comm, lost);
        }
        return GV_OK;
    default:
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent an unexpected message of kind %u",
                       message->from, message->tag);
    }
}

int gv_downpour_serve(gv_comm *comm, const gv_config *config, const gv_store_info *info,
                      gv_model *model, gv_error *err)
{
    static const double wait_s = 0.2;
    server s = {.comm = comm, .model = model, .number = (unsigned)gv_comm_rank(comm)};
    unsigned servers;
    int status = gv_downpour_servers(&servers, config, gv_comm_size(comm), err);
    if (status == GV_OK)
        status = gv_shards_make(&s.shards, info, 0, servers, err);
    s.told = gv_tally_now(comm);
    while (status == GV_OK) {
        gv_message message = {0};
        status = gv_comm_receive(comm, &message, wait_s, err);
        if (status == GV_OK)
            status = answer(&s, &message, err);
        gv_message_drop(&message);
    }
    gv_shards_drop(&s.shards);
    return status;
}
