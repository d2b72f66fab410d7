/*
 * gv_corpus - text files as a sequence of token blocks.
 *
 * A corpus is an ordered list of files: paths or globs, "-" for standard input, compressed files
 * recognised by content (gv_stream.h). It is read in blocks that end right after a separator byte,
 * so no token is in two blocks; blocks are numbered in corpus order. Many threads take blocks at
 * once: plain files are read in parallel, compressed ones are decompressed under a lock and
 * tokenized in parallel. The sequence of tokens depends on the bytes of the files and the corpus.*
 * keys only, never on block size or threads.
 *
 * Odd input never stops a run: docs/corpus.md says what happens to it, gv_corpus_stats counts it.
 *
 * Errors: GV_E_USAGE for what the config got wrong, GV_E_IO for a file that cannot be read or that
 * changed, GV_E_CORRUPT for damaged compressed data, GV_E_STOPPED on a signal, GV_E_MEMORY. Each
 * names the file.
 *
 * Threads: one gv_corpus is shared by many readers; each gv_corpus_reader belongs to one thread.
 */
#ifndef GV_CORPUS_H
#define GV_CORPUS_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "config/gv_json.h"
#include "text/gv_advice.h"
#include "text/gv_corpus_stats.h"
#include "text/gv_phrases.h"
#include "text/gv_token.h"
#include <stdint.h>

/* --- the corpus ------------------------------------------------------------------------------- */

typedef struct gv_corpus gv_corpus;

/*
 * Expand the globs and examine the files. `block_bytes` is the wanted block size (0: 4 MiB).
 * The strings of the config are borrowed until the corpus is closed. GV_E_USAGE: no files
 * configured, or a pattern without a match. The caller closes, after all readers were freed.
 */
GV_MUST_USE int gv_corpus_open(gv_corpus **corpus, const gv_config *config, size_t block_bytes,
                               gv_error *err);
/* Accepts NULL. */
void gv_corpus_close(gv_corpus *corpus);

/*
 * Give out the text with these phrases joined (gv_joiner.h). A phrase may cross what windows may
 * cross, except the end of a file. Blocks then begin only where no phrase can reach across, so the
 * result does not depend on them. `phrases` is borrowed until close; an empty list, or NULL, joins
 * nothing. Call it before any reader exists. GV_E_MEMORY.
 */
GV_MUST_USE int gv_corpus_join_phrases(gv_corpus *corpus, const gv_phrases *phrases, gv_error *err);

/* The files after expansion, in order; borrowed until close. */
const gv_strings *gv_corpus_files(const gv_corpus *corpus);
/* Before work that reads all of it: tell the user how many files and bytes there are, and what was
 * left out; look into compressed files and archives, so that one which is no text stops the stage
 * now and not when its turn comes. Errors as above. */
GV_MUST_USE int gv_corpus_announce(const gv_corpus *corpus, gv_progress *progress, gv_error *err);
/* Write "files", "disk_bytes" and what was left out as members of the object open in `writer`. */
void gv_corpus_json(const gv_corpus *corpus, gv_json_writer *writer);
/* What a stage reads, for its stamp: `first` (its NULLs left out), then the files of `corpus`
 * (unless NULL). The caller frees inputs->items; the strings in it are borrowed. GV_E_MEMORY. */
GV_MUST_USE int gv_corpus_list_inputs(gv_strings *inputs, const gv_strings *first,
                                      const gv_corpus *corpus, gv_error *err);
/* Bytes on disk that reading will consume (for progress), 0 if unknown (standard input). */
uint64_t gv_corpus_disk_bytes(const gv_corpus *corpus);

/* The block size; and a smaller one, before any reader exists and before the corpus is restricted
 * to a part. */
uint64_t gv_corpus_block(const gv_corpus *corpus);
void gv_corpus_limit_block(gv_corpus *corpus, uint64_t bytes);

/* Use fewer threads for records and their decompression (corpus.format), before any reader
 * exists. */
void gv_corpus_limit_threads(gv_corpus *corpus, unsigned threads);

/*
 * Restrict the corpus to part `part` of `parts` (from 0): all parts, one after the other, are the
 * corpus, if all are cut with the same block size. Plain files are cut between blocks, others are
 * assigned whole; parts are about equally large, compressed files counting three times their size.
 * Call it before any reader exists. Standard input has no parts: GV_E_USAGE.
 */
GV_MUST_USE int gv_corpus_take_part(gv_corpus *corpus, unsigned part, unsigned parts,
                                    gv_error *err);

/* --- readers ---------------------------------------------------------------------------------- */

/* One thread's reader: a block buffer and the tokenizer's state. Blocks go to whichever reader asks
 * first. */
typedef struct gv_corpus_reader gv_corpus_reader;
GV_MUST_USE int gv_corpus_reader_new(gv_corpus_reader **reader, gv_corpus *corpus, gv_error *err);
/* Adds the reader's statistics to the corpus's. Accepts NULL. */
void gv_corpus_reader_free(gv_corpus_reader *reader);

/*
 * Take the next block. `*sequence` is its number (0, 1, 2 ... without gaps), `*more` is false at
 * the end of the corpus. `progress` (may be NULL) advances by bytes on disk.
 *
 * Consume the block (gv_corpus_token or gv_corpus_tokens until the end) before another reader of
 * the same thread asks for one: where a token of a stream is longer than the buffer, the reader
 * keeps the stream until its block is consumed, and the other readers wait. When one reader fails,
 * the next call of every other reader fails with the same error.
 */
GV_MUST_USE int gv_corpus_next_block(gv_corpus_reader *reader, uint64_t *sequence, bool *more,
                                     gv_progress *progress, gv_error *err);

/*
 * Where the current block is from: the file's number in gv_corpus_files, and the block's number in
 * that file. With B = `block_bytes` of gv_corpus_open at most GV_CORPUS_PLACE_MAX, block b is the
 * text from the first token that begins at or after byte b B of the file's text to the first one
 * that begins at or after byte (b + 1) B, whether the file is compressed or not, and whichever
 * thread reads it; with phrases, a token that could continue one is no such first token. With a
 * larger B, compressed files are cut into smaller blocks. Each member of an archive is cut as if it
 * were a file; its blocks are numbered from its own number, from 0, times GV_CORPUS_PLACE_MEMBER.
 */
#define GV_CORPUS_PLACE_MEMBER (UINT64_C(1) << 32)
#define GV_CORPUS_PLACE_MAX    (UINT64_C(1) << 20)
void gv_corpus_place(const gv_corpus_reader *reader, uint64_t *file, uint64_t *block);

enum gv_corpus_token_kind {
    GV_CORPUS_WORD,  /* 1 .. GV_TOKEN_MAX bytes of valid UTF-8 without white space */
    GV_CORPUS_BREAK, /* a document ends here: windows do not cross it */
    GV_CORPUS_END    /* the block is consumed */
};
/* The next token of the block. `*word` ([*length], of a word only) is borrowed until the next call
 * for the reader. */
GV_MUST_USE int gv_corpus_token(gv_corpus_reader *reader, enum gv_corpus_token_kind *kind,
                                const char **word, size_t *length, gv_error *err);

/*
 * The same, many at a time, as keys for a hash table (gv_token.h): a token of length 0 is a break,
 * `*n` is 0 at the end of the block. `*tokens` ([*n]) is borrowed until the next call for the
 * reader. Use either this or gv_corpus_token for a block.
 */
GV_MUST_USE int gv_corpus_tokens(gv_corpus_reader *reader, const gv_token **tokens, size_t *n,
                                 gv_error *err);

/* Where no text was found: what that has to do with the wanted field, as "; none of ..."; ""
 * if nothing. */
enum { GV_CORPUS_HINT = 1024 };
void gv_corpus_hint(char to[GV_CORPUS_HINT], const gv_corpus *corpus);

/* --- statistics ------------------------------------------------------------------------------- */

/* Sums over the readers freed so far. */
gv_corpus_stats gv_corpus_statistics(const gv_corpus *corpus);

/* Samples of the text for gv_advice, from the beginnings of the blocks 0, 1, 2, 4, 8 ... Ask for
 * them before any reader exists (GV_E_MEMORY); after reading, `about->sample` is filled, and
 * borrowed until close. */
GV_MUST_USE int gv_corpus_keep_samples(gv_corpus *corpus, gv_error *err);
void gv_corpus_samples(gv_advice_corpus *about, const gv_corpus *corpus);

/* Statistics of one part of a corpus, such that documents in several parts can be counted
 * once. Fixed size, for messages between ranks. */
typedef struct gv_corpus_part {
    gv_corpus_stats stats; /* documents: those that begin and end in it, at breaks */
    uint64_t note;         /* what else is known of documents; for gv_corpus_join */
} gv_corpus_part;
gv_corpus_part gv_corpus_part_statistics(const gv_corpus *corpus);
/* Statistics of the whole from `parts` ([n], in corpus order). */
gv_corpus_stats gv_corpus_join(const gv_corpus_part *parts, size_t n);

#endif
