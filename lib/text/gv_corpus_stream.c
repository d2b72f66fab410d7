/*
 * Blocks of what can only be read front to back: compressed files, archives and pipes.
 *
 * A compressed file or a pipe is one stream, cut as a plain file is: a thread that asks for a block
 * reads on under the lock, a little beyond the block's grid line, cuts behind the separator there
 * and leaves the rest for the next block. When there is no separator in what was read, the reader
 * keeps the stream, and reads on by itself as it uses up its bytes, until it meets one; the others
 * wait. So memory is bounded for any text. Blocks that a long token makes empty are not given out.
 */
#include "text/gv_corpus_internal.h"

#include "base/gv_mem.h"
#include <string.h>
#include <unistd.h>

/* What a stream gave is in the buffer behind what is kept, `used` bytes of it: leave what is behind
 * the end of the block to the next one. */
static int cut_stream(gv_corpus_reader *reader, size_t used, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    const uint8_t *text = reader->buffer + reader->kept;
    uint64_t left = corpus->stream_line > corpus->stream_at
                        ? corpus->stream_line - corpus->stream_at - 1
                        : 0; /* the separator at or after this byte ends the block */
    size_t skip = left < used ? (size_t)left : used;
    size_t cut = used, behind = 0;
    bool found = false;
    int status = GV_OK;
    if (reader->cutter)
        status = gv_corpus_cut_stream(&cut, &found, reader, text, used, skip, err);
    else if ((behind = gv_corpus_behind_separator(text + skip, used - skip)) > 0)
        cut = skip + behind;
    found |= behind > 0;
    if (status != GV_OK)
        return status;
    memcpy(corpus->carry, text + cut, used - cut);
    corpus->carry_used = used - cut;
    corpus->stream_at += cut;
    reader->filled = cut;
    reader->file_ends = corpus->stream_over && cut == used;
    reader->text_open = !found && !reader->file_ends;
    return GV_OK;
}

/* Fill the buffer from the stream, what was left over first; without the end of the block in it,
 * leave the text open. The caller holds the lock or owns the stream. */
static int fill_stream(gv_corpus_reader *reader, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    uint8_t *to = reader->buffer + reader->kept;
    /* what the last block left is at most a piece, and so fits before what is read now */
    memcpy(to, corpus->carry, corpus->carry_used);
    size_t used = corpus->carry_used, wanted = corpus->stream_piece - used, got = 0;
    corpus->carry_used = 0;
    uint64_t disk = 0;
    int status = GV_OK;
    if (!corpus->stream_over)
        status = gv_stream_read(corpus->stream, to + used, wanted, &got, &disk, err);
    gv_progress_add(reader->progress, disk);
    if (status != GV_OK)
        return status;
    /* gv_stream_read fills what it is given, except at the end */
    corpus->stream_over |= got < wanted;
    return cut_stream(reader, used + got, err);
}

/* The stream is over: add what became of its records. */
static void add_records(gv_corpus *corpus)
{
    gv_records_counts counts = gv_stream_count_records(corpus->stream);
    corpus->stats.records_read += counts.records;
    corpus->stats.records_without += counts.without;
    corpus->stats.records_not_text += counts.not_text;
    corpus->stats.redirects += counts.redirects;
    corpus->stats.other_pages += counts.other_pages;
    corpus->stats.invalid_utf8 += counts.invalid_utf8;
    if (!corpus->fields && *gv_stream_fields(corpus->stream))
        corpus->fields = gv_mem_strdup(gv_stream_fields(corpus->stream), NULL); /* for a hint */
}

/* The stream's member is over: go to the next one, of this file or another. The caller holds the
 * lock. */
static int end_member(gv_corpus *corpus, gv_error *err)
{
    bool more = false;
    int status = gv_stream_next_member(corpus->stream, &more, err);
    corpus->stream_over = false;
    corpus->stream_at = 0;
    corpus->member++;
    if (status != GV_OK || more)
        return status;
    gv_stream_members members = gv_stream_count_members(corpus->stream);
    corpus->stats.members += members.read;
    corpus->stats.members_unmatched += members.unmatched;
    corpus->stats.members_textless += members.textless;
    add_records(corpus);
    gv_stream_close(corpus->stream);
    corpus->stream = NULL;
    corpus->file++;
    return GV_OK;
}

/* Open the stream of the next file. The caller holds the lock. */
static int open_stream(gv_corpus *corpus, gv_error *err)
{
    const char *path = corpus->files.paths.items[corpus->file];
    corpus->stream_over = false;
    corpus->stream_at = corpus->member = 0;
    corpus->carry_used = 0;
    if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
        return gv_error_set(
            err, GV_E_USAGE,
            "corpus.files is \"-\", but standard input is a terminal; give the text "
            "with < FILE or through a pipe, or name the file in corpus.files");
    if (corpus->files.entries[corpus->file].received)
        return gv_corpus_share_open_stream(corpus, corpus->file, err);
    return gv_stream_open_corpus(&corpus->stream, path, &corpus->reading, err);
}

/* A pipe or standard input from which nothing comes: the program that was to write into it has
 * failed, or another one has used it up. */
static int check_pipe(const gv_corpus_reader *reader, gv_error *err)
{
    const gv_corpus *corpus = reader->corpus;
    const char *path = corpus->files.paths.items[corpus->file];
    const bool is_stdin = strcmp(path, "-") == 0;
    if (reader->filled > 0 || !corpus->files.entries[corpus->file].pipe)
        return GV_OK;
    return gv_error_set(
        err, GV_E_RUNTIME,
        "%s is empty: nothing was sent, or an earlier stage has read it. Give every stage the text "
        "again%s, or name the file in corpus.files",
        is_stdin ? "standard input" : path, is_stdin ? " (< FILE)" : "");
}

int gv_corpus_stream_begin(gv_corpus_reader *reader, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    int status = GV_OK;
    if (!corpus->stream)
        status = open_stream(corpus, err);
    bool start = corpus->stream_at == 0;
    reader->place_block = corpus->stream_at / corpus->stream_bytes;
    corpus->stream_line = (reader->place_block + 1) * corpus->stream_bytes;
    /* members begin their blocks anew, at other places */
    reader->place_block += corpus->member * GV_CORPUS_PLACE_MEMBER;
    if (status == GV_OK)
        status = fill_stream(reader, err);
    if (status == GV_OK && start && corpus->member == 0)
        status = check_pipe(reader, err);
    if (status != GV_OK)
        return status;
    gv_tokenizer_reset(reader->tokenizer, start);
    /* without a separator in the piece the block continues: no other reader may take text before
     * its end is found */
    reader->owns_stream = reader->text_open;
    if (reader->owns_stream)
        corpus->stream_owner = reader;
    else if (reader->file_ends)
        return end_member(corpus, err);
    return GV_OK;
}

void gv_corpus_stream_release(gv_corpus_reader *reader)
{
    gv_corpus *corpus = reader->corpus;
    if (!reader->owns_stream)
        return;
    pthread_mutex_lock(&corpus->lock);
    reader->owns_stream = false;
    corpus->stream_owner = NULL;
    pthread_cond_broadcast(&corpus->released);
    pthread_mutex_unlock(&corpus->lock);
}

/* Without the lock while reading: as long as there is an owner, no other thread touches the
 * stream. */
int gv_corpus_stream_go_on(gv_corpus_reader *reader, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    int status = fill_stream(reader, err);
    if (status == GV_OK && reader->text_open)
        return GV_OK;
    if (status == GV_OK && reader->file_ends) {
        pthread_mutex_lock(&corpus->lock);
        status = end_member(corpus, err);
        pthread_mutex_unlock(&corpus->lock);
    }
    if (status == GV_OK)
        gv_corpus_stream_release(reader);
    return status;
}
