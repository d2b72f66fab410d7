/* More text for a run that exists (docs/append.md): the counts are those of all text at once, the
 * run is whole at any moment, and what cannot be added to is refused. */
#include "support/gv_test.h"

#include <stdio.h>
#include <string.h>

#define QUIET "--progress none"

/* Documents are lines, so A, B and C one after the other are one corpus. Words of a later text that
 * earlier ones do not have come from the larger vocabulary. */
static void make_texts(size_t tokens)
{
    gv_test_corpus("A", gv_test_seed(), tokens, 120, 20);
    gv_test_corpus("B", gv_test_seed() + 1, tokens, 200, 20);
    gv_test_corpus("C", gv_test_seed() + 2, tokens / 2, 260, 20);
}

static void make_run(const char *dir, const char *files, const char *options)
{
    gv_test_write_text(
        "c.json", gv_test_format("{\"corpus\": {\"files\": [%s]}, \"vocab\": {\"min_count\": 1}, "
                                 "\"train\": {\"dim\": 4, \"epochs\": 2, \"threads\": 2}}",
                                 files));
    gv_test_run_ok("glove-run c.json --run-dir %s " QUIET " %s", dir, options);
}

static void expect_same_counts(const char *a, const char *b, const char *options)
{
    gv_test_result r =
        gv_test_run("cmp %s/vocab.txt %s/vocab.txt && cmp %s/counts.bin %s/counts.bin", a, b, a, b);
    cr_expect_eq(r.exit_code, 0, "%s: %s%s (seed %llu)", options, r.out, r.err,
                 (unsigned long long)gv_test_seed());
}

Test(append, counts_are_those_of_all_text_at_once)
{
    static const char *const settings[] = {
        "", "--set cooccur.symmetric=false", "--set cooccur.weighting=flat --set cooccur.window=3",
        "--set 'cooccur.weighting=[1,0.3]' --set cooccur.memory_mb=60 --set cooccur.threads=1"};
    make_texts(3000);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *options = gv_test_format("%s --to cooccur", settings[i]);
        gv_test_run_ok("rm -rf all run");
        make_run("all", "\"A\", \"B\"", options);
        make_run("run", "\"A\"", options);
        gv_test_run_ok("glove-run --append B --to cooccur --run-dir run " QUIET);
        expect_same_counts("all", "run/append", settings[i]);
    }
}

Test(append, several_appends_grow_the_run)
{
    make_texts(2000);
    make_run("all", "\"A\", \"B\", \"C\"", "");
    make_run("run", "\"A\"", "");
    gv_test_run_ok("mv A gone");
    gv_test_run_ok("glove-run run --append B " QUIET);
    gv_test_run_ok("rm B");
    gv_test_run_ok("glove-run --append C --run-dir run " QUIET);
    expect_same_counts("all", "run", "two appends");
    gv_test_result r = gv_test_run_ok("glove-run run");
    cr_expect_null(strstr(r.err, "counting"), "%s", r.err);
    cr_expect_not_null(strstr(r.err, "vectors.txt are up to date"), "%s", r.err);
    /* a row for each word, and one for <unk> */
    gv_test_run_ok("test $(wc -l < run/vectors.txt) = $(($(wc -l < all/vocab.txt) + 1))");
    gv_test_run_ok("grep -q '\"files\": \\[\"A\",\"B\",\"C\"\\]' run/config.json && "
                   "grep -q '\"counted\": \\[\"A\",\"B\"\\]' run/config.json");
    gv_test_run_ok("test ! -e run/append && test $(grep -c '\"file\"' run/base/parts.json) = 2");
    /* store.db and the report name them all */
    gv_test_run_ok("glove-report --run-dir run " QUIET
                   " && grep -q 'Part 3 of the text' run/report.html");
    gv_test_run_ok(
        "sqlite3 run/store.db \"SELECT value FROM meta WHERE key = 'provenance'\" > p && "
        "test $(grep -c '\"file\": \"' p) = 3");
    /* each stage of each of the three runs has said that it is done */
    gv_test_run_ok(
        "test $(grep -c '\"stage\":\"train\",\"event\":\"done\"' run/metrics.jsonl) = 3");
    /* what the earlier text gave may be removed, and the run stays up to date */
    gv_test_run_ok("rm -r run/base && glove-run run " QUIET);
    gv_test_expect_error(gv_test_run("glove-cooccur --run-dir run --force " QUIET), 2,
                         "base/vocab.txt", "corpus.counted", NULL);
}

Test(append, what_earlier_text_gave_moves_with_the_run)
{
    make_texts(1500);
    make_run("run", "\"A\"", "");
    gv_test_run_ok("glove-run run --append B C " QUIET);
    gv_test_run_ok("mv run moved && glove-run moved --progress plain 2> err && "
                   "grep -q 'counts.bin is up to date' err");
    /* the same texts, counted again from what is there */
    gv_test_run_ok("cp moved/counts.bin . && glove-cooccur --run-dir moved --force " QUIET
                   " && cmp counts.bin moved/counts.bin");
}

/* Every word of the run, and its vector, are in those of now; <unk>, the mean, is another. */
static void expect_old_vectors_kept(const char *why)
{
    gv_test_run_ok("grep -v '^<unk>' old/vectors.txt | sort > a; sort run/vectors.txt > b");
    gv_test_result r = gv_test_run("comm -23 a b");
    cr_expect_str_empty(r.out, "%s: %s", why, r.out);
    gv_test_run_ok("test $(wc -l < run/vectors.txt) -gt $(wc -l < old/vectors.txt)");
}

Test(append, training_goes_on_from_the_vectors_of_the_run)
{
    static const char *const kept[] = {"--set train.epochs=0", "--set train.freeze=true"};
    static const char *const kinds[] = {"glove", "word2vec"};
    make_texts(1500);
    for (size_t k = 0; k < 2; k++) {
        gv_test_run_ok("rm -rf old");
        make_run("old", "\"A\"", gv_test_format("--set train.objective=%s", kinds[k]));
        for (size_t i = 0; i < 2; i++) {
            gv_test_result r = gv_test_run_ok("rm -rf run && cp -a old run && "
                                              "glove-run --run-dir run --append B %s",
                                              kept[i]);
            cr_expect_null(strstr(r.err, "no effect"), "%s", r.err);
            expect_old_vectors_kept(gv_test_format("%s %s", kinds[k], kept[i]));
        }
        gv_test_run_ok("grep -q '\"event\":\"init\"' run/metrics.jsonl");
    }
    /* later trainings of the run begin there, too */
    gv_test_result r = gv_test_run_ok("glove-train --run-dir run --set train.eta=0.01");
    cr_expect_not_null(strstr(r.err, "start from run/base"), "%s", r.err);
}

Test(append, config_of_before_is_refused_where_it_would_undo_it)
{
    make_texts(1500);
    make_run("run", "\"A\"", "");
    gv_test_run_ok("glove-run run --append B " QUIET);
    gv_test_expect_error(gv_test_run("glove-run c.json --run-dir run " QUIET), 2, "--run-dir run",
                         "--force", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir run --set 'corpus.counted=[]' " QUIET),
                         2, "appended", NULL);
    gv_test_run_ok("glove-run run " QUIET);
}

Test(append, same_bytes_on_many_ranks)
{
    make_texts(3000);
    make_run("one", "\"A\"", "--to cooccur");
    gv_test_run_ok("glove-run one --append B --to cooccur " QUIET
                   " && cp -a one/append many && mv one old && mv old/append one");
    static const gv_test_ranks kinds[] = {{"glove-vocab", GV_SH_BUILD "/tests/ranks/vocab_ranks",
                                           "vocab.txt", "\"new_words\":[0-9]*"},
                                          {"glove-cooccur",
                                           GV_SH_BUILD "/tests/ranks/cooccur_ranks", "counts.bin",
                                           "\"tokens\":[0-9]*"}};
    for (size_t i = 0; i < 2; i++)
        cr_expect_eq(gv_test_compare_ranks(&kinds[i], 3, "--force"), 0, "%s", kinds[i].stage);
}

Test(append, cleaning_keeps_what_nothing_makes_again)
{
    make_texts(1500);
    make_run("run", "\"A\"", "");
    gv_test_run_ok("glove-run run --append B " QUIET " && cp run/counts.bin .");
    gv_test_run_ok("glove-clean --keep vectors run && test ! -e run/counts.bin");
    gv_test_run_ok("glove-run run " QUIET " && cmp counts.bin run/counts.bin");
    gv_test_result r = gv_test_run_ok("glove-clean --all --dry-run run");
    cr_expect_not_null(strstr(r.out, "base/counts.bin, which it was made from, is removed, too"),
                       "%s", r.out);
    cr_expect_null(strstr(r.out, "glove-cooccur makes it again"), "%s", r.out);
    r = gv_test_run_ok("glove-clean --all --keep vectors run");
    cr_expect_not_null(strstr(r.out, "not read again"), "%s", r.out);
    gv_test_run_ok("test ! -e run/base/counts.bin && glove-query --run-dir run nearest w1");
    /* a folder of texts that holds the run is read without what the run has written */
    gv_test_run_ok("mkdir texts && mv run C texts && glove-vocab --run-dir v " QUIET
                   " --set corpus.files=texts && grep -q '\"files\":1,' v/metrics.jsonl");
}

/* --- vocab.extend ----------------------------------------------------------------------------- */

static void expect_vocab(const char *options, const char *wanted)
{
    gv_test_run_ok("rm -rf grown; glove-vocab --run-dir grown --set corpus.files=new.txt "
                   "--set vocab.extend=old.txt " QUIET " %s",
                   options);
    cr_expect_str_eq(gv_test_read(gv_test_path("grown/vocab.txt"), NULL), wanted, "%s", options);
}

Test(append, vocabulary_grows)
{
    gv_test_write_text("old.txt", "a 4\nrare 1\nunseen 0\n");
    gv_test_write_text("new.txt", "a b b b c c d\n");
    expect_vocab("--set vocab.min_count=2", "a 5\nb 3\nc 2\nrare 1\nunseen 0\n");
    expect_vocab("--set vocab.min_count=1", "a 5\nb 3\nc 2\nd 1\nrare 1\nunseen 0\n");
    /* no word of the old one is left out */
    expect_vocab("--set vocab.min_count=1 --set vocab.max_size=4", "a 5\nb 3\nrare 1\nunseen 0\n");
    expect_vocab("--set vocab.min_count=1 --set vocab.max_size=2", "a 5\nrare 1\nunseen 0\n");
    gv_test_result r = gv_test_run_ok("glove-vocab --run-dir grown");
    cr_expect_not_null(strstr(r.err, "up to date"), "%s", r.err);
    gv_test_run_ok("echo 'more 7' >> old.txt");
    r = gv_test_run_ok("glove-vocab --run-dir grown");
    cr_expect_not_null(strstr(r.err, "words, of which"), "%s", r.err);
    gv_test_run_ok("grep -qx 'more 7' grown/vocab.txt");
    gv_test_expect_error(
        gv_test_run("glove-vocab --run-dir grown " QUIET " --set vocab.extend=grown/vocab.txt"), 2,
        "vocab.extend", "copy", NULL);
    gv_test_expect_error(
        gv_test_run("glove-vocab --run-dir grown " QUIET " --set vocab.file=old.txt"), 2,
        "vocab.file", "vocab.extend", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir x --set corpus.files=new.txt " QUIET
                                     " --set vocab.extend=missing"),
                         2, "vocab.extend", "missing", NULL);
}

/* A table that does not fit goes through runs on the disk. */
Test(append, vocabulary_grows_within_little_memory)
{
    gv_test_corpus("A", gv_test_seed(), 60000, 40000, 50);
    gv_test_corpus("B", gv_test_seed() + 1, 60000, 60000, 50);
    const char *one = "--set vocab.min_count=1 --set vocab.memory_mb=1 --set cooccur.threads=1";
    gv_test_run_ok("glove-vocab --run-dir all --set 'corpus.files=[\"A\",\"B\"]' " QUIET
                   " --set vocab.min_count=1");
    gv_test_run_ok("glove-vocab --run-dir a --set corpus.files=A " QUIET " %s", one);
    gv_test_run_ok(
        "glove-vocab --run-dir b --set corpus.files=B --set vocab.extend=a/vocab.txt " QUIET " %s",
        one);
    gv_test_run_ok("grep -q '\"spilled_runs\":[1-9]' b/metrics.jsonl");
    gv_test_run_ok("cmp all/vocab.txt b/vocab.txt");
}

/* --- what is refused -------------------------------------------------------------------------- */

/* The run in "run" is as it was when its files were listed in "before", and up to date. */
static void list_run(const char *to)
{
    gv_test_run_ok("cd run && cksum config.json counts.bin store.db model.ckpt vectors.txt "
                   "vocab.txt > ../%s",
                   to);
}

static void expect_untouched(const char *why)
{
    list_run("after");
    gv_test_result r = gv_test_run("cmp before after");
    cr_expect_eq(r.exit_code, 0, "%s: %s", why, r.out);
    r = gv_test_run_ok("glove-run run");
    cr_expect_not_null(strstr(r.err, "vectors.txt are up to date"), "%s: %s", why, r.err);
}

static void expect_refused(const char *options, const char *said)
{
    gv_test_result r = gv_test_run("glove-run --run-dir run " QUIET " %s", options);
    gv_test_expect_error(r, 2, "glove-run: error: ", said, NULL);
}

Test(append, what_cannot_be_added_is_refused)
{
    make_texts(1500);
    make_run("run", "\"A\"", "");
    list_run("before");
    gv_test_run_ok("cp A same && gzip -k B");
    expect_refused("--append same", "has the text of same already (as A)");
    expect_refused("--append missing", "missing");
    expect_refused("--append -", "only once");
    expect_refused("--append", "--append needs a value");
    expect_refused("--append run/vocab.txt", "which this run writes itself");
    expect_refused("--append B --set cooccur.window=3", "cooccur.window = 15");
    expect_refused("--append B --set corpus.lowercase=true", "corpus.lowercase");
    expect_refused("--append B --set train.dim=5", "train.dim = 4");
    expect_refused("--append B --set corpus.files=C", "corpus.files");
    expect_refused("--append B --set train.objective=word2vec", "train.objective = glove");
    expect_refused("--append B --set vocab.phrases=1", "phrases");
    gv_test_run_ok("sed 's/\"dim\": 4/\"dim\": 6/' c.json > d.json");
    gv_test_expect_error(gv_test_run("glove-run d.json --run-dir run --append B " QUIET), 2,
                         "d.json says train.dim = 6", NULL);
    gv_test_expect_error(gv_test_run("glove-run --run-dir none --append B " QUIET), 2, "none",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-run c.json --append B " QUIET), 2,
                         "--append: runs/c/config.json is missing: ", NULL);
    gv_test_run_ok("head -c 3000 \"$(command -v glove-run)\" > binary && : > empty");
    gv_test_result r = gv_test_run("glove-run --run-dir run --append empty " QUIET);
    gv_test_expect_error(r, 1, "empty", NULL);
    gv_test_run_ok("rm -r run/append");
    r = gv_test_run("glove-run --run-dir run --append binary " QUIET);
    cr_expect_neq(r.exit_code, 0);
    gv_test_run_ok("mkdir run/append && touch run/append/mine");
    expect_refused("--append B", "glovebox did not make it");
    gv_test_run_ok("rm -r run/append");
    expect_untouched("refused");
    /* compressed text has other bytes; and by force the same text counts twice */
    gv_test_run_ok("glove-run --run-dir run --append B.gz " QUIET);
    expect_refused("--append B.gz C", "already");
    gv_test_run_ok("glove-run --run-dir run --append B.gz --force " QUIET);
}

/* not from where the run itself began, unless that is asked for */
Test(append, training_starts_from_the_model_of_the_run)
{
    make_texts(1500);
    make_run("first", "\"A\"", "");
    make_run("run", "\"A\"", "--set train.init=first");
    gv_test_run_ok("cp -a run asked && cp -a run bare && rm bare/model.ckpt");
    gv_test_result r = gv_test_run_ok("glove-run run --append B --progress plain");
    cr_expect_not_null(strstr(r.err, "start from run/append/base (train.init)"), "%s", r.err);
    r = gv_test_run_ok("glove-run run --append C --progress plain");
    cr_expect_not_null(strstr(r.err, "start from run/append/base (train.init)"), "%s", r.err);
    r = gv_test_run_ok("glove-run asked --append B --set train.init=first --progress plain");
    cr_expect_not_null(strstr(r.err, "start from first (train.init)"), "%s", r.err);
    r = gv_test_run_ok("glove-run bare --append B --set train.init=null --progress plain");
    cr_expect_not_null(strstr(r.err, "bare has no model.ckpt: all vectors start at random"), "%s",
                       r.err);
}

Test(append, counts_in_other_units_are_refused_at_once)
{
    make_texts(1500);
    make_run("one", "\"A\"", "");
    gv_test_run_ok("glove-convert counts-merge run one:0.7 --progress none && glove-run --run-dir "
                   "run --set train.epochs=1 " QUIET);
    list_run("before");
    expect_refused("--append B", "counts-merge");
    cr_expect(!gv_test_exists(gv_test_path("run/append")));
    expect_untouched("merged with weights");
}

/* as after a kill at the very end, of which nothing is left to see */
Test(append, the_same_command_again_changes_nothing)
{
    make_texts(1500);
    make_run("run", "\"A\"", "");
    gv_test_run_ok("mkdir D && cp B C D && glove-run --run-dir run --append D " QUIET);
    list_run("before");
    gv_test_result r = gv_test_run_ok("glove-run --run-dir run --append D --progress plain");
    cr_expect(strstr(r.err, "the last append to run was of this text"), "%s", r.err);
    gv_test_run_ok("glove-run --run-dir run --append D --to cooccur " QUIET);
    expect_untouched("the same text twice");
    expect_refused("--append B", "has the text of B already (as D/B)");
    expect_refused("--append A", "already");
    gv_test_run_ok("echo frog >> D/C");
    expect_refused("--append D", "already (as D/B)");
}

Test(append, waits_where_it_was_left)
{
    make_texts(1500);
    make_run("run", "\"A\"", "");
    list_run("before");
    gv_test_run_ok("glove-run --run-dir run --append B --to shuffle " QUIET);
    expect_untouched("not finished");
    gv_test_result r = gv_test_run_ok("glove-run run");
    cr_expect_not_null(strstr(r.err, "glove-run --append B --run-dir run"), "%s", r.err);
    expect_refused("--append C", "another append");
    /* the run becomes another one: what was begun is not of it any more */
    gv_test_run_ok("cp -a run other && glove-train --run-dir other --set train.seed=2 " QUIET);
    gv_test_expect_error(gv_test_run("glove-run --run-dir other --append B " QUIET), 2,
                         "model.ckpt has changed", "--force", NULL);
    gv_test_run_ok("glove-run --run-dir run --append B " QUIET);
    gv_test_run_ok("glove-run --run-dir other --append B --force " QUIET);
    gv_test_run_ok("cmp run/counts.bin other/counts.bin");
}

/* --- kills ------------------------------------------------------------------------------------ */

/* At each moment one of two runs is there: that of before, whole, or what the same command makes
 * the undisturbed result of. */
static void expect_resumes(const char *dir, const char *event)
{
    gv_test_run_ok("glove-run --run-dir %s --append B " QUIET, dir);
    static const char *const files[] = {"vocab.txt", "counts.bin", "model.ckpt", "vectors.txt",
                                        "config.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gv_test_result r = gv_test_run("cmp done/%s %s/%s", files[i], dir, files[i]);
        cr_expect_eq(r.exit_code, 0, "killed at %s: %s%s", event, r.out, r.err);
    }
    gv_test_run_ok("test ! -e %s/append && glove-run %s " QUIET, dir, dir);
}

Test(append, killed_before_the_end_leaves_the_run_whole)
{
    static const char *const events[] = {"rename:1", "rename:2", "rename:3",
                                         "write:2",  "sync:2",   "task:3"};
    make_texts(1500);
    make_run("run", "\"A\"", "");
    list_run("before");
    gv_test_run_ok("cp -a run done && glove-run --run-dir done --append B " QUIET);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        /* up to the shuffle: the end, where files move, is another test's */
        gv_test_result r =
            gv_test_run("GLOVEBOX_TEST_AT=%s=KILL glove-run --run-dir run "
                        "--append B " QUIET " --to %s",
                        events[i], strncmp(events[i], "task", 4) ? "shuffle" : "train");
        cr_expect_neq(r.exit_code, 0, "%s did not happen", events[i]);
        expect_untouched(events[i]);
    }
    expect_resumes("run", "each of these");
}

Test(append, killed_while_files_move_goes_on)
{
    make_texts(1500);
    make_run("run", "\"A\"", "");
    gv_test_run_ok("cp -a run done && glove-run --run-dir done --append B " QUIET);
    gv_test_run_ok("glove-run --run-dir run --append B --to shuffle " QUIET
                   " && glove-train --run-dir run/append " QUIET);
    bool ended = false;
    for (int n = 1; n < 60 && !ended; n++) {
        gv_test_run_ok("rm -rf copy && cp -a run copy");
        gv_test_result r = gv_test_run("GLOVEBOX_TEST_AT=rename:%d=KILL glove-run --run-dir copy "
                                       "--append B " QUIET,
                                       n);
        ended = r.exit_code == 0;
        if (ended)
            break;
        const char *event = gv_test_format("rename %d", n);
        bool moving = gv_test_exists(gv_test_path("copy/append/replacing"));
        if (moving) {
            gv_test_expect_error(gv_test_run("glove-shuffle --run-dir copy " QUIET), 2, "glove-run",
                                 NULL);
            if (n % 2)
                gv_test_run_ok("glove-run copy " QUIET);
        }
        expect_resumes("copy", event);
    }
    cr_expect(ended, "it never came to its end");
}

Test(append, damaged_records_are_named)
{
    make_texts(1500);
    make_run("run", "\"A\"", "");
    gv_test_run_ok("glove-run --run-dir run --append B " QUIET);
    gv_test_run_ok("cp -a run copy && echo '{\"parts\": [' > copy/base/parts.json");
    gv_test_expect_error(gv_test_run("glove-run --run-dir copy --append C " QUIET), 1, "parts.json",
                         NULL);
    gv_test_run_ok("rm -rf copy && cp -a run copy && "
                   "glove-run --run-dir copy --append C --to vocab " QUIET
                   " && echo '[]' > copy/append/append.json");
    gv_test_expect_error(gv_test_run("glove-run --run-dir copy --append C " QUIET), 2, "--append",
                         NULL);
    gv_test_flip(gv_test_path("run/base/counts.bin"), 200);
    gv_test_expect_error(gv_test_run("glove-cooccur --run-dir run --force " QUIET), 1, "counts.bin",
                         NULL);
}
