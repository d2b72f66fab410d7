/*
 * gv_rank_parts - what counting on many ranks begins with: all ranks have the same corpus, and each
 * takes its part of it (gv_corpus_take_part).
 *
 * Rank 0 looks for the files, and sends their list. A rank reads its part from those files that its
 * host has as well; the text of the others comes from rank 0, into a temporary file without a name.
 * A file of the same size, the same time and the same text at three places counts as the same. With
 * another time, all of the text that the rank is to read is compared, by its hash.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_RANK_PARTS_H
#define GV_RANK_PARTS_H

#include "dist/gv_rank_inbox.h"
#include "text/gv_corpus.h"

/*
 * Rank 0, before any of the corpus is read, with phrases joined. The corpus is cut between blocks,
 * and ranks with more or less memory want larger or smaller ones: all take the smallest. GV_E_USAGE
 * if a rank does not see what cannot be sent, such as a pipe. Other errors as of gv_corpus.h and
 * gv_relay.h.
 */
GV_MUST_USE int gv_rank_parts_give(gv_rank_inbox *inbox, gv_corpus *corpus, gv_progress *progress,
                                   gv_error *err);

/* What another rank brings along; all borrowed while the corpus is open. */
typedef struct gv_rank_parts_wish {
    const gv_config *config;
    size_t block_bytes;   /* it would take, or a smaller one */
    const char *temp_dir; /* for text of rank 0 */
} gv_rank_parts_wish;
/* The other ranks: open the corpus, restricted to the part of this rank. The caller closes. */
GV_MUST_USE int gv_rank_parts_get(gv_corpus **corpus, gv_rank_inbox *inbox,
                                  const gv_rank_parts_wish *wish, gv_error *err);

#endif
