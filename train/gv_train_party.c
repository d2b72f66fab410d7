#include "train/gv_train_party.h"

#include "train/rotation/gv_train_rotate.h"

static int wrong_schedule(const gv_config *config, const char *why, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE, "train.distributed = %s %s, not %s",
                        gv_config_distributed_name(config), why, gv_config_schedule_name(config));
}

int gv_party_check(const gv_config *config, int ranks, gv_error *err)
{
    unsigned servers;
    bool ordered = config->train_schedule == GV_SCHEDULE_ORDERED;
    if (config->train_objective == GV_OBJECTIVE_LOGISTIC &&
        config->train_distributed != GV_DISTRIBUTED_ROTATION)
        return gv_error_set(err, GV_E_USAGE,
                            "train.distributed = %s trains train.objective = glove only: set "
                            "train.distributed = rotation",
                            gv_config_distributed_name(config));
    switch (config->train_distributed) {
    case GV_DISTRIBUTED_ROTATION:
        return ordered ? GV_OK
                       : wrong_schedule(config, "keeps the order of train.schedule = ordered", err);
    case GV_DISTRIBUTED_DOWNPOUR:
        if (!ordered && config->train_schedule != GV_SCHEDULE_HOGWILD)
            return wrong_schedule(config,
                                  "trains by train.schedule = hogwild (or ordered, which is "
                                  "taken for it)",
                                  err);
        return gv_downpour_servers(&servers, config, ranks, err);
    case GV_DISTRIBUTED_SANDBLASTER:
        return gv_sandblaster_servers(&servers, config, ranks, err);
    }
    return gv_error_set(err, GV_E_RUNTIME, "an unknown value of train.distributed");
}

unsigned gv_party_arrangement(const gv_comm *comm, const gv_config *config, unsigned threads)
{
    /* leases are of whole blocks where they can be */
    return config->train_distributed == GV_DISTRIBUTED_ROTATION
               ? threads * (unsigned)gv_comm_size(comm)
               : 1;
}

int gv_party_make(gv_party *party, gv_comm *comm, const gv_config *config, gv_schedule *schedule,
                  const gv_store *store, gv_model *model, gv_error *err)
{
    *party = (gv_party){0};
    int status;
    if (config->train_distributed == GV_DISTRIBUTED_DOWNPOUR) {
        status = gv_downpour_new(&party->downpour, comm, config, gv_store_about(store), model, err);
        party->engine = (gv_engine){party->downpour, gv_downpour_stretch, gv_downpour_gather};
        return status;
    }
    if (config->train_distributed == GV_DISTRIBUTED_SANDBLASTER) {
        status = gv_sandblaster_new(&party->sandblaster, comm, config, gv_store_about(store), model,
                                    err);
        party->engine =
            (gv_engine){party->sandblaster, gv_sandblaster_stretch, gv_sandblaster_gather};
        return status;
    }
    status = gv_train_make_rotation(&party->rotation, comm, config, schedule, store, model, err);
    party->engine = (gv_engine){party->rotation, gv_train_rotate, gv_train_gather};
    return status;
}

void gv_party_drop(gv_party *party)
{
    gv_rotation_free(party->rotation);
    gv_downpour_free(party->downpour);
    gv_sandblaster_free(party->sandblaster);
    *party = (gv_party){0};
}
