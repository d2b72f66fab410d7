/*
 * How the stages divide memory (lib/budget): properties of the rules, and that glove-plan asks them
 * what the stages ask.
 */
#include "model/gv_model.h"
#include "plan/gv_plan_internal.h"
#include "support/gv_test.h"
#include "support/gv_test_budget.h"
#include "support/gv_test_store.h"
#include "vocab/gv_subsample.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const uint64_t budgets[] = {0,
                                   1,
                                   GV_BUDGET_MIB,
                                   13 * GV_BUDGET_MIB,
                                   UINT64_C(100) << 20,
                                   UINT64_C(3) << 30,
                                   UINT64_C(1) << 50,
                                   UINT64_MAX - 1,
                                   UINT64_MAX};
static const unsigned threads_of[] = {1, 2, 3, 16, 200, 1024};
static const uint32_t words_of[] = {1, 15, 16, 17, 1000, 65536, 1000000};

static gv_config *config_of(const char *text)
{
    gv_error err = GV_ERROR_INIT;
    gv_config *config;
    gv_assert_ok(gv_config_load_text(&config, text, &err), err);
    return config;
}

Test(budget, a_key_is_bounded_by_what_is_available)
{
    cr_assert_eq(gv_budget_of_key(4, 0), 4 * GV_BUDGET_MIB, "unknown");
    cr_assert_eq(gv_budget_of_key(4, 100 * GV_BUDGET_MIB), 4 * GV_BUDGET_MIB);
    cr_assert_eq(gv_budget_of_key(4, 4 * GV_BUDGET_MIB), 3 * GV_BUDGET_MIB);
    cr_assert_eq(gv_budget_of_key(UINT64_MAX, UINT64_MAX), UINT64_MAX - UINT64_MAX / 4);
    cr_assert_eq(gv_budget_of_key(4, 1), 1, "never 0, which is no budget");
}

Test(budget, megabytes_do_not_overflow)
{
    cr_assert_eq(gv_budget_of_mb(0), 0);
    cr_assert_eq(gv_budget_of_mb(3), 3 * GV_BUDGET_MIB);
    cr_assert_eq(gv_budget_of_mb((UINT64_C(1) << 44) - 1), UINT64_MAX - GV_BUDGET_MIB + 1);
    cr_assert_eq(gv_budget_of_mb(UINT64_C(1) << 44), UINT64_MAX);
    cr_assert_eq(gv_budget_of_mb(UINT64_MAX), UINT64_MAX);
}

/* --- glove-vocab ------------------------------------------------------------------------------ */

Test(budget, vocab_has_a_thread_a_table_and_buffers_with_any_budget)
{
    for (size_t b = 0; b < COUNT(budgets); b++) {
        for (size_t t = 0; t < COUNT(threads_of); t++) {
            const gv_budget_vocab basis = {
                .budget = budgets[b], .on_host = 1, .threads = threads_of[t]};
            gv_budget_vocab_limits limits = gv_budget_vocab_divide(&basis);
            cr_assert(limits.threads >= 1 && limits.threads <= threads_of[t]);
            cr_assert_geq(limits.table_bytes, GV_BUDGET_MIB);
            cr_assert_geq(limits.block_bytes, 64u << 10);
            cr_assert_leq(limits.block_bytes, 4u << 20);
            cr_assert_geq(limits.run_buffer, GV_BUDGET_VOCAB_BUFFER_LEAST);
            /* above the least table, all of it is within the budget */
            if (limits.table_bytes > GV_BUDGET_MIB)
                cr_assert_eq(limits.others + limits.table_bytes, basis.budget);
        }
    }
}

Test(budget, vocab_stays_below_three_quarters_of_the_machine)
{
    gv_budget_vocab basis = {
        .budget = UINT64_MAX, .available = UINT64_C(4) << 30, .on_host = 2, .threads = 4};
    gv_budget_vocab_limits limits = gv_budget_vocab_divide(&basis);
    cr_assert_eq(limits.others + limits.table_bytes, UINT64_C(3) << 29);
}

Test(budget, a_table_of_words_holds_them)
{
    for (uint64_t words = 0; words < 100000; words = words * 5 / 4 + 1) {
        uint64_t bytes = gv_budget_vocab_table(words);
        uint64_t slots = bytes / GV_BUDGET_VOCAB_ENTRY_BYTES;
        cr_assert_geq(gv_budget_vocab_grow_at(slots), words);
        cr_assert(slots == GV_BUDGET_VOCAB_LEAST_SLOTS ||
                  gv_budget_vocab_grow_at(slots / 2) < words);
        cr_assert_geq(gv_budget_vocab_table(words + 1), bytes);
    }
}

/* --- glove-cooccur ---------------------------------------------------------------------------- */

static gv_budget_cooccur cooccur_basis(uint64_t budget, unsigned threads, uint32_t words)
{
    return (gv_budget_cooccur){
        .budget = budget, .used = 9 * GV_BUDGET_MIB, .words = words, .threads = threads};
}

Test(budget, cooccur_divides_what_it_accepts)
{
    for (size_t b = 0; b < COUNT(budgets); b++)
        for (size_t t = 0; t < COUNT(threads_of); t++)
            for (size_t w = 0; w < COUNT(words_of); w++) {
                gv_budget_cooccur basis = cooccur_basis(budgets[b], threads_of[t], words_of[w]);
                gv_budget_cooccur_limits limits;
                cr_assert_leq(gv_budget_cooccur_block(budgets[b], threads_of[t]), 4u << 20);
                if (!gv_budget_cooccur_divide(&limits, &basis)) {
                    cr_assert_gt(gv_budget_cooccur_smallest(&basis), basis.budget);
                    continue;
                }
                cr_assert_eq(gv_budget_cooccur_smallest(&basis), basis.budget);
                cr_assert(limits.threads >= 1 && limits.threads <= threads_of[t]);
                cr_assert(limits.batch_tokens >= 1 && limits.batch_tokens <= UINT64_C(1) << 31);
                uint64_t thread = gv_budget_cooccur_sums(basis.words) + limits.output_bytes +
                                  limits.fan_in * limits.merge_bytes;
                cr_assert_leq(basis.used + limits.threads * thread +
                                  limits.batch_tokens * GV_BUDGET_COOCCUR_TOKEN_BYTES,
                              basis.budget);
            }
}

/* Buffers and blocks grow with the budget, and all of them must fit. */
static void check_smallest(uint32_t words, size_t block_bytes, unsigned threads)
{
    uint64_t before = 0;
    for (uint64_t used = GV_BUDGET_MIB; used < UINT64_C(1) << 32; used += used / 3) {
        gv_budget_cooccur basis = {
            .used = used, .block_bytes = block_bytes, .words = words, .threads = threads};
        gv_budget_cooccur_limits limits;
        uint64_t smallest = gv_budget_cooccur_smallest(&basis);
        cr_assert_eq(smallest % GV_BUDGET_MIB, 0);
        cr_assert_geq(smallest, before);
        before = smallest;
        basis.budget = smallest;
        cr_assert(gv_budget_cooccur_divide(&limits, &basis));
        basis.budget = smallest - GV_BUDGET_MIB;
        cr_assert_not(gv_budget_cooccur_divide(&limits, &basis));
    }
}

Test(budget, cooccur_accepts_the_smallest_budget_and_no_smaller_one)
{
    for (size_t w = 0; w < COUNT(words_of); w++)
        for (size_t t = 0; t < COUNT(threads_of); t++) {
            check_smallest(words_of[w], 0, threads_of[t]);
            check_smallest(words_of[w], GV_SUBSAMPLE_SECTION, threads_of[t]);
        }
}

Test(budget, cooccur_needs_more_for_more_words)
{
    uint64_t before = 0;
    for (size_t w = 0; w < COUNT(words_of); w++) {
        gv_budget_cooccur basis = cooccur_basis(0, 1, words_of[w]);
        cr_assert_geq(gv_budget_cooccur_smallest(&basis), before);
        before = gv_budget_cooccur_smallest(&basis);
    }
}

/* --- glove-shuffle ---------------------------------------------------------------------------- */

Test(budget, shuffle_needs_more_for_more)
{
    const uint64_t cells_of[] = {0, 1, 100000, 163840, 4 << 20, UINT64_C(1) << 40};
    for (size_t w = 0; w < COUNT(words_of); w++)
        for (size_t c = 0; c < COUNT(cells_of); c++) {
            gv_budget_shuffle basis = {.cells = cells_of[c], .words = words_of[w]};
            uint64_t least = gv_budget_shuffle_least(&basis);
            cr_assert_geq(least, gv_budget_shuffle_first_pass(&basis));
            cr_assert_geq(least, gv_budget_shuffle_second_pass(&basis));
            basis.words++;
            cr_assert_geq(gv_budget_shuffle_least(&basis), least);
            basis.words--;
            basis.cells *= 2;
            cr_assert_geq(gv_budget_shuffle_least(&basis), least);
            basis.vocabulary = UINT64_C(1) << 33;
            cr_assert_gt(gv_budget_shuffle_least(&basis), least);
        }
}

Test(budget, shuffle_has_a_thread_with_any_budget)
{
    for (size_t b = 0; b < COUNT(budgets); b++)
        for (size_t t = 0; t < COUNT(threads_of); t++) {
            gv_budget_shuffle basis = {.budget = budgets[b], .cells = 1000000, .words = 50000};
            unsigned threads = threads_of[t];
            uint64_t left = gv_budget_shuffle_left(&basis, 8 * GV_BUDGET_MIB);
            cr_assert_leq(left, basis.budget);
            const unsigned found[] = {gv_budget_shuffle_survey_threads(&basis, threads),
                                      gv_budget_shuffle_lanes(&basis, left, threads),
                                      gv_budget_shuffle_pack_threads(left, 1 << 20, threads)};
            for (size_t i = 0; i < COUNT(found); i++)
                cr_assert(found[i] >= 1 && found[i] <= threads);
            cr_assert_leq(gv_budget_shuffle_spool(&basis, left, found[1]), left);
        }
    gv_budget_shuffle basis = {.budget = 1};
    cr_assert_eq(gv_budget_shuffle_left(&basis, UINT64_C(1) << 60), 0);
}

/* With millions of words the longest row is longer than a usual block. */
Test(budget, shuffle_leaves_room_for_a_long_row)
{
    const uint64_t mib = GV_BUDGET_MIB, left = 100 * mib;
    gv_budget_shuffle basis = {.budget = left};
    const uint64_t usual = gv_budget_shuffle_spool(&basis, left, 2);
    basis.block = mib / 2;
    cr_assert_eq(gv_budget_shuffle_spool(&basis, left, 2), usual);
    basis.block = 21 * mib;
    cr_assert_eq(gv_budget_shuffle_spool(&basis, left, 2), usual - 40 * mib);
    cr_assert_eq(gv_budget_shuffle_lanes(&basis, left, 16), 3);
    basis.block = 500 * mib;
    cr_assert_eq(gv_budget_shuffle_lanes(&basis, left, 16), 1);
    cr_assert_eq(gv_budget_shuffle_spool(&basis, left, 1), 0);
}

/* --- glove-train ------------------------------------------------------------------------------ */

static const char *const schedules[] = {"ordered", "hogwild",     "atomic",
                                        "locked",  "round_robin", "averaged"};

static const gv_store_info example_store = {.vocab_size = 3000,
                                            .symmetric = true,
                                            .segments = 12,
                                            .values = 500,
                                            .blobs = 30,
                                            .blob_bytes = 20 << 20,
                                            .largest_blob = 1 << 20,
                                            .tiles = 78};

static gv_budget_train train_basis(const gv_config *config, const gv_store_info *store)
{
    bool logistic = config->train_objective == GV_OBJECTIVE_LOGISTIC;
    gv_budget_train basis = {.config = config,
                             .store = store,
                             .tasks = 144,
                             .tile_records = 60000,
                             .mixed_records = logistic ? 90000 : 0,
                             .segment_words = logistic ? 250 : 0,
                             .by_steps = gv_config_schedule_by_steps(config->train_schedule)};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_model_bytes(&basis.model, store->vocab_size, config->train_dim, &err), err);
    return basis;
}

static gv_config *train_config(size_t schedule, bool logistic, unsigned memory_mb)
{
    return config_of(gv_test_format(
        "{\"name\": \"test\", \"train\": {\"schedule\": \"%s\", \"dim\": 40, "
        "\"memory_mb\": %u%s}}",
        schedules[schedule], memory_mb, logistic ? ", \"objective\": \"logistic\"" : ""));
}

static void check_division(const gv_budget_train *basis, uint64_t budget, unsigned wanted)
{
    const uint64_t resident = 9 * GV_BUDGET_MIB;
    gv_budget_train_plan plan = gv_budget_train_divide(basis, budget, resident, wanted);
    uint64_t others = gv_budget_train_others(basis, resident, plan.threads);
    uint64_t least_tiles = gv_budget_train_tiles_least(basis->store, plan.threads);
    cr_assert(plan.threads >= 1 && plan.threads <= wanted);
    cr_assert_eq(plan.least, gv_budget_train_least(basis, plan.threads));
    cr_assert_geq(plan.tiles, least_tiles);
    if (plan.least + others <= budget)
        cr_assert_eq(plan.least - least_tiles + plan.tiles + others, budget);
    else
        cr_assert_eq(plan.tiles, least_tiles);
    /* fewer threads only if the user's budget holds those and not one more */
    if (plan.threads < wanted) {
        cr_assert_gt(basis->config->train_memory_mb, 0);
        cr_assert_leq(plan.least + others, budget);
        cr_assert_gt(gv_budget_train_least(basis, plan.threads + 1) +
                         gv_budget_train_others(basis, resident, plan.threads + 1),
                     budget);
    }
}

Test(budget, train_divides_any_budget)
{
    for (size_t s = 0; s < COUNT(schedules); s++)
        for (unsigned variant = 0; variant < 4; variant++) {
            gv_config *config = train_config(s, variant & 1, variant & 2 ? 64 : 0);
            gv_budget_train basis = train_basis(config, &example_store);
            for (size_t t = 0; t < COUNT(threads_of); t++)
                for (size_t b = 0; b < COUNT(budgets); b++)
                    check_division(&basis, budgets[b], threads_of[t]);
            gv_config_free(config);
        }
}

/* `changed` needs no less than `basis`, with one thread and with several. */
static void check_grows(const gv_budget_train *basis, const gv_budget_train *changed)
{
    for (unsigned threads = 1; threads < 9; threads++)
        cr_assert_geq(gv_budget_train_least(changed, threads),
                      gv_budget_train_least(basis, threads));
}

Test(budget, train_needs_more_for_more)
{
    for (size_t s = 0; s < COUNT(schedules); s++)
        for (int logistic = 0; logistic < 2; logistic++) {
            gv_config *config = train_config(s, logistic, 0);
            gv_budget_train basis = train_basis(config, &example_store), changed = basis;
            for (unsigned threads = 1; threads < 200; threads++)
                cr_assert_gt(gv_budget_train_least(&basis, threads + 1),
                             gv_budget_train_least(&basis, threads));
            changed.model += 1000;
            changed.tasks++;
            check_grows(&basis, &changed);
            changed = basis;
            changed.tile_records++;
            check_grows(&basis, &changed);
            gv_store_info store = example_store;
            store.vocab_size++;
            store.segments++;
            store.tiles++;
            store.blobs++;
            store.largest_blob += 64;
            changed = basis;
            changed.store = &store;
            check_grows(&basis, &changed);
            changed.conflicts = true;
            check_grows(&basis, &changed);
            gv_config_free(config);
        }
}

Test(budget, train_memory_is_the_key_or_what_the_machine_has)
{
    gv_config *config = config_of("{\"name\": \"test\", \"train\": {\"memory_mb\": 7}}");
    cr_assert_eq(gv_budget_train_memory(config, 12345), 7 * GV_BUDGET_MIB);
    gv_config_free(config);
    config = config_of("{\"name\": \"test\"}");
    cr_assert_eq(gv_budget_train_memory(config, 0), UINT64_MAX);
    cr_assert_eq(gv_budget_train_memory(config, 1600), 1500);
    cr_assert_leq(gv_budget_train_memory(config, UINT64_MAX), UINT64_MAX);
    gv_config_free(config);
}

Test(budget, word2vec_needs_more_for_more)
{
    gv_config *config = config_of("{\"name\": \"test\", \"train\": {\"objective\": \"word2vec\"}}");
    for (unsigned threads = 1; threads < 100; threads++) {
        uint64_t least = gv_budget_train_word2vec_least(config, 1000, 400000, threads);
        cr_assert_eq(gv_budget_train_word2vec_least(config, 1000, 400000, threads + 1),
                     least + gv_budget_train_word2vec_thread(config));
        cr_assert_gt(gv_budget_train_word2vec_least(config, 1001, 400000, threads), least);
        cr_assert_eq(gv_budget_train_word2vec_least(config, 1000, 400001, threads), least + 1);
    }
    gv_config_free(config);
}

/* --- glove-plan asks what the stages ask ------------------------------------------------------ */

/* What the plan would know of the corpus of a store. */
typedef struct known {
    gv_plan_sample sample;
    gv_plan_words words;
    gv_plan_pairs pairs;
    gv_plan_basis basis;
    gv_plan plan;
} known;

static void know(known *k, const gv_config *config)
{
    *k = (known){.sample = {.tokens = 1, .bytes = 1, .corpus_bytes = 1, .disk_bytes = 123456},
                 .words = {.vocab = 5000, .word_bytes = 6.5, .digits = 2, .vocab_tokens = 90000},
                 .plan = {.threads = 3, .train_threads = 3, .memory_available = INFINITY}};
    k->basis = (gv_plan_basis){.config = config,
                               .sample = &k->sample,
                               .words = &k->words,
                               .pairs = &k->pairs,
                               .matrix = {.tokens = 90000, .cells = 70000, .records = 140000},
                               .tiles = {.gap_bytes = 1, .tiles = 78, .segments = 12}};
}

/* The bytes that the plan says `program` would need. */
static uint64_t planned_need(known *k, const char *program)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_plan_cost_stages(&k->plan, &k->basis, &err), err);
    const char *wanted = gv_test_format("%s would need about ", program);
    cr_assert(strncmp(k->plan.misfit, wanted, strlen(wanted)) == 0, "%s", k->plan.misfit);
    return k->plan.misfit_need;
}

/* Make what the plan knows equal to what a store is. */
static void know_store(known *k, const gv_test_budget *stage)
{
    const gv_store_info *info = stage->train.store;
    know(k, stage->config);
    k->words.vocab = info->vocab_size;
    k->basis.matrix.cells = (double)info->cells;
    k->basis.matrix.records = (double)info->records;
    k->basis.tiles = (gv_plan_tiles){.gap_bytes = 1,
                                     .tiles = info->tiles,
                                     .blobs = info->blobs,
                                     .blob_bytes = (double)info->blob_bytes,
                                     .largest = (double)stage->train.tile_records,
                                     .segments = info->segments,
                                     .groups = info->groups};
    for (uint32_t s = 0; s < info->segments; s++)
        if (gv_store_segment_words(info, s) > k->basis.tiles.widest)
            k->basis.tiles.widest = gv_store_segment_words(info, s);
}

/* With all the draws that a tile has room for, so that the plan's estimate of mixed tiles is what
 * they hold. */
static void check_train(const char *path, size_t schedule, bool logistic, unsigned dim,
                        bool symmetric)
{
    gv_test_budget stage;
    known k;
    gv_test_budget_open(
        &stage, path,
        gv_test_format("{\"name\": \"test\", \"cooccur\": {\"symmetric\": %s}, \"train\": "
                       "{\"schedule\": \"%s\", "
                       "\"dim\": %u, \"memory_mb\": 1%s}}",
                       symmetric ? "true" : "false", schedules[schedule], dim,
                       logistic ? ", \"objective\": \"logistic\", \"unseen_draws\": 1000" : ""));
    for (unsigned threads = 1 + schedule % 2; threads <= 4; threads += 3) {
        know_store(&k, &stage);
        k.plan.train_threads = threads;
        cr_assert_eq(planned_need(&k, "glove-train"), gv_budget_train_least(&stage.train, threads),
                     "%s, dim %u, %u threads: %s", schedules[schedule], dim, threads,
                     k.plan.misfit);
    }
    gv_test_budget_close(&stage);
}

Test(budget, the_plan_of_training_is_what_training_asks, .timeout = 120)
{
    for (int symmetric = 0; symmetric < 2; symmetric++) {
        gv_test_store_plan plan = gv_test_store_small();
        plan.symmetric = symmetric;
        plan.groups = 1; /* one blob, which is the largest */
        plan.percent = 90;
        const char *path = gv_test_path(symmetric ? "symmetric.db" : "store.db");
        gv_test_store_write(path, &plan);
        for (size_t s = 0; s < COUNT(schedules); s++) {
            check_train(path, s, false, 900, symmetric);
            check_train(path, s, true, 2000, symmetric);
        }
    }
}

Test(budget, the_plan_of_word2vec_is_what_training_asks)
{
    for (unsigned dim = 250; dim <= 4000; dim *= 4)
        for (unsigned threads = 1; threads <= 9; threads += 4) {
            gv_error err = GV_ERROR_INIT;
            uint64_t model;
            known k;
            gv_config *config = config_of(gv_test_format(
                "{\"name\": \"test\", \"train\": {\"objective\": \"word2vec\", \"dim\": %u, "
                "\"memory_mb\": 1, \"negative\": %u, \"schedule\": \"%s\"}}",
                dim, threads, threads == 5 ? "ordered" : "hogwild"));
            know(&k, config);
            k.plan.train_threads = threads;
            gv_assert_ok(gv_model_plain_bytes(&model, 5000, dim, &err), err);
            cr_assert_eq(planned_need(&k, "glove-train"),
                         gv_budget_train_word2vec_least(config, 5000, model, threads) +
                             gv_budget_train_word2vec_ordered(config, 5000, 90000, threads));
            cr_assert_eq(gv_budget_train_word2vec_ordered(config, 5000, 90000, threads) > 0,
                         threads == 5);
            gv_config_free(config);
        }
}

Test(budget, the_plan_of_the_shuffle_is_what_it_asks)
{
    const double cells_of[] = {1, 70000, 3e6, 1e10};
    gv_config *config = config_of("{\"name\": \"test\", \"shuffle\": {\"memory_mb\": 1}}");
    for (size_t w = 1; w < COUNT(words_of); w += 2)
        for (size_t c = 0; c < COUNT(cells_of); c++) {
            known k;
            know(&k, config);
            k.words.vocab = words_of[w];
            k.basis.matrix.cells = cells_of[c];
            const gv_budget_shuffle asked = {
                .budget = GV_BUDGET_MIB,
                .cells = (uint64_t)cells_of[c],
                .vocabulary = gv_vocab_memory_for(words_of[w], (uint64_t)(words_of[w] * 6.5)),
                .words = words_of[w]};
            cr_assert_eq(planned_need(&k, "glove-shuffle"), gv_budget_shuffle_least(&asked));
        }
    gv_config_free(config);
}

/* The plan takes a program's usual size for what the process holds; the rest is the stage's. */
Test(budget, the_plan_of_counting_is_what_it_asks)
{
    for (unsigned threads = 1; threads <= 64; threads *= 8)
        for (int sample = 0; sample < 2; sample++)
            for (unsigned mb = 1; mb <= 9; mb += 8) {
                known k;
                gv_config *config = config_of(
                    gv_test_format("{\"name\": \"test\", \"cooccur\": {\"memory_mb\": %u%s}}", mb,
                                   sample ? ", \"sample\": 1e-4" : ""));
                know(&k, config);
                k.plan.threads = threads;
                uint64_t budget = mb * GV_BUDGET_MIB;
                const gv_budget_cooccur asked = {.budget = budget,
                                                 .used =
                                                     (uint64_t)gv_plan_cost_program_bytes(config) +
                                                     gv_vocab_memory_for(5000, 32500),
                                                 .disk_bytes = 123456,
                                                 .block_bytes = sample ? GV_SUBSAMPLE_SECTION : 0,
                                                 .words = 5000,
                                                 .threads = threads};
                cr_assert_eq(planned_need(&k, "glove-cooccur"), gv_budget_cooccur_smallest(&asked));
                gv_config_free(config);
            }
}

Test(budget, the_plan_of_the_vocabulary_is_what_it_asks)
{
    gv_config *config = config_of("{\"name\": \"test\", \"vocab\": {\"memory_mb\": 77}}");
    known k;
    know(&k, config);
    k.plan.memory_available = 1e9;
    gv_budget_vocab asked = gv_plan_cost_budget_vocab(&k.plan, &k.basis);
    const gv_budget_vocab wanted = {
        .budget = 77 * GV_BUDGET_MIB, .available = 1000000000, .on_host = 1, .threads = 3};
    cr_assert_eq(memcmp(&asked, &wanted, sizeof asked), 0);
    gv_config_free(config);
}
