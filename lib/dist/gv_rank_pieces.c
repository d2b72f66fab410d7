#include "dist/gv_rank_pieces.h"

#include "base/gv_file.h"

/* Send pieces as long as few are outstanding; `*data` is NULL after the last one. */
static int send_some(gv_comm *comm, gv_rank_pieces_next *next, void *context, unsigned *outstanding,
                     void **data, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && *outstanding < GV_RANK_PIECES_OUTSTANDING) {
        size_t bytes = 0;
        status = next(context, data, &bytes, err);
        if (status != GV_OK || !*data)
            return status;
        ++*outstanding;
        status = gv_comm_post(comm, 0, GV_RANK_TAG_PIECE, *data, bytes, err);
    }
    return status;
}

int gv_rank_pieces_send(gv_rank_inbox *inbox, gv_rank_pieces_next *next, void *context,
                        gv_error *err)
{
    gv_comm_message message;
    unsigned outstanding = 0;
    int status = gv_rank_inbox_expect(inbox, &message, 0, GV_RANK_TAG_START, err);
    gv_comm_message_free(&message);
    for (bool more = true; status == GV_OK && (more || outstanding > 0);) {
        void *data = NULL;
        if (more)
            status = send_some(inbox->comm, next, context, &outstanding, &data, err);
        more = more && data;
        if (status != GV_OK || outstanding == 0)
            break;
        status = gv_rank_inbox_expect(inbox, &message, 0, GV_RANK_TAG_TAKEN, err);
        gv_comm_message_free(&message);
        outstanding--;
    }
    return status == GV_OK ? gv_comm_send(inbox->comm, 0, GV_RANK_TAG_END, NULL, 0, err) : status;
}

static enum gv_rank_inbox_answer is_piece(const void *context, const gv_comm_message *message)
{
    const int *from = context;
    bool piece = message->tag == GV_RANK_TAG_PIECE || message->tag == GV_RANK_TAG_END;
    return piece && message->from == *from ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
}

int gv_rank_pieces_fetch(gv_rank_inbox *inbox, int rank, gv_rank_pieces_take *take, void *context,
                         gv_error *err)
{
    int status = gv_comm_send(inbox->comm, rank, GV_RANK_TAG_START, NULL, 0, err);
    for (bool more = true; status == GV_OK && more;) {
        gv_comm_message message;
        status = gv_rank_inbox_receive(inbox, &message, is_piece, &rank, err);
        more = message.tag == GV_RANK_TAG_PIECE;
        if (status == GV_OK && more)
            status = take(context, &message, err);
        if (status == GV_OK && more)
            status = gv_comm_send(inbox->comm, rank, GV_RANK_TAG_TAKEN, NULL, 0, err);
        gv_comm_message_free(&message);
    }
    return status;
}

int gv_rank_pieces_read(void **data, int fd, uint64_t offset, size_t bytes, const char *name,
                        gv_error *err)
{
    *data = gv_comm_buffer(bytes, err);
    if (!*data)
        return GV_E_MEMORY;
    int status = gv_file_pread(fd, *data, bytes, offset, name, err);
    if (status != GV_OK) {
        gv_comm_buffer_free(*data);
        *data = NULL;
    }
    return status;
}
