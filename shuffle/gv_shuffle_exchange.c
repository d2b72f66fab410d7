#include "shuffle/gv_shuffle_exchange.h"

#include "base/gv_mem.h"
#include "shuffle/gv_shuffle_rank.h"
#include <string.h>

/* A rank that writes slowly gets OUTSTANDING messages from each rank that is ahead of it, which
 * wait in its memory. With many ranks these are smaller, so that all of them together stay small.
 */
enum {
    MESSAGE = 1 << 20,      /* bytes of a message, at most */
    MESSAGES_ALL = 1 << 24, /* of one message of every rank */
    MESSAGE_LEAST = 1 << 14,
    OUTSTANDING = 4, /* messages sent and not acknowledged, at most */
    PIECE_LEAST = 64 /* a message with less room than this is sent */
};

/* A message begins with its number in the step, from 0: so one that comes twice or never is
 * noticed. Records follow. */
typedef struct message_head {
    uint64_t number;
} message_head;

/* Bytes of a bucket follow. */
typedef struct record_head {
    uint32_t bucket, bytes;
    uint64_t more; /* is it more of the run before? */
} record_head;

typedef struct exchange {
    gv_rank_inbox *inbox;
    const gv_shuffle_exchange_job *job;
    int rank, size;
    size_t most; /* bytes of a message */
} exchange;

/* --- sending ---------------------------------------------------------------------------------- */

/* The runs that one part gets, read one after the other. */
typedef struct outgoing {
    uint32_t part, bucket;
    unsigned lane;
    uint8_t *run; /* the current one */
    size_t capacity;
    uint64_t bytes, at;
} outgoing;

/* Read the next run; `*end` when there is none. */
static int next_run(const exchange *x, outgoing *out, bool *end, gv_error *err)
{
    const gv_shuffle_exchange_job *job = x->job;
    out->at = out->bytes = 0;
    *end = false;
    for (; out->bucket < job->buckets; out->bucket++, out->lane = 0) {
        if (!gv_shuffle_blocks_has(job->blocks, job->blocks->block_of[out->bucket], out->part))
            continue;
        for (; out->lane < gv_shuffle_spool_lanes(job->spool); out->lane++) {
            uint64_t bytes = gv_shuffle_spool_bytes(job->spool, out->lane, out->bucket);
            if (bytes == 0)
                continue;
            out->bytes = bytes;
            int status = gv_mem_reserve(&out->run, &out->capacity, bytes, 1, err);
            return status == GV_OK
                       ? gv_shuffle_spool_get(out->run, job->spool, out->lane++, out->bucket, err)
                       : status;
        }
    }
    *end = true;
    return GV_OK;
}

/* Fill `data` (x->most bytes) behind its head; `*used` is where it ends. */
static int fill(const exchange *x, outgoing *out, uint8_t *data, size_t *used, gv_error *err)
{
    *used = sizeof(message_head);
    while (x->most - *used >= sizeof(record_head) + PIECE_LEAST) {
        bool end = false;
        int status = out->at == out->bytes ? next_run(x, out, &end, err) : GV_OK;
        if (status != GV_OK || end)
            return status;
        size_t room = x->most - *used - sizeof(record_head);
        uint64_t left = out->bytes - out->at;
        size_t n = left < room ? (size_t)left : room;
        const record_head head = {out->bucket, (uint32_t)n, out->at > 0};
        memcpy(data + *used, &head, sizeof head);
        memcpy(data + *used + sizeof head, out->run + out->at, n);
        out->at += n;
        *used += sizeof head + n;
    }
    return GV_OK;
}

/* --- a step ----------------------------------------------------------------------------------- */

typedef struct step {
    int to, from;
    outgoing out;
    unsigned outstanding;
    uint64_t sent_messages, received_messages;
    bool sent, received;
} step;

static int send_message(exchange *x, step *s, gv_error *err)
{
    const message_head head = {s->sent_messages++};
    size_t bytes = sizeof head;
    uint8_t *data = gv_comm_buffer(x->most, err);
    if (!data)
        return GV_E_MEMORY;
    int status = fill(x, &s->out, data, &bytes, err);
    if (status != GV_OK) {
        gv_comm_buffer_free(data);
        return status;
    }
    memcpy(data, &head, sizeof head);
    s->sent = bytes == sizeof head;
    s->outstanding += !s->sent;
    return gv_comm_post(x->inbox->comm, s->to,
                        s->sent ? GV_SHUFFLE_RANK_CELLS_END : GV_SHUFFLE_RANK_CELLS, data, bytes,
                        err);
}

/* Cells of later steps come from ranks that are ahead; rank 0 may still be here when others have
 * packed. */
static enum gv_rank_inbox_answer is_wanted(const void *context, const gv_comm_message *message)
{
    const step *s = context;
    bool cells = message->tag == GV_SHUFFLE_RANK_CELLS || message->tag == GV_SHUFFLE_RANK_CELLS_END;
    if (cells && message->from == s->from && !s->received)
        return GV_RANK_INBOX_NOW;
    if (message->tag == GV_SHUFFLE_RANK_CELLS_TAKEN && message->from == s->to && s->outstanding > 0)
        return GV_RANK_INBOX_NOW;
    return cells || message->tag == GV_SHUFFLE_RANK_PACKED ? GV_RANK_INBOX_LATER
                                                           : GV_RANK_INBOX_NEVER;
}

static int put_records(exchange *x, const gv_comm_message *message, gv_error *err)
{
    const uint8_t *at = (const uint8_t *)message->data + sizeof(message_head);
    const uint8_t *end = (const uint8_t *)message->data + message->bytes;
    int status = GV_OK;
    while (status == GV_OK && at < end) {
        record_head head = {.bytes = UINT32_MAX};
        if ((size_t)(end - at) >= sizeof head)
            memcpy(&head, at, sizeof head);
        if ((size_t)(end - at) < sizeof head || head.bytes > (size_t)(end - at) - sizeof head ||
            !x->job->received || !gv_shuffle_received_takes(x->job->received, head.bucket))
            return gv_comm_unexpected(message, err);
        status = gv_shuffle_received_put(x->job->received, head.bucket, head.more != 0,
                                         at + sizeof head, head.bytes, err);
        at += sizeof head + head.bytes;
    }
    return status;
}

static int take_message(exchange *x, step *s, const gv_comm_message *message, gv_error *err)
{
    message_head head;
    if (message->tag == GV_SHUFFLE_RANK_CELLS_TAKEN) {
        s->outstanding--;
        return GV_OK;
    }
    if (message->bytes < sizeof head)
        return gv_comm_unexpected(message, err);
    memcpy(&head, message->data, sizeof head);
    if (head.number != s->received_messages++)
        return gv_comm_unexpected(message, err);
    if (message->tag == GV_SHUFFLE_RANK_CELLS_END) {
        s->received = true;
        return GV_OK;
    }
    int status = put_records(x, message, err);
    return status == GV_OK
               ? gv_comm_send(x->inbox->comm, s->from, GV_SHUFFLE_RANK_CELLS_TAKEN, NULL, 0, err)
               : status;
}

static int run_step(exchange *x, int number, gv_error *err)
{
    step s = {.to = (x->rank + number) % x->size, .from = (x->rank - number + x->size) % x->size};
    s.out.part = (uint32_t)s.to;
    int status = GV_OK;
    while (status == GV_OK) {
        gv_comm_message message;
        while (status == GV_OK && !s.sent && s.outstanding < OUTSTANDING)
            status = send_message(x, &s, err);
        if (status != GV_OK || (s.sent && s.received && s.outstanding == 0))
            break;
        status = gv_rank_inbox_receive(x->inbox, &message, is_wanted, &s, err);
        if (status == GV_OK)
            status = take_message(x, &s, &message, err);
        gv_comm_message_free(&message);
    }
    gv_mem_free(s.out.run);
    return status;
}

int gv_shuffle_exchange(gv_rank_inbox *inbox, const gv_shuffle_exchange_job *job, gv_error *err)
{
    exchange x = {.inbox = inbox,
                  .job = job,
                  .rank = gv_comm_rank(inbox->comm),
                  .size = gv_comm_size(inbox->comm)};
    size_t share = MESSAGES_ALL / (size_t)x.size;
    x.most = share > MESSAGE ? MESSAGE : share < MESSAGE_LEAST ? MESSAGE_LEAST : share;
    int status = GV_OK;
    for (int number = 1; number < x.size && status == GV_OK; number++)
        status = run_step(&x, number, err);
    return status;
}
