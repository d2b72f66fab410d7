/*
 * Tokens by the batch against tokens one by one, for all tokenizers, on random texts in random
 * pieces: the same tokens, newlines and statistics, and every key that of its text.
 */
#include "base/gv_rng.h"
#include "base/gv_utf8.h"
#include "support/gv_test.h"
#include "text/gv_icu.h"
#include "text/gv_letters.h"
#include "text/gv_tokenizer.h"
#include <stdlib.h>
#include <string.h>
#include <unicode/ucasemap.h>

enum { ROOM = 400000 };

typedef struct output {
    char *text; /* tokens, each with a 1, newlines as 2 */
    size_t n;
    gv_corpus_stats stats;
} output;

static void put(output *to, const char *bytes, size_t n, char end)
{
    memcpy(to->text + to->n, bytes, n);
    to->n += n;
    to->text[to->n++] = end;
}

static void take_one_by_one(output *to, gv_tokenizer *scanner)
{
    gv_error err = GV_ERROR_INIT;
    for (;;) {
        enum gv_tokenizer_result result;
        const char *word;
        size_t length;
        gv_assert_ok(gv_tokenizer_next(scanner, &result, &word, &length, &err), err);
        if (result == GV_TOKENIZER_PIECE_END)
            return;
        if (result == GV_TOKENIZER_WORD)
            put(to, word, length, 1);
        else
            put(to, "", 0, 2);
    }
}

static void take_batches(output *to, gv_tokenizer *scanner)
{
    gv_error err = GV_ERROR_INIT;
    for (;;) {
        const gv_token *tokens;
        size_t n, newlines, seen = 0;
        gv_assert_ok(gv_tokenizer_batch(scanner, true, &tokens, &n, &newlines, &err), err);
        if (n == 0)
            return;
        for (size_t i = 0; i < n; i++) {
            gv_token key = gv_token_of(tokens[i].text, tokens[i].length);
            cr_assert(tokens[i].length == 0 ||
                      (key.hash == tokens[i].hash && gv_token_same_start(&key, tokens[i].start)));
            seen += tokens[i].length == 0;
            put(to, tokens[i].text, tokens[i].length, tokens[i].length ? 1 : 2);
        }
        cr_assert_eq(seen, newlines);
    }
}

/* The text in pieces of up to `piece` bytes, each in memory of just its size. */
static output tokenize(enum gv_config_tokenizer kind, enum gv_config_lowercase lowercase,
                       const uint8_t *text, size_t length, size_t piece,
                       void (*take)(output *, gv_tokenizer *))
{
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, piece);
    output out = {.text = malloc(8 * length + 16)};
    gv_tokenizer *scanner;
    gv_assert_ok(gv_tokenizer_new(&scanner, kind, lowercase, &out.stats, &err), err);
    gv_tokenizer_reset(scanner, true);
    uint8_t rest[GV_TOKENIZER_REST];
    size_t at = 0, kept = 0;
    for (bool last = false; !last;) {
        size_t n = 1 + (size_t)gv_rng_below(&rng, piece);
        if (n > length - at)
            n = length - at;
        uint8_t *buffer = malloc(kept + n + (kept + n == 0));
        memcpy(buffer, rest, kept);
        memcpy(buffer + kept, text + at, n);
        at += n;
        last = at == length;
        gv_tokenizer_feed(scanner, buffer, kept + n, last);
        take(&out, scanner);
        size_t used = kept + n;
        kept = gv_tokenizer_rest(scanner);
        memcpy(rest, buffer + used - kept, kept);
        free(buffer);
    }
    gv_tokenizer_free(scanner);
    return out;
}

/* Mostly ordinary words, of 1 to 25 letters; now and then something that is not. */
static size_t random_text(uint8_t *to, gv_rng *rng, unsigned odd)
{
    static const char *const parts[] = {"\r",
                                        "<unk>",
                                        "<unk",
                                        "\xc3\xa9",
                                        "\xce\xa3",
                                        "\xef\xac\x81",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80",
                                        "\xe2\x82",
                                        "\xff",
                                        "don't",
                                        "3.14",
                                        ",",
                                        "_",
                                        "@",
                                        "ABC",
                                        "(x)",
                                        "\xec\xa1\xb0\xec\xa7\x80"};
    size_t n = 0, wanted = 100 + (size_t)gv_rng_below(rng, 20000);
    while (n < wanted) {
        if (odd && gv_rng_below(rng, 100) < odd) {
            const char *part = parts[gv_rng_below(rng, sizeof parts / sizeof *parts)];
            memcpy(to + n, part, strlen(part));
            n += strlen(part);
        } else if (odd && gv_rng_below(rng, 2000) == 0) {
            size_t length = gv_rng_below(rng, 3) ? 900 + (size_t)gv_rng_below(rng, 200)
                                                 : 65400 + (size_t)gv_rng_below(rng, 300);
            memset(to + n, 'x', length);
            n += length;
        } else {
            for (size_t length = 1 + gv_rng_below(rng, gv_rng_below(rng, 25) + 1); length > 0;
                 length--)
                to[n++] = (uint8_t)('a' + gv_rng_below(rng, 26));
        }
        static const char gaps[] = "        \n\t ";
        for (size_t gap = gv_rng_below(rng, 8) ? 1 : (size_t)gv_rng_below(rng, 4); gap > 0; gap--)
            to[n++] = (uint8_t)(gv_rng_below(rng, 100) ? gaps[gv_rng_below(rng, 11)] : 0);
    }
    return n;
}

Test(tokenizer_batch, equals_one_by_one, .timeout = 120)
{
    static const size_t pieces[] = {ROOM, 5000, 300, 90, 7};
    static const unsigned odds[] = {0, 2, 30};
    uint8_t *text = malloc(ROOM);
    for (uint64_t round = 0; round < 36; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, round);
        enum gv_config_tokenizer kind = round % 2 ? GV_TOKENIZER_UNICODE : GV_TOKENIZER_WHITESPACE;
        enum gv_config_lowercase lowercase = (enum gv_config_lowercase)(round / 2 % 3);
        size_t length = random_text(text, &rng, odds[round % 3]);
        output expected = tokenize(kind, lowercase, text, length, ROOM, take_one_by_one);
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            output got = tokenize(kind, lowercase, text, length, pieces[i], take_batches);
            cr_assert(got.n == expected.n && memcmp(got.text, expected.text, got.n) == 0,
                      "tokens: seed %lu round %lu pieces %zu", (unsigned long)gv_test_seed(),
                      (unsigned long)round, pieces[i]);
            cr_assert_eq(memcmp(&got.stats, &expected.stats, sizeof got.stats), 0,
                         "statistics: seed %lu round %lu pieces %zu", (unsigned long)gv_test_seed(),
                         (unsigned long)round, pieces[i]);
            free(got.text);
        }
        free(expected.text);
    }
    free(text);
}

/* --- characters beyond ASCII --------------------------------------------------------------------
 */

/* The words of `text` by ICU alone, joined by a 1. */
static output icu_words(gv_icu_breaker *breaker, const char *text)
{
    gv_error err = GV_ERROR_INIT;
    output out = {.text = malloc(8 * strlen(text) + 16)};
    const char *word;
    size_t length;
    gv_assert_ok(gv_icu_breaker_text(breaker, text, strlen(text), &err), err);
    for (;;) {
        gv_assert_ok(gv_icu_breaker_next(breaker, &word, &length, &err), err);
        if (!word)
            return out;
        put(&out, word, length, 1);
    }
}

static void check_span(gv_icu_breaker *breaker, enum gv_config_lowercase lowercase,
                       const char *span)
{
    output expected = icu_words(breaker, span);
    size_t length = strlen(span);
    output got = tokenize(GV_TOKENIZER_UNICODE, lowercase, (const uint8_t *)span, length, ROOM,
                          take_one_by_one);
    cr_assert(got.n == expected.n && memcmp(got.text, expected.text, got.n) == 0,
              "'%s' lowercase %d: '%.*s' instead of '%.*s'", span, lowercase, (int)got.n, got.text,
              (int)expected.n, expected.text);
    free(expected.text);
    free(got.text);
}

/* Every character of the Basic Multilingual Plane, alone and beside others, as ICU has it. */
Test(tokenizer_batch, every_character_as_icu, .timeout = 240)
{
    static const char *const beside[] = {"%s", "a%sb", "%s%s", "1%s", ",%s.", "%s\xc3\xa9"};
    gv_error err = GV_ERROR_INIT;
    for (int l = GV_LOWERCASE_NONE; l <= GV_LOWERCASE_FOLD; l++) {
        enum gv_config_lowercase lowercase = (enum gv_config_lowercase)l;
        gv_icu_breaker *breaker;
        gv_letters *letters;
        gv_assert_ok(gv_icu_breaker_new(&breaker, lowercase, &err), err);
        gv_assert_ok(gv_letters_new(&letters, true, lowercase, &err), err);
        for (uint32_t point = 0x80; point < 0x10000; point++) {
            if (gv_letters_map(letters, point) == 0) /* goes to ICU in any case */
                continue;
            char character[4], span[32];
            *gv_utf8_encode(character, point) = '\0';
            /* ideographs and Hangul are many and all alike */
            size_t ways = point >= 0x3400 && point < 0xd800 && point % 16 ? 2 : 6;
            ways = lowercase == GV_LOWERCASE_SIMPLE && ways > 3 ? 3 : ways; /* much like folding */
            for (size_t i = 0; i < ways; i++) {
                snprintf(span, sizeof span, beside[i], character, character);
                check_span(breaker, lowercase, span);
            }
        }
        gv_letters_free(letters);
        gv_icu_breaker_free(breaker);
    }
}

/* Random spans of letters of one script or several. */
Test(tokenizer_batch, random_spans_as_icu, .timeout = 120)
{
    static const uint32_t ranges[][2] = {{0x41, 0x7b},     {0xc0, 0x250},    {0x370, 0x530},
                                         {0x5d0, 0x6ff},   {0x900, 0x980},   {0x10a0, 0x1200},
                                         {0x1e00, 0x2000}, {0x3040, 0x3100}, {0x4e00, 0x4f00},
                                         {0xac00, 0xd7a4}, {0xfb00, 0xfb07}};
    enum { RANGES = sizeof ranges / sizeof *ranges };
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 77);
    for (int l = GV_LOWERCASE_NONE; l <= GV_LOWERCASE_FOLD; l++) {
        enum gv_config_lowercase lowercase = (enum gv_config_lowercase)l;
        gv_icu_breaker *breaker;
        gv_assert_ok(gv_icu_breaker_new(&breaker, lowercase, &err), err);
        for (int round = 0; round < 20000; round++) {
            char span[64], *at = span;
            uint64_t range = gv_rng_below(&rng, RANGES);
            for (uint64_t n = 1 + gv_rng_below(&rng, 12); n > 0; n--) {
                uint64_t from = gv_rng_below(&rng, 10) ? range : gv_rng_below(&rng, RANGES);
                uint32_t first = ranges[from][0], size = ranges[from][1] - first;
                at = gv_utf8_encode(at, first + (uint32_t)gv_rng_below(&rng, size));
            }
            *at = '\0';
            check_span(breaker, lowercase, span);
        }
        gv_icu_breaker_free(breaker);
    }
}

/* Lower case of whole spans without the unicode tokenizer. */
static void check_lower_case(enum gv_config_lowercase lowercase)
{
    gv_error err = GV_ERROR_INIT;
    gv_icu_caser *caser;
    gv_letters *letters;
    gv_assert_ok(gv_icu_caser_new(&caser, lowercase, &err), err);
    gv_assert_ok(gv_letters_new(&letters, false, lowercase, &err), err);
    unsigned alone = 0;
    for (uint32_t point = 0x80; point < 0x10000; point++) {
        if (point >= 0xd800 && point < 0xe000)
            continue;
        char character[4], mapped[4];
        const char *lower;
        size_t length;
        char *end = gv_utf8_encode(character, point);
        gv_assert_ok(
            gv_icu_caser_apply(caser, character, (size_t)(end - character), &lower, &length, &err),
            err);
        uint32_t to = gv_letters_map(letters, point);
        alone += to != 0;
        end = gv_utf8_encode(mapped, to);
        cr_assert(to == 0 ||
                      (length == (size_t)(end - mapped) && memcmp(mapped, lower, length) == 0),
                  "U+%04X", point);
    }
    cr_assert_gt(alone, 60000);
    gv_letters_free(letters);
    gv_icu_caser_free(caser);
}

Test(tokenizer_batch, every_character_in_lower_case_as_icu)
{
    check_lower_case(GV_LOWERCASE_SIMPLE);
    check_lower_case(GV_LOWERCASE_FOLD);
}

/* Simple lower case is ICU's full one, which knows the final sigma, but for the one character
 * that becomes two there (U+0130). */
Test(tokenizer_batch, simple_lower_case_as_icu)
{
    static const char *const parts[] = {"\xce\xa3",
                                        "\xce\xa3",
                                        "\xce\x91",
                                        "\xcf\x82",
                                        "A",
                                        "b",
                                        ".",
                                        "'",
                                        ":",
                                        ",",
                                        "^",
                                        "-",
                                        "1",
                                        "\xcc\x81",
                                        "\xca\xb0",
                                        "\xcd\x85",
                                        "\xc3\x9f",
                                        "\xe1\xba\x9e",
                                        "\xf0\x90\x90\x80",
                                        "\xc2\xad",
                                        "\xe2\x80\x99",
                                        "\xc7\x84"};
    gv_error err = GV_ERROR_INIT;
    gv_icu_caser *caser;
    UErrorCode code = U_ZERO_ERROR;
    UCaseMap *map = ucasemap_open("", 0, &code);
    gv_assert_ok(gv_icu_caser_new(&caser, GV_LOWERCASE_SIMPLE, &err), err);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 78);
    for (int round = 0; round < 20000; round++) {
        char text[64] = "", expected[128];
        const char *lower;
        size_t length;
        for (uint64_t n = gv_rng_below(&rng, 9); n > 0; n--)
            strcat(text, parts[gv_rng_below(&rng, sizeof parts / sizeof *parts)]);
        int32_t wanted = ucasemap_utf8ToLower(map, expected, sizeof expected, text,
                                              (int32_t)strlen(text), &code);
        gv_assert_ok(gv_icu_caser_apply(caser, text, strlen(text), &lower, &length, &err), err);
        cr_assert(length == (size_t)wanted && memcmp(lower, expected, length) == 0,
                  "'%s': '%.*s' instead of '%.*s'", text, (int)length, lower, (int)wanted,
                  expected);
    }
    ucasemap_close(map);
    gv_icu_caser_free(caser);
}
