/* metrics.jsonl after a program died, or a disk was full, in the middle of a line. */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <string.h>
#include <unistd.h>

#define ALL_LINES_ARE_JSON "python3 -c 'import json,sys; [json.loads(x) for x in sys.stdin]' < "
#define TRAIN              "glove-train --progress none --set train.dim=4 --set train.epochs=2 --run-dir "

static const char *make_run(void)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 40;
    return gv_test_store_run("run", plan);
}

Test(metrics_fault, part_of_a_line_is_removed)
{
    const char *dir = make_run();
    gv_test_run_ok("printf '{\"whole\":1}\\n{\"half\":' > %s/metrics.jsonl", dir);
    gv_test_run_ok(TRAIN "%s", dir);
    gv_test_run_ok(ALL_LINES_ARE_JSON "%s/metrics.jsonl", dir);
    gv_test_run_ok("grep -c whole %s/metrics.jsonl", dir);
    gv_test_run_ok("! grep half %s/metrics.jsonl", dir);
}

Test(metrics_fault, part_longer_than_a_block_is_removed)
{
    const char *dir = make_run();
    gv_test_run_ok("(echo '{}'; head -c 9000 /dev/zero | tr '\\0' x) > %s/metrics.jsonl", dir);
    gv_test_run_ok(TRAIN "%s", dir);
    gv_test_run_ok(ALL_LINES_ARE_JSON "%s/metrics.jsonl", dir);
    gv_test_run_ok("(head -c 9000 /dev/zero | tr '\\0' x) > %s/metrics.jsonl", dir);
    gv_test_run_ok(TRAIN "%s --force", dir);
    gv_test_run_ok(ALL_LINES_ARE_JSON "%s/metrics.jsonl", dir);
}

/* Killed before any of its events is written, a stage has them all in the end. */
Test(metrics_fault, killed_at_an_event_it_is_written_later)
{
    enum { EVENTS = 3 /* two epochs and the end */ };
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    gv_test_skip("sanitizers replace malloc themselves");
#endif
    const char *dir = make_run();
    gv_test_run_ok("cp " GV_SH_BUILD "/tests/faults/preload.so .");
    for (int n = 1; n <= EVENTS; n++) {
        gv_test_run_ok("rm -rf copy && cp -a %s copy", dir);
        gv_test_expect_killed(gv_test_run("LD_PRELOAD=./preload.so FAULT_PATH=metrics "
                                          "FAULT_AT=write:%d:kill " TRAIN "copy",
                                          n));
        gv_test_run_ok(TRAIN "copy");
        gv_test_run_ok("grep -q '\"stage\":\"train\",\"event\":\"done\"' copy/metrics.jsonl");
    }
}
