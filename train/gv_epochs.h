/*
 * gv_epochs - the loop of training: epochs, losses, checkpoints, events; the same for all engines.
 *
 * Threads: the main thread of rank 0.
 */
#ifndef GV_EPOCHS_H
#define GV_EPOCHS_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"
#include "model/gv_checkpoint.h"
#include "model/gv_model.h"
#include "train/gv_engine.h"
#include "train/gv_saver.h"

/* What is trained. All borrowed. */
typedef struct gv_epochs {
    gv_run *run;
    gv_comm *comm; /* of the job; NULL: this process is alone */
    const gv_engine *engine;
    const gv_model *model;
    gv_checkpoint *state; /* where to begin; afterwards where training has come to */
    gv_saver *saver;
    double spent_s;          /* seconds of work in the state that it begins with */
    uint64_t records;        /* of an epoch, for the progress */
    const char *record_name; /* "records", "words" */
} gv_epochs;

typedef struct gv_epochs_done {
    uint64_t visited;    /* records trained on since this start, by all ranks */
    double last_but_one; /* the loss of the epoch before the last; NAN: not done since this start */
} gv_epochs_done;

/*
 * Train from the state to the end of epoch train.epochs. Writes an "epoch" event and a note after
 * each, and checkpoints: after every train.checkpoint_every-th epoch and the last, and whenever the
 * saver says that one is due.
 *
 * A signal: saves and returns GV_E_STOPPED. A loss that is not finite or grows beyond reason:
 * GV_E_DIVERGED with advice; the last checkpoint stays. The caller waits for the saver in any case.
 *
 * Environment variable GLOVEBOX_TEST_CHECKPOINT_TASKS=N (tests): a checkpoint after every N tasks
 * or a few more (with many ranks: of rank 0's).
 */
GV_MUST_USE int gv_epochs_run(gv_epochs_done *done, const gv_epochs *epochs, gv_error *err);

#endif
