/*
 * Tokens by the batch. The text is taken 64 bytes at a time, as bit masks; a token is what is
 * between two separator bits, and it is returned in place, with its key. A span that holds an
 * odd byte (one that may need a change: see gv_masks_mode) goes to gv_tokenizer_plain_span, and
 * what that cannot do, to gv_tokenizer_next, which also takes the last bytes of a piece. So every
 * token that this file makes by itself is the whole of a span of ordinary bytes, for which both say
 * the same (tests compare them).
 *
 * Invariant of the blocks: `start` is where the unfinished span begins, `start` <= `at`. Nothing of
 * a span is consumed before its end is seen, so any call can begin at `tokenizer->at`.
 *
 * Cost: about 4 instructions a byte of separators and ordinary words, keys included.
 */
#include "text/gv_masks.h"

#include "base/gv_mem.h"
#include <string.h>

enum {
    BLOCK = 64,
    BATCH = 256,                    /* tokens; with their tables they stay in L1 */
    BLOCK_MOST = BLOCK + 1,         /* tokens and newlines that one block can end */
    KEPT_BYTES = 16 * GV_TOKEN_MAX, /* texts of a batch that are not in the piece */
    KEPT_LEAST = GV_TOKEN_MAX + GV_TOKEN_START
};

typedef struct batch {
    gv_tokenizer *tokenizer;
    gv_token *tokens;
    size_t n;
    size_t plain; /* of them not yet counted in the statistics */
    size_t newlines;
    bool with_newlines;
} batch;

/* --- tokens ----------------------------------------------------------------------------------- */

/* Add a token in place; GV_TOKEN_START bytes from `text` on are readable. */
static inline void put(batch *b, const char *text, size_t length)
{
    gv_token *token = &b->tokens[b->n++];
    token->text = text;
    gv_token_start(token->start, text, length);
    token->length = (uint32_t)length;
    token->hash = gv_token_hash(token->start, text, length);
}

/* Add a token from a buffer of the tokenizer: it is copied, as the buffer is reused, to where
 * GV_TOKEN_START bytes are readable. */
static void put_copy(batch *b, const char *text, size_t length)
{
    gv_tokenizer *tokenizer = b->tokenizer;
    char *copy = tokenizer->kept + tokenizer->kept_used;
    memcpy(copy, text, length);
    tokenizer->kept_used += length;
    put(b, copy, length);
}

static void put_newline(batch *b)
{
    b->newlines += b->with_newlines;
    if (b->with_newlines)
        b->tokens[b->n++] = (gv_token){.text = ""};
}

/* Asked before a block, which may add BLOCK_MOST tokens, and before a text is copied, which may
 * take KEPT_LEAST bytes: neither `put` nor `put_copy` has to check. */
static bool full(const batch *b)
{
    return b->n > BATCH - BLOCK_MOST || b->tokenizer->kept_used > KEPT_BYTES - KEPT_LEAST;
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* The span [start, end) of ordinary bytes; it may be empty, or too long. A token of more than
 * GV_TOKEN_START bytes enters the rare branch as well: few are that long. */
static inline void take_ordinary(batch *b, const uint8_t *start, const uint8_t *end)
{
    size_t length = (size_t)(end - start);
    if (length - 1 >= GV_TOKEN_START) { /* one test for both rare cases: 0 wraps around */
        if (length == 0)
            return;
        if (length > GV_TOKEN_MAX) {
            b->tokenizer->stats->overlong++;
            length = GV_TOKEN_MAX;
        }
    }
    put(b, (const char *)start, length);
    b->plain++;
}

/* A span with an odd byte; false: it needs the exact way. */
static bool take_odd(batch *b, const uint8_t *start)
{
    gv_tokenizer *tokenizer = b->tokenizer;
    const char *word;
    size_t length;
    tokenizer->at = start;
    /* it reads to the end of the span, which is the separator that was found already */
    if (!gv_tokenizer_plain_span(tokenizer, &word, &length))
        return false;
    if (word == tokenizer->small)
        put_copy(b, word, length);
    else if (word)
        put(b, word, length);
    return true;
}

/* The separator at `at`, if it is one that counts; the piece goes on behind it. */
static void take_event(batch *b, const uint8_t *at)
{
    if (*at == '\0')
        b->tokenizer->stats->nul_bytes++;
    else if (*at == '\n' || gv_tokenizer_return_ends_line(b->tokenizer, at))
        put_newline(b);
}

/* A block with odd bytes or events, or after an unfinished span with odd bytes (`*odd`). False: the
 * span at `*start` needs the exact way, or the batch has no room for it. */
static bool mixed_block(batch *b, const uint8_t *block, gv_masks masks, const uint8_t **start,
                        bool *odd)
{
    while (masks.separators) {
        unsigned bit = (unsigned)__builtin_ctzll(masks.separators);
        /* the bytes of this block before the separator; odd bytes of earlier blocks are in
         * `*odd` */
        uint64_t below = (UINT64_C(1) << bit) - 1;
        const uint8_t *end = block + bit;
        if (!*odd && !(masks.odd & below))
            take_ordinary(b, *start, end);
        else if (full(b) || !take_odd(b, *start))
            return false;
        if (masks.events >> bit & 1)
            take_event(b, end);
        *odd = false;
        /* the odd bytes of this span are dealt with; what is left belongs to later ones */
        masks.odd &= ~below;
        masks.separators &= masks.separators - 1;
        *start = end + 1;
    }
    *odd |= masks.odd != 0;
    return true;
}

/* Take whole blocks until the batch is full, the piece nearly used up, or a span needs the exact
 * way. Tokens' keys are read GV_TOKEN_START bytes wide, so that much is left of the piece. */
static inline void take_blocks(batch *b, enum gv_masks_mode mode)
{
    gv_tokenizer *tokenizer = b->tokenizer;
    const uint8_t *start = tokenizer->at, *block = start;
    bool odd = false;
    for (; tokenizer->end - block >= BLOCK + GV_TOKEN_START && !full(b); block += BLOCK) {
        gv_masks masks = gv_masks_of(tokenizer, block, mode);
        if (odd || (masks.odd | masks.events) != 0) {
            if (!mixed_block(b, block, masks, &start, &odd))
                break;
            continue;
        }
        /* without a separator for so long, the span may have to be handled in parts */
        odd = masks.separators == 0 && block - start >= GV_TOKENIZER_SPAN_MAX - 2 * BLOCK;
        while (masks.separators) {
            const uint8_t *end = block + __builtin_ctzll(masks.separators);
            masks.separators &= masks.separators - 1;
            take_ordinary(b, start, end);
            start = end + 1;
        }
    }
    tokenizer->at = start;
}

static void take_blocks_in_mode(batch *b)
{
    const gv_tokenizer *tokenizer = b->tokenizer;
    /* the mode is a constant in each call, so the compiler makes four loops without a test of it */
    if (!tokenizer->unicode && !tokenizer->lowercase)
        take_blocks(b, GV_MASKS_PLAIN);
    else if (!tokenizer->unicode)
        take_blocks(b, GV_MASKS_FOLDED);
    else if (!tokenizer->lowercase)
        take_blocks(b, GV_MASKS_UNICODE);
    else
        take_blocks(b, GV_MASKS_UNICODE_FOLDED);
}

/* --- batches ---------------------------------------------------------------------------------- */

static int allocate(gv_tokenizer *tokenizer, gv_error *err)
{
    if (!tokenizer->tokens &&
        !(tokenizer->tokens = gv_mem_alloc(BATCH, sizeof *tokenizer->tokens, err)))
        return GV_E_MEMORY;
    if (!tokenizer->kept && !(tokenizer->kept = gv_mem_alloc(KEPT_BYTES, 1, err)))
        return GV_E_MEMORY;
    return GV_OK;
}

/* One token or newline the exact way; `*needed`: the piece is used up. */
static int take_exact(batch *b, bool *needed, gv_error *err)
{
    enum gv_tokenizer_result result;
    const char *word;
    size_t length;
    int status = gv_tokenizer_next(b->tokenizer, &result, &word, &length, err);
    if (status != GV_OK)
        return status;
    if (result == GV_TOKENIZER_WORD)
        put_copy(b, word, length);
    else if (result == GV_TOKENIZER_NEWLINE)
        put_newline(b);
    *needed = result == GV_TOKENIZER_PIECE_END;
    return GV_OK;
}

static int next_batch(gv_tokenizer *tokenizer, bool newlines, const gv_token **tokens, size_t *n,
                      size_t *newlines_found, gv_error *err)
{
    *n = *newlines_found = 0;
    int status = allocate(tokenizer, err);
    if (status != GV_OK)
        return status;
    tokenizer->kept_used = 0;
    batch b = {.tokenizer = tokenizer, .tokens = tokenizer->tokens, .with_newlines = newlines};
    bool needed = false;
    while (status == GV_OK && !needed && !full(&b)) {
        /* the exact way is in the middle of a span, or a byte order mark may follow: it goes
         * first */
        if (!tokenizer->in_span && !tokenizer->breaking && !tokenizer->file_start)
            take_blocks_in_mode(&b);
        if (!full(&b))
            status = take_exact(&b, &needed, err);
    }
    tokenizer->stats->tokens += b.plain;
    *tokens = b.tokens;
    *n = b.n;
    *newlines_found = b.newlines;
    return status;
}

/* With phrases joined. A break is given out in the batch in which it was found, as no phrase
 * reaches over it. */
static int joined_batch(gv_tokenizer *tokenizer, bool newlines, const gv_token **tokens, size_t *n,
                        size_t *newlines_found, gv_error *err)
{
    for (;;) {
        const gv_token *apart;
        size_t n_apart, fewer;
        int status = next_batch(tokenizer, newlines, &apart, &n_apart, newlines_found, err);
        *n = 0;
        if (status != GV_OK || (n_apart == 0 && !tokenizer->last))
            return status;
        status = gv_joiner_take(tokenizer->joiner, apart, n_apart, tokens, n, &fewer, err);
        if (status != GV_OK)
            return status;
        tokenizer->stats->tokens -= fewer;
        if (*n > 0 || n_apart == 0)
            return GV_OK;
    }
}

int gv_tokenizer_batch(gv_tokenizer *tokenizer, bool newlines, const gv_token **tokens, size_t *n,
                       size_t *newlines_found, gv_error *err)
{
    return tokenizer->joiner ? joined_batch(tokenizer, newlines, tokens, n, newlines_found, err)
                             : next_batch(tokenizer, newlines, tokens, n, newlines_found, err);
}
