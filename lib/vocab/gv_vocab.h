/*
 * gv_vocab - the vocabulary: words with counts, by count descending, ties by byte order.
 *
 * A word's id is its rank from 0; files and SQLite show rank + 1, its line in vocab.txt, as the
 * reference's files do. vocab.txt is the reference's, too: `word SP count LF`.
 *
 * Source: docs/formats.md.
 * Threads: a finished vocabulary is only read; any number of threads may use it at once.
 */
#ifndef GV_VOCAB_H
#define GV_VOCAB_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include "text/gv_token.h"
#include <stddef.h>
#include <stdint.h>

#define GV_VOCAB_NO_WORD UINT32_MAX        /* lookup: not in the vocabulary */
#define GV_VOCAB_MAX     (UINT32_MAX - 16) /* words at most */

typedef struct gv_vocab gv_vocab;

/*
 * Read vocab.txt, or with `by_hand` a list that a user wrote: there counts are optional (all 0
 * then) and empty lines say nothing. The file may be compressed; a byte order mark, any ends of
 * lines, and blanks and tabs around words are accepted (gv_lines.h). Counts need not descend. The
 * caller frees.
 *
 * GV_E_CORRUPT naming file and line: a malformed, missing or additional count, white space in a
 * word, a repeated or reserved word (`<unk>`), invalid UTF-8, a NUL, a sum of counts beyond 64
 * bits; without `by_hand`, an empty line. A file without words is GV_E_CORRUPT too. GV_E_IO,
 * GV_E_MEMORY.
 */
GV_MUST_USE int gv_vocab_read(gv_vocab **vocab, const char *path, int by_hand, gv_error *err);

/* The same, but GV_E_MEMORY as soon as it takes more than `most` bytes; `key` of the config, which
 * the message names, set them. */
GV_MUST_USE int gv_vocab_read_within(gv_vocab **vocab, const char *path, int by_hand, uint64_t most,
                                     const char *key, gv_error *err);

/* From memory: copies `words` and `counts` ([n]). The same rules; errors name the number of the
 * word. The caller frees. */
GV_MUST_USE int gv_vocab_from_words(gv_vocab **vocab, const char *const *words,
                                    const uint64_t *counts, size_t n, gv_error *err);
/* What is wrong with a word of `length` bytes (static), or NULL. */
const char *gv_vocab_word_fault(const char *word, size_t length);
/* Write vocab.txt, replacing PATH at once when it is complete. GV_E_IO. */
GV_MUST_USE int gv_vocab_write(const gv_vocab *vocab, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_vocab_free(gv_vocab *vocab);

/* Words. Ids below are less than this. */
uint32_t gv_vocab_size(const gv_vocab *vocab);
/* The word, NUL-terminated; borrowed until the vocabulary is freed. */
const char *gv_vocab_word(const gv_vocab *vocab, uint32_t id);
/* Bytes of the word. */
size_t gv_vocab_word_length(const gv_vocab *vocab, uint32_t id);
/* Occurrences of the word in the corpus. */
uint64_t gv_vocab_count(const gv_vocab *vocab, uint32_t id);
/* Sum of all counts. */
uint64_t gv_vocab_total(const gv_vocab *vocab);
/* Id of a word of `length` bytes, or GV_VOCAB_NO_WORD. */
uint32_t gv_vocab_lookup(const gv_vocab *vocab, const char *word, size_t length);
/* The same for `tokens` ([n]) into `ids` ([n]), at a fraction of the cost. Tokens of length 0 get
 * GV_VOCAB_NO_WORD. */
void gv_vocab_lookup_tokens(const gv_vocab *vocab, const gv_token *tokens, size_t n, uint32_t *ids);
/* Checksum of words and counts, in order (XXH3-128 of the vocab.txt bytes). */
gv_hash gv_vocab_hash(const gv_vocab *vocab);
/* Bytes of memory that the object uses. */
size_t gv_vocab_memory(const gv_vocab *vocab);
/* The same for a vocabulary that gv_vocab_read would make of `words` words with `text_bytes` bytes
 * in all, to estimate it. */
uint64_t gv_vocab_memory_for(uint64_t words, uint64_t text_bytes);

#endif
