/* glove-cooccur as its users run it. */
#include "support/gv_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 5000 };

/* MB that hold the program and its vocabulary, but not 1.5 M tokens. The address sanitizer takes
 * some itself. */
#ifdef __SANITIZE_ADDRESS__
#define TIGHT "34"
#else
#define TIGHT "15"
#endif

/* A run directory `name` with a vocabulary of the test corpora's words. */
static void make_run(const char *name)
{
    gv_test_run_ok("mkdir -p %s", name);
    char *text = calloc(WORDS, 16);
    size_t used = 0;
    for (int i = 0; i < WORDS; i++)
        used += (size_t)sprintf(text + used, "w%d %d\n", i, 2 * WORDS - i);
    gv_test_write_text(gv_test_format("%s/vocab.txt", name), text);
    free(text);
}

static const char *counts_of(const char *options)
{
    make_run("run");
    gv_test_run_ok("rm -rf run/counts.bin run/.stamps");
    gv_test_run_ok("glove-cooccur --progress none --run-dir run %s", options);
    return gv_test_run_ok("sha256sum < run/counts.bin").out;
}

Test(glove_cooccur, same_bytes_for_any_threads_memory_and_files, .timeout = 120)
{
    /* 1.5 M tokens do not fit the smallest budget: it spills */
    gv_test_corpus("corpus.txt", gv_test_seed(), 1500000, WORDS + 200, 50);
    gv_test_run_ok("gzip -k -1 corpus.txt; head -n 7000 corpus.txt > a.txt; "
                   "tail -n +7001 corpus.txt > b.txt");
    const char *first = counts_of("--set corpus.files=corpus.txt");
    static const char *const others[] = {
        "--set corpus.files=corpus.txt --set cooccur.threads=1",
        ("--set corpus.files=corpus.txt --set cooccur.threads=3 --set cooccur.memory_mb=" TIGHT),
        "--set corpus.files=corpus.txt.gz --set cooccur.threads=8 --set cooccur.memory_mb=64",
        "--set 'corpus.files=[\"a.txt\",\"b.txt\"]' --set cooccur.threads=2",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_str_eq(first, counts_of(others[i]), "%s", others[i]);
    gv_test_run_ok("grep -q '\"event\": *\"done\"' run/metrics.jsonl");
    gv_test_run_ok("grep -q '\"shards\": *[2-9]' run/metrics.jsonl"); /* one of them did spill */
}

/* One word is half of all tokens: all threads gather its row. */
Test(glove_cooccur, same_bytes_if_one_word_is_half_of_the_text, .timeout = 120)
{
    static const char *const kinds[] = {"", "--set cooccur.symmetric=false",
                                        "--set cooccur.window=40"};
    static const char *const limits[] = {"--set cooccur.threads=2", "--set cooccur.threads=16",
                                         ("--set cooccur.threads=3 "
                                          "--set cooccur.memory_mb=" TIGHT)};
    gv_test_corpus("words.txt", gv_test_seed(), 400000, WORDS, 50);
    gv_test_run_ok("sed 's/ / w3 /g' words.txt > corpus.txt");
    for (size_t k = 0; k < 3; k++) {
        const char *kind = gv_test_format("--set corpus.files=corpus.txt %s", kinds[k]),
                   *one = counts_of(gv_test_format("%s --set cooccur.threads=1", kind));
        for (size_t i = 0; i < 3; i++)
            cr_assert_str_eq(counts_of(gv_test_format("%s %s", kind, limits[i])), one, "%s %s",
                             kind, limits[i]);
    }
}

#define SAMPLED " --set cooccur.sample=1e-3 --set cooccur.weighting=dynamic --set cooccur.window=5 "

Test(glove_cooccur, sampled_counts_have_the_same_bytes_too, .timeout = 120)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 800000, WORDS + 200, 50);
    gv_test_run_ok("gzip -k -1 corpus.txt");
    const char *first = counts_of("--set corpus.files=corpus.txt" SAMPLED);
    static const char *const others[] = {
        "--set corpus.files=corpus.txt --set cooccur.threads=1" SAMPLED,
        "--set corpus.files=corpus.txt.gz --set cooccur.threads=3" SAMPLED,
        ("--set corpus.files=corpus.txt --set cooccur.threads=2 --set cooccur.memory_mb=" TIGHT
             SAMPLED),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_str_eq(first, counts_of(others[i]), "%s", others[i]);
    cr_assert_str_neq(first,
                      counts_of("--set corpus.files=corpus.txt" SAMPLED "--set cooccur.seed=2"));
    cr_assert_str_neq(first, counts_of("--set corpus.files=corpus.txt --set cooccur.sample=1e-3 "
                                       "--set cooccur.window=5"));
}

/* Keys that came later are no part of files made without them. */
Test(glove_cooccur, another_sample_counts_again)
{
    gv_test_corpus("corpus.txt", 1, 20000, 100, 20);
    make_run("run");
    gv_test_run_ok("glove-cooccur --progress none --run-dir run --set corpus.files=corpus.txt");
    gv_test_run_ok("! grep -q cooccur.sample run/.stamps/cooccur.json");
    gv_test_run_ok("! grep -a -q cooccur.seed run/counts.bin");
    gv_test_expect_error(gv_test_run("glove-shuffle --progress none --run-dir run --set "
                                     "corpus.files=corpus.txt --set cooccur.sample=0.01"),
                         2, "counts.bin was made with cooccur.sample = 0, the config says 0.01",
                         "run glove-cooccur again", NULL);
    gv_test_run_ok("glove-cooccur --progress none --run-dir run --set corpus.files=corpus.txt "
                   "--set cooccur.sample=0.01");
    gv_test_run_ok("grep -a -q '\"cooccur.sample\":0.01' run/counts.bin");
    gv_test_expect_error(gv_test_run("glove-shuffle --progress none --run-dir run --set "
                                     "corpus.files=corpus.txt --set cooccur.sample=0"),
                         2, "counts.bin was made with cooccur.sample = 0.01", NULL);
    gv_test_run_ok("glove-shuffle --progress none --run-dir run");
}

Test(glove_cooccur, does_nothing_twice)
{
    gv_test_corpus("corpus.txt", 1, 2000, 100, 20);
    counts_of("--set corpus.files=corpus.txt");
    gv_test_run_ok("stat -c %%i run/counts.bin > before");
    gv_test_result again = gv_test_run_ok("glove-cooccur --run-dir run --progress plain");
    cr_assert_not_null(strstr(again.err, "up to date"), "%s", again.err);
    gv_test_run_ok("stat -c %%i run/counts.bin | cmp - before");
    gv_test_run_ok("glove-cooccur --run-dir run --progress none --set cooccur.window=5");
    gv_test_result other = gv_test_run("stat -c %%i run/counts.bin | cmp -s - before");
    cr_assert_neq(other.exit_code, 0, "another window did not count again");
}

Test(glove_cooccur, clear_errors)
{
    gv_test_corpus("corpus.txt", 1, 2000, 100, 20);
    gv_test_expect_error(
        gv_test_run("glove-cooccur --progress none --run-dir none --set corpus.files=corpus.txt"),
        2, "vocab.txt", "glove-vocab", NULL);
    make_run("run");
    gv_test_expect_error(gv_test_run("glove-cooccur --progress none --run-dir run --set "
                                     "corpus.files=corpus.txt --set cooccur.memory_mb=10"),
                         1, "cooccur.memory_mb", "at least", NULL);
    gv_test_write_text("lonely.txt", "w1\nw2\nw3\n");
    gv_test_expect_error(gv_test_run("glove-cooccur --progress none --run-dir run --set "
                                     "corpus.files=lonely.txt --set cooccur.memory_mb=100"),
                         1, "no pairs", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("run/counts.bin")));
    gv_test_expect_error(gv_test_run("glove-cooccur --progress none --run-dir run --set "
                                     "corpus.files=absent.txt"),
                         2, "absent.txt", NULL);
}

Test(glove_cooccur, failing_temp_dir_leaves_nothing)
{
    gv_test_corpus("corpus.txt", 3, 1500000, WORDS, 0);
    make_run("run");
    gv_test_expect_error(gv_test_run("glove-cooccur --progress none --run-dir run --set "
                                     "corpus.files=corpus.txt --set cooccur.threads=2 --set "
                                     "cooccur.memory_mb=" TIGHT " --set cooccur.temp_dir=/nowhere"),
                         1, "/nowhere", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("run/counts.bin")));
    cr_assert_not(gv_test_exists(gv_test_path("run/counts.bin.tmp")));
}
