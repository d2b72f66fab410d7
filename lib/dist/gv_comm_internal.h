/*
 * gv_comm_internal - what a way of moving bytes between ranks must be able to do. gv_comm makes
 * the rest of it: queues, signs of life, deadlines.
 */
#ifndef GV_COMM_INTERNAL_H
#define GV_COMM_INTERNAL_H

#include "dist/gv_comm.h"

typedef struct gv_comm_transport gv_comm_transport;
struct gv_comm_transport {
    int rank, size;
    const char (*hosts)[GV_COMM_HOST_MAX]; /* [size] */
    /* Begin to send; `data` is left alone until `sent` has said so. */
    int (*send)(gv_comm_transport *self, void **request, int to, unsigned tag, const void *data,
                size_t bytes, gv_error *err);
    /* Has it left? If so, `request` is gone. */
    int (*sent)(gv_comm_transport *self, void *request, bool *done, gv_error *err);
    /* Take the next message that has arrived, if there is one: `message->tag` 0 if not. */
    int (*receive)(gv_comm_transport *self, gv_comm_message *message, gv_error *err);
    void (*free)(gv_comm_transport *self);
};

/* Takes `transport`, also on failure. */
int gv_comm_new(gv_comm **comm, gv_comm_transport *transport, gv_error *err);
/* What has not left is dropped. */
void gv_comm_free(gv_comm *comm);

#endif
