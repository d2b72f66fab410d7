/* The tokenizers on texts whose tokens are known by hand. */
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include "text/gv_tokenizer.h"
#include <string.h>

static gv_corpus_stats stats;

/* Tokens that were given out: rings of buffers, so that the leak checker stays quiet. */
static char *given[64];
static unsigned next_given;

static char *fresh(size_t bytes)
{
    char **slot = &given[next_given++ % 64];
    free(*slot);
    *slot = calloc(1, bytes);
    return *slot;
}

/* Tokens joined by '|', newlines as '/', of `text` fed in pieces of `piece` bytes (0: at once). */
static const char *tokens_in_pieces(enum gv_config_tokenizer kind,
                                    enum gv_config_lowercase lowercase, const char *text,
                                    size_t length, size_t piece)
{
    gv_error err = GV_ERROR_INIT;
    gv_tokenizer *scanner;
    stats = (gv_corpus_stats){0};
    gv_assert_ok(gv_tokenizer_new(&scanner, kind, lowercase, &stats, &err), err);
    gv_tokenizer_reset(scanner, true);
    char *joined = fresh(4 * length + 16);
    uint8_t *buffer = malloc(length + 8);
    size_t at = 0, rest = 0;
    for (bool last = false; !last;) {
        size_t n = piece && piece < length - at ? piece : length - at;
        memcpy(buffer + rest, text + at, n);
        at += n;
        last = at == length;
        gv_tokenizer_feed(scanner, buffer, rest + n, last);
        enum gv_tokenizer_result result = GV_TOKENIZER_WORD;
        while (result != GV_TOKENIZER_PIECE_END) {
            const char *word;
            size_t bytes;
            gv_assert_ok(gv_tokenizer_next(scanner, &result, &word, &bytes, &err), err);
            if (result == GV_TOKENIZER_WORD)
                strcat(strncat(joined, word, bytes), "|");
            else if (result == GV_TOKENIZER_NEWLINE)
                strcat(joined, "/");
        }
        size_t used = rest + n;
        rest = gv_tokenizer_rest(scanner);
        memmove(buffer, buffer + used - rest, rest);
    }
    gv_tokenizer_free(scanner);
    free(buffer);
    return joined;
}

/* The same for every piece size; returns the tokens. */
static const char *tokens_of(enum gv_config_tokenizer kind, enum gv_config_lowercase lowercase,
                             const char *text, size_t length)
{
    const char *whole = tokens_in_pieces(kind, lowercase, text, length, 0);
    gv_corpus_stats expected = stats;
    for (size_t piece = 1; piece < 8; piece++) {
        const char *pieces = tokens_in_pieces(kind, lowercase, text, length, piece);
        cr_assert_str_eq(pieces, whole, "pieces of %zu", piece);
        cr_assert_eq(memcmp(&stats, &expected, sizeof stats), 0, "statistics, pieces of %zu",
                     piece);
    }
    return whole;
}

#define TOKENS(kind, lowercase, text) tokens_of(kind, lowercase, text, sizeof(text) - 1)
#define PLAIN(text)                   TOKENS(GV_TOKENIZER_WHITESPACE, GV_LOWERCASE_NONE, text)
#define LOWER(text)                   TOKENS(GV_TOKENIZER_WHITESPACE, GV_LOWERCASE_SIMPLE, text)
#define FOLDED(text)                  TOKENS(GV_TOKENIZER_WHITESPACE, GV_LOWERCASE_FOLD, text)
#define UNICODE(text)                 TOKENS(GV_TOKENIZER_UNICODE, GV_LOWERCASE_NONE, text)
#define UNICODE_LOWER(text)           TOKENS(GV_TOKENIZER_UNICODE, GV_LOWERCASE_SIMPLE, text)
#define BOTH(text)                    TOKENS(GV_TOKENIZER_UNICODE, GV_LOWERCASE_FOLD, text)

Test(tokenizer, whitespace_as_the_reference)
{
    cr_assert_str_eq(PLAIN(""), "");
    cr_assert_str_eq(PLAIN(" \t \n\n"), "//");
    cr_assert_str_eq(PLAIN("a"), "a|");
    cr_assert_str_eq(PLAIN("the cat\tsat\non it"), "the|cat|sat|/on|it|");
    cr_assert_str_eq(PLAIN("a\vb\fc"), "a\vb\fc|");
    cr_assert_str_eq(PLAIN("It's, well."), "It's,|well.|");
}

Test(tokenizer, carriage_returns_end_lines)
{
    cr_assert_str_eq(PLAIN("a\r\nb \r c\rd\r"), "a|/b|/c|/d|/");
    cr_assert_eq(stats.carriage_returns, 1);
    cr_assert_eq(stats.lone_returns, 3);
    cr_assert_eq(stats.tokens, 4);
    cr_assert_str_eq(PLAIN("\ra\r\r\n\n\r\rb\r\n"), "/a|/////b|/");
    cr_assert_eq(stats.carriage_returns, 2);
    cr_assert_eq(stats.lone_returns, 4);
    cr_assert_str_eq(UNICODE("One, two.\rThree\r\nfour\r"), "One|two|/Three|/four|/");
    cr_assert_str_eq(FOLDED("A\rB\xc3\x89\r\nC"), "a|/b\xc3\xa9|/c|");
}

Test(tokenizer, nul_is_white_space)
{
    cr_assert_str_eq(tokens_of(GV_TOKENIZER_WHITESPACE, GV_LOWERCASE_NONE, "a\0b\0\0c", 6),
                     "a|b|c|");
    cr_assert_eq(stats.nul_bytes, 3);
}

Test(tokenizer, unk_is_no_token)
{
    cr_assert_str_eq(PLAIN("a <unk> b <UNK> <unk>x"), "a|b|<UNK>|<unk>x|");
    cr_assert_eq(stats.unk_tokens, 1);
    cr_assert_str_eq(FOLDED("a <UNK> b"), "a|b|");
}

Test(tokenizer, byte_order_mark_only_at_the_start)
{
    cr_assert_str_eq(PLAIN("\xef\xbb\xbfhi \xef\xbb\xbfho"), "hi|\xef\xbb\xbfho|");
    cr_assert_eq(stats.byte_order_marks, 1);
    cr_assert_str_eq(PLAIN("\xef\xbb\xbf"), "");
    cr_assert_str_eq(PLAIN("\xef\xbb"), "\xef\xbf\xbd|");
}

/* The Unicode Standard's own example, table 3-8, and the borders of table 3-7. */
Test(tokenizer, ill_formed_utf8)
{
    cr_assert_str_eq(PLAIN("a\xf1\x80\x80\xe1\x80\xc2"
                           "b\x80"
                           "c\x80\xbf"
                           "d"),
                     "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                     "b\xef\xbf\xbd"
                     "c\xef\xbf\xbd\xef\xbf\xbd"
                     "d|");
    cr_assert_eq(stats.invalid_utf8, 6);
    PLAIN("\xc0\xaf"); /* overlong */
    cr_assert_eq(stats.invalid_utf8, 2);
    PLAIN("\xed\xa0\x80"); /* a surrogate */
    cr_assert_eq(stats.invalid_utf8, 3);
    PLAIN("\xf4\x90\x80\x80"); /* above U+10FFFF */
    cr_assert_eq(stats.invalid_utf8, 4);
    cr_assert_str_eq(PLAIN("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf|");
    cr_assert_eq(stats.invalid_utf8, 0);
    cr_assert_str_eq(PLAIN("\xe2\x82 x"), "\xef\xbf\xbd|x|");
}

static char *repeat(const char *unit, size_t times)
{
    size_t n = strlen(unit);
    char *text = fresh(n * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * n, unit, n);
    text[n * times] = '\0';
    return text;
}

/* Length of the only token of `unit` repeated, and whether it counted as overlong. */
static size_t only_token(enum gv_config_lowercase lowercase, const char *unit, size_t times,
                         bool overlong)
{
    char *text = repeat(unit, times);
    const char *tokens = tokens_of(GV_TOKENIZER_WHITESPACE, lowercase, text, strlen(text));
    cr_assert_eq(stats.tokens, 1);
    cr_assert_eq(stats.overlong, overlong, "%s x %zu", unit, times);
    return strlen(tokens) - 1;
}

Test(tokenizer, long_tokens_are_cut_between_characters)
{
    cr_assert_eq(only_token(GV_LOWERCASE_NONE, "x", 999, false), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_NONE, "x", 1000, true), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_NONE, "x", 200000, true), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_SIMPLE, "X", 70000, true), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_NONE, "\xc3\xa9", 500, true), 998);
    cr_assert_eq(only_token(GV_LOWERCASE_NONE, "\xe2\x82\xac", 333, false), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_NONE, "\xf0\x9f\x98\x80", 250, true), 996);
    /* KELVIN SIGN, 3 bytes, folds to k: what counts is the folded token */
    cr_assert_eq(only_token(GV_LOWERCASE_FOLD, "\xe2\x84\xaa", 999, false), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_FOLD, "\xe2\x84\xaa", 1000, true), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_FOLD, "\xe2\x84\xaa", 30000, true), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_SIMPLE, "\xe2\x84\xaa", 30000, true), 999);
    cr_assert_eq(only_token(GV_LOWERCASE_SIMPLE, "\xce\xa3", 30000, true), 998);
    cr_assert_eq(only_token(GV_LOWERCASE_NONE, "\xff", 334, true), 999);
}

Test(tokenizer, case_folding)
{
    cr_assert_str_eq(FOLDED("ABC aBc 12Z"), "abc|abc|12z|");
    cr_assert_str_eq(FOLDED("Stra\xc3\x9f"
                            "e \xce\xa3\xce\x9f\xce\xa6\xce\x9f\xce\xa3"),
                     "strasse|\xcf\x83\xce\xbf\xcf\x86\xce\xbf\xcf\x83|");
}

/* Greek: NOMOS in capitals, Greek full stop and bracket, a sigma alone and inside; German: ß. */
Test(tokenizer, simple_lower_case_has_the_final_sigma)
{
    cr_assert_str_eq(LOWER("ABC aBc 12Z"), "abc|abc|12z|");
    cr_assert_str_eq(LOWER("ΝΌΜΟΣ νόμοσ νόμος Σ ΣΑΣ, (ΣΑΣ) ΣΑΣ.Α ΣΑΣ-Α Straße STRAßE ẞ"),
                     "νόμος|νόμοσ|νόμος|σ|σας,|(σας)|σασ.α|σας-α|straße|straße|ß|");
    cr_assert_str_eq(LOWER("I İ ı Ǆ K \xf0\x90\x90\x80"), "i|i|ı|ǆ|k|\xf0\x90\x90\xa8|");
    cr_assert_str_eq(UNICODE_LOWER("ΝΌΜΟΣ. «ΝΌΜΟΣ» ΝΌΜΟΣ-ΑΣ Straße İ ΣΑΣ\xcc\x81"),
                     "νόμος|νόμος|νόμος|ας|straße|i|σας\xcc\x81|");
    /* lower case can undo the normal form: H and a line below have no capital of their own */
    cr_assert_str_eq(UNICODE_LOWER("H\xcc\xb1"), "\xe1\xba\x96|");
}

Test(tokenizer, unicode_words)
{
    cr_assert_str_eq(UNICODE("The quick (\"brown\") fox can't jump 32.3 feet, right?"),
                     "The|quick|brown|fox|can't|jump|32.3|feet|right|");
    cr_assert_str_eq(UNICODE("... -- \xe2\x80\x94 ! @ @@ _"), "");
    cr_assert_str_eq(UNICODE("a\xc2\xa0"
                             "b\xe3\x80\x80"
                             "c"),
                     "a|b|c|");                           /* other white space */
    cr_assert_str_eq(UNICODE("\xef\xac\x81ne"), "fine|"); /* NFKC: the ligature fi */
    cr_assert_str_eq(UNICODE("e\xcc\x81t\xc3\xa9"), "\xc3\xa9t\xc3\xa9|"); /* composed */
    cr_assert_str_eq(UNICODE("<unk> a_b x-y"), "unk|a_b|x|y|");
    cr_assert_str_eq(UNICODE("\xef\xbc\xa1\xef\xbc\xa2"), "AB|"); /* full width */
    cr_assert_str_eq(BOTH("Gro\xc3\x9f \xef\xbc\xa1 WELT"), "gross|a|welt|");
    cr_assert_str_eq(UNICODE("one\ntwo"), "one|/two|");
}

/* A span longer than GV_TOKENIZER_SPAN_MAX without white space, of words between dots: it is
 * handled in parts that do not depend on the pieces (tokens_of compares), and all of it comes
 * out. */
Test(tokenizer, unicode_long_span)
{
    char *text = repeat("caf\xc3\xa9!", 12000);
    const char *tokens = tokens_of(GV_TOKENIZER_UNICODE, GV_LOWERCASE_NONE, text, strlen(text));
    cr_assert_eq(stats.tokens, 12000 + (65536 % 6 != 0 && 65536 % 6 != 5), "%lu tokens",
                 (unsigned long)stats.tokens);
    cr_assert(strlen(tokens) > 70000);
}

/* The end of a piece in a span forces the exact way; it must agree with the fast one. */
Test(tokenizer, fast_and_exact_way_agree)
{
    static const char letters[] = "abzAZ019_-.,:;'\"!()@/\xc3\xa9";
    unsigned state = (unsigned)gv_test_seed();
    for (int round = 0; round < 3000; round++) {
        char plain[32];
        size_t n = 0;
        while (n < 9) {
            state = state * 1664525u + 1013904223u;
            plain[n++] = letters[(state >> 16) % (sizeof letters - 3)];
        }
        for (int kind = 0; kind < 6; kind++) {
            enum gv_config_tokenizer tokenizer =
                kind & 1 ? GV_TOKENIZER_UNICODE : GV_TOKENIZER_WHITESPACE;
            enum gv_config_lowercase lowercase = (enum gv_config_lowercase)(kind / 2);
            const char *a = tokens_in_pieces(tokenizer, lowercase, plain, n, 0);
            const char *b = tokens_in_pieces(tokenizer, lowercase, plain, n, 5);
            cr_assert_str_eq(a, b, "'%.*s', seed %lu", (int)n, plain,
                             (unsigned long)gv_test_seed());
        }
    }
}

/* Read a text by ICU; GV_OK, or the first error. */
static int read_all(char *joined, const char *text, gv_error *err)
{
    gv_tokenizer *scanner;
    gv_corpus_stats seen = {0};
    enum gv_tokenizer_result result = GV_TOKENIZER_WORD;
    int status = gv_tokenizer_new(&scanner, GV_TOKENIZER_UNICODE, GV_LOWERCASE_FOLD, &seen, err);
    if (status != GV_OK)
        return status;
    *joined = '\0';
    gv_tokenizer_reset(scanner, true);
    gv_tokenizer_feed(scanner, (const uint8_t *)text, strlen(text), true);
    while (status == GV_OK && result != GV_TOKENIZER_PIECE_END) {
        const char *word;
        size_t bytes;
        status = gv_tokenizer_next(scanner, &result, &word, &bytes, err);
        if (status == GV_OK && result == GV_TOKENIZER_WORD)
            strcat(strncat(joined, word, bytes), "|");
    }
    gv_tokenizer_free(scanner);
    return status;
}

/* ICU itself crashes, or waits for ever, where some of its allocations fail. */
Test(tokenizer, a_failed_allocation_in_icu_is_told)
{
    static const char text[] = "Stra\xc3\x9f"
                               "e \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae "
                               "\xe0\xb9\x84\xe0\xb8\x97\xe0\xb8\xa2 \xef\xbc\xa1 e\xcc\x81";
    char right[256], words[256];
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(read_all(right, text, &err), err);
    for (uint64_t n = 1, calls = n; calls + 1 >= n; n++) {
        err = (gv_error)GV_ERROR_INIT;
        gv_mem_fail_at(n, n % 2 == 0);
        int status = read_all(words, text, &err);
        calls = gv_mem_calls();
        gv_mem_fail_at(0, 0);
        if (status == GV_OK)
            cr_assert_str_eq(words, right);
        else
            cr_assert_eq(status, GV_E_MEMORY, "allocation %lu: %s", (unsigned long)n, err.text);
    }
}
