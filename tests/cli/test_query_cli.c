/* glove-query from the outside: every command, text and JSON, pipe, errors. */
#include "base/gv_rng.h"
#include "support/gv_test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS                                                                                    \
    "man 1 0 0.1\nwoman 0 1 0.1\nking 1 0 2\nqueen 0 1 2\n"                                        \
    "car -1 -1 0.5\nroad -1 -0.9 0.4\nc\xc3\xa9l\xc3\xa8"                                          \
    "bre -1 -1 -1\n<unk> 0 1 1.9\n"

#define QUERY "glove-query --run-dir run --vectors v.txt "

static const char *first_word(const char *json)
{
    json_t *object = gv_test_keep(json_loads(json, 0, NULL));
    cr_assert_not_null(object, "no JSON: %s", json);
    return json_string_value(
        json_object_get(json_array_get(json_object_get(object, "results"), 0), "word"));
}

Test(query_cli, one_shot)
{
    gv_test_write_text("v.txt", VECTORS);
    gv_test_result result = gv_test_run_ok(QUERY "nearest car --top 2");
    cr_assert_eq(strncmp(result.out, "road", 4), 0, "%s", result.out);
    cr_assert_str_empty(result.err);
    size_t lines = 0;
    for (const char *at = result.out; *at; at++)
        lines += *at == '\n';
    cr_assert_eq(lines, 2);
    cr_assert_str_eq(first_word(gv_test_run_ok(QUERY "--json analogy man king woman").out),
                     "queen");
    cr_assert_str_eq(first_word(gv_test_run_ok(QUERY "--json --mul analogy man king woman").out),
                     "queen");
    cr_assert_str_eq(first_word(gv_test_run_ok(QUERY "--json nearest king - man + woman").out),
                     "queen");
    cr_assert_str_eq(gv_test_run_ok(QUERY "similarity man man").out, "1.0000\n");
    cr_assert_str_eq(gv_test_run_ok(QUERY "similarity man MAN").out, "1.0000\n");
    cr_assert_str_eq(first_word(gv_test_run_ok(QUERY "--json nearest C\xc3\x89L\xc3\x88"
                                                     "BRE")
                                    .out),
                     "road");
    cr_assert_not_null(strstr(gv_test_run_ok(QUERY "info").out, "8 words, 3 dimensions"));
    cr_assert_null(strstr(gv_test_run_ok(QUERY "nearest queen").out, "<unk>"));
}

Test(query_cli, from_a_pipe)
{
    gv_test_write_text("v.txt", VECTORS);
    gv_test_result result =
        gv_test_run("printf 'car\\n\\n# comment\\nking - man + woman\\nsimilarity man man\\n"
                    "quit\\nnot read\\n' | " QUERY "--top 1");
    cr_assert_eq(result.exit_code, 0, "%s", result.err);
    cr_assert_str_empty(result.err);
    cr_assert_eq(strncmp(result.out, "road", 4), 0);
    cr_assert_not_null(strstr(result.out, "\nqueen"));
    cr_assert_not_null(strstr(result.out, "\n1.0000\n"));
    cr_assert_null(strstr(result.out, "glovebox>"));
    result = gv_test_run("printf 'car\\nnobody\\nroad\\n' | " QUERY "--json");
    cr_assert_eq(result.exit_code, 1);
    char *second = strchr(result.out, '\n') + 1;
    cr_assert_eq(strncmp(second, "{\"error\":", 9), 0, "%s", result.out);
    cr_assert_str_eq(first_word(strchr(second, '\n') + 1), "car", "the line after goes on");
    cr_assert_not_null(strstr(result.err, "1 of 3 queries"));
    cr_assert_eq(gv_test_run(QUERY "< /dev/null").exit_code, 0);
}

Test(query_cli, errors)
{
    gv_test_write_text("v.txt", VECTORS);
    gv_test_expect_error(gv_test_run(QUERY "nearest kign"), 1, "glove-query: error: ", "'kign'",
                         "king", NULL);
    gv_test_expect_error(gv_test_run(QUERY "nearest xyzzyxyzzy"), 1, "there are no similar words",
                         NULL);
    gv_test_expect_error(gv_test_run(QUERY "nearset car"), 2, "'nearset'", "'nearest'", NULL);
    gv_test_expect_error(gv_test_run(QUERY "analogy man king"), 2, "analogy A B C", NULL);
    gv_test_expect_error(gv_test_run(QUERY "nearest car +"), 2, "missing", NULL);
    gv_test_expect_error(gv_test_run(QUERY "nearest car --top 0"), 2, "--top", NULL);
    gv_test_expect_error(gv_test_run(QUERY "nearest car --top many"), 2, "--top", NULL);
    gv_test_expect_error(gv_test_run("glove-query --run-dir run nearest car"), 2, "glove-train",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-query --run-dir run pairs car"), 2, "glove-shuffle",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-query --vectors none.txt nearest car"), 1, "none.txt",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-query --store v.txt pairs car"), 1, "v.txt", NULL);
    cr_assert_eq(gv_test_run(QUERY "nearest car > /dev/full").exit_code, 1);
}

Test(query_cli, info_without_anything)
{
    gv_test_result result = gv_test_run_ok("glove-query --run-dir nowhere info");
    cr_assert_not_null(strstr(result.out, "vectors  none"));
    cr_assert_not_null(strstr(result.out, "store    none"));
    cr_assert_not(gv_test_exists(gv_test_path("nowhere")));
}

/* X(word, j) of the tokens "w0 w1 ..." within the window, by looking at every pair of places. */
static void brute_force(double *counts, size_t words, const char *text, size_t word, size_t window)
{
    size_t n = 0, capacity = 100000, *token = gv_test_keep(calloc(capacity, sizeof *token));
    for (const char *at = text; *at && n < capacity; at++)
        if (*at == 'w')
            token[n++] = strtoul(at + 1, NULL, 10);
    memset(counts, 0, words * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 1; k <= window && i + k < n; k++) {
            if (token[i] == word)
                counts[token[i + k]] += 1.0 / (double)k;
            if (token[i + k] == word)
                counts[token[i]] += 1.0 / (double)k;
        }
}

Test(query_cli, pairs_are_those_of_the_corpus)
{
    enum { WORDS = 30 };
    const char *corpus = gv_test_corpus("c.txt", gv_test_seed(), 5000, WORDS, 0);
    const char *config = gv_test_write_text(
        "c.json", "{\"corpus\": {\"files\": [\"c.txt\"], \"documents\": \"none\"}, "
                  "\"vocab\": {\"min_count\": 1}, \"cooccur\": {\"window\": 4}}");
    (void)config;
    gv_test_run_ok("for stage in vocab cooccur shuffle; do "
                   "glove-$stage --config c.json --run-dir run --progress none || exit 1; done");
    gv_test_result result = gv_test_run_ok("glove-query --run-dir run --json --top 1000 pairs w2");
    double counts[WORDS], sum = 0.0;
    brute_force(counts, WORDS, gv_test_read(corpus, NULL), 2, 4);
    size_t distinct = 0;
    for (size_t i = 0; i < WORDS; i++) {
        sum += counts[i];
        distinct += counts[i] > 0.0;
    }
    json_t *json = json_loads(result.out, 0, NULL), *item;
    cr_assert_not_null(json);
    cr_assert_float_eq(json_number_value(json_object_get(json, "sum")), sum, 1e-9 * sum);
    cr_assert_eq((size_t)json_integer_value(json_object_get(json, "contexts")), distinct);
    double last = 1e300;
    size_t i, n = 0;
    json_array_foreach(json_object_get(json, "results"), i, item)
    {
        size_t j = strtoul(json_string_value(json_object_get(item, "word")) + 1, NULL, 10);
        double count = json_number_value(json_object_get(item, "count"));
        cr_assert_float_eq(count, counts[j], 1e-9 * counts[j], "w%zu: %g instead of %g", j, count,
                           counts[j]);
        cr_assert_float_eq(json_number_value(json_object_get(item, "share")), count / sum, 1e-9);
        cr_assert_leq(count, last);
        last = count;
        n++;
    }
    cr_assert_eq(n, distinct);
    json_decref(json);
    cr_assert_eq(
        strncmp(gv_test_run_ok("glove-query --run-dir run pairs w2 --top 3").out, "w2: ", 4), 0);
    gv_test_expect_error(gv_test_run("glove-query --run-dir run pairs w2x"), 1, "'w2x'", "w2",
                         NULL);
    cr_assert_not_null(strstr(gv_test_run_ok("glove-query --run-dir run info").out, "window 4"));
}
