/*
 * gv_shuffle_rank - the messages of a shuffle on many ranks (gv_shuffle_ranks.h), in the order in
 * which they are first sent.
 */
#ifndef GV_SHUFFLE_RANK_H
#define GV_SHUFFLE_RANK_H

#include "dist/gv_rank_inbox.h"

enum {
    GV_SHUFFLE_RANK_COUNTS = GV_RANK_TAG_STAGE, /* these: gv_shuffle_share.c */
    GV_SHUFFLE_RANK_SHARE,
    GV_SHUFFLE_RANK_LAYOUT, /* gv_shuffle_combine.c */
    GV_SHUFFLE_RANK_CELLS,  /* these: gv_shuffle_exchange.c */
    GV_SHUFFLE_RANK_CELLS_END,
    GV_SHUFFLE_RANK_CELLS_TAKEN,
    GV_SHUFFLE_RANK_PACKED, /* these: gv_shuffle_ranks.c */
    GV_SHUFFLE_RANK_NUMBERS,
    GV_SHUFFLE_RANK_HASH,
    GV_SHUFFLE_RANK_PART,
    GV_SHUFFLE_RANK_OLD
};

#endif
