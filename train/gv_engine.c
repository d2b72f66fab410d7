#include "train/gv_engine.h"

#include <stdlib.h>

size_t gv_engine_pause_after(void)
{
    const char *text = getenv("GLOVEBOX_TEST_CHECKPOINT_TASKS");
    unsigned long long tasks = text ? strtoull(text, NULL, 10) : 0;
    return tasks > 0 && tasks < SIZE_MAX ? (size_t)tasks : SIZE_MAX;
}

void gv_engine_begin_nothing(void *context)
{
    (void)context;
}

int gv_engine_gather_nothing(void *context, gv_error *err)
{
    (void)context;
    (void)err;
    return GV_OK;
}

void gv_engine_describe_nothing(void *context, gv_json_writer *fields)
{
    (void)context;
    (void)fields;
}

void gv_engine_free_nothing(void *context)
{
    (void)context;
}
