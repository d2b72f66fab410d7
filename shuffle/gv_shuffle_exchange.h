/*
 * gv_shuffle_exchange - every rank that writes a part gets the cells of its blocks from all others.
 *
 * Before, each rank has sorted the cells of its share into buckets. Ranks exchange them in steps
 * (gv_rank_steps.h). A block of two parts is sent to both.
 *
 * Errors: of gv_rank_inbox.h and gv_shuffle_spool.h.
 * Threads: the main thread of each rank.
 */
#ifndef GV_SHUFFLE_EXCHANGE_H
#define GV_SHUFFLE_EXCHANGE_H

#include "dist/gv_rank_inbox.h"
#include "shuffle/gv_shuffle_received.h"

typedef struct gv_shuffle_exchange_job {
    const gv_shuffle_blocks *blocks;
    uint32_t buckets;
    const gv_shuffle_spool *spool; /* of this rank's share; finished */
    gv_shuffle_received *received; /* NULL: this rank has no part */
} gv_shuffle_exchange_job;

/* All ranks. `received` has then all that comes, but is not finished. */
GV_MUST_USE int gv_shuffle_exchange(gv_rank_inbox *inbox, const gv_shuffle_exchange_job *job,
                                    gv_error *err);

#endif
