/*
 * gv_cooccur_ranks - counting on many ranks (glove-cooccur-mpi).
 *
 * Every rank counts its part of the corpus into one sorted run. The rows are dealt out in ranges of
 * about equal mass; each rank sends the others their rows of its run, merges what it has got of its
 * own range, and sends that to rank 0, which writes counts.bin, range after range. Pairs whose
 * words stand in different parts are few: rank 0 counts them (gv_cooccur_boundary.h). Sums are integers,
 * so nothing of this shows in the result (docs/counting.md).
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_COOCCUR_RANKS_H
#define GV_COOCCUR_RANKS_H

#include "cooccur/gv_cooccur_text.h"
#include "dist/gv_comm.h"

/* Rank 0: count and write counts.bin; `stats` are of the whole corpus. Errors as of
 * gv_cooccur_count and gv_comm_receive. */
int gv_cooccur_ranks_coordinate(gv_comm *comm, const gv_cooccur_job *job, gv_cooccur_text *text,
                                gv_cooccur_result *result, gv_corpus_stats *stats, gv_error *err);
/* The others; of `job` recipe and counts_path are not used. */
int gv_cooccur_ranks_work(gv_comm *comm, const gv_cooccur_job *job, gv_cooccur_text *text,
                          gv_error *err);

#endif
