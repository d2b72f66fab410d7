#include "cooccur/gv_rank_parts.h"

#include "base/gv_hash.h"
#include <string.h>

/* Hash of the names and the total size of the files: enough to notice another mount or a copy that
 * is under way, without reading the corpus twice. */
static uint64_t fingerprint(const gv_corpus *corpus)
{
    const gv_strings *files = gv_corpus_files(corpus);
    uint64_t print = gv_corpus_disk_bytes(corpus);
    for (size_t i = 0; i < files->n; i++)
        print = gv_hash_64(files->items[i], strlen(files->items[i]), print);
    return print;
}

/* A rank that has begun earlier may send rows already. */
static enum gv_rank_inbox_answer is_files(const void *context, const gv_comm_message *message)
{
    (void)context;
    return message->tag == GV_RANK_TAG_FILES ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_LATER;
}

/* Worker ranks: compare the own fingerprint with that of rank 0. */
static int compare(gv_rank_inbox *inbox, uint64_t own, gv_error *err)
{
    gv_comm_message message;
    int status = gv_rank_inbox_receive(inbox, &message, is_files, NULL, err);
    if (status == GV_OK && message.bytes != sizeof own)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK && memcmp(message.data, &own, sizeof own) != 0)
        status =
            gv_error_set(err, GV_E_USAGE,
                         "corpus.files: this rank finds different files or file sizes than rank "
                         "0; all ranks need the same file system");
    gv_comm_message_free(&message);
    return status;
}

int gv_rank_parts_agree(gv_rank_inbox *inbox, gv_corpus *corpus, gv_error *err)
{
    uint64_t own = fingerprint(corpus);
    int status = GV_OK, rank = gv_comm_rank(inbox->comm), size = gv_comm_size(inbox->comm);
    for (int to = 1; rank == 0 && to < size && status == GV_OK; to++)
        status = gv_comm_send(inbox->comm, to, GV_RANK_TAG_FILES, &own, sizeof own, err);
    if (status == GV_OK && rank > 0)
        status = compare(inbox, own, err);
    if (status == GV_OK)
        status = gv_corpus_take_part(corpus, (unsigned)rank, (unsigned)size, err);
    return status;
}
