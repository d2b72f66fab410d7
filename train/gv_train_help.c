#include "train/gv_train_help.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "budget/gv_budget_train.h"
#include "store/gv_store.h"
#include "train/gv_train_epochs.h"
#include "train/gv_train_party.h"
#include "train/gv_train_tools.h"
#include "train/rotation/gv_train_rotate.h"

/* What this rank holds on to; zeroed, then filled step by step. */
typedef struct helper {
    const gv_config *config;
    unsigned threads;
    char *store_path;
    gv_store *store;
    const gv_store_info *info;
    const gv_kernel *kernel;
    gv_schedule *schedule;
    gv_model *model;
    gv_unseen *unseen; /* NULL unless the objective needs it */
    gv_rotation *rotation;
    gv_train_tools tools;
    gv_checkpoint state;
} helper;

static void drop_helper(helper *h)
{
    gv_train_tools_drop(&h->tools);
    gv_rotation_free(h->rotation);
    gv_model_free(h->model);
    gv_schedule_free(h->schedule);
    gv_unseen_free(h->unseen);
    gv_mem_free(h->state.done);
    gv_mem_free(h->state.losses);
    gv_store_close(h->store);
    gv_mem_free(h->store_path);
}

static int open_store(helper *h, const char *dir, gv_error *err)
{
    if (!(h->store_path = gv_file_path_join(dir, GV_FILE_STORE, err)))
        return GV_E_MEMORY;
    int status = gv_store_open(&h->store, h->store_path, 1, err);
    if (status != GV_OK)
        return status;
    h->info = gv_store_about(h->store);
    status = gv_kernel_choose(&h->kernel, err);
    if (status == GV_OK)
        status = gv_schedule_new(&h->schedule, h->info, gv_store_tiles(h->store), err);
    return status;
}

static int make_state(helper *h, gv_error *err)
{
    h->state = (gv_checkpoint){.segments = h->info->segments,
                               .vocab_size = h->info->vocab_size,
                               .dim = h->config->train_dim,
                               .tasks = gv_schedule_count(h->schedule)};
    h->state.done = gv_mem_alloc_zero(h->state.segments, sizeof *h->state.done, err);
    h->state.losses = gv_mem_alloc_zero(h->state.segments, sizeof *h->state.losses, err);
    return h->state.done && h->state.losses ? GV_OK : GV_E_MEMORY;
}

/* A share of the host's memory for tiles, after the model. */
static uint64_t tile_budget(const helper *h, gv_comm *comm, uint64_t model)
{
    return gv_budget_train_rank_tiles(h->info, gv_train_memory_budget(h->config), model,
                                      gv_comm_ranks_on_host(comm), h->threads);
}

static int make_all(helper *h, gv_comm *comm, gv_error *err)
{
    uint64_t model;
    int status = gv_model_bytes(&model, h->info->vocab_size, h->config->train_dim, err);
    if (status == GV_OK)
        status = make_state(h, err);
    if (status == GV_OK)
        status = gv_model_new_zero(&h->model, h->info->vocab_size, h->config->train_dim, err);
    if (status == GV_OK)
        status = gv_train_make_unseen(&h->unseen, h->store, h->config, err);
    if (status == GV_OK)
        gv_train_shape_model(h->model, h->config);
    if (status == GV_OK && h->config->train_distributed == GV_DISTRIBUTED_ROTATION)
        status = gv_train_make_rotation(&h->rotation, comm, h->config, h->schedule, h->store,
                                        h->model, err);
    gv_train_material material = {.config = h->config,
                                  .store = h->store,
                                  .store_path = h->store_path,
                                  .kernel = h->kernel,
                                  .model = h->model,
                                  .unseen = h->unseen,
                                  .threads = h->threads,
                                  .tile_budget = tile_budget(h, comm, model)};
    return status == GV_OK ? gv_train_tools_make_on(comm, &h->tools, &material, err) : status;
}

static int train(helper *h, gv_comm *comm, gv_error *err)
{
    gv_training training = {.config = h->config,
                            .info = h->info,
                            .store_path = h->store_path,
                            .schedule = h->schedule,
                            .cache = h->tools.cache,
                            .trainer = &h->tools.trainer,
                            .lanes = &h->tools.lanes,
                            .rotation = h->rotation,
                            .state = &h->state,
                            .threads = h->threads,
                            .arrangement = gv_party_arrangement(comm, h->config, h->threads),
                            .sizes = gv_train_sizes_of(h->store, h->unseen)};
    switch (h->config->train_distributed) {
    case GV_DISTRIBUTED_DOWNPOUR:
        return gv_downpour_replicate(comm, &training, err);
    case GV_DISTRIBUTED_SANDBLASTER:
        return gv_sandblaster_work(comm, &training, gv_store_tiles(h->store), err);
    default:
        return gv_train_rotate_serve(&training, err);
    }
}

/* Does this rank hold parameters for the others? */
static int is_server(bool *server, const helper *h, gv_comm *comm, gv_error *err)
{
    unsigned servers = 0, rank = (unsigned)gv_comm_rank(comm);
    int status = GV_OK;
    if (h->config->train_distributed == GV_DISTRIBUTED_DOWNPOUR) {
        status = gv_downpour_servers(&servers, h->config, gv_comm_size(comm), err);
        *server = rank < servers;
    } else if (h->config->train_distributed == GV_DISTRIBUTED_SANDBLASTER) {
        status = gv_sandblaster_servers(&servers, h->config, gv_comm_size(comm), err);
        *server = rank <= servers;
    }
    return status;
}

static int serve(helper *h, gv_comm *comm, gv_error *err)
{
    if (h->config->train_distributed == GV_DISTRIBUTED_SANDBLASTER)
        return gv_sandblaster_server(comm, h->config, h->info, err);
    int status = gv_model_new_zero(&h->model, h->info->vocab_size, h->config->train_dim, err);
    return status == GV_OK ? gv_downpour_serve(comm, h->config, h->info, h->model, err) : status;
}

int gv_train_help(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err)
{
    helper h = {.config = config, .threads = gv_config_threads(config->train_threads)};
    bool server = false;
    int status = open_store(&h, dir, err);
    if (status == GV_OK)
        status = is_server(&server, &h, comm, err);
    if (status == GV_OK && !server)
        status = make_all(&h, comm, err);
    if (status == GV_OK)
        status = server ? serve(&h, comm, err) : train(&h, comm, err);
    drop_helper(&h);
    return status;
}
