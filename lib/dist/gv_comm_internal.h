/*
 * gv_comm_internal - what a transport, a way of moving bytes between ranks, must be able to do.
 * gv_comm adds the rest: queues, keep-alives, deadlines, failures.
 *
 * A transport keeps the order of messages between two ranks. It neither waits nor gives up: both
 * are decided by gv_comm. Its functions are called by the thread that made it.
 */
#ifndef GV_COMM_INTERNAL_H
#define GV_COMM_INTERNAL_H

#include "dist/gv_comm.h"

typedef struct gv_comm_transport gv_comm_transport;
struct gv_comm_transport {
    int rank, size;
    const char (*hosts)[GV_COMM_HOST_MAX]; /* [size] */
    /* Begin to send `tag`, `bytes` and `data` of a message to rank `to`. `data` stays untouched
     * until `sent` has reported that it has left. `*request` identifies the message to `sent`. */
    int (*send)(gv_comm_transport *self, void **request, int to, const gv_comm_message *message,
                gv_error *err);
    /* Whether it has left; if so, `request` is freed. */
    int (*sent)(gv_comm_transport *self, void *request, bool *done, gv_error *err);
    /* Take the next message that has arrived completely; GV_TAG_NONE if there is none. */
    int (*receive)(gv_comm_transport *self, gv_comm_message *message, gv_error *err);
    void (*free)(gv_comm_transport *self);
};

/* Takes ownership of `transport`, also on failure. */
GV_MUST_USE int gv_comm_new(gv_comm **comm, gv_comm_transport *transport, gv_error *err);
/* Messages that have not left are dropped. Accepts NULL. */
void gv_comm_free(gv_comm *comm);

#endif
