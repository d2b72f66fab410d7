#include "cooccur/vocab/gv_vocab_ranks.h"

#include "cooccur/gv_rank_parts.h"
#include <string.h>

enum {
    TAG_ASK = GV_TAG_PARTS, /* rank 0: the next piece */
    TAG_PART,               /* what the part was, */
    TAG_PIECE               /* then its run, until an empty piece */
};

enum { PIECE = 1 << 20 };

/* --- rank 0 ----------------------------------------------------------------------------------- */

/* Ask `rank` for the next message, which is to be a `tag`. */
static int ask(gv_comm *comm, int rank, unsigned tag, gv_comm_message *message, gv_error *err)
{
    *message = (gv_comm_message){0};
    int status = gv_comm_send(comm, rank, TAG_ASK, NULL, 0, err);
    if (status == GV_OK)
        status = gv_rank_parts_receive(comm, message, err);
    if (status == GV_OK && (message->from != rank || message->tag != tag))
        status = gv_comm_unexpected(message, err);
    return status;
}

static int collect_part(gv_comm *comm, int rank, gv_vocab_ranks_part *part, gv_error *err)
{
    gv_comm_message message;
    int status = ask(comm, rank, TAG_PART, &message, err);
    if (status == GV_OK && message.bytes != sizeof *part)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK)
        memcpy(part, message.data, sizeof *part);
    gv_comm_message_free(&message);
    return status;
}

static int collect_run(gv_comm *comm, int rank, gv_vocab_run_file *file, gv_vocab_run_list *runs,
                       const char *temp_dir, gv_error *err)
{
    uint64_t begin = file->end;
    int status = GV_OK;
    for (bool more = true; status == GV_OK && more;) {
        gv_comm_message message;
        status = ask(comm, rank, TAG_PIECE, &message, err);
        more = message.bytes > 0;
        if (status == GV_OK && more)
            status = gv_vocab_run_append(file, temp_dir, message.data, message.bytes, err);
        gv_comm_message_free(&message);
    }
    return status == GV_OK && file->end > begin ? gv_vocab_run_list_add(runs, file, begin, err)
                                                : status;
}

int gv_vocab_ranks_collect(gv_comm *comm, gv_vocab_run_file *file, gv_vocab_run_list *runs,
                           const char *temp_dir, gv_vocab_ranks_part *parts, gv_error *err)
{
    int status = GV_OK;
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(comm); rank++) {
        status = collect_part(comm, rank, &parts[rank], err);
        if (status == GV_OK)
            status = collect_run(comm, rank, file, runs, temp_dir, err);
    }
    return status;
}

/* --- the others ------------------------------------------------------------------------------- */

static int be_asked(gv_comm *comm, gv_error *err)
{
    gv_comm_message message;
    int status = gv_rank_parts_receive(comm, &message, err);
    if (status == GV_OK && message.tag != TAG_ASK)
        status = gv_comm_unexpected(&message, err);
    gv_comm_message_free(&message);
    return status;
}

static int send_piece(gv_comm *comm, const gv_vocab_run_part *run, uint64_t at, size_t bytes,
                      gv_error *err)
{
    void *data = gv_comm_buffer(bytes, err);
    if (!data)
        return GV_E_MEMORY;
    int status = gv_vocab_run_read(run, at, data, bytes, err);
    if (status == GV_OK)
        return gv_comm_post(comm, 0, TAG_PIECE, data, bytes, err);
    gv_comm_buffer_free(data);
    return status;
}

int gv_vocab_ranks_hand_in(gv_comm *comm, const gv_vocab_run_part *run,
                           const gv_vocab_ranks_part *part, gv_error *err)
{
    int status = be_asked(comm, err);
    if (status == GV_OK)
        status = gv_comm_send(comm, 0, TAG_PART, part, sizeof *part, err);
    for (uint64_t at = run->begin, bytes; status == GV_OK && at < run->end; at += bytes) {
        bytes = run->end - at < PIECE ? run->end - at : PIECE;
        status = be_asked(comm, err);
        if (status == GV_OK)
            status = send_piece(comm, run, at, (size_t)bytes, err);
    }
    if (status == GV_OK)
        status = be_asked(comm, err);
    return status == GV_OK ? gv_comm_send(comm, 0, TAG_PIECE, NULL, 0, err) : status;
}
