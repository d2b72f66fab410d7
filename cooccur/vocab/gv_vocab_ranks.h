/*
 * gv_vocab_ranks - what the ranks of glove-vocab-mpi tell each other.
 *
 * Every rank counts the words of its part of the corpus (gv_rank_parts.h) into one sorted run. Rank
 * 0 asks one rank after the other for its run, piece by piece, and merges all of them as it would
 * merge runs of its own.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_VOCAB_RANKS_H
#define GV_VOCAB_RANKS_H

#include "cooccur/vocab/gv_vocab_run.h"
#include "dist/gv_comm.h"
#include "text/gv_corpus.h"

/* What a rank says of its part. */
typedef struct gv_vocab_ranks_part {
    gv_corpus_part corpus;
    uint64_t spilled_runs, merge_passes;
} gv_vocab_ranks_part;

/* Rank 0: append the others' runs to `file` (opened in `temp_dir` if need be), list them in `runs`,
 * and fill parts[1 .. size - 1]. */
int gv_vocab_ranks_collect(gv_comm *comm, gv_vocab_run_file *file, gv_vocab_run_list *runs,
                           const char *temp_dir, gv_vocab_ranks_part *parts, gv_error *err);
/* The others: wait to be asked, and hand in the run. */
int gv_vocab_ranks_hand_in(gv_comm *comm, const gv_vocab_run_part *run,
                           const gv_vocab_ranks_part *part, gv_error *err);

#endif
