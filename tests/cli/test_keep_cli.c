/* glove-run --keep: what is intermediate goes, and is not made again unnoticed. And glove-run where
 * there is no terminal, no HOME, no open standard input. */
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>

static void write_config(void)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 5000, 100, 20);
    gv_test_write_text("c.json",
                       "{\"name\": \"r\", \"corpus\": {\"files\": [\"corpus.txt\"]}, "
                       "\"vocab\": {\"min_count\": 1}, \"train\": {\"dim\": 4, \"epochs\": 2}}");
}

static void expect_said(gv_test_result result, const char *what)
{
    cr_assert_eq(result.exit_code, 0, "%s", result.err);
    cr_assert_not_null(strstr(result.err, what), "no '%s' in %s", what, result.err);
}

Test(keep_cli, only_vectors)
{
    write_config();
    expect_said(gv_test_run("glove-run c.json --keep vectors"),
                "removed counts.bin, store.db, model.ckpt");
    gv_test_run_ok("test -e runs/r/vectors.txt && test -e runs/r/vocab.txt && "
                   "! ls runs/r/counts.bin runs/r/store.db runs/r/model.ckpt 2>/dev/null");
    char *before = gv_test_read(gv_test_path("runs/r/metrics.jsonl"), NULL);
    expect_said(gv_test_run("glove-run c.json"), "runs/r is complete");
    expect_said(gv_test_run("glove-run --run-dir runs/r --keep vectors"), "runs/r is complete");
    /* a copy has other times, but the same bytes */
    gv_test_run_ok("touch corpus.txt runs/r/vocab.txt && cp -r runs/r copy");
    expect_said(gv_test_run("glove-run --run-dir copy"), "copy is complete");
    char *after = gv_test_read(gv_test_path("runs/r/metrics.jsonl"), NULL);
    cr_assert_str_eq(before, after);
    free(before);
    free(after);
    /* scores need the vectors only */
    gv_test_write_text("s.tsv", "a\tb\t1\nc\td\t2\ne\tf\t3\n");
    gv_test_run("glove-run c.json --set 'eval.similarity=[\"s.tsv\"]'");
    gv_test_run_ok("! test -e runs/r/counts.bin");
    /* what would take what is gone is refused */
    gv_test_expect_error(gv_test_run("glove-run c.json --set train.epochs=3"), 2,
                         "train.epochs = 2, now it is 3", "store.db", "--force", NULL);
    gv_test_run_ok("cp corpus.txt other.txt");
    gv_test_expect_error(gv_test_run("glove-run c.json --set 'corpus.files=[\"other.txt\"]'"), 2,
                         "other corpus.files", "--force", NULL);
    gv_test_run_ok("echo more text >> corpus.txt");
    gv_test_expect_error(gv_test_run("glove-run c.json"), 2, "corpus.txt is gone or has changed",
                         "--force", NULL);
    gv_test_run_ok("tr a-z b-za <runs/r/vectors.txt >copy/vectors.txt");
    gv_test_expect_error(gv_test_run("glove-run --run-dir copy"), 2, "gone or has changed", NULL);
    gv_test_run_ok("glove-run c.json --force && test -e runs/r/store.db && glove-run c.json");
}

Test(keep_cli, wrong_usage)
{
    write_config();
    gv_test_expect_error(gv_test_run("glove-run c.json --keep vector"), 2, "--keep must be", NULL);
    gv_test_expect_error(gv_test_run("glove-run c.json --keep vectors --to cooccur"), 2,
                         "leave out --to cooccur", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("runs")));
}

/* As cron and systemd start it, and behind nohup. */
Test(keep_cli, without_a_terminal)
{
    write_config();
    gv_test_run_ok("env -i PATH=\"$PATH\" sh -c 'exec <&-; glove-run c.json >log 2>&1' && grep -q "
                   "'done in' log && ! grep -q \"$(printf '\\033')\" log");
    gv_test_run_ok("rm -r runs; env -i PATH=\"$PATH\" sh -c 'exec <&- >&- 2>&-; exec glove-run "
                   "c.json' && test -e runs/r/vectors.txt");
    /* a hang-up that is ignored stays so */
    gv_test_run_ok("rm -r runs; sh -c 'trap \"\" HUP; exec glove-run c.json --set "
                   "train.epochs=300' 2>log & p=$!; while ! test -e runs/r/vocab.txt; do sleep "
                   "0.05; kill -0 $p || break; done; kill -HUP $p; wait $p && test -e "
                   "runs/r/vectors.txt");
}
