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

Test(train_golden, vectors_of_numerics_version_2)
{
    cr_assert_eq(GV_NUMERICS_VERSION, 2);
    expect_sum("symmetric", true,
               "0d02b2da6bcd929aecab6803e161d3b194e211c172763f2b1a337445877e7089");
    expect_sum("asymmetric", false,
               "6cc68146daa9ab54a85a1cf9f760919cb0dce2c73f34ca77923096856e5dc4a6");
}
