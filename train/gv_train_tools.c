#include "train/gv_train_tools.h"

#include "base/gv_mem.h"
#include <math.h>
#include <stdlib.h>

unsigned long long gv_train_variable(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : 0;
}

gv_row_sync_options gv_train_sharing(void)
{
    return (gv_row_sync_options){.delay_ns = gv_train_variable("GLOVEBOX_TEST_DELAY_NS"),
                                 .conflicts = gv_train_variable("GLOVEBOX_TEST_CONFLICTS") > 0};
}

gv_train_sizes gv_train_sizes_of(const gv_store *store, const gv_unseen *unseen)
{
    gv_train_sizes sizes = {0};
    for (uint32_t t = 0; t < gv_store_about(store)->tiles; t++)
        if (gv_store_tiles(store)[t].records > sizes.records)
            sizes.records = gv_store_tiles(store)[t].records;
    if (unseen)
        gv_unseen_sizes(&sizes.mixed, &sizes.width, unseen, store);
    return sizes;
}

/* With train.objective "logistic" a step is eta g / sqrt(start + sum of g^2). A kernel multiplies g
 * by its step size first and its sums start at 1: so rows are stored divided by eta, and its step
 * size is eta / sqrt(start) (docs/numerics.md). */
static const double logistic_start = 0.05;

void gv_train_shape_model(gv_model *model, const gv_config *config)
{
    if (config->train_objective != GV_OBJECTIVE_LOGISTIC)
        return;
    model->scale = (float)config->train_eta;
    model->unbiased = true;
}

int gv_train_make_unseen(gv_unseen **unseen, gv_store *store, const gv_config *config,
                         gv_error *err)
{
    *unseen = NULL;
    return config->train_objective == GV_OBJECTIVE_LOGISTIC
               ? gv_unseen_new(unseen, store, config, err)
               : GV_OK;
}

static int make_lanes(gv_step_sizes *lanes, const gv_config *config, gv_error *err)
{
    if (config->train_objective == GV_OBJECTIVE_LOGISTIC)
        return gv_step_sizes_init(lanes, config->train_dim,
                                  config->train_eta / sqrt(logistic_start), 0, INFINITY, err);
    return gv_step_sizes_init(lanes, config->train_dim, config->train_eta, config->train_bias_eta,
                              config->train_grad_clip, err);
}

void gv_train_tools_drop(gv_train_tools *t)
{
    gv_tile_cache_free(t->cache);
    gv_row_sync_free(t->trainer.share);
    gv_averaging_free(&t->copies);
    gv_mem_free(t->trainer.numbers);
    gv_step_sizes_clear(&t->lanes);
}

int gv_train_tools_make(gv_train_tools *t, const gv_train_material *m, gv_error *err)
{
    const gv_config *config = m->config;
    const gv_store_info *info = gv_store_about(m->store);
    *t = (gv_train_tools){0};
    t->trainer = (gv_trainer){.model = m->model,
                              .lanes = &t->lanes,
                              .kernel = m->kernel,
                              .unseen = m->unseen,
                              .logit_weight = (float)config->train_logit_weight,
                              .logit_bound = (float)config->train_logit_bound,
                              .focus = (float)config->train_unseen_focus,
                              .keep = (float)(1 - config->train_weight_decay),
                              .by_turns = config->train_schedule == GV_SCHEDULE_ORDERED,
                              .segment_first = info->segment_first,
                              .unit = info->unit,
                              .x_max = config->train_x_max,
                              .alpha = config->train_alpha,
                              .constant_step = config->train_objective == GV_OBJECTIVE_GLOVE &&
                                               config->train_optimizer == GV_OPTIMIZER_SGD};
    int status = make_lanes(&t->lanes, config, err);
    if (status == GV_OK)
        status = gv_trainer_tabulate(&t->trainer, info, err);
    if (status == GV_OK && gv_row_sync_needed(config->train_schedule, m->sharing))
        status = gv_row_sync_new(&t->trainer.share, config->train_schedule, m->sharing,
                                 info->vocab_size, m->model->width, m->threads, err);
    if (status == GV_OK && config->train_schedule == GV_SCHEDULE_AVERAGED)
        status = gv_averaging_new(&t->copies, m->model, m->threads, err);
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
    return gv_comm_run_background(comm, make_aside, &m, err);
}
