#include "cooccur/gv_rank_parts.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_hash.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE = 4096, SAMPLES = 3 };

/* What a rank has found, and wants. */
typedef struct found {
    uint64_t files; /* their names, sizes, and samples of their text */
    uint64_t input; /* the files that all ranks read besides */
    uint64_t block; /* of the corpus */
} found;

/* --- fingerprints ----------------------------------------------------------------------------- */

/* A hash of beginning, middle and end of a plain file: another mount, a copy that is under way and
 * most copies of another version are noticed, without reading the corpus twice. What cannot be read
 * now is told when the file is read. */
static uint64_t sample(const char *path, uint64_t size, uint64_t print)
{
    uint8_t bytes[SAMPLE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    for (unsigned i = 0; fd >= 0 && i < SAMPLES; i++) {
        uint64_t last = size > SAMPLE ? size - SAMPLE : 0;
        ssize_t got = pread(fd, bytes, sizeof bytes, (off_t)(last / (SAMPLES - 1) * i));
        print = gv_hash_64(bytes, got > 0 ? (size_t)got : 0, print);
    }
    if (fd >= 0)
        close(fd);
    return print;
}

static int print_corpus(uint64_t *print, const gv_corpus *corpus, gv_error *err)
{
    const gv_strings *files = gv_corpus_files(corpus);
    *print = gv_corpus_disk_bytes(corpus);
    for (size_t i = 0; i < files->n; i++) {
        const char *path = files->items[i];
        gv_file_stat look;
        *print = gv_hash_64(path, strlen(path), *print);
        int status = gv_file_look(&look, path, err);
        if (status != GV_OK)
            return status;
        if (look.exists && look.regular)
            *print = sample(path, look.size, *print);
    }
    return GV_OK;
}

/* The whole files. */
static int print_inputs(uint64_t *print, const gv_strings *paths, gv_error *err)
{
    int status = GV_OK;
    *print = 0;
    for (size_t i = 0; i < paths->n && status == GV_OK; i++) {
        gv_hash hash = {0, 0};
        if (!paths->items[i])
            continue;
        status = gv_file_reader_hash(&hash, paths->items[i], err);
        *print = gv_hash_64(&hash, sizeof hash, *print);
    }
    return status;
}

typedef struct search {
    const gv_corpus *corpus;
    const gv_strings *inputs;
    found own;
} search;

static int find(void *context, gv_error *err)
{
    search *s = context;
    s->own.block = gv_corpus_block(s->corpus);
    int status = print_corpus(&s->own.files, s->corpus, err);
    return status == GV_OK ? print_inputs(&s->own.input, s->inputs, err) : status;
}

/* --- messages --------------------------------------------------------------------------------- */

/* A rank that has begun earlier may send messages of the stage already. */
static enum gv_rank_inbox_answer is_answer(const void *context, const gv_comm_message *message)
{
    (void)context;
    if (message->tag == GV_RANK_TAG_FILES && message->from == 0)
        return GV_RANK_INBOX_NOW;
    return message->tag >= GV_RANK_TAG_STAGE && message->from != 0 ? GV_RANK_INBOX_LATER
                                                                   : GV_RANK_INBOX_NEVER;
}

/* Worker ranks: what this rank found goes to rank 0, and the block size for all comes back. */
static int ask(gv_rank_inbox *inbox, const found *own, uint64_t *block, gv_error *err)
{
    gv_comm_message message = {0};
    int status = gv_comm_send(inbox->comm, 0, GV_RANK_TAG_FILES, own, sizeof *own, err);
    if (status == GV_OK)
        status = gv_rank_inbox_receive(inbox, &message, is_answer, NULL, err);
    if (status == GV_OK && message.bytes != sizeof *block)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK)
        memcpy(block, message.data, sizeof *block);
    if (status == GV_OK && (*block == 0 || *block > own->block))
        status = gv_comm_unexpected(&message, err);
    gv_comm_message_free(&message);
    return status;
}

static enum gv_rank_inbox_answer is_found(const void *context, const gv_comm_message *message)
{
    (void)context;
    return message->tag == GV_RANK_TAG_FILES && message->bytes == sizeof(found)
               ? GV_RANK_INBOX_NOW
               : GV_RANK_INBOX_NEVER;
}

static int refuse(const gv_comm *comm, int rank, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "%s: rank %d on host %s finds other files, or other text in them, than "
                        "rank 0; all ranks need the same file system",
                        what, rank, gv_comm_host(comm, rank));
}

/* Rank 0: compare what all have found. The block size becomes the smallest that any rank wants. */
static int compare(gv_rank_inbox *inbox, const found *own, const gv_strings *inputs,
                   uint64_t *block, gv_error *err)
{
    int status = GV_OK, size = gv_comm_size(inbox->comm);
    for (int i = 1; i < size && status == GV_OK; i++) {
        gv_comm_message message;
        found theirs = *own;
        status = gv_rank_inbox_receive(inbox, &message, is_found, NULL, err);
        if (status == GV_OK)
            memcpy(&theirs, message.data, sizeof theirs);
        if (theirs.files != own->files)
            status = refuse(inbox->comm, message.from, "corpus.files", err);
        else if (theirs.input != own->input)
            status = refuse(inbox->comm, message.from, inputs->items[0], err);
        else if (status == GV_OK && theirs.block == 0)
            status = gv_comm_unexpected(&message, err);
        *block = theirs.block < *block ? theirs.block : *block;
        gv_comm_message_free(&message);
    }
    for (int to = 1; to < size && status == GV_OK; to++)
        status = gv_comm_send(inbox->comm, to, GV_RANK_TAG_FILES, block, sizeof *block, err);
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

int gv_rank_parts_agree(gv_rank_inbox *inbox, gv_corpus *corpus, const gv_strings *inputs,
                        gv_error *err)
{
    search s = {.corpus = corpus, .inputs = inputs};
    uint64_t block = gv_corpus_block(corpus);
    int rank = gv_comm_rank(inbox->comm);
    /* the disk may be slow */
    int status = gv_comm_run_background(inbox->comm, find, &s, err);
    if (status == GV_OK)
        status = rank == 0 ? compare(inbox, &s.own, inputs, &block, err)
                           : ask(inbox, &s.own, &block, err);
    if (status != GV_OK)
        return status;
    gv_corpus_limit_block(corpus, block);
    return gv_corpus_take_part(corpus, (unsigned)rank, (unsigned)gv_comm_size(inbox->comm), err);
}
