/* Probes: the reader; the permutation test and axes against simple computations; results. */
#include "base/gv_rng.h"
#include "eval/gv_eval.h"
#include "eval/gv_eval_axis.h"
#include "eval/gv_eval_probes.h"
#include "eval/gv_eval_weat.h"
#include "support/eval_render.h"
#include "support/gv_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- reader ----------------------------------------------------------------------------------- */

static gv_eval_probes read_probes(const char *text)
{
    gv_error err = GV_ERROR_INIT;
    gv_eval_probes file;
    const char *path = gv_test_write_text("p.txt", text);
    cr_assert_eq(gv_eval_probes_read(&file, path, &err), GV_OK, "%s\n%s", err.text, text);
    return file;
}

static void expect_words(const gv_eval_probes *file, const gv_eval_probes_set *set,
                         const char *const *words)
{
    size_t n = 0;
    for (; words[n]; n++) {
        cr_assert_lt(n, set->n, "%s is missing", words[n]);
        cr_assert_str_eq(file->word[set->first + n].text, words[n]);
    }
    cr_assert_eq(set->n, n);
}

Test(eval_probes, one_weat_in_many_forms)
{
    static const char *const forms[] = {
        ": target\nrose lily\n: target\nant bee\n: attribute\nlove peace\n: attribute\nwar hate\n",
        "\xef\xbb\xbf# comment\r\n\r\n:Targets:\r\nrose,lily,\r\n: TARGET\r\nant; bee\r\n"
        ": attributes\r\nlove\r\n\r\npeace\r\n: attribute \r\nwar\thate\r\n",
        ": weat\n: target\n['rose', 'lily']\n: target\n[\"ant\", \"bee\"],\n: attribute\n"
        "c(\"love\", \"peace\")\n: attribute\n(war, hate)",
        ": target\n\"rose\" \"lily\"\n: target\nant  \tbee\n: attribute\nlove\xc2\xa0peace\n"
        ": attribute\nwar, \"hate\"\n"};
    static const char *const words[GV_EVAL_PROBES_SETS][3] = {
        {"rose", "lily"}, {"ant", "bee"}, {"love", "peace"}, {"war", "hate"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        gv_eval_probes file = read_probes(forms[i]);
        cr_assert(file.n == 1 && file.probe[0].kind == GV_EVAL_PROBES_WEAT, "form %zu", i);
        cr_assert_str_eq(file.probe[0].name, "p", "named after the file");
        for (size_t k = 0; k < GV_EVAL_PROBES_SETS; k++)
            expect_words(&file, &file.probe[0].set[k], words[k]);
        cr_assert_null(file.probe[0].note);
        gv_eval_probes_free(&file);
    }
}

Test(eval_probes, several_probes_share_sets)
{
    gv_eval_probes file = read_probes(
        ": weat one\n: target flowers\nrose\n: target insects\nant\n: attribute good\nlove\n"
        ": attribute bad\nwar\n: weat two\n: target flowers\ntulip\n: target insects\n"
        ": attribute good\n: attribute bad\n: axis up\nhigh low\n: words things\nhill 1,5\n"
        "New_York 2\n: axis old\nold,new town\n: words things\n");
    static const char *const tulip[] = {"tulip", NULL}, *const ant[] = {"ant", NULL},
                             *const war[] = {"war", NULL}, *const old[] = {"old", "new town", NULL},
                             *const things[] = {"hill", "New_York", NULL};
    cr_assert_eq(file.n, 4);
    expect_words(&file, &file.probe[1].set[0], tulip);
    expect_words(&file, &file.probe[1].set[1], ant);
    expect_words(&file, &file.probe[1].set[3], war);
    expect_words(&file, &file.probe[3].set[GV_EVAL_PROBES_PAIRS], old);
    expect_words(&file, &file.probe[3].set[GV_EVAL_PROBES_WORDS], things);
    cr_assert(file.probe[3].set[GV_EVAL_PROBES_WORDS].scored);
    cr_assert_float_eq(file.word[file.probe[3].set[GV_EVAL_PROBES_WORDS].first].score, 1.5, 1e-12);
    gv_eval_probes_free(&file);
}

Test(eval_probes, a_repeated_word_counts_once_and_is_noted)
{
    gv_eval_probes file =
        read_probes(": target\nrose lily\nrose\n: target\nant bee\n: attribute\nlove ant\n"
                    ": attribute\nwar hate war war\n: axis a\nup down\nleft right\nup down\n");
    static const char *const roses[] = {"rose", "lily", NULL},
                             *const wars[] = {"war", "hate", NULL},
                             *const pairs[] = {"up", "down", "left", "right", NULL};
    expect_words(&file, &file.probe[0].set[0], roses);
    expect_words(&file, &file.probe[0].set[3], wars);
    expect_words(&file, &file.probe[1].set[0], pairs);
    static const char *const parts[] = {"1 word is twice", "line 3: \"rose\"", "2 words are twice",
                                        "\"ant\" is a word of a target and of an attribute"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_assert_not_null(strstr(file.probe[0].note, parts[i]), "%s", file.probe[0].note);
    cr_assert_not_null(strstr(file.probe[1].note, "1 word is twice"), "%s", file.probe[1].note);
    gv_eval_probes_free(&file);
}

#define WEAT ": target\nrose lily\n: target\nant bee\n: attribute\nlove\n: attribute\nwar\n"

Test(eval_probes, what_cannot_be_meant)
{
    static const char *const bad[][2] = {
        {"", "no words"},
        {"rose lily\n", "p.txt:1: words that are in no set"},
        {": flowers\nrose\n", "p.txt:1: \": flowers\" does not say"},
        {": atribute\nrose\n", "did you mean attribute?"},
        {"target: a\nrose\n", "p.txt:1: the colon comes first"},
        {": target\nrose\n", "p.txt:1: the WEAT \"p\" has only one target"},
        {": weat x\n", "p.txt:1: the WEAT \"x\" has no target"},
        {": target\na\n: target\nb\n: attribute\nc\n", "only one attribute"},
        {": target\na\n: target\nb\n: target\nc\n", "p.txt:5: \"p\" has two targets already"},
        {WEAT ": attribute\nc\n", "p.txt:9: \"p\" has two attributes already"},
        {WEAT WEAT, "p.txt:9: \"p\" has two targets already"},
        {": target\n: target\nb\n", "p.txt:1: no words below"},
        {": weat x\n" WEAT ": weat x\n" WEAT,
         "p.txt:10: there is another probe called \"x\" (line 1)"},
        {": target\nrose a\n: target\nb rose\n: attribute\nc\n: attribute\nd\n",
         "p.txt:4: \"rose\" is in both targets; leave it out of one (line 2)"},
        {": target\na\n: target\nb\n: attribute\nc\n: attribute\nd\nc\n",
         "p.txt:9: \"c\" is in both attributes"},
        {": words\nrose\n", "p.txt:1: words without an axis"},
        {WEAT ": words\nrose\n", "p.txt:9: words without an axis"},
        {": axis\nup down left\n", "p.txt:2: 3 words"},
        {": axis\nup\n", "p.txt:2: 1 word;"},
        {": axis\nup up\n", "p.txt:2: the words of the pair are the same"},
        {": axis\nup down\ndown up\n", "p.txt:3: \"down\" begins a pair that is also there"},
        {": axis\n: words\na\n", "p.txt:1: no words below"},
        {": axis\nup down\n: words\na 1\nb\n", "p.txt:5: no score"},
        {": axis\nup down\n: words\na\nb 2\n", "p.txt:5: a score, but the words above have none"},
        {": axis\nup down\n: words\na 1\na 2\n", "p.txt:5: \"a\" is there twice, with different"},
        {": axis\nup down\n: words\na\n: words\nb\n", "p.txt:5: \"p\" has its words already"},
        {": target \xff\nrose\n", "p.txt:1: the line is not UTF-8"},
        {": target\nros\xe9\n", "p.txt:2: the line is not UTF-8"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_eval_probes file;
        const char *path = gv_test_write_text("p.txt", bad[i][0]);
        cr_assert_eq(gv_eval_probes_read(&file, path, &err), GV_E_CORRUPT, "%s", bad[i][0]);
        cr_assert_not_null(strstr(err.text, bad[i][1]), "%s\n%s", bad[i][0], err.text);
    }
}

/* --- permutation test ------------------------------------------------------------------------- */

/* The share of partitions whose sum over X is at least the first one's, bit mask by bit mask. */
static double p_by_masks(const double *s, size_t x, size_t n, uint64_t *partitions)
{
    uint64_t large = 0;
    double observed = 0.0;
    *partitions = 0;
    for (size_t i = 0; i < x; i++)
        observed += s[i];
    for (uint32_t mask = 0; mask < 1u << n; mask++) {
        double sum = 0.0;
        if ((size_t)__builtin_popcount(mask) != x)
            continue;
        for (size_t i = 0; i < n; i++)
            sum += mask >> i & 1 ? s[i] : 0.0;
        large += sum >= observed - 1e-9;
        ++*partitions;
    }
    return (double)large / (double)*partitions;
}

Test(eval_probes, p_values_of_all_partitions)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 0);
    for (size_t turn = 0; turn < 60; turn++) {
        const size_t x = 1 + gv_rng_below(&rng, 7), y = 1 + gv_rng_below(&rng, 7);
        double s[14];
        for (size_t i = 0; i < x + y; i++) /* few values: partitions with equal sums */
            s[i] = turn % 2 ? (double)gv_rng_below(&rng, 4) * 0.1 : gv_rng_uniform(&rng) - 0.5;
        s[0] += 0.05; /* not all are equal */
        uint64_t partitions;
        const double p = p_by_masks(s, x, x + y, &partitions);
        gv_error err = GV_ERROR_INIT;
        gv_eval_weat found;
        gv_assert_ok(gv_eval_weat_test(&found, s, x, y, 1, &err), err);
        cr_assert(found.exact && found.partitions == partitions);
        cr_assert_float_eq(found.p_value, p, 1e-12, "%zu and %zu: %g, not %g", x, y, found.p_value,
                           p);
    }
}

Test(eval_probes, drawn_partitions)
{
    enum { X = 16, Y = 12 };
    double s[X + Y];
    gv_rng rng;
    gv_rng_seed(&rng, 3, GV_RNG_TEST, 0);
    for (size_t i = 0; i < X + Y; i++)
        s[i] = gv_rng_uniform(&rng) + (i < X ? 0.15 : 0.0);
    gv_error err = GV_ERROR_INIT;
    gv_eval_weat one, three, swapped;
    gv_assert_ok(gv_eval_weat_test(&one, s, X, Y, 1, &err), err);
    gv_assert_ok(gv_eval_weat_test(&three, s, X, Y, 3, &err), err);
    cr_assert(!one.exact && one.partitions == GV_EVAL_WEAT_DRAWS);
    cr_assert_eq(memcmp(&one.p_value, &three.p_value, sizeof one.p_value), 0, "as with one thread");
    /* all 30,421,755 partitions have p = 0.0793 */
    cr_assert_float_eq(one.p_value, 0.0793, 0.003, "%g", one.p_value);
    double turned[X + Y];
    memcpy(turned, s + X, Y * sizeof *s);
    memcpy(turned + Y, s, X * sizeof *s);
    gv_assert_ok(gv_eval_weat_test(&swapped, turned, Y, X, 2, &err), err);
    cr_assert_float_eq(swapped.effect_size, -one.effect_size, 1e-12);
    cr_assert_float_eq(swapped.p_value + one.p_value, 1.0, 0.005, "the other tail");
    for (size_t i = 0; i < X; i++)
        s[i] += 10.0;
    gv_assert_ok(gv_eval_weat_test(&one, s, X, Y, 2, &err), err);
    cr_assert_float_eq(one.p_value, 1.0 / (1.0 + GV_EVAL_WEAT_DRAWS), 1e-12, "never zero");
}

Test(eval_probes, no_effect_size_of_equal_associations)
{
    const double s[] = {0.1 + 0.2, 0.3, 0.3, 0.3};
    gv_error err = GV_ERROR_INIT;
    gv_eval_weat found;
    gv_assert_ok(gv_eval_weat_test(&found, s, 2, 2, 1, &err), err);
    cr_assert(isnan(found.effect_size) && isnan(found.p_value));
}

/* --- axis ------------------------------------------------------------------------------------- */

Test(eval_probes, axis_of_two_pairs)
{
    const float up[] = {1, 0}, down[] = {-1, 0}, right[] = {0, 1}, left[] = {0, -1};
    double difference[4], direction[2], agreement;
    cr_assert(gv_eval_axis_difference(difference, up, down, 2));
    cr_assert(gv_eval_axis_difference(difference + 2, right, left, 2));
    cr_assert_not(gv_eval_axis_difference(direction, up, up, 2));
    gv_eval_axis axis = {.n = 2, .dim = 2, .difference = difference, .direction = direction};
    cr_assert(gv_eval_axis_make(&axis, &agreement));
    cr_assert_float_eq(agreement, 0.0, 1e-12, "at a right angle");
    cr_assert_float_eq(gv_eval_axis_agreement(&axis, 0), 0.0, 1e-12);
    cr_assert_float_eq(gv_eval_axis_projection(&axis, up), sqrt(0.5), 1e-12);
    axis.n = 1;
    cr_assert(gv_eval_axis_make(&axis, &agreement));
    cr_assert(isnan(agreement) && isnan(gv_eval_axis_agreement(&axis, 0)));
    cr_assert_float_eq(gv_eval_axis_projection(&axis, right), 0.0, 1e-12);
    axis.n = 2;
    cr_assert(gv_eval_axis_difference(difference + 2, down, up, 2));
    cr_assert_not(gv_eval_axis_make(&axis, &agreement), "they cancel each other out");
}

/* --- results ---------------------------------------------------------------------------------- */

#define TOY                                                                                        \
    "rose 1 0 0.1\nlily 0.9 0.1 0\nant 0 1 0.1\nbee 0.1 0.9 0\nlove 1 0.1 0\npeace 0.8 0 0\n"      \
    "war 0 1 0\nhate 0.1 1 0.1\nnil 0 0 0\nup 0 0.1 1\ndown 0.1 0 -1\n"

static gv_eval_result *evaluate(const char *vectors, const char *probes, uint64_t limit)
{
    gv_error err = GV_ERROR_INIT;
    gv_eval_result *result;
    gv_words *words;
    char *path = strdup(gv_test_write_text("p.txt", probes));
    const gv_eval_job job = {.threads = 2, .probes = {1, &path}, .vocab_limit = limit};
    gv_assert_ok(gv_words_read_first(&words, gv_test_write_text("v.txt", vectors), limit, &err),
                 err);
    gv_assert_ok(gv_eval_run(&result, words, &job, &err), err);
    gv_words_free(words);
    free(path);
    return result;
}

static void expect_parts(const char *text, const char *const *parts)
{
    for (; *parts; parts++)
        cr_assert_not_null(strstr(text, *parts), "%s is not in\n%s", *parts, text);
}

Test(eval_probes, results_of_a_weat)
{
    gv_eval_result *result =
        evaluate(TOY,
                 ": weat flowers\n: target <b>\nRose lily tulip\n: target insects\nant bee\n"
                 ": attribute good\nlove peace nil\n: attribute bad\nwar hate\n",
                 0);
    const gv_eval_probe *probe = &result->probe[0];
    cr_assert(result->probes == 1 && !probe->reason);
    cr_assert(probe->effect_size > 1.5 && probe->exact && probe->partitions == 6);
    cr_assert_float_eq(probe->p_value, 1.0 / 6.0, 1e-12);
    cr_assert(probe->set[0].n == 2 && probe->set[0].words == 3 && probe->set[0].missing.n == 1);
    cr_assert_str_eq(probe->set[2].missing.items[0], "nil", "a row of zeros is no vector");
    expect_parts(eval_render(result, gv_eval_text),
                 (const char *[]){"\"kind\": \"weat\"", "\"name\": \"<b>\"", "\"tulip\"",
                                  "\"p_value\": 0.1666666667", "\"partitions\": 6",
                                  "\"exact\": true", "\"word\": \"Rose\"", NULL});
    expect_parts(eval_render(result, gv_eval_table),
                 (const char *[]){"flowers       2+2 of 5       2+2 of 5", "0.167  all 6\n",
                                  "without a vector: <b>: tulip\n", NULL});
    gv_eval_free(result);
}

Test(eval_probes, results_of_an_axis)
{
    gv_eval_result *result = evaluate(TOY,
                                      ": axis height\nup down\nlove war\nrose tulip\n"
                                      ": words\nlily 3\nbee 1\nant 2\nnobody 9\n",
                                      0);
    const gv_eval_probe *probe = &result->probe[0];
    cr_assert(!probe->reason && probe->set[0].n == 2 && probe->set[0].words == 3);
    cr_assert_float_eq(probe->spearman, 1.0, 1e-12, "%g", probe->spearman);
    cr_assert(isfinite(probe->agreement) && probe->set[1].n == 3);
    expect_parts(eval_render(result, gv_eval_text),
                 (const char *[]){"\"kind\": \"axis\"", "\"spearman\": 1.0",
                                  "\"projection\":", "\"score\": 3.0", "\"nobody\"", NULL});
    expect_parts(eval_render(result, gv_eval_table),
                 (const char *[]){"2 of 3", "3 of 4", "    1.0000\n", "  lily\n",
                                  "without a vector: words: nobody\n", NULL});
    gv_eval_free(result);
}

Test(eval_probes, no_result_but_a_reason)
{
    static const char *const cases[][2] = {
        {": target\nrose tulip\n: target\nant bee\n: attribute\nlove peace\n: attribute\nwar "
         "hate\n",
         "1 of 2 words of target 1 have a vector; wanted: at least 2"},
        {": target\nrose lily\n: target\nant Rose\n: attribute\nlove peace\n: attribute\nwar "
         "hate\n",
         "\"rose\" and \"Rose\" are the same word"},
        {": axis\ntulip rose\n", "no pair has a vector for both"},
        {": axis\nRose rose\n: words\nant 2\nbee 1\n",
         "\"Rose\" and \"rose\" have the same vector"},
        {": axis\nrose lily\nLily rose\n: words\nant\n", "cancel each other out"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gv_eval_result *result = evaluate(TOY, cases[i][0], 0);
        const gv_eval_probe *probe = &result->probe[0];
        cr_assert(probe->reason && strstr(probe->reason, cases[i][1]), "%s: %s", cases[i][0],
                  probe->reason ? probe->reason : "a result");
        cr_assert(isnan(probe->effect_size) && isnan(probe->agreement) && isnan(probe->spearman));
        expect_parts(eval_render(result, gv_eval_text), (const char *[]){"\"reason\": ", NULL});
        expect_parts(eval_render(result, gv_eval_table), (const char *[]){"no result: ", NULL});
        gv_eval_free(result);
    }
}

Test(eval_probes, only_the_first_words)
{
    gv_eval_result *result = evaluate(TOY, ": axis\nrose ant\nup down\n: words\nlily war\n", 4);
    cr_assert(result->probe[0].set[0].n == 1 && result->probe[0].set[1].n == 1);
    cr_assert_eq(result->probe[0].set[0].missing.n, 2);
    gv_eval_free(result);
}
