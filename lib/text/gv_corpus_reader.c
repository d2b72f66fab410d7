/*
 * Readers: each takes the next block, has its text fetched piece by piece (gv_corpus_plain.c,
 * gv_corpus_stream.c), and gives out its tokens.
 */
#include "text/gv_corpus_internal.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "text/gv_space.h"
#include <string.h>
#include <unistd.h>

/* --- readers ---------------------------------------------------------------------------------- */

int gv_corpus_reader_new(gv_corpus_reader **result, gv_corpus *corpus, gv_error *err)
{
    *result = NULL;
    gv_corpus_reader *reader = gv_mem_alloc_zero(1, sizeof *reader, err);
    if (!reader)
        return GV_E_MEMORY;
    reader->corpus = corpus;
    reader->fd = -1;
    size_t bytes = corpus->piece_bytes;
    if (corpus->carry && corpus->stream_piece > bytes)
        bytes = corpus->stream_piece;
    /* a piece is read behind what the tokenizer left of the one before */
    reader->buffer_capacity = bytes + GV_TOKENIZER_REST;
    int status = gv_tokenizer_new(&reader->tokenizer, corpus->tokenizer, corpus->lowercase,
                                  &reader->stats, err);
    if (status == GV_OK && !(reader->buffer = gv_mem_alloc(reader->buffer_capacity, 1, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK && corpus->phrases)
        status = gv_tokenizer_join(reader->tokenizer, corpus->phrases, err);
    if (status == GV_OK && corpus->phrases)
        status = gv_corpus_cutter_new(&reader->cutter, corpus, err);
    if (status != GV_OK) {
        gv_corpus_reader_free(reader);
        return status;
    }
    *result = reader;
    return GV_OK;
}

/* Reading failed for `reader`: let the others fail with the same error. */
static int give_up(gv_corpus_reader *reader, const gv_error *cause, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    pthread_mutex_lock(&corpus->lock);
    if (corpus->failure.code == GV_OK)
        corpus->failure = *cause;
    pthread_mutex_unlock(&corpus->lock);
    gv_corpus_stream_release(reader);
    reader->block_open = false;
    return gv_error_set(err, cause->code, "%s", cause->text);
}

void gv_corpus_reader_free(gv_corpus_reader *reader)
{
    if (!reader)
        return;
    gv_corpus *corpus = reader->corpus;
    /* the others wait for the stream, whose next bytes only this reader could have passed on */
    if (reader->owns_stream) {
        gv_error cause = GV_ERROR_INIT;
        gv_error_set(&cause, GV_E_RUNTIME, "reading the corpus was stopped");
        give_up(reader, &cause, NULL);
    }
    pthread_mutex_lock(&corpus->lock);
    gv_corpus_stats_add(&corpus->stats, &reader->stats);
    pthread_mutex_unlock(&corpus->lock);
    if (reader->fd >= 0)
        close(reader->fd);
    gv_tokenizer_free(reader->tokenizer);
    gv_corpus_cutter_free(reader->cutter);
    gv_mem_free(reader->buffer);
    gv_mem_free(reader);
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* Under the lock: which block is next? False at the end of the corpus. A block of a plain file is
 * taken; a stream is left to gv_corpus_stream_begin. */
static bool choose_block(gv_corpus_reader *reader, bool *plain)
{
    gv_corpus *corpus = reader->corpus;
    while (corpus->file < corpus->files.paths.n &&
           (corpus->file < corpus->end_file ||
            (corpus->file == corpus->end_file && corpus->block < corpus->end_block))) {
        const gv_corpus_files_entry *next = &corpus->files.entries[corpus->file];
        *plain = next->plain;
        reader->place_file = corpus->file;
        reader->place_block = corpus->block;
        if (!next->plain)
            return true;
        if (corpus->block * corpus->block_bytes < next->size) {
            corpus->block++;
            return true;
        }
        corpus->file++;
        corpus->block = 0;
    }
    return false;
}

/* Give the block its number and a place for its note. The caller holds the lock. */
static int number_block(gv_corpus_reader *reader, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    int status = gv_mem_reserve(&corpus->block_note, &corpus->block_note_capacity,
                                (size_t)corpus->sequence + 1, 1, err);
    if (status != GV_OK)
        return status;
    reader->sequence = corpus->sequence;
    /* one byte a block is kept for the whole corpus: 256 KiB for a terabyte in blocks of 4 MiB */
    corpus->block_note[corpus->sequence++] = 0;
    return GV_OK;
}

/* Under the lock: take a block; a plain one is only chosen here. */
static int take_block(gv_corpus_reader *reader, bool *more, bool *plain, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    /* plain blocks wait, too: blocks are numbered in the order of the text */
    while (corpus->stream_owner && corpus->failure.code == GV_OK)
        pthread_cond_wait(&corpus->released, &corpus->lock);
    if (corpus->failure.code != GV_OK)
        return gv_error_set(err, corpus->failure.code, "%s", corpus->failure.text);
    *more = choose_block(reader, plain);
    if (!*more)
        return GV_OK;
    int status = number_block(reader, err);
    if (status == GV_OK && !*plain)
        status = gv_corpus_stream_begin(reader, err);
    return status;
}

/* Give the tokenizer what was read into the buffer. */
static void feed(gv_corpus_reader *reader)
{
    size_t bytes = reader->kept + reader->filled;
    if (reader->sample_due)
        gv_corpus_samples_take(reader);
    /* after the text was cut into blocks, so that they do not depend on it */
    if (reader->corpus->spaces == GV_SPACES_UNICODE)
        reader->stats.other_spaces += gv_space_blank(reader->buffer, bytes);
    reader->stats.bytes += reader->filled;
    gv_tokenizer_feed(reader->tokenizer, reader->buffer, bytes, !reader->text_open);
}

/* Take a block and make its text ready. */
static int begin_block(gv_corpus_reader *reader, bool *more, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    bool plain = false;
    pthread_mutex_lock(&corpus->lock);
    int status = take_block(reader, more, &plain, err);
    pthread_mutex_unlock(&corpus->lock);
    if (status != GV_OK || !*more)
        return status;
    if (plain) {
        gv_tokenizer_reset(reader->tokenizer, reader->place_block == 0);
        status = gv_corpus_plain_begin(reader, err);
        gv_progress_add(reader->progress,
                        reader->block_end - reader->place_block * corpus->block_bytes);
    } else {
        feed(reader);
    }
    return status;
}

int gv_corpus_next_block(gv_corpus_reader *reader, uint64_t *sequence, bool *more,
                         gv_progress *progress, gv_error *err)
{
    *more = false;
    reader->block_open = reader->text_open = false;
    reader->kept = reader->filled = reader->batch_left = 0;
    reader->progress = progress;
    reader->note = 0;
    reader->tokens_since_break = reader->break_due = false;
    reader->sample_due = true;
    gv_error cause = GV_ERROR_INIT;
    int status = gv_signal_check(&cause);
    if (status == GV_OK)
        status = begin_block(reader, more, &cause);
    if (status != GV_OK)
        return give_up(reader, &cause, err);
    *sequence = reader->sequence;
    reader->block_open = *more;
    return GV_OK;
}

void gv_corpus_place(const gv_corpus_reader *reader, uint64_t *file, uint64_t *block)
{
    *file = reader->place_file;
    *block = reader->place_block;
}

/* Give the tokenizer its next piece, which begins with the bytes that it left over. */
static int next_piece(gv_corpus_reader *reader, gv_error *err)
{
    size_t rest = gv_tokenizer_rest(reader->tokenizer), used = reader->kept + reader->filled;
    /* at most GV_TOKENIZER_REST bytes: the start of a character */
    memmove(reader->buffer, reader->buffer + used - rest, rest);
    reader->kept = rest;
    int status = reader->owns_stream ? gv_corpus_stream_go_on(reader, err)
                                     : gv_corpus_plain_fill(reader, err);
    if (status == GV_OK)
        feed(reader);
    return status;
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* The block is used up: store its note. */
static void end_block(gv_corpus_reader *reader)
{
    gv_corpus *corpus = reader->corpus;
    pthread_mutex_lock(&corpus->lock);
    corpus->block_note[reader->sequence] = gv_corpus_documents_note(reader);
    pthread_mutex_unlock(&corpus->lock);
    reader->block_open = false;
}

/* No more text in the block: the break at the end of a file, then the end. */
static enum gv_corpus_token_kind close_block(gv_corpus_reader *reader)
{
    bool breaks = reader->corpus->documents != GV_DOCUMENTS_NONE;
    if (reader->file_ends && breaks && !reader->break_due) {
        reader->break_due = true;
        gv_corpus_documents_add_break(reader);
        return GV_CORPUS_BREAK;
    }
    end_block(reader);
    return GV_CORPUS_END;
}

/* gv_corpus_tokens, but for what failure means to the other readers. */
static int next_tokens(gv_corpus_reader *reader, const gv_token **tokens, size_t *n, gv_error *err)
{
    static const gv_token document_end = {.text = ""};
    bool by_line = reader->corpus->documents == GV_DOCUMENTS_LINE;
    *n = 0;
    while (reader->block_open) {
        size_t newlines;
        int status = gv_tokenizer_batch(reader->tokenizer, by_line, tokens, n, &newlines, err);
        if (status != GV_OK)
            return status;
        gv_corpus_documents_add_tokens(reader, *tokens, *n, newlines);
        if (*n > 0)
            return GV_OK;
        if (!reader->text_open) {
            *tokens = &document_end;
            *n = close_block(reader) == GV_CORPUS_BREAK;
            return GV_OK;
        }
        status = next_piece(reader, err);
        if (status != GV_OK)
            return status;
    }
    return GV_OK;
}

int gv_corpus_tokens(gv_corpus_reader *reader, const gv_token **tokens, size_t *n, gv_error *err)
{
    /* only the code is set: this runs for every batch, and the text of an error is long */
    gv_error cause;
    cause.code = GV_OK;
    int status = next_tokens(reader, tokens, n, &cause);
    return status == GV_OK ? GV_OK : give_up(reader, &cause, err);
}

int gv_corpus_token(gv_corpus_reader *reader, enum gv_corpus_token_kind *kind, const char **word,
                    size_t *length, gv_error *err)
{
    if (reader->batch_left == 0) {
        int status = gv_corpus_tokens(reader, &reader->batch, &reader->batch_left, err);
        if (status != GV_OK)
            return status;
    }
    *kind = GV_CORPUS_END;
    if (reader->batch_left == 0)
        return GV_OK;
    const gv_token *token = reader->batch++;
    reader->batch_left--;
    *kind = token->length > 0 ? GV_CORPUS_WORD : GV_CORPUS_BREAK;
    *word = token->text;
    *length = token->length;
    return GV_OK;
}
