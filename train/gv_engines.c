#include "train/gv_engines.h"

#include "train/experiments/averaging/gv_averaging.h"
#include "train/experiments/downpour/gv_downpour.h"
#include "train/experiments/row_sync/gv_row_sync_engine.h"
#include "train/experiments/sandblaster/gv_sandblaster.h"
#include "train/local/gv_local.h"
#include "train/rotation/gv_rotation.h"

static int wrong_schedule(const gv_config *config, const char *why, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE, "train.distributed = %s %s, not %s",
                        gv_config_distributed_name(config), why, gv_config_schedule_name(config));
}

int gv_engines_check(const gv_config *config, int ranks, gv_error *err)
{
    unsigned servers;
    bool ordered = config->train_schedule == GV_SCHEDULE_ORDERED;
    if (config->train_objective != GV_OBJECTIVE_GLOVE &&
        config->train_distributed != GV_DISTRIBUTED_ROTATION)
        return gv_error_set(err, GV_E_USAGE,
                            "train.distributed = %s supports train.objective = glove only; set "
                            "train.distributed = rotation",
                            gv_config_distributed_name(config));
    switch (config->train_distributed) {
    case GV_DISTRIBUTED_ROTATION:
        return ordered ? GV_OK : wrong_schedule(config, "needs train.schedule = ordered", err);
    case GV_DISTRIBUTED_DOWNPOUR:
        if (!ordered && config->train_schedule != GV_SCHEDULE_HOGWILD)
            return wrong_schedule(
                config, "needs train.schedule = hogwild (or ordered, which it treats as hogwild)",
                err);
        return gv_downpour_servers(&servers, config, ranks, err);
    case GV_DISTRIBUTED_SANDBLASTER:
        return gv_sandblaster_servers(&servers, config, ranks, err);
    }
    return gv_error_set(err, GV_E_RUNTIME, "train.distributed has an unknown value");
}

/* With rotation all ranks work off one list, as the threads of one process would. Leases of
 * Downpour are of whole blocks where they can be: a list for one thread has these. */
unsigned gv_engines_arrangement(const gv_comm *comm, const gv_config *config, unsigned threads)
{
    if (!comm)
        return threads;
    return config->train_distributed == GV_DISTRIBUTED_ROTATION
               ? threads * (unsigned)gv_comm_size(comm)
               : 1;
}

/* --- rank 0 ----------------------------------------------------------------------------------- */

/* The engine of one process, with what experiments put around it. */
static int open_local(gv_engine *engine, gv_training *t, gv_error *err)
{
    int status = GV_OK;
    *engine = gv_local_engine(t);
    if (gv_row_sync_needed(t->config->train_schedule, gv_row_sync_engine_options())) {
        gv_engine inner = *engine;
        status = gv_row_sync_engine_open(engine, &inner, t, err);
    }
    if (status == GV_OK && t->config->train_schedule == GV_SCHEDULE_AVERAGED) {
        gv_engine inner = *engine;
        status = gv_averaging_open(engine, &inner, t, err);
        if (status != GV_OK)
            inner.free(inner.context);
    }
    return status;
}

int gv_engines_open(gv_engine *engine, gv_training *t, gv_error *err)
{
    if (!t->comm)
        return open_local(engine, t, err);
    switch (t->config->train_distributed) {
    case GV_DISTRIBUTED_DOWNPOUR:
        return gv_downpour_open(engine, t, err);
    case GV_DISTRIBUTED_SANDBLASTER:
        return gv_sandblaster_open(engine, t, err);
    default:
        return gv_rotation_open(engine, t, err);
    }
}

/* --- worker ranks ----------------------------------------------------------------------------- */

/* Downpour's servers begin with rank 0, Sandblaster's with rank 1. */
int gv_engines_is_server(bool *server, gv_comm *comm, const gv_config *config, gv_error *err)
{
    unsigned servers = 0, rank = (unsigned)gv_comm_rank(comm);
    int status = GV_OK;
    *server = false;
    if (config->train_distributed == GV_DISTRIBUTED_DOWNPOUR) {
        status = gv_downpour_servers(&servers, config, gv_comm_size(comm), err);
        *server = rank < servers;
    } else if (config->train_distributed == GV_DISTRIBUTED_SANDBLASTER) {
        status = gv_sandblaster_servers(&servers, config, gv_comm_size(comm), err);
        *server = rank <= servers;
    }
    return status;
}

int gv_engines_work(gv_training *t, gv_error *err)
{
    switch (t->config->train_distributed) {
    case GV_DISTRIBUTED_DOWNPOUR:
        return gv_downpour_replicate(t, err);
    case GV_DISTRIBUTED_SANDBLASTER:
        return gv_sandblaster_work(t, err);
    default:
        return gv_rotation_work(t, err);
    }
}

int gv_engines_serve(gv_comm *comm, const gv_config *config, const gv_store_info *info,
                     gv_error *err)
{
    if (config->train_distributed == GV_DISTRIBUTED_SANDBLASTER)
        return gv_sandblaster_serve(comm, config, info, err);
    gv_model *model;
    int status = gv_model_new_zero(&model, info->vocab_size, config->train_dim, err);
    if (status != GV_OK)
        return status;
    status = gv_downpour_serve(comm, config, info, model, err);
    gv_model_free(model);
    return status;
}
