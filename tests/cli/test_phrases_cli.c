/* Phrases through the programs: found and given, joined by every stage, stale and resumed. */
#include "support/gv_test.h"

#include <stdio.h>
#include <string.h>

#define QUIET           "--progress none"
#define VOCAB           "glove-vocab --run-dir run --set corpus.files=text " QUIET " --set vocab.min_count=1 "
#define RANKS_OF(stage) GV_SH_BUILD "/tests/ranks/" stage "_ranks"

/* 120 times each: New York, New York City, the Bank of England, and their words apart, between
 * words that change. */
static void make_text(void)
{
    gv_test_run_ok(
        "awk 'BEGIN { for (i = 0; i < 120; i++) { a = \"f\" i * 7 %% 11; b = \"g\" i * 5 %% "
        "13; print a, \"new york\", b; print b, \"new york city\", a; print a, \"bank of "
        "england\", b; print b, \"new\", a; print a, \"bank\", b; print b, \"city\", a; "
        "print a, \"england\", b; print b, \"of\", a } }' >text");
}

static void expect_line(const char *file, const char *line)
{
    gv_test_run_ok("grep -qxF '%s' %s || { cat %s >&2; exit 1; }", line, file, file);
}

static void expect_no_line(const char *file, const char *start)
{
    gv_test_run_ok("! grep '^%s' %s >&2", start, file);
}

Test(phrases_cli, are_found_and_joined_by_every_stage, .timeout = 60)
{
    make_text();
    gv_test_run_ok(VOCAB "--set vocab.phrases=3 --set 'vocab.phrase_spans=[\"of\"]'");
    expect_line("run/vocab.txt", "new_york 120");
    expect_line("run/vocab.txt", "new_york_city 120");
    expect_line("run/vocab.txt", "bank_of_england 120");
    expect_line("run/vocab.txt", "bank 120");
    expect_line("run/vocab.txt", "new 120");
    expect_no_line("run/vocab.txt", "york");
    gv_test_run_ok("grep -q '^new_york\t240\t0\\.[0-9]\\{6\\}$' run/phrases.tsv");
    gv_test_run_ok("grep -q '\"event\":\"phrases\",\"pass\":2' run/metrics.jsonl");
    gv_test_run_ok("test -z \"$(ls run/.stamps | grep vocab.phrases)\"");
    gv_test_run_ok("glove-cooccur --run-dir run " QUIET);
    gv_test_run_ok(
        "glove-convert counts-export run/counts.bin m.tsv && grep -q new_york_city m.tsv "
        "|| grep -q . m.tsv");
    gv_test_run_ok("glove-shuffle --run-dir run " QUIET);
    gv_test_run_ok("glove-train --run-dir run --set train.dim=8 --set train.epochs=2 " QUIET);
    gv_test_result r = gv_test_run_ok("glove-query --run-dir run --json nearest new york");
    cr_assert_not_null(strstr(r.out, "\"new_york\""), "%s", r.out);
    gv_test_run_ok("glove-query --run-dir run similarity 'bank of england' new_york");
    /* word2vec reads the text by itself, and so does glove-embed */
    gv_test_run_ok("glove-train --run-dir run --force --set train.objective=word2vec "
                   "--set train.dim=8 --set train.epochs=1 " QUIET);
    gv_test_run_ok("glove-query --run-dir run nearest new_york_city");
    gv_test_run_ok(
        "printf 'new york city\\n' | glove-embed --run-dir run --weights mean " QUIET
        " >a && printf 'new_york_city\\n' | glove-embed --run-dir run --weights mean " QUIET
        " >b && cmp a b");
}

Test(phrases_cli, stale_files_are_noticed, .timeout = 60)
{
    make_text();
    gv_test_run_ok(VOCAB "--set vocab.phrases=1");
    gv_test_result r = gv_test_run_ok("glove-vocab --run-dir run --progress plain");
    cr_assert_not_null(strstr(r.err, "phrases.tsv are up to date"), "%s", r.err);
    gv_test_run_ok("glove-cooccur --run-dir run " QUIET);
    r = gv_test_run_ok("glove-cooccur --run-dir run --progress plain");
    cr_assert_not_null(strstr(r.err, "up to date"), "%s", r.err);
    gv_test_run_ok("cp run/phrases.tsv keep; head -n 1 keep >run/phrases.tsv");
    gv_test_expect_error(gv_test_run("glove-cooccur --run-dir run " QUIET), 1, "phrases.tsv",
                         "run glove-vocab again", NULL);
    gv_test_run_ok("glove-vocab --run-dir run " QUIET " && cmp keep run/phrases.tsv");
    gv_test_expect_error(
        gv_test_run("glove-cooccur --run-dir run --set vocab.phrase_threshold=0.9 " QUIET), 2,
        "vocab.phrase_threshold", "glove-vocab", NULL);
    gv_test_expect_error(
        gv_test_run("glove-cooccur --run-dir run --set corpus.documents=none " QUIET), 2,
        "corpus.documents", "glove-vocab", NULL);
    gv_test_run_ok("rm run/phrases.tsv");
    gv_test_expect_error(gv_test_run("glove-cooccur --run-dir run " QUIET), 2,
                         "phrases.tsv is missing", "glove-vocab", NULL);
    /* no phrases: the file is of no importance */
    gv_test_run_ok("glove-vocab --run-dir run --set vocab.phrases=0 " QUIET);
    expect_line("run/vocab.txt", "york 240");
    gv_test_run_ok("echo rubbish >run/phrases.tsv; glove-cooccur --run-dir run " QUIET);
}

Test(phrases_cli, a_list_of_the_users, .timeout = 60)
{
    make_text();
    gv_test_write_text("list",
                       "\xef\xbb\xbf# places\n\nNew  York\r\nbank_of_england\nof f1\t12\t0.5\n"
                       "#1_hit\t3\t0.400000\r\n#\ta remark\n");
    gv_test_run_ok(VOCAB "--set vocab.phrase_file=list --set corpus.lowercase=true");
    expect_line("run/vocab.txt", "new_york 240");
    expect_line("run/vocab.txt", "bank_of_england 120");
    gv_test_run_ok(
        "printf 'of_f1\\t12\\t0.500000\\n#1_hit\\t3\\t0.400000\\nbank_of_england\\t0\\t0.000000\\n"
        "new_york\\t0\\t0.000000\\n' | cmp - run/phrases.tsv");
    gv_test_run_ok("glove-cooccur --run-dir run " QUIET);
    /* what glove-vocab wrote is such a list; another one is noticed */
    gv_test_run_ok(
        "cp run/phrases.tsv again; glove-vocab --run-dir run --set vocab.phrase_file=again " QUIET
        " && cmp again run/phrases.tsv");
    gv_test_expect_error(
        gv_test_run("glove-vocab --run-dir run --set vocab.phrase_file=run/phrases.tsv " QUIET), 2,
        "run/phrases.tsv is the file that glove-vocab writes here", NULL);
    gv_test_run_ok("cmp again run/phrases.tsv; head -n 1 again >less");
    gv_test_expect_error(
        gv_test_run("glove-cooccur --run-dir run --set vocab.phrase_file=less " QUIET), 2,
        "vocab.phrase_file", "glove-vocab", NULL);
    /* a list needs the text only once */
    gv_test_run_ok("glove-vocab --run-dir run --force --set corpus.files=- " QUIET " <text");
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir run --set corpus.files=- "
                                     "--set vocab.phrases=1 " QUIET " <text"),
                         2, "standard input", "vocab.phrases", NULL);
    /* words that the tokenizer drops */
    gv_test_write_text("list", "new york\nC ++\n");
    gv_test_result r = gv_test_run_ok(
        "glove-vocab --run-dir run --set corpus.files=text --set vocab.phrase_file=list "
        "--set corpus.tokenizer=unicode --progress plain");
    cr_assert_not_null(strstr(r.err, "1 line of list left out"), "%s", r.err);
}

Test(phrases_cli, lists_that_are_none, .timeout = 60)
{
    static const struct {
        const char *text;
        size_t bytes;
        const char *where, *what;
    } lists[] = {{"new york\nlondon\n", 0, "list:2", "single word"},
                 {"a b\nc d\tmany\n", 0, "list:2", "count is not a whole number"},
                 {"a b\t1\tx\n", 0, "list:1", "score is not a number"},
                 {"a b\nc\0d e\n", 10, "list:2", "NUL"},
                 {"a b\nc \xff"
                  "d\n",
                  0, "list:2", "UTF-8"},
                 {"# nothing\n\n", 0, "list", "has no phrases"},
                 {"a b\n1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3\n", 0,
                  "list:2", "more than 32 words"}};
    make_text();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        gv_test_write("list", lists[i].text,
                      lists[i].bytes ? lists[i].bytes : strlen(lists[i].text));
        gv_test_expect_error(gv_test_run(VOCAB "--set vocab.phrase_file=list"), 1, lists[i].where,
                             lists[i].what, NULL);
    }
    gv_test_expect_error(gv_test_run(VOCAB "--set vocab.phrase_file=nowhere"), 2, "nowhere",
                         "vocab.phrase_file", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set vocab.phrases=1 "
                                           "--set 'vocab.phrase_spans=[\"of the\"]'"),
                         2, "vocab.phrase_spans", NULL);
}

/* phrases.tsv of a stranger, without a stamp that would give it away. */
Test(phrases_cli, damaged_phrases_tsv, .timeout = 60)
{
    static const char *const lines[] = {"new_york",
                                        "new_york\t1",
                                        "new york\t1\t0.5",
                                        "york\t1\t0.500000",
                                        "_a_b\t1\t0.500000",
                                        "a__b\t1\t0.500000",
                                        "\t1\t0.500000",
                                        "a_b\t-1\t0.500000",
                                        "a_b\t1\tnan",
                                        "a_b\t1\t0.5\t7",
                                        "new_york\t1\t0.500000",
                                        "# a_b",
                                        "a_\xff\t1\t0.500000",
                                        ""};
    make_text();
    gv_test_run_ok(VOCAB "--set vocab.phrases=1");
    gv_test_run_ok("rm run/.stamps/vocab.json");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        gv_test_write_text("run/phrases.tsv",
                           gv_test_format("new_york\t2\t0.600000\n%s\n", lines[i]));
        gv_test_expect_error(gv_test_run("glove-cooccur --run-dir run " QUIET), 1, "phrases.tsv:2",
                             NULL);
    }
    gv_test_run_ok("head -c 3000000 /dev/zero | tr '\\0' a >run/phrases.tsv");
    gv_test_expect_error(gv_test_run("glove-cooccur --run-dir run " QUIET), 1, "phrases.tsv:1",
                         NULL);
    gv_test_run_ok(": >run/phrases.tsv; glove-cooccur --run-dir run " QUIET);
}

/* Killed before any rename: the next start has the same result, and goes on behind a pass if one
 * was done. */
Test(phrases_cli, a_killed_start_is_resumed, .timeout = 120)
{
    int killed = 0, resumed = 0;
    make_text();
    gv_test_run_ok(VOCAB "--set vocab.phrases=3 && mv run whole");
    for (int n = 1; n < 30; n++) {
        gv_test_run_ok("rm -rf run");
        gv_test_result r =
            gv_test_run("GLOVEBOX_TEST_AT=rename:%d=KILL " VOCAB "--set vocab.phrases=3", n);
        killed += r.exit_code != 0;
        r = gv_test_run_ok(
            "glove-vocab --run-dir run --set corpus.files=text --set vocab.phrases=3 "
            "--set vocab.min_count=1 --progress plain");
        resumed += strstr(r.err, "going on after pass") != NULL;
        gv_test_run_ok(
            "cmp run/vocab.txt whole/vocab.txt && cmp run/phrases.tsv whole/phrases.tsv");
        gv_test_run_ok("test -z \"$(ls run/.stamps | grep 'vocab.phrases\\|vocab.words')\"");
    }
    cr_assert(killed > 6 && resumed > 3, "killed %d times, resumed %d times", killed, resumed);
}

/* One line, cut among ranks in its middle. */
Test(phrases_cli, ranks_make_the_same_bytes, .timeout = 240)
{
    gv_test_corpus("words", gv_test_seed(), 300000, 300, 0);
    gv_test_run_ok("sed 's/w1 w2/w1 w2 w3 w4/g' words >text");
    for (int kind = 0; kind < 2; kind++) {
        const char *options = gv_test_format(
            "--set corpus.files=%s --set vocab.phrases=2 --set vocab.phrase_threshold=0.02 "
            "--set vocab.memory_mb=%d --set 'vocab.phrase_spans=[\"w5\"]' " QUIET,
            kind ? "words" : "text", kind ? 12 : 64);
        gv_test_run_ok("rm -rf one many");
        gv_test_run_ok("glove-vocab --run-dir one --set cooccur.threads=3 %s", options);
        gv_test_run_ok("glove-cooccur --run-dir one %s", options);
        for (int ranks = 2; ranks <= 4; ranks += 2) {
            gv_test_run_ok("rm -rf many; RANKS=%d " RANKS_OF("vocab") " --run-dir many %s", ranks,
                           options);
            gv_test_run_ok("RANKS=%d " RANKS_OF("cooccur") " --run-dir many %s", ranks, options);
            gv_test_run_ok(
                "for f in vocab.txt phrases.tsv counts.bin; do cmp one/$f many/$f || exit "
                "1; done");
        }
        gv_test_run_ok("test $(wc -l <one/phrases.tsv) -gt 20");
    }
}

/* A list alone, and a vocabulary that the user brings. */
Test(phrases_cli, ranks_with_lists, .timeout = 120)
{
    gv_test_corpus("text", gv_test_seed(), 20000, 100, 0);
    gv_test_write_text("list", "w1 w2\nw2 w1 w3\nw1 w1\n");
    gv_test_write_text("given", "w1_w2\nw3\n");
    static const char *const options[] = {
        "--set vocab.phrase_file=list", "--set vocab.phrase_file=list --set vocab.file=given",
        "--set vocab.phrases=1 --set vocab.phrase_threshold=0 --set vocab.file=given"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        gv_test_run_ok(
            "rm -rf one many; glove-vocab --run-dir one --set corpus.files=text %s " QUIET,
            options[i]);
        gv_test_run_ok(
            "RANKS=3 " RANKS_OF("vocab") " --run-dir many --set corpus.files=text %s " QUIET,
            options[i]);
        gv_test_run_ok("cmp one/vocab.txt many/vocab.txt && cmp one/phrases.tsv many/phrases.tsv");
    }
}
