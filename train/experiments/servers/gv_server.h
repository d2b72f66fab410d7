/*
 * gv_server - a parameter server that is not rank 0: what those of Downpour and of Sandblaster have
 * in common.
 *
 * Threads: the main thread of its rank.
 */
#ifndef GV_SERVER_H
#define GV_SERVER_H

#include "train/experiments/servers/gv_params.h"
#include "train/gv_usage.h"

typedef struct gv_server {
    gv_comm *comm;     /* borrowed */
    gv_params params;  /* owned */
    gv_model *rows;    /* borrowed: rows that are put go there, rows that are fetched come from
                          there; the server's own only */
    gv_usage reported; /* to rank 0 so far */
} gv_server;

/* Takes `params`. Free with gv_server_clear. */
void gv_server_init(gv_server *server, gv_comm *comm, gv_params params);
void gv_server_clear(gv_server *server);

/* The messages that every server answers: none, put, fetch, usage, a lost rank. Others are not
 * expected: GV_E_RUNTIME. */
GV_MUST_USE int gv_server_handle(gv_server *server, const gv_comm_message *message, gv_error *err);

/* Handle messages with `handle` until rank 0 ends the job (GV_E_STOPPED), or one fails. */
GV_MUST_USE int gv_server_run(gv_comm *comm, gv_comm_handler_fn *handle, void *context,
                              gv_error *err);

#endif
