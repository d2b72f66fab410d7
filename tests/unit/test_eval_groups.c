/* Categories and outliers: readers; clusters, purity, compactness against simple computations. */
#include "analysis/gv_kmeans.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "eval/gv_eval.h"
#include "eval/gv_eval_labels.h"
#include "eval/gv_eval_sets.h"
#include "support/eval_render.h"
#include "support/gv_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- readers ---------------------------------------------------------------------------------- */

#define LABELS(a, b) "dog" a "animal" b "cat" a "animal" b "oak" a "tree" b

Test(eval_groups, labels_in_many_forms)
{
    /* all say that dog and cat are animals and oak a tree; and what the note says */
    static const char *const forms[][2] = {
        {LABELS("\t", "\n"), NULL},
        {LABELS("  ", "\r\n"), NULL},
        {"\xef\xbb\xbf# comment\n\n" LABELS(" \t", "\r"), NULL},
        {"dog\tanimal\ncat\tanimal\noak\ttree", NULL},
        {LABELS(",", "\n"), "commas"},
        {LABELS(";", "\n"), "semicolons"},
        {"animal\tdog\nanimal\tcat\ntree\toak\n", "the word is column 2, the category column 1"},
        {",category,word\n0,animal,dog\n1,animal,cat\n2,tree,oak\n", "line 1 is a header"},
        {"Word\tClass\n" LABELS("\t", "\n"), "line 1 is a header"},
        {"1\tdog\tanimal\n2\tcat\tanimal\n3\toak\ttree\n", "the word is column 2"},
        {"dog\tanimal\n\tanimal\ncat\tanimal\noak\ttree\n\ttree\n", "2 lines have no word"},
        {"\"dog\",\"animal\"\n\"cat\",\"animal\"\n\"oak\",\"tree\"\n", "commas"},
    };
    static const char *const words[] = {"dog", "cat", "oak"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_eval_labels file;
        const char *path = gv_test_write_text("l.tsv", forms[i][0]);
        cr_assert_eq(gv_eval_labels_read(&file, path, &err), GV_OK, "%s\n%s", err.text,
                     forms[i][0]);
        cr_assert(file.n == 3 && file.categories == 2, "%s", forms[i][0]);
        for (size_t k = 0; k < 3; k++) {
            cr_assert_str_eq(file.item[k].word, words[k], "%s", forms[i][0]);
            cr_assert_eq(file.item[k].category, k == 2, "%s", forms[i][0]);
        }
        if (forms[i][1])
            cr_assert(file.note && strstr(file.note, forms[i][1]), "%s: %s", forms[i][0],
                      file.note ? file.note : "no note");
        else
            cr_assert_null(file.note, "%s: %s", forms[i][0], file.note);
        gv_eval_labels_free(&file);
    }
}

Test(eval_groups, malformed_labels)
{
    static const char *const bad[][2] = {
        {"", "no words"},
        {"# nothing\n\n", "no words"},
        {"word\tcategory\n", "no words"},
        {"\ta\n\tb\n", "no words"},
        {"dog\tanimal\ncat\tanimal\n", "same category"},
        {"dog\n", "bad.tsv:1: expected 2 fields separated by blanks, found fewer"},
        {"dog\tanimal\noak\ttree\tx\n",
         "bad.tsv:2: expected 2 fields separated by tabs, found more"},
        {"dog\tanimal\noak\t\n", "bad.tsv:2:"},
        {"dog animal\noak tree of life\n", "bad.tsv:2:"},
        {"fr\374h animal\noak tree\n", "bad.tsv:1: the line is not UTF-8"},
    };
    gv_error err = GV_ERROR_INIT;
    gv_eval_labels file;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gv_error why = GV_ERROR_INIT;
        const char *path = gv_test_write_text("bad.tsv", bad[i][0]);
        cr_assert_eq(gv_eval_labels_read(&file, path, &why), GV_E_CORRUPT, "%s", bad[i][0]);
        cr_assert_not_null(strstr(why.text, bad[i][1]), "%s'%s' lacks '%s'", bad[i][0], why.text,
                           bad[i][1]);
        cr_assert_null(file.rows.text);
    }
    const char *path = gv_test_write("bad.tsv", "a\tb\nc\0\td\n", 9);
    cr_assert_eq(gv_eval_labels_read(&file, path, &err), GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "bad.tsv"), "%s", err.text);
}

Test(eval_groups, sets_in_many_forms)
{
    /* all hold the set a, b, new york with the outlier x; and how many sets */
    static const char *const forms[][2] = {
        {"a\nb\nnew york\n\nx\n", "1"},
        {"\xef\xbb\xbf\n\n a\r\nb\t\r\nnew york\r\n\r\n\r\nx", "1"},
        {"# c\na\n# c\nb\nnew york\n# c\n\n# c\nx\n\n\n", "1"},
        {": letters\n\na\nb\nnew york\n\nx\n: more\nc\nd\n\ny\nz\n", "2"},
        {"a\nb\nnew york\n\nx\n\nc\nd\n\ny\nz\n\ne\nf\n\nv\n", "3"},
        {",category,outliers,words\n0,A,\"['x', '']\",\"['a', 'b', 'new york']\"\n"
         "1,B,\"['y', 'z']\",\"['c', \"\"d\"\"]\"\n",
         "2"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_eval_sets file;
        const char *path = gv_test_write_text("s.txt", forms[i][0]);
        cr_assert_eq(gv_eval_sets_read(&file, path, &err), GV_OK, "%s\n%s", err.text, forms[i][0]);
        cr_assert_eq(file.n, strtoul(forms[i][1], NULL, 10), "%s", forms[i][0]);
        cr_assert(file.set[0].words == 3 && file.set[0].outliers == 1, "%s", forms[i][0]);
        cr_assert_str_eq(file.word[1], "b");
        cr_assert_str_eq(file.word[2], "new york");
        cr_assert_str_eq(file.word[3], "x");
        if (file.n > 1)
            cr_assert(file.set[1].first == 4 && file.set[1].words == 2 &&
                      file.set[1].outliers == 2);
        gv_eval_sets_free(&file);
    }
}

Test(eval_groups, malformed_sets)
{
    static const char *const bad[][2] = {
        {"", "no words"},
        {"# nothing\n\n", "no words"},
        {"a\nb\nc\n", "bad.txt:1: the set that begins here has no outliers"},
        {"a\nb\n\nx\n\nc\nd\n", "bad.txt:6: the set that begins here has no outliers"},
        {"a\n\nx\n", "bad.txt:1: the set that begins here has a single word"},
        {": one\n: two\na\nb\n\nx\n", "bad.txt:1: the set that begins here has no words"},
        {": one\na\nb\n: two\nc\nd\n\nx\n", "bad.txt:1: the set that begins here has no outliers"},
        {"a\tb\n\nx\n", "bad.txt:1: the line has several fields"},
        {"a\nb\n\nx\n: last\n", "bad.txt:5: the set that begins here has no words"},
        {"a\nfr\374h\n\nx\n", "bad.txt:2: the line is not UTF-8"},
        {"words,outliers\n", "no sets below the header"},
        {"words,outliers\n\"['a', 'b']\",x\n", "bad.txt:2: column 2 is no list"},
        {"words,outliers\n\"['a', 'b']\"\n", "bad.txt:2: column 2 is no list"},
        {"words,outliers\n\"['a', 'b'\",['x']\n", "bad.txt:2: column 1 is no list"},
        {"words,outliers\n\"['a', 'b\",['x']\n", "bad.txt:2: column 1 is no list"},
        {"words,outliers\n\"['a', b]\",['x']\n", "bad.txt:2: column 1 is no list"},
        {"words,outliers\n\"['a', 'b']\",[]\n", "bad.txt:2: the set that begins here has no outl"},
        {"the words, outliers\n\"['a', 'b']\",['x']\n", "no column is named \"words\""},
    };
    gv_error err = GV_ERROR_INIT;
    gv_eval_sets file;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gv_error why = GV_ERROR_INIT;
        const char *path = gv_test_write_text("bad.txt", bad[i][0]);
        cr_assert_eq(gv_eval_sets_read(&file, path, &why), GV_E_CORRUPT, "%s", bad[i][0]);
        cr_assert_not_null(strstr(why.text, bad[i][1]), "%s'%s' lacks '%s'", bad[i][0], why.text,
                           bad[i][1]);
        cr_assert_null(file.rows.text);
    }
    const char *path = gv_test_write("bad.txt", "a\nb\n\nx\0\n", 8);
    cr_assert_eq(gv_eval_sets_read(&file, path, &err), GV_E_CORRUPT);
}

/* --- clusters and purity ---------------------------------------------------------------------- */

static void normalise(float *row, size_t dim)
{
    double square = 0.0;
    for (size_t k = 0; k < dim; k++)
        square += (double)row[k] * (double)row[k];
    for (size_t k = 0; k < dim; k++)
        row[k] = (float)((double)row[k] / sqrt(square));
}

static float *random_rows(gv_rng *rng, size_t n, size_t dim)
{
    float *rows = gv_test_keep(malloc(n * dim * sizeof *rows));
    for (size_t i = 0; i < n * dim; i++)
        rows[i] = (float)(gv_rng_uniform(rng) + gv_rng_uniform(rng) - 1.0);
    for (size_t i = 0; i < n; i++)
        normalise(rows + i * dim, dim);
    return rows;
}

/* The sum of the lengths of the clusters' sums. */
static double criterion(const float *rows, size_t n, size_t dim, const uint32_t *cluster, size_t k)
{
    double total = 0.0;
    for (size_t c = 0; c < k; c++) {
        double square = 0.0;
        for (size_t d = 0; d < dim; d++) {
            double sum = 0.0;
            for (size_t i = 0; i < n; i++)
                sum += cluster[i] == c ? (double)rows[i * dim + d] : 0.0;
            square += sum * sum;
        }
        total += sqrt(square);
    }
    return total;
}

/* The best clustering of a few rows, by trying all. */
Test(eval_groups, the_best_clustering_of_a_few_rows_is_found)
{
    enum { N = 9, K = 3, DIM = 4 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 7);
    for (int round = 0; round < 5; round++) {
        const float *rows = random_rows(&rng, N, DIM);
        gv_error err = GV_ERROR_INIT;
        uint32_t found[N], tried[N];
        double best = 0.0;
        for (unsigned code = 0; code < 19683; code++) { /* 3^9 */
            for (unsigned i = 0, rest = code; i < N; i++, rest /= K)
                tried[i] = rest % K;
            const double value = criterion(rows, N, DIM, tried, K);
            best = value > best ? value : best;
        }
        const gv_kmeans_job job = {.rows = {rows, N, DIM}, .k = K, .threads = 1};
        gv_assert_ok(gv_kmeans_find(found, &job, &err), err);
        cr_assert_float_eq(criterion(rows, N, DIM, found, K), best, 1e-5, "seed %lu, round %d",
                           (unsigned long)gv_test_seed(), round);
    }
}

Test(eval_groups, clusters_that_are_apart_are_found)
{
    enum { N = 1200, K = 40, DIM = 64 }; /* more rows than few */
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 8);
    const float *centers = random_rows(&rng, K, DIM), *noise = random_rows(&rng, N, DIM);
    float *rows = gv_test_keep(malloc(N * DIM * sizeof *rows));
    uint32_t category[N], found[N], again[N];
    for (size_t i = 0; i < N; i++) {
        category[i] = (uint32_t)(i % K);
        for (size_t d = 0; d < DIM; d++)
            rows[i * DIM + d] = centers[i % K * DIM + d] + 0.3f * noise[i * DIM + d];
        normalise(rows + i * DIM, DIM);
    }
    gv_error err = GV_ERROR_INIT;
    gv_kmeans_job job = {.rows = {rows, N, DIM}, .k = K, .threads = 1};
    double purity;
    gv_assert_ok(gv_kmeans_find(found, &job, &err), err);
    gv_assert_ok(gv_eval_purity(&purity, found, category, N, &err), err);
    cr_assert_geq(purity, 0.97, "%g", purity);
    job.threads = 3;
    gv_assert_ok(gv_kmeans_find(again, &job, &err), err);
    cr_assert_arr_eq(found, again, sizeof found, "threads change nothing");
}

Test(eval_groups, clusters_at_the_limits)
{
    static const float rows[] = {1, 0, 1, 0, 1, 0, 0, 1};
    uint32_t found[4];
    gv_error err = GV_ERROR_INIT;
    for (size_t k = 1; k <= 4; k++) {
        const gv_kmeans_job job = {.rows = {rows, 4, 2}, .k = k, .threads = 8};
        gv_assert_ok(gv_kmeans_find(found, &job, &err), err);
        unsigned used[4] = {0};
        for (size_t i = 0; i < 4; i++) {
            cr_assert_lt(found[i], k);
            used[found[i]] = 1;
        }
        cr_assert_eq(used[0] + used[1] + used[2] + used[3], k, "an empty cluster of %zu", k);
        cr_assert(k == 1 || (found[3] != found[0] && found[3] != found[1]));
    }
}

Test(eval_groups, purity_against_counting)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 9);
    for (int round = 0; round < 100; round++) {
        enum { MOST = 40, KINDS = 5 };
        uint32_t cluster[MOST], category[MOST];
        size_t n = 1 + gv_rng_below(&rng, MOST), agreeing = 0, counts[KINDS][KINDS] = {{0}};
        for (size_t i = 0; i < n; i++) {
            cluster[i] = (uint32_t)gv_rng_below(&rng, KINDS);
            category[i] = (uint32_t)gv_rng_below(&rng, KINDS);
            counts[cluster[i]][category[i]]++;
        }
        for (size_t c = 0; c < KINDS; c++) {
            size_t most = 0;
            for (size_t k = 0; k < KINDS; k++)
                most = counts[c][k] > most ? counts[c][k] : most;
            agreeing += most;
        }
        gv_error err = GV_ERROR_INIT;
        double purity;
        gv_assert_ok(gv_eval_purity(&purity, cluster, category, n, &err), err);
        cr_assert_float_eq(purity, (double)agreeing / (double)n, 1e-12);
    }
    gv_error err = GV_ERROR_INIT;
    double purity;
    gv_assert_ok(gv_eval_purity(&purity, NULL, NULL, 0, &err), err);
    cr_assert(isnan(purity));
}

/* --- scores ----------------------------------------------------------------------------------- */

static gv_eval_result *evaluate(const char *vectors, const char *labels, const char *sets)
{
    gv_error err = GV_ERROR_INIT;
    gv_eval_result *result;
    gv_words *words;
    char *label_path = NULL, *set_path = NULL;
    gv_eval_job job = {.threads = 2};
    if (labels) {
        label_path = strdup(gv_test_write_text("labels.tsv", labels));
        job.categories = (gv_strings){1, &label_path};
    }
    if (sets) {
        set_path = strdup(gv_test_write_text("sets.txt", sets));
        job.outliers = (gv_strings){1, &set_path};
    }
    gv_assert_ok(gv_words_read(&words, gv_test_write_text("v.txt", vectors), &err), err);
    gv_assert_ok(gv_eval_run(&result, words, &job, &err), err);
    gv_words_free(words);
    free(label_path);
    free(set_path);
    return result;
}

#define GROUPS "dog 1 0.1 0\ncat 1 0 0.1\ncow 1 0.1 0.1\noak 0 1 0.1\nelm 0.1 1 0\nnil 0 0 0\n"

Test(eval_groups, scores_of_categories)
{
    gv_eval_result *result = evaluate(GROUPS,
                                      "Dog\tanimal\ncat\tanimal\noak\ttree\nelm\ttree\n"
                                      "rose\tflower\nnil\tanimal\ncow\ttree\n",
                                      NULL);
    const gv_eval_categories *file = &result->categories[0];
    cr_assert(file->words == 5 && file->missing == 2 && file->categories == 2,
              "a row of zeros is no vector");
    cr_assert_float_eq(file->purity, 0.8, 1e-12);
    const char *json = eval_render(result, gv_eval_text);
    cr_assert_not_null(strstr(json, "\"purity\": 0.8,"), "%s", json);
    cr_assert_null(strstr(json, "outliers"), "%s", json);
    const char *table = eval_render(result, gv_eval_table);
    cr_assert_not_null(strstr(table, "     5        2        2     0.8000\n"), "%s", table);
    gv_eval_free(result);
    result = evaluate(GROUPS, "dog\tanimal\nrose\tflower\n", NULL);
    cr_assert(isnan(result->categories[0].purity), "one category is left");
    cr_assert_not_null(strstr(eval_render(result, gv_eval_text), "\"purity\": null"));
    cr_assert_not_null(strstr(eval_render(result, gv_eval_table), "          -\n"));
    gv_eval_free(result);
}

Test(eval_groups, scores_of_outliers)
{
    /* oak and cat are found or not, rose is missing; the second set has one word left */
    gv_eval_result *result = evaluate(
        GROUPS, NULL,
        "Dog\ncat\ncow\nunknown\n\noak\nrose\n\nelm\nrose\n\ncat\n\noak\nelm\n\nelm\ndog\n");
    const gv_eval_outliers *file = &result->outliers[0];
    cr_assert_eq(file->sets, 3);
    cr_assert_eq(file->answered, 3);
    cr_assert_eq(file->total, 5);
    cr_assert_eq(file->missing, 3);
    cr_assert_float_eq(file->accuracy, 200.0 / 3.0, 1e-9, "%g", file->accuracy);
    cr_assert_float_eq(file->opp, 100.0 * (1.0 + 0.0 + 1.0) / 3.0, 1e-9, "%g", file->opp);
    const char *table = eval_render(result, gv_eval_table);
    cr_assert_not_null(strstr(table, "     3        3        5        3    66.67 %    66.67 %\n"),
                       "%s", table);
    gv_eval_free(result);
    result = evaluate(GROUPS, NULL, "a\nb\n\nc\n");
    cr_assert_not_null(strstr(eval_render(result, gv_eval_text), "\"opp\": null"));
    gv_eval_free(result);
}

/* Names of several words: as a word of the vocabulary, else as the mean of their parts. */
Test(eval_groups, names_of_several_words)
{
    gv_eval_result *result = evaluate(GROUPS "new_york 0 0.1 1\n", NULL,
                                      "New York\nDog_Cat\ncow\n\noak_elm\nDog_Rose\n");
    const gv_eval_outliers *file = &result->outliers[0];
    cr_assert(file->answered == 1 && file->missing == 1, "all parts must be known");
    gv_eval_free(result);
    /* the direction of new_york as a word, not of new and york */
    result = evaluate("new 1 0\nyork 1 0\nnew_york 0 1\na 0 1\nb 0.1 1\n", NULL,
                      "New York\na\nb\n\nnew\n");
    cr_assert_float_eq(result->outliers[0].accuracy, 100.0, 1e-9);
    gv_eval_free(result);
}

/* The compactness score as the paper defines it, by all pairs that remain without a word. */
static size_t plain_position(const float *rows, size_t n, size_t dim)
{
    double score[16], own = 0.0;
    size_t before = 0;
    for (size_t w = n + 1; w-- > 0;) {
        score[w] = 0.0;
        for (size_t i = 0; i <= n; i++)
            for (size_t j = 0; j <= n; j++) {
                double dot = 0.0;
                for (size_t d = 0; d < dim; d++)
                    dot += (double)rows[i * dim + d] * (double)rows[j * dim + d];
                score[w] += i != j && i != w && j != w ? dot : 0.0;
            }
    }
    own = score[n];
    for (size_t w = 0; w < n; w++)
        before += score[w] < own;
    return before;
}

Test(eval_groups, outliers_against_the_definition)
{
    enum { WORDS = 7, OUTLIERS = 5, DIM = 4 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 10);
    for (int round = 0; round < 20; round++) {
        char vectors[4096], sets[512];
        float *rows = random_rows(&rng, WORDS + OUTLIERS, DIM), try[(WORDS + 1) * DIM];
        size_t v = 0, s = 0;
        double found = 0.0, position = 0.0;
        for (size_t i = 0; i < WORDS + OUTLIERS; i++) {
            v += (size_t)snprintf(vectors + v, sizeof vectors - v, "w%zu", i);
            for (size_t d = 0; d < DIM; d++)
                v += (size_t)snprintf(vectors + v, sizeof vectors - v, " %.9g",
                                      (double)rows[i * DIM + d]);
            v += (size_t)snprintf(vectors + v, sizeof vectors - v, "\n");
            s += (size_t)snprintf(sets + s, sizeof sets - s, "%sw%zu\n", i == WORDS ? "\n" : "", i);
        }
        for (size_t k = 0; k < OUTLIERS; k++) {
            memcpy(try, rows, WORDS * DIM * sizeof *rows);
            memcpy(try + WORDS * DIM, rows + (WORDS + k) * DIM, DIM * sizeof *rows);
            size_t at = plain_position(try, WORDS, DIM);
            found += at == WORDS;
            position += (double)at / WORDS;
        }
        gv_eval_result *result = evaluate(vectors, NULL, sets);
        cr_assert_float_eq(result->outliers[0].accuracy, 100.0 * found / OUTLIERS, 1e-9);
        cr_assert_float_eq(result->outliers[0].opp, 100.0 * position / OUTLIERS, 1e-9,
                           "seed %lu, round %d", (unsigned long)gv_test_seed(), round);
        gv_eval_free(result);
    }
}
