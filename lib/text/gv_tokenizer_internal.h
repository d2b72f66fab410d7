/* gv_tokenizer_internal - what the files of the tokenizer share. */
#ifndef GV_TOKENIZER_INTERNAL_H
#define GV_TOKENIZER_INTERNAL_H

#include "text/gv_icu.h"
#include "text/gv_letters.h"
#include "text/gv_tokenizer.h"

/* Byte classes; ordinary ASCII is 0. */
enum {
    GV_TOKENIZER_CLASS_SEPARATOR = 1,
    GV_TOKENIZER_CLASS_RETURN = 2,
    GV_TOKENIZER_CLASS_HIGH = 4,
    GV_TOKENIZER_CLASS_UPPER = 8,
    GV_TOKENIZER_CLASS_OTHER = 16,
    GV_TOKENIZER_CLASS_JOINER = 32
};

struct gv_tokenizer {
    bool unicode, lowercase;
    bool file_start; /* nothing of the file has been consumed */
    bool last;       /* the text ends with this piece */
    const uint8_t *at, *end;
    bool in_span; /* `span` holds the start of an unfinished span */
    bool
        span_over; /* whitespace: the span has more than GV_TOKENIZER_SPAN_MAX bytes; they are dropped */
    size_t span_used;
    char *span;    /* GV_TOKENIZER_SPAN_MAX bytes */
    bool breaking; /* `breaker` still has words to give */
    gv_icu_folder *folder;
    gv_icu_breaker *breaker;
    gv_letters *letters; /* NULL: no character needs a change */
    gv_corpus_stats *stats;
    uint8_t class_of[256];
    char small[GV_TOKEN_MAX + 1]; /* a token in lower case */
    /* gv_tokenizer_batch; allocated at its first call */
    gv_token *tokens;
    char *kept; /* texts of tokens that do not lie in the piece */
    size_t kept_used;
};

/*
 * At the start of a span: give out its token without ICU and without copying, if it lies whole in
 * the piece and is simple enough. True: the span was dealt with; then `*word` is its token or NULL.
 */
bool gv_tokenizer_plain_span(gv_tokenizer *tokenizer, const char **word, size_t *length);

#endif
