/*
 * gv_rank_inbox - receiving the messages that are wanted now, and keeping those that come early.
 *
 * Ranks do not take their steps at the same time, and messages of different ranks arrive in any
 * order. Whoever waits says of every message whether it is wanted now, later or never. Messages for
 * later are kept and looked at first by the next call; those of one rank stay in order.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_RANK_INBOX_H
#define GV_RANK_INBOX_H

#include "dist/gv_comm.h"

/* Kinds of message that several stages use; a stage's own begin at GV_RANK_TAG_STAGE. */
enum {
    GV_RANK_TAG_FILES = GV_TAG_FIRST, /* of counting, these four: gv_rank_parts.h */
    GV_RANK_TAG_FOUND,
    GV_RANK_TAG_BLOCK,
    GV_RANK_TAG_TEXT,
    GV_RANK_TAG_START, /* these four: gv_rank_pieces.h */
    GV_RANK_TAG_PIECE,
    GV_RANK_TAG_TAKEN,
    GV_RANK_TAG_END,
    GV_RANK_TAG_STAGE
};

/* Initialise with the comm, which is borrowed; clear at the end. */
typedef struct gv_rank_inbox {
    gv_comm *comm;
    gv_comm_message *kept; /* [n] in the order of arrival */
    size_t n, capacity;
} gv_rank_inbox;

/* When is a message wanted? It must not depend on anything but the message and `context`. */
enum gv_rank_inbox_answer { GV_RANK_INBOX_NOW, GV_RANK_INBOX_LATER, GV_RANK_INBOX_NEVER };

typedef enum gv_rank_inbox_answer gv_rank_inbox_fn(const void *context,
                                                   const gv_comm_message *message);

/* Free the messages that were kept. */
void gv_rank_inbox_clear(gv_rank_inbox *inbox);

/* Wait for the next message that `wanted` says is wanted now, however long it takes; free it with
 * gv_comm_message_free, also after an error. A message that is never wanted is GV_E_RUNTIME. Checks
 * for signals (GV_E_STOPPED); other errors as of gv_comm_receive. */
GV_MUST_USE int gv_rank_inbox_receive(gv_rank_inbox *inbox, gv_comm_message *message,
                                      gv_rank_inbox_fn *wanted, const void *context, gv_error *err);
/* The same where nothing but a `tag` from rank `from` may come. */
GV_MUST_USE int gv_rank_inbox_expect(gv_rank_inbox *inbox, gv_comm_message *message, int from,
                                     unsigned tag, gv_error *err);

#endif
