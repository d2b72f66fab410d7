/*
 * The memory that the stages ask for is what lib/budget says, and glove-plan accepts and refuses
 * as they do.
 */
#include "base/gv_mem.h"
#include "budget/gv_budget_cooccur.h"
#include "budget/gv_budget_shuffle.h"
#include "counts/gv_counts.h"
#include "model/gv_model.h"
#include "support/gv_test.h"
#include "support/gv_test_budget.h"
#include "support/gv_test_store.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 3000 };

#define CORPUS "--set 'corpus.files=[\"corpus.txt\"]' --set vocab.min_count=1 "
#define RUN    "--progress none --run-dir run " CORPUS

static bool sanitized(void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    return true;
#else
    return false;
#endif
}

/* The number behind `words` in a message. */
static uint64_t number_after(const char *text, const char *words)
{
    const char *at = strstr(text, words);
    cr_assert_not_null(at, "no \"%s\" in %s", words, text);
    return strtoull(at + strlen(words), NULL, 10);
}

/* The bytes of the amount in MiB that stands behind `words` in a message. */
static uint64_t amount_after(const char *text, const char *words)
{
    const char *at = strstr(text, words);
    char *end;
    cr_assert_not_null(at, "no \"%s\" in %s", words, text);
    double mib = strtod(at + strlen(words), &end);
    cr_assert(strncmp(end, " MiB", 4) == 0, "%s", text);
    return (uint64_t)(mib * (double)GV_BUDGET_MIB);
}

/* The same amount, to the digits that a message shows? */
static bool same_amount(uint64_t a, uint64_t b)
{
    uint64_t step = a < 100 * (uint64_t)GV_BUDGET_MIB ? GV_BUDGET_MIB / 10 : GV_BUDGET_MIB;
    return (a > b ? a - b : b - a) <= step;
}

static uint64_t whole_mib(uint64_t bytes)
{
    return (bytes + GV_BUDGET_MIB - 1) / GV_BUDGET_MIB;
}

/* --- glove-train ------------------------------------------------------------------------------ */

static uint64_t refused_training(const char *dir, const char *options, unsigned threads)
{
    gv_test_result r = gv_test_run("glove-train --progress none --run-dir %s --set "
                                   "train.memory_mb=1 --set train.threads=%u %s",
                                   dir, threads, options);
    gv_test_expect_error(r, 1, "training needs", "train.memory_mb is 1 MiB", NULL);
    return amount_after(r.err, "training needs ");
}

static void check_training(const char *dir, const char *schedule, const char *objective,
                           unsigned dim)
{
    gv_test_budget budget;
    gv_test_budget_open(
        &budget, gv_test_format("%s/store.db", dir),
        gv_test_format("{\"name\": \"test\", \"train\": {\"schedule\": \"%s\", \"objective\": "
                       "\"%s\", \"dim\": %u, \"memory_mb\": 1}}",
                       schedule, objective, dim));
    const char *options =
        gv_test_format("--set train.schedule=%s --set train.objective=%s --set train.dim=%u",
                       schedule, objective, dim);
    for (unsigned threads = 1; threads <= 4; threads += 3)
        cr_assert(same_amount(refused_training(dir, options, threads),
                              gv_budget_train_least(&budget.train, threads)),
                  "%s, %u threads", options, threads);
    gv_test_budget_close(&budget);
}

Test(budget_cli, training_asks_for_its_least)
{
    static const char *const schedules[] = {"ordered", "hogwild",     "atomic",
                                            "locked",  "round_robin", "averaged"};
    const char *dir = gv_test_store_run("stored", gv_test_store_small());
    for (size_t s = 0; s < sizeof schedules / sizeof *schedules; s++)
        check_training(dir, schedules[s], "glove", 1000);
    check_training(dir, "ordered", "logistic", 2000);
}

Test(budget_cli, word2vec_asks_for_its_least)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 20000, 500, 20);
    gv_test_run_ok("glove-vocab " RUN);
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab;
    gv_config *config;
    gv_assert_ok(gv_vocab_read(&vocab, gv_test_path("run/vocab.txt"), 0, &err), err);
    gv_assert_ok(gv_config_load_text(&config,
                                     "{\"name\": \"test\", \"train\": {\"objective\": "
                                     "\"word2vec\", \"dim\": 1500, \"negative\": 7}}",
                                     &err),
                 err);
    uint64_t model;
    uint32_t words = gv_vocab_size(vocab);
    gv_assert_ok(gv_model_plain_bytes(&model, words, 1500, &err), err);
    for (unsigned threads = 1; threads <= 4; threads += 3)
        cr_assert(same_amount(refused_training("run",
                                               CORPUS "--set train.objective=word2vec --set "
                                                      "train.dim=1500 --set train.negative=7",
                                               threads),
                              gv_budget_train_word2vec_least(config, words, model, threads)));
    gv_config_free(config);
    gv_vocab_free(vocab);
}

/* --- the stages before ------------------------------------------------------------------------ */

/* A corpus of WORDS words, counted as far as the vocabulary. */
static void make_vocabulary(void)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 60000, WORDS, 20);
    gv_test_run_ok("glove-vocab " RUN);
}

/* Does `program` run with so much memory? A refusal must name the key. */
static bool runs(const char *program, const char *key, uint64_t mb)
{
    const char *force = strcmp(program, "glove-plan") == 0 ? "--sample 100" : "--force";
    gv_test_result r = gv_test_run("%s %s " RUN "--set cooccur.threads=1 --set %s=%" PRIu64,
                                   program, force, key, mb);
    if (r.exit_code != 0)
        gv_test_expect_error(r, 1, key, NULL);
    return r.exit_code == 0;
}

/* The shuffle runs with its least budget, not with one MiB less, and the plan says so. The plan
 * estimates the cells, so it may be a MiB off. */
Test(budget_cli, the_shuffle_runs_with_its_least, .timeout = 60)
{
    make_vocabulary();
    gv_test_run_ok("glove-cooccur " RUN);
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab;
    gv_counts *counts;
    gv_assert_ok(gv_vocab_read(&vocab, gv_test_path("run/vocab.txt"), 1, &err), err);
    gv_assert_ok(gv_counts_open(&counts, gv_test_path("run/counts.bin"), &err), err);
    const gv_budget_shuffle basis = {.cells = gv_counts_about(counts)->cells,
                                     .vocabulary = gv_vocab_memory(vocab),
                                     .words = gv_vocab_size(vocab)};
    uint64_t least = whole_mib(gv_budget_shuffle_least(&basis));
    gv_counts_close(counts);
    gv_vocab_free(vocab);
    cr_assert(runs("glove-shuffle", "shuffle.memory_mb", least));
    cr_assert_not(runs("glove-shuffle", "shuffle.memory_mb", least - 1));
    gv_test_result r =
        gv_test_run("glove-shuffle --force " RUN "--set shuffle.memory_mb=%" PRIu64, least - 1);
    gv_test_expect_error(r, 1, "shuffle.memory_mb", "is too small", NULL);
    cr_assert_eq(number_after(r.err, "set it to at least "), least);
    cr_assert(runs("glove-plan", "shuffle.memory_mb", least + 1));
    cr_assert_not(runs("glove-plan", "shuffle.memory_mb", least - 2));
}

/*
 * Counting runs with what its refusal says it needs. How much the process holds when the memory is
 * divided varies by some pages from run to run, so there is a MiB of room to each side; the plan
 * takes a usual size of programs instead, which may be some MiB off.
 */
Test(budget_cli, counting_runs_with_its_least, .timeout = 60)
{
    if (sanitized())
        gv_test_skip("memory is the sanitizer's");
    make_vocabulary();
    gv_test_result r =
        gv_test_run("glove-cooccur " RUN "--set cooccur.threads=1 --set cooccur.memory_mb=1");
    gv_test_expect_error(r, 1, "cooccur.memory_mb = 1 is too small", NULL);
    uint64_t least = number_after(r.err, "needs at least ");
    /* what the rule gives for a process of the size of this one, or a little more or less */
    gv_budget_cooccur basis = {.used = 5 * GV_BUDGET_MIB, .words = WORDS, .threads = 1};
    cr_assert_geq(least, whole_mib(gv_budget_cooccur_smallest(&basis)));
    cr_assert_leq(least, whole_mib(gv_budget_cooccur_smallest(&basis)) + 10);
    cr_assert(runs("glove-cooccur", "cooccur.memory_mb", least + 1));
    cr_assert_not(runs("glove-cooccur", "cooccur.memory_mb", least - 2));
    cr_assert(runs("glove-plan", "cooccur.memory_mb", least + 5));
    cr_assert_not(runs("glove-plan", "cooccur.memory_mb", least - 5));
}

/* All three together, as far as the plan's estimate of the store goes: a tenth. */
Test(budget_cli, the_plan_refuses_training_as_training_does, .timeout = 60)
{
    make_vocabulary();
    gv_test_run_ok("glove-cooccur " RUN "&& glove-shuffle " RUN);
    const char *dim = CORPUS "--set train.dim=1000 --set train.epochs=1 --set train.threads=2 ";
    uint64_t need = refused_training("run", dim, 2);
    gv_test_result r = gv_test_run("glove-plan --sample 100 --run-dir run %s"
                                   "--set train.memory_mb=1",
                                   dim);
    gv_test_expect_error(r, 1, "glove-train would need", NULL);
    uint64_t planned = amount_after(r.err, "would need about ");
    cr_assert(planned > need / 10 * 9 && planned < need / 10 * 11,
              "planned %" PRIu64 ", needed %" PRIu64, planned, need);
    const uint64_t keys[] = {need / GV_BUDGET_MIB * 9 / 10, whole_mib(need) * 11 / 10};
    for (int enough = 0; enough < 2; enough++) {
        int stage = gv_test_run("glove-train --progress none --run-dir run %s"
                                "--set train.memory_mb=%" PRIu64,
                                dim, keys[enough])
                        .exit_code;
        int plan = gv_test_run("glove-plan --sample 100 --run-dir run %s"
                               "--set train.memory_mb=%" PRIu64,
                               dim, keys[enough])
                       .exit_code;
        cr_assert_eq(stage, enough ? 0 : 1);
        cr_assert_eq(plan, stage);
    }
}
