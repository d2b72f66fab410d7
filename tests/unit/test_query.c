/* gv_query in memory: lines of the prompt, rendering, failing allocations. */
#include "base/gv_mem.h"
#include "query/gv_query.h"
#include "support/gv_test.h"
#include "support/small_subwords.h"

#include <string.h>

#define VECTORS                                                                                    \
    "man 1 0 0.1\nwoman 0 1 0.1\nking 1 0 2\nqueen 0 1 2\n\xe6\x97\xa5\xe6\x9c\xac 1 1 1\n"

static gv_query *open_query(bool json, gv_config **config)
{
    gv_error err = GV_ERROR_INIT;
    gv_query *query;
    gv_assert_ok(gv_config_load(config, NULL, &(gv_strings){0}, "test", &err), err);
    const gv_query_options options = {
        .vectors = gv_test_write_text("v.txt", VECTORS), .top = 3, .json = json};
    gv_assert_ok(gv_query_open(&query, &options, *config, "nowhere", &err), err);
    return query;
}

/* The answer to a line, or the text of its error. */
static const char *ask(gv_query *query, const char *line, int status)
{
    gv_error err = GV_ERROR_INIT;
    char *answer;
    bool quit;
    cr_assert_eq(gv_query_line(&answer, &quit, query, line, &err), status, "%s: %s", line,
                 err.text);
    cr_assert_eq(quit, strcmp(line, "quit") == 0 || strcmp(line, "exit\n") == 0);
    if (status != GV_OK) {
        cr_assert_null(answer);
        return gv_test_format("%s", err.text);
    }
    const char *copy = gv_test_format("%s", answer);
    gv_mem_free(answer);
    return copy;
}

Test(query, lines)
{
    gv_config *config;
    gv_query *query = open_query(false, &config);
    cr_assert_str_eq(ask(query, "", GV_OK), "");
    cr_assert_str_eq(ask(query, " \t\r\n", GV_OK), "");
    cr_assert_str_eq(ask(query, "# words", GV_OK), "");
    cr_assert_str_eq(ask(query, "quit", GV_OK), "");
    cr_assert_str_eq(ask(query, "exit\n", GV_OK), "");
    cr_assert_eq(strncmp(ask(query, "king - man + woman\n", GV_OK), "queen ", 6), 0);
    cr_assert_not_null(
        strstr(ask(query, "king", GV_OK), "queen   0.8000\n\xe6\x97\xa5\xe6\x9c\xac    0.7746\n"),
        "wide letters take two columns");
    cr_assert_eq(strncmp(ask(query, "analogy man king woman", GV_OK), "queen ", 6), 0);
    cr_assert_str_eq(ask(query, "similarity king king", GV_OK), "1.0000\n");
    cr_assert_not_null(strstr(ask(query, "help", GV_OK), "analogy A B C"));
    cr_assert_not_null(strstr(ask(query, "similarity king", GV_E_USAGE), "similarity WORD WORD"));
    cr_assert_not_null(strstr(ask(query, "- -", GV_E_USAGE), "missing"));
    cr_assert_not_null(strstr(ask(query, "womna", GV_E_RUNTIME), "woman"));
    cr_assert_not_null(strstr(ask(query, "pairs king", GV_E_USAGE), "glove-shuffle"));
    cr_assert_not_null(strstr(ask(query, "\xff\xfe", GV_E_RUNTIME), "no vector"));
    gv_query_close(query);
    gv_config_free(config);
}

Test(query, top_is_kept_within_the_vocabulary)
{
    gv_config *config;
    gv_query *query = open_query(false, &config);
    const char *answer = ask(query, "king man woman queen", GV_OK);
    cr_assert_eq(strchr(answer, '\n')[1], '\0', "one word is left, so one line: %s", answer);
    cr_assert_str_eq(ask(query, "king man woman queen \xe6\x97\xa5\xe6\x9c\xac", GV_OK),
                     "no other word\n");
    gv_query_close(query);
    gv_config_free(config);
}

Test(query, json_is_one_line)
{
    gv_config *config;
    gv_query *query = open_query(true, &config);
    static const char *const lines[] = {"king", "analogy man king woman", "similarity king man",
                                        "info"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *answer = ask(query, lines[i], GV_OK);
        cr_assert_eq(answer[0], '{');
        cr_assert_str_eq(strchr(answer, '\n'), "\n");
    }
    gv_error failure = {GV_E_RUNTIME, "a \"quoted\" \xff text"}, err = GV_ERROR_INIT;
    char *line;
    gv_assert_ok(gv_query_error_json(&line, &failure, &err), err);
    cr_assert_str_eq(line, "{\"error\": \"a \\\"quoted\\\" \xef\xbf\xbd text\"}\n");
    gv_mem_free(line);
    gv_query_close(query);
    gv_config_free(config);
}

Test(query, completion)
{
    gv_config *config;
    gv_query *query = open_query(false, &config);
    size_t at = 0;
    cr_assert_str_eq(gv_query_complete(query, "s", true, &at), "similarity");
    cr_assert_str_eq(gv_query_complete(query, "s", true, &at), "search");
    cr_assert_null(gv_query_complete(query, "s", true, &at));
    at = 0;
    cr_assert_str_eq(gv_query_complete(query, "m", false, &at), "man");
    cr_assert_null(gv_query_complete(query, "m", false, &at));
    at = 0;
    for (size_t n = 0; n < 5; n++)
        cr_assert_not_null(gv_query_complete(query, "", false, &at));
    cr_assert_null(gv_query_complete(query, "", false, &at));
    gv_query_close(query);
    gv_config_free(config);
}

Test(query, the_vector_is_that_of_the_file)
{
    gv_config *config;
    gv_query *query = open_query(false, &config);
    ask(query, "king", GV_OK); /* scales what it works with */
    cr_assert_str_eq(ask(query, "vector man", GV_OK), "man 1 0 0.1\n");
    cr_assert_str_eq(ask(query, "vector KING", GV_OK), "king 1 0 2\n");
    gv_query_close(query);
    gv_config_free(config);
}

Test(query, failing_allocations)
{
    static const char *const lines[] = {"king - man + woman",
                                        "analogy man king woman",
                                        "info",
                                        "womna",
                                        "odd man king woman",
                                        "vector king",
                                        "search k",
                                        "help"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        int status = GV_E_MEMORY;
        for (uint64_t n = 1; status == GV_E_MEMORY; n++) {
            cr_assert_lt(n, 500);
            gv_config *config;
            gv_query *query = open_query(true, &config);
            gv_error err = GV_ERROR_INIT;
            char *answer;
            bool quit;
            gv_mem_fail_at(n, 0);
            status = gv_query_line(&answer, &quit, query, lines[i], &err);
            gv_mem_fail_at(0, 0);
            cr_assert_eq(status == GV_OK, answer != NULL);
            cr_assert(status == GV_OK || err.text[0]);
            gv_mem_free(answer);
            gv_query_close(query);
            gv_config_free(config);
        }
        cr_assert_eq(status, i == 3 ? GV_E_RUNTIME : GV_OK, "%s", lines[i]);
    }
}

/* --- unseen words ----------------------------------------------------------------------------- */

/* subwords.bin beside v.txt: n-grams of three letters, of which kings has five, and two known. It
 * belongs to vectors of which `man` has `first` as its first number. */
static void write_subwords(float first)
{
    static const uint32_t end[] = {3, 6};
    static const float rows[] = {5, 0, 10, 0, 0, 0};
    const small_subwords some = {.min_n = 3,
                                 .max_n = 3,
                                 .count = 2,
                                 .text = "<kiing",
                                 .end = end,
                                 .row = rows,
                                 .probe_word = "man",
                                 .probe_vector = {first, 0, 0.1f}};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(small_subwords_write(gv_test_path("subwords.bin"), &some, &err), err);
}

static void expect_answer(gv_query *query, const char *line, const char *part)
{
    const char *answer = ask(query, line, GV_OK);
    cr_expect_not_null(strstr(answer, part), "%s: no '%s' in %s", line, part, answer);
}

static void expect_failure(gv_query *query, const char *line, int status, const char *part)
{
    const char *answer = ask(query, line, status);
    cr_expect_not_null(strstr(answer, part), "%s: no '%s' in %s", line, part, answer);
}

Test(query, unseen_words_answer_from_subwords)
{
    gv_config *config;
    gv_query *query = open_query(false, &config);
    write_subwords(1);
    expect_answer(query, "kings", "king    1.0000\n");
    expect_answer(query, "kings", "\nfrom subwords: kings\n");
    expect_answer(query, "KINGS - man + woman", "queen   0.8");
    expect_answer(query, "KINGS", "king    1.0000\n");
    expect_answer(query, "kings kingly", "\nfrom subwords: kings, kingly\n");
    expect_answer(query, "analogy man kings woman", "queen ");
    expect_answer(query, "analogy man kings woman", "from subwords: kings\n");
    cr_expect_str_eq(ask(query, "similarity kings king", GV_OK), "1.0000  from subwords: kings\n");
    expect_answer(query, "odd kings king woman", "from subwords: kings\n");
    cr_expect_str_eq(ask(query, "vector kings", GV_OK), "kings 1 0 2\nfrom subwords: kings\n");
    cr_expect_null(strstr(ask(query, "king", GV_OK), "subwords"));
    expect_answer(query, "info", "/subwords.bin\n");
    expect_failure(query, "xyz", GV_E_RUNTIME, "none of its n-grams is known");
    expect_failure(query, "nearst kings", GV_E_USAGE, "did you mean 'nearest'");
    gv_query_close(query);
    gv_config_free(config);
}

Test(query, unseen_words_are_marked_in_json)
{
    gv_config *config;
    gv_query *query = open_query(true, &config);
    write_subwords(1);
    static const char *const lines[] = {"kings", "analogy man kings woman", "vector kings",
                                        "similarity man kings", "odd kings man woman"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect_answer(query, lines[i], "\"from_subwords\": [\"kings\"]");
    cr_expect_null(strstr(ask(query, "king", GV_OK), "subwords"));
    gv_query_close(query);
    gv_config_free(config);
}

Test(query, subwords_of_other_vectors_are_not_used)
{
    gv_config *config;
    gv_query *query = open_query(false, &config);
    write_subwords(1.5f);
    expect_failure(query, "kings", GV_E_RUNTIME, "similar words: king; the subwords.bin beside");
    gv_query_close(query);
    gv_config_free(config);
}

Test(query, damaged_subwords)
{
    gv_config *config;
    gv_query *query = open_query(false, &config);
    write_subwords(1);
    gv_test_flip(gv_test_path("subwords.bin"), -9);
    expect_failure(query, "kings", GV_E_CORRUPT, "subwords.bin");
    expect_answer(query, "king", "queen ");
    gv_query_close(query);
    gv_config_free(config);
}

/* A run without subwords: the error says that there could be some. */
Test(query, unseen_words_of_a_run_without_subwords)
{
    gv_config *config;
    gv_query *query;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_config_load(&config, NULL, &(gv_strings){0}, "test", &err), err);
    const gv_query_options options = {.top = 3};
    gv_test_write_text("vectors.txt", VECTORS);
    gv_assert_ok(gv_query_open(&query, &options, config, gv_test_dir(), &err), err);
    expect_failure(query, "kings", GV_E_RUNTIME,
                   "no vector for 'kings'; similar words: king; with output.subwords = true");
    gv_query_close(query);
    gv_config_free(config);
}
