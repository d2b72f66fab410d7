/*
 * gv_rank_parts - what counting on many ranks begins with: all see the same corpus, each takes its
 * part (gv_corpus_take_part).
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_RANK_PARTS_H
#define GV_RANK_PARTS_H

#include "dist/gv_comm.h"
#include "text/gv_corpus.h"

/* The first kind of message that is free for the stages. */
enum { GV_TAG_PARTS = GV_TAG_FIRST + 1 };

/* All ranks, before anything of the corpus is read: they must have found the same files
 * (GV_E_USAGE), of which each takes its part. */
int gv_rank_parts_agree(gv_comm *comm, gv_corpus *corpus, gv_error *err);

/* Wait for the next message, however long it takes. Looks for signals; errors as of
 * gv_comm_receive. */
int gv_rank_parts_receive(gv_comm *comm, gv_comm_message *message, gv_error *err);

#endif
