/*
 * gv_shuffle_share - each rank gets its share of counts.bin.
 *
 * A rank that finds at the path the file that rank 0 has reads it there. Another one gets a copy of
 * its share from rank 0 in a nameless temporary file, with head and trailer of the matrix at their
 * places and nothing between.
 *
 * Errors: of gv_counts_share.h and gv_rank_inbox.h; GV_E_IO.
 * Threads: the main thread of each rank.
 */
#ifndef GV_SHUFFLE_SHARE_H
#define GV_SHUFFLE_SHARE_H

#include "counts/gv_counts_share.h"
#include "dist/gv_rank_inbox.h"

/* Rank 0, which has `path` open as `counts`: deal the shares; `*shares` [ranks]: all of them; the
 * caller frees (gv_mem_free). */
GV_MUST_USE int gv_shuffle_share_deal(gv_counts_share **shares, gv_rank_inbox *inbox,
                                      const gv_counts *counts, const char *path, gv_error *err);

/* Worker ranks: the matrix, which the caller closes, and the share of this rank. `temp_dir`: for
 * the copy. */
GV_MUST_USE int gv_shuffle_share_receive(gv_counts **counts, gv_counts_share *share,
                                         gv_rank_inbox *inbox, const char *path,
                                         const char *temp_dir, gv_error *err);

#endif
