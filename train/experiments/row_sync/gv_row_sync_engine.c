#include "train/experiments/row_sync/gv_row_sync_engine.h"

#include "base/gv_mem.h"

typedef struct row_sync_engine {
    gv_engine inner;
    gv_training *t;
    gv_row_sync *sync;
    bool conflicts; /* are counted */
} row_sync_engine;

gv_row_sync_options gv_row_sync_engine_options(void)
{
    return (gv_row_sync_options){.delay_ns = gv_training_variable("GLOVEBOX_TEST_DELAY_NS"),
                                 .conflicts = gv_training_variable("GLOVEBOX_TEST_CONFLICTS") > 0};
}

/* --- the update ------------------------------------------------------------------------------- */

static double train_tile(void *context, unsigned thread, const gv_kernel_args *args,
                         const gv_kernel_tile *tile, uint32_t first_row, uint32_t first_column)
{
    row_sync_engine *e = context;
    return gv_row_sync_tile(e->sync, thread, args, tile, first_row, first_column);
}

static void enter(void *context, unsigned thread)
{
    gv_row_sync_join(((row_sync_engine *)context)->sync, thread);
}

static void leave(void *context, unsigned thread)
{
    gv_row_sync_leave(((row_sync_engine *)context)->sync, thread);
}

/* --- the engine ------------------------------------------------------------------------------- */

static int run_range(void *context, gv_engine_result *result, gv_error *err)
{
    row_sync_engine *e = context;
    gv_row_sync_begin(e->sync);
    return e->inner.run_range(e->inner.context, result, err);
}

static void describe(void *context, gv_json_writer *fields)
{
    row_sync_engine *e = context;
    gv_row_sync_counts counted = gv_row_sync_counted(e->sync);
    if (!e->conflicts)
        return;
    gv_json_open_object(fields, "conflicts");
    gv_json_set_uint(fields, "steps", counted.steps);
    gv_json_set_uint(fields, "steps_in_conflict", counted.steps_in_conflict);
    gv_json_set_uint(fields, "rows", counted.rows);
    gv_json_set_uint(fields, "rows_in_conflict", counted.conflicts);
    gv_json_close(fields);
}

static void free_engine(void *context)
{
    row_sync_engine *e = context;
    e->inner.free(e->inner.context);
    gv_row_sync_free(e->sync);
    gv_mem_free(e);
}

int gv_row_sync_engine_open(gv_engine *engine, const gv_engine *inner, gv_training *t,
                            gv_error *err)
{
    gv_row_sync_options options = gv_row_sync_engine_options();
    row_sync_engine *e = gv_mem_alloc_zero(1, sizeof *e, err);
    if (!e)
        return GV_E_MEMORY;
    *e = (row_sync_engine){.inner = *inner, .t = t, .conflicts = options.conflicts};
    const gv_row_sync_setup setup = {.kind = t->config->train_schedule,
                                     .options = options,
                                     .kernel = t->kernel,
                                     .vocab_size = t->info->vocab_size,
                                     .width = t->model->width,
                                     .threads = t->threads};
    int status = gv_row_sync_new(&e->sync, &setup, err);
    if (status != GV_OK) {
        gv_mem_free(e);
        return status;
    }
    t->tasks.update = (gv_task_update){e, train_tile, enter, leave};
    *engine = *inner;
    engine->context = e;
    engine->run_range = run_range;
    engine->describe = describe;
    engine->free = free_engine;
    return GV_OK;
}
