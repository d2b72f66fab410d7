/*
 * One mailbox for each rank: a list of messages behind a mutex. A sender appends copies, so a
 * message has left as soon as it was sent; the owner takes from the front. That keeps the order of
 * each sender's messages.
 */
#include "dist/gv_comm_local.h"

#include "base/gv_mem.h"
#include "dist/gv_comm_internal.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

typedef struct letter {
    struct letter *next;
    gv_comm_message message;
} letter;

typedef struct mailbox {
    pthread_mutex_t mutex;
    letter *first, **end;
    atomic_bool cut; /* what the owner sends is dropped */
    atomic_int lie;  /* what becomes of its next message: enum gv_comm_local_lie */
} mailbox;

struct gv_comm_local_net {
    int size;
    char (*hosts)[GV_COMM_HOST_MAX];
    mailbox *boxes;
};

typedef struct local {
    gv_comm_transport transport; /* first: a local is a transport */
    gv_comm_local_net *net;
} local;

int gv_comm_local_net_new(gv_comm_local_net **result, int size, gv_error *err)
{
    gv_comm_local_net *net = gv_mem_alloc_zero(1, sizeof *net, err);
    *result = NULL;
    if (!net)
        return GV_E_MEMORY;
    net->size = size;
    net->hosts = gv_mem_alloc_zero((size_t)size, sizeof *net->hosts, err);
    net->boxes = gv_mem_alloc_zero((size_t)size, sizeof *net->boxes, err);
    if (!net->hosts || !net->boxes) {
        gv_mem_free(net->hosts);
        gv_mem_free(net->boxes);
        gv_mem_free(net);
        return GV_E_MEMORY;
    }
    for (int rank = 0; rank < size; rank++) {
        snprintf(net->hosts[rank], sizeof net->hosts[rank], "thread%d", rank);
        pthread_mutex_init(&net->boxes[rank].mutex, NULL);
        net->boxes[rank].end = &net->boxes[rank].first;
        atomic_init(&net->boxes[rank].cut, false);
        atomic_init(&net->boxes[rank].lie, GV_COMM_LOCAL_TRUTH);
    }
    *result = net;
    return GV_OK;
}

void gv_comm_local_net_free(gv_comm_local_net *net)
{
    if (!net)
        return;
    for (int rank = 0; rank < net->size; rank++) {
        for (letter *l = net->boxes[rank].first, *next; l; l = next) {
            next = l->next;
            gv_comm_message_free(&l->message);
            gv_mem_free(l);
        }
        pthread_mutex_destroy(&net->boxes[rank].mutex);
    }
    gv_mem_free(net->hosts);
    gv_mem_free(net->boxes);
    gv_mem_free(net);
}

void gv_comm_local_net_cut(gv_comm_local_net *net, int rank)
{
    atomic_store(&net->boxes[rank].cut, true);
}

void gv_comm_local_net_lie(gv_comm_local_net *net, int rank, enum gv_comm_local_lie lie)
{
    atomic_store(&net->boxes[rank].lie, (int)lie);
}

/* Put a message of `rank` into the box of `to`; of its bytes as many as `data` has are copied. */
static int deliver(gv_comm_local_net *net, int to, const gv_comm_message *message, size_t copied,
                   gv_error *err)
{
    letter *l = gv_mem_alloc_zero(1, sizeof *l, err);
    uint8_t *copy = l ? gv_comm_buffer(message->bytes, err) : NULL;
    if (!copy) {
        gv_mem_free(l);
        return GV_E_MEMORY;
    }
    if (copied > 0)
        memcpy(copy, message->data, copied);
    memset(copy + copied, 0, message->bytes - copied);
    l->message = (gv_comm_message){message->from, message->tag, message->bytes, copy};
    mailbox *box = &net->boxes[to];
    pthread_mutex_lock(&box->mutex);
    *box->end = l;
    box->end = &l->next;
    pthread_mutex_unlock(&box->mutex);
    return GV_OK;
}

static int deliver_ones(gv_comm_local_net *net, int to, gv_comm_message message, gv_error *err)
{
    void *ones = gv_comm_buffer(message.bytes, err);
    if (!ones)
        return GV_E_MEMORY;
    memset(ones, 0xff, message.bytes);
    message.data = ones;
    int status = deliver(net, to, &message, message.bytes, err);
    gv_comm_buffer_free(ones);
    return status;
}

static int deliver_lie(gv_comm_local_net *net, int to, gv_comm_message message, int lie,
                       gv_error *err)
{
    enum { MORE = 4, NO_SUCH_TAG = 999 };
    const size_t bytes = message.bytes;
    switch ((enum gv_comm_local_lie)lie) {
    case GV_COMM_LOCAL_HALF:
        message.bytes /= 2;
        return deliver(net, to, &message, message.bytes, err);
    case GV_COMM_LOCAL_EMPTY:
        message.bytes = 0;
        return deliver(net, to, &message, 0, err);
    case GV_COMM_LOCAL_LONGER:
        message.bytes += MORE;
        return deliver(net, to, &message, bytes, err);
    case GV_COMM_LOCAL_NEXT_TAG:
        message.tag++;
        break;
    case GV_COMM_LOCAL_NO_TAG:
        message.tag = NO_SUCH_TAG;
        break;
    case GV_COMM_LOCAL_TWICE:
        if (deliver(net, to, &message, bytes, err) != GV_OK)
            return GV_E_MEMORY;
        break;
    case GV_COMM_LOCAL_ASTRAY:
        to = (to + 1) % net->size;
        break;
    case GV_COMM_LOCAL_ONES:
        return deliver_ones(net, to, message, err);
    case GV_COMM_LOCAL_LOST:
        return GV_OK;
    case GV_COMM_LOCAL_TRUTH:
        break;
    }
    return deliver(net, to, &message, bytes, err);
}

static int local_send(gv_comm_transport *transport, void **request, int to,
                      const gv_comm_message *message, gv_error *err)
{
    local *self = (local *)transport;
    *request = NULL;
    mailbox *own = &self->net->boxes[transport->rank];
    if (atomic_load(&own->cut))
        return GV_OK;
    gv_comm_message sent = *message;
    sent.from = transport->rank;
    int lie = sent.tag < GV_TAG_FIRST ? GV_COMM_LOCAL_TRUTH
                                      : atomic_exchange(&own->lie, GV_COMM_LOCAL_TRUTH);
    return lie == GV_COMM_LOCAL_TRUTH ? deliver(self->net, to, &sent, sent.bytes, err)
                                      : deliver_lie(self->net, to, sent, lie, err);
}

static int local_sent(gv_comm_transport *transport, void *request, bool *done, gv_error *err)
{
    (void)transport;
    (void)request;
    (void)err;
    *done = true;
    return GV_OK;
}

static int local_receive(gv_comm_transport *transport, gv_comm_message *message, gv_error *err)
{
    (void)err;
    local *self = (local *)transport;
    mailbox *box = &self->net->boxes[transport->rank];
    pthread_mutex_lock(&box->mutex);
    letter *l = box->first;
    if (l) {
        box->first = l->next;
        if (!box->first)
            box->end = &box->first;
    }
    pthread_mutex_unlock(&box->mutex);
    *message = l ? l->message : (gv_comm_message){0};
    gv_mem_free(l);
    return GV_OK;
}

static void local_free(gv_comm_transport *transport)
{
    gv_mem_free(transport);
}

int gv_comm_local_new(gv_comm **comm, gv_comm_local_net *net, int rank, gv_error *err)
{
    *comm = NULL;
    local *self = gv_mem_alloc_zero(1, sizeof *self, err);
    if (!self)
        return GV_E_MEMORY;
    self->net = net;
    self->transport = (gv_comm_transport){.rank = rank,
                                          .size = net->size,
                                          .hosts = (const char(*)[GV_COMM_HOST_MAX])net->hosts,
                                          .send = local_send,
                                          .sent = local_sent,
                                          .receive = local_receive,
                                          .free = local_free};
    return gv_comm_new(comm, &self->transport, err);
}

void gv_comm_local_free(gv_comm *comm)
{
    gv_comm_free(comm);
}
