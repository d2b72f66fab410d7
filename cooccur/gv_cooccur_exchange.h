/*
 * gv_cooccur_exchange - every rank gets the rows of its own bands from all other ranks.
 *
 * Before, each of the R ranks has one sorted run with the rows of its part of the corpus. Each rank
 * owns a range of bands. In step s = 1 .. R - 1 rank r sends the rows that rank r + s owns and
 * receives its own from rank r - s (modulo R), so that at any time every rank sends to one rank and
 * receives from one. Rows are acknowledged message by message and a few messages at most are
 * outstanding, so a slow rank's memory does not fill.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_COOCCUR_EXCHANGE_H
#define GV_COOCCUR_EXCHANGE_H

#include "cooccur/gv_cooccur_counter.h"
#include "dist/gv_rank_inbox.h"

/* Kinds of message beyond those of gv_rank_inbox.h. */
enum {
    GV_COOCCUR_EXCHANGE_PART = GV_RANK_TAG_STAGE, /* gv_cooccur_ranks.c: what a part was */
    GV_COOCCUR_EXCHANGE_ROWS,                     /* rows of a band */
    GV_COOCCUR_EXCHANGE_ROWS_END,                 /* no more rows from this rank */
    GV_COOCCUR_EXCHANGE_TAKEN                     /* one message of rows was taken */
};

/* A rank that writes slowly gets this many messages from each rank that is ahead of it, at most,
 * which wait in its memory. They have this many bytes of rows, at most, among `ranks` ranks: with
 * many ranks these are smaller, so that all of them together stay small (32 MiB). */
enum { GV_COOCCUR_EXCHANGE_OUTSTANDING = 4 };
size_t gv_cooccur_exchange_chunk(int ranks);

/* Are these rows that a rank which is ahead has sent? Keep them in the inbox until
 * gv_cooccur_exchange. */
bool gv_cooccur_exchange_is_rows(const gv_comm_message *message);

/* All ranks. Before: the rows of this part are the only run, in level `level` of counter->runs.
 * After: counter->runs has the runs of all ranks for the bands that this rank owns, merged where
 * levels were full. Bands ascend with ranks: rank 0 owns the first. */
GV_MUST_USE int gv_cooccur_exchange(gv_rank_inbox *inbox, gv_cooccur_counter *counter,
                                    unsigned level, gv_error *err);

#endif
