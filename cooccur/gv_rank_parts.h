/*
 * gv_rank_parts - what counting on many ranks begins with: all ranks see the same corpus, and each
 * takes its part of it (gv_corpus_take_part).
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_RANK_PARTS_H
#define GV_RANK_PARTS_H

#include "cooccur/gv_rank_inbox.h"
#include "text/gv_corpus.h"

/* All ranks, before any of the corpus is read. A rank that finds other files than rank 0, or files
 * of other sizes, fails with GV_E_USAGE. */
GV_MUST_USE int gv_rank_parts_agree(gv_rank_inbox *inbox, gv_corpus *corpus, gv_error *err);

#endif
