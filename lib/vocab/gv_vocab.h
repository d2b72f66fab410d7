/*
 * gv_vocab - the vocabulary: words with counts, by count descending, ties by byte order.
 *
 * A word's id is its 0-based rank; files and SQLite show rank + 1 = its line in vocab.txt, as the
 * reference's files do. vocab.txt is the reference's: `word count LF`.
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
 * Read vocab.txt. Errors name file and line: a line without a count, an empty word, a duplicate
 * word, the word `<unk>`, a count that is no number, invalid UTF-8 or a NUL (GV_E_CORRUPT); an
 * empty vocabulary is GV_E_CORRUPT too. Counts that are not descending are accepted for a
 * vocabulary that the user brings. A file without counts (one word a line) is accepted with
 * counts 0 if `counts_optional`.
 */
GV_MUST_USE int gv_vocab_read(gv_vocab **vocab, const char *path, int counts_optional,
                              gv_error *err);

/* From memory, for tests and for the store: copies `n` words and counts. */
GV_MUST_USE int gv_vocab_from_words(gv_vocab **vocab, const char *const *words,
                                    const uint64_t *counts, size_t n, gv_error *err);
GV_MUST_USE int gv_vocab_write(const gv_vocab *vocab, const char *path, gv_error *err);
void gv_vocab_free(gv_vocab *vocab);

uint32_t gv_vocab_size(const gv_vocab *vocab);
/* Borrowed, NUL-terminated. */
const char *gv_vocab_word(const gv_vocab *vocab, uint32_t id);
size_t gv_vocab_word_length(const gv_vocab *vocab, uint32_t id);
uint64_t gv_vocab_count(const gv_vocab *vocab, uint32_t id);
/* Sum of all counts. */
uint64_t gv_vocab_total(const gv_vocab *vocab);
/* Id of a word of `length` bytes, or GV_VOCAB_NO_WORD. Any number of threads at once. */
uint32_t gv_vocab_lookup(const gv_vocab *vocab, const char *word, size_t length);
/* The same for the tokens of a text, at a fraction of the cost: ids[0 .. n). Tokens of length 0 get
 * GV_VOCAB_NO_WORD. Any number of threads at once. */
void gv_vocab_lookup_tokens(const gv_vocab *vocab, const gv_token *tokens, size_t n, uint32_t *ids);
/* Checksum of words and counts, in order (XXH3-128 of the vocab.txt bytes). */
gv_hash128 gv_vocab_hash(const gv_vocab *vocab);
/* Bytes of memory the object takes. */
size_t gv_vocab_memory(const gv_vocab *vocab);

#endif
