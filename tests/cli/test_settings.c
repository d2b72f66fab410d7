/* What a stage says about its settings: where they come from, and which have no effect. */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <string.h>

static const char *make_run(void)
{
    return gv_test_store_run("run", gv_test_store_small());
}

/* The line of stderr that has `part`, or NULL. */
static const char *line_with(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    if (!at)
        return NULL;
    while (at > text && at[-1] != '\n')
        at--;
    return gv_test_format("%.*s", (int)strcspn(at, "\n"), at);
}

/* Run glove-train with these options; the line that has `part` must be `expected` (NULL: none). */
static void expect_line(const char *options, const char *part, const char *expected)
{
    gv_test_result r =
        gv_test_run_ok("glove-train --run-dir run --progress plain --set train.dim=4 "
                       "--set train.epochs=2 --set train.threads=1 %s",
                       options);
    const char *line = line_with(r.err, part);
    if (expected)
        cr_assert(line && strcmp(line, expected) == 0, "%s: %s", options, r.err);
    else
        cr_assert_null(line, "%s: %s", options, line);
}

Test(settings, from_the_run_directory)
{
    make_run();
    expect_line("--set train.eta=0.02", "config.json", NULL);
    expect_line("", "config.json", "train: from run/config.json: train.eta = 0.02 (default 0.05)");
    expect_line("--set train.eta=0.05", "config.json", NULL);
    expect_line("", "config.json", NULL);
    gv_test_result r = gv_test_run_ok("glove-train --run-dir run --progress plain");
    cr_assert_not_null(strstr(r.err, "from run/config.json: train.dim = 4 (default 100), "
                                     "train.epochs = 2 (default 25)\n"),
                       "not the threads: %s", r.err);
    r = gv_test_run_ok("glove-train --run-dir run --progress none");
    cr_assert_str_eq(r.err, "");
}

/* With --config the file counts, and what an earlier --set had set is told. */
Test(settings, replaced_by_a_file)
{
    make_run();
    gv_test_write_text("my.json", "{\"train\": {\"dim\": 4, \"epochs\": 2}}");
    gv_test_run_ok("glove-train --run-dir run --progress none --config my.json "
                   "--set train.seed=2 --set train.memory_mb=100");
    expect_line("--config my.json", "replaces",
                "train: my.json replaces settings of run/config.json: train.seed = 1 (was 2)");
    expect_line("--config my.json", "replaces", NULL);
    expect_line("--config my.json --set train.seed=3", "replaces", NULL);
}

Test(settings, without_effect_beside_another)
{
    gv_test_write_text("list.txt", "a\nb\n");
    gv_test_write_text("corpus.txt", "a b c\na b\n");
    gv_test_result r = gv_test_run_ok("glove-vocab --run-dir r --progress plain --set vocab.file="
                                      "list.txt --set corpus.files=corpus.txt --set "
                                      "vocab.min_count=7");
    cr_assert_not_null(strstr(r.err, "no effect: vocab.min_count = 7 (with vocab.file)"), "%s",
                       r.err);
    r = gv_test_run_ok("glove-cooccur --run-dir r --progress plain --set corpus.files=corpus.txt "
                       "--set cooccur.seed=7");
    cr_assert_not_null(strstr(r.err, "no effect: cooccur.seed = 7 (for cooccur.sample)"), "%s",
                       r.err);
}

Test(settings, without_effect)
{
    static const struct {
        const char *set, *note;
    } settings[] = {
        {"train.window=8", "train.window = 8 (with train.objective = glove; see cooccur.window)"},
        {"train.negative=8", "train.negative = 8 (with train.objective = glove)"},
        {"train.unseen_weight=0.3", "train.unseen_weight = 0.3 (with train.objective = glove)"},
        {"train.step_decay=0.5", "train.step_decay = 0.5 (for train.optimizer = sgd)"},
        {"train.n_push=5", "train.n_push = 5 (for train.distributed = downpour)"},
        {"train.servers=2", "train.servers = 2 (for train.distributed = downpour or sandblaster)"},
        {"mpi.deadline_s=5", "mpi.deadline_s = 5 (for glove-train-mpi)"},
        {"train.window=5", NULL}, /* the default */
        {"train.x_max=20", NULL},
        {"cooccur.memory_mb=100", NULL}, /* of another stage */
        {"vocab.min_count=9 --force --set vocab.min_count=5", NULL},
    };
    make_run();
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const char *expected =
            settings[i].note ? gv_test_format("train: no effect: %s", settings[i].note) : NULL;
        expect_line(gv_test_format("--force --set %s", settings[i].set), "no effect", expected);
        gv_test_run_ok("rm run/config.json");
    }
    expect_line("--force --set train.objective=logistic --set train.bias_eta=0.5", "no effect",
                "train: no effect: train.bias_eta = 0.5 (with train.objective = logistic)");
}
