/*
 * gv_tokenizer - bytes of text in, tokens and newlines out. Used by gv_corpus; knows no files.
 *
 * Text comes in pieces of any size (gv_tokenizer_feed); the tokens do not depend on where the
 * pieces end. Separators are space, tab, newline, carriage return and NUL; the bytes between two
 * separators are a span. In a span ill-formed UTF-8 is replaced by U+FFFD. A carriage return
 * without a newline behind it is a newline, too.
 *
 *   whitespace  a span is a token, in lower case if wanted;
 *   unicode     a span is normalized to NFKC (if wanted in lower case and normalized again) and cut
 *   into
 *               words by UAX #29; words with a letter, digit, kana or ideograph are tokens. A span
 *               of more than GV_TOKENIZER_SPAN_MAX bytes is handled in parts of that size.
 *
 * Tokens of more than GV_TOKEN_MAX bytes are cut at a character boundary. "<unk>" is dropped.
 *
 * Source: Unicode Standard Annexes #15 (NFKC) and #29 (word boundaries), through ICU.
 * Threads: a tokenizer belongs to one thread.
 */
#ifndef GV_TOKENIZER_H
#define GV_TOKENIZER_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "text/gv_corpus_stats.h"
#include "text/gv_phrases.h"
#include "text/gv_token.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_TOKENIZER_SPAN_MAX 65536 /* bytes of a span that are handled at once */
/* bytes that a piece may leave over: an unfinished character, a carriage return */
#define GV_TOKENIZER_REST 3

typedef struct gv_tokenizer gv_tokenizer;

/* `stats` is borrowed; tokens and odd input are counted there, bytes and documents are not. The
 * caller frees. GV_E_MEMORY; GV_E_RUNTIME if ICU lacks its data. */
GV_MUST_USE int gv_tokenizer_new(gv_tokenizer **tokenizer, enum gv_config_tokenizer kind,
                                 enum gv_config_lowercase lowercase, gv_corpus_stats *stats,
                                 gv_error *err);
/* Accepts NULL. */
void gv_tokenizer_free(gv_tokenizer *tokenizer);

/* From now on gv_tokenizer_batch joins these phrases (gv_joiner.h), also across pieces;
 * gv_tokenizer_next does not. `phrases` is borrowed, and must not grow; NULL and an empty list join
 * nothing. GV_E_MEMORY. */
GV_MUST_USE int gv_tokenizer_join(gv_tokenizer *tokenizer, const gv_phrases *phrases,
                                  gv_error *err);

/* Forget the unfinished span. `file_start`: the next byte is the first of a file, where a byte
 * order mark is dropped. */
void gv_tokenizer_reset(gv_tokenizer *tokenizer, bool file_start);

/*
 * Give the next piece, borrowed until it is used up. `last`: the text ends after it, which also
 * ends a token. The piece must begin with the gv_tokenizer_rest bytes that the one before left
 * over.
 */
void gv_tokenizer_feed(gv_tokenizer *tokenizer, const uint8_t *bytes, size_t length, bool last);

enum gv_tokenizer_result {
    GV_TOKENIZER_WORD,     /* `*word`, `*length`: borrowed until the next call */
    GV_TOKENIZER_NEWLINE,  /* a newline, or a carriage return without one */
    GV_TOKENIZER_PIECE_END /* the piece is used up */
};
/* The next token, newline or end. GV_E_MEMORY, or GV_E_RUNTIME from ICU. */
GV_MUST_USE int gv_tokenizer_next(gv_tokenizer *tokenizer, enum gv_tokenizer_result *result,
                                  const char **word, size_t *length, gv_error *err);

/*
 * The same, many at a time: `*tokens` ([*n]) as keys and, if `newlines`, each newline as a token of
 * length 0 (`*newlines_found` counts them); `*n` = 0: the piece is used up. Tokens are borrowed
 * until the next call, and as long as the piece is. Use either this or gv_tokenizer_next between
 * two calls of gv_tokenizer_reset.
 */
GV_MUST_USE int gv_tokenizer_batch(gv_tokenizer *tokenizer, bool newlines, const gv_token **tokens,
                                   size_t *n, size_t *newlines_found, gv_error *err);

/* When the piece is used up: how many bytes at its end (at most GV_TOKENIZER_REST) must be given
 * again at the start of the next one. */
size_t gv_tokenizer_rest(const gv_tokenizer *tokenizer);

/* May a text be cut behind this byte into texts that are tokenized by themselves? All separators
 * but the carriage return, which a newline may follow. */
static inline bool gv_tokenizer_may_cut(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\0';
}

#endif
