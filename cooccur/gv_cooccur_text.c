/*
 * The corpus as a sequence of word ids, read by several threads.
 *
 * Every thread takes blocks, cuts them into words and looks these up in the vocabulary, all on its
 * own; then the ids of the blocks are copied to the destination in block order. Waiting for one's
 * turn is short, because blocks are about equally large and taken in order.
 * When the destination is full, threads keep what they hold as pending; the next call begins with
 * it. Pending blocks are committed by the calling thread alone, so that it does not matter whether
 * the thread that read a block is there again.
 */
#include "cooccur/gv_cooccur.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <pthread.h>
#include <string.h>

enum { PART = 256 }; /* tokens that are looked up at once */

/* A block as ids. */
typedef struct id_block {
    gv_corpus_reader *reader;
    uint64_t sequence;
    bool pending; /* holds ids[done .. n) that were not delivered */
    uint32_t *ids;
    size_t n, done, capacity;
} id_block;

struct gv_cooccur_text {
    gv_corpus *corpus;
    const gv_vocab *vocab;
    gv_progress *progress;
    id_block *blocks; /* one per thread */
    unsigned threads;
    pthread_mutex_t mutex; /* guards what follows during a fill */
    pthread_cond_t turn;
    uint64_t next; /* block whose ids come next */
    uint32_t *to;
    size_t room, filled;
    bool failed;
};

/* Append the ids of some tokens; there is room. Unknown words vanish, and so does a second break in
 * a row. */
static size_t put_ids(const gv_vocab *vocab, uint32_t *ids, size_t n, const gv_token *tokens,
                      size_t count)
{
    uint32_t found[PART];
    gv_vocab_lookup_tokens(vocab, tokens, count, found);
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].length > 0) {
            ids[n] = found[i];
            n += found[i] != GV_NO_WORD;
        } else if (n == 0 || ids[n - 1] != GV_COOCCUR_BREAK) {
            ids[n++] = GV_COOCCUR_BREAK;
        }
    }
    return n;
}

/* The block that the reader has taken, as ids. */
static int look_up_block(gv_cooccur_text *text, id_block *block, gv_error *err)
{
    size_t n = 0;
    for (;;) {
        const gv_token *tokens;
        size_t count;
        int status = gv_corpus_tokens(block->reader, &tokens, &count, err);
        if (status != GV_OK)
            return status;
        if (count == 0)
            break;
        status = gv_reserve(&block->ids, &block->capacity, n + count, sizeof *block->ids, err);
        if (status != GV_OK)
            return status;
        for (size_t part; count > 0; tokens += part, count -= part) {
            part = count < PART ? count : PART;
            n = put_ids(text->vocab, block->ids, n, tokens, part);
        }
    }
    block->n = n;
    block->done = 0;
    return GV_OK;
}

/* Take and look up the next block; `block->pending` stays false at the end of the corpus. */
static int read_block(gv_cooccur_text *text, id_block *block, gv_error *err)
{
    bool more = false;
    int status = gv_signal_check(err);
    if (status == GV_OK)
        status = gv_corpus_next_block(block->reader, &block->sequence, &more, text->progress, err);
    if (status != GV_OK || !more)
        return status;
    status = look_up_block(text, block, err);
    block->pending = status == GV_OK;
    return status;
}

/* With the mutex held and the turn come: claim a place for the block's ids. Returns how many fit.
 */
static size_t claim_room(gv_cooccur_text *text, const id_block *block)
{
    size_t part = block->n - block->done, left = text->room - text->filled;
    if (part > left)
        part = left;
    else
        text->next++;
    text->filled += part;
    return part;
}

/* Outside the mutex: the ids that claim_room() found a place for. */
static void copy_ids(const gv_cooccur_text *text, id_block *block, size_t place, size_t part)
{
    if (part > 0)
        memcpy(text->to + place, block->ids + block->done, part * sizeof *block->ids);
    block->done += part;
}

/* Deliver a block when its turn comes; `*full`: the destination is, or a thread has failed. */
static void deliver(gv_cooccur_text *text, id_block *block, bool *full)
{
    pthread_mutex_lock(&text->mutex);
    while (text->next != block->sequence && text->filled < text->room && !text->failed)
        pthread_cond_wait(&text->turn, &text->mutex);
    *full = text->filled == text->room || text->failed;
    if (*full) {
        pthread_mutex_unlock(&text->mutex);
        return;
    }
    size_t place = text->filled, part = claim_room(text, block);
    bool whole = text->next > block->sequence;
    *full = text->filled == text->room;
    pthread_cond_broadcast(&text->turn);
    pthread_mutex_unlock(&text->mutex);
    copy_ids(text, block, place, part);
    block->pending = !whole;
}

static int read_thread(void *context, unsigned thread, gv_error *err)
{
    gv_cooccur_text *text = context;
    id_block *block = &text->blocks[thread];
    bool full = block->pending; /* the destination was full before the threads began */
    int status = GV_OK;
    while (status == GV_OK && !full) {
        status = read_block(text, block, err);
        if (status == GV_OK && !block->pending)
            break;
        if (status == GV_OK)
            deliver(text, block, &full);
    }
    if (status != GV_OK) {
        pthread_mutex_lock(&text->mutex);
        text->failed = true;
        pthread_cond_broadcast(&text->turn);
        pthread_mutex_unlock(&text->mutex);
    }
    return status;
}

/* Deliver what earlier fills left, in block order, as far as there is room. */
static void deliver_pending(gv_cooccur_text *text)
{
    for (unsigned t = 0; t < text->threads && text->filled < text->room; t++) {
        id_block *block = &text->blocks[t];
        if (!block->pending || block->sequence != text->next)
            continue;
        size_t place = text->filled;
        copy_ids(text, block, place, claim_room(text, block));
        block->pending = text->next <= block->sequence;
        t = UINT32_MAX; /* the next block may be any thread's: begin again at 0 */
    }
}

static int fill(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err)
{
    gv_cooccur_text *text = context;
    text->to = ids;
    text->room = room;
    text->filled = 0;
    text->failed = false;
    deliver_pending(text);
    int status = GV_OK;
    if (text->filled < room)
        status = gv_threads_run(text->threads, read_thread, text, err);
    *n = text->filled;
    return status;
}

static int add_readers(gv_cooccur_text *text, unsigned threads, gv_error *err)
{
    size_t old = text->threads;
    int status = gv_resize(&text->blocks, threads, sizeof *text->blocks, err);
    for (size_t t = old; status == GV_OK && t < threads; t++) {
        text->blocks[t] = (id_block){0};
        status = gv_corpus_reader_new(&text->blocks[t].reader, text->corpus, err);
        if (status == GV_OK)
            text->threads++;
    }
    return status;
}

int gv_cooccur_text_open(gv_cooccur_text **result, gv_corpus *corpus, const gv_vocab *vocab,
                         gv_progress *progress, gv_error *err)
{
    *result = NULL;
    gv_cooccur_text *text = gv_alloc_zero(1, sizeof *text, err);
    if (!text)
        return GV_E_MEMORY;
    text->corpus = corpus;
    text->vocab = vocab;
    text->progress = progress;
    pthread_mutex_init(&text->mutex, NULL);
    pthread_cond_init(&text->turn, NULL);
    int status = add_readers(text, 1, err);
    if (status == GV_OK)
        status = read_block(text, &text->blocks[0], err);
    if (status != GV_OK) {
        gv_cooccur_text_close(text);
        return status;
    }
    *result = text;
    return GV_OK;
}

int gv_cooccur_text_threads(gv_cooccur_text *text, unsigned threads, gv_error *err)
{
    return threads > text->threads ? add_readers(text, threads, err) : GV_OK;
}

gv_cooccur_source gv_cooccur_text_source(gv_cooccur_text *text)
{
    return (gv_cooccur_source){text, fill};
}

void gv_cooccur_text_close(gv_cooccur_text *text)
{
    if (!text)
        return;
    for (unsigned t = 0; t < text->threads; t++) {
        gv_corpus_reader_free(text->blocks[t].reader);
        gv_free(text->blocks[t].ids);
    }
    gv_free(text->blocks);
    pthread_cond_destroy(&text->turn);
    pthread_mutex_destroy(&text->mutex);
    gv_free(text);
}
