/*
 * glove-train that starts from vectors (train.init), pulls words back to them (train.retrofit), or
 * keeps them (train.freeze), as users run it.
 */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRAIN_RANKS GV_SH_BUILD "/tests/ranks/train_ranks"
#define OPTIONS     "--progress none --set train.dim=20 --set train.x_max=20 "

enum { WORDS = 240, DIM = 20 };

static const char *make_run(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = WORDS;
    plan.groups = 7;
    return gv_test_store_run(name, plan);
}

/* Vectors of w0, w2, w4, ... and of a word that no run has; returns the path. */
static const char *make_vectors(const char *name, int dim)
{
    gv_test_run_ok("awk 'BEGIN { for (i = 0; i < %d; i += 2) { printf \"w%%d\", i; for (l = 0; l < "
                   "%d; l++) printf \" %%.6f\", ((i * 37 + l * 101) %% 200 - 100) / 250; print "
                   "\"\" } printf \"zebra\"; for (l = 0; l < %d; l++) printf \" 1\"; print \"\" "
                   "}' > %s",
                   WORDS, dim, dim, gv_test_path(name));
    return gv_test_path(name);
}

static const char *trained(const char *name, const char *options)
{
    const char *dir = make_run(name);
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s", dir, options);
    return dir;
}

/* The lines of `dir`/vectors.txt that are also in `file`. */
static int lines_in(const char *dir, const char *file)
{
    return atoi(gv_test_run("grep -c -x -F -f %s %s/vectors.txt", file, dir).out);
}

/* The mean distance of the words of `file` from their vectors there. */
static double distance(const char *dir, const char *file)
{
    return atof(gv_test_run_ok("awk 'NR == FNR { v[$1] = $0; next } $1 in v { split(v[$1], a); s = "
                               "0; for (l = 2; l <= NF; l++) s += ($l - a[l]) ^ 2; sum += sqrt(s); "
                               "n++ } END { print sum / n }' %s %s/vectors.txt",
                               file, dir)
                    .out);
}

Test(init, no_epochs_write_what_was_read)
{
    static const char *const objectives[] = {"glove", "logistic"};
    const char *v = make_vectors("v.txt", DIM);
    for (size_t i = 0; i < 2; i++)
        for (int word = 0; word < 2; word++) {
            const char *dir = trained(
                gv_test_format("%s%d", objectives[i], word),
                gv_test_format("--set train.init=%s --set train.objective=%s --set train.epochs=0 "
                               "--set output.vectors=%s",
                               v, objectives[i], word ? "word" : "sum"));
            cr_assert_eq(lines_in(dir, v), WORDS / 2, "%s", dir);
        }
    /* the others start where they start without it */
    const char *with =
        trained("with", gv_test_format("--set train.init=%s --set train.epochs=0", v));
    const char *without = trained("without", "--set train.epochs=0");
    gv_test_run_ok("grep '^w[0-9]*[13579] ' %s/vectors.txt > a; grep '^w[0-9]*[13579] ' "
                   "%s/vectors.txt > b; cmp a b; test $(wc -l < a) = %d",
                   with, without, WORDS / 2);
}

Test(init, words_found_are_told)
{
    const char *v = make_vectors("v.txt", DIM), *dir = make_run("run");
    gv_test_result r = gv_test_run_ok("glove-train --run-dir %s --progress plain --set "
                                      "train.dim=20 --set train.epochs=1 --set train.init=%s",
                                      dir, v);
    cr_assert_not_null(strstr(r.err, "120 of 240 words start from "), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "which has 1 more"), "%s", r.err);
    gv_test_run_ok("grep '\"event\":\"init\"' %s/metrics.jsonl | grep '\"words\":120' | grep -q "
                   "'\"not_in_vocabulary\":1'",
                   dir);
    gv_test_run_ok("glove-report --run-dir %s --progress none && grep -q '120 of 240 words start "
                   "from' %s/report.html",
                   dir, dir);
}

Test(init, retrofit_pulls_and_freeze_holds, .timeout = 100)
{
    static const char *const objectives[] = {"glove", "logistic"};
    const char *v = make_vectors("v.txt", DIM);
    for (size_t i = 0; i < 2; i++) {
        double last = 1e9;
        static const char *const mu[] = {"0", "5", "100", "1e9"};
        const char *base = gv_test_format(
            "--set train.init=%s --set train.epochs=5 --set train.objective=%s", v, objectives[i]);
        for (size_t k = 0; k < 4; k++) {
            const char *dir = trained(gv_test_format("%s-%s", objectives[i], mu[k]),
                                      gv_test_format("%s --set train.retrofit=%s", base, mu[k]));
            double d = distance(dir, v);
            cr_assert_lt(d, 0.9 * last, "%s: %g, before %g", dir, d, last);
            last = d;
        }
        cr_assert_lt(last, 1e-5);
        const char *held = trained(gv_test_format("%s-freeze", objectives[i]),
                                   gv_test_format("%s --set train.freeze=true", base));
        cr_assert_eq(lines_in(held, v), WORDS / 2);
        /* what is new has been trained */
        const char *start = trained(gv_test_format("%s-start", objectives[i]),
                                    gv_test_format("%s --set train.epochs=0", base));
        cr_assert_eq(atoi(gv_test_run("grep '^w[0-9]*[13579] ' %s/vectors.txt > odd; grep -c -x -F "
                                      "-f odd %s/vectors.txt",
                                      start, held)
                              .out),
                     0);
    }
}

Test(init, without_effect_the_bytes_are_those_of_before)
{
    const char *v = make_vectors("v.txt", DIM);
    const char *plain = trained("plain", "--set train.epochs=3");
    const char *unset = trained("unset", "--set train.epochs=3 --set train.init=null --set "
                                         "train.retrofit=0 --set train.freeze=false");
    gv_test_same_file(plain, unset, "model.ckpt");
    const char *moved = gv_test_format("--set train.epochs=3 --set train.init=%s", v);
    const char *one = trained("one", moved);
    const char *zero = trained("zero", gv_test_format("%s --set train.retrofit=0", moved));
    gv_test_same_file(one, zero, "model.ckpt");
    /* only the contents count, not the path */
    gv_test_run_ok("cp %s %s", v, gv_test_path("copy.txt"));
    const char *copy = trained("copy", gv_test_format("--set train.epochs=3 --set train.init=%s",
                                                      gv_test_path("copy.txt")));
    gv_test_same_file(one, copy, "model.ckpt");
    gv_test_same_file(one, copy, "vectors.txt");
}

/* Any threads, ranks, kernel, memory; killed and started again. */
Test(init, same_bytes_however_it_is_run, .timeout = 200)
{
    static const char *const keys[] = {"--set train.retrofit=3", "--set train.freeze=true",
                                       "--set train.retrofit=3 --set train.objective=logistic",
                                       "--set train.freeze=true --set train.objective=logistic"};
    const char *v = make_vectors("v.txt", DIM);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *set = gv_test_format("--set train.epochs=4 --set train.init=%s %s", v, keys[i]);
        const char *one =
            trained(gv_test_format("one%zu", i), gv_test_format("%s --set train.threads=1", set));
        const char *five =
            trained(gv_test_format("five%zu", i), gv_test_format("%s --set train.threads=5", set));
        gv_test_same_file(one, five, "model.ckpt");
        const char *hogwild =
            trained(gv_test_format("hogwild%zu", i),
                    gv_test_format("%s --set train.threads=1 --set train.schedule=hogwild", set));
        gv_test_same_file(one, hogwild, "vectors.txt");
        for (int ranks = 2; ranks <= 3; ranks++) {
            const char *dir = make_run(gv_test_format("ranks%zu%d", i, ranks));
            gv_test_run_ok("RANKS=%d " TRAIN_RANKS " --run-dir %s " OPTIONS
                           "%s --set train.threads=2",
                           ranks, dir, set);
            gv_test_same_file(one, dir, "model.ckpt");
            gv_test_same_file(one, dir, "vectors.txt");
        }
        const char *dir = make_run(gv_test_format("killed%zu", i));
        static const char *const events[] = {"task:300", "checkpoint:3", "write:9"};
        for (int k = 0; k < 3; k++)
            gv_test_expect_killed(gv_test_run(
                "GLOVEBOX_TEST_AT=%s=KILL GLOVEBOX_TEST_CHECKPOINT_TASKS=40 "
                "GLOVEBOX_KERNEL=%s glove-train --run-dir %s " OPTIONS "%s --set train.threads=%d",
                events[k], k == 1 ? "scalar" : "avx2", dir, set, 1 + k));
        gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s", dir, set);
        gv_test_same_file(one, dir, "model.ckpt");
        gv_test_same_file(one, dir, "vectors.txt");
    }
}

Test(init, schedules_for_comparison_pull_too, .timeout = 100)
{
    static const char *const schedules[] = {"atomic", "locked", "round_robin", "averaged"};
    const char *v = make_vectors("v.txt", DIM);
    for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++) {
        const char *set = gv_test_format("--set train.epochs=3 --set train.init=%s --set "
                                         "train.schedule=%s --set train.threads=2",
                                         v, schedules[i]);
        const char *pulled = trained(gv_test_format("%s-pull", schedules[i]),
                                     gv_test_format("%s --set train.retrofit=1e9", set));
        cr_assert_lt(distance(pulled, v), 1e-4, "%s", schedules[i]);
        const char *held = trained(gv_test_format("%s-hold", schedules[i]),
                                   gv_test_format("%s --set train.freeze=true", set));
        cr_assert_eq(lines_in(held, v), WORDS / 2, "%s", schedules[i]);
    }
    const char *held = trained("sgd", gv_test_format("--set train.epochs=3 --set train.init=%s "
                                                     "--set train.optimizer=sgd --set "
                                                     "train.eta=0.01 --set train.freeze=true",
                                                     v));
    cr_assert_eq(lines_in(held, v), WORDS / 2);
}

Test(init, servers_pull_too, .timeout = 100)
{
    static const char *const kinds[] = {"downpour", "sandblaster"};
    const char *v = make_vectors("v.txt", DIM);
    for (size_t i = 0; i < 2; i++) {
        if (gv_test_run("RANKS=4 " TRAIN_RANKS " --run-dir %s " OPTIONS
                        "--set train.distributed=%s --set train.epochs=1",
                        make_run(gv_test_format("try%zu", i)), kinds[i])
                .exit_code != 0)
            continue; /* no liblbfgs */
        const char *set = gv_test_format(
            "--set train.distributed=%s --set train.epochs=4 --set train.init=%s", kinds[i], v);
        const char *loose = make_run(gv_test_format("%s-loose", kinds[i]));
        const char *pulled = make_run(gv_test_format("%s-pull", kinds[i]));
        const char *held = make_run(gv_test_format("%s-hold", kinds[i]));
        gv_test_run_ok("RANKS=4 " TRAIN_RANKS " --run-dir %s " OPTIONS "%s", loose, set);
        gv_test_run_ok("RANKS=4 " TRAIN_RANKS " --run-dir %s " OPTIONS
                       "%s --set train.retrofit=100",
                       pulled, set);
        gv_test_run_ok("RANKS=4 " TRAIN_RANKS " --run-dir %s " OPTIONS "%s --set train.freeze=true",
                       held, set);
        cr_assert_lt(distance(pulled, v), 0.5 * distance(loose, v), "%s", kinds[i]);
        cr_assert_eq(lines_in(held, v), WORDS / 2, "%s", kinds[i]);
    }
}

/* A run directory has contexts, biases and sums too: what continues from it is not what begins
 * anew. */
Test(init, a_run_directory)
{
    const char *first = trained("first", "--set train.epochs=3 --set output.vectors=concat");
    const char *use = gv_test_format("--progress plain --set train.dim=20 --set train.x_max=20 "
                                     "--set output.vectors=concat --set train.init=%s",
                                     first);
    const char *next = make_run("next");
    gv_test_run_ok("sed -n 's/^\\(w[0-9]*\\) .*/\\1 9/p' %s/vectors.txt > %s/vocab.txt", first,
                   first);
    gv_test_expect_error(
        gv_test_run("glove-train --run-dir %s --progress none --set train.dim=20 --set "
                    "train.init=%s",
                    next, first),
        2, "train.init", "is not the vocabulary that", NULL); /* as its store tells */
    gv_test_run_ok("rm %s/store.db", first);
    gv_test_result r =
        gv_test_run_ok("glove-train --run-dir %s %s --set train.epochs=0", next, use);
    cr_assert_not_null(strstr(r.err, "240 of 240 words start from "), "%s", r.err);
    gv_test_same_file(first, next, "vectors.txt");
    /* one more epoch, with its AdaGrad sums, leaves the vectors nearer than a new beginning */
    const char *on = make_run("on"), *anew = make_run("anew");
    gv_test_run_ok("glove-train --run-dir %s %s --set train.epochs=1", on, use);
    gv_test_run_ok("glove-train --run-dir %s %s/vectors.txt --set train.epochs=1", anew, use);
    const char *v = gv_test_format("%s/vectors.txt", first);
    cr_assert_lt(distance(on, v), distance(anew, v));
    gv_test_run_ok("sed -i 5d %s/vocab.txt", first);
    gv_test_expect_error(gv_test_run("glove-train --run-dir %s --progress none --set train.dim=20 "
                                     "--set train.init=%s",
                                     make_run("wrong"), first),
                         2, "train.init", "vocab.txt", "239", "240", NULL);
    /* without its model, its vectors */
    gv_test_run_ok("rm %s/model.ckpt %s/vocab.txt", first, first);
    r = gv_test_run_ok("glove-train --run-dir %s %s --set train.epochs=0", make_run("rest"), use);
    cr_assert_not_null(strstr(r.err, "240 of 240 words start from "), "%s", r.err);
}

/* Word and context vectors in two files, whatever output.vectors is. */
Test(init, contexts_from_a_file_of_their_own, .timeout = 100)
{
    const char *words = make_vectors("words.txt", DIM), *contexts = gv_test_path("contexts.txt");
    gv_test_run_ok("awk '{ for (l = 2; l <= NF; l++) $l = sprintf(\"%%.6f\", 0.3 - 2 * $l); print "
                   "}' %s > %s",
                   words, contexts);
    gv_test_run_ok("awk 'NR == FNR { v[$1] = $0; next } { w = v[$1]; both = w; for (l = 2; l <= "
                   "NF; l++) { both = both \" \" $l; } print both }' words.txt contexts.txt > "
                   "concat.txt && "
                   "awk 'NR == FNR { for (l = 2; l <= NF; l++) v[$1, l] = $l; next } { for (l = 2; "
                   "l <= NF; l++) $l = sprintf(\"%%.6f\", v[$1, l] + $l); print }' words.txt "
                   "contexts.txt > sum.txt");
    const char *both =
        gv_test_format("--set train.init=%s --set train.init_context=%s", words, contexts);
    static const char *const outputs[][2] = {{"word", "words.txt"},
                                             {"context", "contexts.txt"},
                                             {"concat", "concat.txt"},
                                             {"sum", "sum.txt"}};
    for (size_t i = 0; i < 4; i++) {
        const char *start =
            trained(outputs[i][0], gv_test_format("%s --set train.epochs=0 --set output.vectors=%s",
                                                  both, outputs[i][0]));
        if (i < 3)
            cr_expect_eq(lines_in(start, outputs[i][1]), WORDS / 2, "%s", outputs[i][0]);
        cr_expect_lt(distance(start, outputs[i][1]), 1e-5, "%s", outputs[i][0]);
    }
    static const char *const objectives[] = {"glove", "logistic"};
    for (size_t i = 0; i < 2; i++) {
        const char *set = gv_test_format("%s --set train.epochs=3 --set train.objective=%s --set "
                                         "output.vectors=concat",
                                         both, objectives[i]);
        const char *free = trained(gv_test_format("free%zu", i), set);
        const char *held = trained(gv_test_format("held%zu", i),
                                   gv_test_format("%s --set train.freeze=true", set));
        const char *pulled = trained(gv_test_format("pulled%zu", i),
                                     gv_test_format("%s --set train.retrofit=1e9", set));
        cr_expect_gt(distance(free, "concat.txt"), 0.01, "%s", objectives[i]);
        cr_expect_eq(lines_in(held, "concat.txt"), WORDS / 2, "%s", objectives[i]);
        cr_expect_lt(distance(pulled, "concat.txt"), 1e-4, "%s", objectives[i]);
    }
}

Test(init, a_file_of_contexts_that_does_not_fit_or_changes)
{
    const char *words = make_vectors("words.txt", DIM), *dir = make_run("run");
    const char *train =
        gv_test_format("glove-train --run-dir %s --set train.dim=20 --set train.epochs=1 --set "
                       "train.init=%s",
                       dir, words);
    make_vectors("wide.txt", 30);
    gv_test_expect_error(gv_test_run("%s --progress none --set train.init_context=wide.txt", train),
                         2, "train.init_context", "wide.txt have 30 dimensions", NULL);
    gv_test_expect_error(gv_test_run("%s --progress none --set train.init_context=none.txt", train),
                         2, "train.init_context", "none.txt does not exist", NULL);
    gv_test_run_ok("head -40 %s > few.txt", words);
    const char *both = gv_test_format("%s --set train.init_context=few.txt", train);
    gv_test_result r = gv_test_run_ok("%s", both);
    cr_expect_not_null(strstr(r.err, "120 of 240 words start from "), "%s", r.err);
    cr_expect_not_null(strstr(r.err, "40 of 240 words start from few.txt (train.init_context)\n"),
                       "nothing more is in it: %s", r.err);
    r = gv_test_run_ok("%s", both);
    cr_expect_not_null(strstr(r.err, "up to date"), "%s", r.err);
    gv_test_run_ok("head -41 %s > few.txt", words);
    r = gv_test_run_ok("%s", both);
    cr_expect_not_null(strstr(r.err, "41 of 240 words start from few.txt"), "%s", r.err);
    r = gv_test_run_ok("%s --set train.init=null --set train.init_context=few.txt", train);
    cr_expect_not_null(strstr(r.err, "no effect: train.init_context"), "%s", r.err);
}

Test(init, stale_when_the_contents_change)
{
    const char *v = make_vectors("v.txt", DIM);
    const char *set = gv_test_format("--set train.epochs=2 --set train.init=%s", v);
    const char *dir = trained("run", set);
    const char *before = gv_test_format("%s.before", dir);
    gv_test_run_ok("mkdir %s && cp %s/vectors.txt %s", before, dir, before);
    gv_test_result r = gv_test_run_ok("glove-train --run-dir %s --progress plain %s", dir, set);
    cr_assert_not_null(strstr(r.err, "up to date"), "%s", r.err);
    gv_test_run_ok("sed -i 's/^w2 0/w2 -0/;s/^w4 0/w4 -0/;s/^w6 -0/w6 0/' %s", v);
    r = gv_test_run_ok("glove-train --run-dir %s --progress plain", dir);
    cr_assert_not_null(strstr(r.err, "did not start from the vectors that train.init"), "%s",
                       r.err);
    cr_assert_neq(gv_test_run("cmp -s %s/vectors.txt %s/vectors.txt", dir, before).exit_code, 0);
}

Test(init, files_that_do_not_fit, .timeout = 60)
{
    const char *dir = make_run("run"), *v = make_vectors("v.txt", DIM);
    const char *train = gv_test_format("glove-train --run-dir %s --set "
                                       "train.dim=20 --set train.epochs=2 ",
                                       dir);
    make_vectors("wide.txt", 30);
    gv_test_expect_error(gv_test_run("%s --set train.init=wide.txt", train), 2, "wide.txt", "30",
                         "train.dim is 20", NULL);
    gv_test_expect_error(gv_test_run("%s --set train.init=none.txt", train), 2, "train.init",
                         "none.txt does not exist", NULL);
    gv_test_expect_error(gv_test_run("mkdir -p empty; %s --set train.init=empty", train), 2,
                         "train.init", "model.ckpt", NULL);
    gv_test_expect_error(gv_test_run("%s --set train.init=-", train), 2, "train.init", NULL);
    gv_test_expect_error(gv_test_run(": > void; %s --set train.init=void", train), 1, "void", NULL);
    gv_test_expect_error(
        gv_test_run("head -c 2000 /dev/zero > zeros; %s --set train.init=zeros", train), 1, "zeros",
        NULL);
    gv_test_expect_error(gv_test_run("%s --set train.init=%s", train, dir), 2, "train.init", NULL);
    gv_test_expect_error(gv_test_run("%s --set train.retrofit=-1", train), 2, "train.retrofit",
                         NULL);
    gv_test_run_ok("awk 'BEGIN { for (i = 0; i < 30000; i++) { printf \"x%%d\", i; for (l = 0; l < "
                   "20; l++) printf \" 0.1\"; print \"\" } }' > many.txt");
    gv_test_expect_error(gv_test_run("%s --set train.memory_mb=1 --set train.init=many.txt", train),
                         1, "train.init", "many.txt", "train.memory_mb", NULL);
    /* rows with NaN, words twice, another case */
    gv_test_run_ok("sed '3s/ [^ ]*/ nan/;5s/ [^ ]*/ inf/' %s > odd.txt; sed -n 7p %s >> odd.txt", v,
                   v);
    gv_test_result r = gv_test_run_ok("%s --set train.init=odd.txt", train);
    cr_assert_not_null(strstr(r.err, "118 of 240 words"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "not finite"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "more than once"), "%s", r.err);
    r = gv_test_run_ok("tr w W < %s > upper.txt; %s --set train.init=upper.txt", v, train);
    cr_assert_not_null(strstr(r.err, "0 of 240 words"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "lower case"), "%s", r.err);
    r = gv_test_run_ok("%s --set train.init=%s --set train.retrofit=1 --set train.freeze=true",
                       train, v);
    cr_assert_not_null(strstr(r.err, "no effect with train.freeze"), "%s", r.err);
    r = gv_test_run_ok("%s --set train.init=null --set train.freeze=false --set train.retrofit=1",
                       train);
    cr_assert_not_null(strstr(r.err, "train.retrofit"), "%s", r.err);
}

/* word2vec: one thread, the same bytes, also after a kill. */
Test(init, word2vec, .timeout = 100)
{
    gv_test_corpus("text", 5, 60000, 300, 20);
    const char *set = "--progress none --set corpus.files='[\"text\"]' --set train.dim=20 --set "
                      "train.objective=word2vec --set train.epochs=2 --set train.threads=1";
    gv_test_run_ok("glove-vocab --run-dir first %s && glove-train --run-dir first %s", set, set);
    gv_test_run_ok("sed -n '2~2p' first/vectors.txt > half.txt");
    static const char *const keys[] = {"", "--set train.retrofit=1e10", "--set train.freeze=true"};
    for (size_t i = 0; i < 3; i++) {
        const char *all =
            gv_test_format("%s --set train.seed=2 --set train.init=half.txt %s", set, keys[i]);
        gv_test_run_ok("glove-vocab --run-dir a%zu %s && glove-train --run-dir a%zu %s", i, all, i,
                       all);
        gv_test_run_ok("glove-vocab --run-dir b%zu %s", i, all);
        gv_test_expect_killed(gv_test_run("GLOVEBOX_TEST_AT=task:5=KILL "
                                          "GLOVEBOX_TEST_CHECKPOINT_TASKS=2 glove-train --run-dir "
                                          "b%zu %s",
                                          i, all));
        gv_test_run_ok("glove-train --run-dir b%zu %s", i, all);
        gv_test_same_file(gv_test_path(gv_test_format("a%zu", i)),
                          gv_test_path(gv_test_format("b%zu", i)), "model.ckpt");
    }
    int words = atoi(gv_test_run_ok("wc -l < half.txt").out);
    cr_assert_leq(lines_in("a0", "half.txt"), 1); /* <unk>'s, perhaps */
    cr_assert_geq(lines_in("a2", "half.txt"), words - 1);
    cr_assert_lt(distance("a1", "half.txt"), 1e-3 + 0.01 * distance("a0", "half.txt"));
}
