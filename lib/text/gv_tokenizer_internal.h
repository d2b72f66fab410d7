/*
 * gv_tokenizer_internal - the state of a tokenizer, shared by gv_tokenizer.c (one token at a time)
 * and gv_tokenizer_batch.c (many). Private to them and to gv_masks.h.
 *
 * Threads: as gv_tokenizer.h.
 */
#ifndef GV_TOKENIZER_INTERNAL_H
#define GV_TOKENIZER_INTERNAL_H

#include "text/gv_icu.h"
#include "text/gv_joiner.h"
#include "text/gv_letters.h"
#include "text/gv_tokenizer.h"

/* Byte classes, bits so that the classes of a span can be gathered; letters and digits that need no
 * change are 0. */
enum {
    GV_TOKENIZER_CLASS_SEPARATOR = 1,
    GV_TOKENIZER_CLASS_HIGH = 2, /* part of a character beyond ASCII */
    GV_TOKENIZER_CLASS_UPPER = 4,
    GV_TOKENIZER_CLASS_OTHER = 8,  /* punctuation, symbols, controls */
    GV_TOKENIZER_CLASS_JOINER = 16 /* '_' and '@': not letters, but UAX #29 or ICU joins them */
};

struct gv_tokenizer {
    bool unicode;
    enum gv_config_lowercase lowercase;
    bool file_start;         /* nothing of the file has been consumed */
    bool last;               /* the text ends with this piece */
    const uint8_t *at, *end; /* what is left of the piece */
    bool in_span;            /* `span` holds the start of an unfinished span */
    bool span_over; /* whitespace: the span has more than GV_TOKENIZER_SPAN_MAX bytes; the rest is
                       dropped, as a token is cut far below that */
    size_t span_used;
    char *span;              /* [GV_TOKENIZER_SPAN_MAX] */
    bool breaking;           /* `breaker` still has words to give */
    gv_icu_caser *caser;     /* whitespace with lower case, else NULL */
    gv_icu_breaker *breaker; /* unicode, else NULL */
    gv_letters *letters;     /* NULL: no character needs a change */
    gv_corpus_stats *stats;
    uint8_t class_of[256];
    char small[GV_TOKEN_MAX + 1]; /* a token in lower case */
    /* of gv_tokenizer_batch, allocated at its first call */
    gv_token *tokens;
    char *kept; /* texts of tokens that are not in the piece */
    size_t kept_used;
    gv_joiner *joiner; /* NULL: no phrases */
};

/*
 * The carriage return at `at` < tokenizer->end, of which the byte behind it is in the piece or the
 * text ends: count it. True: it ends a line; false: the newline behind it does.
 */
static inline bool gv_tokenizer_return_ends_line(const gv_tokenizer *tokenizer, const uint8_t *at)
{
    bool alone = at + 1 == tokenizer->end || at[1] != '\n';
    tokenizer->stats->lone_returns += alone;
    tokenizer->stats->carriage_returns += !alone;
    return alone;
}

/*
 * At the start of a span: give out its token without ICU and without copying, if the span is
 * whole in the piece and is simple enough. True: the span is consumed, `*word` is its token or
 * NULL. False: nothing has changed, and the span must be collected.
 */
bool gv_tokenizer_plain_span(gv_tokenizer *tokenizer, const char **word, size_t *length);

#endif
