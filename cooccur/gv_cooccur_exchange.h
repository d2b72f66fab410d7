/*
 * gv_cooccur_exchange - every rank gets the rows of its own bands from all other ranks.
 *
 * Before, each of the R ranks has one sorted run with the rows of its part of the corpus. Each rank
 * owns a range of bands. Ranks exchange rows in steps (gv_rank_steps.h).
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_COOCCUR_EXCHANGE_H
#define GV_COOCCUR_EXCHANGE_H

#include "cooccur/gv_cooccur_counter.h"
#include "dist/gv_rank_steps.h"

/* Kinds of message beyond those of gv_rank_inbox.h. */
enum {
    GV_COOCCUR_EXCHANGE_PART = GV_RANK_TAG_STAGE, /* gv_cooccur_ranks.c: what a part was */
    GV_COOCCUR_EXCHANGE_ROWS,                     /* rows of a band */
    GV_COOCCUR_EXCHANGE_ROWS_END,                 /* no more rows from this rank */
    GV_COOCCUR_EXCHANGE_TAKEN                     /* one message of rows was taken */
};

/* Are these rows that a rank which is ahead has sent? Keep them in the inbox until
 * gv_cooccur_exchange. */
bool gv_cooccur_exchange_is_rows(const gv_comm_message *message);

/* All ranks. Before: the rows of this part are the only run, in level `level` of counter->runs.
 * After: counter->runs has the runs of all ranks for the bands that this rank owns, merged where
 * levels were full. Bands ascend with ranks: rank 0 owns the first. */
GV_MUST_USE int gv_cooccur_exchange(gv_rank_inbox *inbox, gv_cooccur_counter *counter,
                                    unsigned level, gv_error *err);

#endif
