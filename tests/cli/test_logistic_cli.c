/*
 * glove-train with train.objective "logistic", as users run it: the same bytes however it is run,
 * and a loss that falls.
 */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TRAIN_RANKS GV_SH_BUILD "/tests/ranks/train_ranks"
#define OPTIONS     "--progress none --set train.objective=logistic --set train.dim=20 "

static const char *make_run(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 240;
    plan.groups = 7;
    plan.percent = 15;
    return gv_test_store_run(name, plan);
}

static const char *trained(const char *name, const char *options)
{
    const char *dir = make_run(name);
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s", dir, options);
    return dir;
}

static void expect_same(const char *a, const char *b)
{
    gv_test_same_file(a, b, "vectors.txt");
}

static double loss_of(const char *dir, int epoch)
{
    const char *text =
        gv_test_run_ok("sed -n 's/.*\"epoch\":%d,\"loss\":\\([^,]*\\),.*/\\1/p' %s/metrics.jsonl",
                       epoch, dir)
            .out;
    cr_assert_neq(*text, '\0', "no loss of epoch %d in %s", epoch, dir);
    return atof(text);
}

Test(logistic, same_bytes_for_any_threads_ranks_and_memory, .timeout = 200)
{
    const char *one = trained("one", "--set train.epochs=4 --set train.threads=1");
    expect_same(one, trained("two", "--set train.epochs=4 --set train.threads=2"));
    expect_same(one, trained("eight", "--set train.epochs=4 --set train.threads=8"));
    for (int ranks = 2; ranks <= 4; ranks++) {
        const char *dir = make_run(gv_test_format("ranks%d", ranks));
        gv_test_run_ok("RANKS=%d " TRAIN_RANKS " --run-dir %s " OPTIONS
                       "--set train.epochs=4 --set train.threads=2",
                       ranks, dir);
        expect_same(one, dir);
    }
}

Test(logistic, every_kernel_has_the_same_bytes, .timeout = 120)
{
    const char *one = trained("one", "--set train.epochs=2");
    const char *dir = make_run("scalar");
    gv_test_run_ok(
        "GLOVEBOX_KERNEL=scalar glove-train --run-dir %s " OPTIONS "--set train.epochs=2", dir);
    expect_same(one, dir);
}

Test(logistic, goes_on_after_kill_9_with_the_same_bytes, .timeout = 200)
{
    const char *quiet = trained("quiet", "--set train.epochs=25");
    const char *dir = make_run("killed");
    static const char *const events[] = {"task:700", "checkpoint:4", "write:9"};
    for (int i = 0; i < 3; i++)
        gv_test_expect_killed(
            gv_test_run("GLOVEBOX_TEST_AT=%s=KILL GLOVEBOX_TEST_CHECKPOINT_TASKS=40 glove-train "
                        "--run-dir %s " OPTIONS "--set train.epochs=25 --set train.threads=%d",
                        events[i], dir, 1 + i));
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "--set train.epochs=25", dir);
    expect_same(quiet, dir);
}

Test(logistic, all_schedules_learn, .timeout = 120)
{
    static const char *const schedules[] = {"ordered", "hogwild",     "atomic",
                                            "locked",  "round_robin", "averaged"};
    double ordered = 0;
    for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++) {
        const char *dir =
            trained(schedules[i], gv_test_format("--set train.epochs=6 --set train.threads=2 --set "
                                                 "train.schedule=%s",
                                                 schedules[i]));
        double first = loss_of(dir, 1), last = loss_of(dir, 6);
        ordered = i == 0 ? last : ordered;
        cr_assert_lt(last, first, "%s", schedules[i]);
        /* averaging copies of a small model is slow to learn (docs/algorithms/hogwild.md) */
        double near = strcmp(schedules[i], "averaged") == 0 ? 0.5 : 0.1;
        cr_assert_lt(fabs(last - ordered), near * ordered, "%s: %g, ordered: %g", schedules[i],
                     last, ordered);
    }
}

/* A rate that falls depends on the number of epochs: a checkpoint of fewer is of no use, and none
 * of the new training's is lost. A constant one goes on. */
Test(logistic, more_epochs_start_anew_unless_the_rate_is_constant, .timeout = 60)
{
    static const char *const schedules[] = {"falling", "constant"};
    for (int i = 0; i < 2; i++) {
        const char *set = gv_test_format("--set train.eta_schedule=%s", schedules[i]);
        const char *five =
            trained(gv_test_format("five%d", i), gv_test_format("%s --set train.epochs=5", set));
        const char *dir =
            trained(gv_test_format("two%d", i), gv_test_format("%s --set train.epochs=2", set));
        gv_test_result r =
            gv_test_run_ok("glove-train --run-dir %s --progress plain --set train.epochs=5", dir);
        bool anew = i == 0;
        cr_assert_eq(strstr(r.err, "starts from the beginning") != NULL, anew, "%s", r.err);
        cr_assert(!anew || strstr(r.err, "train.epochs = 2, the config says 5"), "%s", r.err);
        expect_same(five, dir);
        gv_test_run_ok("test $(grep -c '\"event\":\"epoch\"' %s/metrics.jsonl) = %d", dir,
                       anew ? 7 : 5);
    }
}

/* The numbers of a vectors.txt, words left out; `*n` of them. */
static double *numbers_of(const char *dir, size_t *n)
{
    char *text = gv_test_read(gv_test_format("%s/vectors.txt", dir), n);
    double *numbers = malloc(*n * sizeof *numbers);
    *n = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        for (char *at = strchr(line, ' '); at && *at;)
            numbers[(*n)++] = strtod(at, &at);
    return numbers;
}

/* Where pairs weigh next to nothing, all that happens to vectors is their decay, once for each
 * epoch but the first, also when training stops in the middle. */
Test(logistic, vectors_decay_once_an_epoch, .timeout = 60)
{
    static const char *const schedules[] = {"ordered", "hogwild"};
    for (size_t i = 0; i < 2; i++) {
        const char *options = gv_test_format(
            "--set train.x_max=1e18 --set train.unseen_draws=0 --set train.threads=2 "
            "--set train.weight_decay=0.25 --set train.eta_schedule=constant "
            "--set train.schedule=%s ",
            schedules[i]);
        const char *once = trained(gv_test_format("once%zu", i),
                                   gv_test_format("%s --set train.epochs=1", options));
        const char *dir = make_run(gv_test_format("often%zu", i));
        for (int epochs = 2; epochs <= 4; epochs += 2) /* goes on after two */
            gv_test_run_ok("GLOVEBOX_TEST_CHECKPOINT_TASKS=7 glove-train --run-dir %s " OPTIONS
                           "%s --set train.epochs=%d",
                           dir, options, epochs);
        size_t n, m;
        double *before = numbers_of(once, &n), *after = numbers_of(dir, &m);
        cr_assert(n == m && n >= 240 * 20);
        for (size_t k = 0; k < n; k++)
            cr_assert_float_eq(after[k], before[k] * 0.75 * 0.75 * 0.75, 2e-6,
                               "%s, number %zu: %g after %g", schedules[i], k, after[k], before[k]);
        free(before);
        free(after);
    }
}

Test(logistic, keys_count_where_they_apply, .timeout = 60)
{
    const char *dir = trained("one", "--set train.epochs=1");
    /* keys of the other objective change nothing, its own do */
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "--set train.epochs=1 --set "
                   "train.grad_clip=0.001 --set train.bias_eta=9 --set train.optimizer=sgd "
                   "| grep -q . && exit 1; test $(grep -c '\"event\":\"epoch\"' %s/metrics.jsonl) "
                   "= 1",
                   dir, dir);
    gv_test_run_ok("glove-train --force --run-dir %s " OPTIONS
                   "--set train.epochs=1 --set train.unseen_weight=0.3; test $(grep -c "
                   "'\"event\":\"epoch\"' %s/metrics.jsonl) = 2",
                   dir, dir);
    gv_test_result r = gv_test_run("glove-train --print-config --set train.objective=logistic");
    cr_assert(strstr(r.out, "\"eta\": 0.3,") && strstr(r.out, "\"x_max\": 50,"), "%s", r.out);
}

Test(logistic, is_refused_where_it_cannot_be_had, .timeout = 60)
{
    const char *dir = make_run("one");
    gv_test_result r = gv_test_run(
        "RANKS=3 " TRAIN_RANKS " --run-dir %s " OPTIONS "--set train.distributed=downpour", dir);
    cr_assert_eq(r.exit_code, 2);
    cr_assert(strstr(r.err, "train.objective = glove only"), "%s", r.err);
}
