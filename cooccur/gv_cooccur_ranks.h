/*
 * gv_cooccur_ranks - counting on many ranks (glove-cooccur-mpi).
 *
 * Every rank takes the same steps:
 *
 *   count     its part of the corpus into one sorted run, in bands that are the same on all ranks
 *   report    to rank 0 what the part was, and the ids at its boundaries; rank 0 counts the pairs
 *             across boundaries (gv_cooccur_boundary.h)
 *   exchange  rows, so that each rank has all rows of the bands it owns (gv_cooccur_exchange.h)
 *   merge     these rows: rank 0 into counts.bin, worker ranks into a temporary file
 *   collect   rank 0 takes the merged rows of one rank after the other (gv_rank_pieces.h)
 *
 * Sums are integers, so nothing of this shows in the result (docs/counting.md).
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_COOCCUR_RANKS_H
#define GV_COOCCUR_RANKS_H

#include "cooccur/gv_cooccur_text.h"
#include "dist/gv_rank_inbox.h"

/* Rank 0: count and write counts.bin; `stats` are those of the whole corpus. `text` is open, and
 * its corpus is this rank's part. Errors as of gv_cooccur_count and gv_rank_inbox_receive. */
GV_MUST_USE int gv_cooccur_ranks_coordinate(gv_rank_inbox *inbox, const gv_cooccur_job *job,
                                            gv_cooccur_text *text, gv_cooccur_result *result,
                                            gv_corpus_stats *stats, gv_error *err);
/* Worker ranks; recipe and counts_path of `job` are not used. */
GV_MUST_USE int gv_cooccur_ranks_work(gv_rank_inbox *inbox, const gv_cooccur_job *job,
                                      gv_cooccur_text *text, gv_error *err);

#endif
