/* The stages as people run them, one after the other: the files they leave, what is skipped, what
 * is refused, and that threads, budgets and the way the corpus is cut never change a byte. */
#include "support/gv_test.h"

#include <stdio.h>
#include <string.h>

#define QUIET "--progress none"

/* A config in the test directory for a corpus of `tokens` tokens; run directory "run". */
static void prepare(size_t tokens)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), tokens, 300, 30);
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]},\n"
                                 " \"vocab\": {\"min_count\": 2},\n"
                                 " \"train\": {\"dim\": 12, \"epochs\": 3},\n"
                                 " \"output\": {\"formats\": [\"text\", \"npy\"]}}\n");
}

static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train"};

/* All stages with further options, into run directory `dir`. */
static void run_all(const char *dir, const char *options)
{
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        gv_test_run_ok("glove-%s --config c.json --run-dir %s " QUIET " %s", stages[i], dir,
                       options);
}

static void assert_same(const char *a, const char *b, const char *why)
{
    size_t n, m;
    char *left = gv_test_read(gv_test_path(a), &n), *right = gv_test_read(gv_test_path(b), &m);
    cr_assert_eq(n, m, "%s and %s differ in size (%s)", a, b, why);
    cr_assert(memcmp(left, right, n) == 0, "%s and %s differ (%s)", a, b, why);
}

Test(pipeline, leaves_the_promised_files)
{
    prepare(20000);
    run_all("run", "");
    static const char *const files[] = {"config.json", "vocab.txt",  "counts.bin",
                                        "store.db",    "model.ckpt", "metrics.jsonl",
                                        "vectors.txt", "vectors.npy"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        cr_expect(gv_test_exists(gv_test_path(gv_test_format("run/%s", files[i]))), "%s is missing",
                  files[i]);
    char *metrics = gv_test_read(gv_test_path("run/metrics.jsonl"), NULL);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        const char *stage = gv_test_format("\"stage\":\"%s\"", stages[i]);
        cr_expect_not_null(strstr(metrics, stage), "metrics lack %s:\n%s", stage, metrics);
    }
    cr_expect_not_null(strstr(metrics, "\"peak_rss_kb\""));
    cr_expect_not_null(strstr(metrics, "\"store_bytes\""));
    gv_test_run_ok("test -z \"$(find run -name '*.tmp')\"");
}

Test(pipeline, quiet_means_no_output)
{
    prepare(5000);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        gv_test_result r =
            gv_test_run_ok("glove-%s --config c.json --run-dir run " QUIET, stages[i]);
        cr_expect_str_empty(r.err, "glove-%s said: %s", stages[i], r.err);
    }
}

Test(pipeline, second_run_does_nothing)
{
    prepare(8000);
    run_all("run", "");
    gv_test_run_ok(
        "stat -c '%%n %%i %%Y' run/vocab.txt run/counts.bin run/store.db run/vectors.txt "
        "> before");
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        gv_test_result r = gv_test_run_ok("glove-%s --config c.json --run-dir run", stages[i]);
        cr_expect_not_null(strstr(r.err, "up to date"), "glove-%s: %s", stages[i], r.err);
    }
    gv_test_run_ok(
        "stat -c '%%n %%i %%Y' run/vocab.txt run/counts.bin run/store.db run/vectors.txt "
        "| cmp - before");
    /* a touched corpus with the same bytes is the same corpus */
    gv_test_run_ok("touch -d '2001-01-01' corpus.txt");
    gv_test_result r = gv_test_run_ok("glove-vocab --config c.json --run-dir run");
    cr_expect_not_null(strstr(r.err, "up to date"), "%s", r.err);
    r = gv_test_run_ok("glove-vocab --config c.json --run-dir run --force");
    cr_expect_null(strstr(r.err, "up to date"), "%s", r.err);
}

Test(pipeline, changed_keys_rerun_only_what_reads_them)
{
    prepare(8000);
    run_all("run", "");
    gv_test_result r =
        gv_test_run_ok("glove-shuffle --config c.json --run-dir run --set train.eta=0.03");
    cr_expect_not_null(strstr(r.err, "up to date"), "%s", r.err);
    r = gv_test_run_ok("glove-train --config c.json --run-dir run --set train.eta=0.03");
    cr_expect_null(strstr(r.err, "up to date"), "%s", r.err);
    r = gv_test_run("glove-shuffle --config c.json --run-dir run --set cooccur.window=7 " QUIET);
    gv_test_expect_error(r, 2, "glove-shuffle: error: ", "counts.bin", "cooccur.window",
                         "glove-cooccur", NULL);
    r = gv_test_run("glove-train --config c.json --run-dir run --set vocab.min_count=3 " QUIET);
    gv_test_expect_error(r, 2, "glove-train: error: ", "vocab.min_count", "glove-vocab", NULL);
    /* other files in the config: by content, not by name */
    gv_test_run_ok("cp corpus.txt same.txt && (cat corpus.txt; echo more) > other.txt");
    gv_test_run_ok(
        "glove-shuffle --config c.json --run-dir run --set corpus.files=same.txt " QUIET);
    r = gv_test_run(
        "glove-cooccur --config c.json --run-dir run --set corpus.files=other.txt " QUIET);
    gv_test_expect_error(r, 2, "vocab.txt", "corpus.files", "glove-vocab", NULL);
    r = gv_test_run(
        "glove-shuffle --config c.json --run-dir run --set corpus.files=other.txt " QUIET);
    gv_test_expect_error(r, 2, "corpus.files", "glove-vocab", NULL);
    gv_test_run_ok("glove-vocab --config c.json --run-dir run " QUIET);
    /* another corpus: what was counted is stale */
    gv_test_corpus("corpus.txt", gv_test_seed() + 1, 8000, 300, 30);
    r = gv_test_run("glove-cooccur --config c.json --run-dir run " QUIET);
    gv_test_expect_error(r, 2, "vocab.txt", "glove-vocab", NULL);
}

Test(pipeline, missing_upstream_names_the_stage_to_run)
{
    prepare(3000);
    gv_test_expect_error(gv_test_run("glove-cooccur --config c.json --run-dir run " QUIET), 2,
                         "vocab.txt", "glove-vocab", NULL);
    gv_test_expect_error(gv_test_run("glove-shuffle --config c.json --run-dir run " QUIET), 2,
                         "glove-vocab", NULL);
    gv_test_run_ok("glove-vocab --config c.json --run-dir run " QUIET);
    gv_test_expect_error(gv_test_run("glove-shuffle --config c.json --run-dir run " QUIET), 2,
                         "counts.bin", "glove-cooccur", NULL);
    gv_test_expect_error(gv_test_run("glove-train --config c.json --run-dir run " QUIET), 2,
                         "store.db", "glove-shuffle", NULL);
}

Test(pipeline, run_directory_remembers_its_config)
{
    prepare(5000);
    gv_test_run_ok("glove-vocab --config c.json --run-dir run " QUIET);
    gv_test_run_ok("glove-cooccur --run-dir run " QUIET);
    cr_expect(gv_test_exists(gv_test_path("run/counts.bin")));
    gv_test_run_ok("glove-vocab --config c.json " QUIET);
    cr_expect(gv_test_exists(gv_test_path("runs/c/vocab.txt")),
              "the name is the config's file name");
}

Test(pipeline, same_bytes_for_any_threads_and_budgets, .timeout = 120)
{
    prepare(60000);
    run_all("one", "--set cooccur.threads=1 --set train.threads=1");
    static const char *const variants[] = {
        "--set cooccur.threads=2 --set train.threads=2",
        "--set cooccur.threads=3 --set train.threads=3 --set cooccur.memory_mb=64",
        ("--set cooccur.threads=8 --set train.threads=8 --set vocab.memory_mb=16 "
         "--set shuffle.memory_mb=16")};
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const char *dir = gv_test_format("v%zu", i);
        run_all(dir, variants[i]);
        assert_same("one/vocab.txt", gv_test_format("%s/vocab.txt", dir), variants[i]);
        assert_same("one/counts.bin", gv_test_format("%s/counts.bin", dir), variants[i]);
        assert_same("one/vectors.txt", gv_test_format("%s/vectors.txt", dir), variants[i]);
        assert_same("one/vectors.npy", gv_test_format("%s/vectors.npy", dir), variants[i]);
    }
}

Test(pipeline, same_counts_however_the_corpus_is_cut, .timeout = 60)
{
    prepare(30000);
    run_all("one", "");
    gv_test_run_ok("split -n l/5 corpus.txt part- && gzip -k part-aa && xz -k part-ab && "
                   "zstd -q part-ac && bzip2 -k part-ad");
    gv_test_run_ok("glove-vocab --config c.json --run-dir cut " QUIET
                   " --set 'corpus.files=[\"part-aa.gz\",\"part-ab.xz\",\"part-ac.zst\","
                   "\"part-ad.bz2\",\"part-ae\"]'");
    gv_test_run_ok("glove-cooccur --run-dir cut " QUIET);
    assert_same("one/vocab.txt", "cut/vocab.txt", "five files");
    assert_same("one/counts.bin", "cut/counts.bin", "five files");
    gv_test_run_ok("glove-vocab --config c.json --run-dir glob " QUIET
                   " --set 'corpus.files=part-a?'");
    gv_test_run_ok("glove-cooccur --run-dir glob " QUIET);
    assert_same("one/counts.bin", "glob/counts.bin", "a glob");
    gv_test_run_ok("glove-vocab --config c.json --run-dir pipe " QUIET
                   " --set corpus.files=- < corpus.txt");
    gv_test_run_ok("glove-cooccur --run-dir pipe " QUIET " < corpus.txt");
    assert_same("one/counts.bin", "pipe/counts.bin", "standard input");
}

Test(pipeline, same_vectors_for_every_kernel, .timeout = 60)
{
    prepare(20000);
    run_all("run", "");
    gv_test_run_ok("cp run/vectors.txt expected.txt");
    static const char *const kernels[] = {"scalar", "avx2", "avx512"};
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        gv_test_result r =
            gv_test_run("GLOVEBOX_KERNEL=%s glove-train --run-dir run --force " QUIET, kernels[i]);
        if (r.exit_code == 2) /* this CPU lacks it: the message says so */
            cr_assert_not_null(strstr(r.err, kernels[i]), "%s", r.err);
        else
            assert_same("expected.txt", "run/vectors.txt", kernels[i]);
    }
    gv_test_expect_error(
        gv_test_run("GLOVEBOX_KERNEL=avx3 glove-train --run-dir run --force " QUIET), 2,
        "GLOVEBOX_KERNEL", "avx3", NULL);
}
