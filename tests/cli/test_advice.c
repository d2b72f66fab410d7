/* What glove-train tells people about settings, results and the next step. */
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>

#define SMALL "--set train.dim=8 --set train.threads=2 "

/* Words of letters: a word's number with a letter for each digit. */
static const char *make_run(const char *name)
{
    gv_test_corpus("numbers.txt", 1, 30000, 800, 0);
    gv_test_run_ok(
        "tr 0-9 a-j <numbers.txt | sed 's/\\<w/other/g' >corpus.txt && mkdir -p \"%s\" && "
        "for stage in vocab cooccur shuffle; do glove-$stage --run-dir \"%s\" "
        "--set corpus.files=corpus.txt --progress none || exit; done",
        name, name);
    return name;
}

static gv_test_result train(const char *dir, const char *options)
{
    return gv_test_run_ok("glove-train --run-dir \"%s\" " SMALL "%s", dir, options);
}

/* The command of the line "train: next: COMMAND (...)". */
static const char *next_command(const char *text)
{
    const char *at = strstr(text, "\ntrain: next: ");
    cr_assert_not_null(at, "%s", text);
    at += strlen("\ntrain: next: ");
    const char *end = strstr(at, " (");
    cr_assert(end && end < strchr(at, '\n'), "%s", text);
    return gv_test_format("%.*s", (int)(end - at), at);
}

Test(advice, the_command_shown_at_the_end_works, .timeout = 60)
{
    gv_test_result r = train(make_run("a dir's \\$HOME"), "--set train.epochs=2");
    const char *command = next_command(r.err);
    cr_assert_not_null(strstr(command, " nearest other"), "%s", command);
    r = gv_test_run_ok("%s", command);
    cr_assert_not_null(strchr(r.out, '\n'), "%s: %s", command, r.out);
    r = gv_test_run_ok("\"$(dirname \"$(command -v glove-train)\")\"/glove-train "
                       "--run-dir \"a dir's \\$HOME\" " SMALL "--set train.epochs=3");
    command = next_command(r.err); /* found by its folder, not by the search path */
    gv_test_run_ok("PATH=; %s", command);
    r = train("a dir's \\$HOME", "--set 'output.formats=[\"npy\"]'"); /* which nobody can ask */
    command = next_command(r.err);
    cr_assert_not_null(strstr(command, "glove-report"), "%s", command);
    gv_test_run_ok("%s", command);
}

Test(advice, programs_get_no_hints, .timeout = 60)
{
    gv_test_result r = train(make_run("run"), "--set train.epochs=2 --progress json");
    cr_assert_null(strstr(r.err, "next: "), "%s", r.err);
    cr_assert_not_null(strstr(r.err, "\"note\":\"the text is short ("), "%s", r.err);
    r = train("run", "--set train.epochs=3 --progress none");
    cr_assert_str_eq(r.err, "");
}

Test(advice, x_max_of_the_paper_is_too_large_for_small_counts, .timeout = 60)
{
    const char *dir = make_run("run");
    cr_assert_not_null(strstr(train(dir, "").err, "train: train.x_max = 100 suits billions"));
    static const char *const fine[] = {"--set train.x_max=10", "--set train.x_max=99",
                                       "--set train.objective=logistic",
                                       "--set train.objective=logistic --set train.x_max=100"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        const char *err = train(dir, fine[i]).err;
        cr_assert_null(strstr(err, "suits billions"), "%s: %s", fine[i], err);
    }
    /* flat weights and a small vocabulary: the counts are large */
    gv_test_run_ok("for stage in vocab cooccur shuffle; do glove-$stage --run-dir run "
                   "--set cooccur.weighting=flat --set vocab.max_size=20 --progress none || exit; "
                   "done");
    const char *err = train(dir, "--set cooccur.weighting=flat --set vocab.max_size=20").err;
    cr_assert_null(strstr(err, "suits billions"), "%s", err);
}

Test(advice, a_loss_that_still_falls_needs_epochs, .timeout = 60)
{
    const char *dir = make_run("run"), *err = train(dir, "--set train.epochs=2").err;
    cr_assert_not_null(strstr(err, "more epochs may give better vectors (train.epochs, now 2)"),
                       "%s", err);
    /* one epoch tells nothing, nor does a run that only writes vectors again */
    err = train(dir, "--set train.epochs=1").err;
    cr_assert_null(strstr(err, "more epochs may give"), "%s", err);
    err = train(dir, "--set train.epochs=1 --set output.unk=false").err;
    cr_assert_null(strstr(err, "short"), "%s", err);
    cr_assert_not_null(strstr(err, "train: next: "), "%s", err);
}

Test(advice, a_loss_that_does_not_fall_is_told, .timeout = 60)
{
    const char *err = train(make_run("run"), "--set train.epochs=3 --set train.optimizer=sgd "
                                             "--set train.eta=1e-12 --set train.x_max=1e9")
                          .err;
    cr_assert_not_null(strstr(err, "the loss did not fall ("), "%s", err);
}
