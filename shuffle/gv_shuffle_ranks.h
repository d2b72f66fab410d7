/*
 * gv_shuffle_ranks - the shuffle on many ranks (glove-shuffle-mpi): a store in parts.
 *
 * Every rank takes the same steps:
 *
 *   share     find its share of counts.bin, whole blocks of rows (gv_shuffle_share.h)
 *   survey    it; rank 0 adds the surveys up and makes the layout (gv_shuffle_combine.h)
 *   scatter   its cells into buckets (gv_shuffle_scatter.h)
 *   exchange  buckets, so that each part has all cells of its blocks (gv_shuffle_exchange.h)
 *   pack      its part (gv_shuffle_part.h)
 *   join      rank 0 numbers the blobs and writes the manifest, store.db (gv_shuffle_join.h)
 *
 * There are as many parts as ranks, or as groups of segments if these are fewer; rank r writes part
 * r (from 0). The blobs, and so the content hash, are those of gv_shuffle.
 *
 * Parts get names that no other store's parts have, then store.db takes the place of the old one,
 * then the parts that only the old one has are removed. So the store at store_path is whole at any
 * time.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_SHUFFLE_RANKS_H
#define GV_SHUFFLE_RANKS_H

#include "dist/gv_rank_inbox.h"
#include "shuffle/gv_shuffle.h"

/* Rank 0. Errors as of gv_shuffle and gv_rank_inbox_receive. */
GV_MUST_USE int gv_shuffle_ranks_coordinate(gv_shuffle_result *result, gv_rank_inbox *inbox,
                                            const gv_shuffle_options *options, gv_error *err);
/* Worker ranks; vocab_path, recipe and provenance are not used. */
GV_MUST_USE int gv_shuffle_ranks_work(gv_rank_inbox *inbox, const gv_shuffle_options *options,
                                      gv_error *err);

#endif
