/*
 * gv_corpus - text files as a sequence of token blocks.
 *
 * A corpus is an ordered list of files (paths or globs, "-" for stdin; .gz .bz2 .xz .zst through
 * libarchive (also .lz4 .lz .Z), recognised by content). It is read in blocks cut right after a
 * separator byte, so no token straddles two blocks; blocks are numbered in corpus order. Many
 * threads fetch blocks at once: plain files are read in parallel, compressed ones are decompressed
 * under a lock and tokenized in parallel. The token sequence is a function of the bytes of the
 * files and of the corpus.* keys only, never of block size or threads.
 *
 * Policies for odd input are in docs/corpus.md; each is counted in gv_corpus_stats.
 */
#ifndef GV_CORPUS_H
#define GV_CORPUS_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "config/gv_json.h"
#include "text/gv_token.h"
#include <stdint.h>

typedef struct gv_corpus_stats {
    uint64_t bytes;            /* of text, after decompression */
    uint64_t tokens;           /* delivered */
    uint64_t documents;        /* that hold at least one token */
    uint64_t invalid_utf8;     /* ill-formed sequences, each replaced by U+FFFD */
    uint64_t overlong;         /* tokens cut to GV_TOKEN_MAX bytes */
    uint64_t nul_bytes;        /* taken as white space */
    uint64_t carriage_returns; /* dropped */
    uint64_t unk_tokens;       /* literal "<unk>" in the text, dropped */
    uint64_t byte_order_marks; /* dropped at the start of a file */
} gv_corpus_stats;

typedef struct gv_corpus gv_corpus;

/*
 * Expand the globs and look at the files; `block_bytes` is the wished block size (0: 4 MiB).
 * No files configured, a pattern that matches nothing, an unreadable file: an error that names it
 * (GV_E_USAGE for the config's fault, GV_E_IO else).
 */
GV_MUST_USE int gv_corpus_open(gv_corpus **corpus, const gv_config *config, size_t block_bytes,
                               gv_error *err);
void gv_corpus_close(gv_corpus *corpus);

/* The files after expansion, in order (borrowed). */
const gv_strings *gv_corpus_files(const gv_corpus *corpus);
/* Bytes on disk that reading will go through (for progress), 0 if unknown (stdin). */
uint64_t gv_corpus_disk_bytes(const gv_corpus *corpus);

/*
 * From now on be only part `part` (0 .. parts - 1) of the corpus: the parts, one after the other,
 * are the corpus. Plain files are cut between blocks, others are dealt out whole; parts are about
 * equally large, compressed files being counted as three times their size. Call it before any
 * reader exists. Standard input has no parts: GV_E_USAGE.
 */
GV_MUST_USE int gv_corpus_take_part(gv_corpus *corpus, unsigned part, unsigned parts,
                                    gv_error *err);

/*
 * One thread's reader: owns the block buffer and tokenizer state. Blocks go to whichever reader
 * asks first.
 */
typedef struct gv_corpus_reader gv_corpus_reader;
GV_MUST_USE int gv_corpus_reader_new(gv_corpus_reader **reader, gv_corpus *corpus, gv_error *err);
/* Adds its statistics to the corpus's. */
void gv_corpus_reader_free(gv_corpus_reader *reader);

/*
 * Take the next block: `*sequence` is its number (0, 1, 2 ... without gaps), `*more` is false at
 * the end of the corpus. Then its tokens come from gv_corpus_token until that says END.
 * Thread-safe between readers. `progress` (may be NULL) advances by bytes on disk.
 * Use a block up (until END) before another reader of the same thread asks for one: a block of a
 * pipe or compressed file whose token is longer than its buffer keeps the file until it is used up,
 * and the other readers wait. When one reader fails, the next call of each other one fails with the
 * same error. SIGINT and SIGTERM make it return GV_E_STOPPED.
 */
GV_MUST_USE int gv_corpus_next_block(gv_corpus_reader *reader, uint64_t *sequence, bool *more,
                                     gv_progress *progress, gv_error *err);

/*
 * Where the block taken last is from: number of the file in gv_corpus_files, and of the block in
 * that file. With the `block_bytes` B given to gv_corpus_open at most GV_CORPUS_PLACE_MAX, block b
 * is the text from the first token that begins at or behind byte b B of the file's text to the
 * first one that begins at or behind byte (b + 1) B, whether the file is compressed or not, and
 * whoever reads it. (For larger ones, compressed files are cut into smaller blocks.)
 */
#define GV_CORPUS_PLACE_MAX (UINT64_C(1) << 20)
void gv_corpus_place(const gv_corpus_reader *reader, uint64_t *file, uint64_t *block);

enum gv_corpus_token_kind {
    GV_CORPUS_WORD,  /* `*word`, `*length`: borrowed until the next call; 1..GV_TOKEN_MAX bytes of
                       valid UTF-8 without white space */
    GV_CORPUS_BREAK, /* a document ends here: windows do not cross it */
    GV_CORPUS_END    /* the block is used up */
};
GV_MUST_USE int gv_corpus_token(gv_corpus_reader *reader, enum gv_corpus_token_kind *kind,
                                const char **word, size_t *length, gv_error *err);

/*
 * The same, many at a time, as keys for a hash table (see gv_token): a token of length 0 is a
 * break, `*n` is 0 at the end of the block. Borrowed until the next call for the reader. Use either
 * this or gv_corpus_token for a block. Errors as there.
 */
GV_MUST_USE int gv_corpus_tokens(gv_corpus_reader *reader, const gv_token **tokens, size_t *n,
                                 gv_error *err);

/* Sums over the readers freed so far. */
gv_corpus_stats gv_corpus_statistics(const gv_corpus *corpus);
/* The same of a part, so that documents which lie in several parts can be counted once. */
typedef struct gv_corpus_part {
    gv_corpus_stats stats; /* documents: those that begin and end in it, known by breaks */
    uint64_t note;         /* what else it says of documents; for gv_corpus_join */
} gv_corpus_part;
gv_corpus_part gv_corpus_part_statistics(const gv_corpus *corpus);
gv_corpus_stats gv_corpus_join(const gv_corpus_part *parts, size_t n);
/* Statistics, with the version of ICU, as members of the object that is open in `writer` (for
 * metrics), and as notes for people about what was odd ("3 invalid UTF-8 sequences replaced by
 * U+FFFD"), nothing if nothing was. */
void gv_corpus_stats_json(gv_json_writer *writer, const gv_corpus_stats *stats);
void gv_corpus_report(const gv_corpus_stats *stats, gv_progress *progress);

#endif
