/*
 * gv_rank_pieces - rank 0 takes the result of one worker rank after the other, piece by piece.
 *
 * Results are large and kept in temporary files. A worker rank sends nothing before it is asked,
 * and rank 0 acknowledges every piece it has taken; a few pieces at most are on their way, so that
 * the memory of neither side fills.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_RANK_PIECES_H
#define GV_RANK_PIECES_H

#include "dist/gv_rank_inbox.h"

enum {
    GV_RANK_PIECES_BYTES = 1 << 20, /* a good size of a piece */
    GV_RANK_PIECES_OUTSTANDING = 4  /* pieces sent and not acknowledged, at most */
};

/* The next piece: `*data` from gv_comm_buffer, NULL after the last one. */
typedef int gv_rank_pieces_next(void *context, void **data, size_t *bytes, gv_error *err);
/* Worker ranks: wait to be asked, then send all pieces. Returns when rank 0 has taken them. Errors
 * of `next` and of gv_rank_inbox_receive. */
GV_MUST_USE int gv_rank_pieces_send(gv_rank_inbox *inbox, gv_rank_pieces_next *next, void *context,
                                    gv_error *err);

/* Take a piece; it is borrowed. */
typedef int gv_rank_pieces_take(void *context, const gv_comm_message *piece, gv_error *err);
/* Rank 0: ask `rank` for its pieces and take them in order. Errors of `take` and of
 * gv_rank_inbox_receive. */
GV_MUST_USE int gv_rank_pieces_fetch(gv_rank_inbox *inbox, int rank, gv_rank_pieces_take *take,
                                     void *context, gv_error *err);

/* A piece of `bytes` bytes of the file `fd` from `offset` on, for gv_rank_pieces_next; `name` is
 * for errors. */
GV_MUST_USE int gv_rank_pieces_read(void **data, int fd, uint64_t offset, size_t bytes,
                                    const char *name, gv_error *err);

#endif
