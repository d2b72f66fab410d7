/* glove-plan against the run that follows: vocabulary, records and files within a quarter;
 * refusals; nothing is written; every allocation may fail. */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "plan/gv_plan.h"
#include "plan/gv_plan_sweep.h"
#include "support/gv_test.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TOLERANCE 0.25
#define COMMON    "--progress none --set 'corpus.files=[\"corpus.txt\"]' --set train.dim=8 "
#define RUN       COMMON "--set train.epochs=1 --run-dir run "
#define PLAN      "glove-plan --json " RUN

/*
 * A corpus whose vocabulary grows as that of real text does, corpus.txt. Each token is a new word
 * with a probability that falls as n^-0.4 (Pitman and Yor's process, discount 0.6), or repeats an
 * earlier token: every third time one of the last 300, so that words come in bunches.
 */
static const char *make_corpus(uint64_t seed, uint32_t tokens, unsigned line_length)
{
    const char *path = gv_test_path("corpus.txt");
    FILE *file = fopen(path, "wb");
    uint32_t *word = malloc(tokens * sizeof *word), words = 0;
    gv_rng rng;
    cr_assert(file && word);
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 0);
    for (uint32_t i = 0; i < tokens; i++) {
        double fresh = (10 + 0.6 * words) / (10.0 + i);
        uint32_t back = i < 300 || gv_rng_below(&rng, 3) > 0 ? i : 300;
        bool new_word = i == 0 || gv_rng_uniform(&rng) < fresh;
        word[i] = new_word ? words++ : word[i - 1 - gv_rng_below(&rng, back)];
        fprintf(file, "w%u%c", word[i], gv_rng_below(&rng, line_length) == 0 ? '\n' : ' ');
    }
    free(word);
    cr_assert_eq(fclose(file), 0);
    return path;
}

static json_t *plan_of(const char *options)
{
    json_t *plan = json_loads(gv_test_run_ok(PLAN "%s", options).out, 0, NULL);
    cr_assert_not_null(plan, "no JSON");
    return plan;
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_number(value), "no number %s", key);
    return json_number_value(value);
}

static void near(const char *what, double predicted, double found, double tolerance)
{
    cr_assert_leq(fabs(predicted / found - 1), tolerance, "%s: predicted %.0f, found %.0f", what,
                  predicted, found);
}

/* The newest "done" event of a stage (caller releases). */
static json_t *done_event(const char *stage)
{
    char *text = gv_test_read(gv_test_path("run/metrics.jsonl"), NULL);
    json_t *last = NULL;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *event = json_loads(line, 0, NULL);
        bool wanted = strcmp(json_string_value(json_object_get(event, "stage")), stage) == 0 &&
                      strcmp(json_string_value(json_object_get(event, "event")), "done") == 0;
        json_t *drop = wanted ? last : event;
        if (wanted)
            last = event;
        json_decref(drop);
    }
    cr_assert_not_null(last, "no event of %s", stage);
    return last;
}

static double file_size(const char *name)
{
    struct stat info;
    const char *path = gv_test_path(gv_test_format("run/%s", name));
    cr_assert_eq(stat(path, &info), 0, "%s is missing", name);
    return (double)info.st_size;
}

static void run_stage(const char *program, const char *options)
{
    gv_test_run_ok("%s " RUN "%s", program, options);
}

/* Plan, then count, then compare vocabulary and records. */
static void check_counts(const char *options, const char *sample, double tolerance)
{
    json_t *plan = plan_of(gv_test_format("%s %s", options, sample));
    run_stage("glove-vocab", options);
    run_stage("glove-cooccur", options);
    json_t *vocab = done_event("vocab"), *cooccur = done_event("cooccur");
    near("vocabulary", number(plan, "vocab"), number(vocab, "words"), tolerance);
    near("tokens", number(plan, "tokens"), number(cooccur, "tokens"), tolerance);
    near("records", number(plan, "records"), number(cooccur, "records"), tolerance);
    const json_t *files = json_object_get(plan, "files");
    near("vocab.txt", number(files, "vocab.txt"), file_size("vocab.txt"), tolerance);
    near("counts.bin", number(files, "counts.bin"), file_size("counts.bin"), tolerance);
    json_decref(plan);
    json_decref(vocab);
    json_decref(cooccur);
}

/* word2vec has no matrix: the plan leaves it out, and lists the files that the run makes. */
Test(plan, estimates_word2vec)
{
    make_corpus(gv_test_seed(), 200000, 40);
    const char *options = "--set train.objective=word2vec --set train.epochs=1";
    json_t *plan = plan_of(gv_test_format("%s --sample 8", options));
    run_stage("glove-vocab", options);
    run_stage("glove-train", options);
    const char *name;
    json_t *bytes;
    json_object_foreach(json_object_get(plan, "files"), name, bytes)
    {
        near(name, json_number_value(bytes), file_size(name), TOLERANCE);
    }
    cr_assert_eq(json_object_size(json_object_get(plan, "files")), 4u);
    cr_assert_eq(json_array_size(json_object_get(plan, "stages")), 2u);
    json_decref(plan);
}

Test(plan, estimates_ngrams)
{
    make_corpus(gv_test_seed(), 200000, 40);
    const char *options = "--set train.objective=word2vec --set train.epochs=1 "
                          "--set output.subwords=true --set vocab.min_count=2";
    json_t *plan = plan_of(gv_test_format("%s --sample 10", options));
    run_stage("glove-vocab", options);
    run_stage("glove-train", options);
    near("subwords.bin", number(json_object_get(plan, "files"), "subwords.bin"),
         file_size("subwords.bin"), TOLERANCE);
    json_decref(plan);
}

Test(plan, estimates_a_run)
{
    make_corpus(gv_test_seed(), 400000, 40);
    const char *options = "--set 'output.formats=[\"text\",\"word2vec\",\"sqlite\",\"npy\"]'";
    json_t *plan = plan_of(gv_test_format("%s --sample 8", options));
    cr_assert_leq(number(plan, "fraction"), 0.1);
    check_counts(options, "--sample 8", TOLERANCE);
    run_stage("glove-shuffle", options);
    run_stage("glove-train", options);
    const char *name;
    json_t *bytes;
    double sum = 0, found = 0;
    json_object_foreach(json_object_get(plan, "files"), name, bytes)
    {
        sum += json_number_value(bytes);
        found += file_size(name);
        near(name, json_number_value(bytes), file_size(name), TOLERANCE);
    }
    cr_assert_eq(json_object_size(json_object_get(plan, "files")), 8u);
    near("all files", sum, found, TOLERANCE);
    cr_assert(json_is_true(json_object_get(plan, "fits")));
    cr_assert_geq(number(plan, "disk_peak_bytes"), sum);
    json_decref(plan);
}

/* Peak memory of each stage (its metrics against the plan). A stage may take less than
 * estimated: on a busy machine a thread may find no work left, and then takes no memory for it. */
static void check_memory(const json_t *plan)
{
    static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train"};
    const json_t *planned = json_object_get(plan, "stages");
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        json_t *done = done_event(stages[s]);
        double predicted = number(json_array_get(planned, s), "memory_bytes");
        double found = number(done, "peak_rss_kb") * 1024;
        cr_assert_leq(found, predicted * (1 + TOLERANCE),
                      "memory of %s: predicted %.0f, found %.0f", stages[s], predicted, found);
        cr_assert_geq(found, predicted / 2, "memory of %s: predicted %.0f, found %.0f", stages[s],
                      predicted, found);
        json_decref(done);
    }
}

/* A text as long as text8, with about as many words and pairs as real text: 8 % of it are
 * enough to estimate vocabulary, records, files, disk and memory. */
Test(plan, estimates_a_run_of_usual_size, .timeout = 600)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    gv_test_skip("slow, and memory is the sanitizer's");
#endif
    gv_test_run_ok(GV_SH_BUILD "/bench/zipf_corpus 17e6 4e6 %u > corpus.txt",
                   (unsigned)gv_test_seed() % 1000);
    const char *options = "--set train.dim=50";
    json_t *plan = plan_of(options);
    cr_assert_leq(number(plan, "fraction"), 0.085);
    check_counts(options, "", TOLERANCE);
    run_stage("glove-shuffle", options);
    run_stage("glove-train", options);
    const char *name;
    json_t *bytes;
    double found = 0;
    json_object_foreach(json_object_get(plan, "files"), name, bytes)
    {
        near(name, json_number_value(bytes), file_size(name), TOLERANCE);
        found += file_size(name);
    }
    near("disk", number(plan, "disk_peak_bytes"), found + file_size("model.ckpt"), TOLERANCE);
    check_memory(plan);
    json_decref(plan);
}

/* A checkpoint of Sandblaster's has its history beside it: the pairs of vectors that the last two
 * checkpoints need, each as large as model.ckpt. */
Test(plan, estimates_the_history_of_lbfgs)
{
    make_corpus(gv_test_seed(), 20000, 20);
    static const struct {
        const char *options;
        double pairs;
    } cases[] = {{"--set train.distributed=sandblaster --set train.epochs=5", 5},
                 {"--set train.distributed=sandblaster --set train.epochs=100 "
                  "--set train.checkpoint_every=3",
                  11},
                 {"--set train.distributed=sandblaster --set train.epochs=100 "
                  "--set train.checkpoint_every=50",
                  16},
                 {"--set train.distributed=downpour", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *plan = plan_of(gv_test_format("%s --sample 100", cases[i].options));
        json_t *files = json_object_get(plan, "files");
        cr_assert_eq(json_object_get(files, "model.lbfgs") != NULL, cases[i].pairs > 0);
        if (cases[i].pairs > 0)
            near("history", number(files, "model.lbfgs"),
                 cases[i].pairs * number(files, "model.ckpt"), 0.01);
        json_decref(plan);
    }
}

Test(plan, other_keys)
{
    make_corpus(gv_test_seed() + 1, 250000, 12);
    static const char *const options[] = {
        "--set vocab.min_count=1 --set cooccur.window=5",
        "--set vocab.min_count=30 --set cooccur.symmetric=false",
        "--set vocab.max_size=1000 --set cooccur.weighting=flat --set corpus.documents=none"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        check_counts(options[i], "--sample 10", TOLERANCE);
}

Test(plan, the_whole_corpus_is_counted)
{
    make_corpus(gv_test_seed() + 2, 50000, 25);
    check_counts("--set vocab.min_count=3", "--sample 100", 0.04);
    check_counts("", "", 0.04);
}

Test(plan, compressed_files_and_many_files)
{
    make_corpus(gv_test_seed() + 3, 300000, 30);
    json_t *plain = plan_of("--sample 10");
    gv_test_run_ok("gzip -k corpus.txt && split -b 7000 -a 3 corpus.txt part.");
    json_t *packed = plan_of("--sample 10 --set 'corpus.files=[\"corpus.txt.gz\"]'");
    json_t *many = plan_of("--sample 10 --set 'corpus.files=[\"part.*\"]'");
    near("text", number(packed, "corpus_bytes"), number(plain, "corpus_bytes"), 0.1);
    near("records, packed", number(packed, "records"), number(plain, "records"), 0.15);
    near("records, many files", number(many, "records"), number(plain, "records"), 0.15);
    json_decref(plain);
    json_decref(packed);
    json_decref(many);
}

Test(plan, parts_and_temporary_files)
{
    make_corpus(gv_test_seed() + 4, 1000000, 30);
    const char *options = "--sample 5 --set cooccur.memory_mb=16 --set cooccur.threads=1";
    json_t *plan = plan_of(options);
    double parts = number(plan, "shards");
    cr_assert_geq(parts, 2);
    cr_assert_gt(number(plan, "temp_peak_bytes"), 0);
    json_decref(plan);
#ifndef __SANITIZE_ADDRESS__ /* whose own memory would not fit the budget */
    run_stage("glove-vocab", "");
    gv_test_run_ok("glove-cooccur " RUN "--set cooccur.memory_mb=16 --set cooccur.threads=1");
    json_t *done = done_event("cooccur");
    near("parts", parts, number(done, "shards"), 0.35);
    json_decref(done);
#endif
}

Test(plan, table)
{
    make_corpus(gv_test_seed(), 30000, 25);
    gv_test_result result = gv_test_run_ok("glove-plan " RUN);
    static const char *const wanted[] = {"vocabulary",    "records",     "glove-vocab",
                                         "glove-cooccur", "glove-train", "store.db",
                                         "vectors.txt",   "free",        "available"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        cr_assert_not_null(strstr(result.out, wanted[i]), "no %s in\n%s", wanted[i], result.out);
    cr_assert_str_empty(result.err);
    cr_assert_not(gv_test_exists(gv_test_path("run")), "a plan writes nothing");
    gv_test_write_text("words.txt", "w1 1\nw2 1\nw3 1\nneverseen 1\n");
    json_t *plan = plan_of("--set vocab.file=words.txt");
    cr_assert_eq(number(plan, "vocab"), 4);
    cr_assert(number(plan, "cells") > 2 && number(plan, "cells") <= 6);
    json_decref(plan);
}

Test(plan, refusals)
{
    make_corpus(gv_test_seed(), 50000, 25);
    gv_test_expect_error(gv_test_run("glove-plan " RUN "--set train.memory_mb=1"), 1,
                         "glove-plan: error: glove-train would need", "train.memory_mb",
                         "train.dim", NULL);
    gv_test_expect_error(gv_test_run("glove-plan " RUN "--set cooccur.memory_mb=4"), 1,
                         "glove-cooccur would need", "raise cooccur.memory_mb", NULL);
    gv_test_expect_error(gv_test_run("glove-plan " RUN "--set shuffle.memory_mb=4"), 1,
                         "glove-shuffle would need", "raise shuffle.memory_mb", NULL);
    gv_test_expect_error(gv_test_run("GLOVEBOX_TEST_DISK_FREE=9999 glove-plan " RUN), 1, "of disk",
                         "9.8 KiB are free at run", "--run-dir", NULL);
    gv_test_result result = gv_test_run("GLOVEBOX_TEST_DISK_FREE=9999 " PLAN);
    gv_test_expect_error(result, 1, "of disk", NULL);
    json_t *plan = json_loads(result.out, 0, NULL);
    cr_assert(json_is_false(json_object_get(plan, "fits")));
    cr_assert_not_null(json_string_value(json_object_get(plan, "misfit")));
    json_decref(plan);
    gv_test_expect_error(gv_test_run("glove-plan " RUN "--set vocab.min_count=60000"), 1,
                         "vocab.min_count", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("run")));
}

Test(plan, mistakes)
{
    gv_test_write_text("corpus.txt", "");
    gv_test_expect_error(gv_test_run("glove-plan " RUN), 1, "empty", NULL);
    gv_test_write_text("corpus.txt", " \n\t\n");
    gv_test_expect_error(gv_test_run("glove-plan " RUN), 1, "no words", NULL);
    gv_test_write_text("corpus.txt", "word");
    gv_test_expect_error(gv_test_run("glove-plan " RUN "--set vocab.min_count=1"), 1,
                         "no two words", NULL);
    gv_test_write_text("corpus.txt", "a b");
    gv_test_run_ok("glove-plan " RUN "--set vocab.min_count=1");
    gv_test_expect_error(gv_test_run("glove-plan --run-dir run"), 2, "corpus.files", NULL);
    gv_test_expect_error(gv_test_run("glove-plan --set 'corpus.files=[\"-\"]' < /dev/null"), 2,
                         "corpus.files", "only once", NULL);
    static const char *const wrong[] = {"0", "-1", "101", "some", "nan", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        gv_test_expect_error(gv_test_run("glove-plan " RUN "--sample '%s'", wrong[i]), 2,
                             "--sample", "expected a percentage", NULL);
    gv_test_expect_error(gv_test_run("glove-plan " RUN "--set vocab.min_count=1 > /dev/full"), 1,
                         "standard output", NULL);
}

/* --- sweeps ----------------------------------------------------------------------------------- */

#define SWEEP                                                                                      \
    "--config c.json --progress none --grid train.dim=4,8 --grid 'cooccur.window=5,10 "            \
    "train.seed=1..2' --grid train.objective=glove,word2vec "

static const json_t *stage_named(const json_t *plan, const char *program)
{
    size_t i;
    json_t *stage;
    json_array_foreach(json_object_get(plan, "stages"), i, stage)
    {
        if (strcmp(json_string_value(json_object_get(stage, "program")), program) == 0)
            return stage;
    }
    cr_assert_fail("no %s", program);
    return NULL;
}

/* The same runs and stages as glove-sweep, which says "glove-cooccur  2 times for 8 runs". */
Test(plan, counts_what_a_sweep_shares_once)
{
    make_corpus(gv_test_seed(), 20000, 20);
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]}}");
    json_t *plan = json_loads(gv_test_run_ok("glove-plan --json " SWEEP).out, 0, NULL);
    json_t *alone = json_loads(
        gv_test_run_ok("glove-plan --json --config c.json --progress none").out, 0, NULL);
    const char *dry = gv_test_run_ok("glove-sweep --dry-run " SWEEP).out;
    cr_assert(plan && alone);
    static const char *const programs[] = {"glove-vocab", "glove-cooccur", "glove-shuffle",
                                           "glove-train"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        const char *line = strstr(dry, programs[i]);
        cr_assert(line, "%s", dry);
        const double times = strtod(line + strlen(programs[i]), NULL);
        cr_assert_float_eq(number(stage_named(plan, programs[i]), "times"), times, 0.1, "%s",
                           programs[i]);
    }
    cr_assert_float_eq(number(plan, "runs"), 16, 0.1);
    cr_assert_eq(json_array_size(json_object_get(plan, "settings")), 8, "seeds are no setting");
    near("vocab.txt", number(stage_named(plan, "glove-vocab"), "file_bytes"),
         number(stage_named(alone, "glove-vocab"), "file_bytes"), 0.001);
    double files = 0;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        files += number(stage_named(plan, programs[i]), "file_bytes");
    cr_assert_geq(number(plan, "disk_peak_bytes"), files);
    cr_assert(!gv_test_exists(gv_test_path("runs")), "nothing is written");
    json_decref(plan);
    json_decref(alone);
}

Test(plan, a_sweep_that_does_not_fit_and_mistakes)
{
    make_corpus(gv_test_seed(), 20000, 20);
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]}}");
    gv_test_write_text("list.json", "[{\"train.dim\": 4}, {\"train.dim\": 6}, {\"train.dim\": 4}]");
    const char *table =
        gv_test_run_ok("glove-plan --config c.json --runs list.json --jobs 2 --progress none").out;
    cr_assert_not_null(strstr(table, "2 runs of 2 settings, 2 at once; 1 more sets"), "%s", table);
    cr_assert_not_null(strstr(table, "train.dim=6"), "%s", table);
    gv_test_expect_error(gv_test_run("GLOVEBOX_TEST_DISK_FREE=100000 glove-plan " SWEEP), 1, "disk",
                         "free", NULL);
    gv_test_expect_error(gv_test_run("glove-plan " SWEEP "--set train.dim=50"), 2,
                         "train.dim differs between the runs", NULL);
    gv_test_expect_error(gv_test_run("glove-plan " SWEEP "--jobs 0"), 2, "--jobs", NULL);
    gv_test_expect_error(gv_test_run("glove-plan --config c.json --jobs 2"), 2, "--jobs", "--grid",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-plan --grid train.dim=4,8"), 2, "which config?", NULL);
    gv_test_expect_error(gv_test_run("glove-plan --config c.json --grid train.dimm=4"), 2,
                         "train.dim", NULL);
}

/* Every allocation may fail: an error, no leak, no crash. */
Test(plan, without_memory)
{
    gv_error err = GV_ERROR_INIT;
    gv_config *config;
    gv_strings sets = {0};
    const char *path = make_corpus(gv_test_seed(), 3000, 20);
    gv_assert_ok(gv_strings_add(&sets, gv_test_format("corpus.files=[\"%s\"]", path), &err), err);
    gv_assert_ok(gv_config_load(&config, NULL, &sets, "plan", &err), err);
    gv_plan *plan = malloc(sizeof *plan);
    int status = GV_E_MEMORY;
    unsigned n = 0;
    while (status != GV_OK && n < 2000) {
        char *table = NULL;
        gv_error failure = GV_ERROR_INIT;
        gv_mem_fail_at(++n, 0);
        status = gv_plan_make(plan, config, gv_test_path("run"), 0, &failure);
        if (status == GV_OK)
            status = gv_plan_table(&table, plan, &failure);
        gv_mem_fail_at(0, 0);
        gv_mem_free(table);
        cr_assert(status == GV_OK || failure.text[0], "allocation %u: no error text", n);
    }
    cr_assert_eq(status, GV_OK);
    cr_assert_gt(n, 20u);
    free(plan);
    gv_config_free(config);
    gv_strings_free(&sets);
}

Test(plan, sweep_without_memory)
{
    gv_error err = GV_ERROR_INIT;
    gv_config *config;
    gv_strings sets = {0}, grids = {0};
    const char *path = make_corpus(gv_test_seed(), 2000, 20);
    const char *file =
        gv_test_write_text("c.json", gv_test_format("{\"corpus\": {\"files\": [\"%s\"]}}", path));
    gv_assert_ok(gv_config_load(&config, file, &sets, "plan", &err), err);
    gv_assert_ok(gv_strings_add(&grids, "train.dim=4,6 train.seed=1,2", &err), err);
    const gv_program_call call = {.config = config, .run_dir = "none", .config_path = file};
    const gv_plan_sweep_options options = {.call = &call, .grids = grids, .jobs = "2"};
    uint64_t calls = 0;
    unsigned failed = 0;
    for (uint64_t n = 0; n <= calls; n += 1 + n / 6) { /* the first turn counts */
        gv_plan_sweep *plan = NULL;
        char *table = NULL;
        gv_error failure = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        int status = gv_plan_sweep_make(&plan, &options, &failure);
        if (status == GV_OK)
            status = gv_plan_sweep_table(&table, plan, &failure);
        calls = n == 0 ? gv_mem_calls() : calls;
        gv_mem_fail_at(0, 0);
        gv_mem_free(table);
        gv_plan_sweep_free(plan);
        failed += status != GV_OK;
        cr_assert(status == GV_OK || failure.text[0], "allocation %lu: no error text",
                  (unsigned long)n);
    }
    cr_assert_gt(failed, 20u);
    gv_strings_free(&grids);
    gv_config_free(config);
}
