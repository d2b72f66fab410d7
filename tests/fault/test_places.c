/*
 * Something else in the place of a file: links out of the run directory, pipes, devices, folders.
 * And outputs that are pipes or descriptors. Nothing outside changes, nothing hangs, no node is
 * replaced.
 */
#include "support/gv_test.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIET "--progress none"

/* A run of all stages in "run", and "victim", which nothing may write to. */
static void prepare(void)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 3000, 60, 20);
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]},\n"
                                 " \"vocab\": {\"min_count\": 1}, \"cooccur\": {\"window\": 4},\n"
                                 " \"output\": {\"formats\": [\"text\", \"sqlite\"]},\n"
                                 " \"train\": {\"dim\": 8, \"epochs\": 2}}\n");
    gv_test_run_ok("glove-run c.json --run-dir run " QUIET);
    gv_test_write_text("victim", "somebody's file\n");
}

static void expect_victim(const char *after)
{
    size_t n;
    const char *text = gv_test_read(gv_test_path("victim"), &n);
    cr_assert(n == 16 && memcmp(text, "somebody's file\n", n) == 0, "after %s", after);
}

/* --- run directories -------------------------------------------------------------------------- */

Test(places, links_at_temporary_names_are_removed_not_followed, .timeout = 60)
{
    static const char *const cases[][2] = {{"vocab", "vocab.txt.tmp"},
                                           {"vocab", ".stamps/vocab.json.tmp"},
                                           {"vocab", ".stamps/vocab.begun.json.tmp"},
                                           {"vocab", "config.json.tmp"},
                                           {"cooccur", "counts.bin.tmp"},
                                           {"shuffle", "store.db.tmp"},
                                           {"shuffle", "store.db.tmp-journal"},
                                           {"train", "model.ckpt.tmp"},
                                           {"train", "vectors.txt.tmp"},
                                           {"train", "vectors.db.tmp"}};
    prepare();
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const char *const *c = cases[i / 2];
        gv_test_run_ok("ln %s \"$PWD/victim\" run/%s", i % 2 ? "-s" : "", c[1]);
        gv_test_run_ok("glove-%s --run-dir run --force " QUIET, c[0]);
        expect_victim(c[1]);
        cr_assert_not(gv_test_exists(gv_test_format("%s/run/%s", gv_test_dir(), c[1])), "%s", c[1]);
    }
}

Test(places, links_at_outputs_are_read_and_replaced, .timeout = 60)
{
    prepare();
    static const char *const links[] = {"ln", "ln -s"};
    for (size_t i = 0; i < 2; i++) {
        gv_test_run_ok("cp run/vocab.txt victim && mv run/vocab.txt kept && %s \"$PWD/victim\" "
                       "run/vocab.txt",
                       links[i]);
        gv_test_run_ok("glove-cooccur --run-dir run --force " QUIET);
        gv_test_run_ok("glove-vocab --run-dir run --force --set vocab.max_size=20 " QUIET);
        gv_test_run_ok("cmp victim kept && ! cmp -s run/vocab.txt kept && [ ! -L run/vocab.txt ]");
        gv_test_run_ok("glove-run c.json --run-dir run --force " QUIET);
    }
}

/* What is not replaced must be no link; a copy with hard links gets its own log. */
Test(places, links_in_place_of_lasting_files, .timeout = 60)
{
    static const char *const names[] = {"metrics.jsonl", ".stamps/vocab.lock",
                                        ".stamps/config.lock", "store.db-wal",
                                        "vectors.db-journal"};
    prepare();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gv_test_run_ok("rm -rf q && cp -r run q && rm -f q/%s && ln -s \"$PWD/victim\" q/%s",
                       names[i], names[i]);
        gv_test_expect_error(gv_test_run("glove-vocab --run-dir q --force " QUIET), 1, names[i],
                             "symbolic link", NULL);
        expect_victim(names[i]);
    }
    gv_test_run_ok("rm -rf q && cp -r run q && rm -rf q/.stamps && mkdir elsewhere && "
                   "ln -s \"$PWD/elsewhere\" q/.stamps");
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir q --force " QUIET), 1, ".stamps",
                         "symbolic link", NULL);
    gv_test_run_ok("rmdir elsewhere"); /* it is empty */
    gv_test_run_ok("rm -rf q && cp -al run q && cp run/metrics.jsonl before && "
                   "glove-train --run-dir q --force " QUIET);
    gv_test_run_ok("cmp before run/metrics.jsonl && [ $(wc -l < q/metrics.jsonl) -gt "
                   "$(wc -l < before) ]");
}

Test(places, what_is_no_file_is_refused_at_once, .timeout = 120)
{
    static const char *const names[] = {"vocab.txt",
                                        "counts.bin",
                                        "store.db",
                                        "model.ckpt",
                                        "config.json",
                                        "vectors.txt",
                                        "vectors.db",
                                        "corpus.ids",
                                        "eval.json",
                                        "eval.tsv",
                                        "metrics.jsonl",
                                        "vocab.txt.tmp",
                                        "store.db-wal",
                                        "store.db-journal",
                                        ".stamps/train.json",
                                        ".stamps/train.lock",
                                        ".stamps/shuffle.json.tmp"};
    static const char *const programs[] = {"vocab", "train", "query nearest w1", "report", "plan"};
    prepare();
    for (size_t i = 0; i < 2 * sizeof names / sizeof *names; i++) {
        const char *name = names[i / 2];
        gv_test_run_ok("rm -rf q && cp -r run q && rm -f q/%s && %s q/%s", name,
                       i % 2 ? "mkfifo" : "mkdir", name);
        const char *program = programs[i / 2 % 5], *rest = strchr(program, ' ');
        int n = rest ? (int)(rest - program) : (int)strlen(program);
        gv_test_expect_error(gv_test_run("timeout 20 glove-%.*s --run-dir q " QUIET "%s", n,
                                         program, rest ? rest : ""),
                             1, name,
                             i % 2 ? "a named pipe, not a file" : "a directory, not a file",
                             "remove it", NULL);
        gv_test_run_ok("[ %s q/%s ]", i % 2 ? "-p" : "-d", name);
    }
    /* somebody's own folder is none of the program's */
    gv_test_run_ok(
        "rm -rf q && cp -r run q && mkdir q/vectors.old && glove-vocab --run-dir q " QUIET);
}

Test(places, a_run_directory_may_be_a_link_and_have_any_name, .timeout = 60)
{
    static const char *const names[] = {
        "link", "file:x", "file:x?mode=memory", "a%20b", ":memory:", "-dash", "#"};
    gv_test_corpus("corpus.txt", gv_test_seed(), 3000, 60, 20);
    gv_test_run_ok("mkdir real && ln -s real link");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gv_test_run_ok("for s in vocab cooccur shuffle train; do glove-$s --run-dir '%s' --set "
                       "corpus.files=corpus.txt --set train.epochs=1 --set train.dim=4 "
                       "--set 'output.formats=[\"text\",\"sqlite\"]' " QUIET " || exit 1; done",
                       names[i]);
        gv_test_run_ok("glove-query --run-dir '%s' pairs w1 " QUIET, names[i]);
        gv_test_run_ok("cmp ./'%s'/vectors.txt real/vectors.txt", names[i]);
    }
    gv_test_run_ok("[ -L link ]");
}

/* SQLite has a limit on paths; all stages say so, not the third one after hours. */
Test(places, a_path_that_sqlite_cannot_open_is_refused_by_all, .timeout = 60)
{
    char parts[600], *at = parts;
    for (int i = 0; i < 5; i++)
        at += sprintf(at, "%0100d/", i);
    gv_test_corpus("corpus.txt", gv_test_seed(), 3000, 60, 20);
    gv_test_run_ok("mkdir -p %s", parts);
    static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train", "eval"};
    for (size_t i = 0; i < 5; i++)
        gv_test_expect_error(
            gv_test_run("glove-%s --run-dir %sr --set corpus.files=corpus.txt " QUIET, stages[i],
                        parts),
            i == 0 || i == 4 ? 1 : 2, "", NULL);
    gv_test_result r = gv_test_run(
        "mkdir %sr; glove-cooccur --run-dir %sr --set corpus.files=corpus.txt", parts, parts);
    gv_test_expect_error(r, 1, "bytes", "shorter path", NULL);
    gv_test_run_ok("[ -z \"$(ls -A %sr)\" ]", parts);
}

Test(places, a_corpus_of_the_runs_own_outputs_is_refused, .timeout = 60)
{
    static const char *const names[] = {"run/vocab.txt", "run/metrics.jsonl", "link", "hard"};
    prepare();
    gv_test_run_ok("ln -s run/vectors.txt link && ln run/vocab.txt hard && cp -r run before");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gv_test_result r = gv_test_run("glove-vocab --run-dir run --force --set "
                                       "'corpus.files=[\"corpus.txt\",\"%s\"]' " QUIET,
                                       names[i]);
        gv_test_expect_error(r, 2, "which this run writes itself", names[i], NULL);
    }
    gv_test_run_ok("cmp run/vocab.txt before/vocab.txt && cmp run/config.json before/config.json");
    /* another run's, with its name given, is a text like others */
    gv_test_run_ok("glove-vocab --run-dir other --set corpus.files=run/vocab.txt " QUIET);
}

/* --- outputs ---------------------------------------------------------------------------------- */

Test(places, outputs_are_written_into_pipes_and_descriptors, .timeout = 60)
{
    prepare();
    gv_test_run_ok("mkfifo pipe && ln -s pipe link && ln -s /dev/stdout out");
    static const char *const ways[] = {
        "cat pipe > got & %s pipe && wait",
        "cat pipe > got & %s link && wait",
        "%s - | cat > got",
        "%s /dev/stdout > got",
        "%s out > got",
        "%s /dev/fd/7 7> got",
        "{ printf x; %s /dev/stdout; } > got && tail -c +2 got > g && mv g got"};
    static const char *const programs[] = {"glove-convert " QUIET " --to text run/vectors.txt",
                                           "glove-convert " QUIET
                                           " counts-export --to tsv run/counts.bin"};
    static const char *const wanted[] = {"run/vectors.txt", "counts.tsv"};
    gv_test_run_ok("glove-convert " QUIET " counts-export run/counts.bin counts.tsv");
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < sizeof ways / sizeof *ways - p; i++) {
            char command[512];
            snprintf(command, sizeof command, ways[i], programs[p]);
            gv_test_run_ok("%s && cmp got %s", command, wanted[p]);
            gv_test_run_ok("[ -p pipe ] && [ -L link ] && [ -L out ] && [ -e /dev/stdout ]");
        }
    gv_test_run_ok("glove-report --run-dir run --output - " QUIET " | tail -1 | grep -q '</html>'");
}

Test(places, what_cannot_be_written_to_is_named, .timeout = 60)
{
    prepare();
    gv_test_run_ok("mkfifo pipe && mkdir folder");
    static const char *const formats[] = {"sqlite", "projector"};
    for (size_t i = 0; i < 2; i++) {
        gv_test_result r = gv_test_run(
            "timeout 20 glove-convert " QUIET " --to %s run/vectors.txt pipe", formats[i]);
        gv_test_expect_error(r, 2, "pipe", formats[i], "name a file", NULL);
    }
    gv_test_expect_error(gv_test_run("glove-convert " QUIET " --to text run/vectors.txt folder"), 1,
                         "folder: it is a directory", NULL);
    gv_test_run_ok("mkfifo v.txt.tmp");
    gv_test_expect_error(gv_test_run("timeout 20 glove-convert " QUIET " run/vectors.txt v.txt"), 1,
                         "v.txt.tmp is a named pipe", NULL);
    gv_test_run_ok("[ -p pipe ] && [ -p v.txt.tmp ] && [ -d folder ]");
}

Test(places, a_device_as_output_stays, .timeout = 60)
{
    prepare();
    if (mknod(gv_test_path("null"), S_IFCHR | 0666, (dev_t)(1 << 8 | 3)) != 0)
        gv_test_skip("needs root to make a device");
    gv_test_run_ok("glove-convert " QUIET " --to text run/vectors.txt null && "
                   "glove-convert " QUIET " counts-export --to bin run/counts.bin null && "
                   "glove-report --run-dir run --output null " QUIET);
    gv_test_run_ok("[ -c null ] && [ ! -e null.tmp ]");
}

/* --- inputs ----------------------------------------------------------------------------------- */

/* A pipe from which nothing comes is not an empty corpus: its program has failed. */
Test(places, an_empty_pipe_is_told, .timeout = 60)
{
    prepare();
    gv_test_run_ok("mkfifo pipe");
    gv_test_result r = gv_test_run(": > pipe & timeout 20 glove-vocab --run-dir q --set "
                                   "'corpus.files=[\"pipe\",\"corpus.txt\"]' " QUIET);
    gv_test_expect_error(r, 1, "pipe is empty", NULL);
    gv_test_run_ok("gzip -c corpus.txt > pipe & timeout 20 glove-vocab --run-dir q --set "
                   "corpus.files=pipe --set vocab.min_count=1 " QUIET " && cmp q/vocab.txt "
                   "run/vocab.txt");
}
