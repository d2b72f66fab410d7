/* Bytes that must not change unnoticed: what the stages make of a fixed corpus. A difference here
 * is either a mistake, or a change of a format or of the numerics: then raise the version concerned
 * (docs/formats.md, GV_NUMERICS_VERSION), say so in CHANGELOG.md, and put the new values here. */
#include "support/gv_test.h"

#include "base/gv_file_reader.h"
#include "base/gv_hash.h"
#include "subword/gv_subwords.h"
#include <stdio.h>
#include <string.h>

#define QUIET "--progress none"

static void expect_file(const char *path, const char *expected)
{
    gv_hash hash;
    gv_error err = GV_ERROR_INIT;
    char hex[GV_HASH_HEX];
    gv_assert_ok(gv_file_reader_hash(&hash, gv_test_path(path), &err), err);
    gv_hash_hex(hash, hex);
    cr_expect_str_eq(hex, expected, "%s: %s", path, hex);
}

/* The random corpus must itself be the same for ever: it is checked first. */
static void run_stages(const char *options)
{
    gv_test_corpus("corpus.txt", 20140101, 30000, 400, 20);
    expect_file("corpus.txt", "b23edb82eb6524f8f54fd6e627bf6141");
    static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train"};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        gv_test_run_ok("glove-%s --run-dir run --set corpus.files=corpus.txt --set train.dim=30 "
                       "--set train.epochs=3 --set train.x_max=10 " QUIET " %s",
                       stages[i], options);
}

static void expect_store(const char *expected)
{
    gv_test_result r = gv_test_run_ok(
        "sqlite3 run/store.db \"SELECT value FROM meta WHERE key = 'content_hash'\"");
    r.out[strcspn(r.out, "\n")] = '\0';
    cr_expect_str_eq(r.out, expected, "store.db: %s", r.out);
}

Test(golden, symmetric_harmonic)
{
    run_stages("--set 'output.formats=[\"text\",\"word2vec\",\"npy\",\"projector\",\"fasttext\"]'");
    expect_file("run/vocab.txt", "1da991eb94e313ff47d95a6e5de3d219");
    expect_file("run/counts.bin", "d5fedc089dcf31e7aadb273382057221");
    expect_store("d1190a5fa84f86f77a5c46dfe3e2fc8d");
    expect_file("run/vectors.txt", "95680b9306be275ca3b580d7bdb7f4c9");
    expect_file("run/vectors.bin", "d6302eea5fe6ebe4f98f3fffcef0cf3a");
    expect_file("run/vectors.npy", "aa56ddb005b5727505d8a239cae6a1c6");
    expect_file("run/vectors.tsv", "74612f88f9d8fe3716450ecd67678978");
    expect_file("run/vectors.ft.bin", "e1e78fbcdb56fdd5fc1b1af8b0f1d6cb");
}

Test(golden, word2vec_ordered)
{
    run_stages(
        "--set train.objective=word2vec --set train.schedule=ordered --set train.sample=0.01 "
        "--set train.threads=3");
    expect_file("run/vectors.txt", "e7d6444be328c4a8bc657973148fc825");
    expect_file("run/model.ckpt", "9241f2d131c36798aded4d98009953d1");
}

Test(golden, asymmetric_wide_window)
{
    run_stages("--set cooccur.symmetric=false --set cooccur.window=30 "
               "--set 'output.vectors=concat' --set corpus.documents=none");
    expect_file("run/counts.bin", "8a619ee9e9ed4f9d0b742f74d3458a1e");
    expect_store("e2280518a5da293c55b842b1b427db0a");
    expect_file("run/vectors.txt", "99b61fe065f28f7e98c1f8b4f6898832");
}

Test(golden, given_weights)
{
    run_stages("--set 'cooccur.weighting=[1,0.7,0.1]' --set cooccur.window=3 "
               "--set output.vectors=word --set output.unk=false --set train.grad_clip=0.5 "
               "--set train.bias_eta=null");
    expect_file("run/counts.bin", "715eb640ac8d6882cc5363f45e3657de");
    expect_store("b01664b0d79ce61a797bbbedc1b20ca3");
    expect_file("run/vectors.txt", "345127b124ad3cd4d6a95ec741468bf4");
}

/* The rows of the n-grams, one after the other; the file also holds the program's version. */
static void expect_ngrams(const char *path, const char *expected)
{
    gv_subwords *subwords;
    gv_error err = GV_ERROR_INIT;
    char hex[GV_HASH_HEX];
    gv_assert_ok(gv_subwords_open(&subwords, gv_test_path(path), &err), err);
    size_t bytes = gv_subwords_count(subwords) * gv_subwords_dim(subwords) * sizeof(float);
    gv_hash_hex(gv_hash_of(gv_subwords_row(subwords, 0), bytes), hex);
    cr_expect_str_eq(hex, expected, "%s: %s", path, hex);
    gv_subwords_free(subwords);
}

/* All settings are given, so that other defaults change nothing here. */
Test(golden, subwords)
{
    run_stages("--set 'output.formats=[\"npy\"]' --set output.subwords=true --set subword.min_n=2 "
               "--set subword.max_n=5 --set subword.min_words=2 --set subword.ridge=0.01 "
               "--set subword.shrink=10");
    expect_ngrams("run/subwords.bin", "ce92621d8ed22853ef9fff42aa0a39dc");
    expect_file("run/vectors.npy", "532b70a5f6f9d06f035ab850bc75198f");
}

Test(golden, phrases)
{
    run_stages("--set vocab.phrases=2 --set vocab.phrase_threshold=0.02 "
               "--set 'vocab.phrase_spans=[\"w5\"]'");
    expect_file("run/phrases.tsv", "a41b1511f4d56ce9e4380fa1c79651ef");
    expect_file("run/vocab.txt", "b27afdb5d73240457fd59ea76f5acf5f");
    expect_file("run/counts.bin", "ded798a4e8a33909d490e903456cabc8");
}
