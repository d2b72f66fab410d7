/*
 * Tokens from bytes, in two ways that must agree:
 *
 * - The fast way: a span that lies whole in the piece, of ordinary ASCII or of characters that need
 *   no look at their neighbours (gv_letters), is scanned by a table of byte classes and given out
 *   where it lies, unless it needs lower case.
 * - The exact way: everything else (a span that goes on in the next piece, that holds carriage
 *   returns or ill-formed UTF-8, that needs ICU) is first collected, cleaned, in `span`.
 *
 * Invariant: what a span gives depends on its bytes only. The exact way sees the bytes of a span
 * one unit at a time and may stop and go on anywhere between two units; the fast way is taken only
 * where its result is the same (tests compare both with an oracle, for all piece sizes).
 *
 * Memory: one span of GV_SPAN_MAX bytes and ICU's buffers, whatever the text.
 */
#include "text/gv_tokenizer_internal.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <string.h>

/* Folding makes text at most three times as short, so this much of a span decides its token. */
enum { FOLD_MAX = 4 * GV_TOKEN_MAX };

static void fill_classes(uint8_t class_of[256])
{
    for (unsigned byte = 0; byte < 256; byte++) {
        bool upper = byte >= 'A' && byte <= 'Z';
        bool alphanumeric = upper || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        class_of[byte] = upper          ? GV_CLASS_UPPER
                         : byte >= 0x80 ? GV_CLASS_HIGH
                         : alphanumeric ? 0
                                        : GV_CLASS_OTHER;
    }
    class_of[' '] = class_of['\t'] = class_of['\n'] = class_of[0] = GV_CLASS_SEPARATOR;
    class_of['\r'] = GV_CLASS_RETURN;
    class_of['_'] = class_of['@'] = GV_CLASS_JOINER;
}

int gv_tokenizer_new(gv_tokenizer **result, enum gv_config_tokenizer kind, bool lowercase,
                     gv_corpus_stats *stats, gv_error *err)
{
    *result = NULL;
    gv_tokenizer *scanner = gv_mem_alloc_zero(1, sizeof *scanner, err);
    if (!scanner)
        return GV_E_MEMORY;
    scanner->unicode = kind == GV_TOKENIZER_UNICODE;
    scanner->lowercase = lowercase;
    scanner->stats = stats;
    fill_classes(scanner->class_of);
    int status = GV_OK;
    if (!(scanner->span = gv_mem_alloc(GV_SPAN_MAX, 1, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK && scanner->unicode)
        status = gv_icu_breaker_new(&scanner->breaker, lowercase, err);
    else if (status == GV_OK && lowercase)
        status = gv_icu_folder_new(&scanner->folder, err);
    if (status == GV_OK && (scanner->unicode || lowercase))
        status = gv_letters_new(&scanner->letters, scanner->unicode, lowercase, err);
    if (status != GV_OK) {
        gv_tokenizer_free(scanner);
        return status;
    }
    *result = scanner;
    return GV_OK;
}

void gv_tokenizer_free(gv_tokenizer *scanner)
{
    if (!scanner)
        return;
    gv_icu_folder_free(scanner->folder);
    gv_icu_breaker_free(scanner->breaker);
    gv_letters_free(scanner->letters);
    gv_mem_free(scanner->tokens);
    gv_mem_free(scanner->kept);
    gv_mem_free(scanner->span);
    gv_mem_free(scanner);
}

void gv_tokenizer_reset(gv_tokenizer *scanner, bool file_start)
{
    scanner->file_start = file_start;
    scanner->last = false;
    scanner->at = scanner->end = NULL;
    scanner->in_span = scanner->span_over = scanner->breaking = false;
    scanner->span_used = 0;
}

void gv_tokenizer_feed(gv_tokenizer *scanner, const uint8_t *bytes, size_t length, bool last)
{
    scanner->at = bytes;
    scanner->end = bytes + length;
    scanner->last = last;
}

size_t gv_tokenizer_rest(const gv_tokenizer *scanner)
{
    return (size_t)(scanner->end - scanner->at);
}

/* Does `text` become a token? Counts it, cuts it, drops "<unk>". */
static bool accept(gv_tokenizer *scanner, const char *text, size_t bytes, const char **word,
                   size_t *length)
{
    if (bytes == 0)
        return false;
    if (bytes > GV_TOKEN_MAX) {
        bytes = gv_utf8_cut(text, GV_TOKEN_MAX);
        scanner->stats->overlong++;
    }
    if (bytes == 5 && memcmp(text, "<unk>", 5) == 0) {
        scanner->stats->unk_tokens++;
        return false;
    }
    scanner->stats->tokens++;
    *word = text;
    *length = bytes;
    return true;
}

/* Drop a byte order mark at the start of a file. False: more bytes are needed to tell. */
static bool skip_mark(gv_tokenizer *scanner)
{
    static const uint8_t mark[3] = {0xef, 0xbb, 0xbf};
    size_t left = gv_tokenizer_rest(scanner);
    if (left == 0)
        return scanner->last;
    size_t seen = left < 3 ? left : 3;
    bool matches = memcmp(scanner->at, mark, seen) == 0;
    if (matches && seen < 3 && !scanner->last)
        return false;
    if (matches && seen == 3) {
        scanner->at += 3;
        scanner->stats->byte_order_marks++;
    }
    scanner->file_start = false;
    return true;
}

/* Go over separators; true if it stopped behind a newline. */
static bool skip_separators(gv_tokenizer *scanner)
{
    const uint8_t *at = scanner->at, *end = scanner->end;
    bool newline = false;
    while (at < end && !newline && (scanner->class_of[*at] & GV_CLASS_SEPARATOR)) {
        newline = *at == '\n';
        scanner->stats->nul_bytes += *at == '\0';
        at++;
    }
    scanner->at = at;
    return newline;
}

/* --- the fast way ----------------------------------------------------------------------------- */

/*
 * The end of the span that starts at `at`, if it lies whole in this piece and holds neither
 * carriage return nor ill-formed UTF-8, else NULL. `*seen` receives the classes of its bytes.
 */
static const uint8_t *plain_span(const gv_tokenizer *scanner, unsigned *seen)
{
    const uint8_t *at = scanner->at, *end = scanner->end;
    unsigned classes = 0;
    for (; at < end; at++) {
        unsigned class = scanner->class_of[*at];
        classes |= class;
        if (!(class & (GV_CLASS_SEPARATOR | GV_CLASS_RETURN | GV_CLASS_HIGH)))
            continue;
        if (class & GV_CLASS_SEPARATOR)
            break;
        if (class & GV_CLASS_RETURN)
            return NULL;
        bool well_formed;
        uint32_t point;
        size_t unit = gv_utf8_decode(at, end, &point);
        if (unit == 0 && ((unit = gv_utf8_unit(at, end, &well_formed)) == 0 || !well_formed))
            return NULL;
        at += unit - 1;
    }
    *seen = classes & ~(unsigned)GV_CLASS_SEPARATOR;
    return at < end || scanner->last ? at : NULL;
}

/*
 * The ends of the word of a span for the unicode tokenizer: letters and digits with other
 * characters around them, but none inside, are one word: every rule of UAX #29 that joins
 * punctuation to a word wants word characters on both sides. The exceptions are '_', and '@', which
 * ICU takes for a letter. (A test compares with ICU.) False where this does not decide; characters
 * beyond ASCII are taken for letters.
 */
static bool trim_to_word(const gv_tokenizer *scanner, const uint8_t **begin, const uint8_t **end)
{
    const uint8_t *from = *begin, *to = *end;
    while (from < to && (scanner->class_of[*from] & GV_CLASS_OTHER))
        from++;
    while (to > from && (scanner->class_of[to[-1]] & GV_CLASS_OTHER))
        to--;
    for (const uint8_t *at = from; at < to; at++)
        if (scanner->class_of[*at] & (GV_CLASS_OTHER | GV_CLASS_JOINER))
            return false;
    *begin = from;
    *end = to;
    return true;
}

/* Lower-case ASCII copy of a token, as much of it as counts. */
static const char *in_lower_case(gv_tokenizer *scanner, const uint8_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes && i <= GV_TOKEN_MAX; i++) {
        uint8_t byte = from[i];
        scanner->small[i] =
            (char)(scanner->class_of[byte] & GV_CLASS_UPPER ? byte + ('a' - 'A') : byte);
    }
    return scanner->small;
}

/* One character of a span as gv_letters has it. Returns its bytes, 0 if it is none of these. */
static size_t take_letter(gv_tokenizer *scanner, const uint8_t *at, const uint8_t *end,
                          uint32_t *letter)
{
    if (*at < 0x80) {
        bool lower = scanner->lowercase && (scanner->class_of[*at] & GV_CLASS_UPPER);
        *letter = lower ? *at + ('a' - 'A') : *at;
        return 1;
    }
    uint32_t point;
    size_t bytes = gv_utf8_decode(at, end, &point);
    *letter = bytes > 0 ? gv_letters_map(scanner->letters, point) : 0;
    return *letter != 0 ? bytes : 0;
}

/* A span with characters beyond ASCII that are taken one by one; false if one cannot be. `*text` is
 * where the span lies, if nothing changes, or in `small`. */
static bool take_letters(gv_tokenizer *scanner, const uint8_t *begin, const uint8_t *end,
                         const char **text, size_t *bytes)
{
    char *to = scanner->small, *most = to + GV_TOKEN_MAX - 3;
    const uint8_t *at = begin;
    uint32_t some = 0, all = UINT32_MAX; /* flags */
    size_t letters = 0;
    for (; at < end && to <= most; letters++) {
        uint32_t letter;
        size_t unit = take_letter(scanner, at, end, &letter);
        if (unit == 0)
            return false;
        some |= letter;
        all &= letter;
        to = gv_utf8_encode(to, letter & 0xffff);
        at += unit;
    }
    if (at < end || ((some & GV_LETTER_ALONE) && letters > 1) || ((some ^ all) & GV_LETTER_APART))
        return false;
    *bytes = (size_t)(to - scanner->small);
    bool same = *bytes == (size_t)(end - begin) && memcmp(begin, scanner->small, *bytes) == 0;
    *text = same ? (const char *)begin : scanner->small;
    return true;
}

bool gv_tokenizer_plain_span(gv_tokenizer *scanner, const char **word, size_t *length)
{
    unsigned seen;
    const uint8_t *begin = scanner->at, *end = plain_span(scanner, &seen), *next = end;
    /* a part of a long span could end anywhere: leave it to the exact way */
    if (!end || (scanner->unicode && end - begin > GV_SPAN_MAX))
        return false;
    if (scanner->unicode && (seen & (GV_CLASS_OTHER | GV_CLASS_JOINER)) &&
        !trim_to_word(scanner, &begin, &end))
        return false;
    size_t bytes = (size_t)(end - begin);
    const char *text = (const char *)begin;
    if ((seen & GV_CLASS_HIGH) && scanner->letters) {
        if (!take_letters(scanner, begin, end, &text, &bytes))
            return false;
    } else if (scanner->lowercase && (seen & GV_CLASS_UPPER)) {
        text = in_lower_case(scanner, begin, bytes);
    }
    scanner->at = next;
    if (!accept(scanner, text, bytes, word, length))
        *word = NULL;
    return true;
}

/* --- the exact way ---------------------------------------------------------------------------- */

enum collected {
    SPAN_ENDED,
    SPAN_FULL, /* the next character does not fit; it has not been consumed */
    SPAN_OPEN  /* the piece is used up, but for the start of a character */
};

/* Append to the span; false if it does not fit and must not be dropped. */
static bool append(gv_tokenizer *scanner, const char *bytes, size_t n)
{
    if (scanner->span_used + n > GV_SPAN_MAX || scanner->span_over) {
        scanner->span_over = true;
        return !scanner->unicode;
    }
    memcpy(scanner->span + scanner->span_used, bytes, n);
    scanner->span_used += n;
    return true;
}

/* Collect the span's bytes, cleaned, as far as they are here. */
static enum collected collect(gv_tokenizer *scanner)
{
    while (scanner->at < scanner->end) {
        const uint8_t *at = scanner->at;
        unsigned class = scanner->class_of[*at];
        if (class & GV_CLASS_SEPARATOR)
            return SPAN_ENDED;
        if (class & GV_CLASS_RETURN) {
            scanner->stats->carriage_returns++;
            scanner->at++;
            continue;
        }
        bool well_formed;
        size_t unit = gv_utf8_unit(at, scanner->end, &well_formed);
        if (unit == 0 && !scanner->last)
            return SPAN_OPEN;
        if (unit == 0)
            unit = (size_t)(scanner->end - at);
        bool fits = well_formed ? append(scanner, (const char *)at, unit)
                                : append(scanner, "\xef\xbf\xbd", 3);
        if (!fits)
            return SPAN_FULL;
        scanner->stats->invalid_utf8 += !well_formed;
        scanner->at += unit;
    }
    return scanner->last ? SPAN_ENDED : SPAN_OPEN;
}

/* The token of a collected span under the whitespace tokenizer; NULL if it is none. */
static int whole_span(gv_tokenizer *scanner, const char **word, size_t *length, gv_error *err)
{
    const char *text = scanner->span;
    size_t bytes = scanner->span_used;
    if (scanner->lowercase) {
        size_t part = bytes > FOLD_MAX ? gv_utf8_cut(text, FOLD_MAX) : bytes;
        int status = gv_icu_folder_fold(scanner->folder, text, part, &text, &bytes, err);
        if (status != GV_OK)
            return status;
    }
    if (!accept(scanner, text, bytes, word, length))
        *word = NULL;
    return GV_OK;
}

/* Collect on; at the end of a span or of a part of it begin to give out its words. `*open`: more
 * bytes are needed. */
static int take_span(gv_tokenizer *scanner, bool *open, const char **word, size_t *length,
                     gv_error *err)
{
    int status = GV_OK;
    enum collected how = collect(scanner);
    *open = how == SPAN_OPEN;
    *word = NULL;
    if (*open)
        return GV_OK;
    if (!scanner->unicode) {
        status = whole_span(scanner, word, length, err);
    } else if (scanner->span_used > 0) {
        status = gv_icu_breaker_text(scanner->breaker, scanner->span, scanner->span_used, err);
        scanner->breaking = status == GV_OK;
    }
    scanner->in_span = how == SPAN_FULL;
    scanner->span_over = false;
    scanner->span_used = 0;
    return status;
}

/* The next word of ICU's that is a token; NULL, and `breaking` is over, if there is none. */
static int take_broken(gv_tokenizer *scanner, const char **word, size_t *length, gv_error *err)
{
    for (;;) {
        const char *text;
        size_t bytes;
        int status = gv_icu_breaker_next(scanner->breaker, &text, &bytes, err);
        *word = NULL;
        if (status != GV_OK)
            return status;
        if (!text) {
            scanner->breaking = false;
            return GV_OK;
        }
        if (accept(scanner, text, bytes, word, length))
            return GV_OK;
    }
}

/* Outside a span: go over separators to the start of one. True: it is dealt with, see `result`. */
static bool between_spans(gv_tokenizer *scanner, enum gv_tokenizer_result *result,
                          const char **word, size_t *length)
{
    *word = NULL;
    if (scanner->file_start && !skip_mark(scanner)) {
        *result = GV_PIECE_NEEDED;
        return true;
    }
    if (skip_separators(scanner)) {
        *result = GV_PIECE_NEWLINE;
        return true;
    }
    if (scanner->at == scanner->end) {
        *result = GV_PIECE_NEEDED;
        return true;
    }
    *result = GV_PIECE_WORD;
    return gv_tokenizer_plain_span(scanner, word, length);
}

int gv_tokenizer_next(gv_tokenizer *scanner, enum gv_tokenizer_result *result, const char **word,
                      size_t *length, gv_error *err)
{
    int status = GV_OK;
    for (;;) {
        *result = GV_PIECE_WORD;
        *word = NULL;
        bool open = false;
        if (scanner->breaking) {
            status = take_broken(scanner, word, length, err);
        } else if (scanner->in_span) {
            status = take_span(scanner, &open, word, length, err);
        } else if (between_spans(scanner, result, word, length)) {
            if (*result != GV_PIECE_WORD)
                return GV_OK;
        } else {
            scanner->in_span = true;
        }
        if (status != GV_OK || *word)
            return status;
        if (open) {
            *result = GV_PIECE_NEEDED;
            return GV_OK;
        }
    }
}
