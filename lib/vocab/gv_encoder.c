/*
 * Encoding, in block order though threads finish in any.
 *
 * Each thread takes blocks, splits them into words and looks these up in the vocabulary; then the
 * ids are copied to the destination in block order. Threads wait only briefly for each other,
 * because blocks are about equally large and taken in order.
 *
 * When the destination is full, threads keep their blocks as pending; the next call begins with
 * these. Pending blocks are delivered by the calling thread alone, so it does not matter whether
 * the thread that read a block exists again.
 */
#include "vocab/gv_encoder.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "vocab/gv_subsample.h"
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

struct gv_encoder {
    gv_corpus *corpus;
    const gv_vocab *vocab;
    const gv_stop_words *stop; /* keep their places; NULL: none */
    gv_progress *progress;
    const uint64_t *threshold; /* [words] NULL: all tokens are kept */
    uint64_t seed;
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
            n += found[i] != GV_VOCAB_NO_WORD;
        } else if (n == 0 || ids[n - 1] != GV_ENCODER_BREAK) {
            ids[n++] = GV_ENCODER_BREAK;
        }
    }
    return n;
}

/* The same where stop words keep their places. */
static size_t put_ids_with_gaps(const gv_encoder *encoder, uint32_t *ids, size_t n,
                                const gv_token *tokens, size_t count)
{
    const gv_vocab *vocab = encoder->vocab;
    uint32_t found[PART];
    gv_vocab_lookup_tokens(vocab, tokens, count, found);
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].length == 0) {
            ids[n] = GV_ENCODER_BREAK;
            n += n == 0 || ids[n - 1] != GV_ENCODER_BREAK;
        } else if (found[i] != GV_VOCAB_NO_WORD) {
            ids[n++] = found[i];
        } else if (gv_stop_words_has(encoder->stop, tokens[i].text, tokens[i].length)) {
            ids[n++] = gv_encoder_gap(vocab);
        }
    }
    return n;
}

/* The block that the reader has taken, as ids. */
static int look_up_block(gv_encoder *encoder, id_block *block, gv_error *err)
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
        status = gv_mem_reserve(&block->ids, &block->capacity, n + count, sizeof *block->ids, err);
        if (status != GV_OK)
            return status;
        for (size_t part; count > 0; tokens += part, count -= part) {
            part = count < PART ? count : PART;
            n = encoder->stop ? put_ids_with_gaps(encoder, block->ids, n, tokens, part)
                              : put_ids(encoder->vocab, block->ids, n, tokens, part);
        }
    }
    block->n = n;
    block->done = 0;
    return GV_OK;
}

/* Keep the ids of the block that subsampling keeps. */
static void thin_out(const gv_encoder *encoder, id_block *block)
{
    uint64_t file, section, ordinal = 0;
    gv_corpus_place(block->reader, &file, &section);
    uint64_t key = gv_subsample_key(encoder->seed, file, section);
    uint32_t *ids = block->ids;
    const uint32_t gap = gv_encoder_gap(encoder->vocab);
    size_t kept = 0;
    for (size_t i = 0; i < block->n; i++) {
        uint32_t id = ids[i];
        if (id == GV_ENCODER_BREAK || id == gap) {
            ids[kept++] = id;
            continue;
        }
        /* Written always and kept by counting: a branch on a random number would be mispredicted.
         * The ordinal counts words only, so breaks do not change which tokens are kept. */
        ids[kept] = id;
        kept += gv_subsample_keeps(encoder->threshold[id], gv_subsample_random(key, ordinal++));
    }
    block->n = kept;
}

/* Take and look up the next block; `block->pending` stays false at the end of the corpus. */
static int read_block(gv_encoder *encoder, id_block *block, gv_error *err)
{
    bool more = false;
    int status = gv_signal_check(err);
    if (status == GV_OK)
        status =
            gv_corpus_next_block(block->reader, &block->sequence, &more, encoder->progress, err);
    if (status != GV_OK || !more)
        return status;
    status = look_up_block(encoder, block, err);
    if (status == GV_OK && encoder->threshold)
        thin_out(encoder, block);
    block->pending = status == GV_OK;
    return status;
}

/* With the mutex held, when it is the block's turn: claim a place for its ids. Returns how many
 * fit. `next` moves on only when the whole block fits; else the rest stays pending for the next
 * fill. */
static size_t claim_room(gv_encoder *encoder, const id_block *block)
{
    size_t part = block->n - block->done, left = encoder->room - encoder->filled;
    if (part > left)
        part = left;
    else
        encoder->next++;
    encoder->filled += part;
    return part;
}

/* Outside the mutex: the ids that claim_room() found a place for. */
static void copy_ids(const gv_encoder *encoder, id_block *block, size_t place, size_t part)
{
    if (part > 0)
        memcpy(encoder->to + place, block->ids + block->done, part * sizeof *block->ids);
    block->done += part;
}

/* Deliver a block when its turn comes; `*full`: the destination is, or a thread has failed. */
static void deliver(gv_encoder *encoder, id_block *block, bool *full)
{
    pthread_mutex_lock(&encoder->mutex);
    /* Threads take blocks in order and hold one each, so the lowest number held is always
     * `next`: its holder does not wait, and the waiting of the others ends. */
    while (encoder->next != block->sequence && encoder->filled < encoder->room && !encoder->failed)
        pthread_cond_wait(&encoder->turn, &encoder->mutex);
    *full = encoder->filled == encoder->room || encoder->failed;
    if (*full) {
        pthread_mutex_unlock(&encoder->mutex);
        return;
    }
    /* Only places are given out under the mutex; threads copy side by side, as their places do not
     * overlap. */
    size_t place = encoder->filled, part = claim_room(encoder, block);
    bool whole = encoder->next > block->sequence;
    *full = encoder->filled == encoder->room;
    pthread_cond_broadcast(&encoder->turn);
    pthread_mutex_unlock(&encoder->mutex);
    copy_ids(encoder, block, place, part);
    block->pending = !whole;
}

static int read_thread(void *context, unsigned thread, gv_error *err)
{
    gv_encoder *encoder = context;
    id_block *block = &encoder->blocks[thread];
    bool full = block->pending; /* the destination was full before the threads began */
    int status = GV_OK;
    while (status == GV_OK && !full) {
        status = read_block(encoder, block, err);
        if (status == GV_OK && !block->pending)
            break;
        if (status == GV_OK)
            deliver(encoder, block, &full);
    }
    if (status != GV_OK) {
        pthread_mutex_lock(&encoder->mutex);
        encoder->failed = true;
        pthread_cond_broadcast(&encoder->turn);
        pthread_mutex_unlock(&encoder->mutex);
    }
    return status;
}

/* Deliver what earlier fills left, in block order, as far as there is room. */
static void deliver_pending(gv_encoder *encoder)
{
    for (unsigned t = 0; t < encoder->threads && encoder->filled < encoder->room; t++) {
        id_block *block = &encoder->blocks[t];
        if (!block->pending || block->sequence != encoder->next)
            continue;
        size_t place = encoder->filled;
        copy_ids(encoder, block, place, claim_room(encoder, block));
        block->pending = encoder->next <= block->sequence;
        t = UINT32_MAX; /* the next block may be any thread's: begin again at 0 */
    }
}

int gv_encoder_fill(gv_encoder *encoder, uint32_t *ids, size_t room, size_t *n, gv_error *err)
{
    encoder->to = ids;
    encoder->room = room;
    encoder->filled = 0;
    encoder->failed = false;
    deliver_pending(encoder);
    int status = GV_OK;
    if (encoder->filled < room)
        status = gv_threads_run(encoder->threads, read_thread, encoder, err);
    *n = encoder->filled;
    return status;
}

static int add_readers(gv_encoder *encoder, unsigned threads, gv_error *err)
{
    size_t old = encoder->threads;
    int status = gv_mem_resize(&encoder->blocks, threads, sizeof *encoder->blocks, err);
    for (size_t t = old; status == GV_OK && t < threads; t++) {
        encoder->blocks[t] = (id_block){0};
        status = gv_corpus_reader_new(&encoder->blocks[t].reader, encoder->corpus, err);
        /* one by one, so that gv_encoder_close frees the readers that exist */
        if (status == GV_OK)
            encoder->threads++;
    }
    return status;
}

int gv_encoder_open(gv_encoder **result, gv_corpus *corpus, const gv_vocab *vocab,
                    const gv_stop_words *stop, gv_progress *progress, gv_error *err)
{
    *result = NULL;
    gv_encoder *encoder = gv_mem_alloc_zero(1, sizeof *encoder, err);
    if (!encoder)
        return GV_E_MEMORY;
    encoder->corpus = corpus;
    encoder->vocab = vocab;
    encoder->stop = stop;
    encoder->progress = progress;
    pthread_mutex_init(&encoder->mutex, NULL);
    pthread_cond_init(&encoder->turn, NULL);
    int status = add_readers(encoder, 1, err);
    if (status == GV_OK)
        status = read_block(encoder, &encoder->blocks[0], err);
    if (status != GV_OK) {
        gv_encoder_close(encoder);
        return status;
    }
    *result = encoder;
    return GV_OK;
}

void gv_encoder_subsample(gv_encoder *encoder, const uint64_t *threshold, uint64_t seed)
{
    encoder->threshold = threshold;
    encoder->seed = seed;
    if (encoder->blocks[0].pending) /* the first block, read when the encoder was opened */
        thin_out(encoder, &encoder->blocks[0]);
}

int gv_encoder_threads(gv_encoder *encoder, unsigned threads, gv_error *err)
{
    return threads > encoder->threads ? add_readers(encoder, threads, err) : GV_OK;
}

void gv_encoder_close(gv_encoder *encoder)
{
    if (!encoder)
        return;
    for (unsigned t = 0; t < encoder->threads; t++) {
        gv_corpus_reader_free(encoder->blocks[t].reader);
        gv_mem_free(encoder->blocks[t].ids);
    }
    gv_mem_free(encoder->blocks);
    pthread_cond_destroy(&encoder->turn);
    pthread_mutex_destroy(&encoder->mutex);
    gv_mem_free(encoder);
}
