#include "shuffle/gv_shuffle_exchange.h"

#include "base/gv_mem.h"
#include "dist/gv_rank_steps.h"
#include "shuffle/gv_shuffle_rank.h"
#include <string.h>

enum { PIECE_LEAST = 64 /* a message with less room than this is sent */ };

static const gv_rank_steps_tags tags = {.data = GV_SHUFFLE_RANK_CELLS,
                                        .last = GV_SHUFFLE_RANK_CELLS_END,
                                        .taken = GV_SHUFFLE_RANK_CELLS_TAKEN,
                                        .ahead = GV_SHUFFLE_RANK_PACKED};

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
    const gv_shuffle_exchange_job *job;
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
    const exchange *x;
    outgoing out;
    uint64_t sent_messages, received_messages;
} step;

/* A gv_rank_steps_next. */
static int next_message(void *context, void **data, size_t *bytes, bool *last, gv_error *err)
{
    step *s = context;
    const message_head head = {s->sent_messages++};
    if (!(*data = gv_comm_buffer(s->x->most, err)))
        return GV_E_MEMORY;
    int status = fill(s->x, &s->out, *data, bytes, err);
    if (status != GV_OK) {
        gv_comm_buffer_free(*data);
        return status;
    }
    memcpy(*data, &head, sizeof head);
    *last = *bytes == sizeof head;
    return GV_OK;
}

static int put_records(const exchange *x, const gv_comm_message *message, gv_error *err)
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

/* A gv_rank_steps_take. */
static int take_message(void *context, const gv_comm_message *message, bool last, gv_error *err)
{
    step *s = context;
    message_head head;
    if (message->bytes < sizeof head)
        return gv_comm_unexpected(message, err);
    memcpy(&head, message->data, sizeof head);
    if (head.number != s->received_messages++)
        return gv_comm_unexpected(message, err);
    return last ? GV_OK : put_records(s->x, message, err);
}

int gv_shuffle_exchange(gv_rank_inbox *inbox, const gv_shuffle_exchange_job *job, gv_error *err)
{
    const int size = gv_comm_size(inbox->comm);
    const exchange x = {job, gv_rank_steps_message(size)};
    int status = GV_OK;
    for (int number = 1; number < size && status == GV_OK; number++) {
        step s = {.x = &x, .out.part = (uint32_t)gv_rank_steps_to(inbox->comm, number)};
        const gv_rank_steps steps = {inbox, tags, next_message, take_message, &s};
        status = gv_rank_steps_run(&steps, number, err);
        gv_mem_free(s.out.run);
    }
    return status;
}
