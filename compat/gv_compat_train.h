/*
 * gv_compat_train - epochs of GloVe over tiles, by the kernels and the schedule of glove-train.
 *
 * Every epoch has another order of tiles. It is drawn from the state of the model, not from a
 * number of the epoch, which saved parameters do not tell: training that continues from saved
 * parameters and AdaGrad sums gives the bytes of training that was not interrupted, as with the
 * reference, and with any number of threads.
 *
 * Errors: GV_E_MEMORY, GV_E_STOPPED. Threads: the main thread, which starts others.
 */
#ifndef GV_COMPAT_TRAIN_H
#define GV_COMPAT_TRAIN_H

#include "base/gv_progress.h"
#include "compat/gv_compat_tiles.h"
#include "model/gv_model.h"
#include "model/gv_step_sizes.h"
#include "schedule/gv_schedule.h"

typedef struct gv_compat_train {
    /* borrowed; set by the caller before gv_compat_train_open */
    const gv_compat_tiles *tiles;
    gv_model *model;
    double eta, clip;
    unsigned threads;
    gv_progress *progress;
    /* private */
    const gv_kernel *kernel;
    gv_step_sizes step_sizes;
    gv_schedule *schedule;
    double *losses;       /* [tasks] */
    uint32_t *done;       /* [segments] */
    double *segment_loss; /* [segments] */
    uint8_t **room;       /* [threads] for tiles that are on the disk */
} gv_compat_train;

/* Close also after an error. */
GV_MUST_USE int gv_compat_train_open(gv_compat_train *train, gv_error *err);
void gv_compat_train_close(gv_compat_train *train);

/* Train on every record once; `*cost` receives the mean of 0.5 f(X) diff^2. It may be NaN. */
GV_MUST_USE int gv_compat_train_epoch(double *cost, gv_compat_train *train, gv_error *err);

#endif
