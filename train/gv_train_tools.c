#include "train/gv_train_tools.h"

#include "base/gv_mem.h"
#include <stdlib.h>

unsigned long long gv_train_variable(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : 0;
}

gv_share_options gv_train_sharing(void)
{
    return (gv_share_options){.delay_ns = gv_train_variable("GLOVEBOX_TEST_DELAY_NS"),
                              .conflicts = gv_train_variable("GLOVEBOX_TEST_CONFLICTS") > 0};
}

size_t gv_train_largest_tile(const gv_store *store)
{
    size_t largest = 0;
    for (uint32_t t = 0; t < gv_store_about(store)->tiles; t++)
        if (gv_store_tiles(store)[t].records > largest)
            largest = gv_store_tiles(store)[t].records;
    return largest;
}

void gv_train_tools_drop(gv_train_tools *t)
{
    gv_tile_cache_free(t->cache);
    gv_share_free(t->trainer.share);
    gv_copies_free(&t->copies);
    gv_free(t->trainer.numbers);
    gv_lanes_free(&t->lanes);
}

int gv_train_tools_make(gv_train_tools *t, const gv_train_material *m, gv_error *err)
{
    const gv_config *config = m->config;
    const gv_store_info *info = gv_store_about(m->store);
    *t = (gv_train_tools){0};
    t->trainer = (gv_trainer){.model = m->model,
                              .lanes = &t->lanes,
                              .kernel = m->kernel,
                              .segment_first = info->segment_first,
                              .unit = info->unit,
                              .x_max = config->train_x_max,
                              .alpha = config->train_alpha,
                              .constant_step = config->train_optimizer == GV_OPTIMIZER_SGD};
    int status = gv_lanes_new(&t->lanes, config->train_dim, config->train_eta,
                              config->train_bias_eta, config->train_grad_clip, err);
    if (status == GV_OK)
        status = gv_trainer_tabulate(&t->trainer, info, err);
    if (status == GV_OK && gv_share_needed(config->train_schedule, m->sharing))
        status = gv_share_new(&t->trainer.share, config->train_schedule, m->sharing,
                              info->vocab_size, m->model->width, m->threads, err);
    if (status == GV_OK && config->train_schedule == GV_SCHEDULE_AVERAGED)
        status = gv_copies_new(&t->copies, m->model, m->threads, err);
    if (status == GV_OK)
        status = gv_tile_cache_new(&t->cache, m->store_path, m->store, m->tile_budget, m->threads,
                                   m->progress, err);
    return status;
}

typedef struct making {
    gv_train_tools *tools;
    const gv_train_material *material;
} making;

static int make_aside(void *context, gv_error *err)
{
    making *m = context;
    return gv_train_tools_make(m->tools, m->material, err);
}

int gv_train_tools_make_on(gv_comm *comm, gv_train_tools *tools, const gv_train_material *material,
                           gv_error *err)
{
    making m = {tools, material};
    return gv_comm_work(comm, make_aside, &m, err);
}
