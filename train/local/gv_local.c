#include "train/local/gv_local.h"

static int run_range(void *training, gv_engine_result *result, gv_error *err)
{
    gv_training *t = training;
    gv_schedule_run_range range;
    gv_training_begin_range(t, &range);
    range.pause = t->pause;
    range.pause_context = t;
    int status = gv_schedule_run(t->schedule, &range, err);
    if (status == GV_OK)
        gv_training_end_range(t, result);
    return status;
}

gv_engine gv_local_engine(gv_training *training)
{
    gv_engine engine = gv_training_engine(training);
    engine.context = training;
    engine.run_range = run_range;
    return engine;
}
