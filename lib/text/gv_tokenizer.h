/*
 * gv_tokenizer - a tokenizer: bytes of text in, tokens and newlines out. Used by gv_corpus; knows no
 * files.
 *
 * Text comes in pieces of any size (gv_tokenizer_feed); what comes out does not depend on where
 * the pieces end. Separators are space, tab, newline and NUL; what stands between two separators
 * is a span. Inside a span carriage returns are dropped and ill-formed UTF-8 is replaced by U+FFFD.
 *
 *   whitespace  a span is a token, after Unicode case folding if asked for;
 *   unicode     a span is brought to NFKC (folded and brought to NFKC again if asked for) and cut
 *               into words by UAX #29; words with a letter, digit, kana or ideograph are tokens.
 *               A span of more than GV_TOKENIZER_SPAN_MAX bytes is handled in parts of that size.
 *
 * Tokens of more than GV_TOKEN_MAX bytes are cut at a character boundary. "<unk>" is no token.
 * Threads: a tokenizer belongs to one thread.
 */
#ifndef GV_TOKENIZER_H
#define GV_TOKENIZER_H

#include "text/gv_corpus.h"
#include "text/gv_token.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a span that are looked at as one. */
#define GV_TOKENIZER_SPAN_MAX 65536

/* Bytes that a piece may leave behind: an unfinished character. */
#define GV_TOKENIZER_REST 3

typedef struct gv_tokenizer gv_tokenizer;

/* `stats` is borrowed and counts tokens and oddities (not bytes and documents). */
GV_MUST_USE int gv_tokenizer_new(gv_tokenizer **tokenizer, enum gv_config_tokenizer kind,
                                 bool lowercase, gv_corpus_stats *stats, gv_error *err);
void gv_tokenizer_free(gv_tokenizer *tokenizer);

/* Forget unfinished spans; `file_start`: what follows is the start of a file, where a byte order
 * mark is dropped. */
void gv_tokenizer_reset(gv_tokenizer *tokenizer, bool file_start);

/*
 * Give the next piece, borrowed until GV_TOKENIZER_PIECE_END; `last`: the text ends after it (which ends a
 * token, too). The rest of the piece before, as gv_tokenizer_rest told, must stand at its start.
 */
void gv_tokenizer_feed(gv_tokenizer *tokenizer, const uint8_t *bytes, size_t length, bool last);

enum gv_tokenizer_result {
    GV_TOKENIZER_WORD,     /* `*word`, `*length`: borrowed until the next call */
    GV_TOKENIZER_NEWLINE,  /* a newline byte */
    GV_TOKENIZER_PIECE_END /* the piece is used up */
};
GV_MUST_USE int gv_tokenizer_next(gv_tokenizer *tokenizer, enum gv_tokenizer_result *result,
                                  const char **word, size_t *length, gv_error *err);

/*
 * The same, many at a time: tokens as keys, and, if `newlines`, each newline as a token of length 0
 * (`*newlines_found` counts them); none at all says that the piece is used up. The tokens are
 * borrowed until the next call of gv_tokenizer_batch, and as long as the piece is there. Use either
 * this or gv_tokenizer_next between two calls of gv_tokenizer_reset.
 */
GV_MUST_USE int gv_tokenizer_batch(gv_tokenizer *tokenizer, bool newlines, const gv_token **tokens,
                                   size_t *n, size_t *newlines_found, gv_error *err);

/* After GV_TOKENIZER_PIECE_END: how many bytes at the end of the piece (at most GV_TOKENIZER_REST) must be
 * given again at the start of the next one. */
size_t gv_tokenizer_rest(const gv_tokenizer *tokenizer);

/* Is this byte a separator? */
static inline bool gv_tokenizer_is_separator(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\0';
}

#endif
