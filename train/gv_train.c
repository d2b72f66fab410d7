/*
 * The stage from end to end for objectives that train on the store; each step in a function, in
 * the order of train_on_store.
 */
#include "train/gv_train.h"

#include "base/gv_amount.h"
#include "base/gv_mem.h"
#include "budget/gv_budget_train.h"
#include "store/gv_store.h"
#include "train/experiments/row_sync/gv_row_sync_engine.h"
#include "train/gv_engines.h"
#include "train/gv_train_advice.h"
#include "train/gv_train_job.h"
#include "train/gv_train_store.h"
#include "train/gv_train_subwords.h"
#include "train/word2vec/gv_word2vec_stage.h"
#include <inttypes.h>
#include <string.h>

/* What the stage holds on to; zeroed, then filled step by step. */
typedef struct stage {
    gv_train_job job;
    char *store_path;
    char *inputs_item[1]; /* borrowed */
    gv_strings inputs;
    gv_train_start start;
    gv_store *store;
    const gv_store_info *info;
    const gv_kernel *kernel;
    gv_schedule *schedule;
    gv_unseen *unseen;
    uint64_t tile_budget;
    bool fresh; /* the vectors are up to date */
} stage;

static void free_stage(stage *s)
{
    gv_train_job_close(&s->job);
    gv_unseen_free(s->unseen);
    gv_schedule_free(s->schedule);
    gv_store_close(s->store);
    gv_train_start_clear(&s->start);
    gv_mem_free(s->store_path);
}

/* --- what is there ---------------------------------------------------------------------------- */

static int open_store(stage *s, gv_error *err)
{
    if (!(s->store_path = gv_run_path(s->job.run, GV_FILE_STORE, err)))
        return GV_E_MEMORY;
    s->inputs_item[0] = s->store_path;
    s->inputs = (gv_strings){1, s->inputs_item};
    s->job.start = &s->start;
    int status =
        gv_train_store_open_first(&s->store, s->store_path, s->job.comm, s->job.run->config, err);
    if (status == GV_OK)
        status = gv_train_start_find(&s->start, s->job.run, err);
    if (status == GV_OK)
        status = gv_train_start_inputs(&s->job.inputs, &s->start, &s->inputs, err);
    if (status != GV_OK)
        return status;
    s->info = gv_store_about(s->store);
    s->job.records = s->info->records;
    s->job.record_name = "records";
    return gv_run_check_upstream(s->job.run, GV_STAGE_SHUFFLE, GV_FILE_STORE, s->info->recipe, err);
}

/* Before the work, and once: a training that resumes has had it. */
static int advise(stage *s, gv_error *err)
{
    return gv_train_job_resumes(&s->job) ? GV_OK
                                         : gv_train_advice_settings(s->job.run, s->store, err);
}

static int find_beginning(stage *s, gv_error *err)
{
    int status = gv_schedule_new(&s->schedule, s->info, gv_store_tiles(s->store), err);
    if (status != GV_OK)
        return status;
    gv_checkpoint begin = {.vocab_size = s->info->vocab_size,
                           .tasks = gv_schedule_count(s->schedule),
                           .segments = s->info->segments};
    memcpy(begin.store_hash, s->info->content_hash, GV_HASH_HEX);
    return gv_train_job_resume(&s->job, &begin, err);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* What the budget of this training depends on; `model` in bytes. */
static gv_budget_train budget_basis(const stage *s, uint64_t model)
{
    const gv_config *config = s->job.run->config;
    gv_row_sync_options sync = gv_row_sync_engine_options();
    gv_task_sizes sizes = gv_task_sizes_of(s->store, s->unseen);
    return (gv_budget_train){.config = config,
                             .store = s->info,
                             .model = model,
                             .tasks = gv_schedule_count(s->schedule),
                             .tile_records = sizes.records,
                             .mixed_records = sizes.mixed,
                             .segment_words = sizes.width,
                             .start = gv_budget_train_start(config, s->info->vocab_size),
                             .by_steps = gv_row_sync_needed(config->train_schedule, sync),
                             .conflicts = sync.conflicts};
}

static int refuse_memory(const stage *s, uint64_t least, uint64_t model, uint64_t budget,
                         gv_error *err)
{
    const gv_config *config = s->job.run->config;
    bool given = config->train_memory_mb > 0;
    char texts[3][GV_AMOUNT_TEXT];
    return gv_error_set(
        err, GV_E_MEMORY,
        "training needs %s of memory, %s of it for the model (%" PRIu32 " words, train.dim %" PRIu32
        "), but %s is %s: lower train.dim, raise vocab.min_count%s",
        gv_amount_bytes(texts[0], (double)least), gv_amount_bytes(texts[1], (double)model),
        s->info->vocab_size, config->train_dim, given ? "train.memory_mb" : "what is available",
        gv_amount_bytes(texts[2], (double)budget), given ? ", or raise train.memory_mb" : "");
}

/* Fail before any work if the model cannot fit; else the tiles get what is left. */
static int plan_memory(stage *s, gv_error *err)
{
    const gv_config *config = s->job.run->config;
    uint64_t model, budget = gv_training_memory_budget(config);
    int status = gv_model_bytes(&model, s->info->vocab_size, config->train_dim, err);
    if (status != GV_OK)
        return status;
    const gv_budget_train basis = budget_basis(s, model);
    gv_budget_train_plan plan =
        gv_budget_train_divide(&basis, budget, gv_mem_peak_rss_kb() * 1024, s->job.threads);
    if (plan.threads < s->job.threads)
        gv_progress_note(s->job.run->progress,
                         "using %u threads instead of %u, to stay within train.memory_mb",
                         plan.threads, s->job.threads);
    s->job.threads = plan.threads;
    s->tile_budget = plan.tiles;
    if (plan.least > budget)
        return refuse_memory(s, plan.least, model, budget, err);
    return gv_train_start_check_memory(&s->start, config, s->info->vocab_size, model, err);
}

/* And if the n-grams cannot be fitted afterwards. */
static int check_subwords(stage *s, gv_error *err)
{
    const gv_config *config = s->job.run->config;
    gv_vocab *vocab = NULL;
    uint64_t model;
    if (!config->output_subwords)
        return GV_OK;
    int status = gv_model_bytes(&model, s->info->vocab_size, config->train_dim, err);
    if (status == GV_OK)
        status = gv_store_vocab(&vocab, s->store, err);
    if (status == GV_OK)
        status = gv_train_subwords_check(&s->job.subwords_bytes, config, vocab, model, err);
    gv_vocab_free(vocab);
    return status;
}

/* --- training --------------------------------------------------------------------------------- */

static int start_vectors(stage *s, bool fresh, gv_error *err)
{
    gv_vocab *vocab = NULL;
    if (!s->job.run->config->train_init)
        return GV_OK;
    int status = gv_store_vocab(&vocab, s->store, err);
    if (status == GV_OK)
        status = gv_train_start_make(&s->start, s->job.run, vocab, s->job.model, fresh, err);
    gv_vocab_free(vocab);
    return status;
}

static int make_model(void *context, gv_error *err)
{
    stage *s = context;
    const gv_config *config = s->job.run->config;
    int status = gv_model_new(&s->job.model, s->info->vocab_size, config->train_dim, err);
    if (status != GV_OK)
        return status;
    gv_training_shape_model(s->job.model, config);
    const bool fresh = !gv_train_job_resumes(&s->job);
    status = fresh ? gv_model_init(s->job.model, config->train_seed, s->job.threads, err)
                   : gv_train_job_load(&s->job, err);
    return status == GV_OK ? start_vectors(s, fresh, err) : status;
}

static gv_training make_training(stage *s)
{
    gv_train_job *job = &s->job;
    const gv_config *config = job->run->config;
    return (gv_training){.run = job->run,
                         .config = config,
                         .comm = job->comm,
                         .progress = job->run->progress,
                         .store = s->store,
                         .info = s->info,
                         .store_path = s->store_path,
                         .schedule = s->schedule,
                         .kernel = s->kernel,
                         .model = job->model,
                         .unseen = s->unseen,
                         .start = s->start.start,
                         .state = &job->state,
                         .saver = &job->saver,
                         .threads = job->threads,
                         .arrangement = gv_engines_arrangement(job->comm, config, job->threads),
                         .tile_budget = s->tile_budget};
}

/* A gv_train_job_epochs. */
static int train_epochs(void *context, gv_error *err)
{
    stage *s = context;
    gv_engine engine;
    gv_training training = make_training(s);
    int status = gv_comm_run_background(s->job.comm, gv_training_open, &training, err);
    if (status == GV_OK)
        status = gv_engines_open(&engine, &training, err);
    if (status == GV_OK) {
        status = gv_train_job_run(&s->job, &engine, err);
        engine.free(engine.context);
    }
    gv_training_close(&training);
    return status;
}

static int finish(void *context, gv_error *err)
{
    stage *s = context;
    gv_vocab *vocab = NULL;
    int status = gv_store_vocab(&vocab, s->store, err);
    if (status == GV_OK)
        status = gv_train_job_finish(&s->job, vocab, err);
    gv_vocab_free(vocab);
    return status;
}

static int prepare(void *context, gv_error *err)
{
    stage *s = context;
    int status = gv_kernel_choose(&s->kernel, err);
    if (status == GV_OK)
        status = open_store(s, err);
    if (status == GV_OK)
        status = gv_train_job_open(&s->job, &s->fresh, err);
    if (status != GV_OK || s->fresh)
        return status;
    s->job.kernel = s->kernel->name;
    /* the inputs' size and time have been noted just now: what is trained on must be that file */
    status = gv_store_check_current(s->store, err);
    if (status == GV_OK)
        status = gv_store_check_words(s->store, err);
    if (status == GV_OK)
        status = find_beginning(s, err);
    if (status == GV_OK)
        status = gv_training_make_unseen(&s->unseen, s->store, s->job.run->config, err);
    if (status == GV_OK)
        status = plan_memory(s, err);
    if (status == GV_OK)
        status = check_subwords(s, err);
    return status == GV_OK ? advise(s, err) : status;
}

/* Long work without messages is a background task: other ranks get their keep-alives. */
static int train_on_store(gv_run *run, gv_comm *comm, gv_error *err)
{
    stage s = {.job = {.run = run,
                       .comm = comm && gv_comm_size(comm) > 1 ? comm : NULL,
                       .threads = gv_config_threads(run->config->train_threads)}};
    int status = gv_comm_run_background(s.job.comm, prepare, &s, err);
    if (status == GV_OK && !s.fresh) {
        /* sent here: a background task must not send */
        status = gv_train_store_share(s.job.comm, s.store, s.store_path, run->progress, err);
        if (status == GV_OK)
            status = gv_comm_run_background(s.job.comm, make_model, &s, err);
        if (status == GV_OK)
            status = gv_train_start_tell(s.job.comm, run->config, s.start.start, err);
        if (status == GV_OK)
            status = gv_train_job_train(&s.job, train_epochs, &s, err);
        if (status == GV_OK)
            status = gv_comm_run_background(s.job.comm, finish, &s, err);
    }
    free_stage(&s);
    return status;
}

int gv_train_stage(gv_run *run, gv_error *err)
{
    const gv_config *config = run->config;
    if (config->train_distributed != GV_DISTRIBUTED_ROTATION)
        return gv_error_set(
            err, GV_E_USAGE,
            "train.distributed = %s is for many ranks: start glove-train-mpi (mpirun), or "
            "--set train.distributed=rotation",
            gv_config_distributed_name(config));
    return config->train_objective == GV_OBJECTIVE_WORD2VEC ? gv_word2vec_stage(run, NULL, err)
                                                            : train_on_store(run, NULL, err);
}

int gv_train_coordinate(gv_run *run, gv_comm *comm, gv_error *err)
{
    const gv_config *config = run->config;
    int status = gv_engines_check(config, gv_comm_size(comm), err);
    if (status != GV_OK)
        return status;
    return config->train_objective == GV_OBJECTIVE_WORD2VEC ? gv_word2vec_stage(run, comm, err)
                                                            : train_on_store(run, comm, err);
}
