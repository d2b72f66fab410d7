/* vocab.txt in memory: reading, looking up, what is refused. */
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include "vocab/gv_vocab.h"
#include <stdio.h>
#include <string.h>

static gv_vocab *read_ok(const char *text, int counts_optional)
{
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab;
    gv_assert_ok(gv_vocab_read(&vocab, gv_test_write_text("v.txt", text), counts_optional, &err),
                 err);
    return vocab;
}

/* Reading `text` must fail as corrupt, and say `part` and `where`. */
static void refuse(const char *text, size_t length, const char *where, const char *part)
{
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab;
    const char *path = gv_test_write("v.txt", text, length);
    cr_assert_eq(gv_vocab_read(&vocab, path, 0, &err), GV_E_CORRUPT, "accepted: %s", text);
    cr_assert_null(vocab);
    cr_assert_not_null(strstr(err.text, where), "'%s' lacks %s", err.text, where);
    cr_assert_not_null(strstr(err.text, part), "'%s' lacks %s", err.text, part);
}
#define REFUSE(text, where, part) refuse(text, sizeof(text) - 1, where, part)

Test(vocab, typical)
{
    gv_vocab *vocab = read_ok("the 12\nof 7\nabcdefgh 7\nabcdefghi 3\nabcdefg 1\n", 0);
    cr_assert_eq(gv_vocab_size(vocab), 5);
    cr_assert_eq(gv_vocab_total(vocab), 30);
    cr_assert_str_eq(gv_vocab_word(vocab, 3), "abcdefghi");
    cr_assert_eq(gv_vocab_word_length(vocab, 3), 9);
    cr_assert_eq(gv_vocab_count(vocab, 1), 7);
    cr_assert_eq(gv_vocab_lookup(vocab, "abcdefgh", 8), 2);
    cr_assert_eq(gv_vocab_lookup(vocab, "abcdefghi", 9), 3);
    cr_assert_eq(gv_vocab_lookup(vocab, "abcdefg", 7), 4);
    cr_assert_eq(gv_vocab_lookup(vocab, "abcdefghj", 9), GV_VOCAB_NO_WORD);
    cr_assert_eq(gv_vocab_lookup(vocab, "the cat", 3), 0, "only `length` bytes count");
    cr_assert_eq(gv_vocab_lookup(vocab, "th", 2), GV_VOCAB_NO_WORD);
    cr_assert(gv_vocab_memory(vocab) > 64 * 16);
    gv_vocab_free(vocab);
}

Test(vocab, one_word_without_newline_and_crlf)
{
    gv_vocab *vocab = read_ok("w 18446744073709551615", 0);
    cr_assert_eq(gv_vocab_count(vocab, 0), UINT64_MAX);
    gv_vocab_free(vocab);
    vocab = read_ok("a\t2\r\nb 1\r\n", 0);
    cr_assert_eq(gv_vocab_count(vocab, 1), 1);
    gv_vocab_free(vocab);
}

Test(vocab, without_counts)
{
    gv_vocab *vocab = read_ok("b\na\n", 1);
    cr_assert_eq(gv_vocab_size(vocab), 2);
    cr_assert_eq(gv_vocab_total(vocab), 0);
    cr_assert_eq(gv_vocab_lookup(vocab, "a", 1), 1);
    gv_vocab_free(vocab);
}

Test(vocab, malformed)
{
    REFUSE("", "v.txt", "empty");
    REFUSE("a 1\nb\n", "v.txt:2:", "no count");
    REFUSE("a\nb\n", "v.txt:1:", "no count");
    REFUSE("a 1\n\nb 1\n", "v.txt:2:", "an empty line");
    REFUSE("a 1\n \t\n", "v.txt:2:", "an empty line");
    REFUSE(" 1\n", "v.txt:1:", "no count");
    REFUSE("a 1\nb 2\na 1\n", "v.txt:3:", "earlier");
    REFUSE("a 1\n<unk> 2\n", "v.txt:2:", "<unk>");
    REFUSE("a x\n", "v.txt:1:", "not a whole number");
    REFUSE("a -1\n", "v.txt:1:", "not a whole number");
    REFUSE("a 1 2\n", "v.txt:1:", "not a whole number");
    REFUSE("a 1 x\n", "v.txt:1:", "New_York");
    REFUSE("New York 7\n", "v.txt:1:", "New_York");
    REFUSE("a 18446744073709551616\n", "v.txt:1:", "not a whole number");
    REFUSE("a\xff 1\n", "v.txt:1:", "UTF-8");
    REFUSE("a\0b 1\n", "v.txt:1:", "NUL");
    REFUSE("a 18446744073709551615\nb 1\n", "v.txt:2:", "64 bits");
}

/* As editors and people leave it. */
Test(vocab, blanks_marks_and_ends_of_lines)
{
    static const char *const texts[] = {"a 3\nb 2\n",      "\357\273\277a 3\nb 2",
                                        "a 3 \n b\t2\t\n", "a 3\r\nb 2\r\n",
                                        "a 3\rb 2",        "  a \t 3\r\n\tb  2  \r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (int by_hand = 0; by_hand < 2; by_hand++) {
            gv_vocab *vocab = read_ok(texts[i], by_hand);
            cr_assert_eq(gv_vocab_size(vocab), 2, "%zu", i);
            cr_assert_str_eq(gv_vocab_word(vocab, 0), "a", "%zu", i);
            cr_assert_str_eq(gv_vocab_word(vocab, 1), "b", "%zu", i);
            cr_assert_eq(gv_vocab_total(vocab), 5, "%zu", i);
            gv_vocab_free(vocab);
        }
    }
    gv_vocab *list = read_ok("however, 3\n- 2\n[\"a 1\n# 1\n1984 1\nword 1\n", 1);
    cr_assert_str_eq(gv_vocab_word(list, 0), "however,", "a vocab.txt may be given as a list");
    cr_assert_eq(gv_vocab_size(list), 6);
    gv_vocab_free(list);
    gv_vocab *vocab = read_ok("\n\xef\xbb\xbf"
                              "a\n \t\n\r\nb \n\n",
                              1);
    cr_assert_eq(gv_vocab_size(vocab), 2);
    cr_assert_str_eq(gv_vocab_word(vocab, 0),
                     "\xef\xbb\xbf"
                     "a",
                     "only at the start");
    gv_vocab_free(vocab);
}

/* A list that is none says what it looks like. */
Test(vocab, lists_that_look_like_something_else)
{
    static const struct {
        const char *text, *where, *part;
    } cases[] = {{"frog\nNew York\n", "v.txt:2:", "New_York"},
                 {"New York\nfrog\n", "v.txt:1:", "one word a line"},
                 {"frog 3\nNew York 2\n", "v.txt:2:", "New_York"},
                 {"word count\nfrog 3\n", "v.txt:1:", "header"},
                 {"Word\tFrequency\nfrog\t3\n", "v.txt:1:", "header"},
                 {"frog, mat, dog\n", "v.txt:1:", "commas"},
                 {"frog; 3\nmat; 2\n", "v.txt", "ends with a comma or semicolon"},
                 {"{\"frog\": 0, \"mat\": 1}\n", "v.txt:1:", "JSON"},
                 {"[\"frog\", \"mat\"]\n", "v.txt:1:", "JSON"},
                 {"frog 1,000\n", "v.txt:1:", "whole number"},
                 {"frog\n# more\n", "v.txt:2:", "comments"},
                 {"- frog\n- mat\n", "v.txt:1:", "marks before a word"},
                 {"      3 frog\n      2 mat\n", "v.txt:1:", "uniq -c"},
                 {"1. frog\n", "v.txt:1:", "before the word"},
                 {"the 0.41 -0.2 1e-3\n", "v.txt:1:", "vectors"},
                 {"frog 3.5\n", "v.txt:1:", "whole number"},
                 {"frog -3\n", "v.txt:1:", "whole number"},
                 {"a\n\nfrog 3\n", "v.txt:3:", "has a count"},
                 {"a 1\nfrog\n", "v.txt:2:", "has no count"},
                 {"frog\n\nfrog \n", "v.txt:3:", "\"frog\" is in an earlier line"},
                 {"\n \n", "v.txt", "empty"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_vocab *vocab;
        const char *path = gv_test_write_text("v.txt", cases[i].text);
        cr_assert_eq(gv_vocab_read(&vocab, path, 1, &err), GV_E_CORRUPT, "%s", cases[i].text);
        cr_assert_not_null(strstr(err.text, cases[i].where), "%s", err.text);
        cr_assert_not_null(strstr(err.text, cases[i].part), "%s", err.text);
    }
}

Test(vocab, mixed_lines_are_refused_when_counts_are_optional)
{
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab;
    cr_assert_eq(gv_vocab_read(&vocab, gv_test_write_text("v.txt", "a\nb 2\n"), 1, &err),
                 GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "v.txt:2:"));
}

Test(vocab, writing_gives_back_the_file_and_its_hash)
{
    const char text[] = "the 12\n\xc3\xa9t\xc3\xa9 7\nof 7\n";
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab = read_ok(text, 0), *copy;
    const char *path = gv_test_path("out.txt");
    gv_assert_ok(gv_vocab_write(vocab, path, &err), err);
    cr_assert_str_eq(gv_test_read(path, NULL), text);
    cr_assert(gv_hash_equal(gv_vocab_hash(vocab), gv_hash_of(text, sizeof text - 1)));
    const char *words[] = {"the", "\xc3\xa9t\xc3\xa9", "of"};
    const uint64_t counts[] = {12, 7, 7};
    gv_assert_ok(gv_vocab_from_words(&copy, words, counts, 3, &err), err);
    cr_assert(gv_hash_equal(gv_vocab_hash(vocab), gv_vocab_hash(copy)));
    gv_vocab_free(vocab);
    gv_vocab_free(copy);
}

Test(vocab, from_words_refuses_what_a_file_could_not_hold)
{
    static const char *const bad[] = {"", "a b", "x\n", "<unk>", "\xff", "same"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_vocab *vocab;
        const char *words[] = {"same", bad[i]};
        const uint64_t counts[] = {2, 1};
        cr_assert_eq(gv_vocab_from_words(&vocab, words, counts, 2, &err), GV_E_CORRUPT, "%zu", i);
    }
}

/* Many words: all are found, in a table that had to grow, and others are not. */
Test(vocab, many_words)
{
    enum { WORDS = 30000 };
    char *text = malloc(WORDS * 24), *at = text;
    for (int i = 0; i < WORDS; i++)
        at += sprintf(at, "%s%d %d\n", i % 2 ? "w" : "longer-word-", i, WORDS - i);
    gv_vocab *vocab = read_ok(text, 0);
    for (int i = 0; i < WORDS; i++) {
        char word[32];
        size_t n = (size_t)sprintf(word, "%s%d", i % 2 ? "w" : "longer-word-", i);
        cr_assert_eq(gv_vocab_lookup(vocab, word, n), (uint32_t)i);
        n = (size_t)sprintf(word, "%s%d", i % 2 ? "longer-word-" : "w", i);
        cr_assert_eq(gv_vocab_lookup(vocab, word, n), GV_VOCAB_NO_WORD);
    }
    gv_vocab_free(vocab);
    free(text);
}

Test(vocab, every_failing_allocation_is_an_error)
{
    const char *path = gv_test_write_text("v.txt", "a 3\nb 2\nc 1\n");
    int failures = 0;
    for (uint64_t n = 1;; n++) {
        gv_error err = GV_ERROR_INIT;
        gv_vocab *vocab;
        gv_mem_fail_at(n, 0);
        int status = gv_vocab_read(&vocab, path, 0, &err);
        gv_mem_fail_at(0, 0);
        if (status == GV_OK) {
            gv_vocab_free(vocab);
            break;
        }
        failures++;
        cr_assert_eq(status, GV_E_MEMORY);
        cr_assert_null(vocab);
    }
    cr_assert(failures >= 5, "only %d allocations failed", failures);
}
