/*
 * gv_rank_parts - what counting on many ranks begins with: all ranks see the same corpus, and each
 * takes its part of it (gv_corpus_take_part).
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_RANK_PARTS_H
#define GV_RANK_PARTS_H

#include "dist/gv_rank_inbox.h"
#include "text/gv_corpus.h"

/*
 * All ranks, before any of the corpus is read. If a rank finds other files than rank 0, files of
 * other sizes or with other text (samples are compared), or another of the files `inputs` (NULLs
 * among them are left out), rank 0 fails with GV_E_USAGE. The corpus is cut between blocks, and
 * ranks with more or less memory want larger or smaller ones: all take the smallest.
 */
GV_MUST_USE int gv_rank_parts_agree(gv_rank_inbox *inbox, gv_corpus *corpus,
                                    const gv_strings *inputs, gv_error *err);

#endif
