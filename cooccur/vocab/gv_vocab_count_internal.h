/*
 * gv_vocab_count_internal - the state of counting, private to gv_vocab_count.c (reading and
 * counting) and gv_vocab_count_merge.c (from tables and runs to sums).
 *
 * Threads: as gv_vocab_count.h.
 */
#ifndef GV_VOCAB_COUNT_INTERNAL_H
#define GV_VOCAB_COUNT_INTERNAL_H

#include "budget/gv_budget_vocab.h"
#include "cooccur/vocab/gv_vocab_count.h"
#include "cooccur/vocab/gv_vocab_order.h"
#include "dist/gv_rank_inbox.h"
#include <stdatomic.h>

typedef struct gv_vocab_count_state {
    const gv_vocab_count_job *job;
    gv_rank_inbox inbox; /* comm is NULL in one process */
    gv_vocab_count_summary *summary;
    gv_budget_vocab_limits plan;
    gv_corpus *corpus;
    uint64_t corpus_bytes;       /* of the whole, also where this rank counts a part */
    gv_word_table *tables;       /* [plan.threads] */
    gv_phrase_counter *counters; /* [plan.threads] of pairs */
    gv_phrase_counter_edge edge; /* of all that this rank counted, if these are pairs */
    unsigned n_sets;             /* plan.threads, and with ranks one more */
    gv_vocab_run_set *sets;      /* [n_sets] the runs of each thread, then those of other ranks */
    atomic_int failed;           /* a thread failed: the others stop */
    unsigned stride;             /* thread i absorbs the table of thread i + stride */
    atomic_int no_fit;           /* a table was too small to absorb another */
    bool spill_all;              /* all tables become runs */
    gv_vocab_order order;
} gv_vocab_count_state;

/* Write the table of a thread as a run and empty it. */
GV_MUST_USE int gv_vocab_count_spill(gv_vocab_count_state *state, unsigned thread, gv_error *err);
/* All tables become runs, which end up in sets[0]: at most `most`. */
GV_MUST_USE int gv_vocab_count_reduce(gv_vocab_count_state *state, size_t most, gv_error *err);
/* From tables and runs to words with their sums, which the order or job->take receives. */
GV_MUST_USE int gv_vocab_count_merge(gv_vocab_count_state *state, gv_error *err);

#endif
