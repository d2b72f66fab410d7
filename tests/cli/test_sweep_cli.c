/* glove-sweep: what runs share is done once, and each gets the bytes of glove-run; what is stopped
 * goes on, what fails does not end the rest. */
#include "support/gv_test.h"

#include <stdlib.h>
#include <string.h>

#define QUIET "--progress none"
#define GRID  "--grid train.objective=glove,word2vec --grid train.seed=1..2"

static void prepare(void)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 8000, 200, 30);
    gv_test_write_text("sim.tsv", "w1\tw2\t3\nw3\tw4\t2\nw5\tw6\t1\n");
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]},\n"
                                 " \"vocab\": {\"min_count\": 2},\n"
                                 " \"train\": {\"dim\": 8, \"epochs\": 2, \"threads\": 1},\n"
                                 " \"eval\": {\"similarity\": [\"sim.tsv\"]}}\n");
}

/* How often sweep.json in `dir` has the state. */
static void expect_states(const char *dir, const char *state, int times)
{
    gv_test_result r = gv_test_run("grep -c '\"state\": \"%s\"' %s/sweep.json", state, dir);
    cr_expect_eq(atoi(r.out), times, "%s times %s in %s:\n%s", r.out, state, dir,
                 gv_test_run("cat %s/sweep.json", dir).out);
}

static void expect_single_bytes(const char *sweep, const char *objective, int seed)
{
    gv_test_run_ok("test -d one-%s-%d || glove-run c.json --run-dir one-%s-%d --set "
                   "train.objective=%s --set train.seed=%d " QUIET,
                   objective, seed, objective, seed, objective, seed);
    gv_test_run_ok("cmp one-%s-%d/vectors.txt %s/objective=%s,seed=%d/vectors.txt", objective, seed,
                   sweep, objective, seed);
}

Test(sweep_cli, shares_stages_and_gives_the_bytes_of_single_runs, .timeout = 60)
{
    prepare();
    gv_test_result r = gv_test_run_ok("glove-sweep c.json " GRID " --dry-run");
    cr_expect_not_null(strstr(r.out, "glove-cooccur  1 time for 2 runs"), "%s", r.out);
    cr_expect_not(gv_test_exists(gv_test_path("runs")), "a dry run writes nothing");
    gv_test_run_ok("glove-sweep c.json " GRID " --jobs 3 " QUIET);
    expect_states("runs/c.sweep", "done", 4);
    for (int seed = 1; seed <= 2; seed++) {
        expect_single_bytes("runs/c.sweep", "glove", seed);
        expect_single_bytes("runs/c.sweep", "word2vec", seed);
    }
    /* counted once, with one file for all */
    r = gv_test_run_ok("cat runs/c.sweep/*/metrics.jsonl | grep '\"stage\":\"cooccur\"'");
    cr_expect_not_null(strstr(r.out, "shared_from"), "%s", r.out);
    r = gv_test_run_ok("cat runs/c.sweep/*/metrics.jsonl | grep -v shared_from | "
                       "grep -c '\"stage\":\"cooccur\",\"event\":\"done\"'");
    cr_expect_eq(atoi(r.out), 1, "%s", r.out);
    r = gv_test_run_ok("stat -c %%h runs/c.sweep/*glove*/store.db runs/c.sweep/*/vocab.txt");
    cr_expect_str_eq(r.out, "2\n2\n4\n4\n4\n4\n");
    /* one more start changes nothing, also where the folder was moved */
    gv_test_run_ok("cp -al runs/c.sweep before; mv runs/c.sweep moved");
    gv_test_run_ok("glove-sweep moved " QUIET);
    gv_test_run_ok("for d in before/*/; do for f in vectors.txt eval.json metrics.jsonl; do "
                   "test $d/$f -ef moved/$(basename $d)/$f || exit 1; done; done");
    /* scores alone are missing; then a config */
    gv_test_run_ok("cp -a moved lacking && rm lacking/objective=glove,seed=2/eval.json");
    r = gv_test_run_ok("glove-sweep lacking --progress plain 2>&1");
    cr_expect_not_null(strstr(r.out, ", trained before (4 of 4)"), "%s", r.out);
    gv_test_run_ok("rm lacking/objective=glove,seed=2/config.json");
    r = gv_test_run_ok("glove-report compare lacking --progress none");
    cr_expect_not_null(strstr(r.out, "| glove-sweep lacking |"), "%s", r.out);
    /* each is a run of its own */
    gv_test_run_ok("glove-run --run-dir moved/objective=glove,seed=2 " QUIET);
    gv_test_run_ok("test before/objective=glove,seed=2/vectors.txt -ef "
                   "moved/objective=glove,seed=2/vectors.txt");
    gv_test_run_ok("glove-clean --yes moved/objective=glove,seed=1 " QUIET);
    gv_test_run_ok("glove-query --run-dir moved/objective=glove,seed=2 pairs w1");
}

Test(sweep_cli, another_grid_adds_runs, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-sweep c.json --grid train.dim=4 --keep vectors " QUIET);
    gv_test_run_ok("glove-sweep c.json --grid train.dim=3,8,4,8 " QUIET);
    expect_states("runs/c.sweep", "done", 3);
    gv_test_result r = gv_test_run_ok("cat runs/c.sweep/*/metrics.jsonl | grep -v shared_from | "
                                      "grep -c '\"stage\":\"train\",\"event\":\"done\"'");
    cr_expect_eq(atoi(r.out), 3, "trained again: %s", r.out);
    cr_expect_not(gv_test_exists(gv_test_path("runs/c.sweep/dim=4/store.db")), "--keep");
    r = gv_test_run_ok("glove-sweep c.json --grid train.dim=5 --dry-run");
    cr_expect_not_null(strstr(r.out, "3 earlier runs of another grid stay"), "%s", r.out);
    /* a grid with more keys: what has the same settings is not trained again */
    gv_test_run_ok("glove-sweep c.json --grid train.dim=4 --grid train.seed=1..2 " QUIET);
    expect_states("runs/c.sweep", "done", 4);
    cr_expect_not(gv_test_exists(gv_test_path("runs/c.sweep/dim=4,seed=1")));
    /* another text: all again, still counted once */
    gv_test_run_ok("head -n 100 corpus.txt > short; mv short corpus.txt");
    gv_test_run_ok("glove-sweep c.json --grid train.dim=3,8 " QUIET);
    gv_test_run_ok("test runs/c.sweep/dim=3/store.db -ef runs/c.sweep/dim=8/store.db");
    gv_test_run_ok("glove-run c.json --run-dir one --set train.dim=3 " QUIET);
    gv_test_run_ok("cmp one/vectors.txt runs/c.sweep/dim=3/vectors.txt");
}

Test(sweep_cli, goes_on_after_a_kill, .timeout = 60)
{
    prepare();
    /* training waits; a second start is refused; the first one is killed */
    gv_test_run_ok("GLOVEBOX_TEST_AT=task:2=wait:go glove-sweep c.json " GRID " --run-dir s " QUIET
                   " & p=$!; while ! test -e go.reached; do sleep 0.02; done\n"
                   "glove-sweep c.json " GRID " --run-dir s " QUIET " 2>refused; echo $? >code\n"
                   "kill -KILL $p; touch go; wait $p; true");
    gv_test_run_ok("grep -q 'another glove-sweep is running in s (process' refused");
    gv_test_run_ok("test $(cat code) = 1");
    expect_states("s", "running", 1);
    gv_test_run_ok("glove-sweep s " QUIET);
    /* killed where a file takes its place, again and again */
    for (int n = 1; n < 12; n += 2)
        gv_test_run("GLOVEBOX_TEST_AT=rename:%d=KILL glove-sweep c.json " GRID
                    " --run-dir t --jobs 2 " QUIET,
                    n);
    gv_test_run_ok("glove-sweep t " QUIET);
    for (int seed = 1; seed <= 2; seed++) {
        expect_single_bytes("s", "glove", seed);
        expect_single_bytes("s", "word2vec", seed);
        expect_single_bytes("t", "glove", seed);
        expect_single_bytes("t", "word2vec", seed);
    }
}

Test(sweep_cli, a_signal_stops_all_and_states_wait, .timeout = 60)
{
    prepare();
    gv_test_result r = gv_test_run("GLOVEBOX_TEST_AT=task:2=wait:go glove-sweep c.json " GRID
                                   " --run-dir s --progress json 2>lines & p=$!\n"
                                   "while ! test -e go.reached; do sleep 0.02; done\n"
                                   "kill -INT $p; sleep 0.1; touch go; wait $p");
    cr_expect_eq(r.exit_code, 130, "%d: %s", r.exit_code, r.err);
    gv_test_run_ok("grep -q 'stopped by SIGINT: 0 of 4 runs are done' lines");
    gv_test_run_ok("grep -q '{\"stage\":\"sweep\",\"runs\":4,\"done\":0,' lines");
    expect_states("s", "waiting", 4);
}

Test(sweep_cli, a_failed_run_does_not_end_the_others, .timeout = 60)
{
    prepare();
    gv_test_run_ok("mkdir -p s; echo mine > s/min_count=5");
    gv_test_result r = gv_test_run("glove-sweep c.json --grid vocab.min_count=1,100000,5,2 "
                                   "--run-dir s --jobs 2 " QUIET);
    gv_test_expect_error(r, 1, "2 of 4 runs failed", "min_count=100000", NULL);
    expect_states("s", "done", 2);
    expect_states("s", "failed", 2);
    gv_test_run_ok("grep -q 'error\": \"glove-vocab: ' s/sweep.json");
    gv_test_run_ok("rm s/min_count=5");
    r = gv_test_run("glove-sweep s " QUIET);
    gv_test_expect_error(r, 1, "1 of 4 runs failed", NULL);
    /* what is shared fails for all that share it */
    r = gv_test_run("glove-sweep c.json --set vocab.min_count=100000 --grid train.dim=3,4,5 "
                    "--run-dir t " QUIET);
    gv_test_expect_error(r, 1, "3 of 3 runs failed", NULL);
    gv_test_run_ok("grep -q 'in dim=3, for all runs that share it' t/sweep.json");
    gv_test_run_ok("glove-sweep c.json --grid train.dim=3,4,5 --run-dir t " QUIET);
    expect_states("t", "done", 3);
}

Test(sweep_cli, names_are_safe_and_never_the_same, .timeout = 60)
{
    prepare();
    gv_test_write_text(
        "list.json",
        "[{}, {\"vocab.stop_file\": \"A.txt\"}, {\"vocab\": {\"stop_file\": \"a.txt\"}},\n"
        " {\"vocab.stop_file\": \"../x/y\"}, {\"vocab.stop_file\": \"..\"},\n"
        " {\"corpus.files\": [\"a\\nb\", \"c\"], \"train.window\": 3, \"cooccur.window\": 4}]\n");
    gv_test_result r = gv_test_run_ok("glove-sweep c.json --runs list.json --dry-run");
    static const char *const names[] = {"\n  base ",
                                        "\n  stop_file=A.txt ",
                                        "\n  stop_file=a.txt~",
                                        "\n  stop_file=.._x_y~",
                                        "\n  stop_file=.. ",
                                        ",train.window=3,cooccur.window=4 "};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_not_null(strstr(r.out, names[i]), "no %s in %s", names[i], r.out);
}

Test(sweep_cli, mistakes_are_one_line_before_anything_is_written, .timeout = 60)
{
    prepare();
    static const struct {
        const char *options, *part;
    } bad[] = {{"c.json", "--grid KEY=VALUE"},
               {"--grid train.dim=3,4", "which config?"},
               {"c.json --grid train.dimm=3", "did you mean"},
               {"c.json --grid name=a,b", "name cannot differ"},
               {"c.json --grid train.dim=3 --set train.dim=4", "--set gives it one value"},
               {"c.json --grid train.dim=3 --jobs 0", "--jobs must be"},
               {"c.json --grid train.dim=3 --keep all", "--keep must be"},
               {"c.json --grid subword.min_n=3,9", "subword.min_n is 9"},
               {"c.json --runs c.json", "must be a list of runs"},
               {"c.json --runs none.json", "does not exist"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        gv_test_expect_error(gv_test_run("glove-sweep %s " QUIET, bad[i].options), 2, bad[i].part,
                             NULL);
    cr_expect_not(gv_test_exists(gv_test_path("runs")));
    gv_test_run_ok("mkdir -p s; echo '{' > s/sweep.json");
    gv_test_expect_error(gv_test_run("glove-sweep c.json --grid train.dim=3 --run-dir s " QUIET), 1,
                         "s/sweep.json", NULL);
}
