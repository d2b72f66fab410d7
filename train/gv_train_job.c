#include "train/gv_train_job.h"

#include "app/gv_next_step.h"
#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "train/gv_epochs.h"
#include "train/gv_resume.h"
#include "train/gv_train_advice.h"
#include "train/gv_train_space.h"

int gv_train_job_open(gv_train_job *job, bool *fresh, gv_error *err)
{
    const gv_config *config = job->run->config;
    /* Of the stamp: with the keys of epochs and output. The checkpoint's recipe leaves these out
     * (unless the rate depends on the number of epochs): so more epochs continue a training, and
     * other vectors are written from it. */
    unsigned stages = gv_config_train_stages(config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    job->fields = gv_json_begin();
    if (!(job->checkpoint_path = gv_run_path(job->run, GV_FILE_CHECKPOINT, err)))
        return GV_E_MEMORY;
    gv_saver_init(&job->saver, job->checkpoint_path);
    int status = gv_train_output_paths(&job->outputs, job->outputs_item, job->run, err);
    if (status == GV_OK)
        status = gv_config_recipe(&job->recipe, config, stages, err);
    if (status == GV_OK)
        status = gv_run_up_to_date(fresh, job->run, job->recipe, job->inputs, &job->outputs, err);
    return status;
}

void gv_train_job_close(gv_train_job *job)
{
    gv_json_clear(&job->fields);
    gv_model_free(job->model);
    gv_checkpoint_close(job->reader);
    gv_mem_free(job->state.recipe);
    gv_mem_free(job->state.losses);
    gv_mem_free(job->state.done);
    for (size_t i = 0; i < job->outputs.n; i++)
        gv_mem_free(job->outputs_item[i]);
    gv_mem_free(job->recipe);
    gv_mem_free(job->checkpoint_path);
}

int gv_train_job_resume(gv_train_job *job, const gv_checkpoint *begin, gv_error *err)
{
    gv_checkpoint *state = &job->state;
    *state = *begin;
    state->numerics_version = GV_NUMERICS_VERSION;
    state->dim = job->run->config->train_dim;
    state->done = gv_mem_alloc_zero(state->segments, sizeof *state->done, err);
    state->losses = gv_mem_alloc_zero(state->segments, sizeof *state->losses, err);
    if (!state->done || !state->losses)
        return GV_E_MEMORY;
    int status = gv_config_recipe(&state->recipe, job->run->config,
                                  gv_config_checkpoint_stages(job->run->config), err);
    if (status == GV_OK && job->start)
        status = gv_train_start_add_recipe(&state->recipe, job->start, err);
    if (status == GV_OK)
        status = gv_resume_find(&job->reader, job->run, job->checkpoint_path, state, err);
    if (status == GV_OK && !job->reader)
        status = gv_run_check_discard_trained(
            job->run, gv_config_train_stages(job->run->config) | GV_STAGE_EPOCHS, job->inputs,
            &job->outputs, err);
    return status;
}

bool gv_train_job_resumes(const gv_train_job *job)
{
    return job->reader != NULL;
}

int gv_train_job_load(gv_train_job *job, gv_error *err)
{
    gv_checkpoint_matrix matrices[2];
    gv_model_matrices(matrices, job->model);
    int status = gv_checkpoint_load(job->reader, matrices, err);
    gv_resume_adopt(&job->state, gv_checkpoint_about(job->reader));
    return status;
}

static int remember(void *context, gv_error *err)
{
    gv_train_job *job = context;
    return gv_resume_remember(job->run, &job->state, job->reader != NULL, err);
}

/* `*needed`: epochs are left to train. */
static int begin(gv_train_job *job, bool *needed, gv_error *err)
{
    /* syncs a file: a background task, so that a slow disk is no silence of this rank */
    int status = gv_comm_run_background(job->comm, remember, job, err);
    *needed = job->state.epoch < job->run->config->train_epochs;
    if (status != GV_OK)
        return status;
    if (*needed && job->reader)
        return gv_resume_report(job->run, &job->state, job->records, job->record_name, err);
    if (*needed || job->reader)
        return GV_OK;
    gv_checkpoint_matrix matrices[2]; /* no epochs at all: the random start */
    gv_model_matrices(matrices, job->model);
    return gv_saver_save(&job->saver, &job->state, matrices, err);
}

int gv_train_job_run(gv_train_job *job, const gv_engine *engine, gv_error *err)
{
    const gv_epochs epochs = {.run = job->run,
                              .comm = job->comm,
                              .engine = engine,
                              .model = job->model,
                              .state = &job->state,
                              .saver = &job->saver,
                              .spent_s = job->reader ? gv_resume_spent(job->run, &job->state) : 0,
                              .records = job->records,
                              .record_name = job->record_name};
    int status = gv_epochs_run(&job->done, &epochs, err);
    engine->describe(engine->context, &job->fields);
    return status;
}

int gv_train_job_train(gv_train_job *job, gv_train_job_epochs *train_epochs, void *stage,
                       gv_error *err)
{
    bool needed = job->state.epoch < job->run->config->train_epochs;
    int status = gv_train_space_check(job->run, &job->state, &job->outputs, needed,
                                      (double)job->subwords_bytes, err);
    if (status == GV_OK)
        status = begin(job, &needed, err);
    if (status == GV_OK && needed)
        status = train_epochs(stage, err);
    /* a large model takes long to write: a background task, in which other ranks get keep-alives */
    if (status == GV_OK)
        status = gv_comm_run_background(job->comm, gv_saver_await, &job->saver, err);
    int saved = gv_saver_end(&job->saver, err);
    if (status == GV_E_DIVERGED)
        (void)!gv_resume_record_diverged(job->run, &job->state, NULL);
    return status != GV_OK ? status : saved;
}

static void describe(gv_train_job *job)
{
    const gv_config *config = job->run->config;
    gv_json_writer *fields = &job->fields;
    gv_json_set_uint(fields, "records", job->done.visited);
    gv_json_set_uint(fields, "epochs", job->state.epoch);
    gv_json_set_real(fields, "loss", job->state.last_loss);
    gv_json_set_uint(fields, "vocab_size", job->state.vocab_size);
    gv_json_set_uint(fields, "dim", job->state.dim);
    gv_json_set_uint(fields, "threads", job->threads);
    gv_json_set_text(fields, "kernel", job->kernel);
    gv_json_set_text(fields, "schedule", gv_config_schedule_name(config));
    gv_json_set_text(fields, "objective", gv_config_objective_name(config));
}

int gv_train_job_finish(gv_train_job *job, const gv_vocab *vocab, gv_error *err)
{
    int status = gv_train_output(job->run, vocab, &job->model, &job->state, job->threads, err);
    if (status == GV_E_STOPPED)
        gv_error_prefix(err, "training is done; writing the vectors");
    if (status != GV_OK)
        return status;
    describe(job);
    status = gv_run_done(job->run, job->recipe, job->inputs, &job->outputs, &job->fields, err);
    if (status != GV_OK)
        return status;
    gv_train_output_report(job->run, &job->state, job->done.visited);
    if (job->done.visited > 0)
        gv_train_advice_result(job->run, &job->state, job->done.last_but_one, vocab);
    const gv_config *config = job->run->config;
    const gv_next_step next = {.config = config,
                               .dir = job->run->dir,
                               .vocab = vocab,
                               .scores = gv_config_evaluates(config)};
    gv_next_step_show(job->run->progress, &next);
    return GV_OK;
}
