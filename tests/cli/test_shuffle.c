/* glove-shuffle as its users meet it. */
#include "support/gv_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET "--progress none"

/* A run directory with vocab.txt and counts.bin. */
static void count(const char *dir, uint64_t seed)
{
    const char *corpus = gv_test_corpus(gv_test_format("%s.txt", dir), seed, 30000, 900, 20);
    gv_test_run_ok("glove-vocab --run-dir %s " QUIET " --set 'corpus.files=[\"%s\"]'", dir, corpus);
    gv_test_run_ok("glove-cooccur --run-dir %s " QUIET, dir);
}

static const char *ask(const char *query)
{
    gv_test_result r = gv_test_run_ok("sqlite3 run/store.db \"%s\"", query);
    return r.out;
}

Test(shuffle_cli, makes_a_store)
{
    count("run", 1);
    gv_test_run_ok("glove-shuffle --run-dir run " QUIET);
    cr_assert_str_eq(ask("pragma integrity_check"), "ok\n");
    cr_assert_str_eq(ask("select count(*) = 1 + max(id) from tile"), "1\n");
    cr_assert_str_eq(ask("select (select value from meta where key = 'cells') = sum(records) from "
                         "tile"),
                     "1\n");
    cr_assert_str_eq(ask("select json_extract(value, '$.version') <> '' from meta where key = "
                         "'provenance'"),
                     "1\n");
    char *metrics = gv_test_read(gv_test_path("run/metrics.jsonl"), NULL);
    char *line = strstr(metrics, "\"stage\":\"shuffle\"");
    cr_assert_not_null(line);
    static const char *const fields[] = {
        "\"records\":", "\"cells\":",    "\"store_bytes\":", "\"tiles\":",
        "\"blobs\":",   "\"segments\":", "\"escapes\":",     "\"peak_rss_kb\":"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        cr_assert_not_null(strstr(line, fields[i]), "no %s in %s", fields[i], line);
    cr_assert_not(gv_test_exists(gv_test_path("run/store.db.tmp")));
}

Test(shuffle_cli, the_words_are_those_of_the_vocabulary)
{
    count("run", 2);
    gv_test_run_ok("glove-shuffle --run-dir run " QUIET);
    gv_test_run_ok("sqlite3 -separator ' ' run/store.db 'select word, count from word order by id' "
                   "| cmp - run/vocab.txt");
}

Test(shuffle_cli, knows_when_there_is_nothing_to_do)
{
    count("run", 3);
    gv_test_run_ok("glove-shuffle --run-dir run " QUIET);
    gv_test_run_ok("cp -p run/store.db kept.db");
    gv_test_result r = gv_test_run_ok("glove-shuffle --run-dir run --progress plain --set "
                                      "train.eta=0.01 --set shuffle.memory_mb=100");
    cr_assert_not_null(strstr(r.err, "up to date"), "%s", r.err);
    gv_test_run_ok("cmp kept.db run/store.db && test ! run/store.db -nt kept.db");
    r = gv_test_run_ok("glove-shuffle --run-dir run --progress plain --set shuffle.seed=2");
    cr_assert_null(strstr(r.err, "up to date"));
    gv_test_run_ok("! cmp -s kept.db run/store.db");
}

Test(shuffle_cli, says_which_stage_is_missing)
{
    gv_test_run_ok("mkdir run");
    gv_test_expect_error(gv_test_run("glove-shuffle --run-dir run " QUIET), 2, "vocab.txt",
                         "glove-vocab", NULL);
    count("run", 4);
    gv_test_run_ok("rm run/counts.bin");
    gv_test_expect_error(gv_test_run("glove-shuffle --run-dir run " QUIET), 2, "counts.bin",
                         "glove-cooccur", NULL);
}

Test(shuffle_cli, refuses_a_matrix_of_another_vocabulary)
{
    count("run", 5);
    count("other", 6);
    gv_test_run_ok("cp other/counts.bin run/counts.bin");
    gv_test_expect_error(gv_test_run("glove-shuffle --run-dir run " QUIET), 1, "counts.bin", NULL);
    gv_test_run_ok("rm run/.stamps/cooccur.json"); /* now only the file itself can tell */
    gv_test_expect_error(gv_test_run("glove-shuffle --run-dir run " QUIET), 1, "counts.bin",
                         "another vocabulary", "glove-cooccur", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("run/store.db")));
}

Test(shuffle_cli, names_a_damaged_matrix_and_leaves_the_old_store)
{
    count("run", 7);
    gv_test_run_ok("glove-shuffle --run-dir run " QUIET);
    gv_test_run_ok("cp run/store.db kept.db");
    gv_test_flip(gv_test_path("run/counts.bin"), -5000);
    gv_test_expect_error(gv_test_run("glove-shuffle --force --run-dir run " QUIET), 1, "counts.bin",
                         NULL);
    gv_test_run_ok("cmp kept.db run/store.db && test ! -e run/store.db.tmp");
}
