/*
 * gv_routes - with rotation: which rank does what in an epoch, and how rows travel.
 *
 * In an epoch's order (gv_schedule.h) the q-th word group meets, round after round, one context
 * group after the other. The places q are dealt to the ranks, neighbouring ones to each; a rank
 * does the blocks of its places. So the word rows of a group stay with one rank for the length of
 * an epoch, and a context group visits every rank once (the one in the middle of whose places it
 * began, twice).
 *
 * A visit is a sequence of rounds with tasks, all at the same rank; rounds without tasks do not
 * count. Turns of a segment count its tasks in the order of rounds, so the turn of a visit's first
 * task is the number of tasks before it.
 *
 * Every rank works out all routes by itself, from the order and from what was done before; nothing
 * is communicated here. docs/measurements/threads.md has the schedule. That blocks without common
 * rows and columns can be worked on by many machines is Gemulla, Nijkamp, Haas, Sismanis:
 * Large-scale matrix factorization with distributed stochastic gradient descent, KDD 2011.
 *
 * Threads: a gv_routes belongs to one thread.
 */
#ifndef GV_ROUTES_H
#define GV_ROUTES_H

#include "schedule/gv_schedule.h"
#include "store/gv_store.h"

typedef struct gv_routes {
    const gv_schedule *schedule; /* borrowed */
    const gv_store_info *info;   /* borrowed */
    int ranks;
    uint32_t segments, groups;
    uint32_t *word_place;    /* [groups] place q of each word group in this epoch */
    uint32_t *context_place; /* [groups] likewise */
    /* what is left to do, as of gv_routes_plan */
    uint16_t *tasks_left; /* [segments * groups] by context segment and round */
    uint32_t *words_left; /* [segments] tasks of the word segment */
    uint32_t *turns_done; /* [segments] tasks done of the context segment */
} gv_routes;

/* Consecutive rounds that a context segment spends at one rank. */
typedef struct gv_routes_visit {
    int rank;       /* -1: no visit is left */
    uint32_t end;   /* the round after its last */
    uint32_t tasks; /* in it */
} gv_routes_visit;

/* Free with gv_routes_clear, also after an error. More ranks than groups: GV_E_USAGE. */
GV_MUST_USE int gv_routes_init(gv_routes *routes, const gv_schedule *schedule,
                               const gv_store_info *info, int ranks, gv_error *err);
void gv_routes_clear(gv_routes *routes);

/* Work out the routes of the order that is drawn, without the tasks that are done: of each word
 * segment those with a turn below done[segment]. */
void gv_routes_plan(gv_routes *routes, const uint32_t *done);

/* The rank that does all tasks of a word segment in this epoch. */
GV_MUST_USE int gv_routes_owner(const gv_routes *routes, uint32_t word_segment);
/* The first visit of a context segment from round `round` on. */
gv_routes_visit gv_routes_next_visit(const gv_routes *routes, uint32_t context_segment,
                                     uint32_t round);

/* What is asked of gv_routes_count_bytes. */
typedef struct gv_routes_question {
    gv_schedule *schedule; /* epochs are drawn */
    const gv_store_info *info;
    int ranks;
    size_t row_bytes;  /* of one row in a message */
    size_t head_bytes; /* of a message with a segment's rows, beside them */
    uint64_t seed;     /* train.seed */
    uint64_t epoch;    /* from 0, at whose beginning all rows are at rank 0 */
} gv_routes_question;

typedef struct gv_routes_bytes {
    uint64_t epoch;  /* bytes of rows that all ranks send in the epoch */
    uint64_t gather; /* and for bringing the model to rank 0 after it */
} gv_routes_bytes;

/* Compute, without communication, what an epoch sends. Orders, counts and reports are not in it:
 * some 16 bytes a segment and rank for every work range. */
GV_MUST_USE int gv_routes_count_bytes(gv_routes_bytes *bytes, const gv_routes_question *question,
                                      gv_error *err);

#endif
