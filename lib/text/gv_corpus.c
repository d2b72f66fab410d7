/*
 * Reading the corpus in blocks, by many readers at once.
 *
 * Block k of a plain file of size S, with block size B, is the text from start(k) to start(k + 1),
 * where start(0) = 0 and start(k) is the place behind the first separator at or after byte kB - 1
 * (S if there is none). Every reader can find both ends of its block alone, and since a separator
 * is one ASCII byte, no token and no character straddles two blocks. A token longer than a block
 * makes the blocks inside it empty. Cost: at most every byte read twice, usually a few
 * hundred bytes more per block. Files are read with pread into a small buffer, never mapped:
 * mapped pages would count against the memory budget.
 *
 * A compressed file or a pipe is one stream, cut by the same rule: a thread that asks for a block
 * reads on under the lock, a little beyond the block's grid line, cuts behind the separator there
 * and leaves the rest for the next block. When there is no separator in what was read, the reader
 * keeps the stream, and reads on by itself as it uses up its bytes, until it meets one; the others
 * wait. So memory is bounded for any text. Blocks that a long token makes empty are not given out.
 *
 * Tokens are made by gv_tokenizer, which takes pieces of any size, so neither B nor the buffer size
 * nor the number of readers can change them. Documents are counted by joining up what each block
 * says of itself: tokens before its first break, between, after its last.
 */
#include "text/gv_corpus.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "text/gv_corpus_files.h"
#include "text/gv_space.h"
#include "text/gv_stream.h"
#include "text/gv_tokenizer.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEFAULT_BLOCK = 4 << 20,
    STREAM_BLOCK = 1 << 20,  /* at most: a stream's block is wholly in memory */
    PLAIN_PIECE = 256 << 10, /* at most: fits in L2 */
    SAMPLE = 16 << 10,       /* bytes of a sample, at most */
    OVERSHOOT = 4096         /* read this much at a time behind the end of a block */
};

/* What a block says about documents: bits of block_note. */
enum { TOKENS_FIRST = 1, HAS_BREAK = 2, TOKENS_LAST = 4, BLOCK_DONE = 8 };

struct gv_corpus {
    gv_corpus_files_found files;
    gv_stream_options reading; /* of streams */
    enum gv_config_tokenizer tokenizer;
    enum gv_config_spaces spaces;
    enum gv_config_lowercase lowercase;
    enum gv_config_documents documents;
    uint64_t block_bytes;
    size_t stream_bytes, stream_piece; /* of a stream's block; of a read from it */
    size_t piece_bytes;                /* of a read from a plain file */
    uint64_t file_bytes;               /* of all files on disk, 0 if unknown */
    uint64_t disk_bytes;               /* of this part of them */
    size_t end_file;                   /* the first block that belongs to the next part: its file */
    uint64_t end_block;                /* and its number in that file */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t released;
    size_t file;                     /* the file that the next block is from */
    uint64_t block;                  /* its number in that file, if plain */
    uint64_t sequence;               /* its number in the corpus */
    gv_stream *stream;               /* open if that file is a stream */
    bool stream_over;                /* all of its member was read */
    uint64_t member;                 /* its number in the file, from 0 */
    uint64_t stream_at, stream_line; /* offsets in its text: what comes next; the grid line that
                                        the current block extends to */
    gv_corpus_reader *stream_owner;
    uint8_t *carry; /* [stream_piece] read from the stream but not given out */
    size_t carry_used;
    gv_error failure;    /* why a reader failed; the other readers fail with the same error */
    uint8_t *block_note; /* [sequence] */
    size_t block_note_capacity;
    gv_corpus_stats stats;
    uint8_t *samples; /* [GV_ADVICE_SAMPLES][SAMPLE], of the blocks 0, 1, 2, 4 ...; may be NULL */
    size_t sample_bytes[GV_ADVICE_SAMPLES];
};

struct gv_corpus_reader {
    gv_corpus *corpus;
    gv_tokenizer *tokenizer;
    gv_corpus_stats stats;
    uint8_t *buffer;
    size_t buffer_capacity;
    size_t kept;     /* bytes at the start of `buffer` that wait for their successors */
    size_t filled;   /* bytes behind them */
    bool block_open; /* there is a block, and END was not said */
    bool text_open;  /* it has text beyond the buffer */
    bool file_ends;  /* with this block; or a member of an archive does */
    bool sample_due; /* what is read next is the beginning of a block */
    bool break_due;  /* a break is to be given out before the END */
    uint64_t sequence;
    size_t place_file;    /* the file that the block is from, */
    uint64_t place_block; /* and its number there */
    uint8_t note;         /* of the block, see above */
    uint64_t documents;   /* that are wholly inside blocks */
    bool tokens_since_break;
    /* gv_corpus_token: what is left of a batch */
    const gv_token *batch;
    size_t batch_left;
    /* plain files */
    int fd;
    size_t fd_file; /* the file that `fd` is */
    uint64_t position, block_end, file_size;
    /* streams */
    bool owns_stream;
    gv_progress *progress;
};

/* --- the corpus ------------------------------------------------------------------------------- */

int gv_corpus_open(gv_corpus **result, const gv_config *config, size_t block_bytes, gv_error *err)
{
    *result = NULL;
    gv_corpus *corpus = gv_mem_alloc_zero(1, sizeof *corpus, err);
    if (!corpus)
        return GV_E_MEMORY;
    pthread_mutex_init(&corpus->lock, NULL);
    pthread_cond_init(&corpus->released, NULL);
    corpus->tokenizer = config->corpus_tokenizer;
    corpus->spaces = config->corpus_spaces;
    corpus->lowercase = config->corpus_lowercase;
    corpus->documents = config->corpus_documents;
    size_t block = block_bytes ? block_bytes : DEFAULT_BLOCK;
    corpus->block_bytes = block;
    corpus->stream_bytes = block < STREAM_BLOCK ? block : STREAM_BLOCK;
    corpus->stream_piece = corpus->stream_bytes + (block < OVERSHOOT ? block : OVERSHOOT);
    corpus->piece_bytes = block < PLAIN_PIECE ? block : PLAIN_PIECE;
    corpus->reading = (gv_stream_options){.pattern = &config->corpus_pattern,
                                          .binary = config->corpus_binary == GV_BINARY_ACCEPT};
    int status = gv_corpus_files_find(&corpus->files, config, err);
    bool streams = false, known = true;
    for (size_t i = 0; status == GV_OK && i < corpus->files.paths.n; i++) {
        streams |= !corpus->files.entries[i].plain;
        known &= corpus->files.entries[i].size > 0 || corpus->files.entries[i].plain;
        corpus->disk_bytes += corpus->files.entries[i].size;
    }
    if (!known)
        corpus->disk_bytes = 0;
    corpus->file_bytes = corpus->disk_bytes;
    corpus->end_file = corpus->files.paths.n;
    if (status == GV_OK && streams && !(corpus->carry = gv_mem_alloc(corpus->stream_piece, 1, err)))
        status = GV_E_MEMORY;
    if (status != GV_OK) {
        gv_corpus_close(corpus);
        return status;
    }
    *result = corpus;
    return GV_OK;
}

void gv_corpus_close(gv_corpus *corpus)
{
    if (!corpus)
        return;
    gv_stream_close(corpus->stream);
    gv_corpus_files_free(&corpus->files);
    gv_mem_free(corpus->carry);
    gv_mem_free(corpus->block_note);
    gv_mem_free(corpus->samples);
    pthread_cond_destroy(&corpus->released);
    pthread_mutex_destroy(&corpus->lock);
    gv_mem_free(corpus);
}

const gv_strings *gv_corpus_files(const gv_corpus *corpus)
{
    return &corpus->files.paths;
}

/* A compressed file or an archive: whether there is text in it shows only inside. Of a zip archive
 * all members are looked at; others would have to be read for that. */
static int look_inside(const gv_corpus *corpus, size_t file, gv_error *err)
{
    const gv_corpus_files_entry *entry = &corpus->files.entries[file];
    gv_stream *stream = NULL;
    if (entry->plain || entry->size == 0) /* a pipe can be read only once */
        return GV_OK;
    int status =
        gv_stream_open_corpus(&stream, corpus->files.paths.items[file], &corpus->reading, err);
    bool more = entry->zip;
    while (status == GV_OK && more) {
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_stream_next_member(stream, &more, err);
    }
    gv_stream_close(stream);
    return status;
}

int gv_corpus_announce(const gv_corpus *corpus, gv_progress *progress, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < corpus->files.paths.n && status == GV_OK; i++) {
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = look_inside(corpus, i, err);
    }
    return status == GV_OK
               ? gv_corpus_files_report(&corpus->files, corpus->file_bytes, progress, err)
               : status;
}

void gv_corpus_json(const gv_corpus *corpus, gv_json_writer *writer)
{
    gv_json_set_uint(writer, "files", corpus->files.paths.n);
    gv_json_set_uint(writer, "disk_bytes", corpus->file_bytes);
    gv_json_set_uint(writer, "files_own", corpus->files.own);
    gv_json_set_uint(writer, "files_textless", corpus->files.textless);
}

int gv_corpus_list_inputs(gv_strings *inputs, char *first, const gv_corpus *corpus, gv_error *err)
{
    const gv_strings none = {0}, *files = corpus ? gv_corpus_files(corpus) : &none;
    *inputs = (gv_strings){.items = gv_mem_alloc(files->n + 1, sizeof *inputs->items, err)};
    if (!inputs->items)
        return GV_E_MEMORY;
    if (first)
        inputs->items[inputs->n++] = first;
    for (size_t i = 0; i < files->n; i++)
        inputs->items[inputs->n++] = files->items[i];
    return GV_OK;
}

uint64_t gv_corpus_disk_bytes(const gv_corpus *corpus)
{
    return corpus->disk_bytes;
}

/* Combine the `notes` of `n` neighbours; `*documents` grows by those between
 * two of their breaks. The operation is associative, so blocks, parts and ranks can be joined in
 * any grouping. */
static uint8_t join_notes(uint64_t *documents, const uint8_t *notes, uint64_t n)
{
    uint8_t first = 0;
    bool open = false; /* the current document has tokens */
    for (uint64_t i = 0; i < n; i++) {
        open |= (notes[i] & TOKENS_FIRST) != 0;
        if (!(notes[i] & HAS_BREAK))
            continue;
        if (first & HAS_BREAK)
            *documents += open;
        else
            first = HAS_BREAK | (open ? TOKENS_FIRST : 0);
        open = (notes[i] & TOKENS_LAST) != 0;
    }
    if (!(first & HAS_BREAK))
        return open ? TOKENS_FIRST : 0;
    return first | (open ? TOKENS_LAST : 0);
}

gv_corpus_part gv_corpus_part_statistics(const gv_corpus *corpus)
{
    gv_corpus_part part = {.stats = corpus->stats};
    part.note = join_notes(&part.stats.documents, corpus->block_note, corpus->sequence);
    return part;
}

gv_corpus_stats gv_corpus_join(const gv_corpus_part *parts, size_t n)
{
    gv_corpus_stats stats = {0};
    uint8_t note = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t two[] = {note, (uint8_t)parts[i].note};
        gv_corpus_stats_add(&stats, &parts[i].stats);
        note = join_notes(&stats.documents, two, 2);
    }
    /* a document may be open at both ends */
    stats.documents += (note & TOKENS_FIRST) != 0;
    stats.documents += (note & TOKENS_LAST) != 0;
    return stats;
}

gv_corpus_stats gv_corpus_statistics(const gv_corpus *corpus)
{
    gv_corpus_part part = gv_corpus_part_statistics(corpus);
    return gv_corpus_join(&part, 1);
}

int gv_corpus_keep_samples(gv_corpus *corpus, gv_error *err)
{
    corpus->samples = gv_mem_alloc(GV_ADVICE_SAMPLES, SAMPLE, err);
    return corpus->samples ? GV_OK : GV_E_MEMORY;
}

void gv_corpus_samples(gv_advice_corpus *about, const gv_corpus *corpus)
{
    for (size_t i = 0; i < GV_ADVICE_SAMPLES; i++)
        about->sample[i] =
            (gv_advice_sample){corpus->samples + i * SAMPLE, corpus->sample_bytes[i]};
}

/* --- parts ------------------------------------------------------------------------------------ */

/* Text of a file, about. Gzip and its like shrink text to about a third. The estimate only balances
 * the parts; no result depends on it. */
static uint64_t weight_of(const gv_corpus_files_entry *file)
{
    enum { COMPRESSION = 3 };
    return file->packed ? COMPRESSION * file->size : file->size;
}

/* Where part `part` of `parts` begins, `all` being the weight of all files. The end of a part is
 * computed by the same call as the beginning of the next, so parts neither overlap nor leave
 * anything out, on whichever ranks they are. */
static void find_edge(const gv_corpus *corpus, unsigned part, unsigned parts, uint64_t all,
                      size_t *file, uint64_t *block)
{
    uint64_t wanted = (uint64_t)((double)all * part / parts);
    *block = 0;
    for (*file = 0; part > 0 && *file < corpus->files.paths.n; ++*file) {
        const gv_corpus_files_entry *at = &corpus->files.entries[*file];
        uint64_t weight = weight_of(at);
        if (wanted >= weight && part < parts) {
            wanted -= weight;
            continue;
        }
        if (part == parts)
            continue;
        if (at->plain)
            /* a plain file is cut at its nearest block, a stream not at all: it goes to the part
             * that holds its middle */
            *block = (wanted + corpus->block_bytes / 2) / corpus->block_bytes;
        else
            *file += wanted >= weight / 2;
        return;
    }
}

int gv_corpus_take_part(gv_corpus *corpus, unsigned part, unsigned parts, gv_error *err)
{
    uint64_t all = 0, bytes = 0;
    for (size_t i = 0; i < corpus->files.paths.n; i++) {
        if (parts > 1 && strcmp(corpus->files.paths.items[i], "-") == 0)
            return gv_error_set(
                err, GV_E_USAGE,
                "standard input cannot be read by several ranks; put the text into a file "
                "that all ranks can read");
        all += weight_of(&corpus->files.entries[i]);
    }
    find_edge(corpus, part, parts, all, &corpus->file, &corpus->block);
    find_edge(corpus, part + 1, parts, all, &corpus->end_file, &corpus->end_block);
    for (size_t i = corpus->file; i < corpus->files.paths.n && i <= corpus->end_file; i++) {
        uint64_t size = corpus->files.entries[i].size, from = 0, to = size;
        if (i == corpus->file)
            from = corpus->block * corpus->block_bytes;
        if (i == corpus->end_file)
            to = corpus->end_block * corpus->block_bytes;
        to = to < size ? to : size;
        bytes += to > from ? to - from : 0;
    }
    corpus->disk_bytes = bytes;
    return GV_OK;
}

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
    if (status != GV_OK) {
        gv_corpus_reader_free(reader);
        return status;
    }
    *result = reader;
    return GV_OK;
}

static void release_stream(gv_corpus_reader *reader)
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

/* Reading failed for `reader`: let the others fail with the same error. */
static int give_up(gv_corpus_reader *reader, const gv_error *cause, gv_error *err)
{
    gv_corpus *corpus = reader->corpus;
    pthread_mutex_lock(&corpus->lock);
    if (corpus->failure.code == GV_OK)
        corpus->failure = *cause;
    pthread_mutex_unlock(&corpus->lock);
    release_stream(reader);
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
    gv_mem_free(reader->buffer);
    gv_mem_free(reader);
}

/* The place behind the first separator of `bytes`, or 0 if there is none. */
static size_t behind_first_separator(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (gv_tokenizer_may_cut(bytes[i]))
            return i + 1;
    return 0;
}

/* --- plain files ------------------------------------------------------------------------------ */

static const char *path_of(const gv_corpus_reader *reader)
{
    return reader->corpus->files.paths.items[reader->fd_file];
}

/* Have `file` open in `reader->fd`. */
static int open_plain(gv_corpus_reader *reader, size_t file, gv_error *err)
{
    if (reader->fd >= 0 && reader->fd_file == file)
        return GV_OK;
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd_file = file;
    reader->fd = open(path_of(reader), O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (reader->fd < 0 || fstat(reader->fd, &info) != 0)
        return gv_error_set_errno(err, "cannot read %s", path_of(reader));
    reader->file_size = reader->corpus->files.entries[file].size;
    /* blocks and progress were computed from the size at the start; with another one readers would
     * cut at different places */
    if ((uint64_t)info.st_size != reader->file_size)
        return gv_error_set(err, GV_E_IO, "%s changed while it was being read; run again",
                            path_of(reader));
    return GV_OK;
}

static int read_plain(gv_corpus_reader *reader, uint8_t *to, size_t bytes, gv_error *err)
{
    int status = gv_file_pread(reader->fd, to, bytes, reader->position, path_of(reader), err);
    reader->position += bytes;
    return status;
}

/* Move `position` from byte kB - 1 to the start of the block; `text_open` says whether there is
 * one, that is, whether it comes before the next block's own search. */
static int find_start(gv_corpus_reader *reader, uint64_t limit, gv_error *err)
{
    while (reader->position < limit) {
        uint64_t left = limit - reader->position;
        size_t bytes = left < OVERSHOOT ? (size_t)left : OVERSHOOT;
        if (bytes > reader->corpus->piece_bytes)
            bytes = reader->corpus->piece_bytes;
        uint64_t at = reader->position;
        int status = read_plain(reader, reader->buffer, bytes, err);
        if (status != GV_OK)
            return status;
        size_t behind = behind_first_separator(reader->buffer, bytes);
        if (behind > 0) {
            reader->position = at + behind;
            reader->text_open = reader->position < reader->file_size;
            return GV_OK;
        }
    }
    reader->text_open = false;
    return GV_OK;
}

/* Begin the chosen block of a plain file: find where it starts. */
static int begin_plain(gv_corpus_reader *reader, gv_error *err)
{
    uint64_t size = reader->corpus->block_bytes;
    int status = open_plain(reader, reader->place_file, err);
    if (status != GV_OK)
        return status;
    uint64_t begin = reader->place_block * size;
    uint64_t end = reader->file_size - begin > size ? begin + size : reader->file_size;
    reader->block_end = end;
    reader->file_ends = end == reader->file_size;
    reader->text_open = true;
    reader->position = begin;
    if (begin == 0)
        return GV_OK;
    /* from one byte early: where that byte is a separator, the block begins exactly at its grid
     * line. Without any separator before the byte at which the next block searches, both would find
     * the same one, and the text is the next block's. */
    reader->position = begin - 1;
    return find_start(reader, reader->file_ends ? end : end - 1, err);
}

/* The next piece of a plain block, behind what is kept. */
static int fill_plain(gv_corpus_reader *reader, gv_error *err)
{
    /* the separator at or after this byte ends the block */
    uint64_t from = reader->block_end - 1, at = reader->position;
    /* up to the grid line as fast as possible, behind it in small steps, as a separator is usually
     * close */
    uint64_t left = at < reader->block_end ? reader->block_end - at : OVERSHOOT;
    if (left > reader->corpus->piece_bytes)
        left = reader->corpus->piece_bytes;
    if (left > reader->file_size - at)
        left = reader->file_size - at;
    size_t bytes = (size_t)left;
    uint8_t *to = reader->buffer + reader->kept;
    int status = read_plain(reader, to, bytes, err);
    if (status != GV_OK)
        return status;
    if (at + bytes > from) {
        size_t skip = at < from ? (size_t)(from - at) : 0;
        size_t behind = behind_first_separator(to + skip, bytes - skip);
        if (behind > 0) {
            bytes = skip + behind;
            reader->text_open = false;
        }
    }
    if (reader->position >= reader->file_size)
        reader->text_open = false;
    reader->filled = bytes;
    return GV_OK;
}

/* --- streams ---------------------------------------------------------------------------------- */

/* What a stream gave is in the buffer behind what is kept, `used` bytes of it: leave what is behind
 * the end of the block to the next one. */
static void cut_stream(gv_corpus_reader *reader, size_t used)
{
    gv_corpus *corpus = reader->corpus;
    const uint8_t *text = reader->buffer + reader->kept;
    uint64_t left = corpus->stream_line > corpus->stream_at
                        ? corpus->stream_line - corpus->stream_at - 1
                        : 0; /* the separator at or after this byte ends the block */
    size_t skip = left < used ? (size_t)left : used;
    size_t behind = behind_first_separator(text + skip, used - skip);
    size_t cut = behind > 0 ? skip + behind : used;
    memcpy(corpus->carry, text + cut, used - cut);
    corpus->carry_used = used - cut;
    corpus->stream_at += cut;
    reader->filled = cut;
    reader->file_ends = corpus->stream_over && cut == used;
    reader->text_open = behind == 0 && !reader->file_ends;
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
    cut_stream(reader, used + got);
    return GV_OK;
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
    return gv_stream_open_corpus(&corpus->stream, path, &corpus->reading, err);
}

/* Standard input that another program has used up looks like an empty file. */
static int check_stdin(const gv_corpus_reader *reader, gv_error *err)
{
    const gv_corpus *corpus = reader->corpus;
    if (reader->filled > 0 || strcmp(corpus->files.paths.items[corpus->file], "-") != 0)
        return GV_OK;
    return gv_error_set(
        err, GV_E_RUNTIME,
        "standard input is empty: nothing was sent, or an earlier stage has read it. Give "
        "every stage the text again (< FILE), or name the file in corpus.files");
}

/* Take the next block of the stream. The caller holds the lock. */
static int begin_stream(gv_corpus_reader *reader, gv_error *err)
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
        status = check_stdin(reader, err);
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

/* The next piece of a block whose reader owns the stream. Without the lock while reading: as long
 * as there is an owner, no other thread touches the stream. */
static int go_on_stream(gv_corpus_reader *reader, gv_error *err)
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
        release_stream(reader);
    return status;
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* Under the lock: which block is next? False at the end of the corpus. A block of a plain file is
 * taken; a stream is left to begin_stream. */
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
        status = begin_stream(reader, err);
    return status;
}

/* The number of the sample that is taken from a block, GV_ADVICE_SAMPLES if none is. */
static size_t sample_of(uint64_t sequence)
{
    if ((sequence & (sequence - 1)) != 0)
        return GV_ADVICE_SAMPLES;
    size_t i = sequence == 0 ? 0 : 1 + (size_t)__builtin_ctzll(sequence);
    return i < GV_ADVICE_SAMPLES ? i : GV_ADVICE_SAMPLES;
}

/* Keep the beginning of some blocks. Each sample is written by the reader of its block alone. */
static void take_sample(gv_corpus_reader *reader)
{
    gv_corpus *corpus = reader->corpus;
    size_t i = sample_of(reader->sequence);
    reader->sample_due = false;
    if (i == GV_ADVICE_SAMPLES || !corpus->samples)
        return;
    size_t bytes = reader->filled < SAMPLE ? reader->filled : SAMPLE;
    memcpy(corpus->samples + i * SAMPLE, reader->buffer + reader->kept, bytes);
    corpus->sample_bytes[i] = bytes;
}

/* Give the tokenizer what was read into the buffer. */
static void feed(gv_corpus_reader *reader)
{
    size_t bytes = reader->kept + reader->filled;
    if (reader->sample_due)
        take_sample(reader);
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
        status = begin_plain(reader, err);
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
    int status = reader->owns_stream ? go_on_stream(reader, err) : fill_plain(reader, err);
    if (status == GV_OK)
        feed(reader);
    return status;
}

/* A document ends here. Whether the first one of a block has tokens depends on earlier blocks, so
 * it is only noted; the others are counted. */
static void note_break(gv_corpus_reader *reader)
{
    if (!(reader->note & HAS_BREAK)) {
        if (reader->tokens_since_break)
            reader->note |= TOKENS_FIRST;
        reader->note |= HAS_BREAK;
    } else {
        reader->stats.documents += reader->tokens_since_break;
    }
    reader->tokens_since_break = false;
}

/* The block is used up: store its note. */
static void end_block(gv_corpus_reader *reader)
{
    gv_corpus *corpus = reader->corpus;
    if (reader->tokens_since_break)
        reader->note |= reader->note & HAS_BREAK ? TOKENS_LAST : TOKENS_FIRST;
    pthread_mutex_lock(&corpus->lock);
    corpus->block_note[reader->sequence] = reader->note;
    pthread_mutex_unlock(&corpus->lock);
    reader->block_open = false;
}

/* No more text in the block: the break at the end of a file, then the end. */
static enum gv_corpus_token_kind close_block(gv_corpus_reader *reader)
{
    bool breaks = reader->corpus->documents != GV_DOCUMENTS_NONE;
    if (reader->file_ends && breaks && !reader->break_due) {
        reader->break_due = true;
        note_break(reader);
        return GV_CORPUS_BREAK;
    }
    end_block(reader);
    return GV_CORPUS_END;
}

/* Tokens were taken, newlines among them: keep count of documents. */
static void note_tokens(gv_corpus_reader *reader, const gv_token *tokens, size_t n, size_t newlines)
{
    if (newlines == 0) {
        reader->tokens_since_break |= n > 0;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].length == 0)
            note_break(reader);
        else
            reader->tokens_since_break = true;
    }
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
        note_tokens(reader, *tokens, *n, newlines);
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
