/*
 * The bytes of a fixed training. If this fails and the change of arithmetic or order was meant,
 * raise GV_NUMERICS_VERSION, say so in CHANGELOG.md, and put the new checksum here.
 */
#include "base/gv_hash.h"
#include "kernel/gv_kernel.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <string.h>
#include <sys/stat.h>

static void expect_sum(const char *name, bool symmetric, const char *sha256)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.symmetric = symmetric;
    const char *dir = gv_test_path(name);
    cr_assert_eq(mkdir(dir, 0777), 0);
    gv_test_store_write(gv_test_format("%s/store.db", dir), &plan);
    gv_test_run_ok("glove-train --run-dir %s --progress none --set train.dim=17 --set "
                   "train.epochs=3 --set train.x_max=30 --set train.threads=2",
                   dir);
    gv_test_result sum = gv_test_run_ok("sha256sum < %s/vectors.txt", dir);
    sum.out[64] = '\0';
    cr_assert_str_eq(sum.out, sha256, "vectors.txt of %s: %s", name, sum.out);
}

Test(train_golden, vectors_of_numerics_version_2)
{
    cr_assert_eq(GV_NUMERICS_VERSION, 2);
    expect_sum("symmetric", true,
               "65caf718dbe6097963e339e21e8748304ab1fcc62e8f5950df1ca2ddec13cc14");
    expect_sum("asymmetric", false,
               "174200cea451ab2256a7a6a3b508f667f0ea7cdcc14f4772191f165d124e5d75");
}
