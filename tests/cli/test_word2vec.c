/* glove-train with train.objective "word2vec", as users run it. */
#include "base/gv_rng.h"
#include "base/gv_text.h"
#include "support/gv_test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEYS                                                                                       \
    "--set train.objective=word2vec --set train.dim=20 --set train.epochs=3 "                      \
    "--set vocab.min_count=1 --set train.threads=1 --set train.sample=0.01 "
#define ORDERED "--set train.schedule=ordered "
#define QUICK   "--progress none " KEYS

enum { TOPIC = 6, TOPICS = 10 };

/* Lines of twelve words, all of one topic: words 0 .. 5, or 6 .. 11, and so on. */
static const char *make_corpus(const char *name, size_t words, uint64_t seed)
{
    gv_text text = GV_TEXT_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 0);
    unsigned topic = 0;
    for (size_t i = 0; i < words; i++) {
        topic = i % 12 ? topic : (unsigned)gv_rng_below(&rng, TOPICS);
        gv_text_printf(&text, "w%u%s", topic * TOPIC + (unsigned)gv_rng_below(&rng, TOPIC),
                       i % 12 == 11 ? "\n" : " ");
    }
    const char *path = gv_test_write_text(name, text.bytes);
    gv_text_drop(&text);
    return path;
}

/* A run directory with a vocabulary. */
static const char *make_run(const char *name, const char *corpus)
{
    const char *dir = gv_test_path(name);
    gv_test_run_ok("glove-vocab --run-dir %s --progress none --set vocab.min_count=1 "
                   "--set 'corpus.files=[\"%s\"]'",
                   dir, corpus);
    return dir;
}

static char *file_of(const char *dir, const char *name, size_t *bytes)
{
    return gv_test_read(gv_test_format("%s/%s", dir, name), bytes);
}

static bool same(const char *a, const char *b, const char *name)
{
    size_t n, m;
    char *x = file_of(a, name, &n), *y = file_of(b, name, &m);
    return n == m && memcmp(x, y, n) == 0;
}

/* Are the words nearest to a word those of its topic? */
static void expect_topic(const char *dir)
{
    gv_test_result r = gv_test_run("glove-query --run-dir %s nearest w20", dir);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    const char *at = r.out;
    for (int i = 0; i < TOPIC - 1; i++) {
        at = strchr(at, 'w');
        cr_assert(at && atoi(at + 1) / TOPIC == 20 / TOPIC, "%s", r.out);
        at++;
    }
}

Test(word2vec_cli, one_thread_gives_the_same_bytes_by_every_kernel, .timeout = 60)
{
    static const char *const kernels[] = {"scalar", "avx2", "avx512", "neon"};
    const char *corpus = make_corpus("corpus.txt", 50000, 1), *first = NULL;
    for (size_t i = 0; i < 4; i++) {
        const char *dir = make_run(kernels[i], corpus);
        gv_test_result r =
            gv_test_run("GLOVEBOX_KERNEL=%s glove-train --run-dir %s " QUICK, kernels[i], dir);
        if (r.exit_code == 2 && i > 0 && strstr(r.err, kernels[i]))
            continue; /* not on this CPU */
        cr_assert_eq(r.exit_code, 0, "%s", r.err);
        first = first ? first : dir;
        cr_assert(same(first, dir, "vectors.txt") && same(first, dir, "model.ckpt"), "%s",
                  kernels[i]);
    }
    const char *other = make_run("other", corpus);
    gv_test_run_ok("glove-train --run-dir %s " QUICK "--set train.seed=2", other);
    cr_assert(!same(first, other, "vectors.txt"));
    cr_assert(same(first, other, "corpus.ids"));
}

Test(word2vec_cli, ordered_gives_the_same_bytes_on_any_threads_by_every_kernel, .timeout = 60)
{
    static const char *const how[] = {"GLOVEBOX_KERNEL=scalar:1",
                                      "GLOVEBOX_KERNEL=avx2:2",
                                      "GLOVEBOX_KERNEL=avx512:3",
                                      "GLOVEBOX_KERNEL=neon:2",
                                      "LC_ALL=C:4",
                                      "LC_ALL=C:7"};
    const char *corpus = make_corpus("corpus.txt", 200000, 1), *first = NULL;
    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        const char *threads = strchr(how[i], ':') + 1;
        const char *dir = make_run(gv_test_format("run%zu", i), corpus);
        gv_test_result r =
            gv_test_run("%.*s glove-train --run-dir %s " QUICK ORDERED "--set train.threads=%s",
                        (int)(threads - how[i]) - 1, how[i], dir, threads);
        if (r.exit_code == 2 && i > 0 && strstr(r.err, "GLOVEBOX_KERNEL"))
            continue; /* not on this CPU */
        cr_assert_eq(r.exit_code, 0, "%s", r.err);
        first = first ? first : dir;
        cr_assert(same(first, dir, "vectors.txt") && same(first, dir, "model.ckpt"), "%s", how[i]);
    }
    cr_assert(strstr(file_of(first, "metrics.jsonl", NULL), "\"schedule\":\"ordered\""));
    expect_topic(first);
}

Test(word2vec_cli, ordered_is_for_skipgram)
{
    const char *dir = make_run("run", make_corpus("corpus.txt", 5000, 1));
    gv_test_result r =
        gv_test_run("glove-train --run-dir %s " QUICK ORDERED "--set train.architecture=cbow", dir);
    cr_assert_eq(r.exit_code, 2);
    cr_assert(strstr(r.err, "train.architecture \"cbow\""), "%s", r.err);
}

/* Its vectors stay finite: only the loss shows it. */
Test(word2vec_cli, a_rate_too_large_is_refused, .timeout = 60)
{
    static const char *const schedules[] = {"hogwild", "ordered"};
    const char *corpus = gv_test_corpus("zipf.txt", 5, 200000, 3000, 0);
    for (size_t i = 0; i < 2; i++) {
        const char *dir = make_run(schedules[i], corpus);
        gv_test_result r = gv_test_run("glove-train --run-dir %s " QUICK "--set train.schedule=%s "
                                       "--set train.sample=0 --set train.eta=0.5",
                                       dir, schedules[i]);
        gv_test_expect_error(r, 1, "predicts nothing", "lower train.eta (now 0.5)", NULL);
        cr_assert_not(gv_test_exists(gv_test_format("%s/vectors.txt", dir)));
    }
}

Test(word2vec_cli, both_architectures_learn_in_all_formats, .timeout = 60)
{
    const char *corpus = make_corpus("corpus.txt", 60000, 2);
    static const char *const architectures[] = {"skipgram", "cbow"};
    for (size_t i = 0; i < 2; i++) {
        const char *dir = make_run(architectures[i], corpus);
        gv_test_run_ok("glove-train --run-dir %s " QUICK "--set train.threads=3 "
                       "--set train.architecture=%s --set train.epochs=8 "
                       "--set 'output.formats=[\"text\",\"word2vec\",\"sqlite\",\"safetensors\","
                       "\"npy\",\"projector\",\"fasttext\"]'",
                       dir, architectures[i]);
        char *metrics = file_of(dir, "metrics.jsonl", NULL);
        const char *loss = strstr(metrics, "\"epoch\":1,\"loss\":");
        const char *later = strstr(metrics, "\"epoch\":8,\"loss\":");
        cr_assert(loss && later, "%s", metrics);
        cr_assert_lt(strtod(later + 17, NULL), 0.97 * strtod(loss + 17, NULL), "%s", metrics);
        cr_assert(strstr(metrics, "\"objective\":\"word2vec\""));
        expect_topic(dir);
        gv_test_run_ok("glove-convert %s/vectors.bin %s/again.txt --progress none", dir, dir);
    }
}

/* The loss, too, has the same bits wherever the training was cut. */
static void expect_same_after_stops(const char *corpus, const char *architecture,
                                    const char *schedule)
{
    const char *keys = gv_test_format(QUICK "--set train.architecture=%s --set train.schedule=%s "
                                            "--set 'output.formats=[\"text\",\"sqlite\"]'",
                                      architecture, schedule);
    const char *whole = make_run(gv_test_format("whole-%s-%s", architecture, schedule), corpus);
    const char *stopped = make_run(gv_test_format("stopped-%s-%s", architecture, schedule), corpus);
    gv_test_run_ok("glove-train --run-dir %s %s", whole, keys);
    static const char *const disturbances[] = {"checkpoint:1=KILL", "task:7=TERM", "task:5=KILL",
                                               "task:4=HUP", "task:1=INT"};
    static const int exit_codes[] = {-9, 143, -9, 129, 130};
    for (size_t i = 0; i < 5; i++) { /* some way into it each time */
        gv_test_result r = gv_test_run("GLOVEBOX_TEST_AT=%s GLOVEBOX_TEST_CHECKPOINT_TASKS=3 "
                                       "glove-train --run-dir %s %s",
                                       disturbances[i], stopped, keys);
        if (exit_codes[i] < 0)
            gv_test_expect_killed(r);
        else
            cr_assert_eq(r.exit_code, exit_codes[i], "%d %s", r.exit_code, r.err);
    }
    gv_test_run_ok("glove-train --run-dir %s %s", stopped, keys);
    cr_assert(same(whole, stopped, "vectors.txt"), "%s", architecture);
    cr_assert(same(whole, stopped, "vectors.db"), "%s", architecture);
    cr_assert(same(whole, stopped, "model.ckpt"), "%s", architecture);
    cr_assert(strstr(file_of(stopped, "metrics.jsonl", NULL), "\"event\":\"resume\""));
}

Test(word2vec_cli, goes_on_after_a_stop_with_the_same_result, .timeout = 60)
{
    const char *corpus = make_corpus("corpus.txt", 600000, 3);
    expect_same_after_stops(corpus, "skipgram", "hogwild");
    expect_same_after_stops(corpus, "cbow", "hogwild");
    expect_same_after_stops(corpus, "skipgram", "ordered");
}

/* Words that are kept on average, by vocab.txt and the formula of docs/word2vec.md, and the
 * variance of their number. */
static double expect_kept(const char *dir, double sample, double *variance)
{
    double total = 0, kept = 0;
    *variance = 0;
    for (int pass = 0; pass < 2; pass++) {
        const char *at = file_of(dir, "vocab.txt", NULL);
        for (; *at; at = strchr(at, '\n') + 1) {
            double count = strtod(strchr(at, ' '), NULL), ratio = count / total / sample;
            double keep = fmin(1, (sqrt(ratio) + 1) / ratio);
            if (pass == 0) {
                total += count;
            } else {
                kept += count * keep;
                *variance += count * keep * (1 - keep);
            }
        }
    }
    return kept;
}

static double pairs_of_last(const char *dir)
{
    const char *found = NULL, *next = file_of(dir, "metrics.jsonl", NULL);
    while ((next = strstr(next, "\"pairs\":")) != NULL)
        found = next += strlen("\"pairs\":");
    cr_assert(found);
    return strtod(found, NULL);
}

/* With window 1 and one document all words that are kept but the outer two have two neighbours. */
Test(word2vec_cli, frequent_words_are_thinned_out, .timeout = 60)
{
    const char *dir = make_run("run", make_corpus("corpus.txt", 40000, 8));
    static const double samples[] = {0, 0.1, 0.01, 0.001};
    for (size_t i = 0; i < 4; i++) {
        gv_test_run_ok("glove-train --run-dir %s " QUICK "--set corpus.documents=none "
                       "--set train.window=1 --set train.epochs=1 --set train.sample=%g",
                       dir, samples[i]);
        double variance = 0, kept = i ? expect_kept(dir, samples[i], &variance) : 40000;
        cr_assert_float_eq(pairs_of_last(dir), 2 * (kept - 1), 2 * 5 * sqrt(variance) + 0.5,
                           "train.sample %g: %.0f pairs", samples[i], pairs_of_last(dir));
    }
}

Test(word2vec_cli, nothing_is_done_twice, .timeout = 60)
{
    const char *corpus = make_corpus("corpus.txt", 20000, 4), *dir = make_run("run", corpus);
    gv_test_run_ok("glove-train --run-dir %s " QUICK, dir);
    gv_test_result r = gv_test_run("glove-train --run-dir %s " KEYS "--progress plain", dir);
    cr_assert_eq(r.exit_code, 0);
    cr_assert(strstr(r.err, "up to date"), "%s", r.err);
    /* keys of another objective decide nothing */
    r = gv_test_run("glove-train --run-dir %s " KEYS "--progress plain --set train.x_max=7", dir);
    cr_assert(r.exit_code == 0 && strstr(r.err, "up to date"), "%s", r.err);
    r = gv_test_run("glove-train --run-dir %s " KEYS "--progress plain --set train.window=2", dir);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert(!strstr(r.err, "corpus.ids") && strstr(r.err, "train.window"), "%s", r.err);
    /* another text is encoded anew */
    make_corpus("corpus.txt", 24000, 5);
    gv_test_run_ok("glove-vocab --run-dir %s --progress none --set vocab.min_count=1", dir);
    r = gv_test_run("glove-train --run-dir %s " KEYS "--progress plain", dir);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert(strstr(r.err, "corpus.ids: "), "%s", r.err);
}

#define EVAL "glove-eval --run-dir %s " QUICK "%s %s --set 'eval.analogies=[\"%s\"]'"

/* Vectors do not become stale by keys of counting, which had no part in them; by their own they do.
 */
Test(word2vec_cli, keys_of_counting_are_none_of_its_business, .timeout = 60)
{
    const char *corpus = make_corpus("corpus.txt", 5000, 8), *dir = make_run("run", corpus);
    const char *questions = gv_test_write_text("questions.txt", ": a\nw1 w2 w7 w8\n");
    const char *counting = "--set cooccur.sample=0.01 --set cooccur.seed=7 --set cooccur.window=3";
    gv_test_run_ok("glove-train --run-dir %s " QUICK "%s", dir, counting);
    gv_test_run_ok(EVAL, dir, counting, "", questions);
    gv_test_result r = gv_test_run(EVAL, dir, counting, "--set train.window=2", questions);
    cr_assert_eq(r.exit_code, 2, "%s", r.err);
    cr_assert(strstr(r.err, "train.window"), "%s", r.err);
    /* the note on an old checkpoint names what it was trained on */
    make_corpus("corpus.txt", 6000, 9);
    gv_test_run_ok("glove-vocab --run-dir %s --progress none --set vocab.min_count=1", dir);
    r = gv_test_run("glove-train --run-dir %s " KEYS "--progress plain %s", dir, counting);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert(strstr(r.err, "another corpus.ids"), "%s", r.err);
}

Test(word2vec_cli, odd_settings_and_texts, .timeout = 60)
{
    const char *corpus = make_corpus("corpus.txt", 5000, 6), *dir = make_run("run", corpus);
    /* windows and noise beyond what a step of the kernel holds; more noise than there are words */
    gv_test_run_ok(
        "glove-train --run-dir %s " QUICK "--set train.window=40 --set train.negative=90", dir);
    gv_test_run_ok("glove-train --run-dir %s " QUICK "--set train.sample=0 --set train.dim=1", dir);
    gv_test_run_ok("glove-train --run-dir %s " QUICK ORDERED
                   "--set train.window=40 --set train.negative=90",
                   dir);
    gv_test_run_ok(
        "glove-train --run-dir %s " QUICK ORDERED "--set train.sample=0 --set train.dim=1", dir);
    const char *one = make_run("one", gv_test_write_text("one.txt", "a\n\n\na\n"));
    gv_test_result r = gv_test_run("glove-train --run-dir %s " QUICK, one);
    gv_test_expect_error(r, 1, "no pairs to train on", "corpus.documents", NULL);
    r = gv_test_run("glove-train --run-dir %s " QUICK "--set train.schedule=locked", dir);
    cr_assert_eq(r.exit_code, 2);
    cr_assert(strstr(r.err, "train.schedule \"locked\""), "%s", r.err);
    r = gv_test_run("glove-train --run-dir %s " QUICK, gv_test_path("nowhere"));
    cr_assert_eq(r.exit_code, 2, "%s", r.err);
    cr_assert(strstr(r.err, "run glove-vocab first"), "%s", r.err);
    r = gv_test_run(
        "glove-train --run-dir %s " QUICK "--set train.memory_mb=1 --set train.dim=4096", dir);
    cr_assert_eq(r.exit_code, 1);
    cr_assert(strstr(r.err, "train.memory_mb"), "%s", r.err);
}

Test(word2vec_cli, damaged_ids_are_made_anew_or_named, .timeout = 60)
{
    const char *corpus = make_corpus("corpus.txt", 5000, 7), *dir = make_run("run", corpus);
    gv_test_run_ok("glove-train --run-dir %s " QUICK, dir);
    const char *ids = gv_test_format("%s/corpus.ids", dir);
    size_t n;
    char *bytes = gv_test_read(ids, &n);
    char *before = file_of(dir, "vectors.txt", NULL);
    for (size_t cut = 0; cut < 100; cut += 33) { /* a header that is short or does not fit */
        gv_test_run_ok("head -c %zu %s > %s.cut && mv %s.cut %s", cut, ids, ids, ids, ids);
        gv_test_run_ok("glove-train --run-dir %s " QUICK "--set train.seed=%zu", dir, cut + 2);
        gv_test_run_ok("glove-train --run-dir %s " QUICK "--set train.seed=1", dir);
    }
    cr_assert_str_eq(file_of(dir, "vectors.txt", NULL), before);
    bytes[n / 2] ^= 1;
    gv_test_write("run/corpus.ids", bytes, n);
    gv_test_result r = gv_test_run("glove-train --run-dir %s " QUICK "--set train.seed=9", dir);
    cr_assert_eq(r.exit_code, 1);
    cr_assert(strstr(r.err, "corpus.ids: damaged"), "%s", r.err);
    cr_assert_str_eq(file_of(dir, "vectors.txt", NULL), before, "earlier output stays");
}
