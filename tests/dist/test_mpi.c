/*
 * The programs of many ranks under mpirun: on this machine, and on several hosts, which are network
 * namespaces (hosts.sh). Skipped, saying why, where there is no Open MPI, no root, no namespaces.
 */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies: mpirun cannot call a script, nor start a program, whose path has blanks. */
#define HOSTS   "./hosts.sh"
#define OPTIONS "--progress none --set train.dim=20 --set train.x_max=20 "
/* Open MPI keeps some memory to its end. */
#define QUIET "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 "

static void need_mpi(void)
{
    gv_test_result r = gv_test_run("command -v mpirun.openmpi && command -v glove-train-mpi");
    if (r.exit_code != 0)
        gv_test_skip("needs Open MPI (libopenmpi-dev, openmpi-bin)");
#ifdef __SANITIZE_THREAD__
    gv_test_skip("Open MPI is not built for the thread sanitizer");
#endif
}

/* mpirun on this machine. */
static const char *mpirun(int ranks)
{
    return gv_test_format(QUIET "timeout 100 mpirun.openmpi %s --oversubscribe --bind-to none "
                                "--mca mpi_yield_when_idle 1 -np %d",
                          geteuid() == 0 ? "--allow-run-as-root" : "", ranks);
}

static const char *make_run(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 240;
    return gv_test_store_run(name, plan);
}

static void expect_same_vectors(const char *a, const char *b)
{
    gv_test_same_file(a, b, "vectors.txt");
}

static const char *trained_alone(const char *options)
{
    const char *dir = make_run("alone");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s", dir, options);
    return dir;
}

Test(mpi, counting_and_training_give_the_bytes_of_one_process, .timeout = 200)
{
    need_mpi();
    gv_test_corpus("line.txt", gv_test_seed(), 150000, 2000, 0);
    gv_test_run_ok("glove-vocab --progress none --run-dir one --set corpus.files=line.txt && "
                   "cp -r one many && "
                   "glove-cooccur --progress none --run-dir one --set corpus.files=line.txt");
    gv_test_run_ok("%s glove-vocab-mpi --progress none --run-dir words "
                   "--set corpus.files=line.txt",
                   mpirun(3));
    gv_test_same_file(gv_test_path("one"), gv_test_path("words"), "vocab.txt");
    gv_test_run_ok("%s glove-cooccur-mpi --progress none --run-dir many "
                   "--set corpus.files=line.txt",
                   mpirun(3));
    gv_test_same_file(gv_test_path("one"), gv_test_path("many"), "counts.bin");
    const char *alone = trained_alone("--set train.epochs=3"), *dir = make_run("ranks");
    gv_test_run_ok("%s glove-train-mpi --run-dir %s " OPTIONS "--set train.epochs=3", mpirun(3),
                   dir);
    expect_same_vectors(alone, dir);
}

/* Ranks that see an empty folder where rank 0 has all its files. */
static const char *without_files(void)
{
    gv_test_result r = gv_test_run("unshare -m mount -t tmpfs none .");
    if (r.exit_code != 0)
        gv_test_skip("hosts without files need root and mount namespaces: %s", r.err);
    gv_test_write_text("host.sh",
                       "[ \"$OMPI_COMM_WORLD_RANK\" = 0 ] && exec \"$@\"\n"
                       "exec unshare -m sh -c 'mount -t tmpfs none \"$0\" && cd / && exec \"$@\"' "
                       "\"$PWD\" \"$@\"\n");
    return gv_test_format("TMPDIR=/tmp %s sh ./host.sh", mpirun(3));
}

Test(mpi, hosts_without_files_give_the_bytes_of_one_process, .timeout = 200)
{
    static const char options[] =
        "--progress none --set corpus.files=line.txt --set train.dim=20 --set train.epochs=2";
    need_mpi();
    const char *start = without_files();
    gv_test_corpus("line.txt", gv_test_seed(), 800000, 2000, 0);
    gv_test_run_ok("for p in vocab cooccur shuffle train; do glove-$p --run-dir one %s; done",
                   options);
    gv_test_run_ok("%s glove-vocab-mpi --run-dir many %s && %s glove-cooccur-mpi --run-dir many %s",
                   start, options, start, options);
    gv_test_same_file(gv_test_path("one"), gv_test_path("many"), "vocab.txt");
    gv_test_same_file(gv_test_path("one"), gv_test_path("many"), "counts.bin");
    gv_test_run_ok("glove-shuffle --run-dir many %s && %s glove-train-mpi --run-dir many %s",
                   options, start, options);
    expect_same_vectors(gv_test_path("one"), gv_test_path("many"));
}

Test(mpi, word2vec_gives_the_bytes_of_one_process, .timeout = 100)
{
    const char *options = "--progress none --set corpus.files=line.txt --set train.dim=20 "
                          "--set train.epochs=2 --set train.objective=word2vec "
                          "--set train.schedule=ordered --set train.threads=1";
    need_mpi();
    gv_test_corpus("line.txt", gv_test_seed(), 60000, 2000, 0);
    gv_test_run_ok("glove-vocab --run-dir one %s && cp -r one many && "
                   "glove-train --run-dir one %s",
                   options, options);
    gv_test_run_ok("%s glove-train-mpi --run-dir many %s", mpirun(3), options);
    expect_same_vectors(gv_test_path("one"), gv_test_path("many"));
}

/* On 1 to 4 ranks; then one is killed, and the store is the one before. */
Test(mpi, a_store_in_parts_has_the_content_of_one_file, .timeout = 200)
{
    need_mpi();
    gv_test_corpus("line.txt", gv_test_seed(), 100000, 1500, 0);
    gv_test_run_ok("glove-vocab --progress none --run-dir one --set corpus.files=line.txt && "
                   "glove-cooccur --progress none --run-dir one && cp -r one many && "
                   "glove-shuffle --progress none --run-dir one && "
                   "glove-train --run-dir one " OPTIONS "--set train.epochs=2");
    const char *hash =
        "glove-convert --progress none store-copy %s/store.db %s.db && sqlite3 %s.db "
        "\"select value from meta where key = 'content_hash'\"";
    const char *wanted = gv_test_run_ok(hash, "one", "one", "one").out;
    for (int ranks = 1; ranks <= 4; ranks++) {
        gv_test_run_ok("rm -f many.db; %s glove-shuffle-mpi --progress none --force "
                       "--run-dir many",
                       mpirun(ranks));
        cr_assert_str_eq(gv_test_run_ok(hash, "many", "many", "many").out, wanted, "%d ranks",
                         ranks);
    }
    gv_test_run_ok("glove-train --run-dir many " OPTIONS "--set train.epochs=2");
    gv_test_same_file(gv_test_path("one"), gv_test_path("many"), "vectors.txt");
    const char *program = "glove-shuffle-mpi --progress none --force --run-dir many "
                          "--set shuffle.seed=9";
    gv_test_result r = gv_test_run("%s %s : -np 1 env GLOVEBOX_TEST_AT=allocation:400=KILL %s",
                                   mpirun(2), program, program);
    cr_assert_neq(r.exit_code, 0);
    gv_test_run_ok("rm -f many.db");
    cr_assert_str_eq(gv_test_run_ok(hash, "many", "many", "many").out, wanted);
    gv_test_run_ok("%s %s", mpirun(3), program);
}

/* A folder that is none takes MPI its files: whoever starts it fails. */
#define NO_MPI "OPAL_PREFIX=/none "

Test(mpi, is_not_started_where_there_is_nothing_to_send, .timeout = 60)
{
    need_mpi();
    gv_test_run_ok(NO_MPI "glove-train-mpi --help && " NO_MPI
                          "glove-cooccur-mpi --version && " NO_MPI
                          "glove-shuffle-mpi --help && " NO_MPI "glove-vocab-mpi --print-config");
    gv_test_expect_error(gv_test_run(NO_MPI "glove-train-mpi --hlep"), 2, "--help", NULL);
    gv_test_expect_error(gv_test_run(NO_MPI "glove-train-mpi --set train.dmi=3"), 2, "train.dim",
                         NULL);
    gv_test_result r = gv_test_run_ok("%s glove-train-mpi --version", mpirun(3));
    cr_assert_eq(strstr(strstr(r.out, "glovebox") + 1, "glovebox"), NULL, "said once: %s", r.out);
    /* a process that nobody has started as one of several is the only rank */
    const char *alone = trained_alone("--set train.epochs=2"), *dir = make_run("ranks");
    gv_test_run_ok(NO_MPI "glove-train-mpi --run-dir %s " OPTIONS "--set train.epochs=2", dir);
    expect_same_vectors(alone, dir);
}

/* A mistake of the user's is one line and exit code 2, whatever mpirun says to it. */
Test(mpi, a_mistake_is_one_line, .timeout = 60)
{
    need_mpi();
    gv_test_result r =
        gv_test_run("%s glove-train-mpi --run-dir none --set train.dmi=3", mpirun(2));
    cr_assert_eq(r.exit_code, 2, "%d: %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "train.dmi"), "%s", r.err);
}

/* Three ranks that train in `dir`; the environment of `rank` has `event` besides. */
static gv_test_result with_event(const char *dir, int rank, const char *event, const char *options)
{
    const char *program = gv_test_format(
        "glove-train-mpi --run-dir %s " OPTIONS "--set mpi.deadline_s=2 %s", dir, options);
    return gv_test_run("%s %s : -np 1 env GLOVEBOX_TEST_AT=%s %s%s", mpirun(rank), program, event,
                       program, rank < 2 ? gv_test_format(" : -np %d %s", 2 - rank, program) : "");
}

/* Nothing but Open MPI connects the ranks then, and it waits for ever. */
Test(mpi, a_rank_that_is_stopped_at_the_start_is_named, .timeout = 100)
{
    need_mpi();
    gv_test_result r = with_event(make_run("stopped"), 1, "start:1=STOP", "");
    cr_assert_eq(r.exit_code, 1, "%d: %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "the job did not start within 2 s (mpi.deadline_s): rank 1 "),
                       "%s", r.err);
}

Test(mpi, a_rank_that_is_stopped_at_the_end_is_named, .timeout = 100)
{
    need_mpi();
    const char *dir = make_run("stopped");
    gv_test_result r = with_event(dir, 2, "end:1=STOP", "--set train.epochs=2");
    cr_assert_eq(r.exit_code, 1, "%d: %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "the job did not end within 2 s (mpi.deadline_s): rank 2 "),
                       "%s", r.err);
    expect_same_vectors(trained_alone("--set train.epochs=2"), dir);
}

/* Whichever rank it comes to, rank 0 saves and stops. */
Test(mpi, a_signal_to_any_rank_stops_the_job, .timeout = 100)
{
    need_mpi();
    const char *dir = make_run("signal"), *epochs = "--set train.epochs=3000";
    gv_test_result r = with_event(dir, 1, "task:200=TERM", epochs);
    cr_assert_eq(r.exit_code, 143, "%d: %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "stopped by SIGTERM"), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "the same command resumes"), "%s", r.err);
    gv_test_run_ok("[ -e %s/model.ckpt ]", dir);
}

/* --- several hosts ---------------------------------------------------------------------------- */

static int network; /* number of the network; 0: none was made */

static void hosts_down(void)
{
    if (network > 0)
        gv_test_run("GLOVEBOX_NET=%d " HOSTS " down", network);
}

static void need_hosts(int hosts)
{
    need_mpi();
#ifdef __SANITIZE_ADDRESS__
    gv_test_skip("several hosts are for the release build");
#endif
    if (geteuid() != 0)
        gv_test_skip("several hosts on one machine need root");
    gv_test_run_ok("cp " GV_SH_SOURCE "/tests/dist/hosts.sh \"$(command -v glove-train-mpi)\" .");
    network = 2 + getpid() % 250;
    gv_test_result r = gv_test_run("GLOVEBOX_NET=%d " HOSTS " up %d", network, hosts);
    if (r.exit_code == 0)
        return;
    hosts_down();
    gv_test_skip("several hosts on one machine need network namespaces (iproute2): %s", r.err);
}

/* mpirun on 3 hosts, as the beginning of a command. */
static const char *on_hosts(int ranks)
{
    return gv_test_format("GLOVEBOX_NET=%d timeout 100 " HOSTS
                          " mpirun --host $(GLOVEBOX_NET=%d " HOSTS " list 3 4) -np %d "
                          "$PWD/glove-train-mpi",
                          network, network, ranks);
}

static const char *epochs = "--set train.epochs=4 --set mpi.deadline_s=3 ";

/* Train on 3 ranks and do `fault` once there is a checkpoint; training cannot end before that,
 * since the checkpoint after it has to wait. The result is that of the job. */
static gv_test_result disturbed(const char *dir, const char *fault)
{
    return gv_test_run("GLOVEBOX_TEST_AT=checkpoint:1=wait:%s/go "
                       "GLOVEBOX_TEST_CHECKPOINT_TASKS=100 %s --run-dir %s " OPTIONS "%s & job=$!; "
                       "while kill -0 $job && [ ! -e %s/model.ckpt ]; do sleep 0.1; done; "
                       "%s; touch %s/go; wait $job",
                       dir, on_hosts(3), dir, epochs, dir, fault, dir);
}

/* The job ended with a message; started again it ends with the bytes of an undisturbed run. */
static void expect_recovery(gv_test_result r, const char *dir, const char *message)
{
    cr_assert_neq(r.exit_code, 0, "it was not disturbed: %s", r.err);
    cr_assert_neq(r.exit_code, 124, "it hung: %s", r.err);
    cr_assert_not_null(strstr(r.err, message), "no \"%s\" in: %s", message, r.err);
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS "%s", dir, epochs);
    gv_test_run_ok("grep -q '\"event\":\"resume\"' %s/metrics.jsonl", dir);
    expect_same_vectors(trained_alone(epochs), dir);
}

Test(hosts, same_bytes_on_three_hosts, .timeout = 200, .fini = hosts_down)
{
    need_hosts(3);
    const char *alone = trained_alone("--set train.epochs=3"), *dir = make_run("hosts");
    gv_test_run_ok("%s --run-dir %s " OPTIONS "--set train.epochs=3", on_hosts(4), dir);
    expect_same_vectors(alone, dir);
}

Test(hosts, a_killed_host, .timeout = 200, .fini = hosts_down)
{
    need_hosts(3);
    const char *dir = make_run("fault");
    gv_test_result r = disturbed(dir, gv_test_format("GLOVEBOX_NET=%d " HOSTS " kill 3", network));
    expect_recovery(r, dir, "");
}

Test(hosts, a_cut_link, .timeout = 200, .fini = hosts_down)
{
    need_hosts(3);
    const char *dir = make_run("fault");
    gv_test_result r = disturbed(dir, gv_test_format("GLOVEBOX_NET=%d " HOSTS " cut 2", network));
    expect_recovery(r, dir, gv_test_format("no keep-alive from rank 1 on host gv%d-2", network));
}
