/*
 * gv_train_epochs - the epochs of training: order, threads, loss, checkpoints, events.
 */
#ifndef GV_TRAIN_EPOCHS_H
#define GV_TRAIN_EPOCHS_H

#include "train/gv_train_stretch.h"

/* Bytes that training may use: train.memory_mb, or what the machine has available, with a sixteenth
 * left for buffers and stacks. */
uint64_t gv_train_memory_budget(const gv_config *config);

/* Should a rank of the job give back the memory of rows that have left it? Only where the models of
 * all ranks on this host, of `model` bytes each, would take more than half of the budget: it costs
 * a little time. */
bool gv_train_sparing(const gv_comm *comm, const gv_config *config, uint64_t model);

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
 * or a few more (with many ranks: of rank 0's).
 */
int gv_train_epochs(uint64_t *visited, gv_training *training, gv_error *err);

#endif
