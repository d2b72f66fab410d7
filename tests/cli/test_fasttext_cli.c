/* fastText's models in the hands of fastText and gensim, and theirs in ours. */
#include "support/gv_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK "/usr/bin/python3 " GV_SH_SOURCE "/tests/support/check_fasttext.py "

static void need_fasttext(void)
{
    if (gv_test_run("command -v fasttext").exit_code != 0)
        gv_test_skip("needs the program fasttext");
}

static void need_gensim(void)
{
    if (!gv_test_exists("/usr/lib/python3/dist-packages/gensim"))
        gv_test_skip("needs the package python3-gensim");
}

/* --- ours ------------------------------------------------------------------------------------- */

/* Every word has a row of its own, and there are no n-grams. */
static void make_plain(void)
{
    gv_test_write_text("v.txt", "the 1.000000 -0.500000 3.250000\nna\xc3\xafve 0.250000 2.000000 "
                                "0.125000\n</s> 0.500000 0.500000 1.000000\n<unk> 0.000001 "
                                "-3.141593 2.718282\n");
    gv_test_run_ok("glove-convert --progress none v.txt v.ft.bin");
}

Test(fasttext_cli, gensim_loads_words)
{
    need_gensim();
    make_plain();
    cr_assert_not_null(strstr(gv_test_run_ok(CHECK "gensim v.ft.bin v.txt").out, "4 words agree"));
}

Test(fasttext_cli, fasttext_loads_words)
{
    need_fasttext();
    make_plain();
    cr_assert_not_null(
        strstr(gv_test_run_ok(CHECK "fasttext v.ft.bin v.txt").out, "4 words agree"));
    gv_test_result result = gv_test_run_ok("echo the | fasttext nn v.ft.bin 3");
    cr_assert_not_null(strstr(result.out, "<unk>"), "%s", result.out);
}

Test(fasttext_cli, there_and_back)
{
    make_plain();
    gv_test_run_ok("glove-convert --progress none v.ft.bin back.txt && cmp v.txt back.txt");
    gv_test_run_ok("glove-convert --progress none --from fasttext --to text - - < v.ft.bin | "
                   "cmp - v.txt");
    gv_test_run_ok("gzip v.ft.bin && glove-convert --progress none v.ft.bin.gz back.txt && "
                   "cmp v.txt back.txt");
    gv_test_result check = gv_test_run_ok("gunzip v.ft.bin.gz; glove-convert check v.ft.bin");
    cr_assert_not_null(strstr(check.out, "fasttext, 4 vectors of 3 numbers"), "%s", check.out);
    gv_test_expect_error(gv_test_run("glove-convert --from fasttext v.txt x.txt"), 1,
                         "no fastText model", NULL);
}

/* A model has each word once. */
Test(fasttext_cli, repeated_words_are_left_out)
{
    gv_test_write_text("v.txt", "a 1 2\nb 3 4\na 5 6\nc 7 8\n");
    gv_test_result result = gv_test_run_ok("glove-convert v.txt v.ft.bin");
    cr_assert_not_null(strstr(result.err, "word of an earlier row, left out: 1"), "%s", result.err);
    gv_test_run_ok("glove-convert --progress none v.ft.bin back.txt");
    cr_assert_str_eq(gv_test_read(gv_test_path("back.txt"), NULL),
                     "a 1.000000 2.000000\nb 3.000000 4.000000\nc 7.000000 8.000000\n");
}

/* --- ours, with n-grams ----------------------------------------------------------------------- */

/* A run with subwords, and the vectors that it gives words which it has not seen. */
static void make_run(void)
{
    gv_test_corpus("corpus.txt", 1, 30000, 900, 30);
    gv_test_write_text(
        "c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]},\n"
                  " \"train\": {\"dim\": 12, \"epochs\": 4},\n"
                  " \"output\": {\"subwords\": true, \"formats\": [\"text\", \"fasttext\"]}}\n");
    gv_test_run_ok("glove-run c.json --run-dir run --progress none");
    gv_test_run_ok("for i in 10 11 12 13 14 20 21 22 23 24 30 31 32 33; do echo vector w$i${i}x; "
                   "done | glove-query --run-dir run | grep -v '^from' > unseen.txt");
    cr_assert_eq(gv_test_run_ok("wc -l < unseen.txt").out[0], '1');
}

/* The mean cosine that the check prints. */
static double mean_cosine(const char *out)
{
    const char *mean = strstr(out, "mean cosine ");
    cr_assert_not_null(mean, "%s", out);
    return atof(mean + strlen("mean cosine "));
}

Test(fasttext_cli, gensim_knows_unseen_words, .timeout = 60)
{
    need_gensim();
    make_run();
    gv_test_result result =
        gv_test_run_ok(CHECK "gensim run/vectors.ft.bin run/vectors.txt unseen.txt");
    cr_assert_gt(mean_cosine(result.out), 0.9, "%s", result.out);
}

Test(fasttext_cli, fasttext_knows_unseen_words, .timeout = 60)
{
    need_fasttext();
    make_run();
    gv_test_result result =
        gv_test_run_ok(CHECK "fasttext run/vectors.ft.bin run/vectors.txt unseen.txt");
    cr_assert_gt(mean_cosine(result.out), 0.9, "%s", result.out);
}

Test(fasttext_cli, subwords_are_found_beside_the_vectors, .timeout = 60)
{
    make_run();
    gv_test_result beside = gv_test_run_ok("glove-convert run/vectors.txt a.ft.bin");
    cr_expect_not_null(strstr(beside.err, "run/subwords.bin: "), "%s", beside.err);
    gv_test_run_ok("cp run/vectors.txt v.txt && glove-convert --progress none --subwords "
                   "run/subwords.bin v.txt b.ft.bin && cmp a.ft.bin b.ft.bin");
    gv_test_run_ok("glove-convert --progress none a.ft.bin back.txt && cut -d ' ' -f 1 back.txt > "
                   "w1 && cut -d ' ' -f 1 v.txt | cmp - w1");
    gv_test_result without = gv_test_run_ok("glove-convert v.txt c.ft.bin");
    cr_expect_not_null(strstr(without.err, "knows no words but these"), "%s", without.err);
    gv_test_run_ok("sed 's/ -/ /g' v.txt > other.txt; cp run/subwords.bin .");
    gv_test_result other = gv_test_run_ok("glove-convert other.txt c.ft.bin");
    cr_expect_not_null(strstr(other.err, "subwords.bin belongs to other vectors"), "%s", other.err);
    gv_test_expect_error(
        gv_test_run("glove-convert --progress none other.txt c.ft.bin --subwords subwords.bin"), 2,
        "subwords.bin belongs to other vectors than other.txt", NULL);
    gv_test_expect_error(
        gv_test_run("glove-convert --progress none v.txt c.bin --subwords subwords.bin"), 2,
        "--subwords is for the fasttext format", NULL);
    gv_test_expect_error(
        gv_test_run("glove-convert --progress none v.txt c.ft.bin --subwords nowhere"), 1,
        "nowhere", NULL);
}

/* glove-convert align rotates the n-grams, too: unseen words keep their neighbours. */
Test(fasttext_cli, aligned_models_know_unseen_words, .timeout = 60)
{
    make_run();
    gv_test_result result = gv_test_run_ok(
        "sed 's/ -/ x/g; s/ \\([0-9]\\)/ -\\1/g; s/ x/ /g' run/vectors.txt > turned.txt; "
        "glove-convert align turned.txt run a.ft.bin && glove-convert run/vectors.txt b.ft.bin "
        "--progress none");
    cr_expect_not_null(strstr(result.err, "run/subwords.bin: "), "%s", result.err);
    gv_test_run_ok("cut -d ' ' -f 1 unseen.txt | sed 's/^/vector /' > ask; "
                   "glove-query --vectors a.ft.bin < ask | grep -v '^from' > a; "
                   "glove-query --vectors b.ft.bin < ask | grep -v '^from' > b; "
                   "paste -d ' ' a b | awk '{for (i = 2; i <= NF / 2; i++) if ($i * $i > 1e-6) "
                   "{n++; d = $i + $(i + NF / 2); if (d * d > 1e-9) bad++}} END {exit !(n > 20 "
                   "&& !bad)}'");
}

/* N-grams share buckets in a model, so subwords.bin answers first, whatever the formats are. */
Test(fasttext_cli, unseen_words_do_not_depend_on_the_formats, .timeout = 60)
{
    make_run();
    gv_test_run_ok("mkdir text ft; cp run/vectors.txt run/subwords.bin run/vocab.txt text; "
                   "cp run/vectors.ft.bin ft");
    gv_test_run_ok("cut -d ' ' -f 1 unseen.txt > words; sed 's/^/vector /' words > ask; "
                   "glove-query --vectors text/vectors.txt < ask > a; "
                   "glove-query --run-dir run < ask | cmp a - && "
                   "glove-query --vectors run/vectors.ft.bin < ask | cmp a -");
    gv_test_run_ok(
        "glove-embed --weights mean --progress none --vectors text/vectors.txt words > a; "
        "glove-embed --weights mean --progress none --vectors run/vectors.ft.bin words | cmp a -");
    /* alone, or beside n-grams of other vectors, the model answers */
    gv_test_run_ok("glove-query --vectors ft/vectors.ft.bin < ask > a; "
                   "glove-train --run-dir run --config c.json --progress none --force --set "
                   "train.seed=2 && cp run/subwords.bin ft && "
                   "glove-query --vectors ft/vectors.ft.bin < ask | cmp a -");
}

/* A model without n-grams is hardly what was wanted. */
Test(fasttext_cli, training_without_subwords_says_so, .timeout = 60)
{
    gv_test_corpus("corpus.txt", 1, 5000, 50, 30);
    gv_test_write_text("c.json",
                       "{\"corpus\": {\"files\": [\"corpus.txt\"]}, \"train\": {\"dim\": 4, "
                       "\"epochs\": 1}, \"output\": {\"formats\": [\"fasttext\"]}}");
    gv_test_result result = gv_test_run_ok("glove-run c.json --run-dir run");
    cr_assert_not_null(strstr(result.err, "vectors.ft.bin has no n-grams"), "%s", result.err);
    gv_test_run_ok("glove-query --run-dir run nearest w1");
}

/* --- theirs ----------------------------------------------------------------------------------- */

static void make_text(void)
{
    gv_test_run_ok("for i in 1 2 3 4 5 6 7 8 9; do echo \"__label__x the quick br\xc3\xb6wn fox "
                   "$i jumps over 日本語 dogs\"; echo \"__label__y a lazy dog sleeps $i\"; "
                   "done > text.txt");
}

Test(fasttext_cli, models_of_fasttext_are_read, .timeout = 60)
{
    need_fasttext();
    make_text();
    static const char *const settings[] = {"skipgram -minn 3 -maxn 6", "cbow -minn 1 -maxn 2",
                                           "skipgram -maxn 0"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        gv_test_run_ok("fasttext %s -input text.txt -output m -dim 7 -bucket 50 -minCount 1 "
                       "-thread 1 -verbose 0",
                       settings[i]);
        /* m.vec begins with a line of two numbers */
        gv_test_run_ok("glove-convert --progress none m.bin ours.txt && "
                       "sed 1d m.vec > theirs.txt && " CHECK "fasttext m.bin ours.txt && " CHECK
                       "fasttext m.bin theirs.txt");
    }
}

/* Unseen words have the vectors that fastText gives them, but not if the model is compressed. */
Test(fasttext_cli, models_of_fasttext_answer_for_unseen_words, .timeout = 60)
{
    need_fasttext();
    make_text();
    gv_test_run_ok("fasttext skipgram -input text.txt -output m -dim 7 -bucket 50 -minCount 1 "
                   "-epoch 50 -thread 1 -verbose 0 && sed 1d m.vec > known.txt");
    gv_test_run_ok(
        "printf 'vector foxes\\nvector br\xc3\xb6wnish\\n' | glove-query --vectors m.bin | "
        "grep -v '^from' > unseen.txt");
    gv_test_result result = gv_test_run_ok(CHECK "fasttext m.bin known.txt unseen.txt");
    cr_assert_not_null(strstr(result.out, "2 unseen words, mean cosine 1.000000"), "%s",
                       result.out);
    result = gv_test_run_ok("glove-query --vectors m.bin --json similarity foxes fox");
    cr_assert_not_null(strstr(result.out, "\"from_subwords\": [\"foxes\"]"), "%s", result.out);
    gv_test_expect_error(gv_test_run("gzip m.bin; glove-query --vectors m.bin.gz foxes"), 1,
                         "no vector for 'foxes'", NULL);
}

Test(fasttext_cli, supervised_and_quantised_models, .timeout = 60)
{
    need_fasttext();
    make_text();
    gv_test_run_ok("fasttext supervised -input text.txt -output m -dim 4 -bucket 300 -minn 2 -maxn "
                   "3 -minCount 1 -thread 1 -verbose 0");
    gv_test_result result = gv_test_run_ok("glove-convert m.bin ours.txt");
    cr_assert_not_null(strstr(result.err, "labels of a supervised fastText model, left out: 2"));
    gv_test_run_ok(CHECK "fasttext m.bin ours.txt");
    gv_test_run_ok("fasttext quantize -output m -input text.txt -verbose 0");
    gv_test_expect_error(gv_test_run("glove-convert m.ftz x.txt"), 1, "m.ftz is a quantised",
                         "use the .bin", NULL);
    gv_test_run_ok("fasttext quantize -output m -input text.txt -cutoff 300 -verbose 0");
    gv_test_expect_error(gv_test_run("glove-convert m.ftz x.txt"), 1, "m.ftz is a pruned", NULL);
}
