/*
 * Calls to the system that fail at one file: the program says which and why, with exit code 1. All
 * calls of all programs are tried by `make faults T=calls`; these are those that once were wrong.
 */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <string.h>

#define TRAIN "glove-train --progress none --set train.dim=4 --set train.epochs=1 --run-dir run "

static void prepare(void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    gv_test_skip("sanitizers replace malloc themselves");
#endif
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 40;
    gv_test_store_run("run", plan);
    /* the path of the build may have blanks, which LD_PRELOAD cannot */
    gv_test_run_ok("cp " GV_SH_BUILD "/tests/faults/preload.so .");
}

/* `command` with the fault `at` at files whose paths have `path`. */
static gv_test_result with_fault(const char *at, const char *path, const char *command)
{
    return gv_test_run("LD_PRELOAD=./preload.so FAULT_AT=%s FAULT_PATH=%s %s", at, path, command);
}

static void expect_cause(gv_test_result r, const char *file, const char *cause)
{
    cr_expect_eq(r.exit_code, 1, "exit code %d: %s", r.exit_code, r.err);
    cr_expect(strstr(r.err, file) && strstr(r.err, cause), "not \"%s\" and \"%s\": %s", file, cause,
              r.err);
    const char *end = strchr(r.err, '\n');
    cr_expect(end && end[1] == '\0', "not one line: %s", r.err);
}

Test(calls_fault, report_of_a_file_that_cannot_be_read)
{
    static const char *const files[] = {"vectors.txt", "train.json", "metrics.jsonl"};
    prepare();
    gv_test_run_ok(TRAIN);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gv_test_result r =
            with_fault("read:1:EIO+", files[i], "glove-report --progress none --run-dir run");
        expect_cause(r, files[i], "Input/output error");
        expect_cause(
            with_fault("open:1:EMFILE+", files[i], "glove-report --progress none --run-dir run"),
            files[i], "Too many open files");
    }
    gv_test_run_ok("glove-report --progress none --run-dir run");
}

Test(calls_fault, clean_of_a_directory_that_cannot_be_opened)
{
    prepare();
    gv_test_run_ok(TRAIN);
    expect_cause(with_fault("open:1:EIO", ".stamps", "glove-clean --yes run"), "run/.stamps",
                 "Input/output error");
    gv_test_run_ok("test -e run/store.db");
}

Test(calls_fault, npz_that_cannot_be_read)
{
    prepare();
    gv_test_run_ok("printf 'a 3\\nb 2\\n' > v.txt && printf 'a b 1\\nb a 1\\n' > c.tsv");
    gv_test_run_ok("glove-convert --vocab v.txt --progress none counts-import c.tsv c.bin && "
                   "glove-convert --vocab v.txt --progress none counts-export c.bin c.npz");
    expect_cause(
        with_fault("read:1:EIO+", "c.npz",
                   "glove-convert --vocab v.txt --progress none counts-import c.npz d.bin"),
        "c.npz", "Input/output error");
    gv_test_run_ok("test ! -e d.bin");
}

/* vocab.txt is in its place when its folder cannot be synced; it is not one that a user edited. */
Test(calls_fault, vocabulary_whose_folder_cannot_be_synced)
{
    enum { SYNCS = 10 };
    prepare();
    gv_test_run_ok("echo a b a b > c.txt");
    for (int n = 1; n <= SYNCS; n++) {
        const char *command = gv_test_format("glove-vocab --progress none --run-dir v%d --set "
                                             "'corpus.files=[\"c.txt\"]' --set vocab.min_count=1",
                                             n);
        gv_test_run("LD_PRELOAD=./preload.so FAULT_AT=sync:%d:EIO+ FAULT_PATH=/v%d %s", n, n,
                    command);
        gv_test_run_ok("%s", command);
    }
}

/* SQLite takes a bad sector for damage, and every reason why it cannot lock for another program. */
Test(calls_fault, store_that_cannot_be_read)
{
    prepare();
    gv_test_run_ok("cp run/store.db before.db");
    for (int n = 1; n <= 20; n += 3)
        expect_cause(with_fault(gv_test_format("read:%d:EIO+", n), "store.db",
                                TRAIN "--set train.threads=1"),
                     "run/store.db", "Input/output error");
    gv_test_run_ok("cmp run/store.db before.db");
}

Test(calls_fault, store_on_a_file_system_without_locks)
{
    prepare();
    gv_test_run_ok("cp -a run whole");
    gv_test_run_ok(TRAIN);
    gv_test_result r = gv_test_run("LD_PRELOAD=./preload.so FAULT_AT=lock:1:ENOLCK+ "
                                   "glove-train --progress none --set train.dim=4 --set "
                                   "train.epochs=1 --set 'output.formats=[\"text\",\"sqlite\"]' "
                                   "--run-dir whole");
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    gv_test_run_ok("cmp run/vectors.txt whole/vectors.txt");
    r = gv_test_run("LD_PRELOAD=./preload.so FAULT_AT=lock:1:ENOLCK+ glove-query --run-dir whole "
                    "--vectors whole/vectors.db info");
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
}
