#include "support/gv_test_budget.h"

#include "model/gv_model.h"
#include "support/gv_test.h"
#include "train/gv_task.h"
#include "train/gv_training.h"

void gv_test_budget_open(gv_test_budget *b, const char *path, const char *config)
{
    gv_error err = GV_ERROR_INIT;
    *b = (gv_test_budget){0};
    gv_assert_ok(gv_config_load_text(&b->config, config, &err), err);
    gv_assert_ok(gv_store_open(&b->store, path, 1, &err), err);
    const gv_store_info *info = gv_store_about(b->store);
    gv_assert_ok(gv_schedule_new(&b->schedule, info, gv_store_tiles(b->store), &err), err);
    gv_assert_ok(gv_training_make_unseen(&b->unseen, b->store, b->config, &err), err);
    gv_task_sizes sizes = gv_task_sizes_of(b->store, b->unseen);
    b->train =
        (gv_budget_train){.config = b->config,
                          .store = info,
                          .tasks = gv_schedule_count(b->schedule),
                          .tile_records = sizes.records,
                          .mixed_records = sizes.mixed,
                          .segment_words = sizes.width,
                          .by_steps = gv_config_schedule_by_steps(b->config->train_schedule)};
    gv_assert_ok(gv_model_bytes(&b->train.model, info->vocab_size, b->config->train_dim, &err),
                 err);
}

void gv_test_budget_close(gv_test_budget *b)
{
    gv_unseen_free(b->unseen);
    gv_schedule_free(b->schedule);
    gv_store_close(b->store);
    gv_config_free(b->config);
}
