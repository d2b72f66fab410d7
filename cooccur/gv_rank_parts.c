#include "cooccur/gv_rank_parts.h"

#include "base/gv_hash.h"
#include "base/gv_signal.h"
#include <string.h>

enum { TAG_FILES = GV_TAG_FIRST /* rank 0: what files there are */ };
static const double wait_s = 0.2;

int gv_rank_parts_receive(gv_comm *comm, gv_comm_message *message, gv_error *err)
{
    int status = GV_OK;
    *message = (gv_comm_message){0};
    while (status == GV_OK && message->tag == GV_TAG_NONE) {
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_comm_receive(comm, message, wait_s, err);
    }
    return status;
}

/* Names and sizes, as a number. */
static uint64_t fingerprint(const gv_corpus *corpus)
{
    const gv_strings *files = gv_corpus_files(corpus);
    uint64_t print = gv_corpus_disk_bytes(corpus);
    for (size_t i = 0; i < files->n; i++)
        print = gv_hash64(files->items[i], strlen(files->items[i]), print);
    return print;
}

/* Another rank than 0: does it see the same? */
static int compare(gv_comm *comm, uint64_t own, gv_error *err)
{
    gv_comm_message message;
    uint64_t first;
    int status = gv_rank_parts_receive(comm, &message, err);
    if (status == GV_OK && (message.tag != TAG_FILES || message.bytes != sizeof first))
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK) {
        memcpy(&first, message.data, sizeof first);
        if (first != own)
            status = gv_error_set(err, GV_E_USAGE,
                                  "corpus.files are other files here, or of another size, than "
                                  "rank 0 sees: all ranks need the same file system");
    }
    gv_comm_message_free(&message);
    return status;
}

int gv_rank_parts_agree(gv_comm *comm, gv_corpus *corpus, gv_error *err)
{
    uint64_t own = fingerprint(corpus);
    int status = GV_OK, rank = gv_comm_rank(comm), size = gv_comm_size(comm);
    for (int to = 1; rank == 0 && to < size && status == GV_OK; to++)
        status = gv_comm_send(comm, to, TAG_FILES, &own, sizeof own, err);
    if (status == GV_OK && rank > 0)
        status = compare(comm, own, err);
    if (status == GV_OK)
        status = gv_corpus_take_part(corpus, (unsigned)rank, (unsigned)size, err);
    return status;
}
