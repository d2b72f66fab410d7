/*
 * gv_routes - with rotation: which rank does what in an epoch, and how rows travel.
 *
 * In an epoch's order (gv_schedule.h) the word group at place q meets one context group after the
 * other, round by round. Each rank owns a range of places and does the blocks of their word groups.
 * So the word rows of a group stay with one rank for the whole epoch. A context group passes the
 * places in descending order, modulo the number of groups, and so visits every rank once. If it
 * begins in the middle of a rank's places, it returns there for the others at the end: a second
 * visit. With 4 groups and 2 ranks (rank 0 owns places 0, 1; rank 1 places 2, 3):
 *
 *     context group at place   0     1     2     3
 *     round 0                  q 0   q 1   q 2   q 3
 *     round 1                  q 3   q 0   q 1   q 2
 *     round 2                  q 2   q 3   q 0   q 1
 *     round 3                  q 1   q 2   q 3   q 0
 *     ranks visited            0,1,0 0,1   1,0,1 1,0
 *
 * A visit is a sequence of rounds with tasks, all at the same rank; rounds in which a segment has
 * no task are skipped. A segment's turns ascend from round to round, so the turn of a visit's first
 * task is the number of tasks in the rounds before.
 *
 * In a store of more than GV_SEGMENTS_GROUPS groups, or in parts, a rank owns a range of word
 * groups instead, the same ones in every epoch: so their rows never leave it, and it reads the same
 * tiles in every epoch, which are in few parts. With more than GV_SEGMENTS_GROUPS groups and 2, 4,
 * 8 ... ranks they have neighbouring places (gv_schedule.h), and the visits are as above.
 *
 * Every rank works out all routes by itself, from the order and from what was done before; nothing
 * is communicated here. Source of the idea that machines work at once on blocks without common rows
 * and columns: Gemulla, Nijkamp, Haas, Sismanis: Large-scale matrix factorization with distributed
 * stochastic gradient descent, KDD 2011.
 *
 * Threads: a gv_routes belongs to one thread.
 */
#ifndef GV_ROUTES_H
#define GV_ROUTES_H

#include "schedule/gv_schedule.h"
#include "store/gv_segments.h"
#include "store/gv_store.h"

typedef struct gv_routes {
    const gv_schedule *schedule; /* borrowed */
    const gv_store_info *info;   /* borrowed */
    int ranks;
    uint32_t segments, groups;
    bool by_group;           /* ranks own ranges of groups, not of places */
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

/* Are word groups owned by their numbers, in every epoch by the same rank? */
static inline bool gv_routes_by_group(const gv_store_info *info)
{
    return info->groups > GV_SEGMENTS_GROUPS || info->parts > 0;
}

/* The rank that number `i` of `n` places or groups is dealt to: in order, and as evenly as whole
 * ones allow. */
static inline int gv_routes_rank(uint32_t i, uint32_t n, int ranks)
{
    return (int)((uint64_t)i * (unsigned)ranks / n);
}

/* Work out the routes of the order that is drawn, without the tasks that are done: of each word
 * segment those with a turn below done[segment]. */
void gv_routes_plan(gv_routes *routes, const uint32_t *done);

/* The rank that does all tasks of a word segment in this epoch. */
GV_MUST_USE int gv_routes_owner(const gv_routes *routes, uint32_t word_segment);
/* The first visit of a context segment from round `round` on. */
gv_routes_visit gv_routes_next_visit(const gv_routes *routes, uint32_t context_segment,
                                     uint32_t round);

/* The input of gv_routes_count_bytes. */
typedef struct gv_routes_question {
    gv_schedule *schedule; /* epochs are drawn with it */
    const gv_store_info *info;
    int ranks;
    size_t row_bytes;  /* of one row in a message */
    size_t head_bytes; /* before the rows in a message that carries a segment's rows */
    uint64_t seed;     /* train.seed */
    uint64_t epoch;    /* from 0; all rows are at rank 0 when epoch 0 begins */
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
