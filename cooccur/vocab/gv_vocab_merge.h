/*
 * gv_vocab_merge - merging sorted tables and sorted runs of words.
 *
 * Problem: bring many sorted sequences into one, with equal words added up, reading only a few
 * files at once.
 * Approach: one current word per sequence in a binary heap. The smallest word is held until a
 * different one comes, so any number of equal words is added up. More runs than may be read at
 * once are merged in passes. Cost: about log2(sequences) comparisons a word, sequential reads and
 * writes.
 *
 * Errors: GV_E_CORRUPT when a run does not decode, GV_E_STOPPED on a signal.
 *
 * Threads: called by one thread at a time for the same tables and sets.
 */
#ifndef GV_VOCAB_MERGE_H
#define GV_VOCAB_MERGE_H

#include "cooccur/vocab/gv_vocab_run.h"
#include "cooccur/vocab/gv_word_table.h"

/* Receives the words of a merge, in order; `word` is borrowed for the call. With
 * GV_WORD_TABLE_BY_WORD equal words come once, with the sum of their counts. */
typedef int gv_vocab_merge_take(void *context, const gv_word_table_word *word, gv_error *err);

/* Merge n tables, each sorted in `order`. */
GV_MUST_USE int gv_vocab_merge_tables(const gv_word_table *tables, size_t n,
                                      enum gv_word_table_order order, gv_vocab_merge_take *take,
                                      void *context, gv_error *err);
/* Merge all runs of a set, at most GV_BUDGET_FAN_IN. */
GV_MUST_USE int gv_vocab_merge_runs(const gv_vocab_run_set *set, gv_vocab_merge_take *take,
                                    void *context, gv_error *err);

/*
 * Bring all runs of sets[0 .. n) into sets[0], merged in passes until at most `most` of them (1 ..
 * GV_BUDGET_FAN_IN) are left. Without a pass the runs stay in their files, so clear the other
 * sets only when the runs are no longer needed; a pass clears them. sets[0].merge_passes grows by
 * the number of passes.
 */
GV_MUST_USE int gv_vocab_merge_reduce(gv_vocab_run_set *sets, size_t n, size_t most, gv_error *err);

#endif
