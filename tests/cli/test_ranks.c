/*
 * Training on many ranks (train.distributed "rotation") gives the bytes of one process: for any
 * number of ranks and threads, killed and started again with others. The ranks are threads
 * (tests/ranks/train_ranks.c), so nothing here needs MPI.
 */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "dist/gv_comm_local.h"
#include "model/gv_model.h"
#include "schedule/gv_schedule.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include "train/rotation/gv_rotation.h"
#include "train/rotation/gv_routes.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TRAIN_RANKS GV_SH_BUILD "/tests/ranks/train_ranks"
#define OPTIONS     "--progress none --set train.dim=20 --set train.x_max=20 "

enum { GROUPS = 7 };

static const char *make_run(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 240;
    plan.groups = GROUPS;
    return gv_test_store_run(name, plan);
}

static void train_on(const char *dir, int ranks, const char *options)
{
    gv_test_run_ok("RANKS=%d " TRAIN_RANKS " --run-dir %s " OPTIONS "%s", ranks, dir, options);
}

static const char *one_process(const char *options)
{
    const char *dir = make_run("one");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s", dir, options);
    return dir;
}

Test(ranks, same_bytes_for_any_ranks_and_threads, .timeout = 300)
{
    const char *one = one_process("--set train.epochs=4 --set train.threads=2");
    for (int ranks = 1; ranks <= GROUPS; ranks++) {
        for (int threads = 1; threads <= 2; threads++) {
            const char *dir = make_run(gv_test_format("r%dt%d", ranks, threads));
            train_on(dir, ranks,
                     gv_test_format("--set train.epochs=4 --set train.threads=%d", threads));
            gv_test_same_file(one, dir, "vectors.txt");
            gv_test_same_file(one, dir, "model.ckpt");
        }
    }
}

/* A store with as many groups as those for clusters have: word groups stay with their ranks. */
Test(ranks, same_bytes_with_many_groups, .timeout = 240)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 240;
    plan.groups = 64;
    plan.segment_words = 3;
    const char *options = "--set train.epochs=3", *one = gv_test_store_run("one", plan);
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s --set train.threads=1", one, options);
    for (int ranks = 1; ranks <= 4; ranks++) {
        const char *dir = gv_test_store_run(gv_test_format("m%d", ranks), plan);
        train_on(dir, ranks, gv_test_format("%s --set train.threads=%d", options, 1 + ranks % 3));
        gv_test_same_file(one, dir, "vectors.txt");
        gv_test_same_file(one, dir, "model.ckpt");
    }
}

/* The last line of the phase has the records of all ranks, and nothing is missing. */
Test(ranks, progress_is_that_of_all_ranks, .timeout = 100)
{
    const char *dir = make_run("run");
    gv_test_run_ok("RANKS=3 " TRAIN_RANKS " --run-dir %s --set train.dim=20 --set train.x_max=20 "
                   "--set train.epochs=3 --progress json 2>said",
                   dir);
    gv_test_run_ok("grep '\"training\"' said | tail -n 1 | "
                   "grep '\"done\":\\([0-9]*\\),\"total\":\\1,' || { cat said >&2; exit 1; }");
}

/* Tiles and rows that do not fit into memory at the same time. */
Test(ranks, same_bytes_with_little_memory, .timeout = 240)
{
    const char *one = one_process("--set train.epochs=3"), *dir = make_run("little");
    train_on(dir, 3, "--set train.epochs=3 --set train.memory_mb=16");
    gv_test_same_file(one, dir, "vectors.txt");
}

Test(ranks, constant_steps_give_the_same_bytes, .timeout = 240)
{
    const char *sgd = "--set train.epochs=3 --set train.optimizer=sgd --set train.eta=0.01";
    const char *one = one_process(sgd), *dir = make_run("ranks");
    train_on(dir, 3, sgd);
    gv_test_same_file(one, dir, "vectors.txt");
}

/* --- other hosts ------------------------------------------------------------------------------ */

/* Rank 1's host has nothing, rank 2's an old store, rank 3's a damaged one, rank 4's the same. All
 * train on rank 0's. Whatever a rank finds at the path, nothing of another store is mixed in. */
Test(ranks, hosts_without_the_store_get_it, .timeout = 100)
{
    gv_test_store_plan other = gv_test_store_small();
    other.words = 241;
    const char *one = one_process("--set train.epochs=3"), *dir = make_run("run");
    const char *old = gv_test_store_run("old", other);
    gv_test_run_ok(
        "mkdir -p host/1/tmp host/2/run host/3/run host/4/run && cp %s/store.db host/2/run "
        "&& head -c 10000 run/store.db >host/3/run/store.db "
        "&& cp run/store.db host/4/run",
        old);
    gv_test_result r = gv_test_run("TMPDIR=/tmp RANKS=5 RANKS_HOSTS=host " TRAIN_RANKS
                                   " --run-dir run --set train.dim=20 --set train.x_max=20 "
                                   "--set train.epochs=3");
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "3 of 5 ranks, beginning with rank 1 on host thread1, do not "
                                     "see this run/store.db"),
                       "%s", r.err);
    gv_test_same_file(one, dir, "vectors.txt");
    gv_test_same_file(one, dir, "model.ckpt");
    gv_test_run_ok("test -z \"$(find host -name 'glovebox*' -o -name model.ckpt)\"");
}

/* No room for the copy: the rank says where. The first writes are rank 0's. */
Test(ranks, a_host_without_room_for_the_store_is_named, .timeout = 60)
{
    make_run("run");
    gv_test_run_ok("mkdir -p host/1");
    gv_test_result r = gv_test_run("for n in 1 2 3 4 5; do GLOVEBOX_TEST_AT=write:$n=fail RANKS=2 "
                                   "RANKS_HOSTS=host TMPDIR=/tmp " TRAIN_RANKS
                                   " --run-dir run " OPTIONS "; [ $? -eq 1 ] || exit 9; done");
    cr_assert_eq(r.exit_code, 0, "%d %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "error: rank 1 on host thread1: a copy of store.db in /tmp: "
                                     "cannot write the copy of store.db: No space left"),
                       "%s", r.err);
}

/* --- started again ---------------------------------------------------------------------------- */

static unsigned events(const char *dir, const char *event)
{
    return (unsigned)atoi(
        gv_test_run("grep -c '\"event\":\"%s\"' %s/metrics.jsonl", event, dir).out);
}

/* Each time with other ranks, killed or stopped at another event. */
static void killed_and_started_again(const char *signal, uint64_t stream)
{
    enum { ROUNDS = 12, TASKS = 1500 }; /* of 30 epochs of 900 tasks */
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, stream);
    const char *one = one_process("--set train.epochs=30"), *dir = make_run("again");
    for (int round = 0; round < ROUNDS; round++) {
        bool kill = strcmp(signal, "KILL") == 0;
        const char *event =
            kill ? gv_test_random_event(&rng, TASKS)
                 : gv_test_format("task:%u", 1 + (unsigned)gv_rng_below(&rng, TASKS));
        gv_test_result r =
            gv_test_run("GLOVEBOX_TEST_AT=%s=%s GLOVEBOX_TEST_CHECKPOINT_TASKS=40 "
                        "RANKS=%d " TRAIN_RANKS " --run-dir %s " OPTIONS "--set train.epochs=30",
                        event, signal, 1 + (int)gv_rng_below(&rng, 5), dir);
        if (kill)
            gv_test_expect_killed(r);
        else
            cr_assert_eq(r.exit_code, 128 + SIGTERM, "%s: %d, %s", event, r.exit_code, r.err);
    }
    /* what is left, in one process: the checkpoints are the same */
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "--set train.epochs=30", dir);
    cr_assert_geq(events(dir, "resume"), ROUNDS / 4u);
    gv_test_same_file(one, dir, "vectors.txt");
    gv_test_same_file(one, dir, "model.ckpt");
}

Test(ranks, killed_and_started_again_on_others, .timeout = 300)
{
    killed_and_started_again("KILL", 60);
}

Test(ranks, stopped_and_started_again_on_others, .timeout = 300)
{
    killed_and_started_again("TERM", 61);
}

/* Nothing that rank 2 sends arrives any more after the first checkpoint: the job ends by itself and
 * names the rank. Started again it resumes from the checkpoint. */
Test(ranks, a_silent_rank_ends_the_job, .timeout = 240)
{
    const char *one = one_process("--set train.epochs=4"), *dir = make_run("cut");
    gv_test_result r =
        gv_test_run("GLOVEBOX_TEST_AT=checkpoint:1=cut:2 "
                    "GLOVEBOX_TEST_CHECKPOINT_TASKS=100 RANKS=3 timeout 100 " TRAIN_RANKS
                    " --run-dir %s " OPTIONS "--set train.epochs=4 --set mpi.deadline_s=3",
                    dir);
    cr_assert_eq(r.exit_code, 1, "exit code %d: %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "error: no keep-alive from rank 2 on host thread2"), "%s",
                       r.err);
    cr_assert_not_null(strstr(r.err, "mpi.deadline_s"), "%s", r.err);
    train_on(dir, 2, "--set train.epochs=4");
    cr_assert_eq(events(dir, "resume"), 1u);
    gv_test_same_file(one, dir, "vectors.txt");
}

/* --- bytes on their way ----------------------------------------------------------------------- */

/* bytes_sent of the epoch events, in order. */
static void read_bytes_sent(const char *dir, uint64_t *bytes, size_t epochs)
{
    char *text = gv_test_read(gv_test_format("%s/metrics.jsonl", dir), NULL);
    for (size_t e = 0; e < epochs; e++) {
        text = strstr(text, "\"bytes_sent\":");
        cr_assert_not_null(text);
        text += strlen("\"bytes_sent\":");
        bytes[e] = strtoull(text, NULL, 10);
    }
}

/* What is sent is what is computed, but for orders and reports. */
Test(ranks, bytes_sent_are_as_computed, .timeout = 240)
{
    enum { EPOCHS = 4, RANKS = 3 };
    const char *dir = make_run("bytes");
    uint64_t sent[EPOCHS], whole_gathered = 0;
    train_on(dir, RANKS, "--set train.epochs=4");
    read_bytes_sent(dir, sent, EPOCHS);
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_schedule *schedule = NULL;
    gv_model *model = NULL;
    gv_assert_ok(gv_store_open(&store, gv_test_format("%s/store.db", dir), 1, &err), err);
    const gv_store_info *info = gv_store_about(store);
    gv_assert_ok(gv_schedule_new(&schedule, info, gv_store_tiles(store), &err), err);
    gv_assert_ok(gv_model_new(&model, info->vocab_size, 20, &err), err);
    for (uint64_t e = 0; e < EPOCHS; e++) {
        const gv_routes_question question = {.schedule = schedule,
                                             .info = info,
                                             .ranks = RANKS,
                                             .row_bytes = model->stride * sizeof(float),
                                             .head_bytes = GV_ROTATION_ROWS_HEAD,
                                             .seed = 1,
                                             .epoch = e};
        gv_routes_bytes bytes;
        gv_assert_ok(gv_routes_count_bytes(&bytes, &question, &err), err);
        uint64_t rows = bytes.epoch, gathered = bytes.gather;
        uint64_t others = RANKS * (4096 + 64 * (uint64_t)info->segments);
        cr_assert_geq(sent[e], rows, "epoch %d: %d < %d", (int)e, (int)sent[e], (int)rows);
        cr_assert_leq(sent[e], rows + gathered + others, "epoch %d: %d > %d", (int)e, (int)sent[e],
                      (int)(rows + gathered + others));
        whole_gathered += gathered;
    }
    cr_assert_gt(whole_gathered, 0u);
    gv_model_free(model);
    gv_schedule_free(schedule);
    gv_store_close(store);
}

/* --- messages that lie ------------------------------------------------------------------------ */

/* The next message of a rank is changed in the ways of enum gv_comm_local_lie (gv_comm_local.h):
 * the job ends with a line that says so, or as if nothing had been. */
Test(ranks, a_changed_message_ends_the_job, .timeout = 240)
{
    enum { OF_LIES = 100 };
    static const char *const algorithms[] = {"rotation", "downpour", "sandblaster"};
    const char *dir = make_run("run");
    for (int lie = GV_COMM_LOCAL_HALF; lie <= GV_COMM_LOCAL_ONES; lie++)
        for (int a = 0; a < 3 && lie != GV_COMM_LOCAL_ASTRAY; a++) {
            int rank = (lie + a) % 3, event = 60 + 7 * lie;
            gv_test_result r = gv_test_run(
                "GLOVEBOX_TEST_AT=task:%d=cut:%d RANKS=4 timeout 60 " TRAIN_RANKS
                " --force --run-dir %s " OPTIONS "--set train.epochs=2 --set train.distributed=%s",
                event, OF_LIES * lie + rank, dir, algorithms[a]);
            bool told = r.exit_code == 1 && strstr(r.err, "error: ");
            cr_assert(told || r.exit_code == 0, "%s, rank %d, lie %d: %d, %s", algorithms[a], rank,
                      lie, r.exit_code, r.err);
        }
}

/* --- what cannot be --------------------------------------------------------------------------- */

Test(ranks, more_ranks_than_groups)
{
    const char *dir = make_run("many");
    gv_test_result r =
        gv_test_run("RANKS=%d " TRAIN_RANKS " --run-dir %s " OPTIONS, GROUPS + 1, dir);
    gv_test_expect_error(r, 2, "8", "7", NULL);
}

Test(ranks, schedules_that_share_memory_are_refused)
{
    const char *dir = make_run("hogwild");
    gv_test_result r = gv_test_run(
        "RANKS=2 " TRAIN_RANKS " --run-dir %s " OPTIONS "--set train.schedule=hogwild", dir);
    gv_test_expect_error(r, 2, "train.schedule", NULL);
}

/* --- a slow disk ------------------------------------------------------------------------------ */

/* Rank 0 waits for the disk longer than the deadline: they still get its keep-alives. */
static void train_on_a_slow_disk(const char *options)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    gv_test_skip("sanitizers want to be loaded first");
#endif
    const char *dir = make_run("slow");
    gv_test_run_ok("cc -shared -fPIC -o slow_disk.so " GV_SH_SOURCE
                   "/tests/support/preload/slow_disk.c");
    gv_test_run_ok("LD_PRELOAD=./slow_disk.so SLOW_DISK_MS=6000 RANKS=4 " TRAIN_RANKS
                   " --run-dir %s " OPTIONS "--set train.epochs=2 --set mpi.deadline_s=4 %s",
                   dir, options);
}

Test(ranks, a_slow_disk_is_no_silence, .timeout = 100)
{
    train_on_a_slow_disk("");
}

Test(ranks, a_slow_disk_is_no_silence_with_downpour, .timeout = 100)
{
    train_on_a_slow_disk("--set train.distributed=downpour");
}

Test(ranks, a_slow_disk_is_no_silence_with_sandblaster, .timeout = 100)
{
    train_on_a_slow_disk("--set train.distributed=sandblaster");
}
