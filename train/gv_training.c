#include "train/gv_training.h"

#include "base/gv_clock.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "budget/gv_budget_train.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With objective `logistic` a step is eta g / sqrt(start + sum of g^2). A kernel multiplies g by
 * its step size first and its sums start at 1: so rows are stored divided by eta, and its step
 * size is eta / sqrt(start) (docs/numerics.md). */
static const double logistic_start = 0.05;

unsigned long long gv_training_variable(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : 0;
}

uint64_t gv_training_memory_budget(const gv_config *config)
{
    return gv_budget_train_memory(config, gv_mem_available());
}

/* --- what the objective asks for ------------------------------------------------------------- */

void gv_training_shape_model(gv_model *model, const gv_config *config)
{
    if (config->train_objective != GV_OBJECTIVE_LOGISTIC)
        return;
    model->scale = (float)config->train_eta;
    model->unbiased = true;
}

int gv_training_make_unseen(gv_unseen **unseen, gv_store *store, const gv_config *config,
                            gv_error *err)
{
    *unseen = NULL;
    return config->train_objective == GV_OBJECTIVE_LOGISTIC
               ? gv_unseen_new(unseen, store, config, err)
               : GV_OK;
}

static double logistic_step(const gv_config *config)
{
    return config->train_eta / sqrt(logistic_start);
}

static int make_step_sizes(gv_step_sizes *sizes, const gv_config *config, gv_error *err)
{
    if (config->train_objective == GV_OBJECTIVE_LOGISTIC)
        return gv_step_sizes_init(sizes, config->train_dim, logistic_step(config), 0, INFINITY,
                                  err);
    return gv_step_sizes_init(sizes, config->train_dim, config->train_eta, config->train_bias_eta,
                              config->train_grad_clip, err);
}

/* --- opening ---------------------------------------------------------------------------------- */

static gv_task_context make_context(gv_training *t)
{
    const gv_config *config = t->config;
    return (gv_task_context){.config = config,
                             .progress = t->progress,
                             .store_path = t->store_path,
                             .segment_first = t->info->segment_first,
                             .schedule = t->schedule,
                             .model = t->model,
                             .unseen = t->unseen,
                             .start = t->start,
                             .step_sizes = &t->step_sizes,
                             .tuning = t->tuning,
                             .update = gv_task_update_directly(t->kernel),
                             .constant_step = config->train_objective == GV_OBJECTIVE_GLOVE &&
                                              config->train_optimizer == GV_OPTIMIZER_SGD,
                             .by_turns = config->train_schedule == GV_SCHEDULE_ORDERED,
                             .keep = (float)(1 - config->train_weight_decay)};
}

/* What every engine needs. */
static int open_any(gv_training *t, gv_training_work work, gv_error *err)
{
    t->pause_after = gv_engine_pause_after();
    t->pause = gv_training_pause;
    t->work = work;
    t->before = gv_mem_alloc(t->info->segments, sizeof *t->before, err);
    t->tasks.losses = gv_mem_alloc(gv_schedule_count(t->schedule), sizeof *t->tasks.losses, err);
    return t->before && t->tasks.losses ? GV_OK : GV_E_MEMORY;
}

int gv_training_open_for(gv_training *t, gv_training_work work, gv_error *err)
{
    t->tasks = (gv_task_context){.config = t->config, .schedule = t->schedule, .model = t->model};
    return open_any(t, work, err);
}

static int make_workers(gv_training *t, gv_error *err)
{
    gv_task_sizes sizes = gv_task_sizes_of(t->store, t->unseen);
    /* aligned to the cache line, so that threads' counters do not disturb each other */
    t->tasks.workers = gv_mem_big_alloc(t->threads * sizeof *t->tasks.workers, err);
    int status = t->tasks.workers ? GV_OK : GV_E_MEMORY;
    for (unsigned thread = 0; status == GV_OK && thread < t->threads; thread++) {
        status = gv_task_worker_init(&t->tasks.workers[thread], sizes, err);
        t->tasks.workers[thread].model = t->model;
    }
    return status;
}

/* How many tasks of an epoch pull at the rows of each segment. */
static int count_tasks(gv_training *t, gv_error *err)
{
    const size_t segments = t->info->segments;
    if (!t->start)
        return GV_OK;
    uint32_t *word = gv_mem_alloc_zero(2 * segments, sizeof *word, err);
    if (!word)
        return GV_E_MEMORY;
    uint32_t *context = word + segments;
    for (size_t i = 0, n = gv_schedule_count(t->schedule); i < n; i++) {
        const gv_schedule_task *task = &gv_schedule_tasks(t->schedule)[i];
        word[task->word_segment]++;
        context[task->context_segment]++;
    }
    t->tasks.word_tasks = word;
    t->tasks.context_tasks = context;
    return GV_OK;
}

int gv_training_open(void *training, gv_error *err)
{
    gv_training *t = training;
    int tuned = gv_tuning_choose(&t->tuning, t->model->width, err);
    if (tuned != GV_OK)
        return tuned;
    gv_schedule_set_strip(t->schedule, t->tuning.strip);
    t->random_order = gv_training_variable("GLOVEBOX_TEST_RANDOM_ORDER") > 0;
    t->tasks = make_context(t);
    const gv_training_work work = {&t->tasks, NULL, gv_task_run, gv_task_enter, gv_task_leave};
    const gv_tile_cache_setup tiles = {.store = t->store,
                                       .path = t->store_path,
                                       .budget = t->tile_budget,
                                       .threads = t->threads,
                                       .progress = t->progress};
    int status = open_any(t, work, err);
    if (status == GV_OK)
        status = make_step_sizes(&t->step_sizes, t->config, err);
    if (status == GV_OK)
        status = gv_prepare_table_new(&t->tasks.table, t->info, t->config->train_x_max,
                                      t->config->train_alpha, err);
    if (status == GV_OK)
        status = gv_tile_cache_new(&t->cache, &tiles, err);
    t->tasks.cache = t->cache;
    if (status == GV_OK)
        status = count_tasks(t, err);
    return status == GV_OK ? make_workers(t, err) : status;
}

void gv_training_close(gv_training *t)
{
    for (unsigned thread = 0; t->tasks.workers && thread < t->threads; thread++)
        gv_task_worker_clear(&t->tasks.workers[thread]);
    if (t->tasks.workers)
        gv_mem_big_free(t->tasks.workers, t->threads * sizeof *t->tasks.workers);
    gv_mem_free(t->tasks.losses);
    gv_mem_free(t->tasks.word_tasks); /* and context_tasks */
    gv_mem_free(t->before);
    gv_tile_cache_free(t->cache);
    gv_prepare_table_free(&t->tasks.table);
    gv_step_sizes_clear(&t->step_sizes);
    t->tasks = (gv_task_context){0};
    t->before = NULL;
    t->cache = NULL;
}

/* --- an epoch --------------------------------------------------------------------------------- */

/* Constant steps with back-off (Recht et al. 2011, section 6): each epoch has a smaller one. */
static void set_constant_step(gv_training *t)
{
    const gv_config *config = t->config;
    double factor = 1;
    /* one by one, not by pow, whose last bit differs between C libraries */
    for (uint64_t epoch = 0; epoch < t->state->epoch; epoch++)
        factor *= config->train_step_decay;
    gv_step_sizes_set(&t->step_sizes, config->train_eta * factor, config->train_bias_eta * factor);
}

/* The learning rate of `logistic` in the state's epoch, relative to train.eta. AdaGrad's steps
 * shrink about as one over the root of the epochs; a falling rate undoes that, and then falls
 * linearly towards 0. The more epochs, the less their gradients fall from one to the next, so the
 * root grows no further than over `most` epochs: the rate never exceeds 1.51 of train.eta. Root,
 * product and quotients are exact in IEEE arithmetic: the same bits everywhere. */
static double logistic_rate(const gv_training *t)
{
    const gv_config *config = t->config;
    const double most = 12, epoch = (double)t->state->epoch, epochs = (double)config->train_epochs;
    if (config->train_eta_schedule == GV_ETA_CONSTANT)
        return 1;
    return sqrt(1 + epoch * (epochs > most ? most / epochs : 1)) * (1 - epoch / epochs);
}

void gv_training_begin_epoch(void *training)
{
    gv_training *t = training;
    const gv_checkpoint *state = t->state;
    size_t items;
    if (t->random_order)
        gv_schedule_draw_random(t->schedule, t->config->train_seed, state->epoch);
    else
        gv_schedule_draw(t->schedule, t->config->train_seed, state->epoch, t->arrangement);
    gv_schedule_items(t->schedule, &items);
    /* A thread does an item's tasks one after the other; single tasks are dealt out to all. */
    t->tasks.stride = items < gv_schedule_count(t->schedule) ? 1 : t->arrangement;
    t->tasks.epoch = state->epoch;
    if (t->tasks.constant_step)
        set_constant_step(t);
    if (t->unseen) {
        gv_step_sizes_set(&t->step_sizes, logistic_step(t->config) * logistic_rate(t), 0);
        t->unseen->epoch = state->epoch;
    }
    /* an epoch that is resumed has decayed already */
    if (state->tasks_done == 0)
        gv_task_decay(&t->tasks);
}

/* In the order of segments: the same bits however the sums came about. */
static double mean_loss(const gv_checkpoint *state)
{
    double sum = 0;
    for (uint32_t segment = 0; segment < state->segments; segment++)
        sum += state->losses[segment];
    return state->records > 0 ? sum / (double)state->records : 0;
}

static int end_epoch(void *training, gv_engine_epoch *epoch, gv_error *err)
{
    const gv_training *t = training;
    const gv_checkpoint *state = t->state;
    if (state->records != t->info->records)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: its tiles hold %" PRIu64 " records, expected %" PRIu64
                            "; run glove-shuffle --force",
                            t->store_path, state->records, t->info->records);
    *epoch = (gv_engine_epoch){.loss = mean_loss(state)};
    return GV_OK;
}

gv_engine gv_training_engine(gv_training *t)
{
    return (gv_engine){.loss_must_fall = true,
                       .epoch_context = t,
                       .begin_epoch = gv_training_begin_epoch,
                       .end_epoch = end_epoch,
                       .gather = gv_engine_gather_nothing,
                       .describe = gv_engine_describe_nothing,
                       .free = gv_engine_free_nothing};
}

/* --- a work range ----------------------------------------------------------------------------- */

bool gv_training_pause_for_signal(void *training, unsigned thread)
{
    gv_training *t = training;
    (void)thread;
    return gv_signal_pending() ||
           atomic_load_explicit(&t->tasks.begun, memory_order_relaxed) >= t->pause_after;
}

bool gv_training_pause(void *training, unsigned thread)
{
    gv_training *t = training;
    return gv_training_pause_for_signal(t, thread) || (thread == 0 && gv_saver_due(t->saver));
}

void gv_training_begin_range(gv_training *t, gv_schedule_run_range *range)
{
    *range = (gv_schedule_run_range){.kind = t->config->train_schedule,
                                     .threads = t->threads,
                                     .done = t->state->done,
                                     .context = t->work.context,
                                     .work = t->work.task,
                                     .enter = t->work.enter,
                                     .leave = t->work.leave};
    t->cpu_s = gv_clock_cpu_seconds();
    memcpy(t->before, t->state->done, t->state->segments * sizeof *t->before);
    atomic_store(&t->tasks.begun, 0);
    atomic_store(&t->tasks.visited, 0);
}

/* Was task number `index` of the list done in this work range? What is done of a segment is a
 * beginning of its turns, before the range and after it, so two numbers a segment tell. */
static bool just_done(const gv_training *t, size_t index)
{
    const gv_schedule_task *task = &gv_schedule_tasks(t->schedule)[index];
    uint32_t segment = task->word_segment;
    return task->word_turn >= t->before[segment] && task->word_turn < t->state->done[segment];
}

static void add_losses(gv_training *t, gv_engine_result *result)
{
    const gv_schedule_task *list = gv_schedule_tasks(t->schedule);
    for (size_t i = 0, n = gv_schedule_count(t->schedule); i < n; i++) {
        /* in the order of the list: of one segment that is the order of turns, in either
         * arrangement */
        if (!just_done(t, i))
            continue;
        t->state->losses[list[i].word_segment] += t->tasks.losses[i];
        result->loss += t->tasks.losses[i];
        result->tasks++;
    }
}

void gv_training_take_sums(gv_training *t, uint64_t *records, double *baseline_loss)
{
    for (unsigned thread = 0; t->tasks.workers && thread < t->threads; thread++) {
        gv_task_worker *w = &t->tasks.workers[thread];
        *records += w->records;
        *baseline_loss += w->baseline_loss;
        w->records = 0;
        w->baseline_loss = 0;
    }
}

void gv_training_end_range(gv_training *t, gv_engine_result *result)
{
    *result = (gv_engine_result){0};
    add_losses(t, result);
    gv_training_take_sums(t, &result->records, &result->baseline_loss);
    result->usage.cpu_s = gv_clock_cpu_seconds() - t->cpu_s;
    t->state->tasks_done += result->tasks;
    t->state->records += result->records;
}

uint64_t gv_training_store_print(const gv_training *t)
{
    return gv_hash_64(t->info->content_hash, strlen(t->info->content_hash), 0);
}

int gv_training_other_store(gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "this rank's store.db differs from that of rank 0; all ranks need the same "
                        "file system");
}
