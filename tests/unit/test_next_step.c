/* The command that is shown after training: its word, and its quotes. */
#include "app/gv_next_step.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <string.h>

/* `n` words of two letters, then `more`, in a vocabulary. */
static gv_vocab *make_vocab(size_t n, const char *const *more, size_t m)
{
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab;
    const char *words[1000];
    uint64_t counts[1000];
    cr_assert_lt(n + m, sizeof words / sizeof *words);
    for (size_t i = 0; i < n + m; i++) {
        words[i] =
            i < n ? gv_test_format("%c%c", 'a' + (int)(i / 26), 'a' + (int)(i % 26)) : more[i - n];
        counts[i] = 5000 - i;
    }
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, n + m, &err), err);
    return vocab;
}

static void expect_word(size_t n, const char *const *more, size_t m, const char *expected)
{
    gv_vocab *vocab = make_vocab(n, more, m);
    const char *word = gv_next_step_word(vocab);
    if (expected)
        cr_assert_str_eq(word, expected);
    else
        cr_assert_null(word, "%s", word);
    gv_vocab_free(vocab);
}

Test(next_step, word_is_frequent_and_of_letters)
{
    static const char *const more[] = {"$HOME", "it's", "U.S.A",   "a\302\240bcd",
                                       "tiny",  "жабы", "лягушка", "frogs-eaters"};
    expect_word(500, more, 8, "лягушка");
    expect_word(500, more, 5, "gm"); /* from the 168th on, nothing long enough is there */
    expect_word(3, more, 5, "ac");
}

Test(next_step, small_or_odd_vocabularies)
{
    static const char *const signs[] = {"!", "';id;'", "<", "12345", "&&", "`id`"};
    expect_word(0, signs, 6, NULL);
    expect_word(1, signs, 0, "aa");
}

Test(next_step, quotes)
{
    static const char *const cases[][2] = {
        {"runs/my", "runs/my"}, {"my run", "'my run'"}, {"it's", "'it'\\''s'"}, {"", "''"},
        {"~x", "'~x'"},         {"$(id)", "'$(id)'"},   {"a*b", "'a*b'"},       {"ü", "'ü'"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gv_text text = GV_TEXT_INIT;
        gv_next_step_quote(&text, cases[i][0]);
        cr_assert_str_eq(text.bytes, cases[i][1]);
        gv_text_drop(&text);
    }
}
