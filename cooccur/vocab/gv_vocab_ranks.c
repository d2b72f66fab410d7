#include "cooccur/vocab/gv_vocab_ranks.h"

#include "dist/gv_rank_pieces.h"
#include <string.h>

/* --- rank 0 ----------------------------------------------------------------------------------- */

/* The pieces of a rank: what its part was, then its run. */
typedef struct incoming {
    gv_vocab_run_set *set;
    gv_vocab_ranks_part *part;
    bool has_part;
} incoming;

/* A gv_rank_pieces_take. */
static int take_piece(void *context, const gv_comm_message *piece, gv_error *err)
{
    incoming *in = context;
    if (in->has_part)
        return gv_vocab_run_append(in->set, piece->data, piece->bytes, err);
    if (piece->bytes != sizeof *in->part)
        return gv_comm_unexpected(piece, err);
    memcpy(in->part, piece->data, sizeof *in->part);
    in->has_part = true;
    return GV_OK;
}

int gv_vocab_ranks_collect(gv_rank_inbox *inbox, gv_vocab_run_set *set, gv_vocab_ranks_part *parts,
                           gv_error *err)
{
    int status = GV_OK;
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(inbox->comm); rank++) {
        uint64_t begin = set->end;
        incoming in = {.set = set, .part = &parts[rank]};
        status = gv_rank_pieces_fetch(inbox, rank, take_piece, &in, err);
        if (status == GV_OK && !in.has_part)
            status = gv_error_set(err, GV_E_RUNTIME, "rank %d sent nothing of its part", rank);
        if (status == GV_OK && set->end > begin)
            status = gv_vocab_run_add(set, begin, err);
    }
    return status;
}

/* --- worker ranks ----------------------------------------------------------------------------- */

typedef struct outgoing {
    const gv_vocab_ranks_part *part; /* NULL once it is sent */
    gv_vocab_run run;                /* what is left of it */
} outgoing;

/* A gv_rank_pieces_next. */
static int next_piece(void *context, void **data, size_t *bytes, gv_error *err)
{
    outgoing *out = context;
    *data = NULL;
    if (out->part) {
        *bytes = sizeof *out->part;
        if (!(*data = gv_comm_buffer(*bytes, err)))
            return GV_E_MEMORY;
        memcpy(*data, out->part, *bytes);
        out->part = NULL;
        return GV_OK;
    }
    uint64_t begin = out->run.begin, left = out->run.end - begin;
    if (left == 0)
        return GV_OK;
    *bytes = left < GV_RANK_PIECES_BYTES ? (size_t)left : GV_RANK_PIECES_BYTES;
    out->run.begin += *bytes;
    return gv_rank_pieces_read(data, out->run.fd, begin, *bytes, GV_VOCAB_RUN_NAME, err);
}

int gv_vocab_ranks_send(gv_rank_inbox *inbox, const gv_vocab_run *run,
                        const gv_vocab_ranks_part *part, gv_error *err)
{
    outgoing out = {part, *run};
    return gv_rank_pieces_send(inbox, next_piece, &out, err);
}
