/* config.json of a run directory, work that needs --force to be thrown away, and what a killed
 * start leaves behind. */
#include "app/gv_run.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How a pretended stage ends. */
enum ending {
    DONE,    /* with its stamp */
    FAIL,    /* with an error */
    DIVERGE, /* after a checkpoint */
    LOSE,    /* with an error, after a checkpoint */
    STOP,    /* by a signal */
    KILL     /* without gv_run_end */
};

typedef struct start {
    enum gv_config_stage stage;
    const char *set;   /* of this start; NULL: none */
    const char *input; /* NULL: none */
    bool force;
    enum ending ending;
} start;

static gv_error error; /* of the last start */
static bool worked;    /* it was not up to date, and not refused */

static const char *output_of(enum gv_config_stage stage)
{
    return stage == GV_STAGE_VOCAB     ? GV_FILE_VOCAB
           : stage == GV_STAGE_COOCCUR ? GV_FILE_COUNTS
                                       : "vectors.txt";
}

/* The config as a start with only --run-dir and --set loads it. */
static gv_config *load(const gv_strings *sets)
{
    gv_config *config;
    const char *path = gv_test_path("run/config.json");
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_test_exists(path) ? gv_config_load_resolved(&config, path, sets, "x", &err)
                                      : gv_config_load(&config, NULL, sets, "x", &err),
                 err);
    return config;
}

static int finish(gv_run *run, const start *s, const char *recipe, const gv_strings *inputs,
                  const gv_strings *outputs)
{
    switch (s->ending) {
    case FAIL:
        return gv_error_set(&error, GV_E_IO, "failed");
    case DIVERGE:
        gv_run_keep_config(run);
        return gv_error_set(&error, GV_E_DIVERGED, "diverged");
    case LOSE:
        gv_run_keep_config(run);
        return gv_error_set(&error, GV_E_RUNTIME, "rank 1 is lost");
    case STOP:
        return gv_error_set(&error, GV_E_STOPPED, "stopped");
    default:
        gv_test_write_text(gv_test_format("run/%s", output_of(s->stage)), recipe);
        return s->ending == DONE ? gv_run_done(run, recipe, inputs, outputs, NULL, &error) : GV_OK;
    }
}

static int begin(const start s)
{
    gv_strings sets = {0}, lasting = {0};
    error = (gv_error)GV_ERROR_INIT;
    if (s.set)
        gv_assert_ok(gv_strings_add(&sets, s.set, &error), error);
    gv_assert_ok(gv_config_lasting_sets(&lasting, &sets, &error), error);
    gv_config *config = load(&sets), *kept = load(&lasting);
    gv_run *run;
    const gv_run_options options = {.config = config,
                                    .lasting = kept,
                                    .dir = gv_test_path("run"),
                                    .stage = s.stage,
                                    .force = s.force};
    gv_assert_ok(gv_run_open(&run, &options, &error), error);
    char *recipe, *path = gv_run_path(run, output_of(s.stage), NULL);
    char *in = gv_mem_strdup(s.input ? s.input : "", NULL);
    const gv_strings inputs = {s.input ? 1 : 0, &in}, outputs = {1, &path};
    bool fresh;
    gv_assert_ok(gv_config_recipe(&recipe, config, (unsigned)s.stage, &error), error);
    int status = gv_run_up_to_date(&fresh, run, recipe, &inputs, &outputs, &error);
    worked = status == GV_OK && !fresh;
    if (worked)
        status = finish(run, &s, recipe, &inputs, &outputs);
    if (s.ending != KILL)
        gv_run_end(run, status);
    gv_run_close(run);
    gv_config_free(config);
    gv_config_free(kept);
    gv_strings_free(&sets);
    gv_strings_free(&lasting);
    gv_mem_free(recipe);
    gv_mem_free(path);
    gv_mem_free(in);
    return status;
}

#define BEGIN(...) begin((start){__VA_ARGS__})
#define TRAIN(...) BEGIN(.stage = GV_STAGE_TRAIN, __VA_ARGS__)
#define VOCAB(...) BEGIN(.stage = GV_STAGE_VOCAB, __VA_ARGS__)
#define COUNT(...) BEGIN(.stage = GV_STAGE_COOCCUR, __VA_ARGS__)

static double eta(void)
{
    const gv_strings none = {0};
    gv_config *config = load(&none);
    double found = config->train_eta;
    gv_config_free(config);
    return found;
}

/* The last time that this stage was done took so long. */
static void pretend_it_took(const char *stage, double seconds)
{
    const char *file = gv_test_format("run/.stamps/%s.json", stage);
    char *text = gv_test_read(gv_test_path(file), NULL), *at = strstr(text, "\"wall_s\": ");
    cr_assert_not_null(at);
    at += strlen("\"wall_s\": ");
    char *end = at + strcspn(at, ",\n");
    gv_test_write_text(file, gv_test_format("%.*s%g%s", (int)(at - text), text, seconds, end));
}

Test(run_config, settings_last_when_the_stage_is_done)
{
    cr_assert_eq(TRAIN(.set = "train.eta=0.02"), GV_OK);
    cr_assert_float_eq(eta(), 0.02, 0);
    cr_assert_eq(TRAIN(), GV_OK);
    cr_assert_not(worked, "up to date with the same settings");
    cr_assert_not(gv_test_exists(gv_test_path("run/.stamps/train.begun.json")));
    /* a change that needs no work lasts, too */
    cr_assert_eq(VOCAB(.set = "train.eta=0.03"), GV_OK);
    cr_assert_eq(VOCAB(.set = "train.eta=0.04"), GV_OK);
    cr_assert_not(worked);
    cr_assert_float_eq(eta(), 0.04, 0);
}

Test(run_config, nothing_is_written_that_is_the_same)
{
    struct stat before, after;
    cr_assert_eq(TRAIN(.set = "train.eta=0.02"), GV_OK);
    cr_assert_eq(stat(gv_test_path("run/config.json"), &before), 0);
    cr_assert_eq(TRAIN(), GV_OK);
    cr_assert_eq(VOCAB(), GV_OK);
    cr_assert_eq(stat(gv_test_path("run/config.json"), &after), 0);
    cr_assert_eq(before.st_ino, after.st_ino);
}

Test(run_config, settings_of_a_failure_do_not_last)
{
    cr_assert_eq(TRAIN(.set = "train.eta=0.02", .ending = FAIL), GV_E_IO);
    cr_assert_not(gv_test_exists(gv_test_path("run/config.json")), "there was none");
    cr_assert_eq(TRAIN(.set = "train.eta=0.02"), GV_OK);
    char *good = gv_test_read(gv_test_path("run/config.json"), NULL);
    cr_assert_eq(TRAIN(.set = "train.eta=90", .ending = FAIL), GV_E_IO);
    cr_assert_str_eq(gv_test_read(gv_test_path("run/config.json"), NULL), good);
    cr_assert_eq(TRAIN(.set = "train.eta=90", .ending = DIVERGE), GV_E_DIVERGED);
    cr_assert_str_eq(gv_test_read(gv_test_path("run/config.json"), NULL), good);
    cr_assert_not(gv_test_exists(gv_test_path("run/.stamps/train.begun.json")));
}

Test(run_config, what_resumes_has_its_settings)
{
    cr_assert_eq(TRAIN(.set = "train.eta=0.02"), GV_OK);
    cr_assert_eq(TRAIN(.set = "train.eta=0.03", .ending = STOP), GV_E_STOPPED);
    cr_assert_float_eq(eta(), 0.03, 0, "stopped by a signal");
    cr_assert_eq(TRAIN(.set = "train.eta=0.04", .ending = KILL), GV_OK);
    cr_assert_float_eq(eta(), 0.04, 0, "killed");
    cr_assert_eq(TRAIN(.set = "train.eta=0.05", .ending = LOSE), GV_E_RUNTIME);
    cr_assert_float_eq(eta(), 0.05, 0, "a rank was lost, and there is a checkpoint");
    cr_assert_eq(TRAIN(), GV_OK);
    cr_assert_float_eq(eta(), 0.05, 0);
}

/* The settings of an interrupted start that then fails are taken back, too. */
Test(run_config, an_interrupted_start_that_diverges)
{
    static const enum ending interrupted[] = {KILL, STOP};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(TRAIN(.set = "train.eta=0.02"), GV_OK);
        TRAIN(.set = "train.eta=90", .ending = interrupted[i]);
        cr_assert_float_eq(eta(), 90, 0);
        TRAIN(.ending = interrupted[i]);
        cr_assert_eq(TRAIN(.ending = DIVERGE), GV_E_DIVERGED);
        cr_assert_float_eq(eta(), 0.02, 0, "%zu", i);
    }
}

/* Neither a refused start nor another stage takes back what is not its own. */
Test(run_config, others_are_left_alone)
{
    cr_assert_eq(TRAIN(.set = "train.eta=0.02"), GV_OK);
    cr_assert_eq(TRAIN(.set = "train.eta=0.03", .ending = KILL), GV_OK);
    cr_assert_eq(VOCAB(.set = "train.dim=7", .ending = FAIL), GV_E_IO);
    cr_assert_float_eq(eta(), 0.03, 0);
    gv_run *run;
    const gv_strings none = {0};
    gv_config *config = load(&none);
    const gv_run_options options = {
        .config = config, .dir = gv_test_path("run"), .stage = GV_STAGE_TRAIN};
    gv_assert_ok(gv_run_open(&run, &options, &error), error);
    gv_run_end(run, GV_E_USAGE); /* before it began to work */
    gv_run_close(run);
    gv_config_free(config);
    cr_assert_float_eq(eta(), 0.03, 0);
    /* edited since: not what that start wrote */
    gv_test_write_text("run/config.json", "{\"train.eta\": 0.07}");
    cr_assert_eq(TRAIN(.set = "train.eta=0.08", .ending = DIVERGE), GV_E_DIVERGED);
    cr_assert_float_eq(eta(), 0.07, 0);
}

Test(run_config, settings_of_the_machine_are_of_one_start)
{
    cr_assert_eq(TRAIN(.set = "train.memory_mb=5"), GV_OK);
    cr_assert_eq(VOCAB(.set = "cooccur.threads=3"), GV_OK);
    const gv_strings none = {0};
    gv_config *config = load(&none);
    cr_assert_eq(config->train_memory_mb, 0);
    cr_assert_eq(config->cooccur_threads, 0);
    gv_config_free(config);
}

/* --- work that needs --force ------------------------------------------------------------------ */

Test(run_discard, long_work_is_not_replaced_by_other)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert_eq(COUNT(.input = corpus), GV_OK);
    cr_assert_eq(COUNT(.input = corpus, .set = "cooccur.window=4"), GV_OK, "%s", error.text);
    cr_assert(worked, "little work is replaced");
    pretend_it_took("cooccur", 7500);
    char *config = gv_test_read(gv_test_path("run/config.json"), NULL);
    cr_assert_eq(COUNT(.input = corpus, .set = "cooccur.window=5"), GV_E_USAGE);
    static const char *const parts[] = {
        "cooccur.window = 4", "the config says 5", "2:05 h", "--force", "name=NAME", "--run-dir"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_assert_not_null(strstr(error.text, parts[i]), "%s", error.text);
    cr_assert_str_eq(gv_test_read(gv_test_path("run/config.json"), NULL), config);
    cr_assert_eq(COUNT(.input = corpus), GV_OK);
    cr_assert_not(worked, "up to date, and window is 4");
    cr_assert_eq(COUNT(.input = corpus, .set = "cooccur.window=5", .force = true), GV_OK);
    cr_assert(worked);
}

Test(run_discard, nor_by_that_of_other_inputs)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    const char *other = gv_test_write_text("other", "a c\n");
    cr_assert_eq(COUNT(.input = corpus), GV_OK);
    pretend_it_took("cooccur", 61);
    cr_assert_eq(COUNT(.input = other), GV_E_USAGE);
    cr_assert_not_null(strstr(error.text, "other; glove-cooccur would replace 1:01 min"), "%s",
                       error.text);
    gv_test_write_text("corpus", "a d\n");
    cr_assert_eq(COUNT(.input = corpus), GV_E_USAGE);
    cr_assert_not_null(strstr(error.text, "which is another now"), "%s", error.text);
}

Test(run_discard, nothing_is_lost_by_what_is_gone_or_damaged)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert_eq(COUNT(.input = corpus), GV_OK);
    pretend_it_took("cooccur", 100);
    gv_test_write_text("run/counts.bin", "damaged");
    cr_assert_eq(COUNT(.input = corpus, .set = "cooccur.window=5"), GV_OK, "%s", error.text);
    pretend_it_took("cooccur", 100);
    cr_assert_eq(unlink(gv_test_path("run/counts.bin")), 0);
    cr_assert_eq(COUNT(.input = corpus, .set = "cooccur.window=6"), GV_OK, "%s", error.text);
}

Test(run_discard, an_edited_vocabulary)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert_eq(VOCAB(.input = corpus), GV_OK);
    gv_test_write_text("run/vocab.txt", "mine 1\n");
    static const char *const sets[] = {NULL, "vocab.min_count=3"};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(VOCAB(.input = corpus, .set = sets[i]), GV_E_USAGE);
        cr_assert_not_null(strstr(error.text, "vocab.file"), "%s", error.text);
        cr_assert_not_null(strstr(error.text, "--force"), "%s", error.text);
    }
    cr_assert_str_eq(gv_test_read(gv_test_path("run/vocab.txt"), NULL), "mine 1\n");
    cr_assert_eq(VOCAB(.input = corpus, .force = true), GV_OK);
    cr_assert_eq(unlink(gv_test_path("run/.stamps/vocab.json")), 0);
    cr_assert_eq(VOCAB(.input = corpus), GV_E_USAGE, "brought from elsewhere");
    cr_assert_eq(unlink(gv_test_path("run/vocab.txt")), 0);
    cr_assert_eq(VOCAB(.input = corpus), GV_OK, "deleted");
}

/* glove-vocab was killed between its output and its stamp: the file is its own. After a signal it
 * had not replaced the file. */
Test(run_discard, a_vocabulary_without_its_stamp)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert_eq(VOCAB(.input = corpus, .ending = KILL), GV_OK);
    cr_assert_eq(VOCAB(.input = corpus), GV_OK, "%s", error.text);
    cr_assert_eq(VOCAB(.input = corpus, .set = "vocab.min_count=2", .ending = STOP), GV_E_STOPPED);
    gv_test_write_text("run/vocab.txt", "mine 1\n");
    cr_assert_eq(VOCAB(.input = corpus), GV_E_USAGE);
}

/* --- what a killed start leaves behind -------------------------------------------------------- */

Test(run_temporary, a_later_start_of_the_stage_removes_its_own)
{
    static const char *const own[] = {"run/vectors.txt.tmp", "run/model.ckpt.tmp",
                                      "run/vectors.db.tmp",  "run/vectors.db.tmp-journal",
                                      "run/config.json.tmp", "run/.stamps/train.json.tmp"};
    static const char *const others[] = {"run/vocab.txt.tmp", "run/counts.bin.tmp",
                                         "run/store.db.tmp",  "run/vectors.txt.tmpl",
                                         "run/my.tmp",        "run/.stamps/vocab.json.tmp"};
    cr_assert_eq(TRAIN(), GV_OK);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        gv_test_write_text(own[i], "x");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        gv_test_write_text(others[i], "x");
    cr_assert_eq(TRAIN(), GV_OK);
    cr_assert_not(worked, "also when it is up to date");
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        cr_assert_not(gv_test_exists(gv_test_path(own[i])), "%s", own[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert(gv_test_exists(gv_test_path(others[i])), "%s", others[i]);
}
