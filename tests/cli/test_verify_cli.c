/* glove-report verify: a run made again elsewhere, and the first difference. */
#include "support/gv_test.h"

#include "base/gv_hash.h"
#include "model/gv_checkpoint.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define VERIFY "glove-report verify --progress none "

/* A config, and its finished run in runs/c. */
static void prepare(const char *options)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 20000, 300, 30);
    gv_test_write_text("sim.tsv", "w1\tw2\t3\nw3\tw4\t2\nw5\tw6\t1\n");
    gv_test_write_text("c.json",
                       "{\"corpus\": {\"files\": [\"corpus.txt\"]}, \"train\": {\"dim\": 8, "
                       "\"epochs\": 2}, \"eval\": {\"similarity\": [\"sim.tsv\"]}, \"output\": "
                       "{\"formats\": [\"text\", \"word2vec\", \"sqlite\", \"safetensors\", "
                       "\"npy\"], \"subwords\": true}}");
    gv_test_run_ok("glove-run c.json --progress none %s", options);
}

static void expect_same(gv_test_result r)
{
    cr_assert_eq(r.exit_code, 0, "%s%s", r.out, r.err);
    cr_assert_not_null(strstr(r.out, ": the same"), "%s", r.out);
}

/* No folder that was made for the work is left. */
static void expect_tidy(void)
{
    gv_test_run_ok("! ls -d *.verify* runs/*.verify* 2>/dev/null");
}

Test(verify_cli, a_run_is_made_again_anywhere, .timeout = 60)
{
    prepare("");
    gv_test_result r = gv_test_run("TMPDIR= " VERIFY "runs/c");
    expect_same(r);
    static const char *const files[] = {"vocab.txt",    "counts.bin",  "store.db",
                                        "model.ckpt",   "vectors.txt", "vectors.bin",
                                        "vectors.db",   "vectors.npy", "vectors.safetensors",
                                        "subwords.bin", "eval.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        cr_expect(strstr(r.out, files[i]), "%s is not compared: %s", files[i], r.out);
    expect_tidy();
    /* from another folder, with threads of its own; a run with an odd name, copied */
    expect_same(gv_test_run("d=$PWD; cp -r runs/c \"$d/a 'b\nc\"; cd / && " VERIFY
                            "\"$d/a 'b\nc\" --work \"$d/w\" --set train.threads=3"));
    /* corpus and test sets moved; the folder of a run without stamps, as `cp DIR/?*` leaves it */
    gv_test_run_ok("mkdir old && mv corpus.txt sim.tsv old && cp -r runs/c bare && rm -r "
                   "bare/.stamps");
    gv_test_expect_error(gv_test_run(VERIFY "runs/c"), 1, "corpus.txt", "--corpus-dir", NULL);
    expect_same(gv_test_run(VERIFY "runs/c --corpus-dir old"));
    expect_same(gv_test_run(VERIFY "bare --to shuffle --corpus-dir old"));
    expect_same(gv_test_run(VERIFY "runs/c --to cooccur --set corpus.files=old/corpus.txt"));
    /* another corpus of that name */
    gv_test_run_ok("cp old/corpus.txt . && echo more >>corpus.txt && cp old/sim.tsv .");
    gv_test_expect_error(gv_test_run(VERIFY "runs/c"), 1, "corpus.txt", "has changed", NULL);
    gv_test_expect_error(gv_test_run(VERIFY "runs/c --set corpus.files=corpus.txt"), 1,
                         "not the files", NULL);
    expect_tidy();
}

/* `file` of the copy r is damaged; verify names stage, file and `where`. */
static void expect_difference(const char *stage, const char *file, const char *where)
{
    gv_test_result r = gv_test_run(VERIFY "r");
    gv_test_expect_error(r, 1, gv_test_format("stage %s: %s", stage, file), where, NULL);
    cr_expect(strstr(r.out, gv_test_format("%-8s %-21sdiffers\n", stage, file)), "%s", r.out);
    gv_test_run_ok("rm -r r && cp -rp runs/c r");
}

Test(verify_cli, a_changed_byte_is_found, .timeout = 120)
{
    static const struct {
        const char *stage, *file, *where;
        long offset;
    } cases[] = {{"vocab", "vocab.txt", "line 1 (", 0},
                 {"cooccur", "counts.bin", "damaged", 2000},
                 {"train", "model.ckpt", "context vectors, row ", -20},
                 {"train", "vectors.txt", "line 301", -5},
                 {"train", "vectors.bin", "number 8: ", -3},
                 {"train", "vectors.npy", "number 8: ", -3},
                 {"train", "vectors.safetensors", "checksum", -3},
                 {"train", "subwords.bin", "byte ", -40}};
    prepare("");
    gv_test_run_ok("cp -rp runs/c r");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gv_test_flip(gv_test_path(gv_test_format("r/%s", cases[i].file)), cases[i].offset);
        expect_difference(cases[i].stage, cases[i].file, cases[i].where);
    }
    /* contents that are compared as such */
    gv_test_run_ok("sqlite3 r/store.db 'UPDATE word SET count = count + 1 WHERE id = 7'");
    expect_difference("shuffle", "store.db", "table word, id 7, column count");
    gv_test_run_ok("sqlite3 r/store.db 'VACUUM'");
    expect_difference("shuffle", "store.db", "its stamp has another checksum");
    gv_test_run_ok("sqlite3 r/vectors.db \"DELETE FROM meta WHERE key = 'xxh128'; UPDATE vectors "
                   "SET word = 'x' WHERE rowid = 3\"");
    expect_difference("train", "vectors.db", "row 3: the word is x in the run");
    gv_test_run_ok("sed -i 's/\"pairs\": 3/\"pairs\": 4/' r/eval.json");
    expect_difference("eval", "eval.json", "similarity 1 (sim.tsv), pairs: 4 in the run, 3 made");
    /* with hashes to match nothing shows the change but the run itself */
    gv_test_run_ok("sed -i 's/.$/9/; 3q' r/vocab.txt && rm -r r/.stamps");
    gv_test_expect_error(gv_test_run(VERIFY "r"), 1, "vocab.txt differs", "line 1",
                         "nothing in the run says", NULL);
    expect_tidy();
}

Test(verify_cli, missing_files_and_settings, .timeout = 60)
{
    prepare("");
    gv_test_run_ok("cp -rp runs/c r && glove-clean --keep vectors r");
    gv_test_result r = gv_test_run(VERIFY "r");
    expect_same(r);
    cr_expect(strstr(r.out, "counts.bin           removed since; the same by the checksum"), "%s",
              r.out);
    gv_test_run_ok("rm r/vectors.bin");
    gv_test_expect_error(gv_test_run(VERIFY "r"), 1, "stage train: vectors.bin",
                         "no such file any more", NULL);
    gv_test_run_ok("sed -i 's/\"epochs\": 2/\"epochs\": 3/' r/config.json");
    gv_test_expect_error(gv_test_run(VERIFY "r"), 1, "stage train", "train.epochs = 2", "says 3",
                         NULL);
    gv_test_expect_error(gv_test_run(VERIFY "r --set train.dim=9"), 2, "train.dim", NULL);
    gv_test_expect_error(gv_test_run(VERIFY "r --to nowhere"), 2, "nowhere", NULL);
    gv_test_expect_error(gv_test_run(VERIFY "nowhere"), 2, "nowhere is no run directory", NULL);
    gv_test_expect_error(gv_test_run("glove-report --word x verify r"), 2, "--word", NULL);
    /* nothing waits for a pipe in place of a file */
    gv_test_run_ok("cp -rp runs/c p && rm p/vocab.txt && mkfifo p/vocab.txt");
    gv_test_expect_error(gv_test_run(VERIFY "p"), 1, "vocab.txt", "not a plain file", NULL);
    gv_test_run_ok("mkdir sweep && echo '{\"runs\": []}' >sweep/sweep.json");
    gv_test_expect_error(gv_test_run(VERIFY "sweep"), 2, "is a sweep", NULL);
    gv_test_run_ok("mkdir empty && cp c.json empty/config.json");
    gv_test_expect_error(gv_test_run(VERIFY "empty"), 2, "no stage has been run", NULL);
    expect_tidy();
}

/* Say in the header of a checkpoint that it is of another arithmetic, with a checksum to match. */
static void set_numerics(const char *path, uint32_t version)
{
    gv_error err = GV_ERROR_INIT;
    gv_checkpoint_reader *reader = NULL;
    gv_assert_ok(gv_checkpoint_open(&reader, path, &err), err);
    const gv_checkpoint *state = gv_checkpoint_about(reader);
    const size_t recipe = (128 + strlen(state->recipe) + 7) / 8 * 8;
    const size_t end = recipe + 8 * state->segments + (4 * state->segments + 7) / 8 * 8;
    size_t bytes;
    char *file = gv_test_read(path, &bytes);
    memcpy(file + 12, &version, sizeof version);
    const uint64_t hash = gv_hash_64(file, end, 0);
    memcpy(file + end, &hash, sizeof hash);
    gv_test_write("r/model.ckpt", file, bytes);
    gv_checkpoint_close(reader);
}

Test(verify_cli, another_arithmetic_is_told_before_any_work, .timeout = 60)
{
    prepare("");
    gv_test_run_ok("cp -rp runs/c r");
    set_numerics(gv_test_path("r/model.ckpt"), 1);
    gv_test_result r = gv_test_run(VERIFY "r");
    gv_test_expect_error(r, 1, "stage train: model.ckpt", "numerics version 1", "--to shuffle",
                         NULL);
    cr_expect_str_eq(r.out, "");
    expect_same(gv_test_run(VERIFY "r --to shuffle"));
    expect_tidy();
}

Test(verify_cli, what_cannot_be_repeated_is_said, .timeout = 60)
{
    prepare("--set train.schedule=hogwild --set train.threads=2");
    gv_test_result r = gv_test_run(VERIFY "runs/c");
    gv_test_expect_error(r, 1, "stage train: not verified", "hogwild", "2 threads", "--to shuffle",
                         NULL);
    cr_expect(strstr(r.out, "store.db             same contents"), "%s", r.out);
    expect_same(gv_test_run(VERIFY "runs/c --to shuffle"));
    /* with one thread it can be */
    gv_test_run_ok("glove-run c.json --set train.schedule=hogwild --set train.threads=1 --set "
                   "name=one --progress none");
    expect_same(gv_test_run(VERIFY "runs/one"));
    /* counts that no stage made; text of standard input */
    gv_test_run_ok("glove-convert counts-merge m runs/c runs/c:2 --progress none && glove-run "
                   "--run-dir m --set train.schedule=ordered --progress none");
    r = gv_test_run(VERIFY "m");
    expect_same(r);
    cr_expect(strstr(r.out, "taken as it is: made by glove-convert counts-merge"), "%s", r.out);
    gv_test_flip(gv_test_path("m/counts.bin"), 3000);
    gv_test_expect_error(gv_test_run(VERIFY "m"), 1, "stage cooccur: counts.bin", NULL);
    gv_test_run_ok("glove-vocab --run-dir s --set corpus.files=- --progress none <corpus.txt");
    gv_test_expect_error(gv_test_run(VERIFY "s"), 1, "standard input", NULL);
    expect_same(gv_test_run(VERIFY "s --set corpus.files=corpus.txt"));
}

Test(verify_cli, a_signal_ends_it_and_removes_the_folder, .timeout = 60)
{
    prepare("");
    gv_test_result r = gv_test_run(
        "TMPDIR= GLOVEBOX_TEST_DELAY_NS=1000000 " VERIFY "runs/c & pid=$!; until grep -qs shuffle "
        "runs/c.verify-*/metrics.jsonl; do sleep 0.02; done; kill -TERM $pid; wait $pid");
    cr_expect_eq(r.exit_code, 128 + SIGTERM, "%d: %s", r.exit_code, r.err);
    cr_expect(strstr(r.err, "stopped by SIGTERM"), "%s", r.err);
    expect_tidy();
    gv_test_expect_error(gv_test_run("GLOVEBOX_TEST_DISK_FREE=1000 " VERIFY "runs/c"), 1,
                         "verifying needs", "--work", NULL);
}
