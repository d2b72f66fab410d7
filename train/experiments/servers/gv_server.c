#include "train/experiments/servers/gv_server.h"

static const double wait_s = 0.2;

void gv_server_init(gv_server *server, gv_comm *comm, gv_params params)
{
    *server = (gv_server){.comm = comm, .params = params, .reported = gv_usage_now(comm)};
}

void gv_server_clear(gv_server *server)
{
    gv_params_free(&server->params);
}

int gv_server_handle(gv_server *s, const gv_comm_message *message, gv_error *err)
{
    bool orders = message->tag == GV_TAG_PUT || message->tag == GV_TAG_USAGE;
    if (orders && message->from != 0)
        return gv_comm_unexpected(message, err);
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_PUT:
        return gv_params_receive_rows(s->rows, &s->params, (unsigned)gv_comm_rank(s->comm), message,
                                      err);
    case GV_TAG_FETCH:
        return gv_params_answer_fetch(s->comm, &s->params, s->rows, message, err);
    case GV_TAG_USAGE:
        return gv_usage_send(&s->reported, s->comm, GV_TAG_USAGE, err);
    case GV_TAG_GONE:
        return gv_params_forget_rank(s->comm, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

int gv_server_run(gv_comm *comm, gv_comm_handler_fn *handle, void *context, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK)
        status = gv_comm_dispatch(comm, wait_s, handle, context, err);
    return status;
}
