#include "train/gv_train_worker.h"

#include "base/gv_mem.h"
#include "budget/gv_budget_train.h"
#include "train/gv_engines.h"
#include "train/gv_train_start.h"
#include "train/gv_train_store.h"
#include "train/word2vec/gv_word2vec_worker.h"

/* What this rank owns; zeroed, then filled step by step. */
typedef struct worker {
    const gv_config *config; /* borrowed */
    gv_train_store store;
    gv_schedule *schedule;
    gv_model *model;
    gv_unseen *unseen;
    gv_start *start;
    gv_checkpoint state;
    gv_training training; /* of the above */
} worker;

static void free_worker(worker *w)
{
    gv_training_close(&w->training);
    gv_model_free(w->model);
    gv_schedule_free(w->schedule);
    gv_unseen_free(w->unseen);
    gv_start_free(w->start);
    gv_mem_free(w->state.done);
    gv_mem_free(w->state.losses);
    gv_train_store_clear(&w->store);
}

static int make_state(worker *w, const gv_config *config, gv_error *err)
{
    const gv_store_info *info = gv_store_about(w->store.store);
    w->state = (gv_checkpoint){.segments = info->segments,
                               .vocab_size = info->vocab_size,
                               .dim = config->train_dim,
                               .tasks = gv_schedule_count(w->schedule)};
    w->state.done = gv_mem_alloc_zero(info->segments, sizeof *w->state.done, err);
    w->state.losses = gv_mem_alloc_zero(info->segments, sizeof *w->state.losses, err);
    return w->state.done && w->state.losses ? GV_OK : GV_E_MEMORY;
}

/* Order, state, and a model whose rows are elsewhere. */
static int make_parts(void *context, gv_error *err)
{
    worker *w = context;
    const gv_config *config = w->config;
    const gv_store_info *info = gv_store_about(w->store.store);
    int status = gv_schedule_new(&w->schedule, info, gv_store_tiles(w->store.store), err);
    if (status == GV_OK)
        status = make_state(w, config, err);
    if (status == GV_OK)
        status = gv_model_new_zero(&w->model, info->vocab_size, config->train_dim, err);
    if (status == GV_OK)
        status = gv_training_make_unseen(&w->unseen, w->store.store, config, err);
    if (status == GV_OK)
        gv_training_shape_model(w->model, config);
    return status;
}

static int set_tile_budget(gv_training *t, gv_error *err)
{
    uint64_t model = 0;
    int status = gv_model_bytes(&model, t->info->vocab_size, t->config->train_dim, err);
    t->tile_budget = gv_budget_train_rank_tiles(t->info, gv_training_memory_budget(t->config),
                                                model, gv_comm_ranks_on_host(t->comm), t->threads);
    return status;
}

static int train(worker *w, gv_comm *comm, const gv_config *config, gv_error *err)
{
    unsigned threads = gv_config_threads(config->train_threads);
    int status = gv_comm_run_background(comm, make_parts, w, err);
    if (status != GV_OK)
        return status;
    w->training = (gv_training){.config = config,
                                .comm = comm,
                                .store = w->store.store,
                                .info = gv_store_about(w->store.store),
                                .store_path = w->store.path,
                                .schedule = w->schedule,
                                .model = w->model,
                                .unseen = w->unseen,
                                .start = w->start,
                                .state = &w->state,
                                .threads = threads,
                                .arrangement = gv_engines_arrangement(comm, config, threads)};
    status = gv_kernel_choose(&w->training.kernel, err);
    if (status == GV_OK)
        status = set_tile_budget(&w->training, err);
    if (status == GV_OK)
        status = gv_comm_run_background(comm, gv_training_open, &w->training, err);
    return status == GV_OK ? gv_engines_work(&w->training, err) : status;
}

int gv_train_worker(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err)
{
    worker w = {.config = config};
    bool server = false;
    if (config->train_objective == GV_OBJECTIVE_WORD2VEC)
        return gv_word2vec_worker(comm, config, dir, err);
    int status = gv_train_store_open(&w.store, comm, config, dir, err);
    if (status == GV_OK)
        status = gv_train_start_await(&w.start, comm, config, err);
    if (status == GV_OK)
        status = gv_engines_is_server(&server, comm, config, err);
    if (status == GV_OK)
        status = server ? gv_engines_serve(comm, config, gv_store_about(w.store.store), err)
                        : train(&w, comm, config, err);
    free_worker(&w);
    return status;
}
