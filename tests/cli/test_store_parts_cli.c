/*
 * A store in parts, for the programs that read it: the same vectors as from one file, on one
 * machine and on ranks that see their own part only; parts that are gone or damaged are named.
 */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <string.h>

#define TRAIN_RANKS GV_SH_BUILD "/tests/ranks/train_ranks"
#define OPTIONS     "--progress none --set train.dim=20 --set train.x_max=20 --set train.epochs=3 "

/* A new run directory with a store of 7 groups. */
static const char *make_run(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 240;
    plan.groups = 7;
    return gv_test_store_run(name, plan);
}

/* Vectors of a store in one file, in the directory "one". */
static const char *train_one(void)
{
    const char *one = make_run("one");
    gv_test_run_ok("glove-train --run-dir %s " OPTIONS, one);
    return one;
}

/* A run directory with the store of "one" in parts. */
static void split(const char *name, int parts)
{
    gv_test_run_ok("mkdir -p %s && glove-convert store-copy one %s/store.db --parts %d "
                   "--progress none",
                   name, name, parts);
}

Test(store_parts_cli, training_gives_the_vectors_of_one_file, .timeout = 100)
{
    const char *one = train_one();
    for (int parts = 1; parts <= 7; parts += 3) {
        const char *name = gv_test_format("p%d", parts);
        split(name, parts);
        gv_test_run_ok("glove-train --run-dir %s " OPTIONS "--set train.threads=%d", name,
                       1 + parts % 3);
        gv_test_same_file(one, gv_test_path(name), "vectors.txt");
        gv_test_same_file(one, gv_test_path(name), "model.ckpt");
    }
    /* tiles that do not stay in memory are read from the parts again and again */
    split("little", 5);
    gv_test_run_ok("glove-train --run-dir little " OPTIONS "--set train.memory_mb=16");
    gv_test_same_file(one, gv_test_path("little"), "vectors.txt");
    gv_test_run_ok("glove-query --run-dir one pairs w7 >a && glove-query --run-dir little pairs w7 "
                   ">b && cmp a b");
}

Test(store_parts_cli, ranks_give_the_vectors_of_one_process, .timeout = 200)
{
    const char *one = train_one();
    for (int ranks = 1; ranks <= 4; ranks++) {
        const char *name = gv_test_format("r%d", ranks);
        split(name, 2 + ranks % 2 * 3);
        gv_test_run_ok("RANKS=%d " TRAIN_RANKS " --run-dir %s " OPTIONS "--set train.threads=%d",
                       ranks, name, 1 + ranks % 2);
        gv_test_same_file(one, gv_test_path(name), "vectors.txt");
        gv_test_same_file(one, gv_test_path(name), "model.ckpt");
    }
}

/* Each of three hosts has one part on its own disk, and nothing else; the hosts of ranks 1 and 2
 * not even store.db. */
static void deal_parts(void)
{
    split("run", 3);
    gv_test_run_ok("mkdir -p local host/1/local host/2/local && mv run/store-1of3-* local && "
                   "mv run/store-2of3-* host/1/local && mv run/store-3of3-* host/2/local");
}

#define ON_HOSTS                                                                                   \
    "TMPDIR=/tmp RANKS=3 RANKS_HOSTS=host " TRAIN_RANKS                                            \
    " --run-dir run --set store.part_dirs='[\"none\",\"local\"]' " OPTIONS

Test(store_parts_cli, a_rank_needs_its_own_part_only, .timeout = 100)
{
    const char *one = train_one();
    deal_parts();
    gv_test_run_ok(ON_HOSTS);
    gv_test_same_file(one, gv_test_path("run"), "vectors.txt");
    gv_test_same_file(one, gv_test_path("run"), "model.ckpt");
    /* without its part it ends the job before training begins, and says which one */
    gv_test_run_ok("rm run/vectors.txt run/model.ckpt host/1/local/*");
    gv_test_expect_error(gv_test_run(ON_HOSTS), 1, "rank 1", "part 2 of 3", "store-2of3-", "local",
                         NULL);
    cr_assert(!gv_test_exists(gv_test_path("run/model.ckpt")));
}

Test(store_parts_cli, parts_that_are_gone_or_damaged_are_named, .timeout = 60)
{
    train_one();
    split("run", 3);
    gv_test_run_ok("mkdir far && mv run/store-2of3-* far");
    gv_test_expect_error(gv_test_run("glove-train --run-dir run " OPTIONS), 1, "part 2 of 3",
                         "store-2of3-", "looked in: run", "store.part_dirs", NULL);
    gv_test_run_ok("glove-train --run-dir run " OPTIONS "--set store.part_dirs='[\"far\"]'");
    gv_test_same_file(gv_test_path("one"), gv_test_path("run"), "vectors.txt");
    /* it is in config.json now, so other programs find it */
    gv_test_run_ok("glove-query --run-dir run pairs w7");
    gv_test_run_ok("for part in far/*; do truncate -s -16384 $part; done");
    gv_test_expect_error(gv_test_run("glove-train --run-dir run --force " OPTIONS), 1,
                         "part 2 of 3", "store-2of3-", "looked in: far, run", NULL);
    gv_test_expect_error(gv_test_run("glove-query --run-dir run pairs w7"), 1, "store-2of3-", NULL);
    gv_test_expect_error(gv_test_run("glove-convert store-copy run again.db"), 1, "store-2of3-",
                         NULL);
    cr_assert(!gv_test_exists(gv_test_path("again.db")));
}

/* glove-clean removes what a killed shuffle left, and no part of a store that others wrote. */
Test(store_parts_cli, cleaning_knows_parts, .timeout = 60)
{
    train_one();
    split("run", 3);
    gv_test_run_ok("mkdir run/.stamps && cp run/store-1of3-* run/store-1of3-0123456789abcdef.db && "
                   "echo x >run/store-2of2-0123456789abcdef.db && touch run/store-4of4.db.tmp");
    gv_test_result r = gv_test_run_ok("glove-clean run --yes");
    cr_assert_not_null(strstr(r.out, "left over from glove-shuffle"), "%s", r.out);
    cr_assert(!gv_test_exists(gv_test_path("run/store-1of3-0123456789abcdef.db")), "%s", r.out);
    cr_assert(!gv_test_exists(gv_test_path("run/store-4of4.db.tmp")), "%s", r.out);
    cr_assert(gv_test_exists(gv_test_path("run/store-2of2-0123456789abcdef.db")), "%s", r.out);
    gv_test_run_ok("glove-train --run-dir run " OPTIONS);
}
