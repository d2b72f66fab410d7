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
    gv_test_run_ok("printf '\\357\\273\\277car\\r\\nroad\\r\\n' | " QUERY);
}

#define SIGNS "- 1 2\n+ 2 1\na 1 1\nb 2 3\n-lrb- 3 1\n"

Test(query_cli, signs_that_are_words)
{
    gv_test_write_text("v.txt", SIGNS);
    static const char *const words[][2] = {
        {"-", "[\"-\"]"},           {"+", "[\"+\"]"},   {"a + -", "[\"a\", \"+\", \"-\"]"},
        {"- - +", "\"results\""},   {"- + a", "\"b\""}, {"-- -lrb-", "[\"-lrb-\"]"},
        {"- a + b", "\"results\""},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (unsigned named = 0; named < 2; named++) {
            gv_test_result result =
                gv_test_run_ok(QUERY "--json %s %s", named ? "nearest" : "", words[i][0]);
            cr_assert_not_null(strstr(result.out, words[i][1]), "%s: %s", words[i][0], result.out);
        }
    gv_test_result result =
        gv_test_run_ok("printf 'nearest -\\n-\\n+\\nnearest a - +\\n' | " QUERY "--json --top 1");
    size_t answers = 0;
    for (const char *at = result.out; (at = strstr(at, "\"results\"")); at++)
        answers++;
    cr_assert_eq(answers, 4, "%s", result.out);
    /* the word that stands for itself is no answer, and the sum is that of the words */
    cr_assert_str_eq(first_word(gv_test_run_ok(QUERY "--json nearest -").out), "b");
    gv_test_expect_error(gv_test_run(QUERY "nearest - -"), 2, "missing", NULL);
    gv_test_expect_error(gv_test_run(QUERY "nearest -lrb-"), 2, "put -- before it", NULL);
}

Test(query_cli, words_without_a_command)
{
    gv_test_write_text("v.txt", VECTORS);
    cr_assert_str_eq(gv_test_run_ok(QUERY "king - man + woman").out,
                     gv_test_run_ok(QUERY "nearest king - man + woman").out);
    cr_assert_str_eq(gv_test_run_ok(QUERY "--top 2 car").out,
                     gv_test_run_ok("echo car | " QUERY "--top 2").out);
    cr_assert_str_eq(gv_test_run_ok(QUERY "'king - man + woman'").out,
                     gv_test_run_ok(QUERY "king - man + woman").out);
    cr_assert_str_eq(gv_test_run_ok(QUERY "' similarity man man '").out, "1.0000\n");
    gv_test_expect_error(gv_test_run(QUERY "'  '"), 2, "missing", NULL);
    gv_test_expect_error(gv_test_run(QUERY "kign"), 1, "'kign'", "king", NULL);
    gv_test_expect_error(gv_test_run(QUERY "search"), 2, "search PREFIX", "nearest search", NULL);
    gv_test_write_text("v.txt", "new york 1 2\nus 1 1\nnew 2 1\n");
    cr_assert_str_eq(gv_test_run_ok(QUERY "vector 'new york'").out, "new york 1 2\n");
    cr_assert_str_eq(first_word(gv_test_run_ok(QUERY "--json 'New York'").out), "us");
}

Test(query_cli, vector_odd_search)
{
    gv_test_write_text("v.txt", VECTORS);
    cr_assert_str_eq(gv_test_run_ok(QUERY "vector King").out, "king 1 0 2\n");
    cr_assert_str_eq(gv_test_run_ok(QUERY "vector road").out, "road -1 -0.9 0.4\n");
    gv_test_result json = gv_test_run_ok(QUERY "--json vector queen");
    cr_assert_not_null(strstr(json.out, "\"vector\": [0.0, 1.0, 2.0], \"length\": 2.2360679"), "%s",
                       json.out);
    cr_assert_eq(strncmp(gv_test_run_ok(QUERY "odd king queen car woman").out, "car ", 4), 0);
    cr_assert_not_null(
        strstr(gv_test_run_ok(QUERY "--json odd road man car").out, "\"odd\": \"man\""));
    gv_test_expect_error(gv_test_run(QUERY "odd king queen"), 2, "odd A B C", NULL);
    cr_assert_str_eq(gv_test_run_ok(QUERY "search c").out, "car\nc\xc3\xa9l\xc3\xa8"
                                                           "bre\n");
    cr_assert_str_eq(gv_test_run_ok(QUERY "search C --top 1").out, "car\n");
    cr_assert_str_eq(gv_test_run_ok(QUERY "search xyz").out, "no word begins with xyz\n");
    cr_assert_not_null(strstr(gv_test_run_ok(QUERY "--json --top 1 search c").out,
                              "\"matches\": 2, \"results\": [{\"word\": \"car\", \"row\": 4}]"));
}

/* Every line of standard output and error is a JSON object. */
static void expect_json(const char *command, int exit_code, const char *part)
{
    gv_test_result result = gv_test_run("%s 2>&1", command);
    cr_assert_eq(result.exit_code, exit_code, "%s: %s", command, result.out);
    cr_assert_not_null(strstr(result.out, part), "%s: %s", command, result.out);
    size_t lines = 0;
    for (char *line = strtok(result.out, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        json_t *json = json_loads(line, 0, NULL);
        cr_assert(json_is_object(json), "%s: no JSON object: %s", command, line);
        json_decref(json);
    }
    cr_assert_gt(lines, 0);
}

Test(query_cli, json_mode_prints_json_only)
{
    gv_test_write_text("v.txt", VECTORS);
    gv_test_write_text("one.txt", "alone 1 2\n");
    expect_json(QUERY "--json help", 0, "\"usage\"");
    expect_json(QUERY "--json --help", 0, "{\"help\": ");
    expect_json(QUERY "--version --json", 0, "{\"version\": ");
    expect_json(QUERY "--json search xyz", 0, "\"results\": []");
    expect_json("glove-query --vectors one.txt --json nearest alone", 0, "\"results\": []");
    expect_json(QUERY "--json nearest kign", 1, "king");
    expect_json(QUERY "--json analogy king", 2, "\"error\": \"usage: analogy A B C\"");
    expect_json(QUERY "--json --top 0 king", 2, "--top");
    expect_json(QUERY "--tpo 1 --json king", 2, "--tpo");
    expect_json(QUERY "--json nearset king", 2, "nearest");
    expect_json("glove-query --json --vectors none.txt king", 1, "none.txt");
    expect_json("glove-query --json --run-dir nowhere king", 2, "glove-train");
    expect_json("glove-query --json --run-dir nowhere info", 0, "\"vectors\": null");
    expect_json("printf 'king\\nhelp\\nkign\\n\\n# no\\nanalogy a\\nquit\\n' | " QUERY "--json", 1,
                "2 of 4 queries failed");
    /* after "--" it is a word */
    gv_test_expect_error(gv_test_run(QUERY "nearest -- --json"), 1, "'--json'", NULL);
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

/* A row of zeros, or with NaN, is near nothing: that is said, and no list of 0.0000. */
Test(query_cli, vectors_without_direction)
{
    gv_test_write_text("v.txt", "frog 1 0\nnone 0 0\nbad nan 1\nmat 1 1\n");
    static const char *const asked[] = {
        "nearest none",          "nearest bad",      "frog + bad", "similarity frog bad",
        "analogy frog mat none", "odd frog mat bad", "frog - frog"};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        gv_test_expect_error(
            gv_test_run("glove-query --vectors v.txt --progress none %s", asked[i]), 1,
            "has no direction", NULL);
    gv_test_run_ok("glove-query --vectors v.txt --progress none vector bad");
    gv_test_run_ok("glove-query --vectors v.txt --progress none nearest frog");
}
