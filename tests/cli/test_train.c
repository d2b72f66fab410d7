/* glove-train as users run it. */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KEYS "--set train.dim=6 --set train.x_max=20 --set train.threads=2 "

#define QUICK "--progress none " KEYS

static const char *make_run(const char *name)
{
    return gv_test_store_run(name, gv_test_store_small());
}

static gv_test_result train(const char *dir, const char *options)
{
    return gv_test_run("glove-train --run-dir %s " QUICK "%s", dir, options);
}

static void train_ok(const char *dir, const char *options)
{
    gv_test_result r = train(dir, options);
    cr_assert_eq(r.exit_code, 0, "%s: %s", options, r.err);
}

static char *file_of(const char *dir, const char *name, size_t *bytes)
{
    return gv_test_read(gv_test_format("%s/%s", dir, name), bytes);
}

static void expect_different(const char *a, const char *b, const char *name)
{
    size_t n, m;
    char *x = file_of(a, name, &n), *y = file_of(b, name, &m);
    cr_assert(n != m || memcmp(x, y, n) != 0, "%s is the same in %s and %s", name, a, b);
}

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

Test(train_cli, same_bytes_for_any_threads_and_kernel, .timeout = 120)
{
    const char *one = make_run("one");
    train_ok(one, "--set train.epochs=3 --set train.threads=1");
    const char *threads[] = {"2", "3", "8"};
    for (size_t i = 0; i < 3; i++) {
        const char *dir = make_run(gv_test_format("t%s", threads[i]));
        train_ok(dir, gv_test_format("--set train.epochs=3 --set train.threads=%s", threads[i]));
        gv_test_same_file(one, dir, "vectors.txt");
        gv_test_same_file(one, dir, "model.ckpt");
    }
    const char *seed = make_run("seed");
    train_ok(seed, "--set train.epochs=3 --set train.seed=2");
    expect_different(one, seed, "vectors.txt");
}

/* Every kernel that this CPU has writes the vectors of the scalar one. */
static void expect_same_of_all_kernels(const char *name, const char *options)
{
    static const char *const kernels[] = {"scalar", "avx2", "avx512", "neon"};
    const char *first = gv_test_format("%s_scalar", name);
    for (size_t i = 0; i < 4; i++) {
        const char *dir = make_run(gv_test_format("%s_%s", name, kernels[i]));
        gv_test_result r = gv_test_run("GLOVEBOX_KERNEL=%s glove-train --run-dir %s " QUICK "%s",
                                       kernels[i], dir, options);
        if (r.exit_code == 2 && i > 0 && strstr(r.err, kernels[i]))
            continue; /* not on this CPU */
        cr_assert_eq(r.exit_code, 0, "%s, %s: %d %s", kernels[i], options, r.exit_code, r.err);
        gv_test_same_file(gv_test_path(first), dir, "vectors.txt");
    }
}

/* Rows of both kinds of width, with and without a clip that is felt. */
Test(train_cli, same_bytes_for_any_kernel, .timeout = 120)
{
    expect_same_of_all_kernels("even", "--set train.dim=14");
    expect_same_of_all_kernels("even_clip", "--set train.dim=14 --set train.grad_clip=0.01");
    expect_same_of_all_kernels("odd", "--set train.dim=22");
    expect_same_of_all_kernels("odd_clip", "--set train.dim=22 --set train.grad_clip=0.01");
    expect_same_of_all_kernels("long_clip", "--set train.dim=50 --set train.grad_clip=0.01");
}

Test(train_cli, metrics_and_shape_of_the_output)
{
    const char *dir = make_run("run");
    train_ok(dir, "--set train.epochs=3");
    char *metrics = file_of(dir, "metrics.jsonl", NULL);
    cr_assert_eq(count_of(metrics, "\"event\":\"epoch\""), 3, "%s", metrics);
    cr_assert_eq(count_of(metrics, "\"event\":\"done\""), 1);
    const char *parts[] = {"\"epoch\":3", "\"loss\":",  "\"records\":",
                           "\"wall_s\":", "\"cpu_s\":", "\"peak_rss_kb\":"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_assert_not_null(strstr(metrics, parts[i]), "%s lacks %s", metrics, parts[i]);
    char *text = file_of(dir, "vectors.txt", NULL);
    cr_assert_eq(count_of(text, "\n"), 91);
    cr_assert_eq(count_of(text, " "), 91 * 6);
    cr_assert_eq(strncmp(text, "w0 ", 3), 0);
    cr_assert_not_null(strstr(text, "\n<unk> "));
}

Test(train_cli, nothing_to_do_the_second_time)
{
    const char *dir = make_run("run");
    train_ok(dir, "--set train.epochs=2");
    gv_test_result r = gv_test_run("glove-train --run-dir %s --progress plain", dir);
    cr_assert_eq(r.exit_code, 0);
    cr_assert_not_null(strstr(r.err, "up to date"), "%s", r.err);
    cr_assert_eq(count_of(file_of(dir, "metrics.jsonl", NULL), "\"event\":\"done\""), 1);
    /* other threads or budgets are no reason to train again */
    train_ok(dir, "--set train.epochs=2 --set train.threads=1 --set train.memory_mb=500");
    cr_assert_eq(count_of(file_of(dir, "metrics.jsonl", NULL), "\"event\":\"done\""), 1);
    train_ok(dir, "--set train.epochs=2 --force");
    char *metrics = file_of(dir, "metrics.jsonl", NULL);
    cr_assert_eq(count_of(metrics, "\"event\":\"done\""), 2);
    cr_assert_eq(count_of(metrics, "\"event\":\"epoch\""), 4);
}

Test(train_cli, other_outputs_need_no_training)
{
    const char *dir = make_run("run"), *fresh = make_run("fresh");
    train_ok(dir, "--set train.epochs=2");
    train_ok(dir, "--set train.epochs=2 --set output.vectors=context --set output.unk=false");
    cr_assert_eq(count_of(file_of(dir, "metrics.jsonl", NULL), "\"event\":\"epoch\""), 2);
    train_ok(fresh, "--set train.epochs=2 --set output.vectors=context --set output.unk=false");
    gv_test_same_file(dir, fresh, "vectors.txt");
    cr_assert_eq(count_of(file_of(dir, "vectors.txt", NULL), "\n"), 90);
}

Test(train_cli, more_epochs_go_on_and_fewer_start_anew)
{
    const char *dir = make_run("run"), *four = make_run("four"), *two = make_run("two");
    train_ok(four, "--set train.epochs=4");
    train_ok(two, "--set train.epochs=2");
    train_ok(dir, "--set train.epochs=2");
    train_ok(dir, "--set train.epochs=4");
    gv_test_same_file(dir, four, "vectors.txt");
    gv_test_same_file(dir, four, "model.ckpt");
    char *metrics = file_of(dir, "metrics.jsonl", NULL);
    cr_assert_eq(count_of(metrics, "\"event\":\"epoch\""), 4, "%s", metrics);
    cr_assert_not_null(strstr(metrics, "\"event\":\"resume\",\"epoch\":3,\"position\":0"), "%s",
                       metrics);
    gv_test_result r =
        gv_test_run("glove-train --run-dir %s --progress plain --set train.epochs=2", dir);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "starts from the beginning"), "%s", r.err);
    gv_test_same_file(dir, two, "vectors.txt");
}

Test(train_cli, no_epochs_writes_the_random_start)
{
    const char *zero = make_run("zero"), *word = make_run("word");
    train_ok(zero, "--set train.epochs=0");
    train_ok(word, "--set train.epochs=0 --set output.vectors=word");
    expect_different(zero, word, "vectors.txt");
    gv_test_same_file(zero, word, "model.ckpt");
    /* and training goes on from it as if it had just begun */
    train_ok(zero, "--set train.epochs=1");
    train_ok(word, "--set train.epochs=1 --set output.vectors=sum --force");
    gv_test_same_file(zero, word, "vectors.txt");
}

Test(train_cli, tiny_vocabularies)
{
    gv_test_store_plan plan = gv_test_store_one_word();
    const char *dir = gv_test_store_run("one", plan);
    train_ok(dir, "--set train.epochs=2");
    cr_assert_eq(count_of(file_of(dir, "vectors.txt", NULL), "\n"), 2);
    plan.percent = 0; /* a word that has no context at all */
    dir = gv_test_store_run("none", plan);
    train_ok(dir, "--set train.epochs=2");
    cr_assert_eq(count_of(file_of(dir, "vectors.txt", NULL), "\n"), 2);
}

Test(train_cli, hogwild_trains)
{
    const char *dir = make_run("run"), *ordered = make_run("ordered");
    train_ok(dir, "--set train.epochs=4 --set train.schedule=hogwild --set train.threads=1");
    train_ok(ordered, "--set train.epochs=4");
    /* alone on its rows it does the same steps in the same order */
    gv_test_same_file(dir, ordered, "vectors.txt");
    train_ok(dir,
             "--set train.epochs=4 --set train.schedule=hogwild --set train.threads=4 --force");
    cr_assert_eq(count_of(file_of(dir, "metrics.jsonl", NULL), "\"event\":\"epoch\""), 8);
}

Test(train_cli, a_small_budget_reads_tiles_again_and_again)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 900;
    plan.segment_words = 30;
    plan.groups = 16;
    const char *large = gv_test_store_run("large", plan), *small = gv_test_store_run("small", plan);
    train_ok(large, "--set train.epochs=2");
    train_ok(small, "--set train.epochs=2 --set train.memory_mb=2");
    gv_test_same_file(large, small, "vectors.txt");
}

/* --- errors ----------------------------------------------------------------------------------- */

/* Every thread reads the store through a handle of its own. */
Test(train_cli, a_small_budget_takes_fewer_threads)
{
    const char *few = make_run("few"), *many = make_run("many");
    train_ok(few, "--set train.threads=1");
    gv_test_result r =
        gv_test_run("glove-train --run-dir %s " KEYS
                    "--progress plain --set train.threads=200 --set train.memory_mb=200",
                    many);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert(strstr(r.err, "threads instead of 200, to stay within train.memory_mb"), "%s", r.err);
    gv_test_same_file(few, many, "vectors.txt");
}

Test(train_cli, no_store)
{
    const char *dir = gv_test_path("empty");
    gv_test_expect_error(train(dir, ""), 2, "store.db", "glove-shuffle", NULL);
}

Test(train_cli, store_of_other_keys)
{
    const char *dir = make_run("run");
    gv_test_expect_error(train(dir, "--set cooccur.window=3"), 2, "cooccur.window", "glove-cooccur",
                         NULL);
}

Test(train_cli, model_that_does_not_fit)
{
    const char *dir = make_run("run");
    gv_test_result r = train(dir, "--set train.dim=4000 --set train.memory_mb=1");
    gv_test_expect_error(r, 1, "MiB", "train.dim", "train.memory_mb", NULL);
    cr_assert_not(gv_test_exists(gv_test_format("%s/model.ckpt", dir)));
}

Test(train_cli, divergence_keeps_the_last_good_state)
{
    const char *dir = make_run("run");
    gv_test_result r = train(dir, "--set train.eta=100 --set train.bias_eta=100 --set "
                                  "train.grad_clip=null --set train.epochs=50");
    gv_test_expect_error(r, 1, "diverge", "epoch", "train.eta", NULL);
    cr_assert_not(gv_test_exists(gv_test_format("%s/vectors.txt", dir)));
}

/* The clip keeps a diverging model finite, and its loss falls from epoch to epoch. */
Test(train_cli, divergence_within_the_clip)
{
    const char *dir = make_run("run");
    const char *path = gv_test_format("%s/model.ckpt", dir);
    train_ok(dir, "--set train.epochs=2");
    size_t bytes, bytes_after;
    char *before = gv_test_read(path, &bytes);
    static const char *const sets[] = {"--set train.eta=1", "--set train.eta=100"};
    for (size_t i = 0; i < 2; i++) {
        gv_test_expect_error(train(dir, sets[i]), 1, "diverged in epoch 1", "train.eta",
                             "unchanged", NULL);
        char *after = gv_test_read(path, &bytes_after);
        cr_assert(bytes == bytes_after && memcmp(before, after, bytes) == 0, "%s", sets[i]);
        free(after);
    }
    free(before);
    train_ok(dir, "--set train.eta=0.05 --set train.bias_eta=0.05");
}

Test(train_cli, damaged_checkpoint)
{
    const char *dir = make_run("run");
    const char *path = gv_test_format("%s/model.ckpt", dir);
    train_ok(dir, "--set train.epochs=2");
    size_t bytes;
    char *whole = gv_test_read(path, &bytes);
    for (long at = 5; at < (long)bytes; at += (long)bytes / 7) {
        gv_test_flip(path, at);
        gv_test_expect_error(train(dir, "--set train.epochs=2"), 1, "model.ckpt", "--force", NULL);
        gv_test_flip(path, at);
    }
    const long lengths[] = {0, 10, 127, 200, (long)bytes - 1};
    for (size_t i = 0; i < 5; i++) {
        gv_test_truncate(path, lengths[i]);
        gv_test_expect_error(train(dir, "--set train.epochs=3"), 1, "model.ckpt", NULL);
        gv_test_write("run/model.ckpt", whole, bytes);
    }
    train_ok(dir, "--set train.epochs=2");
    gv_test_truncate(path, 100);
    train_ok(dir, "--set train.epochs=2 --force");
}

Test(train_cli, checkpoint_of_another_run)
{
    const char *dir = make_run("run"), *other = make_run("other");
    train_ok(dir, "--set train.epochs=2");
    train_ok(other, "--set train.epochs=2 --set train.alpha=0.5");
    size_t bytes;
    char *foreign = file_of(other, "model.ckpt", &bytes);
    gv_test_write("run/model.ckpt", foreign, bytes);
    gv_test_expect_error(train(dir, "--set train.epochs=2"), 1, "model.ckpt", "train.alpha", NULL);

    gv_test_store_plan plan = gv_test_store_small();
    plan.seed = 8;
    const char *third = gv_test_store_run("third", plan);
    train_ok(third, "--set train.epochs=2");
    foreign = file_of(third, "model.ckpt", &bytes);
    gv_test_write("run/model.ckpt", foreign, bytes);
    gv_test_expect_error(train(dir, "--set train.epochs=2"), 1, "model.ckpt", "store.db", NULL);
}

Test(train_cli, changed_keys_start_anew)
{
    const char *dir = make_run("run"), *fresh = make_run("fresh");
    train_ok(dir, "--set train.epochs=2");
    gv_test_result r =
        gv_test_run("glove-train --run-dir %s --progress plain --set train.alpha=0.5", dir);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "train.alpha"), "%s", r.err);
    train_ok(fresh, "--set train.epochs=2 --set train.alpha=0.5");
    gv_test_same_file(dir, fresh, "vectors.txt");
}

Test(train_cli, damaged_store)
{
    const char *dir = make_run("run");
    const char *path = gv_test_format("%s/store.db", dir);
    size_t bytes;
    char *whole = gv_test_read(path, &bytes);
    gv_test_truncate(path, (long)bytes / 2);
    gv_test_expect_error(train(dir, ""), 1, "store.db", NULL);
    memset(whole + bytes - 3000, 0x77, 8); /* inside the last blob */
    gv_test_write("run/store.db", whole, bytes);
    gv_test_expect_error(train(dir, ""), 1, "store.db", NULL);
    cr_assert_not(gv_test_exists(gv_test_format("%s/vectors.txt", dir)));
}

/* --- schedules and optimizers ----------------------------------------------------------------- */

Test(train_cli, every_schedule_alone_gives_the_bytes_of_ordered, .timeout = 60)
{
    static const char *const schedules[] = {"hogwild", "locked", "round_robin", "averaged"};
    const char *ordered = make_run("ordered");
    train_ok(ordered, "--set train.epochs=3");
    for (size_t i = 0; i < 4; i++) {
        const char *dir = make_run(schedules[i]);
        train_ok(dir, gv_test_format("--set train.epochs=3 --set train.threads=1 "
                                     "--set train.schedule=%s",
                                     schedules[i]));
        gv_test_same_file(ordered, dir, "vectors.txt");
    }
}

/* The loss of the last epoch in the metrics. */
static double last_loss(const char *dir)
{
    const char *metrics = file_of(dir, "metrics.jsonl", NULL), *at = metrics, *last = NULL;
    while ((at = strstr(at, "\"loss\":")))
        last = at++;
    cr_assert_not_null(last, "%s", metrics);
    return strtod(last + 7, NULL);
}

Test(train_cli, every_schedule_learns_with_several_threads, .timeout = 120)
{
    static const char *const schedules[] = {"hogwild", "atomic", "locked", "round_robin",
                                            "averaged"};
    const char *ordered = make_run("ordered");
    train_ok(ordered, "--set train.epochs=6");
    double wanted = last_loss(ordered);
    for (size_t i = 0; i < 5; i++) {
        const char *dir = make_run(schedules[i]);
        gv_test_run_ok("GLOVEBOX_TEST_RANDOM_ORDER=1 glove-train --run-dir %s " QUICK
                       "--set train.epochs=6 --set train.threads=3 --set train.schedule=%s",
                       dir, schedules[i]);
        /* copies that are averaged learn from a third of the records each */
        cr_assert_lt(last_loss(dir), (i == 4 ? 3 : 1.1) * wanted, "%s", schedules[i]);
    }
}

Test(train_cli, conflicts_are_counted_and_there_are_none_in_order, .timeout = 60)
{
    const char *dir = make_run("run"), *plain = make_run("plain");
    train_ok(plain, "--set train.epochs=2");
    gv_test_run_ok("GLOVEBOX_TEST_CONFLICTS=1 GLOVEBOX_TEST_DELAY_NS=50 glove-train --run-dir "
                   "%s " QUICK "--set train.epochs=2 --set train.threads=3",
                   dir);
    gv_test_same_file(plain, dir, "vectors.txt");
    char *metrics = file_of(dir, "metrics.jsonl", NULL);
    cr_assert(strstr(metrics, "\"steps_in_conflict\":0,"), "%s", metrics);
    cr_assert(!strstr(metrics, "\"steps\":0"), "%s", metrics);
}

Test(train_cli, sgd_has_constant_steps_that_decay, .timeout = 60)
{
    expect_same_of_all_kernels("sgd", "--set train.optimizer=sgd --set train.dim=14");
    const char *decay = make_run("decay"), *none = make_run("none"), *two = make_run("two");
    train_ok(decay, "--set train.epochs=2 --set train.optimizer=sgd");
    train_ok(none, "--set train.epochs=2 --set train.optimizer=sgd --set train.step_decay=1");
    expect_different(decay, none, "vectors.txt");
    /* the second epoch's step is that of a training that goes on */
    train_ok(two, "--set train.epochs=1 --set train.optimizer=sgd");
    train_ok(two, "--set train.epochs=2 --set train.optimizer=sgd");
    gv_test_same_file(decay, two, "vectors.txt");
    const char *adagrad = make_run("adagrad");
    train_ok(adagrad, "--set train.epochs=2");
    expect_different(decay, adagrad, "vectors.txt");
}

Test(train_cli, averaged_goes_on_after_a_signal, .timeout = 60)
{
    const char *dir = make_run("run");
    gv_test_result r =
        gv_test_run("GLOVEBOX_TEST_AT=checkpoint:1=TERM glove-train --run-dir %s " QUICK
                    "--set train.schedule=averaged --set train.epochs=100000",
                    dir);
    cr_assert_eq(r.exit_code, 143, "%s", r.err);
    train_ok(dir, "--set train.schedule=averaged --set train.epochs=3"); /* anew: fewer epochs */
}
