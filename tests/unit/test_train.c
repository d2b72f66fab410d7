/*
 * Training against an oracle: the same epochs by a plain loop over the whole matrix, which knows
 * nothing of packed tiles, codes, caches or threads. The result must be the same to the last bit.
 */
#include "base/gv_mem.h"
#include "kernel/gv_glove.h"
#include "schedule/gv_schedule_run.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include "train/gv_task.h"
#include "train/gv_tile_cache.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 11, SEED = 3, EPOCHS = 2 };

static const double eta = 0.05, bias_eta = 0.7, clip = 0.4, x_max = 20, alpha = 0.75;

typedef struct fixture {
    gv_test_store_plan plan;
    const char *path;
    gv_store *store;
    gv_schedule *schedule;
    gv_config *config;
    gv_step_sizes step_sizes;
    gv_task_context tasks;
} fixture;

static void set_up(fixture *f, gv_test_store_plan plan)
{
    gv_error err = GV_ERROR_INIT;
    *f = (fixture){.plan = plan, .path = gv_test_path("store.db")};
    gv_test_store_write(f->path, &plan);
    gv_assert_ok(gv_store_open(&f->store, f->path, 1, &err), err);
    const gv_store_info *info = gv_store_about(f->store);
    gv_assert_ok(gv_schedule_new(&f->schedule, info, gv_store_tiles(f->store), &err), err);
    gv_assert_ok(gv_config_load_text(&f->config, "{\"name\": \"test\"}", &err), err);
    gv_assert_ok(gv_step_sizes_init(&f->step_sizes, DIM, eta, bias_eta, clip, &err), err);
    f->tasks = (gv_task_context){.config = f->config,
                                 .store_path = f->path,
                                 .schedule = f->schedule,
                                 .step_sizes = &f->step_sizes,
                                 .segment_first = info->segment_first,
                                 .update = gv_task_update_directly(&gv_kernel_scalar)};
    gv_assert_ok(gv_prepare_table_new(&f->tasks.table, info, x_max, alpha, &err), err);
}

static void tear_down(fixture *f)
{
    gv_prepare_table_free(&f->tasks.table);
    gv_step_sizes_clear(&f->step_sizes);
    gv_config_free(f->config);
    gv_schedule_free(f->schedule);
    gv_store_close(f->store);
}

static gv_model *new_model(const fixture *f)
{
    gv_error err = GV_ERROR_INIT;
    gv_model *model;
    gv_assert_ok(gv_model_new(&model, f->plan.words, DIM, &err), err);
    gv_assert_ok(gv_model_init(model, SEED, 1, &err), err);
    return model;
}

/* --- the oracle: rows of the matrix, one run of the kernel each ----------------------------------
 */

/* Train the run of `row` over the columns [begin, end); `transposed`: the row is a context row. */
static double oracle_run(const fixture *f, gv_model *model, uint32_t row, uint32_t begin,
                         uint32_t end, bool transposed, bool both, uint64_t *records)
{
    uint16_t only_row = 0, row_length, column[256];
    float log_x[256], weight[256];
    size_t n = 0;
    for (uint32_t j = begin; j < end; j++) {
        uint64_t value = gv_test_store_value(&f->plan, row, j);
        bool stored = !f->plan.symmetric || row <= j;
        if (value == 0 || !stored || (both && transposed && row == j))
            continue;
        gv_glove_table(&log_x[n], &weight[n], &value, 1, &f->tasks.table.weighting);
        column[n++] = (uint16_t)(j - begin);
    }
    if (n == 0)
        return 0;
    *records += n;
    row_length = (uint16_t)(n - 1);
    float *row_vector = (transposed ? model->context : model->word) + row * model->stride;
    float *columns = (transposed ? model->word : model->context) + begin * model->stride;
    gv_kernel_args args = {
        .width = model->width,
        .row_vectors = row_vector,
        .column_vectors = columns,
        .eta_row = transposed ? f->step_sizes.eta_context : f->step_sizes.eta_word,
        .eta_column = transposed ? f->step_sizes.eta_word : f->step_sizes.eta_context,
        .clip = f->step_sizes.clip,
        .constant_step = f->tasks.constant_step};
    gv_kernel_tile tile = {1, n, &only_row, &row_length, column, log_x, weight};
    return gv_kernel_scalar.train_tile(&args, &tile);
}

static double oracle_task(const fixture *f, gv_model *model, const gv_schedule_task *task,
                          uint64_t *records)
{
    const uint32_t *first = f->tasks.segment_first;
    uint32_t rows = task->transposed ? task->context_segment : task->word_segment;
    uint32_t columns = task->transposed ? task->word_segment : task->context_segment;
    double loss = 0;
    for (int pass = 0; pass <= task->both; pass++) {
        double part = 0;
        for (uint32_t row = first[rows]; row < first[rows + 1]; row++)
            part += oracle_run(f, model, row, first[columns], first[columns + 1],
                               task->transposed || pass == 1, task->both, records);
        loss += part;
    }
    return loss;
}

/* --- the real thing -----------------------------------------------------------------------------
 */

/* By word segment, each in the order of its tasks: the same for every list. */
static double sum_losses(const gv_schedule *schedule, const double *losses, size_t segments)
{
    double sum = 0, *by_segment = calloc(segments, sizeof *by_segment);
    for (size_t k = 0; k < gv_schedule_count(schedule); k++)
        by_segment[gv_schedule_tasks(schedule)[k].word_segment] += losses[k];
    for (size_t i = 0; i < segments; i++)
        sum += by_segment[i];
    free(by_segment);
    return sum;
}

static void train_real(fixture *f, gv_model *model, unsigned threads, uint64_t budget,
                       double losses[EPOCHS])
{
    gv_error err = GV_ERROR_INIT;
    gv_task_context *c = &f->tasks;
    size_t tasks = gv_schedule_count(f->schedule), segments = gv_schedule_segments(f->schedule);
    gv_task_sizes sizes = gv_task_sizes_of(f->store, NULL);
    c->model = model;
    c->losses = calloc(tasks + 1, sizeof *c->losses);
    c->workers = aligned_alloc(64, threads * sizeof *c->workers);
    for (unsigned thread = 0; thread < threads; thread++) {
        gv_assert_ok(gv_task_worker_init(&c->workers[thread], sizes, &err), err);
        c->workers[thread].model = model;
    }
    gv_assert_ok(gv_tile_cache_new(&c->cache,
                                   &(gv_tile_cache_setup){f->store, f->path, budget, threads, NULL},
                                   &err),
                 err);
    for (c->epoch = 0; c->epoch < EPOCHS; c->epoch++) {
        gv_schedule_draw(f->schedule, SEED, c->epoch, threads);
        gv_schedule_run_range range = {.kind = GV_SCHEDULE_ORDERED,
                                       .threads = threads,
                                       .done = calloc(segments, sizeof *range.done),
                                       .context = c,
                                       .work = gv_task_run};
        gv_assert_ok(gv_schedule_run(f->schedule, &range, &err), err);
        losses[c->epoch] = sum_losses(f->schedule, c->losses, segments);
        free(range.done);
    }
    uint64_t records = 0;
    for (unsigned thread = 0; thread < threads; thread++) {
        records += c->workers[thread].records;
        gv_task_worker_clear(&c->workers[thread]);
    }
    cr_assert_eq(records, EPOCHS * gv_store_about(f->store)->records);
    gv_tile_cache_free(c->cache);
    free(c->workers);
    free(c->losses);
}

static void compare_with_oracle_by(gv_test_store_plan plan, bool constant_step)
{
    fixture f;
    set_up(&f, plan);
    f.tasks.constant_step = constant_step;
    gv_model *oracle = new_model(&f);
    uint64_t records = 0;
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        gv_schedule_draw(f.schedule, SEED, epoch, 64); /* the list for many threads */
        double loss = 0;
        for (size_t k = 0; k < gv_schedule_count(f.schedule); k++)
            loss += oracle_task(&f, oracle, &gv_schedule_tasks(f.schedule)[k], &records);
        cr_assert(isfinite(loss));
    }
    cr_assert_eq(records, EPOCHS * gv_store_about(f.store)->records);
    double first[EPOCHS], losses[EPOCHS];
    for (unsigned threads = 1; threads <= 8; threads *= 2) {
        for (int bounded = 0; bounded < 2; bounded++) {
            gv_model *model = new_model(&f);
            train_real(&f, model, threads, bounded ? 1 : UINT64_MAX, losses);
            cr_assert_eq(memcmp(model->word, oracle->word, model->bytes), 0,
                         "word rows, %u threads, bounded %d", threads, bounded);
            cr_assert_eq(memcmp(model->context, oracle->context, model->bytes), 0);
            if (threads == 1 && !bounded)
                memcpy(first, losses, sizeof first);
            cr_assert_eq(memcmp(losses, first, sizeof first), 0, "loss, %u threads", threads);
            gv_model_free(model);
        }
    }
    gv_model_free(oracle);
    tear_down(&f);
}

static void compare_with_oracle(gv_test_store_plan plan)
{
    compare_with_oracle_by(plan, false);
}

Test(train, equals_the_oracle_with_constant_steps)
{
    compare_with_oracle_by(gv_test_store_small(), true);
}

Test(train, equals_the_oracle_symmetric)
{
    compare_with_oracle(gv_test_store_small());
}

Test(train, equals_the_oracle_asymmetric)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.symmetric = false;
    compare_with_oracle(plan);
}

Test(train, equals_the_oracle_all_escapes_and_one_segment)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 40;
    plan.segment_words = 256;
    plan.groups = 1;
    plan.values = 0;
    compare_with_oracle(plan);
}

Test(train, one_word_and_no_records)
{
    gv_test_store_plan plan = gv_test_store_one_word();
    compare_with_oracle(plan);
    plan.percent = 0;
    compare_with_oracle(plan);
}

Test(train, failing_allocations)
{
    fixture f;
    set_up(&f, gv_test_store_small());
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_tile_cache *cache = NULL;
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status = gv_tile_cache_new(
            &cache, &(gv_tile_cache_setup){f.store, f.path, UINT64_MAX, 1, NULL}, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || (status == GV_E_MEMORY && !cache), "%s", err.text);
        cr_assert_lt(n, 10000);
        gv_tile_cache_free(cache);
    }
    tear_down(&f);
}
