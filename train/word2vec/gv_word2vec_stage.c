/*
 * The stage from end to end; each step in a function, in the order of gv_word2vec_stage.
 */
#include "train/word2vec/gv_word2vec_stage.h"

#include "base/gv_mem.h"
#include "budget/gv_budget_train.h"
#include "kernel/gv_kernel.h"
#include "train/gv_train_epochs.h"
#include "train/gv_train_output.h"
#include "train/gv_train_resume.h"
#include "train/word2vec/gv_word2vec_epochs.h"
#include "train/word2vec/gv_word2vec_input.h"
#include "vocab/gv_subsample.h"
#include <inttypes.h>
#include <string.h>

static const double noise_power = 0.75; /* Mikolov et al. 2013, section 2.2 */

typedef struct stage {
    gv_run *run;
    unsigned threads;
    gv_word2vec_input input;
    char *recipe; /* of everything up to the vectors, for the stamp */
    char *checkpoint_path;
    char *outputs_item[GV_TRAIN_OUTPUTS]; /* owned */
    gv_strings outputs;
    gv_checkpoint state;          /* owns its recipe and arrays */
    gv_checkpoint_reader *reader; /* the checkpoint to go on from, or NULL */
    gv_model *model;
    gv_noise noise;
    uint64_t *threshold;
    const gv_word2vec_kernel *kernel;
    uint64_t visited;
} stage;

static void drop_stage(stage *s)
{
    gv_mem_free(s->threshold);
    gv_noise_clear(&s->noise);
    gv_model_free(s->model);
    gv_checkpoint_close(s->reader);
    gv_mem_free(s->state.recipe);
    gv_mem_free(s->state.losses);
    gv_mem_free(s->state.done);
    for (size_t i = 0; i < s->outputs.n; i++)
        gv_mem_free(s->outputs_item[i]);
    gv_mem_free(s->checkpoint_path);
    gv_mem_free(s->recipe);
    gv_word2vec_input_clear(&s->input);
}

/* --- what is there ---------------------------------------------------------------------------- */

static int check_config(const gv_config *config, gv_error *err)
{
    if (config->train_schedule == GV_SCHEDULE_HOGWILD)
        return GV_OK;
    return gv_error_set(
        err, GV_E_USAGE,
        "train.schedule \"%s\" cannot be had with train.objective \"word2vec\": its "
        "updates follow the text, so there are no tiles to put in order; leave it out, "
        "or set it to \"hogwild\"",
        gv_config_schedule_name(config));
}

static int look_for_output(bool *fresh, stage *s, gv_error *err)
{
    s->checkpoint_path = gv_run_path(s->run, GV_FILE_CHECKPOINT, err);
    int status = s->checkpoint_path ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_train_output_paths(&s->outputs, s->outputs_item, s->run, err);
    if (status == GV_OK)
        status = gv_config_recipe(
            &s->recipe, s->run->config,
            gv_config_train_stages(s->run->config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT, err);
    if (status == GV_OK)
        status = gv_run_up_to_date(fresh, s->run, s->recipe, &s->input.files, &s->outputs, err);
    return status;
}

/* The state in which this training begins, and the checkpoint if there is one to go on from. The
 * rate depends on the number of epochs, so that is part of what a training is. */
static int find_beginning(stage *s, gv_error *err)
{
    const gv_ids_info *ids = gv_ids_about(s->input.ids);
    s->state = (gv_checkpoint){.numerics_version = GV_NUMERICS_VERSION,
                               .dim = s->run->config->train_dim,
                               .vocab_size = ids->vocab_size,
                               .tasks = gv_word2vec_chunks(ids->count),
                               .segments = GV_WORD2VEC_SUMS,
                               .values_only = true};
    if (s->state.tasks > UINT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "the corpus is too long: %" PRIu64 " words",
                            ids->words);
    s->state.done = gv_mem_alloc_zero(s->state.segments, sizeof *s->state.done, err);
    s->state.losses = gv_mem_alloc_zero(s->state.segments, sizeof *s->state.losses, err);
    if (!s->state.done || !s->state.losses)
        return GV_E_MEMORY;
    gv_hash128_hex(ids->content, s->state.store_hash);
    int status =
        gv_config_recipe(&s->state.recipe, s->run->config, GV_STAGE_TRAIN | GV_STAGE_EPOCHS, err);
    if (status == GV_OK)
        status = gv_train_find(&s->reader, s->run, s->checkpoint_path, &s->state, err);
    return status;
}

static int check_memory(const stage *s, gv_error *err)
{
    const gv_config *config = s->run->config;
    uint64_t model, budget = gv_train_memory_budget(config);
    int status = gv_model_plain_bytes(&model, s->state.vocab_size, s->state.dim, err);
    if (status != GV_OK)
        return status;
    uint64_t least = gv_budget_word2vec_least(config, s->state.vocab_size, model, s->threads);
    if (least > budget)
        return gv_error_set(err, GV_E_MEMORY,
                            "training needs %" PRIu64 " bytes of memory (%" PRIu32
                            " words, train.dim %" PRIu32 "), but %s is %" PRIu64
                            " bytes: lower train.dim, or raise vocab.min_count%s",
                            least, s->state.vocab_size, s->state.dim,
                            config->train_memory_mb > 0 ? "train.memory_mb" : "what is available",
                            budget, config->train_memory_mb > 0 ? " or train.memory_mb" : "");
    return GV_OK;
}

/* --- training --------------------------------------------------------------------------------- */

static int make_model(stage *s, gv_error *err)
{
    int status = gv_model_new_plain(&s->model, s->state.vocab_size, s->state.dim, err);
    if (status != GV_OK)
        return status;
    if (!s->reader) {
        gv_model_init_plain(s->model, s->run->config->train_seed);
        return GV_OK;
    }
    gv_checkpoint_matrix matrices[2];
    gv_model_matrices(matrices, s->model);
    status = gv_checkpoint_load(s->reader, matrices, err);
    gv_train_adopt(&s->state, gv_checkpoint_about(s->reader));
    return status;
}

static int make_tables(stage *s, gv_error *err)
{
    const gv_config *config = s->run->config;
    if (config->train_sample > 0) {
        s->threshold = gv_mem_alloc(s->state.vocab_size, sizeof *s->threshold, err);
        if (!s->threshold)
            return GV_E_MEMORY;
        gv_subsample_thresholds(s->threshold, s->input.vocab, config->train_sample);
    }
    return gv_noise_make(&s->noise, s->input.vocab, noise_power, err);
}

static int train_epochs(stage *s, gv_saver *saver, gv_error *err)
{
    int status = s->reader ? gv_train_tell_resume(s->run, &s->state,
                                                  gv_ids_about(s->input.ids)->words, "words", err)
                           : GV_OK;
    if (status == GV_OK)
        status = make_tables(s, err);
    if (status != GV_OK)
        return status;
    const gv_word2vec_text text = {.config = s->run->config,
                                   .ids = s->input.ids,
                                   .threshold = s->threshold,
                                   .noise = &s->noise,
                                   .kernel = s->kernel,
                                   .model = s->model};
    return gv_word2vec_epochs(&s->visited, s->run, &text, &s->state, saver, s->threads, err);
}

/* Bring the model to train.epochs and its checkpoint onto the disk. */
static int train(stage *s, gv_error *err)
{
    gv_saver saver;
    gv_saver_init(&saver, s->checkpoint_path);
    int status = gv_train_remember(s->run, &s->state, err);
    if (status == GV_OK && s->state.epoch < s->run->config->train_epochs) {
        status = train_epochs(s, &saver, err);
    } else if (status == GV_OK && !s->reader) { /* no epochs at all: the random start */
        gv_checkpoint_matrix matrices[2];
        gv_model_matrices(matrices, s->model);
        status = gv_saver_save(&saver, &s->state, matrices, err);
    }
    int saved = gv_saver_end(&saver, err);
    return status != GV_OK ? status : saved;
}

static int finish(stage *s, gv_error *err)
{
    const unsigned stages = gv_config_train_stages(s->run->config);
    int status =
        gv_train_output(s->run, s->input.vocab, s->model, &s->state, stages, s->threads, err);
    if (status == GV_E_STOPPED)
        gv_error_prefix(err, "training is done; writing the vectors");
    if (status != GV_OK)
        return status;
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "records", s->visited);
    gv_json_set_uint(&fields, "epochs", s->state.epoch);
    gv_json_set_real(&fields, "loss", s->state.last_loss);
    gv_json_set_uint(&fields, "vocab_size", s->state.vocab_size);
    gv_json_set_uint(&fields, "dim", s->state.dim);
    gv_json_set_uint(&fields, "threads", s->threads);
    gv_json_set_text(&fields, "kernel", s->kernel->name);
    gv_json_set_text(&fields, "schedule", gv_config_schedule_name(s->run->config));
    gv_json_set_text(&fields, "objective", gv_config_objective_name(s->run->config));
    status = gv_run_done(s->run, s->recipe, &s->input.files, &s->outputs, &fields, err);
    if (status == GV_OK)
        gv_train_tell_output(s->run, &s->state, s->visited);
    return status;
}

int gv_word2vec_stage(gv_run *run, gv_error *err)
{
    stage s = {.run = run, .threads = gv_config_threads(run->config->train_threads)};
    bool fresh = false;
    int status = check_config(run->config, err);
    if (status == GV_OK)
        status = gv_word2vec_choose(&s.kernel, err);
    if (status == GV_OK)
        status = gv_word2vec_input_find(&s.input, run, err);
    if (status == GV_OK)
        status = look_for_output(&fresh, &s, err);
    if (status != GV_OK || fresh)
        goto cleanup;
    status = gv_word2vec_input_open(&s.input, run, s.threads, err);
    if (status == GV_OK)
        status = find_beginning(&s, err);
    if (status == GV_OK)
        status = check_memory(&s, err);
    if (status == GV_OK)
        status = make_model(&s, err);
    if (status == GV_OK)
        status = train(&s, err);
    if (status == GV_OK)
        status = finish(&s, err);
cleanup:
    drop_stage(&s);
    return status;
}
