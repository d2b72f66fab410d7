/*
 * Start vectors on many ranks: rank 0 reads the files, the others get the vectors from it. So all
 * have the same, whatever the files of their hosts are.
 */
#include "base/gv_mem.h"
#include "train/gv_train_start.h"
#include <string.h>

/* Far from the engines' tags, as TAG_STORE of gv_train_worker.c. */
enum { TAG_START = 901, CHUNK_BYTES = 1 << 24 };

/* What a message announces. */
typedef struct head {
    uint32_t vocab_size, dim;
    struct {
        uint32_t given, there, shared;
    } side[GV_START_SIDES];
} head;

/* --- rank 0 ----------------------------------------------------------------------------------- */

static int send_bytes(gv_comm *comm, int rank, const void *data, size_t bytes, gv_error *err)
{
    int status = GV_OK;
    for (size_t at = 0; at < bytes && status == GV_OK; at += CHUNK_BYTES) {
        size_t n = bytes - at < CHUNK_BYTES ? bytes - at : CHUNK_BYTES;
        status = gv_comm_send(comm, rank, TAG_START, (const uint8_t *)data + at, n, err);
        /* a slow receiver must not make this rank hold all of it a second time */
        if (status == GV_OK)
            status = gv_comm_keep_alive(comm, err);
    }
    return status;
}

static size_t vectors_bytes(const gv_start *start, uint32_t given)
{
    return (size_t)given * start->dim * sizeof(float);
}

static int tell_rank(gv_comm *comm, int rank, const gv_start *start, gv_error *err)
{
    head h = {.vocab_size = start->vocab_size, .dim = start->dim};
    for (int i = 0; i < GV_START_SIDES; i++) {
        const gv_start_side *s = &start->side[i];
        h.side[i].given = s->given;
        h.side[i].there = s->place != NULL;
        h.side[i].shared = s->shared;
    }
    int status = gv_comm_send(comm, rank, TAG_START, &h, sizeof h, err);
    for (int i = 0; i < GV_START_SIDES && status == GV_OK; i++) {
        const gv_start_side *s = &start->side[i];
        if (!s->place || s->shared)
            continue;
        status = send_bytes(comm, rank, s->place, start->vocab_size * sizeof *s->place, err);
        if (status == GV_OK)
            status = send_bytes(comm, rank, s->vectors, vectors_bytes(start, s->given), err);
    }
    return status;
}

int gv_train_start_tell(gv_comm *comm, const gv_config *config, const gv_start *start,
                        gv_error *err)
{
    int status = GV_OK;
    if (!comm || !gv_train_start_is_shared(config))
        return GV_OK;
    for (int rank = 1; rank < gv_comm_size(comm) && status == GV_OK; rank++)
        status = tell_rank(comm, rank, start, err);
    return status;
}

/* --- other ranks ------------------------------------------------------------------------------ */

static int await_bytes(gv_comm *comm, void *to, size_t bytes, gv_error *err)
{
    int status = GV_OK;
    for (size_t at = 0; at < bytes && status == GV_OK;) {
        gv_comm_message message;
        status = gv_comm_await(comm, &message, TAG_START, err);
        if (status == GV_OK && (message.bytes > bytes - at || message.bytes == 0))
            status = gv_error_set(err, GV_E_RUNTIME, "rank %d sent start vectors of the wrong size",
                                  message.from);
        if (status == GV_OK) {
            memcpy((uint8_t *)to + at, message.data, message.bytes);
            at += message.bytes;
        }
        gv_comm_message_free(&message);
    }
    return status;
}

static int await_side(gv_start *start, int side, gv_comm *comm, uint32_t given, gv_error *err)
{
    gv_start_side *s = &start->side[side];
    int status = gv_start_reserve(start, side, given, err);
    if (status == GV_OK)
        status = await_bytes(comm, s->place, start->vocab_size * sizeof *s->place, err);
    if (status == GV_OK)
        status = await_bytes(comm, s->vectors, vectors_bytes(start, given), err);
    for (uint32_t row = 0; status == GV_OK && row < start->vocab_size; row++)
        if (s->place[row] != GV_START_NONE && s->place[row] >= given)
            status = gv_error_set(err, GV_E_RUNTIME, "rank 0 sent invalid start vectors");
    s->given = given;
    return status;
}

int gv_train_start_await(gv_start **start, gv_comm *comm, const gv_config *config, gv_error *err)
{
    head h;
    *start = NULL;
    if (!gv_train_start_is_shared(config))
        return GV_OK;
    int status = await_bytes(comm, &h, sizeof h, err);
    if (status == GV_OK && (h.dim != config->train_dim || h.vocab_size == 0))
        status = gv_error_set(err, GV_E_RUNTIME, "rank 0 sent start vectors of another model");
    if (status == GV_OK)
        status = gv_start_new(start, h.vocab_size, h.dim, err);
    for (int i = 0; i < GV_START_SIDES && status == GV_OK; i++)
        if (h.side[i].there && h.side[i].shared)
            gv_start_share(*start);
        else if (h.side[i].there)
            status = await_side(*start, i, comm, h.side[i].given, err);
    if (*start) {
        (*start)->pull = config->train_retrofit;
        (*start)->frozen = config->train_freeze;
    }
    return status;
}
