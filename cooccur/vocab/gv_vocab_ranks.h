/*
 * gv_vocab_ranks - rank 0 gets the sorted runs of the worker ranks (glove-vocab-mpi).
 *
 * Every rank counts the words of its part of the corpus (gv_rank_parts.h) into one sorted run. Rank
 * 0 takes these runs one after the other (gv_rank_pieces.h) and merges them as it merges runs of
 * its own.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_VOCAB_RANKS_H
#define GV_VOCAB_RANKS_H

#include "cooccur/vocab/gv_phrase_counter.h"
#include "cooccur/vocab/gv_vocab_run.h"
#include "dist/gv_rank_inbox.h"
#include "text/gv_corpus.h"

/* What a rank reports of its part. */
typedef struct gv_vocab_ranks_part {
    gv_corpus_part corpus;
    gv_phrase_counter_edge edge; /* if pairs are counted */
    uint64_t spilled_runs, merge_passes;
} gv_vocab_ranks_part;

/* Rank 0: add the runs of the worker ranks to `set`, and fill parts[1 .. size - 1]. */
GV_MUST_USE int gv_vocab_ranks_collect(gv_rank_inbox *inbox, gv_vocab_run_set *set,
                                       gv_vocab_ranks_part *parts, gv_error *err);
/* Worker ranks: send `part` and `run`, which may be empty, when rank 0 asks. */
GV_MUST_USE int gv_vocab_ranks_send(gv_rank_inbox *inbox, const gv_vocab_run *run,
                                    const gv_vocab_ranks_part *part, gv_error *err);

#endif
