/*
 * The stage from end to end; each step in a function, in the order of gv_train_stage.
 */
#include "train/gv_train.h"

#include "base/gv_mem.h"
#include "budget/gv_budget_train.h"
#include "kernel/gv_kernel.h"
#include "store/gv_store.h"
#include "train/gv_train_epochs.h"
#include "train/gv_train_output.h"
#include "train/gv_train_party.h"
#include "train/gv_train_resume.h"
#include "train/gv_train_tools.h"
#include "train/word2vec/gv_word2vec_stage.h"
#include <inttypes.h>
#include <string.h>

/* What the stage holds on to; zeroed, then filled step by step. */
typedef struct stage {
    gv_run *run;
    gv_comm *comm; /* of the ranks that the work is divided among; NULL: there is none but this */
    unsigned threads;
    char *store_path, *checkpoint_path;
    char *recipe;                         /* of everything up to the vectors, for the stamp */
    char *inputs_item[1];                 /* borrowed */
    char *outputs_item[GV_TRAIN_OUTPUTS]; /* owned */
    gv_strings inputs, outputs;
    gv_store *store;
    const gv_store_info *info;
    const gv_kernel *kernel;
    gv_checkpoint state;          /* owns its recipe and arrays */
    gv_checkpoint_reader *reader; /* the checkpoint to go on from, or NULL */
    gv_schedule *schedule;
    gv_model *model;
    gv_unseen *unseen; /* NULL unless the objective needs it */
    gv_party party;    /* empty without `comm` */
    gv_row_sync_options sharing;
    gv_row_sync_counts counted;
    uint64_t tile_budget;
    uint64_t visited;
} stage;

static void drop_stage(stage *s)
{
    gv_party_drop(&s->party);
    gv_model_free(s->model);
    gv_unseen_free(s->unseen);
    gv_schedule_free(s->schedule);
    gv_checkpoint_close(s->reader);
    gv_mem_free(s->state.recipe);
    gv_mem_free(s->state.losses);
    gv_mem_free(s->state.done);
    gv_store_close(s->store);
    for (size_t i = 0; i < s->outputs.n; i++)
        gv_mem_free(s->outputs_item[i]);
    gv_mem_free(s->recipe);
    gv_mem_free(s->checkpoint_path);
    gv_mem_free(s->store_path);
}

/* --- what is there ---------------------------------------------------------------------------- */

static int name_files(stage *s, gv_error *err)
{
    if (!(s->store_path = gv_run_path(s->run, GV_FILE_STORE, err)) ||
        !(s->checkpoint_path = gv_run_path(s->run, GV_FILE_CHECKPOINT, err)))
        return GV_E_MEMORY;
    s->inputs_item[0] = s->store_path;
    s->inputs = (gv_strings){1, s->inputs_item};
    return gv_train_output_paths(&s->outputs, s->outputs_item, s->run, err);
}

static int open_store(stage *s, gv_error *err)
{
    int status = gv_store_open(&s->store, s->store_path, 1, err);
    if (status != GV_OK)
        return status;
    s->info = gv_store_about(s->store);
    return gv_run_check_upstream(s->run, GV_STAGE_SHUFFLE, GV_FILE_STORE, s->info->recipe, err);
}

static int look_for_output(bool *fresh, stage *s, gv_error *err)
{
    const unsigned stages =
        gv_config_train_stages(s->run->config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    int status = gv_config_recipe(&s->recipe, s->run->config, stages, err);
    if (status == GV_OK)
        status = gv_run_up_to_date(fresh, s->run, s->recipe, &s->inputs, &s->outputs, err);
    return status;
}

/* The state in which this training begins, and the checkpoint if there is one to go on from. */
static int find_beginning(stage *s, gv_error *err)
{
    int status = gv_schedule_new(&s->schedule, s->info, gv_store_tiles(s->store), err);
    if (status != GV_OK)
        return status;
    s->state = (gv_checkpoint){.numerics_version = GV_NUMERICS_VERSION,
                               .dim = s->run->config->train_dim,
                               .vocab_size = s->info->vocab_size,
                               .tasks = gv_schedule_count(s->schedule),
                               .segments = s->info->segments};
    s->state.done = gv_mem_alloc_zero(s->state.segments, sizeof *s->state.done, err);
    s->state.losses = gv_mem_alloc_zero(s->state.segments, sizeof *s->state.losses, err);
    if (!s->state.done || !s->state.losses)
        return GV_E_MEMORY;
    memcpy(s->state.store_hash, s->info->content_hash, GV_HASH_HEX);
    status = gv_config_recipe(&s->state.recipe, s->run->config, GV_STAGE_TRAIN, err);
    if (status == GV_OK)
        status = gv_train_find(&s->reader, s->run, s->checkpoint_path, &s->state, err);
    return status;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* What the budget of this training depends on; `model` in bytes. */
static gv_budget_train budget_basis(const stage *s, uint64_t model)
{
    const gv_config *config = s->run->config;
    gv_train_sizes sizes = gv_train_sizes_of(s->store, s->unseen);
    return (gv_budget_train){.config = config,
                             .store = s->info,
                             .model = model,
                             .tasks = gv_schedule_count(s->schedule),
                             .tile_records = sizes.records,
                             .mixed_records = sizes.mixed,
                             .segment_words = sizes.width,
                             .by_steps = gv_row_sync_needed(config->train_schedule, s->sharing),
                             .conflicts = s->sharing.conflicts};
}

/* Fail before any work if the model cannot fit; else the tiles get what is left. */
static int plan_memory(stage *s, gv_error *err)
{
    const gv_config *config = s->run->config;
    uint64_t model, budget = gv_train_memory_budget(config);
    int status = gv_model_bytes(&model, s->info->vocab_size, config->train_dim, err);
    if (status != GV_OK)
        return status;
    const gv_budget_train basis = budget_basis(s, model);
    gv_budget_train_plan plan =
        gv_budget_train_divide(&basis, budget, gv_mem_peak_rss_kb() * 1024, s->threads);
    if (plan.threads < s->threads)
        gv_progress_note(s->run->progress,
                         "%u threads instead of %u: train.memory_mb holds no more", plan.threads,
                         s->threads);
    s->threads = plan.threads;
    s->tile_budget = plan.tiles;
    if (plan.least > budget)
        return gv_error_set(
            err, GV_E_MEMORY,
            "training needs %" PRIu64 " bytes of memory, %" PRIu64
            " of them for the model (%" PRIu32 " words, train.dim %" PRIu32 "), but %s is %" PRIu64
            " bytes: lower train.dim, raise vocab.min_count%s",
            plan.least, model, s->info->vocab_size, config->train_dim,
            config->train_memory_mb > 0 ? "train.memory_mb" : "what is available", budget,
            config->train_memory_mb > 0 ? ", or raise train.memory_mb" : "");
    return GV_OK;
}

/* --- training --------------------------------------------------------------------------------- */

static int make_model(stage *s, gv_error *err)
{
    int status = gv_model_new(&s->model, s->state.vocab_size, s->state.dim, err);
    if (status != GV_OK)
        return status;
    gv_train_shape_model(s->model, s->run->config);
    if (!s->reader)
        return gv_model_init(s->model, s->run->config->train_seed, s->threads, err);
    gv_checkpoint_matrix matrices[2];
    gv_model_matrices(matrices, s->model);
    status = gv_checkpoint_load(s->reader, matrices, err);
    gv_train_adopt(&s->state, gv_checkpoint_about(s->reader));
    return status;
}

static int run_epochs(stage *s, gv_train_tools *tools, gv_saver *saver, gv_error *err)
{
    gv_training training = {.run = s->run,
                            .config = s->run->config,
                            .progress = s->run->progress,
                            .info = s->info,
                            .store_path = s->store_path,
                            .schedule = s->schedule,
                            .cache = tools->cache,
                            .trainer = &tools->trainer,
                            .lanes = &tools->lanes,
                            .copies = tools->copies.copies ? &tools->copies : NULL,
                            .rotation = s->party.rotation,
                            .engine = s->comm ? &s->party.engine : NULL,
                            .comm = s->comm,
                            .state = &s->state,
                            .saver = saver,
                            .threads = s->threads,
                            .arrangement =
                                s->comm ? gv_party_arrangement(s->comm, s->run->config, s->threads)
                                        : s->threads,
                            .random_order = gv_train_variable("GLOVEBOX_TEST_RANDOM_ORDER") > 0,
                            .sizes = gv_train_sizes_of(s->store, s->unseen)};
    return gv_train_epochs(&s->visited, &training, err);
}

static int train_epochs(stage *s, gv_saver *saver, gv_error *err)
{
    gv_train_tools tools = {0};
    const gv_train_material material = {.config = s->run->config,
                                        .store = s->store,
                                        .store_path = s->store_path,
                                        .kernel = s->kernel,
                                        .model = s->model,
                                        .unseen = s->unseen,
                                        .sharing = s->sharing,
                                        .threads = s->threads,
                                        .tile_budget = s->tile_budget,
                                        .progress = s->run->progress};
    int status = s->comm ? gv_party_make(&s->party, s->comm, s->run->config, s->schedule, s->store,
                                         s->model, err)
                         : GV_OK;
    if (status == GV_OK)
        status = s->comm ? gv_train_tools_make_on(s->comm, &tools, &material, err)
                         : gv_train_tools_make(&tools, &material, err);
    if (status == GV_OK)
        status = run_epochs(s, &tools, saver, err);
    if (tools.trainer.share)
        s->counted = gv_row_sync_counted(tools.trainer.share);
    gv_train_tools_drop(&tools);
    return status;
}

/* Bring the model to train.epochs and its checkpoint onto the disk. */
static int train(stage *s, gv_error *err)
{
    bool resumed = s->reader != NULL;
    gv_saver saver;
    gv_saver_init(&saver, s->checkpoint_path);
    int status = gv_train_remember(s->run, &s->state, err);
    if (status == GV_OK && s->state.epoch < s->run->config->train_epochs) {
        if (resumed)
            status = gv_train_tell_resume(s->run, &s->state, s->info->records, "records", err);
        if (status == GV_OK)
            status = train_epochs(s, &saver, err);
    } else if (status == GV_OK && !resumed) { /* no epochs at all: the random start */
        gv_checkpoint_matrix matrices[2];
        gv_model_matrices(matrices, s->model);
        status = gv_saver_save(&saver, &s->state, matrices, err);
    }
    /* a large model takes long to write: meanwhile the other ranks hear of this one */
    if (status == GV_OK)
        status = gv_comm_run_background(s->comm, gv_saver_await, &saver, err);
    int saved = gv_saver_end(&saver, err);
    return status != GV_OK ? status : saved;
}

static void write_conflicts(gv_json_writer *fields, const gv_row_sync_counts *counted)
{
    gv_json_open_object(fields, "conflicts");
    gv_json_set_uint(fields, "steps", counted->steps);
    gv_json_set_uint(fields, "steps_in_conflict", counted->steps_in_conflict);
    gv_json_set_uint(fields, "rows", counted->rows);
    gv_json_set_uint(fields, "rows_in_conflict", counted->conflicts);
    gv_json_close(fields);
}

static int finish(stage *s, gv_error *err)
{
    const gv_config *config = s->run->config;
    const unsigned stages = gv_config_train_stages(config);
    gv_vocab *vocab = NULL;
    int status = gv_store_vocab(&vocab, s->store, err);
    if (status == GV_OK)
        status = gv_train_output(s->run, vocab, s->model, &s->state, stages, s->threads, err);
    gv_vocab_free(vocab);
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
    gv_json_set_text(&fields, "schedule", gv_config_schedule_name(config));
    if (s->sharing.conflicts)
        write_conflicts(&fields, &s->counted);
    status = gv_run_done(s->run, s->recipe, &s->inputs, &s->outputs, &fields, err);
    if (status == GV_OK)
        gv_train_tell_output(s->run, &s->state, s->visited);
    return status;
}

typedef struct errand {
    stage *s;
    int (*work)(stage *s, gv_error *err);
} errand;

static int do_errand(void *context, gv_error *err)
{
    errand *e = context;
    return e->work(e->s, err);
}

/* Long work in which no messages are sent: the other ranks hear of this one all the same. */
static int aside(stage *s, int (*work)(stage *s, gv_error *err), gv_error *err)
{
    errand e = {s, work};
    return gv_comm_run_background(s->comm, do_errand, &e, err);
}

static int glove_stage(gv_run *run, gv_comm *comm, gv_error *err)
{
    stage s = {.run = run,
               .comm = comm && gv_comm_size(comm) > 1 ? comm : NULL,
               .threads = gv_config_threads(run->config->train_threads),
               .sharing = gv_train_sharing()};
    bool fresh = false;
    int status = name_files(&s, err);
    if (status == GV_OK)
        status = gv_kernel_choose(&s.kernel, err);
    if (status == GV_OK)
        status = open_store(&s, err);
    if (status == GV_OK)
        status = look_for_output(&fresh, &s, err);
    if (status != GV_OK || fresh)
        goto cleanup;
    status = find_beginning(&s, err);
    if (status == GV_OK)
        status = gv_train_make_unseen(&s.unseen, s.store, run->config, err);
    if (status == GV_OK)
        status = plan_memory(&s, err);
    if (status == GV_OK)
        status = aside(&s, make_model, err);
    if (status == GV_OK)
        status = train(&s, err);
    if (status == GV_OK)
        status = aside(&s, finish, err);
cleanup:
    drop_stage(&s);
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
    return config->train_objective == GV_OBJECTIVE_WORD2VEC ? gv_word2vec_stage(run, err)
                                                            : glove_stage(run, NULL, err);
}

int gv_train_lead(gv_run *run, gv_comm *comm, gv_error *err)
{
    const gv_config *config = run->config;
    if (config->train_objective == GV_OBJECTIVE_WORD2VEC)
        return gv_error_set(
            err, GV_E_USAGE,
            "train.objective = word2vec runs on one machine only: start glove-train");
    int status = gv_party_check(config, gv_comm_size(comm), err);
    return status == GV_OK ? glove_stage(run, comm, err) : status;
}
