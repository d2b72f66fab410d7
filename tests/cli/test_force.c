/* A training is not thrown away without --force if there is more than a minute of work in it, nor
 * do the settings of one that failed stay. Time is not spent but written into the records. */
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEYS  "--set train.dim=6 --set train.x_max=20 --set train.threads=2 "
#define BEGUN ".stamps/train-begun.json"

static const char *make_run(const char *name)
{
    return gv_test_store_run(name, gv_test_store_small());
}

static gv_test_result train(const char *dir, const char *options)
{
    return gv_test_run("glove-train --progress none --run-dir %s %s", dir, options);
}

static void train_ok(const char *dir, const char *options)
{
    gv_test_result r = train(dir, options);
    cr_assert_eq(r.exit_code, 0, "%s: %s", options, r.err);
}

/* The record of the last training begun says that it took so long. */
static void pretend_it_took(const char *dir, unsigned seconds)
{
    gv_test_run_ok("sed -i 's/:0\\.0/:%u/' %s/" BEGUN " && grep -q ':%u' %s/" BEGUN, seconds, dir,
                   seconds, dir);
}

static void refused(const char *dir, const char *options, const char *why)
{
    gv_test_run_ok("cd %s && md5sum model.ckpt vectors.txt config.json > ../before", dir);
    gv_test_expect_error(train(dir, options), 2, why, "2:05 h of work", "--force", "name=NAME",
                         NULL);
    gv_test_run_ok("cd %s && md5sum -c --quiet ../before && ! ls *.tmp", dir);
}

Test(force, a_long_training_is_kept)
{
    const char *dir = make_run("run");
    train_ok(dir, KEYS "--set train.epochs=4");
    pretend_it_took(dir, 7500);
    refused(dir, "--set train.epochs=3", "it was trained for 4 epochs, train.epochs is 3");
    refused(dir, "--set train.epochs=0", "it was trained for 4 epochs, train.epochs is 0");
    refused(dir, "--set train.eta=0.01", "train.eta = 0.05, the config says 0.01");
    refused(dir, "--set train.dim=7", "train.dim = 6, the config says 7");
    refused(dir, "--set train.seed=2", "train.seed = 1, the config says 2");
    refused(dir, "--set train.objective=logistic", "train.objective");
    /* what loses nothing needs nothing */
    train_ok(dir, "");
    train_ok(dir, "--set output.formats=npy");
    train_ok(dir, "--set train.threads=1 --set train.epochs=6");
    refused(dir, "--set train.epochs=5 --set output.formats=text",
            "it was trained for 6 epochs, train.epochs is 5");
    train_ok(dir, "--set train.epochs=5 --force");
    train_ok(dir, "--set train.epochs=2");
}

/* Vectors whose checkpoint was deleted; the stamp knows how long they took. */
Test(force, long_vectors_without_a_checkpoint)
{
    const char *dir = make_run("run");
    train_ok(dir, KEYS "--set train.epochs=4");
    gv_test_run_ok("rm %s/model.ckpt && sed -i 's/\"wall_s\": [0-9.]*/\"wall_s\": 7500/' "
                   "%s/.stamps/train.json",
                   dir, dir);
    gv_test_expect_error(train(dir, "--set train.epochs=3"), 2, "train.epochs = 4",
                         "2:05 h of work", NULL);
    gv_test_run_ok("cp %s/vectors.txt before.txt", dir);
    train_ok(dir, "");
    gv_test_run_ok("cmp %s/vectors.txt before.txt", dir);
}

/* An older version recorded no time: that of the stamp counts, as long as the checkpoint is its. */
Test(force, time_of_the_stamp)
{
    const char *dir = make_run("run");
    train_ok(dir, KEYS "--set train.epochs=4");
    gv_test_run_ok("sed -i 's/\"wall_s\": [0-9.]*/\"wall_s\": 7500/' %s/.stamps/train.json", dir);
    refused(dir, "--set train.epochs=3", "it was trained for 4 epochs");
}

/* The time of a training that was killed and resumed is that of all its parts. */
Test(force, time_adds_up)
{
    const char *dir = make_run("run");
    gv_test_result r = gv_test_run("GLOVEBOX_TEST_AT=checkpoint:2=KILL glove-train --progress none "
                                   "--run-dir %s " KEYS "--set train.epochs=50",
                                   dir);
    cr_assert_eq(r.exit_code, 128 + 9, "%d %s", r.exit_code, r.err);
    pretend_it_took(dir, 40);
    train_ok(dir, "");
    char *text = gv_test_read(gv_test_format("%s/" BEGUN, dir), NULL);
    const char *spent = strstr(text, "\"spent_s\":{\"");
    cr_assert_not_null(spent, "%s", text);
    cr_assert_geq(atof(strchr(strchr(spent + 11, '"') + 1, ':') + 1), 40, "%s", text);
}

/* The failure of a start with an absurd rate leaves neither its settings nor a checkpoint that
 * asks for --force. */
Test(force, a_diverged_training)
{
    const char *dir = make_run("run");
    train_ok(dir, KEYS "--set train.epochs=2");
    gv_test_expect_error(train(dir, "--set train.eta=90 --set train.grad_clip=null"), 1, "diverged",
                         NULL);
    train_ok(dir, "");
}

/* What was interrupted resumes with its settings, and what fails before work keeps none. */
Test(force, settings_of_an_interrupted_training)
{
    const char *dir = make_run("run");
    static const char *const signals[] = {"KILL", "TERM", "INT", "HUP"};
    static const int codes[] = {137, 143, 130, 129};
    for (size_t i = 0; i < 4; i++) {
        gv_test_result r =
            gv_test_run("GLOVEBOX_TEST_AT=checkpoint:3=%s glove-train --progress none --run-dir %s "
                        "--force " KEYS "--set train.eta=0.0%zu --set train.epochs=20",
                        signals[i], dir, i + 2);
        cr_assert_eq(r.exit_code, codes[i], "%s: %d %s", signals[i], r.exit_code, r.err);
        r = gv_test_run_ok("glove-train --progress plain --run-dir %s", dir);
        cr_assert_not_null(strstr(r.err, "resuming from model.ckpt"), "%s: %s", signals[i], r.err);
        gv_test_run_ok("glove-train --run-dir %s --print-config | grep -q '\"eta\": 0.0%zu'", dir,
                       i + 2);
    }
    gv_test_expect_error(train(dir, "--set train.dim=4000 --set train.memory_mb=1"), 1,
                         "train.memory_mb is 1 MiB", NULL);
    train_ok(dir, "");
}
