#include "train/local/gv_local.h"

void gv_local_begin_epoch(void *training)
{
    gv_training_begin_epoch(training);
}

int gv_local_run_range(void *training, gv_engine_result *result, gv_error *err)
{
    gv_training *t = training;
    gv_schedule_range range;
    gv_training_begin_range(t, &range);
    range.pause = t->pause;
    range.pause_context = t;
    int status = gv_schedule_run(t->schedule, &range, err);
    if (status == GV_OK)
        gv_training_end_range(t, result);
    return status;
}

int gv_local_end_epoch(void *training, gv_engine_epoch *epoch, gv_error *err)
{
    return gv_training_end_epoch(training, epoch, err);
}

gv_engine gv_local_engine(gv_training *training)
{
    return (gv_engine){.context = training,
                       .loss_must_fall = true,
                       .begin_epoch = gv_local_begin_epoch,
                       .run_range = gv_local_run_range,
                       .end_epoch = gv_local_end_epoch,
                       .gather = gv_engine_gather_nothing,
                       .describe = gv_engine_describe_nothing,
                       .free = gv_engine_free_nothing};
}
