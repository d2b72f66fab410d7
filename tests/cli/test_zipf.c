/* The generator of long corpora: its law, reproducible bytes, its options; `make growth`. */
#include "support/gv_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ZIPF GV_SH_BUILD "/bench/zipf_corpus "

enum { WORDS = 5000, TOKENS = 2000000 };

/* Counts of vocab.txt, falling, of a corpus made with `options`. Returns their number. */
static size_t counts_of(double *counts, const char *options)
{
    gv_test_run_ok(ZIPF "%s %d %d 1 > corpus.txt", options, TOKENS, WORDS);
    gv_test_run_ok("glove-vocab --force --progress none --run-dir run --set vocab.min_count=1 "
                   "--set 'corpus.files=[\"corpus.txt\"]'");
    char *text = gv_test_read(gv_test_path("run/vocab.txt"), NULL);
    size_t n = 0;
    double sum = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        cr_assert_lt(n, WORDS);
        counts[n] = strtod(strchr(line, ' '), NULL);
        sum += counts[n++];
    }
    cr_assert_eq(sum, TOKENS);
    return n;
}

/* Words within a few per cent of the law, where they are frequent enough to tell. */
static void check_law(const char *options, double exponent, double shift, double tolerance)
{
    static double counts[WORDS];
    double sum = 0;
    size_t n = counts_of(counts, options);
    cr_assert_geq(n, WORDS * 99 / 100, "%s: %zu words", options, n);
    for (int r = 1; r <= WORDS; r++)
        sum += pow(r + shift, -exponent);
    for (int r = 1; r <= 2000; r += r / 4 + 1) {
        double expected = pow(r + shift, -exponent) / sum * TOKENS;
        double spread = tolerance + 5 / sqrt(expected);
        cr_assert_leq(fabs(counts[r - 1] / expected - 1), spread, "%s: rank %d: %.0f, law %.0f",
                      options, r, counts[r - 1], expected);
    }
}

Test(zipf, words_follow_the_law, .timeout = 60)
{
    check_law("--topical 0 --repeated 0", 1, 0.7, 0.01);
    check_law("--topical 0 --repeated 0 --exponent 1.2 --shift 3", 1.2, 3, 0.01);
    /* topics flatten blocks of ranks and documents repeat themselves */
    check_law("", 1, 0.7, 0.12);
}

Test(zipf, rare_words_fall_faster)
{
    static double counts[WORDS];
    counts_of(counts, "--topical 0 --repeated 0 --knee 500 --tail 2");
    double slope = log(counts[599] / counts[2399]) / log(4);
    cr_assert_float_eq(slope, 2, 0.15, "%.3f", slope);
}

/* The same bytes for any number of threads; another seed, other bytes; so many tokens as asked. */
Test(zipf, reproducible)
{
    const char *common = "2300000 30000 7";
    gv_test_run_ok(ZIPF "--threads 1 %s > one", common);
    gv_test_run_ok(ZIPF "--threads 3 %s > three && cmp one three && test $(wc -w < one) = 2300000",
                   common);
    gv_test_run_ok(ZIPF "2300000 30000 8 > other && ! cmp -s one other");
    gv_test_run_ok(ZIPF "1 1 0 > one && test \"$(wc -l < one)\" = 1");
}

/* Topics and repeats bring the same words together: fewer different pairs. */
Test(zipf, topics_make_fewer_pairs, .timeout = 60)
{
    double records[2];
    for (int i = 0; i < 2; i++) {
        gv_test_run_ok(ZIPF "%s 400000 20000 1 > corpus.txt", i ? "" : "--topical 0 --repeated 0");
        gv_test_run_ok("for stage in vocab cooccur; do glove-$stage --force --run-dir run "
                       "--progress none --set 'corpus.files=[\"corpus.txt\"]' || exit 1; done");
        char *text = gv_test_read(gv_test_path("run/metrics.jsonl"), NULL);
        char *at = NULL;
        for (char *next = text; (next = strstr(next, "\"records\":")); next++)
            at = next;
        cr_assert_not_null(at);
        records[i] = strtod(strchr(at, ':') + 1, NULL);
    }
    cr_assert_lt(records[1], 0.85 * records[0], "%.0f and %.0f", records[1], records[0]);
}

Test(zipf, mistakes)
{
    static const char *const wrong[] = {"",
                                        "10",
                                        "10 10",
                                        "0 10 1",
                                        "10 0 1",
                                        "ten 10 1",
                                        "10 10 1 1",
                                        "10.5 10 1",
                                        "--topics 0 10 10 1",
                                        "10 1e9 1",
                                        "--topical 1.5 10 10 1",
                                        "--nonsense 10 10 1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_eq(gv_test_run(ZIPF "%s", wrong[i]).exit_code, 2, "%s", wrong[i]);
    gv_test_result full = gv_test_run(ZIPF "1000 10 1 > /dev/full");
    gv_test_expect_error(full, 1, "zipf_corpus: error:", "standard output", NULL);
}

/* make growth on a small text: its tables, every figure as CSV, nothing left behind. */
Test(zipf, growth, .timeout = 120)
{
    gv_test_run_ok(ZIPF "200000 20000 1 > corpus.txt");
    const char *growth =
        "python3 " GV_SH_SOURCE
        "/bench/growth.py --bin \"$(dirname \"$(command -v glove-vocab)\")\" "
        "--build " GV_SH_BUILD " --corpus corpus.txt --words 20000 --runs 1 --dir grown";
    /* one check compares times, which tell nothing here */
    gv_test_result result =
        gv_test_run("%s --shares '50 100' --tokens 300000 --train 300000", growth);
    cr_assert(result.exit_code == 0 || result.exit_code == 1, "%s", result.err);
    static const char *const wanted[] = {"| 50 % | vocab |",  "| 100 % | train |",
                                         "| 3e5 | shuffle |", "glove-plan: estimated / found",
                                         "| records |",       "open files, the worst stage"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert_not_null(strstr(result.out, wanted[i]), "no %s in\n%s%s", wanted[i], result.out,
                           result.err);
    gv_test_run_ok("test \"$(ls grown)\" = growth.csv && grep -q '^3e5,records,' grown/growth.csv");
    result = gv_test_run("%s --shares '' --tokens 1e14", growth);
    gv_test_expect_error(result, 1, "growth: error:", "GB are free", NULL);
}
