/*
 * Training that is killed, stopped, or runs out of disk, and is started again: the vectors must be
 * those of an undisturbed run, to the last byte.
 */
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTIONS "--progress none --set train.dim=20 --set train.x_max=20 --set train.epochs=40"

static const char *make_run(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 240;
    return gv_test_store_run(name, plan);
}

static bool all_epochs_loss_equal(const char *a, const char *b)
{
    gv_test_result x =
        gv_test_run_ok("grep -o '\"epoch\":40,\"loss\":[0-9.e-]*' %s/metrics.jsonl", a);
    gv_test_result y = gv_test_run_ok("grep -o '\"epoch\":40,\"loss\":[0-9.e-]*' %s/metrics.jsonl "
                                      "| tail -n 1",
                                      b);
    return strcmp(x.out, y.out) == 0;
}

/* Train with a checkpoint every `tasks` tasks and send `signal` at `event`. */
static gv_test_result disturbed(const char *dir, const char *event, const char *signal,
                                unsigned threads, unsigned tasks)
{
    return gv_test_run("GLOVEBOX_TEST_AT=%s=%s GLOVEBOX_TEST_CHECKPOINT_TASKS=%u glove-train "
                       "--run-dir %s " OPTIONS " --set train.threads=%u",
                       event, signal, tasks, dir, threads);
}

static unsigned resumes_of(const char *dir)
{
    return (unsigned)atoi(gv_test_run("grep -c '\"event\":\"resume\"' %s/metrics.jsonl", dir).out);
}

/* 40 epochs have 36,000 tasks, so that the disturbances below never reach the end. */
Test(train_fault, killed_again_and_again, .timeout = 120)
{
    enum { KILLS = 40 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 50);
    const char *whole = make_run("whole"), *killed = make_run("killed");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS " --set train.threads=1", whole);
    for (int round = 0; round < KILLS; round++) {
        const char *event = gv_test_random_event(&rng, 800);
        unsigned threads = 1 + (unsigned)gv_rng_below(&rng, 3);
        gv_test_expect_killed(disturbed(killed, event, "KILL", threads, 40));
    }
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS, killed);
    cr_assert_geq(resumes_of(killed), KILLS / 2);
    gv_test_same_file(whole, killed, "vectors.txt");
    gv_test_same_file(whole, killed, "model.ckpt");
    cr_assert(all_epochs_loss_equal(whole, killed));
}

Test(train_fault, stopped_by_signals, .timeout = 120)
{
    enum { STOPS = 15 };
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT}, {"HUP", SIGHUP}};
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 51);
    const char *whole = make_run("whole"), *stopped = make_run("stopped");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS " --set train.threads=2", whole);
    for (int round = 0; round < STOPS; round++) {
        const char *event = gv_test_format("task:%u", 1 + (unsigned)gv_rng_below(&rng, 2000));
        gv_test_result r = disturbed(stopped, event, signals[round % 3].name, 2, 30);
        cr_assert_eq(r.exit_code, 128 + signals[round % 3].number, "%s: %s", event, r.err);
        cr_assert_not_null(strstr(r.err, "stopped by"), "%s", r.err);
        cr_assert_not_null(strstr(r.err, "the same command resumes"), "%s", r.err);
        cr_assert(gv_test_exists(gv_test_format("%s/model.ckpt", stopped)));
    }
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS, stopped);
    cr_assert_eq(resumes_of(stopped), (unsigned)STOPS);
    gv_test_same_file(whole, stopped, "vectors.txt");
    gv_test_same_file(whole, stopped, "model.ckpt");
}

/* A file size limit stands for a full disk: the earlier outputs stay, the error names the file. */
Test(train_fault, disk_full)
{
    const char *dir = make_run("run"), *whole = make_run("whole");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS, whole);
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS " --set train.epochs=1", dir);
    size_t bytes, after;
    char *before = gv_test_read(gv_test_format("%s/model.ckpt", dir), &bytes);
    gv_test_result r =
        gv_test_run("trap '' XFSZ; ulimit -f 20; glove-train --run-dir %s " OPTIONS, dir);
    gv_test_expect_error(r, 1, "model.ckpt", NULL);
    char *kept = gv_test_read(gv_test_format("%s/model.ckpt", dir), &after);
    cr_assert(bytes == after && memcmp(before, kept, bytes) == 0);
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS, dir);
    gv_test_same_file(whole, dir, "vectors.txt");
}
