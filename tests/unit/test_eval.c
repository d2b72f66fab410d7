/* gv_eval: scores against independent computations, JSON and tables. test_eval_files.c has the
 * readers. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "eval/gv_eval.h"
#include "eval/gv_eval_spearman.h"
#include "support/eval_render.h"
#include "support/gv_test.h"
#include "support/small_subwords.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    const gv_eval_job job = {.analogies = q, .similarity = s, .threads = 2, .show_wrong = 1};
    gv_assert_ok(gv_eval_run(&result, words, &job, &err), err);
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
    json_t *json = json_loads(eval_render(result, gv_eval_text), 0, NULL);
    const char *file, *name, *pairs_file, *q[3], *right, *given, *w[2];
    double accuracy, mul, score, score_rank, cosine, cosine_rank;
    json_int_t answered, total, correct, correct_mul, a2, t2, pairs, missing;
    json_t *spearman;
    json_error_t why;
    int bad = json_unpack_ex(
        json, &why, JSON_STRICT,
        "{s:[{s:s, s:F, s:F, s:I, s:I, s:[{s:s, s:I, s:I, s:I, s:I, s:[{s:[sss!], s:s, "
        "s:s!}!]!}!]!}!],"
        " s:[{s:s, s:o, s:I, s:I, s:[{s:[ss!], s:F, s:F, s:F, s:F!}!]!}!]!}",
        "analogies", "file", &file, "accuracy", &accuracy, "accuracy_mul", &mul, "answered",
        &answered, "total", &total, "sections", "name", &name, "correct", &correct, "correct_mul",
        &correct_mul, "answered", &a2, "total", &t2, "wrong", "question", &q[0], &q[1], &q[2],
        "right", &right, "given", &given, "similarity", "file", &pairs_file, "spearman", &spearman,
        "pairs", &pairs, "missing", &missing, "differences", "words", &w[0], &w[1], "score", &score,
        "score_rank", &score_rank, "cosine", &cosine, "cosine_rank", &cosine_rank);
    cr_assert_eq(bad, 0, "%s", why.text);
    cr_assert_float_eq(accuracy, 50.0, 1e-12);
    cr_assert_float_eq(mul, 50.0, 1e-12);
    cr_assert(answered == 2 && total == 2 && correct == 1 && correct_mul == 1 && a2 == 2 &&
              t2 == 2);
    cr_assert_str_eq(q[1], "king");
    cr_assert_str_eq(right, "car");
    cr_assert_str_eq(given, "queen");
    cr_assert(json_is_null(spearman), "one pair has no correlation");
    cr_assert(pairs == 1 && missing == 0);
    cr_assert_str_eq(w[1], "woman");
    cr_assert_float_eq(score_rank, 1.0, 1e-12);
    cr_assert_float_eq(cosine_rank, 1.0, 1e-12);
    json_decref(json);
    gv_eval_free(result);

    result = evaluate(TOY, "no such words here\n", NULL);
    json = json_loads(eval_render(result, gv_eval_text), 0, NULL);
    json_t *first = json_array_get(json_object_get(json, "analogies"), 0);
    cr_assert(json_is_null(json_object_get(first, "accuracy")));
    cr_assert(json_is_null(json_object_get(first, "accuracy_mul")));
    json_decref(json);
    gv_eval_free(result);
}

static void expect_parts(const char *text, const char *const *parts)
{
    for (; *parts; parts++)
        cr_assert_not_null(strstr(text, *parts), "no '%s' in\n%s", *parts, text);
}

Test(eval, table)
{
    gv_eval_result *result = evaluate(TOY, ": family\nman king woman queen\n: gram1\na b c d\n",
                                      "man woman 1\ncar road 9\n");
    expect_parts(eval_render(result, gv_eval_table),
                 (const char *[]){"family           1        1        1   100.00 %   100.00 %\n",
                                  "gram1 ",
                                  "semantic         1        1        1   100.00 %   100.00 %\n",
                                  "syntactic        0        0        1        -          -\n",
                                  "\nall ", "1.0000  (few pairs)\n", NULL});
    gv_eval_free(result);
}

Test(eval, any_of_several_answers_is_right)
{
    /* man king woman: queen, the second answer; woman car man: road, which is, too */
    gv_eval_result *result = evaluate(TOY, "man\tking/road\nwoman\tcar/queen\n", NULL);
    cr_assert_eq(result->analogy[0].all.answered, 2);
    cr_assert_eq(result->analogy[0].all.correct, 2);
    gv_eval_free(result);
    result = evaluate(TOY, "man\tking\nwoman\tnobody\n", NULL);
    cr_assert_eq(result->analogy[0].all.answered, 0);
    cr_assert_eq(result->analogy[0].all.total, 2);
    gv_eval_free(result);
}

/* How many questions are answered, and how many right. */
static void expect_answers(const char *vectors, const char *questions, uint64_t answered,
                           uint64_t correct)
{
    gv_eval_result *result = evaluate(vectors, questions, NULL);
    cr_assert_eq(result->analogy[0].all.answered, answered, "%s", questions);
    cr_assert_eq(result->analogy[0].all.correct, correct, "%s", questions);
    cr_assert_eq(result->analogy[0].all.correct_mul, correct, "%s", questions);
    gv_eval_free(result);
}

Test(eval, several_answers_in_a_question)
{
    expect_answers(TOY, "man king woman car/queen/nobody\n", 1, 1);
    expect_answers(TOY, "man king woman nobody//Queen/\n", 1, 1);
    expect_answers(TOY, "man king woman car/road\n", 1, 0);
    expect_answers(TOY, "man king woman no/body\n", 0, 0);
    expect_answers(TOY, "man king woman /\n", 0, 0);
    /* of the example the first form is asked with, and only that */
    expect_answers(TOY, "man King/car woman queen\nman no/king woman queen\n", 1, 1);
    /* a word with a slash that the vectors have is one word */
    expect_answers(TOY "car/queen 9 -1 -1\n", "man king woman car/queen\n", 1, 0);
    expect_answers(TOY "his/her 1 0 2\n", "man his/her woman queen\nman king woman his/her\n", 2,
                   1);
    expect_answers("man 1 0 0.1\nwoman 0 1 0.1\nhis/her 1 0 2\nqueen 0 1 2\n",
                   "man\this/her\nwoman\tqueen/x\n", 2, 2);
}

Test(eval, a_table_of_an_earlier_version)
{
    static const char old[] =
        "{\"analogies\": [{\"file\": \"q\", \"accuracy\": 50.0, \"accuracy_mul\": 50.0, "
        "\"answered\": 2, \"total\": 2, \"sections\": [{\"name\": \"s\", \"correct\": 1, "
        "\"answered\": 2, \"total\": 2}]}], \"similarity\": []}";
    gv_error err = GV_ERROR_INIT;
    gv_json *json;
    char *text;
    gv_assert_ok(gv_json_parse(&json, old, sizeof old - 1, &err), err);
    gv_assert_ok(gv_eval_table(&text, json, &err), err);
    expect_parts(text, (const char *[]){"1        2        2    50.00 %        -\n", NULL});
    gv_mem_free(text);
    gv_json_free(json);
}

Test(eval, lists_of_what_is_wrong)
{
    /* by score: road-car 3, man-woman 2, king-queen 1; by cosine: road-car, king-queen,
     * man-woman */
    gv_eval_result *result = evaluate(
        TOY, ": family\nman king woman car\nman king woman road\n: b\nman king woman queen\n",
        "w1,w2,score\ncar,road,9\nman,woman,5\nking,queen,1\n");
    const gv_eval_similarity *pairs = &result->similarity[0];
    cr_assert_eq(result->analogy[0].section[0].wrong.n, GV_EVAL_WRONG_WORDS, "one was asked for");
    cr_assert_eq(result->analogy[0].section[1].wrong.n, 0);
    cr_assert_eq(pairs->differences, 1);
    cr_assert_str_eq(pairs->difference[0].word[0], "man", "of equal differences the earlier line");
    cr_assert_float_eq(pairs->difference[0].score_rank, 2.0, 1e-12);
    cr_assert_float_eq(pairs->difference[0].cosine_rank, 3.0, 1e-12);
    expect_parts(eval_render(result, gv_eval_table),
                 (const char *[]){"family: man is to king as woman is to car, answered queen\n",
                                  "line 1 is a header; fields are separated by commas",
                                  "column 3 of 3 (\"score\")", "  man woman\n", NULL});
    gv_eval_free(result);
}

Test(eval, a_limit_of_the_vocabulary_is_stated)
{
    gv_error err = GV_ERROR_INIT;
    gv_strings files = list_of(gv_test_write_text("p.tsv", "man woman 1\nman road 2\n"));
    const gv_eval_job job = {.similarity = files, .threads = 1, .vocab_limit = 4};
    gv_eval_result *result;
    gv_words *words;
    gv_assert_ok(gv_words_read_first(&words, gv_test_write_text("v.txt", TOY), 4, &err), err);
    gv_assert_ok(gv_eval_run(&result, words, &job, &err), err);
    cr_assert_eq(result->similarity[0].pairs, 1);
    cr_assert_eq(result->similarity[0].missing, 1);
    expect_parts(eval_render(result, gv_eval_text), (const char *[]){"\"vocab_limit\": 4,", NULL});
    expect_parts(eval_render(result, gv_eval_table),
                 (const char *[]){"only the first 4 words of the vectors\n", NULL});
    gv_words_free(words);
    gv_eval_free(result);
}

/* subwords.bin beside v.txt, in which every word with "kin" or "oad" has a vector. */
static void write_subwords(void)
{
    static const uint32_t end[] = {3, 6};
    static const float rows[] = {4, 0, 8, -4, -3.6f, 1.6f};
    const small_subwords some = {.min_n = 3,
                                 .max_n = 3,
                                 .count = 2,
                                 .text = "kinoad",
                                 .end = end,
                                 .row = rows,
                                 .probe_word = "man",
                                 .probe_vector = {1, 0, 0.1f}};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(small_subwords_write(gv_test_path("subwords.bin"), &some, &err), err);
}

Test(eval, unseen_words_from_subwords)
{
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_write_text("v.txt", TOY);
    write_subwords();
    gv_eval_job job = {
        .analogies = list_of(gv_test_write_text("q.txt", "man kingly woman queen\n")),
        .similarity = list_of(gv_test_write_text(
            "p.tsv", "man woman 1\nKingly king 9\ncar broad 7\nking queen 5\nzebra king 2\n")),
        .categories = list_of(
            gv_test_write_text("c.tsv", "kingly\ta\nking\ta\nbroad\tb\nroad\tb\nzebra\tb\n")),
        .outliers = list_of(gv_test_write_text("o.txt", "king\nking_kin\nqueen\n\nbroad\nx_kin\n")),
        .threads = 1};
    gv_eval_result *result;
    gv_words *words;
    gv_assert_ok(gv_words_read(&words, path, &err), err);
    gv_assert_ok(gv_words_unseen_open(&job.unseen, words, path, &err), err);
    gv_assert_ok(gv_eval_run(&result, words, &job, &err), err);
    cr_assert_eq(result->analogy[0].all.answered, 0, "analogies are of known words only");
    const gv_eval_similarity *pairs = &result->similarity[0];
    cr_assert(pairs->pairs == 4 && pairs->missing == 1 && pairs->from_subwords == 2);
    cr_assert_float_eq(pairs->spearman, 1.0, 1e-9, "%g", pairs->spearman);
    cr_assert_float_eq(pairs->spearman_known, 1.0, 1e-9);
    const gv_eval_categories *categories = &result->categories[0];
    cr_assert(categories->words == 4 && categories->missing == 1 && categories->from_subwords == 2);
    cr_assert_float_eq(categories->purity, 1.0, 1e-9);
    const gv_eval_outliers *outliers = &result->outliers[0];
    cr_assert(outliers->answered == 1 && outliers->missing == 1 && outliers->from_subwords == 2);
    cr_assert_float_eq(outliers->accuracy, 100.0, 1e-9);
    expect_parts(eval_render(result, gv_eval_text),
                 (const char *[]){"\"from_subwords\": 2,", "\"spearman_known\": 1.0", NULL});
    expect_parts(eval_render(result, gv_eval_table),
                 (const char *[]){" subwords   Spearman known only\n",
                                  "        4        1        2     1.0000     1.0000", NULL});
    gv_eval_free(result);
    gv_words_unseen_close(job.unseen);
    job.unseen = NULL;
    gv_assert_ok(gv_eval_run(&result, words, &job, &err), err);
    cr_assert(result->similarity[0].pairs == 2 && result->similarity[0].missing == 3);
    cr_assert_null(strstr(eval_render(result, gv_eval_text), "subwords"));
    gv_eval_free(result);
    gv_words_free(words);
}

Test(eval, a_part_of_speech_is_left_out_where_the_vectors_have_none)
{
    gv_eval_result *result =
        evaluate(TOY "king-n 1 0 0\n", NULL, "man-n woman-n 1\ncar-n road-n 9\nking-n queen-n 5\n");
    cr_assert_eq(result->similarity[0].pairs, 3);
    cr_assert_not_null(result->similarity[0].note);
    gv_eval_free(result);
    result = evaluate(TOY, NULL, "man-n woman-n 1\ncar road-n 9\n");
    cr_assert_eq(result->similarity[0].missing, 2, "not all words have one, so it is none");
    gv_eval_free(result);
}

/* Straße, STRASSE: both are there; Σ at a word's end; Ꭰ folds to itself and has a lower case. */
Test(eval, lower_case_then_folding)
{
    gv_words *words =
        toy_words("stra\xc3\x9f"
                  "e 1 0\nstrasse 0 1\n\xce\xbd\xcf\x8c\xce\xbc\xce\xbf\xcf\x82 1 1\n"
                  "\xe1\x8e\xa0 1 2\n\xe2\x84\x82 1 3\n<UNK> 2 1\n[PAD] 2 2\ngr\xc3\xbcsse 3 1\n");
    static const char *const found[][2] = {
        {"Stra\xc3\x9f"
         "e",
         "stra\xc3\x9f"
         "e"},
        {"STRASSE", "strasse"},
        {"\xce\x9d\xcf\x8c\xce\x9c\xce\x9f\xce\xa3", "\xce\xbd\xcf\x8c\xce\xbc\xce\xbf\xcf\x82"},
        {"Gr\xc3\xbc\xc3\x9f"
         "e",
         "gr\xc3\xbcsse"}};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        size_t row = gv_words_lookup(words, found[i][0]);
        cr_assert_neq(row, GV_NEAREST_NO_ROW, "%s", found[i][0]);
        cr_assert_str_eq(words->vectors->words[row], found[i][1]);
    }
    cr_assert_eq(gv_words_lookup(words, "Stra\xc3\x9f"
                                        "en"),
                 GV_NEAREST_NO_ROW);
    cr_assert_eq(gv_words_lookup(words, "A\xff"), GV_NEAREST_NO_ROW);
    gv_words_free(words);
    words = toy_words("us 1 0\nParis 0 1\n");
    cr_assert_eq(gv_words_lookup(words, "US"), GV_NEAREST_NO_ROW, "the vectors keep case");
    gv_words_free(words);
}

Test(eval, phrases_are_found)
{
    gv_eval_result *result = evaluate("new_york 1 0\nboston 1 0.1\nbig 0 1\n", NULL,
                                      "New York\tboston\t2\nnew_york\tbig\t1\nbig city\tbig\t1\n");
    cr_assert_eq(result->similarity[0].pairs, 2);
    gv_eval_free(result);
}

Test(eval, spelt_alike)
{
    gv_words *words = toy_words("house 1 0\nhorse 0 1\nmouse 1 1\nhous\xc3\xa9 1 2\nx 1 3\n");
    const char *found[3];
    cr_assert_eq(gv_words_similar(found, 3, words, "hosue"), 1);
    cr_assert_str_eq(found[0], "house");
    cr_assert_eq(gv_words_similar(found, 3, words, "zzzzzz"), 0);
    cr_assert_eq(gv_words_similar(found, 3, words, ""), 0);
    cr_assert_eq(gv_words_similar(found, 3, words, "-"), 0);
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
    cr_assert_eq(gv_print_width("\xff\xff"), 8);
    gv_print_buffer buffer;
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_assert_ok(gv_print_open(&buffer, &err), err);
    gv_print_pad(buffer.stream, "a\x1b\xff\xc3\xa9", 16);
    fputc('|', buffer.stream);
    gv_assert_ok(gv_print_close(&text, &buffer, &err), err);
    cr_assert_str_eq(text, "a<U+001B><FF>\xc3\xa9  |");
    gv_mem_free(text);
}

Test(eval, failing_allocations)
{
    gv_words *words = toy_words(TOY);
    gv_strings q =
        list_of(gv_test_write_text("questions.txt", "man king woman queen\nman king woman car\n"));
    gv_strings s = list_of(gv_test_write_text("pairs.tsv", "w1,w2,s\nman,woman,1\ncar,road,9\n"));
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        cr_assert_lt(n, 200);
        gv_error err = GV_ERROR_INIT;
        gv_eval_result *result;
        gv_mem_fail_at(n, 0);
        status = gv_eval_run(
            &result, words,
            &(gv_eval_job){.analogies = q, .similarity = s, .threads = 1, .show_wrong = 2}, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK ? result != NULL : status == GV_E_MEMORY && !result,
                  "status %d: %s", status, err.text);
        gv_eval_free(result);
    }
    gv_words_free(words);
}
