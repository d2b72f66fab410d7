#include "train/rotation/gv_train_rotate.h"

#include "train/gv_train_epochs.h"

int gv_train_make_rotation(gv_rotation **rotation, gv_comm *comm, const gv_config *config,
                           gv_schedule *schedule, const gv_store *store, gv_model *model,
                           gv_error *err)
{
    uint64_t bytes = 2 * (uint64_t)model->bytes;
    return gv_rotation_new(rotation, comm, schedule, gv_store_about(store), model,
                           gv_train_sparing(comm, config, bytes), err);
}

int gv_train_rotate(void *context, gv_crew *crew, gv_part *part, gv_error *err)
{
    gv_rotation *rotation = context;
    int status = gv_rotation_begin(rotation, crew->t->state, crew->t->arrangement, err);
    if (status == GV_OK)
        status = gv_crew_run(crew, err);
    if (status == GV_OK)
        status = gv_rotation_collect(rotation, crew->t->state, part, err);
    return status;
}

int gv_train_gather(void *context, gv_error *err)
{
    return gv_rotation_gather(context, err);
}

int gv_train_rotate_serve(gv_training *training, gv_error *err)
{
    gv_crew crew;
    int status = gv_crew_new(&crew, training, SIZE_MAX, err);
    while (status == GV_OK) {
        status =
            gv_rotation_await(training->rotation, training->state, &training->arrangement, err);
        if (status == GV_OK) {
            gv_crew_draw(&crew);
            status = gv_crew_run(&crew, err);
        }
        if (status == GV_OK)
            status = gv_rotation_report(training->rotation, training->state, &crew.part, err);
    }
    gv_crew_drop(&crew);
    return status;
}
