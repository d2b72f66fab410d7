/* glove-clean: what can be made again goes, all else stays: vectors that are asked for, files that
 * glovebox did not write, links, a corpus that is gone, a run in which a stage works. */
#include "support/gv_test.h"

#include <string.h>

#define QUIET "--progress none"

/* A finished run in the directory "run". */
static void prepare(void)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 20000, 300, 30);
    gv_test_write_text("sim.tsv", "w1\tw2\t3\nw3\tw4\t2\nw5\tw6\t1\n");
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]},\n"
                                 " \"vocab\": {\"min_count\": 2},\n"
                                 " \"train\": {\"dim\": 12, \"epochs\": 2},\n"
                                 " \"eval\": {\"similarity\": [\"sim.tsv\"]}}\n");
    gv_test_run_ok("glove-run c.json --run-dir run " QUIET);
}

static int there(const char *file)
{
    return gv_test_exists(gv_test_path(gv_test_format("run/%s", file)));
}

Test(clean_cli, keeps_vectors_that_still_work, .timeout = 60)
{
    prepare();
    gv_test_run_ok("cp run/vectors.txt before.txt");
    gv_test_result r = gv_test_run_ok("glove-clean run --keep vectors");
    cr_expect_not_null(strstr(r.out, "store.db"), "%s", r.out);
    cr_expect_not_null(strstr(r.out, "freed"), "%s", r.out);
    cr_expect(there("vectors.txt") && there("vocab.txt") && there("eval.json"));
    cr_expect(there("config.json") && there("metrics.jsonl"));
    cr_expect_not(there("counts.bin") || there("store.db") || there("model.ckpt"));
    gv_test_run_ok("glove-query --run-dir run nearest w1");
    gv_test_run_ok("glove-eval --run-dir run --force " QUIET);
    gv_test_run_ok("glove-report --run-dir run");
    /* what needs more says how to get it */
    gv_test_expect_error(gv_test_run("glove-train --run-dir run --set train.epochs=3 " QUIET), 2,
                         "store.db", "glove-shuffle", NULL);
    gv_test_run_ok("glove-run run --force " QUIET);
    gv_test_run_ok("cmp run/vectors.txt before.txt");
}

Test(clean_cli, removes_all_that_can_be_made_again, .timeout = 60)
{
    prepare();
    gv_test_result r = gv_test_run("glove-clean run");
    cr_expect_eq(r.exit_code, 2, "no terminal, no option: %s", r.err);
    r = gv_test_run_ok("glove-clean run --yes --dry-run");
    cr_expect(there("counts.bin") && there("vectors.txt"));
    cr_expect_not_null(strstr(r.out, "could be freed"), "%s", r.out);
    gv_test_run_ok("glove-clean run --yes");
    cr_expect_not(there("counts.bin") || there("vectors.txt") || there("vocab.txt"));
    cr_expect(there("config.json") && there("metrics.jsonl"));
    r = gv_test_run_ok("glove-clean run --yes");
    cr_expect_not_null(strstr(r.out, "nothing to remove"), "%s", r.out);
    gv_test_run_ok("glove-run run " QUIET); /* from its config */
    cr_expect(there("vectors.txt"));
}

Test(clean_cli, leaves_what_glovebox_did_not_write, .timeout = 60)
{
    prepare();
    gv_test_run_ok("echo mine > run/notes.txt; echo 'extra 1' >> run/vocab.txt\n"
                   "mv run/store.db elsewhere.db; ln -s ../elsewhere.db run/store.db\n"
                   "echo not ours > run/vectors.npy; mkdir run/vectors.tsv\n"
                   "touch run/counts.bin.tmp; touch run/counts.bin"); /* the same content */
    gv_test_result r = gv_test_run_ok("glove-clean --yes run");
    cr_expect(there("notes.txt") && there("vocab.txt") && there("vectors.npy"), "%s", r.out);
    cr_expect(there("vectors.tsv") && there("store.db"), "%s", r.out);
    cr_expect(gv_test_exists(gv_test_path("elsewhere.db")), "a link is not followed");
    cr_expect_not(there("counts.bin.tmp") || there("counts.bin"), "%s", r.out);
    cr_expect_not_null(strstr(r.out, "symbolic link"), "%s", r.out);
    /* a directory that is no run */
    gv_test_run_ok("mkdir other; cp run/vectors.npy other/vectors.txt; ln -s ../run/.stamps other");
    gv_test_expect_error(gv_test_run("glove-clean --yes other"), 2, "no run directory", NULL);
    gv_test_expect_error(gv_test_run("glove-clean --yes nix"), 1, "nix", NULL);
    gv_test_expect_error(gv_test_run("glove-clean"), 2, "DIR", NULL);
    gv_test_expect_error(gv_test_run("glove-clean --keep vector run"), 2, "--keep", NULL);
}

Test(clean_cli, leaves_what_cannot_be_made_again, .timeout = 60)
{
    prepare();
    gv_test_run_ok("mv corpus.txt gone.txt");
    gv_test_result r = gv_test_run_ok("glove-clean --keep vectors run");
    cr_expect_not_null(strstr(r.out, "corpus.txt"), "%s", r.out);
    cr_expect(there("counts.bin") && there("store.db"), "%s", r.out);
    /* from the store that stays, vectors and checkpoints can be made */
    gv_test_run_ok("glove-clean --keep store run");
    cr_expect(there("store.db") && there("counts.bin"));
    cr_expect_not(there("vectors.txt") || there("model.ckpt"));
    gv_test_run_ok("glove-clean --yes --all run");
    cr_expect_not(there("store.db") || there("counts.bin"));
}

Test(clean_cli, a_training_that_has_not_ended_is_not_lost, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-clean --yes run && glove-run run --to shuffle " QUIET);
    gv_test_expect_error(gv_test_run("glove-clean --keep vectors run"), 2, "no vectors", NULL);
    cr_expect(there("store.db"));
}

Test(clean_cli, not_while_a_stage_runs, .timeout = 60)
{
    prepare();
    gv_test_result r =
        gv_test_run("glove-train --run-dir run --set train.epochs=1000000 " QUIET " & pid=$!\n"
                    "while flock -n run/.stamps/train.lock true; do sleep 0.02; done\n"
                    "glove-clean --yes run; code=$?; kill -KILL $pid; wait $pid; exit $code");
    cr_expect_eq(r.exit_code, 1, "%d: %s", r.exit_code, r.err);
    cr_expect_not_null(strstr(r.err, "glove-train is running in run"), "%s", r.err);
    cr_expect(there("store.db"));
}

/* Files that no stamp lists: corpus.ids, the history of L-BFGS; by their headers. */
Test(clean_cli, files_without_a_record, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-run run --set train.objective=word2vec " QUIET);
    gv_test_run_ok("mkdir run/model.lbfgs && cp run/model.ckpt run/model.lbfgs/7 && "
                   "echo mine > run/model.lbfgs/8");
    gv_test_result r = gv_test_run_ok("glove-clean --yes run");
    cr_expect_not(there("corpus.ids") || there("model.lbfgs/7"), "%s", r.out);
    cr_expect(there("model.lbfgs/8"), "%s", r.out);
    gv_test_run_ok("rm run/model.lbfgs/8; glove-clean --yes run");
    cr_expect_not(there("model.lbfgs"), "an empty folder goes");
    gv_test_run_ok("mkdir other; echo x > other/1; ln -s ../other run/model.lbfgs");
    gv_test_run_ok("glove-clean --yes run");
    cr_expect(there("model.lbfgs/1"), "a linked folder is not entered");
    /* the same names with other contents */
    gv_test_run_ok("echo mine > run/model.ckpt; echo mine > run/corpus.ids; glove-clean --yes run");
    cr_expect(there("model.ckpt") && there("corpus.ids"));
}
