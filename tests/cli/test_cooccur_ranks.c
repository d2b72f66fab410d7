/*
 * Counting on many ranks gives the bytes of one process, whatever the parts: windows cross their
 * edges, and parts shorter than a window. The ranks are threads (tests/ranks/cooccur_ranks.c), so
 * nothing here needs MPI.
 */
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COOCCUR_RANKS GV_SH_BUILD "/tests/ranks/cooccur_ranks"

static void make_run(const char *name, int words)
{
    gv_test_run_ok("mkdir -p %s", name);
    char *text = calloc((size_t)words + 1, 16);
    size_t used = 0;
    for (int i = 0; i < words; i++)
        used += (size_t)sprintf(text + used, "w%d %d\n", i, 2 * words - i);
    gv_test_write_text(gv_test_format("%s/vocab.txt", name), text);
    free(text);
}

/* All but the vocabulary; the config, too, or an earlier run's budget would hold for the next. */
static void forget(const char *dir)
{
    gv_test_run_ok("cd %s && rm -rf counts.bin .stamps metrics.jsonl config.json", dir);
}

/* The counts of one process in run directory "one", those of `ranks` in "many": the same bytes, and
 * the same statistics of the corpus. Returns the exit code of both. */
static int compare(int ranks, const char *options)
{
    static const gv_test_ranks counted = {"glove-cooccur", COOCCUR_RANKS, "counts.bin",
                                          "\"corpus\":{[^}]*}\\|\"tokens\":[0-9]*"};
    forget("one");
    forget("many");
    return gv_test_compare_ranks(&counted, ranks, options);
}

/* The same with the least memory that is enough: what that is depends on what the ranks, which are
 * threads of one process here, hold at the moment. */
static void compare_with_little_memory(int ranks, const char *options)
{
    enum { STEP = 4, MOST = 400 };
    for (int mb = 20; mb < MOST; mb += STEP) {
        const char *tight =
            gv_test_format("%s --set cooccur.threads=1 --set cooccur.memory_mb=%d", options, mb);
        forget("many");
        gv_test_result r = gv_test_run(
            "RANKS=%d " COOCCUR_RANKS " --progress none --run-dir many %s", ranks, tight);
        if (r.exit_code == 1 && strstr(r.err, "is too small"))
            continue;
        cr_assert_eq(r.exit_code, 0, "%s: %s", tight, r.err);
        forget("one");
        gv_test_run_ok("glove-cooccur --progress none --run-dir one %s && "
                       "cmp one/counts.bin many/counts.bin",
                       options);
        return;
    }
    cr_assert_fail("%d MB are not enough", MOST);
}

/* The lines of the phases' ends: a rank may still read when rank 0 has begun to count, but all
 * tokens are counted when it has ended. */
Test(cooccur_ranks, progress_is_that_of_all_ranks)
{
    gv_test_corpus("c.txt", gv_test_seed(), 50000, 2000, 9);
    gv_test_run_ok("glove-vocab --progress none --run-dir run --set corpus.files=c.txt "
                   "--set vocab.min_count=1 && RANKS=3 " COOCCUR_RANKS
                   " --progress json --run-dir run 2>said");
    gv_test_run_ok("grep '\"counting\"' said | tail -n 1 | "
                   "grep '\"done\":50000,\"total\":50000,' || { cat said >&2; exit 1; }");
    gv_test_run_ok("grep '\"reading\"' said | tail -n 1 | "
                   "grep \"\\\"total\\\":$(wc -c <c.txt),\" || { cat said >&2; exit 1; }");
}

Test(cooccur_ranks, random_parts, .timeout = 240)
{
    enum { WORDS = 12, ROUNDS = 30 };
    const char *words[WORDS];
    static const char *const documents[] = {"none", "line", "file"};
    static const char *const weightings[] = {"harmonic", "flat", "dynamic"};
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 70);
    make_run("one", WORDS);
    make_run("many", WORDS);
    for (int i = 0; i < WORDS; i++)
        words[i] = gv_test_format("w%d", i);
    int counted = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const char *options = gv_test_format(
            "%s --set corpus.documents=%s --set cooccur.weighting=%s --set cooccur.symmetric=%s "
            "--set cooccur.window=%d --set cooccur.threads=2",
            gv_test_small_files(&rng, 9, words, WORDS), documents[gv_rng_below(&rng, 3)],
            weightings[gv_rng_below(&rng, 3)], gv_rng_below(&rng, 3) ? "true" : "false",
            1 + (int)gv_rng_below(&rng, 20));
        counted += compare(1 + (int)gv_rng_below(&rng, 6), options) == 0;
    }
    cr_assert_geq(counted, ROUNDS / 3, "only %d rounds had anything to count", counted);
}

/* Hosts that do not see the files of rank 0, or see others at their paths. */
Test(cooccur_ranks, hosts_without_the_files, .timeout = 120)
{
    enum { WORDS = 12, ROUNDS = 12 };
    const char *words[WORDS];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 72);
    make_run("one", WORDS);
    make_run("many", WORDS);
    for (int i = 0; i < WORDS; i++)
        words[i] = gv_test_format("w%d", i);
    int counted = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const char *options = gv_test_format("%s --set cooccur.window=%d --set cooccur.threads=2",
                                             gv_test_small_files(&rng, 9, words, WORDS),
                                             1 + (int)gv_rng_below(&rng, 20));
        unsetenv("RANKS_HOSTS");
        gv_test_make_hosts("$(ls f*.* g*.* 2>/dev/null)");
        setenv("RANKS_HOSTS", "hosts", 1);
        counted += compare(2 + (int)gv_rng_below(&rng, 5), options) == 0;
    }
    cr_assert_geq(counted, ROUNDS / 3, "only %d rounds had anything to count", counted);
}

/* Text of rank 0 from the middle of a file, with phrases and stop words. */
Test(cooccur_ranks, hosts_without_a_large_text, .timeout = 120)
{
    gv_test_corpus("line.txt", gv_test_seed(), 1500000, 3000, 0);
    gv_test_write_text("list.txt", "w1 w2\nw3 w4 w5\n");
    gv_test_write_text("stop.txt", "w7\nw9\n");
    gv_test_make_hosts("line.txt");
    static const char vocab[] =
        "--set vocab.phrase_file=list.txt --set vocab.stop_file=stop.txt "
        "--set vocab.stop_gap=true --set corpus.files=line.txt --set cooccur.memory_mb=100";
    gv_test_run_ok("glove-vocab --progress none --run-dir one %s && "
                   "glove-cooccur --progress none --run-dir one %s",
                   vocab, vocab);
    for (int ranks = 2; ranks <= 5; ranks += 3) {
        gv_test_run_ok("rm -rf many; mkdir -p many; cp -r one/vocab.txt one/phrases.tsv "
                       "one/.stamps one/config.json many; rm many/.stamps/cooccur.json");
        gv_test_result r = gv_test_run(
            "RANKS_HOSTS=hosts RANKS=%d " COOCCUR_RANKS " --run-dir many %s", ranks, vocab);
        cr_assert_eq(r.exit_code, 0, "%s", r.err);
        cr_assert_not_null(strstr(r.err, "do not see all of this corpus"), "%s", r.err);
        gv_test_same_file(gv_test_path("one"), gv_test_path("many"), "counts.bin");
    }
}

/* One long line, cut in mid-text; everything spills; compressed files; sampling. */
Test(cooccur_ranks, large_texts, .timeout = 240)
{
    enum { WORDS = 5000 };
    gv_test_corpus("line.txt", gv_test_seed(), 3000000, WORDS + 200, 0);
    gv_test_corpus("more.txt", gv_test_seed() + 1, 200000, WORDS, 50);
    gv_test_run_ok("gzip -k -1 more.txt; xz -k -0 more.txt");
    make_run("one", WORDS);
    make_run("many", WORDS);
    static const char *const files[] = {
        "--set corpus.files=line.txt ",
        "--set 'corpus.files=[\"more.txt.gz\",\"line.txt\",\"more.txt.xz\",\"more.txt\"]' ",
    };
    for (size_t i = 0; i < 2; i++) {
        for (int ranks = 2; ranks <= 4; ranks++) {
            cr_assert_eq(compare(ranks, files[i]), 0);
            cr_assert_eq(compare(ranks, gv_test_format("%s --set cooccur.sample=1e-3", files[i])),
                         0);
        }
        compare_with_little_memory(3, gv_test_format("%s --set corpus.documents=none", files[i]));
    }
}

Test(cooccur_ranks, up_to_date_the_second_time, .timeout = 60)
{
    gv_test_corpus("line.txt", gv_test_seed(), 20000, 300, 0);
    make_run("many", 300);
    gv_test_run_ok("RANKS=3 " COOCCUR_RANKS " --run-dir many --set corpus.files=line.txt");
    gv_test_result r = gv_test_run("RANKS=3 " COOCCUR_RANKS
                                   " --progress plain --run-dir many --set corpus.files=line.txt");
    cr_assert_eq(r.exit_code, 0);
    cr_assert_not_null(strstr(r.err, "up to date"), "%s", r.err);
}

Test(cooccur_ranks, standard_input_has_no_parts)
{
    make_run("many", 10);
    gv_test_result r = gv_test_run("echo w1 w2 | RANKS=2 " COOCCUR_RANKS
                                   " --progress none --run-dir many --set corpus.files=-");
    gv_test_expect_error(r, 2, "standard input", NULL);
    cr_assert(!gv_test_exists(gv_test_path("many/counts.bin")));
}

/* An error of any rank is one line of rank 0's; the earlier counts.bin stays. */
Test(cooccur_ranks, a_damaged_file_of_another_rank, .timeout = 60)
{
    gv_test_corpus("good.txt", gv_test_seed(), 50000, 300, 0);
    gv_test_run_ok("gzip -k good.txt && head -c 40000 good.txt.gz > bad.txt.gz");
    make_run("many", 300);
    gv_test_run_ok("RANKS=3 " COOCCUR_RANKS
                   " --progress none --run-dir many --set corpus.files=good.txt");
    gv_test_run_ok("sha256sum many/counts.bin > before");
    gv_test_result r =
        gv_test_run("RANKS=3 " COOCCUR_RANKS " --progress none --run-dir many "
                    "--set 'corpus.files=[\"good.txt\",\"good.txt.gz\",\"bad.txt.gz\"]'");
    gv_test_expect_error(r, 1, "rank 2 on host thread2", "bad.txt.gz", NULL);
    gv_test_run_ok("sha256sum -c before");
}
