/* A parameter server that is not rank 0: answers fetches, adds pushes. */
#include "train/experiments/downpour/gv_downpour.h"
#include "train/experiments/servers/gv_server.h"

static int handle(void *context, const gv_comm_message *message, gv_error *err)
{
    gv_server *s = context;
    if (message->tag != GV_TAG_PUSH)
        return gv_server_handle(s, message, err);
    unsigned number = (unsigned)gv_comm_rank(s->comm);
    return gv_params_receive_push(s->comm, &s->params, s->rows, number, message, err);
}

int gv_downpour_serve(gv_comm *comm, const gv_config *config, const gv_store_info *info,
                      gv_model *model, gv_error *err)
{
    gv_server server;
    gv_params params = {0};
    unsigned servers;
    int status = gv_downpour_servers(&servers, config, gv_comm_size(comm), err);
    if (status == GV_OK)
        status = gv_params_make(&params, info, 0, servers, err);
    gv_server_init(&server, comm, params);
    server.rows = model;
    if (status == GV_OK)
        status = gv_server_run(comm, handle, &server, err);
    gv_server_clear(&server);
    return status;
}
