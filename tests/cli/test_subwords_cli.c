/* glove-train with output.subwords, as users run it. */
#include "base/gv_mem.h"
#include "config/gv_config.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include "train/gv_train_subwords.h"
#include <string.h>

#define KEYS                                                                                       \
    "--set train.dim=20 --set train.x_max=20 --set train.epochs=2 --set train.threads=2 "          \
    "--set output.subwords=true "
#define QUICK       "--progress none " KEYS
#define TRAIN_RANKS GV_SH_BUILD "/tests/ranks/train_ranks"

static const char *make_run(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 150; /* w0 .. w149: numbers share their digits */
    return gv_test_store_run(name, plan);
}

static void train_ok(const char *dir, const char *options)
{
    gv_test_run_ok("glove-train --run-dir %s " QUICK "%s", dir, options);
}

static const char *trained(const char *name, const char *options)
{
    const char *dir = make_run(name);
    train_ok(dir, options);
    return dir;
}

static void expect_same(const char *a, const char *b)
{
    gv_test_same_file(a, b, "subwords.bin");
    gv_test_same_file(a, b, "vectors.txt");
}

static size_t epochs_of(const char *dir)
{
    const char *at = gv_test_read(gv_test_format("%s/metrics.jsonl", dir), NULL);
    size_t n = 0;
    for (; (at = strstr(at, "\"event\":\"epoch\"")); at++)
        n++;
    return n;
}

/* 20 dimensions are two parts, and there are four that judge. */
Test(subwords_cli, same_bytes_for_any_threads_kernel_and_ranks, .timeout = 60)
{
    const char *one = trained("one", "--set train.threads=1");
    expect_same(one, trained("many", "--set train.threads=8"));
    const char *scalar = make_run("scalar");
    gv_test_run_ok("GLOVEBOX_KERNEL=scalar glove-train --run-dir %s " QUICK, scalar);
    expect_same(one, scalar);
    const char *ranks = make_run("ranks");
    gv_test_run_ok("RANKS=3 " TRAIN_RANKS " --run-dir %s " QUICK, ranks);
    expect_same(one, ranks);
}

Test(subwords_cli, says_what_it_did)
{
    const char *dir = make_run("run");
    gv_test_result r = gv_test_run_ok("glove-train --run-dir %s --progress plain " KEYS, dir);
    cr_assert_not_null(strstr(r.err, "fitting n-grams"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "vectors.txt, subwords.bin: 150 words"), "%s", r.err);
    const char *metrics = gv_test_read(gv_test_format("%s/metrics.jsonl", dir), NULL);
    const char *event = strstr(metrics, "\"event\":\"subwords\",\"ngrams\":");
    cr_assert_not_null(event, "%s", metrics);
    static const char *const fields[] = {"\"entries\":",     "\"steps\":",  "\"residual\":",
                                         "\"reliability\":", "\"wall_s\":", "\"cpu_s\":"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        cr_assert_not_null(strstr(event, fields[i]), "%s lacks %s", event, fields[i]);
}

Test(subwords_cli, other_settings_need_no_training, .timeout = 60)
{
    const char *dir = trained("run", "");
    const char *other = trained("other", "--set subword.shrink=30 --set subword.max_n=4");
    gv_test_result r = gv_test_run_ok("glove-train --run-dir %s --progress plain "
                                      "--set subword.shrink=30 --set subword.max_n=4",
                                      dir);
    cr_assert_not_null(strstr(r.err, "nothing had to be trained"), "%s", r.err);
    cr_assert_null(strstr(r.err, "model.ckpt was made with"), "the model is the same: %s", r.err);
    cr_assert_not_null(strstr(r.err, "vectors.txt was made with subword."), "%s", r.err);
    expect_same(dir, other);
    cr_assert_eq(epochs_of(dir), 2);
    r = gv_test_run_ok("glove-train --run-dir %s --progress plain", dir);
    cr_assert_not_null(strstr(r.err, "up to date"), "%s", r.err);
}

Test(subwords_cli, without_it_nothing_changes, .timeout = 60)
{
    const char *plain = make_run("plain"), *dir = trained("run", "");
    gv_test_run_ok("glove-train --run-dir %s " QUICK "--set output.subwords=false", plain);
    cr_assert_not(gv_test_exists(gv_test_format("%s/subwords.bin", plain)));
    /* keys without effect make nothing stale: a run of an older version has none of them */
    gv_test_result r = gv_test_run_ok("glove-train --run-dir %s --progress plain "
                                      "--set output.subwords=false --set subword.ridge=0.005",
                                      plain);
    cr_assert_not_null(strstr(r.err, "up to date"), "%s", r.err);
    gv_test_run_ok("cmp %s/vectors.txt %s/vectors.txt; test $? = 1", plain, dir);
    gv_test_run_ok("glove-train --run-dir %s --progress none --set output.subwords=false", dir);
    gv_test_same_file(plain, dir, "vectors.txt");
    cr_assert_not(gv_test_exists(gv_test_format("%s/subwords.bin", dir)), "of other vectors");
    cr_assert_eq(epochs_of(dir), 2);
    /* one that somebody put there stays */
    gv_test_run_ok("echo mine > %s/subwords.bin", plain);
    gv_test_run_ok("glove-train --run-dir %s --progress none --set output.unk=false", plain);
    gv_test_run_ok("grep -q mine %s/subwords.bin", plain);
}

Test(subwords_cli, with_shrink_0_only_unseen_words_gain, .timeout = 60)
{
    const char *plain = make_run("plain"), *dir = trained("run", "--set subword.shrink=0");
    gv_test_run_ok("glove-train --run-dir %s " QUICK "--set output.subwords=false", plain);
    gv_test_same_file(plain, dir, "vectors.txt");
}

Test(subwords_cli, a_missing_or_damaged_file_is_made_again, .timeout = 60)
{
    const char *dir = trained("run", ""), *good = trained("good", "");
    const char *path = gv_test_format("%s/subwords.bin", dir);
    gv_test_run_ok("rm %s", path);
    train_ok(dir, "");
    expect_same(dir, good);
    gv_test_flip(path, -100);
    train_ok(dir, "");
    expect_same(dir, good);
    gv_test_truncate(path, 100);
    train_ok(dir, "");
    expect_same(dir, good);
    cr_assert_eq(epochs_of(dir), 2);
}

Test(subwords_cli, goes_on_after_a_kill_in_the_fit, .timeout = 60)
{
    const char *good = trained("good", ""), *dir = make_run("run");
    gv_test_run_ok("glove-train --run-dir %s " QUICK "--set output.subwords=false", dir);
    for (int task = 1; task <= 6; task += 2)
        gv_test_expect_killed(gv_test_run(
            "GLOVEBOX_TEST_AT=task:%d=KILL glove-train --run-dir %s " QUICK, task, dir));
    for (int at = 1; at <= 3; at++) /* a stamp, the event, the file */
        gv_test_expect_killed(gv_test_run(
            "GLOVEBOX_TEST_AT=rename:%d=KILL glove-train --run-dir %s " QUICK, at, dir));
    gv_test_result r =
        gv_test_run("GLOVEBOX_TEST_AT=task:3=TERM glove-train --run-dir %s " QUICK, dir);
    gv_test_expect_error(r, 143, "training is done", "SIGTERM", NULL);
    train_ok(dir, "");
    expect_same(dir, good);
    cr_assert_eq(epochs_of(dir), 2);
}

Test(subwords_cli, word2vec_has_them_too, .timeout = 60)
{
    gv_test_corpus("corpus.txt", 1, 20000, 300, 20);
    static const char keys[] = "--run-dir run --set corpus.files=corpus.txt --progress none "
                               "--set train.objective=word2vec --set output.subwords=true ";
    gv_test_run_ok("glove-vocab %s", keys);
    gv_test_run_ok("glove-train %s --set train.dim=10 --set train.epochs=1", keys);
    cr_assert(gv_test_exists(gv_test_path("run/subwords.bin")));
}

/* All kinds of vectors and words of one character, which have no n-grams. */
Test(subwords_cli, odd_settings_and_words, .timeout = 60)
{
    gv_test_write_text("corpus.txt", "a b c a b a \xc3\xa9 a \xe2\x82\xac b a b c\n");
    static const char keys[] =
        "--run-dir run --set corpus.files=corpus.txt --progress none --set vocab.min_count=1 "
        "--set train.dim=1 --set train.epochs=1 --set output.subwords=true "
        "--set output.vectors=concat --set subword.min_n=1 --set subword.max_n=1 ";
    static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train"};
    for (size_t i = 0; i < 4; i++)
        gv_test_run_ok("glove-%s %s", stages[i], keys);
    gv_test_run_ok("glove-train %s --set subword.min_n=50 --set subword.max_n=100", keys);
    gv_test_expect_error(gv_test_run("glove-train %s --set subword.min_n=5", keys), 2,
                         "subword.min_n", "subword.max_n", NULL);
    gv_test_expect_error(gv_test_run("glove-train %s --set subword.ridge=0", keys), 2,
                         "subword.ridge", NULL);
    gv_test_run_ok("glove-clean run --keep vectors && test -f run/subwords.bin && "
                   "glove-clean run --yes && test ! -e run/subwords.bin");
}

Test(subwords_cli, memory_is_checked_before_training)
{
    enum { N = 300 };
    const char *words[N],
        *sets[] = {"output.subwords=true", "train.dim=4000", "train.memory_mb=12"};
    uint64_t counts[N], file_bytes;
    for (size_t i = 0; i < N; i++) {
        words[i] = gv_test_format("word%zu", i);
        counts[i] = N - i;
    }
    gv_vocab *vocab;
    gv_config *config;
    gv_error err = GV_ERROR_INIT;
    gv_strings list = {3, (char **)(uintptr_t)sets};
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, N, &err), err);
    gv_assert_ok(gv_config_load(&config, NULL, &list, "x", &err), err);
    /* vectors of 4.8 MB beside a small model, or n-grams */
    gv_assert_ok(gv_train_subwords_check(&file_bytes, config, vocab, 1000, &err), err);
    cr_assert(file_bytes > 1000 && file_bytes < 10000000);
    cr_assert_eq(gv_train_subwords_check(&file_bytes, config, vocab, 10 << 20, &err), GV_E_MEMORY);
    cr_assert(strstr(err.text, "output.subwords") && strstr(err.text, "train.memory_mb"), "%s",
              err.text);
    gv_config_free(config);
    gv_vocab_free(vocab);
}
