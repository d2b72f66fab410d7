/*
 * Building the vocabulary against a brute-force count (sort all tokens, count equal neighbours), on
 * random corpora, with budgets so small that tables spill and runs are merged in several passes.
 */
#include "base/gv_rng.h"
#include "cooccur/vocab/gv_vocab_count.h"
#include "cooccur/vocab/gv_word_table.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <string.h>

typedef struct counted {
    const char *word;
    unsigned long count;
} counted;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_rank(const void *a, const void *b)
{
    const counted *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->word, y->word);
}

/* vocab.txt of an ASCII text, the slow way. */
static char *brute_force(const char *text, unsigned long min_count, size_t max_size)
{
    char *copy = strdup(text), *rest = copy, *token;
    size_t n = 0, words = 0, capacity = strlen(text) / 2 + 2;
    char **tokens = malloc(capacity * sizeof *tokens);
    counted *list = malloc(capacity * sizeof *list);
    while ((token = strsep(&rest, " \n")))
        if (*token)
            tokens[n++] = token;
    qsort(tokens, n, sizeof *tokens, by_text);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && strcmp(tokens[i], tokens[j]) == 0; j++)
            ;
        if (j - i >= min_count)
            list[words++] = (counted){tokens[i], j - i};
    }
    qsort(list, words, sizeof *list, by_rank);
    if (max_size > 0 && words > max_size)
        words = max_size;
    char *result = malloc(strlen(text) + 24 * words + 1), *at = result;
    *at = '\0';
    for (size_t i = 0; i < words; i++)
        at += sprintf(at, "%s %lu\n", list[i].word, list[i].count);
    free(copy);
    free(tokens);
    free(list);
    return result;
}

static char *random_words(gv_rng *rng, size_t tokens, uint64_t range)
{
    char *text = malloc(tokens * 40 + 2), *at = text;
    for (size_t i = 0; i < tokens; i++) {
        uint64_t word = gv_rng_below(rng, gv_rng_below(rng, range) + 1);
        /* short words, words that share long beginnings, words that begin others */
        if (word % 3 == 0)
            at += sprintf(at, "%lx", (unsigned long)word);
        else if (word % 3 == 1)
            at += sprintf(at, "a-long-common-beginning-%lu", (unsigned long)word);
        else
            at += sprintf(at, "%.*s", (int)(word % 30 + 1), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        *at++ = gv_rng_below(rng, 9) ? ' ' : '\n';
    }
    *at = '\0';
    return text;
}

static gv_vocab_count_summary build(const gv_config *config, uint64_t bytes, size_t block,
                                    char **result)
{
    gv_error err = GV_ERROR_INIT;
    gv_vocab_count_summary summary;
    const char *path = gv_test_path("vocab.txt");
    gv_vocab_count_job job = {.config = config,
                              .path = path,
                              .temp_dir = gv_test_dir(),
                              .table_bytes = bytes,
                              .block_bytes = block};
    gv_assert_ok(gv_vocab_count_build(&summary, &job, &err), err);
    *result = gv_test_read(path, NULL);
    return summary;
}

Test(vocab_count, equals_brute_force_for_any_budget_and_threads, .timeout = 60)
{
    static const uint64_t budgets[] = {1, 10000, 40000, 300000, 0};
    uint64_t spilled = 0, passes = 0, in_memory = 0;
    for (uint64_t round = 0; round < 8; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, round);
        char *text =
            random_words(&rng, 4000 + (size_t)gv_rng_below(&rng, 16000), round % 2 ? 20000 : 300);
        char *path = strdup(gv_test_write_text("corpus.txt", text));
        gv_config config = {.corpus_files = {.n = 1, .items = &path},
                            .vocab_min_count = 1 + round % 3,
                            .vocab_max_size = round % 4 == 3 ? 50 : 0,
                            .vocab_memory_mb = 64};
        char *expected = brute_force(text, config.vocab_min_count, config.vocab_max_size);
        for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
            config.cooccur_threads = (uint32_t)(1 + (round + 3 * i) % 8);
            char *got;
            gv_vocab_count_summary summary = build(&config, budgets[i], 1000, &got);
            cr_assert_str_eq(got, expected, "seed %lu round %lu budget %lu threads %u",
                             (unsigned long)gv_test_seed(), (unsigned long)round,
                             (unsigned long)budgets[i], config.cooccur_threads);
            spilled += summary.spilled_runs;
            passes += summary.merge_passes;
            in_memory += summary.spilled_runs == 0;
            free(got);
        }
        free(expected);
        free(text);
        free(path);
    }
    cr_assert(spilled > 100 && passes > 4 && in_memory >= 8,
              "%lu runs, %lu passes, %lu in memory: the test does not reach every path",
              (unsigned long)spilled, (unsigned long)passes, (unsigned long)in_memory);
}

/* The sum of what is covered and of all tokens, in the summary. */
Test(vocab_count, summary)
{
    char *path = strdup(gv_test_write_text("corpus.txt", "b a a\nc b a d\n"));
    gv_config config = {.corpus_files = {.n = 1, .items = &path},
                        .vocab_min_count = 2,
                        .vocab_memory_mb = 64,
                        .cooccur_threads = 2};
    char *got;
    gv_vocab_count_summary summary = build(&config, 0, 0, &got);
    cr_assert_str_eq(got, "a 3\nb 2\n");
    cr_assert_eq(summary.words, 2);
    cr_assert_eq(summary.distinct, 4);
    cr_assert_eq(summary.covered, 5);
    cr_assert_eq(summary.corpus.tokens, 7);
    cr_assert_eq(summary.corpus.documents, 2);
    free(path);
}

/* Count one word; false: the table is full. */
static bool count(gv_word_table *table, const char *word, size_t length)
{
    gv_error err = GV_ERROR_INIT;
    gv_token token = gv_token_of(word, length);
    size_t done;
    gv_assert_ok(gv_word_table_count(table, &token, 1, &done, &err), err);
    return done == 1;
}

/* The table in its corners: full at the least budget, the longest words, sorting what is sorted. */
Test(vocab_count, table)
{
    gv_error err = GV_ERROR_INIT;
    gv_word_table table;
    gv_assert_ok(gv_word_table_init(&table, false, 0, &err), err);
    static char longest[999];
    memset(longest, 'z', sizeof longest);
    cr_assert(count(&table, longest, sizeof longest));
    unsigned n = 0;
    for (bool room = true; room; n++) {
        char word[16];
        room = count(&table, word, (size_t)sprintf(word, "%u", n));
    }
    cr_assert(n > 40 && gv_word_table_memory(&table) <= GV_WORD_TABLE_LEAST, "%u words", n);
    /* full for new words only */
    cr_assert(count(&table, "7", 1));
    for (int again = 0; again < 2; again++) {
        gv_word_table_sort(&table, GV_WORD_TABLE_BY_WORD);
        if (again)
            break;
        for (uint64_t i = 1; i < table.used; i++) {
            gv_word_table_word a = gv_word_table_get(&table, i - 1),
                               b = gv_word_table_get(&table, i);
            cr_assert(gv_word_table_compare(&a, &b, GV_WORD_TABLE_BY_WORD) < 0);
        }
        gv_word_table_word last = gv_word_table_get(&table, table.used - 1);
        cr_assert_eq(last.length, sizeof longest);
        gv_word_table_clear(&table);
        cr_assert(count(&table, "x", 1));
        cr_assert_eq(table.used, 1);
    }
    gv_word_table_free(&table);
}

/* Tables that absorb another: counts add up; one that is too small leaves the rest where it was. */
Test(vocab_count, absorb)
{
    static const uint64_t budgets[] = {0, 1 << 20};
    gv_error err = GV_ERROR_INIT;
    for (int b = 0; b < 2; b++) {
        gv_word_table to, from;
        gv_assert_ok(gv_word_table_init(&to, false, budgets[b], &err), err);
        gv_assert_ok(gv_word_table_init(&from, false, 1 << 20, &err), err);
        for (unsigned i = 0; i < 3000; i++) {
            char word[40];
            size_t length =
                (size_t)sprintf(word, i % 3 ? "%u" : "a-word-that-is-longer-than-16-%u", i);
            if (i % 2 == 0 && i < 40)
                cr_assert(count(&to, word, length));
            for (unsigned n = 0; n <= i % 4; n++)
                cr_assert(count(&from, word, length));
        }
        bool full;
        gv_assert_ok(gv_word_table_absorb(&to, &from, &full, &err), err);
        cr_assert_eq(full, b == 0);
        gv_word_table_sort(&to, GV_WORD_TABLE_BY_WORD);
        gv_word_table_sort(&from, GV_WORD_TABLE_BY_WORD);
        uint64_t words = to.used + from.used, tokens = 0;
        for (uint64_t i = 0; i < to.used; i++)
            tokens += gv_word_table_get(&to, i).count;
        for (uint64_t i = 0; i < from.used; i++)
            tokens += gv_word_table_get(&from, i).count;
        cr_assert_eq(tokens, 3000 / 4 * (1 + 2 + 3 + 4) + 20);
        cr_assert(b == 0 ? words >= 3000 && words <= 3020 : to.used == 3000 && from.used == 0);
        gv_word_table_free(&to);
        gv_word_table_free(&from);
    }
}
