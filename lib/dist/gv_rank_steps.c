#include "dist/gv_rank_steps.h"

enum {
    MESSAGE = 1 << 20,     /* bytes, at most */
    MESSAGES_ALL = 1 << 24 /* of one message of every rank */
};

typedef struct step {
    const gv_rank_steps *steps;
    int to, from;
    unsigned outstanding;
    bool sent, received;
} step;

size_t gv_rank_steps_message(int ranks)
{
    size_t share = MESSAGES_ALL / (size_t)ranks;
    return share < MESSAGE ? share : MESSAGE;
}

bool gv_rank_steps_has(const gv_rank_steps_tags *tags, const gv_comm_message *message)
{
    return message->tag == tags->data || message->tag == tags->last;
}

int gv_rank_steps_to(const gv_comm *comm, int number)
{
    return (gv_comm_rank(comm) + number) % gv_comm_size(comm);
}

static int send_message(step *s, gv_error *err)
{
    const gv_rank_steps *steps = s->steps;
    gv_comm *comm = steps->inbox->comm;
    void *data = NULL;
    size_t bytes = 0;
    int status = steps->next(steps->context, &data, &bytes, &s->sent, err);
    if (status != GV_OK)
        return status;
    s->outstanding += !s->sent;
    unsigned tag = s->sent ? steps->tags.last : steps->tags.data;
    return data ? gv_comm_post(comm, s->to, tag, data, bytes, err)
                : gv_comm_send(comm, s->to, tag, NULL, 0, err);
}

/* Messages of later steps come from ranks that are ahead. */
static enum gv_rank_inbox_answer is_wanted(const void *context, const gv_comm_message *message)
{
    const step *s = context;
    const gv_rank_steps_tags *tags = &s->steps->tags;
    bool has = gv_rank_steps_has(tags, message);
    if (has && message->from == s->from && !s->received)
        return GV_RANK_INBOX_NOW;
    if (message->tag == tags->taken && message->from == s->to && s->outstanding > 0)
        return GV_RANK_INBOX_NOW;
    return has || message->tag == tags->ahead ? GV_RANK_INBOX_LATER : GV_RANK_INBOX_NEVER;
}

static int take_message(step *s, const gv_comm_message *message, gv_error *err)
{
    const gv_rank_steps *steps = s->steps;
    if (message->tag == steps->tags.taken) {
        s->outstanding--;
        return GV_OK;
    }
    s->received = message->tag == steps->tags.last;
    int status = steps->take(steps->context, message, s->received, err);
    if (status != GV_OK || s->received)
        return status;
    return gv_comm_send(steps->inbox->comm, s->from, steps->tags.taken, NULL, 0, err);
}

int gv_rank_steps_run(const gv_rank_steps *steps, int number, gv_error *err)
{
    const gv_comm *comm = steps->inbox->comm;
    int size = gv_comm_size(comm), status = GV_OK;
    step s = {.steps = steps,
              .to = gv_rank_steps_to(comm, number),
              .from = (gv_comm_rank(comm) - number + size) % size};
    while (status == GV_OK) {
        gv_comm_message message;
        while (status == GV_OK && !s.sent && s.outstanding < GV_RANK_STEPS_OUTSTANDING)
            status = send_message(&s, err);
        if (status != GV_OK || (s.sent && s.received && s.outstanding == 0))
            break;
        status = gv_rank_inbox_receive(steps->inbox, &message, is_wanted, &s, err);
        if (status == GV_OK)
            status = take_message(&s, &message, err);
        gv_comm_message_free(&message);
    }
    return status;
}
