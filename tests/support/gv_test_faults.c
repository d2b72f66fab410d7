#include "support/gv_test_faults.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <string.h>

static unsigned descriptors(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static int assert_finished(const char *path, const struct stat *stat, int flag, struct FTW *at)
{
    (void)stat;
    (void)flag;
    (void)at;
    size_t n = strlen(path);
    cr_assert(n < 4 || strcmp(path + n - 4, ".tmp") != 0, "%s is left", path);
    return 0;
}

static void check_failure(int status, const gv_error *err, int expected, unsigned n)
{
    cr_assert_eq(status, expected, "call %u: status %d, %s", n, status, err->text);
    cr_assert_eq(err->code, status, "call %u", n);
    cr_assert_neq(err->text[0], '\0', "call %u", n);
    nftw(gv_test_dir(), assert_finished, 8, FTW_PHYS);
}

unsigned gv_test_every_allocation(gv_test_operation operation, void *context, unsigned step)
{
    unsigned failed = 0, open = descriptors();
    for (unsigned n = 1;; n += step) {
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, n % 2 == 0);
        int status = operation(context, &err);
        bool reached = gv_mem_calls() >= n;
        gv_mem_fail_at(0, 0);
        cr_assert_eq(descriptors(), open, "allocation %u: %s", n, err.text);
        if (status != GV_OK)
            check_failure(status, &err, GV_E_MEMORY, n);
        failed += status != GV_OK;
        if (!reached) {
            gv_assert_ok(status, err);
            return failed;
        }
    }
}

unsigned gv_test_every_write(gv_test_operation operation, void *context)
{
    unsigned failed = 0, open = descriptors();
    for (unsigned n = 1;; n++) {
        gv_error err = GV_ERROR_INIT;
        gv_file_fail_at(n);
        int status = operation(context, &err);
        gv_file_fail_at(0);
        cr_assert_eq(descriptors(), open, "write %u: %s", n, err.text);
        if (status == GV_OK)
            return failed;
        check_failure(status, &err, GV_E_IO, n);
        failed++;
    }
}
