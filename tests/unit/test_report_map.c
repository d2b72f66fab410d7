/* The map of words: what is on it, and as data of the page; at the limits. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "report/gv_report_map.h"
#include "support/gv_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Vectors of `n` words w0, w1, ... in `kinds` groups of about the same direction; behind them
 * `more`, lines of the file. */
static gv_words *read_words(size_t n, size_t kinds, const char *more)
{
    enum { DIM = 6 };
    gv_rng rng;
    gv_error err = GV_ERROR_INIT;
    gv_words *words;
    FILE *out = fopen(gv_test_path("vectors.txt"), "w");
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 31);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "w%zu", i);
        for (size_t d = 0; d < DIM; d++)
            fprintf(out, " %g", (d == i % kinds ? 3.0 : 0.0) + gv_rng_uniform(&rng) - 0.5);
        fputs("\n", out);
    }
    fputs(more, out);
    fclose(out);
    gv_assert_ok(gv_words_read(&words, gv_test_path("vectors.txt"), &err), err);
    return words;
}

static char *written(const gv_report_map *map, const gv_words *words, const uint64_t *counts)
{
    gv_print_buffer buffer;
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_assert_ok(gv_print_open(&buffer, &err), err);
    gv_report_map_write(buffer.stream, map, words, counts);
    gv_assert_ok(gv_print_close(&text, &buffer, &err), err);
    return text;
}

/* The first typical word of a group is the one nearest to its middle. */
static void check_typical(const gv_report_map *map, const gv_words *words)
{
    const size_t dim = words->nearest.dim;
    for (size_t g = 0; g < map->groups; g++) {
        double middle[16] = {0}, best = -INFINITY;
        size_t nearest = 0;
        for (size_t i = 0; i < map->n; i++)
            for (size_t d = 0; d < dim && map->group[i] == g; d++)
                middle[d] += (double)words->nearest.unit[i * dim + d];
        for (size_t i = 0; i < map->n; i++) {
            double cosine = 0.0;
            for (size_t d = 0; d < dim; d++)
                cosine += middle[d] * (double)words->nearest.unit[i * dim + d];
            if (map->group[i] == g && cosine > best) {
                best = cosine;
                nearest = i;
            }
        }
        cr_assert_eq(map->typical[g * GV_REPORT_MAP_TYPICAL], nearest);
    }
}

Test(report_map, groups_and_neighbours_of_what_is_apart)
{
    enum { N = 100, KINDS = 3 };
    gv_words *words = read_words(N, KINDS, "<unk> 9 9 9 9 9 9\n");
    gv_report_map map;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_report_map_find(&map, words, 1000, NULL, &err), err);
    cr_assert_eq(map.n, N, "without <unk>");
    cr_assert_eq(map.groups, 6, "one for twenty words");
    cr_assert_eq(map.group[0], 0, "in the order of their most frequent words");
    cr_assert(map.explained > 0.5 && map.explained <= 1.0);
    cr_assert(map.kept[GV_REPORT_MAP_TSNE] > 0.5 && map.kept[GV_REPORT_MAP_TSNE] <= 1.0);
    for (size_t i = 0; i < N; i++) {
        cr_assert_eq(map.row[i], i);
        cr_assert_lt(map.group[i], map.groups);
        for (size_t k = 0; k < GV_REPORT_MAP_NEAR; k++)
            cr_assert_eq(map.near->id[i * GV_REPORT_MAP_NEAR + k] % KINDS, i % KINDS);
        for (size_t j = 0; j < N; j++)
            cr_assert(map.group[i] != map.group[j] || i % KINDS == j % KINDS);
    }
    check_typical(&map, words);
    for (size_t t = 0; t < map.groups * GV_REPORT_MAP_TYPICAL; t++)
        cr_assert(map.typical[t] == GV_NEIGHBOURS_NONE ||
                  map.group[map.typical[t]] == t / GV_REPORT_MAP_TYPICAL);
    gv_report_map_free(&map);
    gv_assert_ok(gv_report_map_find(&map, words, 50, NULL, &err), err);
    cr_assert_eq(map.n, 50);
    gv_report_map_free(&map);
    gv_words_free(words);
}

/* `<unk>` and a word without a direction do not take the place of others, wherever they are. */
Test(report_map, words_that_are_left_out)
{
    gv_words *words = read_words(5, 2,
                                 "zero 0 0 0 0 0 0\n<unk> 1 1 1 1 1 1\nnone nan 1 1 1 1 1\n"
                                 "a 1 0 0 0 0 0\nb 1 1 0 0 0 0\nc 1 0 1 0 0 0\nd 0 1 0 0 0 0\n"
                                 "e 0 0 0 0 0 1\nf 0 0 0 1 0 1\n");
    gv_report_map map;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_report_map_find(&map, words, 10, NULL, &err), err);
    static const uint32_t rows[] = {0, 1, 2, 3, 4, 8, 9, 10, 11, 12};
    cr_assert_eq(map.n, 10);
    cr_assert_arr_eq(map.row, rows, sizeof rows);
    gv_report_map_free(&map);
    gv_words_free(words);
}

Test(report_map, words_stay_text)
{
    gv_words *words = read_words(9, 2, "</script><b>\"\\&\xff 1 0 0 0 0 1\n");
    gv_report_map map;
    gv_error err = GV_ERROR_INIT;
    uint64_t counts[10] = {0};
    counts[0] = 12345678901u;
    gv_assert_ok(gv_report_map_find(&map, words, 100, NULL, &err), err);
    char *text = written(&map, words, counts);
    cr_assert_not_null(strstr(text, "\"\\u003c/script>\\u003cb>\\\"\\\\&\\u003cFF>\""), "%s", text);
    cr_assert_not_null(strstr(text, "&lt;/script&gt;&lt;b&gt;&quot;\\&amp;&lt;FF&gt;"));
    cr_assert_null(strstr(text, "<b>\""));
    cr_assert_not_null(strstr(text, "\"counts\":[12345678901,0,"));
    gv_mem_free(text);
    text = written(&map, words, NULL);
    cr_assert_not_null(strstr(text, "\"counts\":null"));
    gv_mem_free(text);
    gv_report_map_free(&map);
    gv_words_free(words);
}

Test(report_map, too_few_words_and_equal_ones)
{
    gv_report_map map;
    gv_error err = GV_ERROR_INIT;
    gv_words *words = read_words(GV_REPORT_MAP_LEAST - 1, 2, "<unk> 1 1 1 1 1 1\n");
    gv_assert_ok(gv_report_map_find(&map, words, 1000, NULL, &err), err);
    cr_assert_eq(map.n, 0);
    char *text = written(&map, words, NULL);
    cr_assert_str_eq(text, "");
    gv_mem_free(text);
    gv_report_map_free(&map);
    gv_assert_ok(gv_report_map_find(&map, words, 0, NULL, &err), err);
    cr_assert_eq(map.n, 0);
    gv_words_free(words);
    const char *same = "";
    for (int i = 0; i < 40; i++)
        same = gv_test_format("%ss%d 1 0 0 0 0 0\n", same, i);
    words = read_words(0, 1, same);
    gv_assert_ok(gv_report_map_find(&map, words, 1000, NULL, &err), err);
    cr_assert_eq(map.n, 40);
    for (size_t i = 0; i < 80; i++)
        cr_assert(isfinite(map.place[0][i]) && isfinite(map.place[1][i]));
    cr_assert(isfinite(map.explained));
    text = written(&map, words, NULL);
    cr_assert_null(strstr(text, "nan"));
    gv_mem_free(text);
    gv_report_map_free(&map);
    gv_words_free(words);
}

Test(report_map, failing_allocations)
{
    gv_words *words = read_words(12, 2, "");
    int whole = 0;
    for (uint64_t n = 1; !whole; n += 1 + n / 200) { /* a tree in each of 1000 steps */
        gv_error err = GV_ERROR_INIT;
        gv_report_map map;
        cr_assert_lt(n, 100000);
        gv_mem_calls();
        gv_mem_fail_at(n, 0);
        const int status = gv_report_map_find(&map, words, 12, NULL, &err);
        whole = gv_mem_calls() < n;
        gv_mem_fail_at(0, 0);
        cr_assert_eq(status, whole ? GV_OK : GV_E_MEMORY, "allocation %lu", (unsigned long)n);
        if (status == GV_OK)
            gv_report_map_free(&map);
    }
    gv_words_free(words);
}
