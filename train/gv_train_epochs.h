/*
 * gv_train_epochs - the epochs of training: order, threads, loss, checkpoints, events.
 */
#ifndef GV_TRAIN_EPOCHS_H
#define GV_TRAIN_EPOCHS_H

#include "data/gv_run.h"
#include "math/gv_schedule.h"
#include "train/gv_tile_cache.h"
#include "train/gv_train_average.h"
#include "train/gv_train_save.h"
#include "train/gv_train_task.h"

/* All borrowed; `state` says where to begin and afterwards where training has come to. */
typedef struct gv_training {
    gv_run *run;
    const gv_store_info *info;
    const char *store_path;
    gv_schedule *schedule;
    gv_tile_cache *cache;
    const gv_trainer *trainer;
    gv_lanes *lanes; /* the trainer's; train.optimizer "sgd" changes them from epoch to epoch */
    const gv_copies *copies; /* one per thread, for the schedule `averaged`; else NULL */
    gv_checkpoint *state;
    gv_saver *saver;
    unsigned threads;
    bool random_order;   /* of tasks, see gv_schedule_draw_random */
    size_t largest_tile; /* records of the largest tile */
} gv_training;

/* Bytes that gv_train_epochs allocates itself. */
uint64_t gv_train_epochs_bytes(const gv_schedule *schedule, size_t largest_tile, unsigned threads);

/* Bytes that training may use: train.memory_mb, or what the machine has available, with a sixteenth
 * left for buffers and stacks. */
uint64_t gv_train_memory_budget(const gv_config *config);

/* Tasks from a checkpoint to the next by GLOVEBOX_TEST_CHECKPOINT_TASKS; SIZE_MAX: by the clock. */
size_t gv_train_tasks_per_checkpoint(void);

/* The error of a training that a signal has stopped, after its state was saved: GV_E_STOPPED. */
int gv_train_stopped(const gv_run *run, const gv_checkpoint *state, gv_error *err);

/*
 * Train from `state` to the end of epoch train.epochs. Writes an "epoch" event and a note after
 * each, checkpoints after every train.checkpoint_every-th and the last epoch and whenever the saver
 * says that one is due. `*visited` receives the ordered records visited.
 *
 * A signal: saves and returns GV_E_STOPPED. A loss that is not finite or grows beyond reason:
 * GV_E_RUNTIME with advice; the last checkpoint stays. The caller waits for the saver in any case.
 *
 * Environment variable GLOVEBOX_TEST_CHECKPOINT_TASKS=N (tests): a checkpoint after every N tasks
 * or a few more.
 */
int gv_train_epochs(uint64_t *visited, gv_training *training, gv_error *err);

#endif
