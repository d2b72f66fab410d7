/* glove-convert counts-import of matrices that bring their own words, and runs that begin so. */
#include "support/gv_test.h"

#include <string.h>

static const char quick[] = "--set train.dim=4 --set train.epochs=2 --progress plain";

/* Every line has the pair in one order; words get the sums of their values as counts. */
Test(import, derives_words)
{
    gv_test_write_text("shop.csv", "item_a,item_b,count\n\"green tea\",\"milk, whole\",12\n"
                                   "milk,bread,7.5\nbread,\"green tea\",1\n");
    gv_test_result result =
        gv_test_run_ok("glove-convert counts-import shop.csv runs/shop/counts.bin --mirror");
    cr_assert_not_null(strstr(result.err, "header: item_a, item_b, count"), "%s", result.err);
    cr_assert_str_eq(gv_test_read(gv_test_path("runs/shop/vocab.txt"), NULL),
                     "green_tea 13\nmilk,_whole 12\nbread 9\nmilk 8\n");
    result = gv_test_run_ok("glove-run --run-dir runs/shop %s", quick);
    cr_assert_not_null(strstr(result.err, "counts.bin is up to date (made by glove-convert "
                                          "counts-import)"),
                       "%s", result.err);
    gv_test_run_ok("test -s runs/shop/vectors.txt && glove-report --run-dir runs/shop && "
                   "glove-run --force --run-dir runs/shop %s --set train.objective=logistic",
                   quick);
    /* the same again is up to date; other edges bring other words */
    result = gv_test_run_ok("glove-convert counts-import shop.csv runs/shop/counts.bin --mirror");
    cr_assert_not_null(strstr(result.err, "up to date"), "%s", result.err);
    gv_test_run_ok("echo rice,bread,100 >> shop.csv && "
                   "glove-convert counts-import shop.csv runs/shop/counts.bin --mirror && "
                   "head -n 1 runs/shop/vocab.txt | grep -qx 'bread 109'");
    gv_test_expect_error(gv_test_run("glove-convert counts-import shop.csv s.bin"), 1, "shop.csv",
                         "--mirror", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("s.bin")) ||
                  gv_test_exists(gv_test_path("s.vocab.txt")));
    /* without a run directory around them, counts have their vocabulary beside them */
    gv_test_run_ok("glove-convert counts-import shop.csv s.bin --mirror && "
                   "cmp s.vocab.txt runs/shop/vocab.txt && cmp s.bin runs/shop/counts.bin && "
                   "glove-convert counts-merge twice s.bin runs/shop");
}

/* Directed graphs, pipes, compressed files, thresholds. */
Test(import, graphs)
{
    gv_test_write_text("snap.txt", "# Nodes: 4\n# FromNodeId\tToNodeId\n0\t1\n0\t2\n1\t2\n3\t0\n");
    gv_test_run_ok(
        "glove-convert counts-import snap.txt g/counts.bin --set cooccur.symmetric=false "
        "&& glove-run --run-dir g %s",
        quick);
    cr_assert_str_eq(gv_test_read(gv_test_path("g/vocab.txt"), NULL), "0 3\n1 2\n2 2\n3 1\n");
    gv_test_run_ok("gzip -k snap.txt && glove-convert counts-import snap.txt.gz h/counts.bin "
                   "--set cooccur.symmetric=false && cmp g/counts.bin h/counts.bin && "
                   "cat snap.txt.gz | glove-convert counts-import - i/counts.bin "
                   "--set cooccur.symmetric=false && cmp g/counts.bin i/counts.bin && "
                   "mkfifo pipe && (cat snap.txt > pipe &) && glove-convert counts-import pipe "
                   "j/counts.bin --set cooccur.symmetric=false && cmp g/counts.bin j/counts.bin");
    gv_test_run_ok("glove-convert counts-import snap.txt k/counts.bin --mirror --set "
                   "vocab.min_count=2 && cut -d' ' -f1 k/vocab.txt | tr '\\n' ' ' | "
                   "grep -qx '0 1 2 '");
    /* any order of lines, with the least memory: the same bytes */
    gv_test_run_ok(
        "awk 'BEGIN { srand(7); for (i = 0; i < 60000; i++) "
        "print \"w\" int(rand() * 300), \"w\" int(rand() * 300), 1 }' > edges && "
        "sort edges > sorted && for x in edges sorted; do glove-convert counts-import $x "
        "$x.bin --mirror --add-duplicates --set cooccur.memory_mb=1 || exit 1; done; "
        "cmp edges.bin sorted.bin && cmp edges.vocab.txt sorted.vocab.txt");
    gv_test_expect_error(gv_test_run("glove-convert counts-import edges e/counts.bin --mirror"), 1,
                         "edges (text)", "--add-duplicates", NULL);
}

/* Rows and columns of a matrix without words are those of a list; its order stays. */
Test(import, words_in_a_list)
{
    gv_test_write_text("m.mtx", "%%MatrixMarket matrix coordinate integer symmetric\n3 3 2\n"
                                "2 1 5\n3 2 7\n");
    gv_test_write_text("words", "A00.1\nB20\nC34-x\n");
    gv_test_expect_error(gv_test_run("glove-convert counts-import m.mtx r/counts.bin"), 2,
                         "m.mtx is a Matrix Market file, which has no words", "--vocab", NULL);
    gv_test_run_ok("glove-convert counts-import m.mtx r/counts.bin --vocab words && "
                   "glove-run --run-dir r %s && glove-convert counts-export r back.mtx && "
                   "glove-convert counts-import back.mtx again.bin --vocab r/vocab.txt && "
                   "cmp again.bin r/counts.bin",
                   quick);
    cr_assert_str_eq(gv_test_read(gv_test_path("r/vocab.txt"), NULL), "A00.1 5\nB20 12\nC34-x 7\n");
    /* a vocabulary that is there is not replaced */
    gv_test_run_ok("mkdir own && echo 'x 1' > own/vocab.txt && printf 'a\\tb\\t1\\n' > e.tsv");
    gv_test_expect_error(gv_test_run("glove-convert counts-import e.tsv own/counts.bin --mirror "
                                     "--derive-vocab"),
                         2, "own/vocab.txt", "--force", NULL);
    cr_assert_str_eq(gv_test_read(gv_test_path("own/vocab.txt"), NULL), "x 1\n");
    gv_test_run_ok("glove-convert counts-import m.mtx own/counts.bin --vocab words && "
                   "grep -qx 'x 1' own/vocab.txt && test ! -e own/config.json");
}

Test(import, options_that_are_refused)
{
    gv_test_write_text("e.tsv", "a\tb\t1\n");
    static const char *const options[][2] = {{"--unit 0", "--unit"},
                                             {"--unit 1.5", "--unit"},
                                             {"--ids 2", "--ids"},
                                             {"--derive-vocab --ids 1", "--ids"},
                                             {"--derive-vocab --vocab v", "--vocab"},
                                             {"--floor zero", "--floor"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        gv_test_expect_error(
            gv_test_run("glove-convert counts-import e.tsv x.bin %s", options[i][0]), 2,
            options[i][1], NULL);
    static const char *const lines[][2] = {{"a\tb\t-1", "line 1: the value -1"},
                                           {"a\tb\tnan", "line 1: the value nan"},
                                           {"a\t\t1", "line 1: \"\": the word is empty"},
                                           {"a\t<unk>\t1", "<unk> is reserved"},
                                           {"a\t\xff\t1", "UTF-8"},
                                           {"a\tb\t1e300", "too large"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        gv_test_write_text("bad.tsv", gv_test_format("%s\n", lines[i][0]));
        gv_test_expect_error(gv_test_run("glove-convert counts-import bad.tsv x.bin --mirror"), 1,
                             "bad.tsv", lines[i][1], NULL);
    }
}
