/* Stages of one run that are started at the same time: they wait, or are refused with a line that
 * says who is at work, and what a stage reads does not change under it. */
#include "support/gv_test.h"
#include <string.h>

#define QUIET "--progress none "

static void make_run(const char *dir)
{
    gv_test_write_text("c.json", "{\"corpus\":{\"files\":[\"c.txt\"]},\"vocab\":{\"min_count\":1},"
                                 "\"cooccur\":{\"threads\":1},"
                                 "\"train\":{\"dim\":4,\"epochs\":2,\"threads\":1}}");
    gv_test_run_ok("glove-run c.json --run-dir %s " QUIET, dir);
}

/* Starts `command` in the background; goes on when it waits at its event. */
#define STARTED(command)                                                                           \
    command " & first=$!\n"                                                                        \
            "while kill -0 $first && ! test -e go.reached; do sleep 0.02; done\n"

/* glove-train works, and so do all stages before it as soon as they have something to do: three are
 * refused (at once, to wait only once), and one that is up to date says so. */
Test(locks_cli, inputs_of_a_stage_at_work_are_not_replaced, .timeout = 120)
{
    gv_test_corpus("c.txt", 1, 3000, 50, 10);
    make_run("run");
    gv_test_result r =
        gv_test_run("cksum run/vocab.txt run/counts.bin run/store.db >before\n" STARTED(
            "GLOVEBOX_TEST_AT=task:1=wait:go glove-train --force --run-dir run " QUIET
            "--set train.seed=2") "glove-vocab --force --run-dir run " QUIET
                                  "--set vocab.min_count=2 2>e1 & a=$!\n"
                                  "glove-cooccur --run-dir run " QUIET
                                  "--set cooccur.window=3 2>e2 & b=$!\n"
                                  "glove-shuffle --force --run-dir run " QUIET "2>e3 & c=$!\n"
                                  "wait $a; test $? = 1 || code=91; wait $b; test $? = "
                                  "1 || code=92\n"
                                  "wait $c; test $? = 1 || code=93; grep -h \"(process "
                                  "$first)\" e1 e2 e3\n"
                                  "glove-vocab --run-dir run --progress plain || "
                                  "code=94; touch go\n"
                                  "wait $first || code=95; grep '\"window\": 15' "
                                  "run/config.json || code=96\n"
                                  "cksum run/vocab.txt run/counts.bin run/store.db | "
                                  "cmp - before || code=97; exit $code");
    cr_assert_eq(r.exit_code, 0, "%d %s%s", r.exit_code, r.out, r.err);
    cr_assert_not_null(strstr(r.out, "glove-vocab: error: glove-train is running in run (process "),
                       "%s%s", r.out, r.err);
    cr_assert_not_null(strstr(r.out, "needs what glove-cooccur would replace"), "%s", r.out);
    cr_assert_not_null(strstr(r.out, "needs what glove-shuffle would replace"), "%s", r.out);
    cr_assert_not_null(strstr(r.err, "vocab.txt is up to date"), "%s", r.err);
}

/* The other way round: what is being replaced is not read. Other readers see what was there. */
Test(locks_cli, outputs_that_are_being_replaced_are_not_read, .timeout = 120)
{
    gv_test_corpus("c.txt", 1, 3000, 50, 10);
    make_run("run");
    gv_test_result r = gv_test_run(
        STARTED("GLOVEBOX_TEST_AT=rename:3=wait:go glove-cooccur --force --run-dir run " QUIET
                "--set cooccur.window=4") "glove-train --run-dir run " QUIET
                                          "--set train.seed=3; test $? = 1 || code=91\n"
                                          "glove-query --run-dir run nearest w1 && glove-query "
                                          "--run-dir run pairs w1 || code=92\n"
                                          "touch go; wait $first || code=93; exit $code");
    cr_assert_eq(r.exit_code, 0, "%d %s%s", r.exit_code, r.out, r.err);
    cr_assert_not_null(strstr(r.err, "glove-cooccur is running in run (process "), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "replaces what glove-train needs"), "%s", r.err);
}

/* A lock ends with its process: the next start is not refused. */
Test(locks_cli, locks_of_a_killed_stage_do_not_stay, .timeout = 60)
{
    gv_test_corpus("c.txt", 1, 3000, 50, 10);
    make_run("run");
    gv_test_expect_killed(gv_test_run("GLOVEBOX_TEST_AT=task:3=KILL glove-train --force "
                                      "--run-dir run " QUIET));
    gv_test_run_ok("glove-vocab --force --run-dir run " QUIET "--set vocab.min_count=2");
}
