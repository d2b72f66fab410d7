/* A parameter server that is not rank 0: answers fetches, adds pushes. */
#include "train/experiments/downpour/gv_downpour.h"
#include "train/experiments/downpour/gv_downpour_lease.h"
#include "train/experiments/servers/gv_params.h"
#include <string.h>

typedef struct server {
    gv_comm *comm;
    gv_params params;
    gv_model *model;
    unsigned number; /* of the server: its rank */
    gv_usage told;   /* so far */
} server;

static int answer(void *context, const gv_comm_message *message, gv_error *err)
{
    server *s = context;
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_PUT:
        return gv_params_receive_rows(s->model, &s->params, s->number, message, err);
    case GV_TAG_FETCH:
        return gv_params_answer_fetch(s->comm, &s->params, s->model, message, err);
    case GV_TAG_PUSH:
        return gv_params_receive_push(s->comm, &s->params, s->model, s->number, message, err);
    case GV_TAG_TALLY:
        return gv_usage_send(&s->told, s->comm, GV_TAG_TALLY, err);
    case GV_TAG_GONE:
        return gv_params_forget_rank(s->comm, message, err);
    default:
        return gv_comm_unexpected(message, err);
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
        status = gv_params_make(&s.params, info, 0, servers, err);
    s.told = gv_usage_now(comm);
    while (status == GV_OK)
        status = gv_comm_dispatch(comm, wait_s, answer, &s, err);
    gv_params_free(&s.params);
    return status;
}
