/*
 * gv_rank_steps - every rank sends much to every other rank, in steps.
 *
 * In step s = 1 .. R - 1 of R ranks, rank r sends to rank r + s and receives from rank r - s
 * (modulo R), so that at any time every rank sends to one rank and receives from one. Messages are
 * acknowledged one by one, and a few at most are outstanding, so that the memory of a slow rank
 * does not fill.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_RANK_STEPS_H
#define GV_RANK_STEPS_H

#include "dist/gv_rank_inbox.h"
#include <stdbool.h>

/* A rank that writes slowly gets this many messages from each rank that is ahead of it, at most,
 * which wait in its memory. */
enum { GV_RANK_STEPS_OUTSTANDING = 4 };
/* Bytes of a message, at most, among `ranks` ranks: with many ranks messages are smaller, so that
 * all that wait in a rank stay small together (32 MiB). */
size_t gv_rank_steps_message(int ranks);

/* Kinds of message of an exchange. */
typedef struct gv_rank_steps_tags {
    unsigned data;
    unsigned last;  /* the last message of a step to a rank; it need not be acknowledged */
    unsigned taken; /* one message of data was taken */
    unsigned ahead; /* what comes from a rank that has ended all steps: the inbox keeps it */
} gv_rank_steps_tags;

/* Does the message belong to a step? Whoever waits for something else before the steps keeps it in
 * the inbox. */
bool gv_rank_steps_has(const gv_rank_steps_tags *tags, const gv_comm_message *message);

/* The next message of a step: `*data` from gv_comm_buffer. `*last`, false before, becomes true with
 * the last one, whose data may be NULL. */
typedef int gv_rank_steps_next(void *context, void **data, size_t *bytes, bool *last,
                               gv_error *err);
/* Take a message; it is borrowed. `last`: this one is the last of the step. */
typedef int gv_rank_steps_take(void *context, const gv_comm_message *message, bool last,
                               gv_error *err);

typedef struct gv_rank_steps {
    gv_rank_inbox *inbox;
    gv_rank_steps_tags tags;
    gv_rank_steps_next *next;
    gv_rank_steps_take *take;
    void *context;
} gv_rank_steps;

/* The rank that this one sends to in step `number`, from 1. */
int gv_rank_steps_to(const gv_comm *comm, int number);
/* Run step `number`, from 1. Returns when the last message has come and all others were
 * acknowledged. Errors of `next`, `take` and gv_rank_inbox_receive. */
GV_MUST_USE int gv_rank_steps_run(const gv_rank_steps *steps, int number, gv_error *err);

#endif
