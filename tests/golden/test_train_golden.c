/*
 * The bytes of a fixed training. If this fails and the change of arithmetic or order was meant,
 * raise GV_NUMERICS_VERSION, say so in CHANGELOG.md, and put the new checksum here.
 */
#include "base/gv_hash.h"
#include "math/gv_kernel.h"
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

Test(train_golden, vectors_of_numerics_version_1)
{
    cr_assert_eq(GV_NUMERICS_VERSION, 1);
    expect_sum("symmetric", true,
               "42201106a38e56f59e8d13c143d9fb50e34e5f23e67bf722da5ac61c56ffdc2e");
    expect_sum("asymmetric", false,
               "cb5aa3624bfddc7064c6326c5ede9709632f5941ef93bc123a4d03c4f1085e6a");
}
