/*
 * The protocol:
 *
 *   FILES   rank 0 to all: what each file looks like, and their list
 *   FOUND   a rank to rank 0: the block it would take, and of each file whether it has it
 *   BLOCK   rank 0 to all: the block that all take
 *   TEXT    rank 0 to a rank: which text of its part it may have to get; the rank answers which it
 *           wants (no answer if there is none)
 *
 * and then, of one rank after the other, the text (gv_relay.h).
 */
#include "cooccur/gv_rank_parts.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "cooccur/gv_rank_looks.h"
#include "dist/gv_relay.h"
#include "text/gv_corpus_share.h"
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a file that a rank reads for its part. */
typedef struct piece {
    uint64_t file, from, to;
    gv_hash hash; /* of the text, if `checked` */
    uint64_t checked;
} piece;

typedef struct pieces {
    piece *of; /* [n] */
    size_t n, capacity;
} pieces;

/* --- rank 0 ----------------------------------------------------------------------------------- */

typedef struct giving {
    gv_rank_inbox *inbox;
    gv_corpus *corpus;
    gv_progress *progress;
    const gv_strings *files;
    gv_rank_looks_look *looks; /* [files->n] */
    uint8_t *has;              /* [size][files->n] enum gv_rank_looks_answer */
    bool *heard;               /* [size] */
    pieces *pieces;            /* [size] */
    uint64_t block;
    int size, rank; /* `rank`: at hand */
    uint64_t sent;  /* bytes of text */
    int served;     /* ranks that got any */
} giving;

static int look_at_all(void *context, gv_error *err)
{
    giving *g = context;
    return gv_rank_looks_take(g->looks, g->files, err);
}

/* The looks, then the list. */
static int tell_files(giving *g, gv_error *err)
{
    uint8_t *list = NULL, *message = NULL;
    size_t bytes = 0, looks = g->files->n * sizeof *g->looks;
    int status = gv_corpus_share_list(&list, &bytes, g->corpus, err);
    if (status == GV_OK && !(message = gv_mem_alloc(looks + bytes + sizeof(uint64_t), 1, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK) {
        uint64_t n = g->files->n;
        memcpy(message, &n, sizeof n);
        memcpy(message + sizeof n, g->looks, looks);
        memcpy(message + sizeof n + looks, list, bytes);
    }
    for (int to = 1; status == GV_OK && to < g->size; to++) {
        status = gv_comm_send(g->inbox->comm, to, GV_RANK_TAG_FILES, message,
                              sizeof(uint64_t) + looks + bytes, err);
        /* a long list is not to wait in memory for every rank */
        if (status == GV_OK && bytes > GV_RELAY_PIECE)
            status = gv_comm_flush(g->inbox->comm, 60, err);
    }
    gv_mem_free(list);
    gv_mem_free(message);
    return status;
}

static enum gv_rank_inbox_answer is_found(const void *context, const gv_comm_message *message)
{
    const giving *g = context;
    bool found = message->tag == GV_RANK_TAG_FOUND && !g->heard[message->from] &&
                 message->bytes == sizeof(uint64_t) + g->files->n;
    return found ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
}

static int take_found(giving *g, const gv_comm_message *message, gv_error *err)
{
    uint64_t block;
    const uint8_t *has = (const uint8_t *)message->data + sizeof block;
    memcpy(&block, message->data, sizeof block);
    if (block == 0)
        return gv_comm_unexpected(message, err);
    g->block = block < g->block ? block : g->block;
    for (size_t i = 0; i < g->files->n; i++) {
        if (has[i] >= GV_RANK_LOOKS_ANSWERS)
            return gv_comm_unexpected(message, err);
        g->has[(size_t)message->from * g->files->n + i] = has[i];
    }
    g->heard[message->from] = true;
    return GV_OK;
}

static int hear_found(giving *g, gv_error *err)
{
    int status = GV_OK;
    for (int i = 1; i < g->size && status == GV_OK; i++) {
        gv_comm_message message;
        status = gv_rank_inbox_receive(g->inbox, &message, is_found, g, err);
        if (status == GV_OK)
            status = take_found(g, &message, err);
        gv_comm_message_free(&message);
    }
    return status;
}

static int hash_text(gv_hash *hash, const char *path, uint64_t from, uint64_t to, gv_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gv_error_set_errno(err, "cannot read %s", path);
    int status = gv_rank_looks_hash(hash, fd, from, to, path, err);
    close(fd);
    return status;
}

static int add_piece(giving *g, size_t file, gv_error *err)
{
    pieces *list = &g->pieces[g->rank];
    uint8_t has = g->has[(size_t)g->rank * g->files->n + file];
    piece p = {.file = file, .checked = has == GV_RANK_LOOKS_PERHAPS};
    const char *path = g->files->items[file];
    if (has == GV_RANK_LOOKS_SAME)
        return GV_OK;
    int status = gv_corpus_share_range(&p.from, &p.to, g->corpus, (unsigned)g->rank,
                                       (unsigned)g->size, file, err);
    if (status != GV_OK || p.from == p.to)
        return status;
    if (gv_corpus_share_is_pipe(g->corpus, file))
        return gv_error_set(err, GV_E_USAGE,
                            "corpus.files: %s is no file, and rank %d on host %s does not see it: "
                            "put the text into a file",
                            path, g->rank, gv_comm_host(g->inbox->comm, g->rank));
    if (p.checked)
        status = hash_text(&p.hash, path, p.from, p.to, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&list->of, &list->capacity, list->n + 1, sizeof *list->of, err);
    if (status == GV_OK)
        list->of[list->n++] = p;
    return status;
}

/* What the rank at hand may want. Reads the corpus: a background task. */
static int list_pieces(void *context, gv_error *err)
{
    giving *g = context;
    int status = GV_OK;
    for (size_t file = 0; file < g->files->n && status == GV_OK; file++)
        status = add_piece(g, file, err);
    return status;
}

static int offer(giving *g, gv_error *err)
{
    int status = GV_OK;
    for (g->rank = 1; g->rank < g->size && status == GV_OK; g->rank++) {
        status = gv_comm_run_background(g->inbox->comm, list_pieces, g, err);
        const pieces *list = &g->pieces[g->rank];
        if (status == GV_OK)
            status = gv_comm_send(g->inbox->comm, g->rank, GV_RANK_TAG_TEXT, list->of,
                                  list->n * sizeof *list->of, err);
    }
    return status;
}

static enum gv_rank_inbox_answer is_wanted(const void *context, const gv_comm_message *message)
{
    const giving *g = context;
    if (message->from != g->rank) /* it may have what it needs, and be ahead */
        return GV_RANK_INBOX_LATER;
    bool wanted = message->tag == GV_RANK_TAG_TEXT && message->bytes == g->pieces[message->from].n;
    return wanted ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
}

static int send_piece(giving *g, const piece *p, gv_error *err)
{
    const char *path = g->files->items[p->file];
    const gv_relay_bytes bytes = {open(path, O_RDONLY | O_CLOEXEC), p->from, p->to, path};
    if (bytes.fd < 0)
        return gv_error_set_errno(err, "cannot read %s", path);
    int status = gv_relay_send(g->inbox->comm, &bytes, &g->rank, 1, g->progress, err);
    g->sent += p->to - p->from;
    close(bytes.fd);
    return status;
}

/* The text that the rank at hand wants. */
static int serve(giving *g, gv_error *err)
{
    gv_comm_message message;
    const pieces *list = &g->pieces[g->rank];
    uint64_t before = g->sent;
    int status = gv_rank_inbox_receive(g->inbox, &message, is_wanted, g, err);
    for (size_t i = 0; i < list->n && status == GV_OK; i++)
        if (((const uint8_t *)message.data)[i])
            status = send_piece(g, &list->of[i], err);
    gv_comm_message_free(&message);
    g->served += g->sent > before;
    return status;
}

static int serve_all(giving *g, gv_error *err)
{
    int status = GV_OK;
    for (g->rank = 1; g->rank < g->size && status == GV_OK; g->rank++)
        if (g->pieces[g->rank].n > 0)
            status = serve(g, err);
    if (status == GV_OK && g->served > 0)
        gv_progress_note(g->progress,
                         "%d of %d ranks do not see all of this corpus: rank 0 sent them %" PRIu64
                         " bytes of it",
                         g->served, g->size, g->sent);
    return status;
}

static int give(giving *g, gv_error *err)
{
    gv_comm *comm = g->inbox->comm;
    int status = gv_comm_run_background(comm, look_at_all, g, err);
    if (status == GV_OK)
        status = tell_files(g, err);
    if (status == GV_OK)
        status = hear_found(g, err);
    for (int to = 1; to < g->size && status == GV_OK; to++)
        status = gv_comm_send(comm, to, GV_RANK_TAG_BLOCK, &g->block, sizeof g->block, err);
    gv_corpus_limit_block(g->corpus, g->block);
    if (status == GV_OK)
        status = offer(g, err);
    return status == GV_OK ? serve_all(g, err) : status;
}

int gv_rank_parts_give(gv_rank_inbox *inbox, gv_corpus *corpus, gv_progress *progress,
                       gv_error *err)
{
    giving g = {.inbox = inbox,
                .corpus = corpus,
                .progress = progress,
                .files = gv_corpus_files(corpus),
                .block = gv_corpus_block(corpus),
                .size = gv_comm_size(inbox->comm)};
    size_t size = (size_t)g.size, n = g.files->n;
    g.looks = gv_mem_alloc_zero(n + 1, sizeof *g.looks, err);
    g.has = gv_mem_alloc_zero(size * n + 1, 1, err);
    g.heard = gv_mem_alloc_zero(size, sizeof *g.heard, err);
    g.pieces = gv_mem_alloc_zero(size, sizeof *g.pieces, err);
    /* what cannot be cut into parts is told before any rank is asked for its files */
    int status = g.looks && g.has && g.heard && g.pieces ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_corpus_take_part(corpus, 0, (unsigned)size, err);
    if (status == GV_OK)
        status = give(&g, err);
    if (status == GV_OK) /* with the blocks that all take */
        status = gv_corpus_take_part(corpus, 0, (unsigned)size, err);
    for (size_t i = 0; g.pieces && i < size; i++)
        gv_mem_free(g.pieces[i].of);
    gv_mem_free(g.pieces);
    gv_mem_free(g.heard);
    gv_mem_free(g.has);
    gv_mem_free(g.looks);
    return status;
}

/* --- other ranks ------------------------------------------------------------------------------ */

typedef struct getting {
    gv_rank_inbox *inbox;
    const gv_rank_parts_wish *wish;
    gv_corpus *corpus;
    gv_comm_message files, text; /* messages of rank 0 */
    uint8_t *answer;             /* [files], then [pieces] */
    int fd;                      /* of the text; -1: there is none */
} getting;

static enum gv_rank_inbox_answer is_of_rank_0(const void *context, const gv_comm_message *message)
{
    const unsigned *tag = context;
    if (message->from == 0)
        return message->tag == *tag ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
    /* a rank that has begun earlier may send messages of the stage already */
    return message->tag >= GV_RANK_TAG_STAGE ? GV_RANK_INBOX_LATER : GV_RANK_INBOX_NEVER;
}

static int hear(gv_comm_message *message, const getting *g, unsigned tag, gv_error *err)
{
    return gv_rank_inbox_receive(g->inbox, message, is_of_rank_0, &tag, err);
}

static const piece *pieces_of(const getting *g, size_t *n)
{
    *n = g->text.bytes / sizeof(piece);
    return g->text.data;
}

/* Open the corpus of the list, and compare its files with those here: a background task. */
static int open_corpus(void *context, gv_error *err)
{
    getting *g = context;
    uint64_t n = 0;
    const uint8_t *data = g->files.data;
    size_t bytes = g->files.bytes;
    if (bytes >= sizeof n)
        memcpy(&n, data, sizeof n);
    if (n == 0 || n > (bytes - sizeof n) / sizeof(gv_rank_looks_look))
        return gv_comm_unexpected(&g->files, err);
    size_t looks = (size_t)n * sizeof(gv_rank_looks_look) + sizeof n;
    int status = gv_corpus_share_open(&g->corpus, g->wish->config, g->wish->block_bytes,
                                      data + looks, bytes - looks, err);
    if (status == GV_OK && gv_corpus_files(g->corpus)->n != n)
        status = gv_comm_unexpected(&g->files, err);
    if (status == GV_OK && !(g->answer = gv_mem_alloc(sizeof n + (size_t)n, 1, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        gv_rank_looks_compare(g->answer + sizeof n, (const void *)(data + sizeof n),
                              gv_corpus_files(g->corpus));
    return status;
}

/* Rank 0 knows what is here; the block size for all comes back. */
static int agree_on_block(getting *g, gv_error *err)
{
    uint64_t block = gv_corpus_block(g->corpus);
    const uint64_t own = block;
    gv_comm_message message = {0};
    memcpy(g->answer, &block, sizeof block);
    int status = gv_comm_send(g->inbox->comm, 0, GV_RANK_TAG_FOUND, g->answer,
                              sizeof block + gv_corpus_files(g->corpus)->n, err);
    if (status == GV_OK)
        status = hear(&message, g, GV_RANK_TAG_BLOCK, err);
    if (status == GV_OK && message.bytes != sizeof block)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK)
        memcpy(&block, message.data, sizeof block);
    if (status == GV_OK && (block == 0 || block > own))
        status = gv_comm_unexpected(&message, err);
    gv_comm_message_free(&message);
    if (status == GV_OK)
        gv_corpus_limit_block(g->corpus, block);
    return status;
}

/* Is the text of a piece here, as rank 0 has it? */
static bool is_here(const piece *p, const char *path)
{
    gv_error ignored = GV_ERROR_INIT;
    gv_hash hash;
    return p->checked && hash_text(&hash, path, p->from, p->to, &ignored) == GV_OK &&
           gv_hash_equal(hash, p->hash);
}

/* Which pieces are wanted? Reads text: a background task. */
static int choose_pieces(void *context, gv_error *err)
{
    getting *g = context;
    const gv_strings *files = gv_corpus_files(g->corpus);
    size_t n;
    const piece *p = pieces_of(g, &n);
    bool any = false;
    gv_mem_free(g->answer);
    if (!(g->answer = gv_mem_alloc(n + 1, 1, err)))
        return GV_E_MEMORY;
    for (size_t i = 0; i < n; i++) {
        if (p[i].file >= files->n || p[i].from > p[i].to || p[i].to > INT64_MAX)
            return gv_comm_unexpected(&g->text, err);
        g->answer[i] = !is_here(&p[i], files->items[p[i].file]);
        any |= g->answer[i];
    }
    return any ? gv_file_temp_open(&g->fd, g->wish->temp_dir, err) : GV_OK;
}

static int receive_pieces(getting *g, gv_error *err)
{
    const gv_strings *files = gv_corpus_files(g->corpus);
    uint64_t at = 0, bytes = 0;
    size_t n;
    const piece *p = pieces_of(g, &n);
    int status = gv_comm_send(g->inbox->comm, 0, GV_RANK_TAG_TEXT, g->answer, n, err);
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        if (!g->answer[i])
            continue;
        const char *path = files->items[p[i].file];
        status = gv_relay_receive(&bytes, g->inbox->comm, g->fd, at, path, err);
        if (status != GV_OK && status != GV_E_STOPPED)
            gv_error_prefix(err, "a copy in %s", g->wish->temp_dir);
        if (status == GV_OK && bytes != p[i].to - p[i].from)
            status = gv_comm_unexpected(&g->text, err);
        if (status == GV_OK)
            gv_corpus_share_put(g->corpus, p[i].file, p[i].from, p[i].to, at);
        at += bytes;
    }
    return status;
}

static int get_text(getting *g, gv_error *err)
{
    size_t n;
    int status = hear(&g->text, g, GV_RANK_TAG_TEXT, err);
    if (status == GV_OK && g->text.bytes % sizeof(piece) != 0)
        status = gv_comm_unexpected(&g->text, err);
    (void)pieces_of(g, &n);
    if (status != GV_OK || n == 0)
        return status;
    status = gv_comm_run_background(g->inbox->comm, choose_pieces, g, err);
    if (status == GV_OK)
        status = receive_pieces(g, err);
    if (g->fd >= 0) /* the corpus closes it */
        gv_corpus_share_receive(g->corpus, g->fd, g->wish->temp_dir);
    return status;
}

int gv_rank_parts_get(gv_corpus **corpus, gv_rank_inbox *inbox, const gv_rank_parts_wish *wish,
                      gv_error *err)
{
    getting g = {.inbox = inbox, .wish = wish, .fd = -1};
    gv_comm *comm = inbox->comm;
    int status = hear(&g.files, &g, GV_RANK_TAG_FILES, err);
    if (status == GV_OK)
        status = gv_comm_run_background(comm, open_corpus, &g, err);
    if (status == GV_OK)
        status = agree_on_block(&g, err);
    if (status == GV_OK)
        status = get_text(&g, err);
    if (status == GV_OK)
        status = gv_corpus_take_part(g.corpus, (unsigned)gv_comm_rank(comm),
                                     (unsigned)gv_comm_size(comm), err);
    gv_comm_message_free(&g.files);
    gv_comm_message_free(&g.text);
    gv_mem_free(g.answer);
    *corpus = g.corpus;
    return status;
}
