/* glove-run: all stages of a config, one error line, signals that are passed on, resuming. */
#include "support/gv_test.h"

#include <signal.h>
#include <string.h>

#define QUIET "--progress none"

/* A config in the test directory; its run directory is runs/c. */
static void prepare(void)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 20000, 300, 30);
    gv_test_write_text("sim.tsv", "w1\tw2\t3\nw3\tw4\t2\nw5\tw6\t1\n");
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]},\n"
                                 " \"vocab\": {\"min_count\": 2},\n"
                                 " \"train\": {\"dim\": 12, \"epochs\": 3}}\n");
}

static unsigned times(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

/* The program failed with that code and one error line, which another may have written. */
static void expect_failure(gv_test_result r, int code, const char *line, const char *reason)
{
    cr_expect_eq(r.exit_code, code, "exit code %d instead of %d: %s", r.exit_code, code, r.err);
    cr_expect_eq(times(r.err, "error:"), 1, "%s", r.err);
    cr_expect(strstr(r.err, line) && strstr(r.err, reason), "'%s', '%s' not in: %s", line, reason,
              r.err);
}

Test(run_cli, whole_pipeline, .timeout = 60)
{
    prepare();
    gv_test_result r = gv_test_run_ok("glove-run c.json --set eval.similarity=sim.tsv");
    cr_expect_not_null(strstr(r.err, "run: vocab, cooccur, shuffle, train, eval in runs/c\n"));
    cr_expect_not_null(strstr(r.err, "\ntrain: epoch 3/3: loss "), "%s", r.err);
    cr_expect_not_null(strstr(r.err, "runs/c/vectors.txt"), "%s", r.err);
    cr_expect_not_null(strstr(r.err, "glove-query --run-dir runs/c"), "%s", r.err);
    cr_expect_not_null(strstr(r.out, "sim.tsv"), "glove-eval's table: %s", r.out);
    static const char *const files[] = {"vocab.txt",  "counts.bin",  "store.db",
                                        "model.ckpt", "vectors.txt", "eval.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        cr_expect(gv_test_exists(gv_test_path(gv_test_format("runs/c/%s", files[i]))), "%s",
                  files[i]);
    /* the same bytes as by hand */
    for (size_t i = 0; i < 4; i++) {
        static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train"};
        gv_test_run_ok("glove-%s --config c.json --run-dir hand " QUIET, stages[i]);
    }
    gv_test_run_ok("cmp runs/c/vectors.txt hand/vectors.txt");
}

Test(run_cli, second_run_does_nothing, .timeout = 60)
{
    prepare();
    gv_test_result r = gv_test_run_ok("glove-run c.json " QUIET);
    cr_expect_str_empty(r.err);
    r = gv_test_run_ok("glove-run runs/c"); /* a run that exists needs no config */
    cr_expect_eq(times(r.err, "up to date"), 4, "%s", r.err);
    r = gv_test_run_ok("glove-run --run-dir runs/c --set train.eta=0.03");
    cr_expect_eq(times(r.err, "up to date"), 3, "%s", r.err);
    r = gv_test_run_ok("glove-run --run-dir runs/c --set train.eta=0.03 --force --from train");
    cr_expect_eq(times(r.err, "up to date"), 0, "%s", r.err);
    cr_expect_not_null(strstr(r.err, "run: train in runs/c"), "%s", r.err);
}

Test(run_cli, json_progress_has_the_whole, .timeout = 60)
{
    prepare();
    gv_test_result r = gv_test_run_ok("glove-run c.json --progress json");
    gv_test_write_text("lines", r.err);
    gv_test_run_ok(
        "while read -r line; do case $line in '{'*'}') ;; *) exit 1;; esac; done <lines");
    cr_expect_not_null(strstr(r.err, "{\"stage\":\"vocab\",\"phase\":"), "%s", r.err);
    cr_expect_not_null(strstr(r.err, ",\"run\":{\"part\":"), "%s", r.err);
}

Test(run_cli, part_of_the_stages, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-run c.json --to cooccur " QUIET);
    cr_expect(gv_test_exists(gv_test_path("runs/c/counts.bin")));
    cr_expect_not(gv_test_exists(gv_test_path("runs/c/store.db")));
    gv_test_run_ok("glove-run c.json --from shuffle --to=train " QUIET);
    cr_expect(gv_test_exists(gv_test_path("runs/c/vectors.txt")));
    gv_test_expect_error(gv_test_run("glove-run c.json --from trian"), 2, "--from", "train?", NULL);
    gv_test_expect_error(gv_test_run("glove-run c.json --from train --to vocab"), 2, "--to", NULL);
    gv_test_expect_error(gv_test_run("glove-run c.json --from eval"), 2, "eval.analogies", NULL);
}

Test(run_cli, word2vec_counts_nothing, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-run c.json --set train.objective=word2vec " QUIET);
    cr_expect(gv_test_exists(gv_test_path("runs/c/vectors.txt")));
    cr_expect_not(gv_test_exists(gv_test_path("runs/c/counts.bin")));
    gv_test_expect_error(
        gv_test_run("glove-run c.json --set train.objective=word2vec --from cooccur"), 2,
        "word2vec", NULL);
}

Test(run_cli, one_error_with_the_code_of_the_stage, .timeout = 60)
{
    prepare();
    expect_failure(gv_test_run("glove-run c.json --set corpus.files=nix.txt"), 2,
                   "glove-vocab: error: ", "nix.txt");
    expect_failure(gv_test_run("GLOVEBOX_TEST_AT=write:1=fail glove-run c.json"), 1,
                   "glove-vocab: error: ", "No space left");
    expect_failure(gv_test_run("glove-run c.json --set train.x=1"), 2,
                   "glove-run: error: ", "train.x");
    expect_failure(gv_test_run("glove-run"), 2, "glove-run: error: ", "CONFIG");
    expect_failure(gv_test_run("glove-run --run-dir nix"), 2, "glove-run: error: ", "config.json");
    expect_failure(gv_test_run("glove-run c.json c.json"), 2, "glove-run: error: ", "unexpected");
    expect_failure(gv_test_run("glove-run c.json >/dev/full --set eval.similarity=sim.tsv"), 1,
                   "glove-run: error: ", "standard output");
}

Test(run_cli, checked_before_the_first_stage, .timeout = 60)
{
    prepare();
    gv_test_expect_error(gv_test_run("glove-run c.json --set eval.similarity=nix.tsv"), 2,
                         "eval.similarity", "nix.tsv", NULL);
    gv_test_expect_error(gv_test_run("glove-run c.json --set corpus.files=- < corpus.txt"), 2,
                         "glove-vocab", "glove-cooccur", "once", NULL);
    cr_expect_not(gv_test_exists(gv_test_path("runs")), "nothing was begun");
    gv_test_run_ok("glove-run c.json --to vocab --set corpus.files=- < corpus.txt " QUIET);
}

/* Start a training that does not end by itself, send the signal to glove-run when there is a
 * checkpoint; then finish the training with fewer epochs. */
static void stop_and_resume(const char *name, int code)
{
    gv_test_result r =
        gv_test_run("rm -rf runs; glove-run c.json --set train.epochs=1000000 & pid=$!\n"
                    "until [ -e runs/c/model.ckpt ]; do sleep 0.02; done; kill -%s $pid; wait $pid",
                    name);
    cr_expect_eq(r.exit_code, code, "%s: exit code %d: %s", name, r.exit_code, r.err);
    cr_expect_eq(times(r.err, "error:"), 1, "%s: %s", name, r.err);
    cr_expect_not_null(strstr(r.err, "glove-train: error: stopped by SIG"), "%s: %s", name, r.err);
    r = gv_test_run("GLOVEBOX_TEST_AT=checkpoint:1=TERM glove-run c.json "
                    "--set train.epochs=1000000");
    cr_expect_eq(r.exit_code, 128 + SIGTERM, "%d: %s", r.exit_code, r.err);
    cr_expect_not_null(strstr(r.err, "resuming from model.ckpt"), "%s", r.err);
}

Test(run_cli, signals_reach_the_stage, .timeout = 60)
{
    prepare();
    stop_and_resume("TERM", 128 + SIGTERM);
    stop_and_resume("INT", 128 + SIGINT);
    stop_and_resume("HUP", 128 + SIGHUP);
}

/* What nohup ignores is no signal: not for the stage, and not for glove-run. */
Test(run_cli, nohup, .timeout = 60)
{
    prepare();
    gv_test_result r =
        gv_test_run("trap '' HUP; glove-run c.json --set train.epochs=1000000 & pid=$!\n"
                    "until [ -e runs/c/model.ckpt ]; do sleep 0.02; done; kill -HUP $pid\n"
                    "rm runs/c/model.ckpt; until [ -e runs/c/model.ckpt ]; do sleep 0.02; done\n"
                    "kill -TERM $pid; wait $pid");
    cr_assert_eq(r.exit_code, 128 + SIGTERM, "%d: %s", r.exit_code, r.err);
    cr_assert_not_null(strstr(r.err, "stopped by SIGTERM"), "%s", r.err);
}

Test(run_cli, stage_that_dies_is_told, .timeout = 60)
{
    prepare();
    expect_failure(gv_test_run("GLOVEBOX_TEST_AT=task:5=KILL glove-run c.json"), 1,
                   "glove-run: error: ", "glove-train was killed by signal 9");
    gv_test_run_ok("glove-run c.json " QUIET);
    cr_expect(gv_test_exists(gv_test_path("runs/c/vectors.txt")));
}

Test(run_cli, killed_run_leaves_no_stage_behind, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-run c.json --set train.epochs=1000000 " QUIET " & pid=$!\n"
                   "until [ -e runs/c/model.ckpt ]; do sleep 0.02; done; kill -KILL $pid\n"
                   "flock runs/c/.stamps/train.lock true"); /* glove-train has saved and ended */
}

Test(run_cli, words_of_set_may_hold_blanks, .timeout = 60)
{
    prepare();
    gv_test_run_ok("mv corpus.txt 'a b.txt' && cp 'a b.txt' c.txt");
    gv_test_run_ok("BIN=$(dirname \"$(command -v glove-run)\") sh "
                   "\"$GV_TEST_SOURCE/tools/run-pipeline.sh\" c.json 'corpus.files=[\"a b.txt\", "
                   "\"c.txt\"] train.epochs=1 name=x'");
    cr_expect(gv_test_exists(gv_test_path("runs/x/vectors.txt")));
    /* make sweep */
    const char *plan =
        gv_test_run_ok("BIN=$(dirname \"$(command -v glove-run)\") sh "
                       "\"$GV_TEST_SOURCE/tools/run-pipeline.sh\" c.json 'name=x train.epochs=1' "
                       "glove-sweep --grid 'corpus.files=[\"a b.txt\"],[\"c.txt\"] "
                       "train.seed=1..3' --dry-run")
            .out;
    cr_expect_not_null(strstr(plan, "6 runs in runs/x.sweep"), "%s", plan);
    cr_expect_not_null(strstr(plan, "a b.txt"), "%s", plan);
}

/* Stages before the one that fails have taken the settings over; they are taken back all the
 * same. */
Test(run_cli, settings_of_a_failed_run_are_not_kept, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-run c.json --progress none");
    char *before = gv_test_read(gv_test_path("runs/c/config.json"), NULL);
    gv_test_expect_error(gv_test_run("glove-run --run-dir runs/c --progress none --set "
                                     "train.eta=90 --set train.seed=2"),
                         1, "diverged", NULL);
    cr_expect_str_eq(gv_test_read(gv_test_path("runs/c/config.json"), NULL), before);
    /* a directory that this start has made keeps what the file says */
    gv_test_expect_error(
        gv_test_run("glove-run c.json --progress none --set train.eta=90 --set name=f"), 1,
        "diverged", NULL);
    cr_expect_null(strstr(gv_test_read(gv_test_path("runs/f/config.json"), NULL), "90"));
    gv_test_run_ok("glove-run --run-dir runs/f --progress none");
}

Test(run_cli, a_run_in_which_a_stage_works_is_left_alone, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-run c.json --progress none");
    gv_test_run_ok("xxhsum -H2 runs/c/vocab.txt runs/c/config.json > before 2> /dev/null || "
                   "cksum runs/c/vocab.txt runs/c/config.json > before");
    gv_test_result r = gv_test_run("flock runs/c/.stamps/train.lock glove-run c.json --progress "
                                   "none --set vocab.min_count=2 --set train.dim=5");
    gv_test_expect_error(r, 1, "glove-train is running in runs/c", NULL);
    gv_test_run_ok("{ xxhsum -H2 runs/c/vocab.txt runs/c/config.json 2> /dev/null || "
                   "cksum runs/c/vocab.txt runs/c/config.json; } | cmp - before");
}
