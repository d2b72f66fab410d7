#include "dist/gv_rank_inbox.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <string.h>

static const double wait_s = 0.2; /* between two looks for signals */

void gv_rank_inbox_clear(gv_rank_inbox *inbox)
{
    for (size_t i = 0; i < inbox->n; i++)
        gv_comm_message_free(&inbox->kept[i]);
    gv_mem_free(inbox->kept);
    *inbox = (gv_rank_inbox){0};
}

/* Take the first kept message that is wanted now. */
static bool take_kept(gv_rank_inbox *inbox, gv_comm_message *message, gv_rank_inbox_fn *wanted,
                      const void *context)
{
    size_t i = 0;
    /* the first in the order of arrival: messages of one rank stay in order */
    while (i < inbox->n && wanted(context, &inbox->kept[i]) != GV_RANK_INBOX_NOW)
        i++;
    if (i == inbox->n)
        return false;
    *message = inbox->kept[i];
    inbox->n--;
    memmove(&inbox->kept[i], &inbox->kept[i + 1], (inbox->n - i) * sizeof *inbox->kept);
    return true;
}

static int keep(gv_rank_inbox *inbox, gv_comm_message *message, gv_error *err)
{
    int status =
        gv_mem_reserve(&inbox->kept, &inbox->capacity, inbox->n + 1, sizeof *inbox->kept, err);
    if (status != GV_OK)
        return status;
    inbox->kept[inbox->n++] = *message;
    *message = (gv_comm_message){0};
    return GV_OK;
}

int gv_rank_inbox_receive(gv_rank_inbox *inbox, gv_comm_message *message, gv_rank_inbox_fn *wanted,
                          const void *context, gv_error *err)
{
    *message = (gv_comm_message){0};
    if (take_kept(inbox, message, wanted, context))
        return GV_OK;
    for (;;) {
        int status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_comm_receive(inbox->comm, message, wait_s, err);
        if (status != GV_OK)
            return status;
        if (message->tag == GV_TAG_NONE)
            continue;
        enum gv_rank_inbox_answer answer = wanted(context, message);
        if (answer == GV_RANK_INBOX_NOW)
            return GV_OK;
        if (answer == GV_RANK_INBOX_NEVER)
            return gv_comm_unexpected(message, err);
        status = keep(inbox, message, err);
        if (status != GV_OK)
            return status;
    }
}

typedef struct expected {
    int from;
    unsigned tag;
} expected;

static enum gv_rank_inbox_answer is_expected(const void *context, const gv_comm_message *message)
{
    const expected *e = context;
    return message->from == e->from && message->tag == e->tag ? GV_RANK_INBOX_NOW
                                                              : GV_RANK_INBOX_NEVER;
}

int gv_rank_inbox_expect(gv_rank_inbox *inbox, gv_comm_message *message, int from, unsigned tag,
                         gv_error *err)
{
    const expected e = {from, tag};
    return gv_rank_inbox_receive(inbox, message, is_expected, &e, err);
}
