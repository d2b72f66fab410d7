/* gv_eval: parsing of question files, scores against independent computations, JSON and tables. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "eval/gv_eval.h"
#include "eval/gv_eval_files.h"
#include "support/gv_test.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- files ------------------------------------------------------------------------------------ */

Test(eval, question_file)
{
    const char *path = gv_test_write_text("q.txt", "\xef\xbb\xbf: capital cities\r\n"
                                                   "Athens Greece Oslo Norway\r\n"
                                                   "\n"
                                                   "  a\tb  c d  \n"
                                                   ": gram1\n"
                                                   ": empty\n"
                                                   "w x y z");
    gv_error err = GV_ERROR_INIT;
    gv_eval_files_questions file;
    gv_assert_ok(gv_eval_files_read_questions(&file, path, &err), err);
    cr_assert_eq(file.n, 3);
    cr_assert_eq(file.sections, 3);
    cr_assert_str_eq(file.section[0], "capital cities");
    cr_assert_str_eq(file.line[0].word[3], "Norway");
    cr_assert_str_eq(file.line[1].word[0], "a");
    cr_assert_str_eq(file.line[1].word[3], "d");
    cr_assert_eq(file.line[1].section, 0);
    cr_assert_eq(file.line[2].section, 2);
    cr_assert_str_eq(file.line[2].word[3], "z");
    gv_eval_files_free_questions(&file);
}

Test(eval, question_file_without_sections)
{
    const char *path = gv_test_write_text("gram9-plural.txt", "a b c d\n: late\ne f g h\n");
    gv_error err = GV_ERROR_INIT;
    gv_eval_files_questions file;
    gv_assert_ok(gv_eval_files_read_questions(&file, path, &err), err);
    cr_assert_eq(file.sections, 2);
    cr_assert_str_eq(file.section[0], "gram9-plural");
    cr_assert_str_eq(file.section[1], "late");
    gv_eval_files_free_questions(&file);
}

static void expect_bad_questions(const char *text, size_t bytes, const char *where)
{
    gv_error err = GV_ERROR_INIT;
    gv_eval_files_questions file;
    const char *path = gv_test_write("bad.txt", text, bytes);
    cr_assert_eq(gv_eval_files_read_questions(&file, path, &err), GV_E_CORRUPT, "accepted: %s",
                 text);
    cr_assert_not_null(strstr(err.text, where), "'%s' lacks '%s'", err.text, where);
    cr_assert_null(file.text);
}

Test(eval, malformed_questions)
{
    expect_bad_questions("", 0, "bad.txt");
    expect_bad_questions(": only\n", 7, "bad.txt");
    expect_bad_questions("a b c d\na b c\n", 14, "bad.txt:2:");
    expect_bad_questions("a b c d e\n", 10, "bad.txt:1:");
    expect_bad_questions("a b c d\n:  \na b c d\n", 20, "bad.txt:2:");
    expect_bad_questions("a b c d\na b\0c d\n", 16, "bad.txt:2:");
    gv_error err = GV_ERROR_INIT;
    gv_eval_files_questions file;
    cr_assert_eq(gv_eval_files_read_questions(&file, gv_test_path("none"), &err), GV_E_IO);
}

Test(eval, similarity_file)
{
    const char *path = gv_test_write_text("s.tsv", "# comment\r\n"
                                                   "tiger cat 7.35\n"
                                                   "\n"
                                                   "new york\tbig apple\t1e1\r\n"
                                                   "x y -2");
    gv_error err = GV_ERROR_INIT;
    gv_eval_files_pairs file;
    gv_assert_ok(gv_eval_files_read_pairs(&file, path, &err), err);
    cr_assert_eq(file.n, 3);
    cr_assert_str_eq(file.line[1].word[0], "new york");
    cr_assert_str_eq(file.line[1].word[1], "big apple");
    cr_assert_eq(file.line[1].score, 10.0);
    cr_assert_eq(file.line[2].score, -2.0);
    gv_eval_files_free_pairs(&file);

    static const char *const bad[] = {"a b\n",        "a b c d\n", "a b 1,5\n", "a b nan\n",
                                      "a\tb\t1\t2\n", "a b inf\n", "",          "# nothing\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (gv_error)GV_ERROR_INIT;
        path = gv_test_write_text("bad.tsv", bad[i]);
        cr_assert_eq(gv_eval_files_read_pairs(&file, path, &err), GV_E_CORRUPT, "%s", bad[i]);
        cr_assert_not_null(strstr(err.text, i < 6 ? "bad.tsv:1:" : "bad.tsv:"), "%s", err.text);
    }
}

/* --- Spearman -----------------------------------------------------------------------------------
 */

/* Rank by counting, then Pearson from sums: quadratic, and shares nothing with gv_eval.c. */
static double plain_spearman(const double *x, const double *y, size_t n)
{
    double sx = 0, sy = 0, sxy = 0, sxx = 0, syy = 0;
    for (size_t i = 0; i < n; i++) {
        double rx = 0.5, ry = 0.5;
        for (size_t j = 0; j < n; j++) {
            rx += x[j] < x[i] ? 1.0 : x[j] > x[i] ? 0.0 : 0.5;
            ry += y[j] < y[i] ? 1.0 : y[j] > y[i] ? 0.0 : 0.5;
        }
        sx += rx, sy += ry, sxy += rx * ry, sxx += rx * rx, syy += ry * ry;
    }
    double m = (double)n;
    return (m * sxy - sx * sy) / sqrt((m * sxx - sx * sx) * (m * syy - sy * sy));
}

Test(eval, spearman)
{
    gv_error err = GV_ERROR_INIT;
    double rho;
    /* By hand: ranks 1 2 3 4 5 and 2 1 4 3 5; d^2 sums to 4; 1 - 6*4/(5*24) = 0.8. */
    gv_assert_ok(
        gv_eval_spearman(&rho, (double[]){1, 2, 3, 4, 5}, (double[]){20, 10, 40, 30, 50}, 5, &err),
        err);
    cr_assert_float_eq(rho, 0.8, 1e-12);
    /* scipy.stats.spearmanr([1, 2, 2, 4], [1, 3, 2, 4]) = 0.9486832980505138 */
    gv_assert_ok(gv_eval_spearman(&rho, (double[]){1, 2, 2, 4}, (double[]){1, 3, 2, 4}, 4, &err),
                 err);
    cr_assert_float_eq(rho, 0.9486832980505138, 1e-12);
    gv_assert_ok(gv_eval_spearman(&rho, (double[]){1, 2, 3}, (double[]){3, 2, 1}, 3, &err), err);
    cr_assert_float_eq(rho, -1.0, 1e-12);
    gv_assert_ok(gv_eval_spearman(&rho, (double[]){1, 1, 1}, (double[]){3, 2, 1}, 3, &err), err);
    cr_assert(isnan(rho));
    gv_assert_ok(gv_eval_spearman(&rho, (double[]){1}, (double[]){3}, 1, &err), err);
    cr_assert(isnan(rho));
    gv_assert_ok(gv_eval_spearman(&rho, NULL, NULL, 0, &err), err);
    cr_assert(isnan(rho));
}

Test(eval, spearman_with_ties_against_counting)
{
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (int round = 0; round < 200; round++) {
        double x[60], y[60], rho;
        size_t n = 3 + gv_rng_below(&rng, 57);
        for (size_t i = 0; i < n; i++) {
            x[i] = (double)gv_rng_below(&rng, 10);
            y[i] = x[i] * (double)gv_rng_below(&rng, 2) + (double)gv_rng_below(&rng, 5);
        }
        double wanted = plain_spearman(x, y, n);
        gv_assert_ok(gv_eval_spearman(&rho, x, y, n, &err), err);
        cr_assert(isfinite(wanted) ? fabs(rho - wanted) < 1e-9 : isnan(rho),
                  "%.15g instead of %.15g, round %d, seed %lu", rho, wanted, round,
                  (unsigned long)gv_test_seed());
    }
}

/* --- scoring ------------------------------------------------------------------------------------
 */

static gv_words *toy_words(const char *text)
{
    gv_error err = GV_ERROR_INIT;
    gv_words *words;
    gv_assert_ok(gv_words_read(&words, gv_test_write_text("toy.txt", text), &err), err);
    return words;
}

/* A vocabulary in which king - man + woman = queen exactly. */
#define TOY                                                                                        \
    "man 1 0 0.1\nwoman 0 1 0.1\nking 1 0 2\nqueen 0 1 2\n"                                        \
    "car -1 -1 0.5\nroad -1 -0.9 0.4\n<unk> 0 1 1.9\n"

static gv_strings list_of(const char *path)
{
    char **items = gv_test_keep(malloc(sizeof *items));
    items[0] = strdup(path);
    return (gv_strings){1, items};
}

static gv_eval_result *evaluate(const char *vectors, const char *questions, const char *pairs)
{
    gv_error err = GV_ERROR_INIT;
    gv_eval_result *result;
    gv_strings q = {0}, s = {0};
    if (questions)
        q = list_of(gv_test_write_text("questions.txt", questions));
    if (pairs)
        s = list_of(gv_test_write_text("pairs.tsv", pairs));
    gv_words *words = toy_words(vectors);
    gv_assert_ok(gv_eval_run(&result, words, &(gv_eval_job){&q, &s, 2, NULL}, &err), err);
    gv_words_free(words);
    return result;
}

Test(eval, scores)
{
    gv_eval_result *result = evaluate(TOY,
                                      ": family\nman king woman queen\nman king woman car\n"
                                      "man king nobody queen\n: gram-x\nMan King Woman Queen\n"
                                      ": none\nno such words here\n",
                                      "man woman 1\ncar road 9\nking queen 5\nking nobody 5\n");
    const gv_eval_analogies *file = &result->analogy[0];
    cr_assert_eq(file->sections, 3);
    cr_assert_eq(file->section[0].correct, 1);
    cr_assert_eq(file->section[0].correct_mul, 1);
    cr_assert_eq(file->section[0].answered, 2);
    cr_assert_eq(file->section[0].total, 3);
    cr_assert_eq(file->section[1].correct, 1, "upper-case questions over a lower-case vocabulary");
    cr_assert_eq(file->section[2].answered, 0);
    cr_assert_eq(file->all.answered, 3);
    cr_assert_eq(file->all.total, 5);
    cr_assert_eq(result->similarity[0].pairs, 3);
    cr_assert_eq(result->similarity[0].missing, 1);
    cr_assert_float_eq(result->similarity[0].spearman, 1.0, 1e-12);
    gv_eval_free(result);
}

Test(eval, case_is_kept_when_the_vocabulary_has_any)
{
    gv_eval_result *result =
        evaluate(TOY "Oslo 0.3 0.3 0.3\n", "Man King Woman Queen\nman king woman queen\n", NULL);
    cr_assert_eq(result->analogy[0].all.answered, 1);
    gv_eval_free(result);
}

Test(eval, json_is_as_documented)
{
    gv_eval_result *result =
        evaluate(TOY, ": family\nman king woman queen\nman king woman car\n", "man woman 1\n");
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_assert_ok(gv_eval_json(&text, result, &err), err);
    json_t *json = json_loads(text, 0, NULL);
    gv_mem_free(text);
    const char *file, *name, *pairs_file;
    double accuracy, mul;
    json_int_t answered, total, correct, a2, t2, pairs, missing;
    json_t *spearman;
    json_error_t why;
    int bad = json_unpack_ex(
        json, &why, JSON_STRICT,
        "{s:[{s:s, s:F, s:F, s:I, s:I, s:[{s:s, s:I, s:I, s:I!}]!}!], s:[{s:s, s:o, s:I, s:I!}!]!}",
        "analogies", "file", &file, "accuracy", &accuracy, "accuracy_mul", &mul, "answered",
        &answered, "total", &total, "sections", "name", &name, "correct", &correct, "answered", &a2,
        "total", &t2, "similarity", "file", &pairs_file, "spearman", &spearman, "pairs", &pairs,
        "missing", &missing);
    cr_assert_eq(bad, 0, "%s", why.text);
    cr_assert_float_eq(accuracy, 50.0, 1e-12);
    cr_assert_float_eq(mul, 50.0, 1e-12);
    cr_assert(answered == 2 && total == 2 && correct == 1 && a2 == 2 && t2 == 2);
    cr_assert(json_is_null(spearman), "one pair has no correlation");
    cr_assert(pairs == 1 && missing == 0);
    json_decref(json);
    gv_eval_free(result);

    result = evaluate(TOY, "no such words here\n", NULL);
    gv_assert_ok(gv_eval_json(&text, result, &err), err);
    json = json_loads(text, 0, NULL);
    gv_mem_free(text);
    json_t *first = json_array_get(json_object_get(json, "analogies"), 0);
    cr_assert(json_is_null(json_object_get(first, "accuracy")));
    cr_assert(json_is_null(json_object_get(first, "accuracy_mul")));
    json_decref(json);
    gv_eval_free(result);
}

Test(eval, table)
{
    gv_eval_result *result = evaluate(TOY, ": family\nman king woman queen\n: gram1\na b c d\n",
                                      "man woman 1\ncar road 9\n");
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_assert_ok(gv_eval_table(&text, result, &err), err);
    static const char *const parts[] = {
        "family           1        1        1   100.00 %   100.00 %\n",
        "gram1 ",
        "semantic         1        1        1   100.00 %   100.00 %\n",
        "syntactic        0        0        1        -          -\n",
        "\nall ",
        "1.0000\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_assert_not_null(strstr(text, parts[i]), "no '%s' in\n%s", parts[i], text);
    gv_mem_free(text);
    gv_eval_free(result);
}

Test(eval, spelt_alike)
{
    gv_words *words = toy_words("house 1 0\nhorse 0 1\nmouse 1 1\nhous\xc3\xa9 1 2\nx 1 3\n");
    const char *found[3];
    cr_assert_eq(gv_words_similar(found, 3, words, "hosue"), 1);
    cr_assert_str_eq(found[0], "house");
    cr_assert_eq(gv_words_similar(found, 3, words, "zzzzzz"), 0);
    cr_assert_eq(gv_words_similar(found, 3, words, ""), 1);
    size_t n = gv_words_similar(found, 3, words, "HOUSES");
    cr_assert_eq(n, 3);
    cr_assert_str_eq(found[0], "house");
    cr_assert_str_eq(found[1], "horse");
    cr_assert_eq(gv_words_similar(found, 0, words, "house"), 0);
    gv_words_free(words);
}

Test(eval, widths)
{
    cr_assert_eq(gv_print_width("abc"), 3);
    cr_assert_eq(gv_print_width("\xc3\xa9"), 1);
    cr_assert_eq(gv_print_width("e\xcc\x81"), 1);
    cr_assert_eq(gv_print_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
    cr_assert_eq(gv_print_width("\xff\xff"), 2);
    gv_print_buffer buffer;
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_assert_ok(gv_print_open(&buffer, &err), err);
    gv_print_pad(buffer.stream, "a\x1b\xff\xc3\xa9", 6);
    fputc('|', buffer.stream);
    gv_assert_ok(gv_print_close(&text, &buffer, &err), err);
    cr_assert_str_eq(text, "a?\xef\xbf\xbd\xc3\xa9  |");
    gv_mem_free(text);
}

Test(eval, failing_allocations)
{
    gv_words *words = toy_words(TOY);
    gv_strings q = list_of(gv_test_write_text("questions.txt", "man king woman queen\n"));
    gv_strings s = list_of(gv_test_write_text("pairs.tsv", "man woman 1\ncar road 9\n"));
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        cr_assert_lt(n, 200);
        gv_error err = GV_ERROR_INIT;
        gv_eval_result *result;
        gv_mem_fail_at(n, 0);
        status = gv_eval_run(&result, words, &(gv_eval_job){&q, &s, 1, NULL}, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK ? result != NULL : status == GV_E_MEMORY && !result,
                  "status %d: %s", status, err.text);
        gv_eval_free(result);
    }
    gv_words_free(words);
}
