/* glove-convert counts-merge, and what the programs after it make of its run directory. */
#include "support/gv_test.h"

#include <string.h>

/* Two halves of a text, and the whole, counted in runs a, b, all. */
static void count_halves(const char *settings)
{
    gv_test_corpus("all.txt", gv_test_seed(), 6000, 200, 15);
    gv_test_run_ok("head -n 200 all.txt > a.txt && tail -n +201 all.txt > b.txt && "
                   "for x in all a b; do glove-vocab --run-dir $x --progress none "
                   "--set \"corpus.files=[\\\"$x.txt\\\"]\" --set vocab.min_count=1 %s && "
                   "glove-cooccur --run-dir $x --progress none || exit 1; done",
                   settings);
}

/* The sum of the halves is the whole, the whole without a half is the other, byte for byte. */
static void expect_sums(const char *settings)
{
    count_halves(settings);
    gv_test_run_ok("glove-convert counts-merge m a b && cmp m/counts.bin all/counts.bin && "
                   "cmp m/vocab.txt all/vocab.txt");
    gv_test_run_ok("glove-convert counts-merge d all b:-1 && cmp d/counts.bin a/counts.bin && "
                   "cmp d/vocab.txt a/vocab.txt");
    gv_test_run_ok("glove-convert counts-merge one a:1/3 a:2/3 --set cooccur.memory_mb=1 && "
                   "cp a/vocab.txt w.txt && cmp one/vocab.txt w.txt");
}

Test(merge, sums_are_those_of_the_whole)
{
    expect_sums("");
}

Test(merge, sums_are_those_of_the_whole_to_the_left)
{
    expect_sums("--set cooccur.symmetric=false --set cooccur.window=4 --set "
                "cooccur.weighting='[1,0.5,0.25,0.1]'");
}

/* Everything continues from the merged counts, nothing counts again, and a second start has nothing
 * to do. */
Test(merge, is_a_run_directory)
{
    count_halves("--set train.dim=8 --set train.epochs=2");
    gv_test_run_ok("glove-convert counts-merge runs/m a b:2.5 && cp runs/m/counts.bin kept");
    gv_test_result result = gv_test_run_ok("glove-run --run-dir runs/m --progress plain");
    cr_assert_not_null(strstr(result.err, "vocab.txt is up to date (made by glove-convert"), "%s",
                       result.err);
    cr_assert_not_null(strstr(result.err, "counts.bin is up to date (made by"), "%s", result.err);
    gv_test_run_ok("cmp runs/m/counts.bin kept && test -s runs/m/vectors.txt && "
                   "glove-run --force --run-dir runs/m && cmp runs/m/counts.bin kept && "
                   "glove-report --run-dir runs/m && "
                   "grep -q '\"dim\": 8' runs/m/config.json && grep -q '\"name\": \"m\"' "
                   "runs/m/config.json && grep -q 'counts-merge' runs/m/metrics.jsonl");
    result = gv_test_run_ok("glove-convert counts-merge runs/m a b:2.5");
    cr_assert_not_null(strstr(result.err, "up to date"), "%s", result.err);
    /* the store of other counts than those that are there now is made again */
    result = gv_test_run_ok("glove-convert counts-merge --force runs/m a b:2 && "
                            "glove-run --run-dir runs/m --progress plain");
    cr_assert_null(strstr(result.err, "store.db is up to date"), "%s", result.err);
    /* no stage can make these counts again */
    gv_test_run_ok("glove-clean --keep vectors runs/m && test -s runs/m/counts.bin && "
                   "test ! -e runs/m/store.db");
}

Test(merge, nothing_is_replaced_by_accident)
{
    count_halves("");
    gv_test_run_ok("glove-convert counts-merge m a b");
    gv_test_expect_error(gv_test_run("glove-convert counts-merge m a b:2"), 2, "m/config.json",
                         "--force", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge a a b"), 2, "a is the output",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge --force ./a/ a b"), 2,
                         "a is the output", NULL);
    gv_test_expect_error(gv_test_run("glove-run --run-dir m --set vocab.min_count=7 --progress "
                                     "none"),
                         2, "vocab.min_count = 1", "counts-merge again", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir m --set 'corpus.files=[\"a.txt\"]' "
                                     "--progress none"),
                         2, "counts-merge", "--force", NULL);
    /* an input that has changed since */
    gv_test_run_ok("glove-cooccur --run-dir a --set cooccur.window=3");
    gv_test_expect_error(gv_test_run("glove-shuffle --run-dir m"), 2, "a/counts.bin has changed",
                         "counts-merge again", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge n a b --progress none"), 2,
                         "cooccur.window = 3", "15", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("n")));
}

Test(merge, words_and_weights)
{
    count_halves("");
    gv_test_run_ok(
        "printf 'w3\\nnever\\nw1\\n' > list && "
        "glove-convert counts-merge i a b --words intersection && "
        "glove-convert counts-merge u a b --words union && "
        "glove-convert counts-merge g a b --vocab list && "
        "glove-convert counts-merge top a b --set vocab.max_size=10 && "
        "test $(wc -l < top/vocab.txt) = 10 && cut -d' ' -f1 g/vocab.txt | cmp - list && "
        "for d in a b; do cut -d' ' -f1 $d/vocab.txt | sort > $d.words; done && "
        "comm -12 a.words b.words > both && "
        "cut -d' ' -f1 i/vocab.txt | sort | cmp - both && "
        "glove-shuffle --run-dir g && glove-train --run-dir g --set train.dim=4");
    /* a folder and a file with colons in their names; files with vocabularies of their own */
    gv_test_run_ok("cp -r a 'a:2' && cp b/counts.bin x.bin && cp b/vocab.txt x.vocab.txt && "
                   "glove-convert counts-merge c a:2 x.bin:1 && cmp c/counts.bin u/counts.bin");
    gv_test_expect_error(gv_test_run("glove-convert counts-merge n a b:-1 --progress none"), 1,
                         "would have a negative count", "--floor zero", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("n/counts.bin")) ||
                  gv_test_exists(gv_test_path("n/config.json")));
    gv_test_run_ok("glove-convert counts-merge n a b:-1 --floor zero");
    gv_test_expect_error(gv_test_run("glove-convert counts-merge o a:x"), 2, "number", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge o a:0"), 2, "weight 0", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge o a --words some"), 2, "union",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge o a --floor one"), 2, "zero",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge o a gone"), 1, "gone", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge o a --set cooccur.window=3"), 2,
                         "cooccur.window", NULL);
    gv_test_run_ok("cp b/vocab.txt x.vocab.txt && echo 'more 1' >> x.vocab.txt");
    gv_test_expect_error(gv_test_run("glove-convert counts-merge o a x.bin"), 1, "x.vocab.txt",
                         "x.bin", NULL);
    gv_test_expect_error(gv_test_run("glove-cooccur merge a b"), 2, "counts-merge", NULL);
}
