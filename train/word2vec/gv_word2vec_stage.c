/*
 * The stage from end to end; each step in a function, in the order of gv_word2vec_stage.
 */
#include "train/word2vec/gv_word2vec_stage.h"

#include "base/gv_amount.h"
#include "base/gv_mem.h"
#include "budget/gv_budget_train.h"
#include "train/gv_train_job.h"
#include "train/gv_train_subwords.h"
#include "train/gv_training.h"
#include "train/word2vec/gv_word2vec_engine.h"
#include "train/word2vec/gv_word2vec_input.h"
#include "train/word2vec/gv_word2vec_ordered.h"
#include "train/word2vec/gv_word2vec_worker.h"
#include <inttypes.h>

typedef struct stage {
    gv_train_job job;
    bool fresh; /* the vectors are up to date */
    gv_word2vec_input input;
    gv_train_start start;
    gv_noise noise;
    uint64_t *threshold;
    gv_word2vec_layout layout; /* with the schedule `ordered` */
    const gv_word2vec_kernel *kernel;
} stage;

static void free_stage(stage *s)
{
    gv_mem_free(s->threshold);
    gv_noise_clear(&s->noise);
    gv_word2vec_layout_clear(&s->layout);
    gv_train_job_close(&s->job);
    gv_train_start_clear(&s->start);
    gv_word2vec_input_clear(&s->input);
}

/* --- what is there ---------------------------------------------------------------------------- */

static bool is_ordered(const stage *s)
{
    return s->job.run->config->train_schedule == GV_SCHEDULE_ORDERED;
}

static int check_config(const gv_config *config, gv_error *err)
{
    const bool ordered = config->train_schedule == GV_SCHEDULE_ORDERED;
    if (!ordered && config->train_schedule != GV_SCHEDULE_HOGWILD)
        return gv_error_set(err, GV_E_USAGE,
                            "train.schedule \"%s\" does not work with train.objective "
                            "\"word2vec\"; set it to \"ordered\" or \"hogwild\"",
                            gv_config_schedule_name(config));
    if (ordered && config->train_architecture == GV_ARCHITECTURE_CBOW)
        return gv_error_set(err, GV_E_USAGE,
                            "train.schedule \"ordered\" does not work with train.architecture "
                            "\"cbow\", whose windows are no pairs of words; set it to "
                            "\"hogwild\"");
    return GV_OK;
}

/* Needed before the state: with the schedule `ordered` the layout depends on them. */
static int make_tables(stage *s, gv_error *err)
{
    const gv_config *config = s->job.run->config;
    int status = gv_word2vec_text_thresholds(&s->threshold, config, s->input.vocab, err);
    if (status != GV_OK)
        return status;
    const gv_word2vec_text text = {config, s->input.ids, s->threshold};
    return is_ordered(s) ? gv_word2vec_layout_make(&s->layout, &text, s->input.vocab, err)
                         : gv_noise_init(&s->noise, s->input.vocab, GV_NOISE_POWER, err);
}

static int find_beginning(stage *s, gv_error *err)
{
    const gv_ids_info *ids = gv_ids_about(s->input.ids);
    const bool ordered = is_ordered(s);
    gv_checkpoint begin = {.vocab_size = ids->vocab_size,
                           .tasks = ordered ? gv_word2vec_ordered_tasks(&s->layout)
                                            : gv_word2vec_chunk_count(ids->count),
                           .segments = ordered ? gv_word2vec_ordered_segments(&s->layout)
                                               : (uint32_t)GV_WORD2VEC_ENGINE_SUMS,
                           .values_only = true};
    /* the tasks of a segment, too, are counted in 32 bits */
    if ((ordered ? begin.tasks / begin.segments : begin.tasks) > UINT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME,
                            "the corpus is too long for word2vec: %" PRIu64 " words", ids->words);
    gv_hash_hex(ids->content, begin.store_hash);
    s->job.records = ids->words;
    s->job.record_name = "words";
    return gv_train_job_resume(&s->job, &begin, err);
}

static int check_memory(stage *s, gv_error *err)
{
    const gv_config *config = s->job.run->config;
    const gv_checkpoint *state = &s->job.state;
    bool given = config->train_memory_mb > 0;
    uint64_t model, budget = gv_training_memory_budget(config);
    int status = gv_model_plain_bytes(&model, state->vocab_size, state->dim, err);
    if (status != GV_OK)
        return status;
    uint64_t least =
        gv_budget_train_word2vec_least(config, state->vocab_size, model, s->job.threads) +
        gv_budget_train_word2vec_ordered(config, state->vocab_size,
                                         gv_ids_about(s->input.ids)->count, s->job.threads) +
        gv_budget_train_start(config, state->vocab_size);
    if (least <= budget)
        status = gv_train_start_check_memory(&s->start, config, state->vocab_size, model, err);
    if (status != GV_OK)
        return status;
    if (least <= budget)
        return gv_train_subwords_check(&s->job.subwords_bytes, config, s->input.vocab, model, err);
    char need[GV_AMOUNT_TEXT], have[GV_AMOUNT_TEXT];
    return gv_error_set(err, GV_E_MEMORY,
                        "training needs %s of memory (%" PRIu32 " words, train.dim %" PRIu32
                        "), but %s is %s: lower train.dim, or raise vocab.min_count%s",
                        gv_amount_bytes(need, (double)least), state->vocab_size, state->dim,
                        given ? "train.memory_mb" : "what is available",
                        gv_amount_bytes(have, (double)budget), given ? " or train.memory_mb" : "");
}

/* --- training --------------------------------------------------------------------------------- */

static int make_model(void *context, gv_error *err)
{
    stage *s = context;
    gv_train_job *job = &s->job;
    int status = gv_model_new_plain(&job->model, job->state.vocab_size, job->state.dim, err);
    const bool fresh = !gv_train_job_resumes(job);
    if (status == GV_OK && fresh)
        gv_model_init_plain(job->model, job->run->config->train_seed);
    else if (status == GV_OK)
        status = gv_train_job_load(job, err);
    return status == GV_OK
               ? gv_train_start_make(&s->start, job->run, s->input.vocab, job->model, fresh, err)
               : status;
}

static int open_engine(gv_engine *engine, stage *s, const gv_word2vec_chunk_text *text,
                       gv_error *err)
{
    gv_train_job *job = &s->job;
    if (is_ordered(s)) {
        const gv_word2vec_ordered_inputs inputs = {.text = text,
                                                   .layout = &s->layout,
                                                   .comm = job->comm,
                                                   .state = &job->state,
                                                   .saver = &job->saver,
                                                   .progress = job->run->progress,
                                                   .threads = job->threads};
        return gv_word2vec_ordered_open(engine, &inputs, err);
    }
    const gv_word2vec_engine_inputs inputs = {.text = text,
                                              .state = &job->state,
                                              .saver = &job->saver,
                                              .progress = job->run->progress,
                                              .threads = job->threads};
    return gv_word2vec_engine_open(engine, &inputs, err);
}

/* A gv_train_job_epochs. */
static int train_epochs(void *context, gv_error *err)
{
    stage *s = context;
    gv_train_job *job = &s->job;
    gv_engine engine;
    const gv_word2vec_chunk_text text = {.source = {job->run->config, s->input.ids, s->threshold},
                                         .noise = &s->noise,
                                         .kernel = s->kernel,
                                         .start = s->start.start,
                                         .vocab = s->input.vocab,
                                         .model = job->model};
    int status = open_engine(&engine, s, &text, err);
    if (status != GV_OK)
        return status;
    status = gv_train_job_run(job, &engine, err);
    engine.free(engine.context);
    return status;
}

static int prepare(void *context, gv_error *err)
{
    stage *s = context;
    gv_run *run = s->job.run;
    int status = check_config(run->config, err);
    if (status == GV_OK)
        status = gv_word2vec_choose(&s->kernel, err);
    if (status == GV_OK)
        status = gv_word2vec_input_find(&s->input, run, err);
    s->job.start = &s->start;
    if (status == GV_OK)
        status = gv_train_start_find(&s->start, run, err);
    if (status == GV_OK)
        status = gv_train_start_inputs(&s->job.inputs, &s->start, &s->input.files, err);
    if (status == GV_OK)
        status = gv_train_job_open(&s->job, &s->fresh, err);
    if (status != GV_OK || s->fresh)
        return status;
    s->job.kernel = s->kernel->name;
    status = gv_word2vec_input_open(&s->input, run, s->job.threads, err);
    if (status == GV_OK)
        status = make_tables(s, err);
    if (status == GV_OK)
        status = find_beginning(s, err);
    return status == GV_OK ? check_memory(s, err) : status;
}

static int finish(void *context, gv_error *err)
{
    stage *s = context;
    return gv_train_job_finish(&s->job, s->input.vocab, err);
}

/* Long work without messages is a background task: other ranks get their keep-alives. */
int gv_word2vec_stage(gv_run *run, gv_comm *comm, gv_error *err)
{
    stage s = {.job = {.run = run,
                       .comm = comm && gv_comm_size(comm) > 1 ? comm : NULL,
                       .threads = gv_config_threads(run->config->train_threads)}};
    int status = gv_comm_run_background(s.job.comm, prepare, &s, err);
    if (status == GV_OK && !s.fresh) {
        status = gv_word2vec_worker_tell(s.job.comm, &s.layout, run->dir, run->progress, err);
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
