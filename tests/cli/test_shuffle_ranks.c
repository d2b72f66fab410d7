/*
 * The shuffle on many ranks in a run directory: the store is that of one process, whatever is
 * killed, missing or in the way. The ranks are threads (tests/ranks/shuffle_ranks.c), so nothing
 * here needs MPI.
 */
#include "base/gv_rng.h"
#include "store/gv_store.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <string.h>

#define SHUFFLE_RANKS GV_SH_BUILD "/tests/ranks/shuffle_ranks"
#define TRAINED       "--progress none --set train.dim=8 --set train.epochs=2 "

/* Counts in run directory `dir`. */
static void make_run(const char *dir, int tokens, int words)
{
    gv_test_corpus("c.txt", gv_test_seed(), (size_t)tokens, (size_t)words, 12);
    gv_test_run_ok("glove-vocab --progress none --run-dir %s --set corpus.files=c.txt "
                   "--set vocab.min_count=1 && glove-cooccur --progress none --run-dir %s",
                   dir, dir);
}

/* The content hash of the store in `dir`, all of whose parts are there. */
static const char *hash_of(const char *dir)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    const char *path = gv_test_path(gv_test_format("%s/store.db", dir));
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    const char *hash = gv_test_format("%s", gv_store_about(store)->content_hash);
    gv_store_close(store);
    return hash;
}

/* Names of the parts in a folder. */
static const char *parts_in(const char *dir)
{
    return gv_test_format(
        "%s",
        gv_test_run_ok("cd %s && ls | sed -n 's/^store-\\(.*of.*\\)-.*/\\1/p' | tr '\\n' ' '", dir)
            .out);
}

Test(shuffle_ranks, the_vectors_are_those_of_one_process, .timeout = 60)
{
    make_run("one", 60000, 900);
    gv_test_run_ok("cp -r one many && glove-shuffle --progress none --run-dir one && "
                   "glove-train --run-dir one " TRAINED);
    for (int ranks = 1; ranks <= 4; ranks++) {
        gv_test_run_ok("RANKS=%d " SHUFFLE_RANKS " --progress none --force --run-dir many", ranks);
        cr_assert_str_eq(hash_of("many"), hash_of("one"), "%d ranks", ranks);
    }
    cr_assert_str_eq(parts_in("many"), "1of4 2of4 3of4 4of4 ");
    gv_test_run_ok("glove-train --run-dir many " TRAINED
                   " && cmp one/vectors.txt many/vectors.txt");
    gv_test_result r = gv_test_run_ok("RANKS=2 " SHUFFLE_RANKS " --progress plain --run-dir many");
    cr_assert_not_null(strstr(r.err, "store.db is up to date"), "%s", r.err);
    gv_test_run_ok("glove-shuffle --progress none --force --run-dir many && "
                   "cmp one/store.db many/store.db || test $? = 1");
    cr_assert_str_eq(parts_in("many"), "");
    cr_assert_str_eq(hash_of("many"), hash_of("one"));
}

Test(shuffle_ranks, progress_is_that_of_all_ranks)
{
    make_run("run", 30000, 500);
    gv_test_run_ok("RANKS=3 " SHUFFLE_RANKS " --progress json --run-dir run 2>said");
    static const char *const phases[] = {"surveying the matrix", "sorting into tiles",
                                         "packing tiles"};
    for (size_t i = 0; i < 3; i++)
        gv_test_run_ok(
            "grep '\"%s\"' said | tail -n 1 | grep '\"done\":\\([0-9]*\\),\"total\":\\1,'"
            " || { cat said >&2; exit 1; }",
            phases[i]);
    gv_test_run_ok("grep '\"shuffle\",\"event\":\"done\"' run/metrics.jsonl | "
                   "grep '\"parts\":3,\"ranks\":3'");
}

/* Ranks on hosts that have nothing of the run: shares come from rank 0, parts go to local disks. */
Test(shuffle_ranks, hosts_that_see_nothing, .timeout = 60)
{
    make_run("one", 30000, 500);
    gv_test_run_ok("mkdir -p local hosts/1/local hosts/2/local hosts/3/local && cp -r one many && "
                   "glove-shuffle --progress none --run-dir one");
    gv_test_run_ok("RANKS=4 RANKS_HOSTS=hosts TMPDIR=/tmp " SHUFFLE_RANKS
                   " --progress none --run-dir many --set 'store.part_dirs=[\"local\"]'");
    cr_assert_str_eq(parts_in("local"), "1of4 ");
    cr_assert_str_eq(parts_in("hosts/1/local"), "2of4 ");
    cr_assert_str_eq(parts_in("hosts/3/local"), "4of4 ");
    cr_assert_str_eq(parts_in("many"), "");
    gv_test_run_ok("mv local/* hosts/?/local/* many");
    cr_assert_str_eq(hash_of("many"), hash_of("one"));
}

/* An error of any rank is one line of rank 0's; the earlier store stays. */
Test(shuffle_ranks, a_rank_that_fails, .timeout = 60)
{
    make_run("run", 30000, 500);
    gv_test_run_ok("RANKS=3 " SHUFFLE_RANKS " --progress none --run-dir run && cp -r run old");
    const char *hash = hash_of("run");
    gv_test_run_ok("mkdir -p hosts/1 hosts/2");
    gv_test_expect_error(gv_test_run("RANKS=3 RANKS_HOSTS=hosts " SHUFFLE_RANKS
                                     " --progress none --force --run-dir run"),
                         1, "rank ", "on host thread", "store-", NULL);
    cr_assert_str_eq(parts_in("run"), "1of3 2of3 3of3 ");
    cr_assert_str_eq(hash_of("run"), hash);
    gv_test_flip(gv_test_path("run/counts.bin"), -3000);
    gv_test_expect_error(
        gv_test_run("RANKS=3 " SHUFFLE_RANKS " --progress none --force --run-dir run"), 1,
        "counts.bin", NULL);
    cr_assert_str_eq(hash_of("run"), hash);
}

/* Killed before any change of a file: the old store is whole, and the same command again makes the
 * new one and leaves nothing else. */
Test(shuffle_ranks, killed_at_any_time, .timeout = 120)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    gv_test_skip("sanitizers replace malloc themselves");
#endif
    make_run("run", 8000, 200);
    gv_test_run_ok("cp " GV_SH_BUILD "/tests/faults/preload.so . && "
                   "RANKS=2 " SHUFFLE_RANKS " --progress none --run-dir run && cp -r run new && "
                   "glove-shuffle --progress none --force --run-dir new --set shuffle.seed=7");
    const char *old = hash_of("run"), *new = hash_of("new");
    gv_test_run_ok("rm -r new && cp -r run kept");
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 72);
    int killed = 0, placed = 0;
    bool ended = false;
    for (int at = 1; !ended; at += 1 + (int)gv_rng_below(&rng, 20)) {
        gv_test_result r = gv_test_run(
            "LD_PRELOAD=./preload.so FAULT_PATH=run FAULT_AT=change:%d:kill RANKS=3 " SHUFFLE_RANKS
            " --progress none --force --run-dir run --set shuffle.seed=7",
            at);
        ended = r.exit_code == 0;
        if (!ended)
            gv_test_expect_killed(r);
        killed += !ended;
        const char *found = hash_of("run");
        placed += strcmp(found, new) == 0;
        cr_assert(strcmp(found, new) == 0 || strcmp(found, old) == 0, "killed at %d", at);
        gv_test_run_ok("RANKS=4 " SHUFFLE_RANKS
                       " --progress none --force --run-dir run --set shuffle.seed=7");
        cr_assert_str_eq(hash_of("run"), new, "killed at %d", at);
        cr_assert_str_eq(parts_in("run"), "1of4 2of4 3of4 4of4 ", "killed at %d", at);
        gv_test_run_ok("test -z \"$(find run -name '*.tmp')\" && rm -r run && cp -r kept run");
    }
    cr_assert_geq(killed, 3);
    cr_assert_lt(placed, killed + 1);
}
