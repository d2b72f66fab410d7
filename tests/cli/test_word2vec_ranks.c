/*
 * Objective "word2vec" with schedule "ordered" on many ranks gives the bytes of one process: for
 * any number of ranks and threads, killed and started again with others. The ranks are threads
 * (tests/ranks/train_ranks.c), so nothing here needs MPI.
 */
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>

#define TRAIN_RANKS GV_SH_BUILD "/tests/ranks/train_ranks"
#define OPTIONS                                                                                    \
    "--progress none --set train.objective=word2vec --set train.schedule=ordered "                 \
    "--set train.dim=20 --set train.epochs=3 "

/* A text of a single stretch; each epoch begins another. */
static const char *make_run(const char *name)
{
    if (!gv_test_exists("corpus.txt"))
        gv_test_corpus("corpus.txt", gv_test_seed(), 120000, 3000, 0);
    gv_test_run_ok("glove-vocab --run-dir %s --progress none --set corpus.files=corpus.txt", name);
    return gv_test_path(name);
}

static const char *one_process(const char *options)
{
    const char *dir = make_run("one");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s", dir, options);
    return dir;
}

static gv_test_result start(const char *dir, int ranks, const char *environment,
                            const char *options)
{
    return gv_test_run("RANKS=%d %s " TRAIN_RANKS " --run-dir %s " OPTIONS "%s", ranks, environment,
                       dir, options);
}

static void train_on(const char *dir, int ranks, const char *options)
{
    gv_test_result r = start(dir, ranks, "", options);
    cr_assert_eq(r.exit_code, 0, "%d: %s", r.exit_code, r.err);
}

static void expect_same(const char *a, const char *b)
{
    gv_test_same_file(a, b, "vectors.txt");
    gv_test_same_file(a, b, "model.ckpt");
}

Test(word2vec_ranks, same_bytes_for_any_ranks_and_threads, .timeout = 200)
{
    const char *one = one_process("--set train.threads=2");
    for (int ranks = 1; ranks <= 4; ranks++) {
        const char *dir = make_run(gv_test_format("r%d", ranks));
        train_on(dir, ranks, gv_test_format("--set train.threads=%d", 1 + ranks % 3));
        expect_same(one, dir);
    }
}

/* Rank 1's host has nothing, rank 2's other files. */
Test(word2vec_ranks, hosts_without_the_files_get_them, .timeout = 100)
{
    const char *one = one_process("--set train.threads=2"), *dir = make_run("run");
    gv_test_run_ok("mkdir -p hosts/1 hosts/2/run && echo w1 9 >hosts/2/run/vocab.txt && "
                   "tr a-m n-z <one/corpus.ids >hosts/2/run/corpus.ids");
    gv_test_run_ok("RANKS_HOSTS=hosts RANKS=3 " TRAIN_RANKS " --run-dir run " OPTIONS);
    expect_same(one, dir);
}

/* Rows that are pulled and held at start vectors, which every rank then has. */
Test(word2vec_ranks, same_bytes_with_start_vectors, .timeout = 200)
{
    const char *from = make_run("from");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "--set train.seed=7", from);
    static const char *const keys[] = {"train.retrofit=0.1", "train.freeze=true"};
    for (size_t i = 0; i < 2; i++) {
        const char *options = gv_test_format("--set train.init=from/vectors.txt --set %s", keys[i]);
        gv_test_run_ok("rm -rf one");
        const char *one = one_process(options), *dir = make_run(gv_test_format("s%zu", i));
        train_on(dir, 3, options);
        expect_same(one, dir);
    }
}

/* Each time with other ranks, killed or stopped at another event. */
Test(word2vec_ranks, killed_and_started_again_on_others, .timeout = 200)
{
    static const char *const events[] = {"task:700=KILL", "checkpoint:2=KILL", "task:90=TERM",
                                         "task:1500=KILL", "checkpoint:1=KILL"};
    const char *one = one_process(""), *dir = make_run("again");
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        gv_test_result r = start(
            dir, 2 + (int)i % 3,
            gv_test_format("GLOVEBOX_TEST_AT=%s GLOVEBOX_TEST_CHECKPOINT_TASKS=150", events[i]),
            "--set train.threads=2");
        if (strstr(events[i], "KILL"))
            gv_test_expect_killed(r);
        else
            cr_assert_eq(r.exit_code, 143, "%d, %s", r.exit_code, r.err);
    }
    cr_assert_not_null(strstr(gv_test_read(gv_test_format("%s/metrics.jsonl", dir), NULL),
                              "\"event\":\"resume\""));
    train_on(dir, 3, "");
    expect_same(one, dir);
}

Test(word2vec_ranks, what_cannot_be, .timeout = 100)
{
    const char *dir = make_run("run");
    gv_test_expect_error(start(dir, 2, "", "--set train.schedule=hogwild"), 2, "train.schedule",
                         "ordered", NULL);
    gv_test_expect_error(start(dir, 2, "", "--set train.architecture=cbow"), 2,
                         "train.architecture", NULL);
    gv_test_expect_error(start(dir, 3, "", "--set train.distributed=downpour"), 2,
                         "train.distributed", NULL);
}
