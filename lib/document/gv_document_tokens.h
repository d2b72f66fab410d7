/*
 * gv_document_tokens - bytes of text in, tokens out, as the corpus of the run was read: its
 * tokenizer, and its phrases joined.
 *
 * Errors: those of gv_tokenizer.h and gv_joiner.h. Threads: an object belongs to one thread.
 */
#ifndef GV_DOCUMENT_TOKENS_H
#define GV_DOCUMENT_TOKENS_H

#include "config/gv_config.h"
#include "text/gv_phrases.h"
#include "text/gv_token.h"
#include <stdbool.h>

typedef struct gv_document_tokens gv_document_tokens;

/* `phrases` is borrowed; NULL: there are none. The caller frees. */
GV_MUST_USE int gv_document_tokens_new(gv_document_tokens **tokens, const gv_config *config,
                                       const gv_phrases *phrases, gv_error *err);
/* Accepts NULL. */
void gv_document_tokens_free(gv_document_tokens *tokens);

/* Another text begins; `file_start`: and with it a file. */
void gv_document_tokens_begin(gv_document_tokens *tokens, bool file_start);
/* The next piece, as gv_tokenizer_feed has it: borrowed until it is used up. */
void gv_document_tokens_feed(gv_document_tokens *tokens, const uint8_t *bytes, size_t length,
                             bool last);
/* The next tokens ([*n]), borrowed until the next call; with `newlines` each newline is one of
 * length 0. `*n` = 0: the piece is used up. */
GV_MUST_USE int gv_document_tokens_next(gv_document_tokens *tokens, bool newlines,
                                        const gv_token **next, size_t *n, gv_error *err);
/* Then: how many bytes at its end the next piece must begin with. */
size_t gv_document_tokens_rest(const gv_document_tokens *tokens);

#endif
