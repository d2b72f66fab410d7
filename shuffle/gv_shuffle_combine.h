/*
 * gv_shuffle_combine - rank 0 adds up what all ranks have surveyed, and tells them the layout.
 *
 * Errors: of gv_rank_inbox.h and gv_counts_share.h; GV_E_MEMORY.
 * Threads: the main thread of each rank.
 */
#ifndef GV_SHUFFLE_COMBINE_H
#define GV_SHUFFLE_COMBINE_H

#include "counts/gv_counts_share.h"
#include "dist/gv_rank_inbox.h"
#include "shuffle/gv_shuffle_layout.h"
#include "shuffle/gv_shuffle_survey.h"

/* Rank 0: `survey` is that of its own share and becomes that of the whole matrix. `totals` [ranks]:
 * the first is its own, the others are received. */
GV_MUST_USE int gv_shuffle_combine_fetch(gv_rank_inbox *inbox, gv_shuffle_survey *survey,
                                         gv_counts_share_totals *totals, gv_error *err);
/* Worker ranks. */
GV_MUST_USE int gv_shuffle_combine_send(gv_rank_inbox *inbox, gv_shuffle_survey *survey,
                                        const gv_counts_share_totals *totals, gv_error *err);

/* Rank 0: send the layout to all. Worker ranks: receive it; clear also after an error. */
GV_MUST_USE int gv_shuffle_combine_tell(gv_rank_inbox *inbox, const gv_shuffle_layout *layout,
                                        gv_error *err);
GV_MUST_USE int gv_shuffle_combine_hear(gv_shuffle_layout *layout, gv_rank_inbox *inbox,
                                        const gv_counts_info *info, gv_error *err);

#endif
