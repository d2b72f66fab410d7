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

/* Start training with a checkpoint every `tasks` tasks and send `signal` after `delay` seconds, if
 * it is still there; wait for its end (a process that is just dying still holds the run's lock). */
static gv_test_result disturbed(const char *dir, const char *signal, double delay, unsigned threads,
                                unsigned tasks)
{
    return gv_test_run("GLOVEBOX_TEST_CHECKPOINT_TASKS=%u glove-train --run-dir %s " OPTIONS
                       " --set train.threads=%u & sleep %.4f; kill -%s $! 2>/dev/null; wait $!",
                       tasks, dir, threads, delay, signal);
}

/* Delays grow, so that on a slow machine, too, training ends at last. */
static double later(int round)
{
    return 1 + round / 20.0;
}

Test(train_fault, killed_again_and_again, .timeout = 120)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 50);
    const char *whole = make_run("whole"), *killed = make_run("killed");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS " --set train.threads=1", whole);
    unsigned kills = 0, resumes = 0;
    for (int round = 0; round < 400; round++) {
        double delay = later(round) * (0.01 + 0.12 * gv_rng_uniform(&rng));
        unsigned threads = 1 + (unsigned)gv_rng_below(&rng, 3);
        gv_test_result r = disturbed(killed, "KILL", delay, threads, 40);
        if (r.exit_code == 0)
            break;
        cr_assert(r.exit_code == 137 || r.exit_code == -SIGKILL, "exit code %d: %s", r.exit_code,
                  r.err);
        kills++;
    }
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS, killed);
    resumes =
        (unsigned)atoi(gv_test_run("grep -c '\"event\":\"resume\"' %s/metrics.jsonl", killed).out);
    cr_assert_geq(kills, 1u, "it was never killed: the test shows nothing");
    cr_assert_geq(resumes, 1u, "%u kills, but no resume", kills);
    gv_test_same_file(whole, killed, "vectors.txt");
    gv_test_same_file(whole, killed, "model.ckpt");
    cr_assert(all_epochs_loss_equal(whole, killed));
}

Test(train_fault, stopped_by_signals, .timeout = 120)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 51);
    const char *whole = make_run("whole"), *stopped = make_run("stopped");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS " --set train.threads=2", whole);
    unsigned stops = 0;
    for (int round = 0; round < 200; round++) {
        const char *signal = round % 2 ? "INT" : "TERM";
        gv_test_result r =
            disturbed(stopped, signal, later(round) * (0.02 + 0.1 * gv_rng_uniform(&rng)), 2, 30);
        if (r.exit_code == 0)
            break;
        /* a signal that comes before the program listens ends it without a word */
        if (strstr(r.err, "stopped by")) {
            cr_assert_eq(r.exit_code, 128 + (round % 2 ? SIGINT : SIGTERM), "%s", r.err);
            cr_assert(strstr(r.err, "glove-train again") || strstr(r.err, "training is done"), "%s",
                      r.err);
            cr_assert(gv_test_exists(gv_test_format("%s/model.ckpt", stopped)));
            stops++;
        }
    }
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS, stopped);
    cr_assert_geq(stops, 1u, "it was never stopped: the test shows nothing");
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
