/*
 * gv_corpus_internal - the state of a corpus and of its readers, private to
 *
 *   gv_corpus.c             the files, and parts of them
 *   gv_corpus_reader.c      taking blocks, giving out their tokens
 *   gv_corpus_plain.c       blocks of plain files, read in parallel
 *   gv_corpus_stream.c      blocks of compressed files, archives and pipes, read in order
 *   gv_corpus_cut.c         where blocks may begin when phrases are joined
 *   gv_corpus_documents.c   counting documents; statistics
 *   gv_corpus_samples.c     samples of the text for advice
 *   gv_corpus_share.c       text that another process has found and sent
 *
 * Plain files and streams are cut into blocks by one rule, which gv_corpus_plain.c states. Tokens
 * are made by gv_tokenizer, which takes pieces of any size, so neither the block size nor the
 * buffer size nor the number of readers can change them.
 *
 * Threads: as gv_corpus.h. What the lock of a gv_corpus guards is used by the thread that holds it,
 * and what concerns its stream also by the reader that owns the stream.
 */
#ifndef GV_CORPUS_INTERNAL_H
#define GV_CORPUS_INTERNAL_H

#include "text/gv_corpus.h"
#include "text/gv_corpus_files.h"
#include "text/gv_stream.h"
#include "text/gv_tokenizer.h"
#include <pthread.h>

enum { GV_CORPUS_OVERSHOOT = 4096 }; /* read this much at a time behind the end of a block */

typedef struct gv_corpus_cutter gv_corpus_cutter;

struct gv_corpus {
    gv_corpus_files_found files;
    gv_stream_options reading;                  /* of streams */
    gv_strings reading_pattern, reading_fields; /* borrowed by `reading` */
    enum gv_config_tokenizer tokenizer;
    enum gv_config_spaces spaces;
    enum gv_config_lowercase lowercase;
    enum gv_config_documents documents;
    const gv_phrases *phrases; /* NULL: none are joined */
    uint64_t block_bytes;
    size_t stream_bytes, stream_piece; /* of a stream's block; of a read from it */
    size_t piece_bytes;                /* of a read from a plain file */
    uint64_t file_bytes;               /* of all files on disk, 0 if unknown */
    uint64_t disk_bytes;               /* of this part of them */
    int received;                      /* file with text of others; -1: there is none */
    const char *temp_dir;              /* for it */
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
    uint8_t *block_note; /* [sequence], of gv_corpus_documents.c */
    size_t block_note_capacity;
    gv_corpus_stats stats;
    char *fields;     /* of the first record with any; NULL: none yet */
    uint8_t *samples; /* one behind the other, of gv_corpus_samples.c; NULL: none are kept */
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
    uint8_t note;         /* of the block, of gv_corpus_documents.c */
    bool tokens_since_break;
    /* gv_corpus_token: what is left of a batch */
    const gv_token *batch;
    size_t batch_left;
    /* plain files */
    int fd;
    size_t fd_file; /* the file that `fd` is */
    uint64_t position, block_end, file_size;
    uint64_t text_end; /* with phrases: where the block ends */
    /* streams */
    bool owns_stream;
    /* with phrases, else NULL */
    gv_corpus_cutter *cutter;
    gv_progress *progress;
};

/* The place behind the first separator of `bytes`, or 0 if there is none. */
static inline size_t gv_corpus_behind_separator(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (gv_tokenizer_may_cut(bytes[i]))
            return i + 1;
    return 0;
}

/* --- gv_corpus.c ------------------------------------------------------------------------------ */

/* gv_corpus_open with files that are known; takes them, also on failure. */
GV_MUST_USE int gv_corpus_open_found(gv_corpus **corpus, gv_corpus_files_found *files,
                                     const gv_config *config, size_t block_bytes, gv_error *err);

/* A boundary between parts: the block behind it. */
typedef struct gv_corpus_edge {
    size_t file;
    uint64_t block; /* in that file */
} gv_corpus_edge;
/* Where part `part` of `parts` begins, and the next one. */
void gv_corpus_part_edges(gv_corpus_edge *first, gv_corpus_edge *end, const gv_corpus *corpus,
                          unsigned part, unsigned parts);

/* --- gv_corpus_plain.c ------------------------------------------------------------------------ */

/* Begin the chosen block of a plain file: find where it starts. GV_E_IO, also if the file has
 * changed. */
GV_MUST_USE int gv_corpus_plain_begin(gv_corpus_reader *reader, gv_error *err);
/* Read the next piece of the block, behind what is kept in the buffer. GV_E_IO. */
GV_MUST_USE int gv_corpus_plain_fill(gv_corpus_reader *reader, gv_error *err);
/* `bytes` bytes at `offset` of the plain file that the reader has open. */
GV_MUST_USE int gv_corpus_plain_read(const gv_corpus_reader *reader, uint8_t *to, size_t bytes,
                                     uint64_t offset, gv_error *err);
/* `*to`: nothing at or behind it is read for the block of file `file` that ends at the grid line
 * `end`, or for those before it. */
GV_MUST_USE int gv_corpus_plain_find_end(uint64_t *to, gv_corpus_reader *reader, size_t file,
                                         uint64_t end, gv_error *err);

/* --- gv_corpus_stream.c ----------------------------------------------------------------------- */

/* Take the next block of the stream, opening it if need be, and its first piece. The caller holds
 * the lock. Errors of gv_stream_open_corpus; GV_E_RUNTIME: standard input is empty. */
GV_MUST_USE int gv_corpus_stream_begin(gv_corpus_reader *reader, gv_error *err);
/* Read the next piece of a block whose reader owns the stream; the caller does not hold the lock.
 * Errors of gv_stream_read. */
GV_MUST_USE int gv_corpus_stream_go_on(gv_corpus_reader *reader, gv_error *err);
/* Let other readers have the stream, if `reader` owns it. The caller does not hold the lock. */
void gv_corpus_stream_release(gv_corpus_reader *reader);

/* --- gv_corpus_cut.c -------------------------------------------------------------------------- */

/* Bytes behind the end of a stream's block by which it is decided where it ends. */
#define GV_CORPUS_CUT_AHEAD (GV_TOKENIZER_SPAN_MAX + GV_CORPUS_OVERSHOOT)

/* What a reader of a corpus with phrases needs; the caller frees. GV_E_MEMORY, or GV_E_RUNTIME from
 * ICU. */
GV_MUST_USE int gv_corpus_cutter_new(gv_corpus_cutter **cutter, const gv_corpus *corpus,
                                     gv_error *err);
/* Accepts NULL. */
void gv_corpus_cutter_free(gv_corpus_cutter *cutter);

/* gv_corpus_plain_begin, when the file is open. */
GV_MUST_USE int gv_corpus_cut_plain(gv_corpus_reader *reader, gv_error *err);
/*
 * Where the block of a stream ends in `text` ([n]; `over`: nothing follows): `*cut` is the first
 * place where one may begin, behind a separator at or after `from`, and `*found` is true. Or there
 * is none: then a separator at `*cut`, if that is less than n, cannot be judged without more text.
 * GV_E_MEMORY, GV_E_RUNTIME.
 */
GV_MUST_USE int gv_corpus_cut_stream(size_t *cut, bool *found, gv_corpus_reader *reader,
                                     const uint8_t *text, size_t n, size_t from, gv_error *err);

/* --- gv_corpus_documents.c -------------------------------------------------------------------- */

/* A document ends here, in the current block. */
void gv_corpus_documents_add_break(gv_corpus_reader *reader);
/* `tokens` ([n]) were given out, `newlines` breaks among them. */
void gv_corpus_documents_add_tokens(gv_corpus_reader *reader, const gv_token *tokens, size_t n,
                                    size_t newlines);
/* The note to store of the block, when all of it was given out. */
uint8_t gv_corpus_documents_note(const gv_corpus_reader *reader);

/* --- gv_corpus_share.c ------------------------------------------------------------------------ */

/* Open the stream of file `file`, which was received. */
GV_MUST_USE int gv_corpus_share_open_stream(gv_corpus *corpus, size_t file, gv_error *err);

/* --- gv_corpus_samples.c ---------------------------------------------------------------------- */

/* The beginning of a block is in the buffer: keep it, if samples are kept and of this block. */
void gv_corpus_samples_take(gv_corpus_reader *reader);

#endif
