/*
 * Tokens by the batch against tokens one by one, for all tokenizers, on random texts in random
 * pieces: the same tokens, newlines and statistics, and every key that of its text.
 */
#include "base/gv_rng.h"
#include "data/gv_tokenizer.h"
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>

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

static void take_one_by_one(output *to, gv_scanner *scanner)
{
    gv_error err = GV_ERROR_INIT;
    for (;;) {
        enum gv_piece_result result;
        const char *word;
        size_t length;
        gv_assert_ok(gv_scanner_next(scanner, &result, &word, &length, &err), err);
        if (result == GV_PIECE_NEEDED)
            return;
        if (result == GV_PIECE_WORD)
            put(to, word, length, 1);
        else
            put(to, "", 0, 2);
    }
}

static void take_batches(output *to, gv_scanner *scanner)
{
    gv_error err = GV_ERROR_INIT;
    for (;;) {
        const gv_token *tokens;
        size_t n, newlines, seen = 0;
        gv_assert_ok(gv_scanner_batch(scanner, true, &tokens, &n, &newlines, &err), err);
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
static output tokenize(enum gv_tokenizer kind, bool lowercase, const uint8_t *text, size_t length,
                       size_t piece, void (*take)(output *, gv_scanner *))
{
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, piece);
    output out = {.text = malloc(8 * length + 16)};
    gv_scanner *scanner;
    gv_assert_ok(gv_scanner_new(&scanner, kind, lowercase, &out.stats, &err), err);
    gv_scanner_reset(scanner, true);
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
        gv_scanner_feed(scanner, buffer, kept + n, last);
        take(&out, scanner);
        size_t used = kept + n;
        kept = gv_scanner_rest(scanner);
        memcpy(rest, buffer + used - kept, kept);
        free(buffer);
    }
    gv_scanner_free(scanner);
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
        enum gv_tokenizer kind = round % 2 ? GV_TOKENIZER_UNICODE : GV_TOKENIZER_WHITESPACE;
        bool lowercase = round % 4 >= 2;
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
