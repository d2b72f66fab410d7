/*
 * Tokens from bytes, in two ways that must agree:
 *
 * - The fast way: a span that is whole in the piece, of ordinary ASCII or of characters that do
 *   not depend on their neighbours (gv_letters), is scanned with a table of byte classes and given
 *   out in place, unless it needs lower case.
 * - The exact way: every other span (one that continues in the next piece, contains ill-formed
 *   UTF-8, or needs ICU) is first collected and cleaned in `span`.
 *
 * Invariant: the tokens of a span depend on its bytes only. The exact way consumes a span one
 * character at a time and may stop and resume between any two; the fast way is taken only where its
 * result is the same (tests compare both with an oracle, for all piece sizes).
 *
 * Memory: one span of GV_TOKENIZER_SPAN_MAX bytes and ICU's buffers, for any text.
 */
#include "text/gv_tokenizer_internal.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <string.h>

/* Lower case shortens text to a third at most, so these bytes of a span decide its token, which is
 * cut at GV_TOKEN_MAX bytes. */
enum { LOWER_MAX = 4 * GV_TOKEN_MAX };

static void fill_classes(uint8_t class_of[256])
{
    for (unsigned byte = 0; byte < 256; byte++) {
        bool upper = byte >= 'A' && byte <= 'Z';
        bool alphanumeric = upper || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        class_of[byte] = upper          ? GV_TOKENIZER_CLASS_UPPER
                         : byte >= 0x80 ? GV_TOKENIZER_CLASS_HIGH
                         : alphanumeric ? 0
                                        : GV_TOKENIZER_CLASS_OTHER;
    }
    class_of[' '] = class_of['\t'] = class_of['\n'] = class_of['\r'] = class_of[0] =
        GV_TOKENIZER_CLASS_SEPARATOR;
    class_of['_'] = class_of['@'] = GV_TOKENIZER_CLASS_JOINER;
}

int gv_tokenizer_new(gv_tokenizer **result, enum gv_config_tokenizer kind,
                     enum gv_config_lowercase lowercase, gv_corpus_stats *stats, gv_error *err)
{
    *result = NULL;
    gv_tokenizer *tokenizer = gv_mem_alloc_zero(1, sizeof *tokenizer, err);
    if (!tokenizer)
        return GV_E_MEMORY;
    tokenizer->unicode = kind == GV_TOKENIZER_UNICODE;
    tokenizer->lowercase = lowercase;
    tokenizer->stats = stats;
    fill_classes(tokenizer->class_of);
    int status = GV_OK;
    if (!(tokenizer->span = gv_mem_alloc(GV_TOKENIZER_SPAN_MAX, 1, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK && tokenizer->unicode)
        status = gv_icu_breaker_new(&tokenizer->breaker, lowercase, err);
    else if (status == GV_OK && lowercase != GV_LOWERCASE_NONE)
        status = gv_icu_caser_new(&tokenizer->caser, lowercase, err);
    if (status == GV_OK && (tokenizer->unicode || lowercase != GV_LOWERCASE_NONE))
        status = gv_letters_new(&tokenizer->letters, tokenizer->unicode, lowercase, err);
    if (status != GV_OK) {
        gv_tokenizer_free(tokenizer);
        return status;
    }
    *result = tokenizer;
    return GV_OK;
}

void gv_tokenizer_free(gv_tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    gv_icu_caser_free(tokenizer->caser);
    gv_icu_breaker_free(tokenizer->breaker);
    gv_letters_free(tokenizer->letters);
    gv_mem_free(tokenizer->tokens);
    gv_mem_free(tokenizer->kept);
    gv_joiner_free(tokenizer->joiner);
    gv_mem_free(tokenizer->span);
    gv_mem_free(tokenizer);
}

void gv_tokenizer_reset(gv_tokenizer *tokenizer, bool file_start)
{
    tokenizer->file_start = file_start;
    tokenizer->last = false;
    tokenizer->at = tokenizer->end = NULL;
    tokenizer->in_span = tokenizer->span_over = tokenizer->breaking = false;
    tokenizer->span_used = 0;
    if (tokenizer->joiner)
        gv_joiner_reset(tokenizer->joiner);
}

int gv_tokenizer_join(gv_tokenizer *tokenizer, const gv_phrases *phrases, gv_error *err)
{
    return phrases && gv_phrases_size(phrases) > 0 ? gv_joiner_new(&tokenizer->joiner, phrases, err)
                                                   : GV_OK;
}

void gv_tokenizer_feed(gv_tokenizer *tokenizer, const uint8_t *bytes, size_t length, bool last)
{
    tokenizer->at = bytes;
    tokenizer->end = bytes + length;
    tokenizer->last = last;
}

size_t gv_tokenizer_rest(const gv_tokenizer *tokenizer)
{
    return (size_t)(tokenizer->end - tokenizer->at);
}

/* Make `text` a token: count it, cut it; false if it is none (empty, or "<unk>"). */
static bool accept(gv_tokenizer *tokenizer, const char *text, size_t bytes, const char **word,
                   size_t *length)
{
    if (bytes == 0)
        return false;
    if (bytes > GV_TOKEN_MAX) {
        bytes = gv_utf8_cut(text, GV_TOKEN_MAX);
        tokenizer->stats->overlong++;
    }
    if (bytes == 5 && memcmp(text, "<unk>", 5) == 0) {
        tokenizer->stats->unk_tokens++;
        return false;
    }
    tokenizer->stats->tokens++;
    *word = text;
    *length = bytes;
    return true;
}

/* Drop a byte order mark at the start of a file. False: more bytes are needed to decide. */
static bool skip_mark(gv_tokenizer *tokenizer)
{
    static const uint8_t mark[3] = {0xef, 0xbb, 0xbf};
    size_t left = gv_tokenizer_rest(tokenizer);
    if (left == 0)
        return tokenizer->last;
    size_t seen = left < 3 ? left : 3;
    bool matches = memcmp(tokenizer->at, mark, seen) == 0;
    /* the start of a mark at the end of a piece: the next one decides */
    if (matches && seen < 3 && !tokenizer->last)
        return false;
    if (matches && seen == 3) {
        tokenizer->at += 3;
        tokenizer->stats->byte_order_marks++;
    }
    tokenizer->file_start = false;
    return true;
}

/* Skip separators; true if it stopped after a newline. `*open`: it stopped before a carriage return
 * of which the next piece decides what it is. */
static bool skip_separators(gv_tokenizer *tokenizer, bool *open)
{
    const uint8_t *at = tokenizer->at, *end = tokenizer->end;
    bool newline = false;
    *open = false;
    while (at < end && !newline && (tokenizer->class_of[*at] & GV_TOKENIZER_CLASS_SEPARATOR)) {
        if (*at == '\r' && at + 1 == end && !tokenizer->last) {
            *open = true;
            break;
        }
        newline = *at == '\n' || (*at == '\r' && gv_tokenizer_return_ends_line(tokenizer, at));
        tokenizer->stats->nul_bytes += *at == '\0';
        at++;
    }
    tokenizer->at = at;
    return newline;
}

/* --- the fast way ----------------------------------------------------------------------------- */

/*
 * The end of the span that starts at `at`, if it is whole in this piece and holds no ill-formed
 * UTF-8, else NULL. `*seen` receives the classes of its bytes.
 */
static const uint8_t *plain_span(const gv_tokenizer *tokenizer, unsigned *seen)
{
    const uint8_t *at = tokenizer->at, *end = tokenizer->end;
    unsigned classes = 0;
    for (; at < end; at++) {
        unsigned class = tokenizer->class_of[*at];
        classes |= class;
        if (!(class & (GV_TOKENIZER_CLASS_SEPARATOR | GV_TOKENIZER_CLASS_HIGH)))
            continue;
        if (class & GV_TOKENIZER_CLASS_SEPARATOR)
            break;
        bool well_formed;
        uint32_t point;
        /* gv_utf8_decode is inline and takes the characters of 2 and 3 bytes; gv_utf8_unit takes
         * the others and distinguishes a cut-off one from an ill-formed one */
        size_t unit = gv_utf8_decode(at, end, &point);
        if (unit == 0 && ((unit = gv_utf8_unit(at, end, &well_formed)) == 0 || !well_formed))
            return NULL;
        at += unit - 1;
    }
    *seen = classes & ~(unsigned)GV_TOKENIZER_CLASS_SEPARATOR;
    /* a span that reaches the end of the piece may continue in the next */
    return at < end || tokenizer->last ? at : NULL;
}

/*
 * The ends of the word of a span for the unicode tokenizer: letters and digits with other
 * characters around them, but none inside, are one word: every rule of UAX #29 that joins
 * punctuation to a word wants word characters on both sides. The exceptions are '_', and '@', which
 * ICU takes for a letter. (A test compares with ICU.) False where this does not decide; characters
 * beyond ASCII are taken for letters.
 */
static bool trim_to_word(const gv_tokenizer *tokenizer, const uint8_t **begin, const uint8_t **end)
{
    const uint8_t *from = *begin, *to = *end;
    while (from < to && (tokenizer->class_of[*from] & GV_TOKENIZER_CLASS_OTHER))
        from++;
    while (to > from && (tokenizer->class_of[to[-1]] & GV_TOKENIZER_CLASS_OTHER))
        to--;
    for (const uint8_t *at = from; at < to; at++)
        if (tokenizer->class_of[*at] & (GV_TOKENIZER_CLASS_OTHER | GV_TOKENIZER_CLASS_JOINER))
            return false;
    *begin = from;
    *end = to;
    return true;
}

/* Lower-case ASCII copy of a token, as much of it as counts. */
static const char *in_lower_case(gv_tokenizer *tokenizer, const uint8_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes && i <= GV_TOKEN_MAX; i++) {
        uint8_t byte = from[i];
        tokenizer->small[i] =
            (char)(tokenizer->class_of[byte] & GV_TOKENIZER_CLASS_UPPER ? byte + ('a' - 'A')
                                                                        : byte);
    }
    return tokenizer->small;
}

/* One character of a span as gv_letters has it. Returns its bytes, 0 if it is none of these. */
static size_t take_letter(gv_tokenizer *tokenizer, const uint8_t *at, const uint8_t *end,
                          uint32_t *letter)
{
    if (*at < 0x80) {
        bool lower = tokenizer->lowercase && (tokenizer->class_of[*at] & GV_TOKENIZER_CLASS_UPPER);
        *letter = lower ? *at + ('a' - 'A') : *at;
        return 1;
    }
    uint32_t point;
    size_t bytes = gv_utf8_decode(at, end, &point);
    *letter = bytes > 0 ? gv_letters_map(tokenizer->letters, point) : 0;
    return *letter != 0 ? bytes : 0;
}

/* A span with characters beyond ASCII that are taken one by one; false if one cannot be. `*text` is
 * in the span itself if nothing changes, or in `small`. */
static bool take_letters(gv_tokenizer *tokenizer, const uint8_t *begin, const uint8_t *end,
                         const char **text, size_t *bytes)
{
    /* a character of the Basic Multilingual Plane has at most 3 bytes; a span that is longer goes
     * the exact way, which cuts it */
    char *to = tokenizer->small, *most = to + GV_TOKEN_MAX - 3;
    const uint8_t *at = begin;
    uint32_t some = 0, all = UINT32_MAX; /* flags */
    size_t letters = 0;
    for (; at < end && to <= most; letters++) {
        uint32_t letter;
        size_t unit = take_letter(tokenizer, at, end, &letter);
        if (unit == 0)
            return false;
        some |= letter;
        all &= letter;
        to = gv_utf8_encode(to, letter & 0xffff);
        at += unit;
    }
    if (at < end || ((some & GV_LETTERS_ALONE) && letters > 1) || ((some ^ all) & GV_LETTERS_APART))
        return false;
    *bytes = (size_t)(to - tokenizer->small);
    bool same = *bytes == (size_t)(end - begin) && memcmp(begin, tokenizer->small, *bytes) == 0;
    /* in place if possible: a token in `small` must be copied, as the next one overwrites it */
    *text = same ? (const char *)begin : tokenizer->small;
    return true;
}

bool gv_tokenizer_plain_span(gv_tokenizer *tokenizer, const char **word, size_t *length)
{
    unsigned seen;
    const uint8_t *begin = tokenizer->at, *end = plain_span(tokenizer, &seen), *next = end;
    /* the exact way cuts a long span into parts; where they end must not depend on the way taken */
    if (!end || (tokenizer->unicode && end - begin > GV_TOKENIZER_SPAN_MAX))
        return false;
    if (tokenizer->unicode && (seen & (GV_TOKENIZER_CLASS_OTHER | GV_TOKENIZER_CLASS_JOINER)) &&
        !trim_to_word(tokenizer, &begin, &end))
        return false;
    size_t bytes = (size_t)(end - begin);
    const char *text = (const char *)begin;
    if ((seen & GV_TOKENIZER_CLASS_HIGH) && tokenizer->letters) {
        if (!take_letters(tokenizer, begin, end, &text, &bytes))
            return false;
    } else if (tokenizer->lowercase && (seen & GV_TOKENIZER_CLASS_UPPER)) {
        text = in_lower_case(tokenizer, begin, bytes);
    }
    tokenizer->at = next;
    if (!accept(tokenizer, text, bytes, word, length))
        *word = NULL;
    return true;
}

/* --- the exact way ---------------------------------------------------------------------------- */

enum collected {
    SPAN_ENDED,
    SPAN_FULL, /* the next character does not fit; it has not been consumed */
    SPAN_OPEN  /* the piece is used up, except for the start of a character */
};

/* Append to the span; false if it does not fit and must not be dropped. The whitespace tokenizer
 * drops the rest of a span that is too long, because its token is cut at GV_TOKEN_MAX bytes anyway;
 * the unicode tokenizer must not, as there may be words in it. */
static bool append(gv_tokenizer *tokenizer, const char *bytes, size_t n)
{
    if (tokenizer->span_used + n > GV_TOKENIZER_SPAN_MAX || tokenizer->span_over) {
        tokenizer->span_over = true;
        return !tokenizer->unicode;
    }
    memcpy(tokenizer->span + tokenizer->span_used, bytes, n);
    tokenizer->span_used += n;
    return true;
}

/* Collect the span's bytes, cleaned, up to the end of the piece. */
static enum collected collect(gv_tokenizer *tokenizer)
{
    while (tokenizer->at < tokenizer->end) {
        const uint8_t *at = tokenizer->at;
        unsigned class = tokenizer->class_of[*at];
        if (class & GV_TOKENIZER_CLASS_SEPARATOR)
            return SPAN_ENDED;
        bool well_formed;
        size_t unit = gv_utf8_unit(at, tokenizer->end, &well_formed);
        if (unit == 0 && !tokenizer->last)
            return SPAN_OPEN;
        /* the text ends inside a character: its bytes are one ill-formed sequence */
        if (unit == 0)
            unit = (size_t)(tokenizer->end - at);
        bool fits = well_formed ? append(tokenizer, (const char *)at, unit)
                                : append(tokenizer, "\xef\xbf\xbd", 3);
        if (!fits)
            return SPAN_FULL;
        tokenizer->stats->invalid_utf8 += !well_formed;
        tokenizer->at += unit;
    }
    return tokenizer->last ? SPAN_ENDED : SPAN_OPEN;
}

/* The token of a collected span under the whitespace tokenizer; NULL if it is none. */
static int whole_span(gv_tokenizer *tokenizer, const char **word, size_t *length, gv_error *err)
{
    const char *text = tokenizer->span;
    size_t bytes = tokenizer->span_used;
    if (tokenizer->lowercase) {
        size_t part = bytes > LOWER_MAX ? gv_utf8_cut(text, LOWER_MAX) : bytes;
        int status = gv_icu_caser_apply(tokenizer->caser, text, part, &text, &bytes, err);
        if (status != GV_OK)
            return status;
    }
    if (!accept(tokenizer, text, bytes, word, length))
        *word = NULL;
    return GV_OK;
}

/* Continue to collect; at the end of a span or of a part of it begin to give out its words.
 * `*open`: more bytes are needed. */
static int take_span(gv_tokenizer *tokenizer, bool *open, const char **word, size_t *length,
                     gv_error *err)
{
    int status = GV_OK;
    enum collected how = collect(tokenizer);
    *open = how == SPAN_OPEN;
    *word = NULL;
    if (*open)
        return GV_OK;
    if (!tokenizer->unicode) {
        status = whole_span(tokenizer, word, length, err);
    } else if (tokenizer->span_used > 0) {
        status =
            gv_icu_breaker_text(tokenizer->breaker, tokenizer->span, tokenizer->span_used, err);
        tokenizer->breaking = status == GV_OK;
    }
    tokenizer->in_span = how == SPAN_FULL;
    tokenizer->span_over = false;
    tokenizer->span_used = 0;
    return status;
}

/* The next word of ICU's that is a token; NULL, and `breaking` is over, if there is none. */
static int take_broken(gv_tokenizer *tokenizer, const char **word, size_t *length, gv_error *err)
{
    for (;;) {
        const char *text;
        size_t bytes;
        int status = gv_icu_breaker_next(tokenizer->breaker, &text, &bytes, err);
        *word = NULL;
        if (status != GV_OK)
            return status;
        if (!text) {
            tokenizer->breaking = false;
            return GV_OK;
        }
        if (accept(tokenizer, text, bytes, word, length))
            return GV_OK;
    }
}

/* Outside a span: skip separators to the start of one. True: it was handled, see `result`. */
static bool between_spans(gv_tokenizer *tokenizer, enum gv_tokenizer_result *result,
                          const char **word, size_t *length)
{
    *word = NULL;
    if (tokenizer->file_start && !skip_mark(tokenizer)) {
        *result = GV_TOKENIZER_PIECE_END;
        return true;
    }
    bool open;
    if (skip_separators(tokenizer, &open)) {
        *result = GV_TOKENIZER_NEWLINE;
        return true;
    }
    if (open || tokenizer->at == tokenizer->end) {
        *result = GV_TOKENIZER_PIECE_END;
        return true;
    }
    *result = GV_TOKENIZER_WORD;
    return gv_tokenizer_plain_span(tokenizer, word, length);
}

int gv_tokenizer_next(gv_tokenizer *tokenizer, enum gv_tokenizer_result *result, const char **word,
                      size_t *length, gv_error *err)
{
    int status = GV_OK;
    for (;;) {
        *result = GV_TOKENIZER_WORD;
        *word = NULL;
        bool open = false;
        if (tokenizer->breaking) {
            status = take_broken(tokenizer, word, length, err);
        } else if (tokenizer->in_span) {
            status = take_span(tokenizer, &open, word, length, err);
        } else if (between_spans(tokenizer, result, word, length)) {
            if (*result != GV_TOKENIZER_WORD)
                return GV_OK;
        } else {
            tokenizer->in_span = true;
        }
        if (status != GV_OK || *word)
            return status;
        if (open) {
            *result = GV_TOKENIZER_PIECE_END;
            return GV_OK;
        }
    }
}
