/*
 * Training with parameter servers: Downpour SGD and Sandblaster L-BFGS. The ranks are threads
 * (tests/ranks/train_ranks.c), so nothing here needs MPI.
 */
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TRAIN_RANKS GV_SH_BUILD "/tests/ranks/train_ranks"
#define OPTIONS     "--progress plain --set train.dim=12 --set train.x_max=20 "
#define DOWNPOUR    "--set train.distributed=downpour "
#define SANDBLASTER "--set train.distributed=sandblaster "

static const char *make_run(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 240;
    return gv_test_store_run(name, plan);
}

static gv_test_result run(const char *dir, const char *environment, const char *options)
{
    return gv_test_run("%s timeout 250 " TRAIN_RANKS " --run-dir %s " OPTIONS "%s", environment,
                       dir, options);
}

static void run_ok(const char *dir, int ranks, const char *options)
{
    gv_test_result r = run(dir, gv_test_format("RANKS=%d", ranks), options);
    cr_assert_eq(r.exit_code, 0, "%d ranks, %s: %s", ranks, options, r.err);
}

/* The losses of all epoch events, in order. */
static size_t losses_of(const char *dir, double *losses, size_t room)
{
    char *text = gv_test_read(gv_test_format("%s/metrics.jsonl", dir), NULL);
    size_t n = 0;
    while (n < room && (text = strstr(text, "\"event\":\"epoch\""))) {
        text = strstr(text, "\"loss\":");
        losses[n++] = strtod(text + strlen("\"loss\":"), NULL);
    }
    return n;
}

static double last_loss(const char *dir)
{
    double losses[2000];
    size_t n = losses_of(dir, losses, 2000);
    cr_assert_gt(n, 0u);
    return losses[n - 1];
}

static double loss_alone(const char *options)
{
    const char *dir = make_run("alone");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s", dir, options);
    return last_loss(dir);
}

static void expect_near(double loss, double wanted, double share, const char *what)
{
    cr_assert_float_eq(loss, wanted, share * wanted, "%s: loss %g, wanted %g", what, loss, wanted);
}

/* --- Downpour --------------------------------------------------------------------------------- */

Test(downpour, learns_as_one_process_does, .timeout = 300)
{
    static const char *const options[] = {
        "--set train.threads=1 ",
        "--set train.threads=2 --set train.n_fetch=1 --set train.n_push=2 ",
        "--set train.threads=1 --set train.n_fetch=7 --set train.n_push=3 ",
        "--set train.threads=1 --set train.n_fetch=2 --set train.n_push=9 ",
        "--set train.threads=1 --set train.servers=2 --set train.warm_start=1.5 ",
    };
    double alone = loss_alone("--set train.epochs=12");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        for (int ranks = 3; ranks <= 5; ranks += 2) {
            const char *dir = make_run(gv_test_format("d%zu_%d", i, ranks));
            run_ok(dir, ranks, gv_test_format(DOWNPOUR "--set train.epochs=12 %s", options[i]));
            cr_assert_lt(last_loss(dir), 1.02 * alone, "%s: %g, alone %g", dir, last_loss(dir),
                         alone);
        }
}

/* One replica that fetches what nobody else changes: only rounding differs from training alone. */
Test(downpour, one_replica_trains_as_if_alone, .timeout = 300)
{
    double alone = loss_alone("--set train.epochs=5");
    const char *dir = make_run("two");
    run_ok(dir, 2, DOWNPOUR "--set train.epochs=5 --set train.threads=1");
    expect_near(last_loss(dir), alone, 1e-5, "one replica");
}

/* Nothing from rank 3 arrives any more: the others do its tiles. */
Test(downpour, a_lost_replica_does_not_stop_the_others, .timeout = 300)
{
    const char *epochs = "--set train.epochs=12 --set train.threads=1 ";
    double alone = loss_alone(epochs);
    const char *dir = make_run("lost");
    gv_test_result r = run(dir, "RANKS=4 GLOVEBOX_TEST_AT=task:1000=cut:3",
                           gv_test_format("--set mpi.deadline_s=3 " DOWNPOUR "%s", epochs));
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "rank 3 on host thread3 is lost"), "%s", r.err);
    cr_assert_lt(last_loss(dir), 1.02 * alone, "with a lost replica");
}

Test(downpour, a_lost_server_ends_the_job, .timeout = 300)
{
    const char *dir = make_run("lost");
    gv_test_result r =
        run(dir, "RANKS=5 GLOVEBOX_TEST_AT=task:500=cut:1",
            DOWNPOUR "--set train.servers=2 --set train.epochs=100000 --set mpi.deadline_s=3");
    cr_assert_eq(r.exit_code, 1, "%d: %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "error: no keep-alive from rank 1 on host thread1"), "%s",
                       r.err);
}

/* Train `rounds` times, each time with other ranks, killed or stopped after other tasks. */
static void disturb(const char *dir, int rounds, unsigned tasks, const char *options)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 70);
    for (int round = 0; round < rounds; round++) {
        bool kill = round % 2;
        unsigned task = tasks / 2 + (unsigned)gv_rng_below(&rng, tasks / 2);
        gv_test_result r = run(dir,
                               gv_test_format("GLOVEBOX_TEST_AT=task:%u=%s RANKS=%d "
                                              "GLOVEBOX_TEST_CHECKPOINT_TASKS=50",
                                              task, kill ? "KILL" : "TERM", 3 + round % 3),
                               options);
        if (kill)
            gv_test_expect_killed(r);
        else
            cr_assert_eq(r.exit_code, 128 + SIGTERM, "%d: %s", r.exit_code, r.err);
    }
}

Test(downpour, goes_on_from_its_checkpoint, .timeout = 300)
{
    const char *epochs = "--set train.epochs=12 --set train.threads=1 ";
    double alone = loss_alone(epochs);
    const char *dir = make_run("again"), *options = gv_test_format(DOWNPOUR "%s", epochs);
    disturb(dir, 6, 1500, options);
    run_ok(dir, 3, options);
    gv_test_run_ok("grep -q '\"event\":\"resume\"' %s/metrics.jsonl", dir);
    cr_assert_lt(last_loss(dir), 1.02 * alone, "again and again");
}

Test(downpour, needs_a_replica)
{
    const char *dir = make_run("few");
    gv_test_expect_error(run(dir, "RANKS=1", DOWNPOUR), 2, "leave none to train", NULL);
    gv_test_expect_error(run(dir, "RANKS=3", DOWNPOUR "--set train.servers=3"), 2, "train.servers",
                         NULL);
    gv_test_expect_error(run(dir, "RANKS=3", DOWNPOUR "--set train.schedule=locked"), 2,
                         "train.schedule", NULL);
}

/* A replica's own error is the job's. */
Test(downpour, a_diverging_replica_is_an_error, .timeout = 300)
{
    const char *dir = make_run("diverges");
    gv_test_result r = run(dir, "RANKS=3", DOWNPOUR "--set train.eta=100 --set train.epochs=3");
    cr_assert_eq(r.exit_code, 1, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "diverged"), "%s", r.err);
}

/* --- Sandblaster ------------------------------------------------------------------------------ */

static void expect_same_model(const char *a, const char *b)
{
    gv_test_same_file(a, b, "model.ckpt");
}

Test(sandblaster, the_objective_decreases_and_ranks_do_not_show, .timeout = 300)
{
    static const struct {
        int ranks;
        const char *environment, *options;
    } setups[] = {{3, "", "--set train.threads=1 "},
                  {4, "", "--set train.servers=1 --set train.threads=2 "},
                  {6, "", "--set train.servers=1 --set train.threads=1 "},
                  {6, "GLOVEBOX_KERNEL=scalar ", "--set train.servers=3 --set train.threads=1 "}};
    double first[40], losses[40];
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++) {
        const char *dir = make_run(gv_test_format("s%zu", i));
        gv_test_result r =
            run(dir, gv_test_format("%sRANKS=%d", setups[i].environment, setups[i].ranks),
                gv_test_format(SANDBLASTER "--set train.epochs=40 %s", setups[i].options));
        cr_assert_eq(r.exit_code, 0, "%s", r.err);
        cr_assert_eq(losses_of(dir, losses, 40), 40u);
        for (size_t k = 1; k < 40; k++)
            cr_assert_lt(losses[k], losses[k - 1], "iteration %zu", k);
        if (i == 0)
            memcpy(first, losses, sizeof first);
        cr_assert_eq(memcmp(first, losses, sizeof first), 0, "setup %zu", i);
        expect_same_model(gv_test_path("s0"), dir);
    }
}

Test(sandblaster, a_lost_worker_costs_its_units_only, .timeout = 300)
{
    const char *options = SANDBLASTER "--set train.servers=1 --set train.threads=1 "
                                      "--set train.epochs=20 --set mpi.deadline_s=3 ";
    const char *whole = make_run("whole"), *lost = make_run("lost");
    run_ok(whole, 4, options);
    gv_test_result r = run(lost, "RANKS=4 GLOVEBOX_TEST_AT=task:1000=cut:3", options);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    expect_same_model(whole, lost);
}

Test(sandblaster, a_lost_shard_ends_the_job, .timeout = 300)
{
    const char *dir = make_run("lost");
    gv_test_result r = run(dir, "RANKS=4 GLOVEBOX_TEST_AT=task:500=cut:1",
                           SANDBLASTER "--set train.epochs=100000 --set mpi.deadline_s=3");
    cr_assert_eq(r.exit_code, 1, "%d: %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "error: no keep-alive from rank 1 on host thread1"), "%s",
                       r.err);
}

/* Longer training, other ranks: as if it had been wanted at first. */
Test(sandblaster, goes_on_from_its_checkpoint, .timeout = 300)
{
    const char *whole = make_run("whole"), *again = make_run("again");
    run_ok(whole, 4, SANDBLASTER "--set train.epochs=40");
    run_ok(again, 4, SANDBLASTER "--set train.epochs=20 --set train.checkpoint_every=7");
    run_ok(again, 6, SANDBLASTER "--set train.epochs=40 --set train.servers=3");
    expect_same_model(whole, again);
    gv_test_run_ok("grep -q '\"event\":\"resume\"' %s/metrics.jsonl", again);
}

Test(sandblaster, killed_and_stopped_it_goes_on, .timeout = 300)
{
    const char *whole = make_run("whole"), *again = make_run("again");
    const char *options = SANDBLASTER "--set train.threads=1 --set train.epochs=40 "
                                      "--set train.checkpoint_every=2 ";
    run_ok(whole, 4, options);
    disturb(again, 6, 5000, options);
    run_ok(again, 3, options);
    expect_same_model(whole, again);
    gv_test_run_ok("grep -q '\"event\":\"resume\"' %s/metrics.jsonl", again);
}

/* One who has lost the history is told so. */
Test(sandblaster, a_missing_history_is_told, .timeout = 100)
{
    const char *dir = make_run("again");
    run_ok(dir, 3, SANDBLASTER "--set train.epochs=10");
    gv_test_run_ok("rm -r %s/model.lbfgs", dir);
    gv_test_result r = run(dir, "RANKS=3", SANDBLASTER "--set train.epochs=12");
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "the history of L-BFGS starts empty: there is no "), "%s",
                       r.err);
}

/* A start that finds all up to date also removes what a killed one left. */
Test(sandblaster, a_killed_start_leaves_no_temporary_file, .timeout = 100)
{
    const char *dir = make_run("again");
    run_ok(dir, 3, SANDBLASTER "--set train.epochs=4");
    gv_test_expect_killed(run(dir, "RANKS=3 GLOVEBOX_TEST_AT=rename:2=KILL",
                              SANDBLASTER "--set train.epochs=4 --force"));
    gv_test_run_ok("ls %s/model.lbfgs/*.tmp", dir);
    run_ok(dir, 3, SANDBLASTER "--set train.epochs=4");
    gv_test_run_ok("[ -z \"$(find %s -name '*.tmp*')\" ]", dir);
}

/* Without its history it still descends, along another way. */
Test(sandblaster, a_damaged_history_begins_anew, .timeout = 300)
{
    const char *dir = make_run("again");
    double losses[60];
    run_ok(dir, 4, SANDBLASTER "--set train.epochs=20");
    gv_test_flip(gv_test_format("%s/model.lbfgs/20", dir), -100);
    gv_test_result r = run(dir, "RANKS=4", SANDBLASTER "--set train.epochs=40");
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "the history of L-BFGS starts empty"), "%s", r.err);
    cr_assert_eq(losses_of(dir, losses, 60), 40u);
    for (size_t k = 1; k < 40; k++)
        cr_assert_lt(losses[k], losses[k - 1], "iteration %zu", k);
}

Test(sandblaster, needs_a_worker)
{
    const char *dir = make_run("few");
    gv_test_expect_error(run(dir, "RANKS=2", SANDBLASTER), 2, "leave none to train", NULL);
}
