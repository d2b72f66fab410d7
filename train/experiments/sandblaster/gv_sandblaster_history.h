/*
 * gv_sandblaster_history - the history of L-BFGS on disk, so that resumed training equals
 * uninterrupted training.
 *
 * A pair, a step and what it changed in the gradient, never changes once it is there. So each is
 * written once, to a file of its own: model.lbfgs/K is that of iteration K. It is a checkpoint
 * (gv_checkpoint.h) whose values are the step and whose AdaGrad sums are the change; its number of
 * records says how many pairs the history had, this one included.
 *
 * A file is committed in the background, just before the checkpoint that needs it. At any time
 * there are those that the last two checkpoints need, since the later one may still be on its way
 * to the disk.
 *
 * Threads: one thread uses a gv_sandblaster_history at a time; write and read are long work, for
 * background tasks.
 */
#ifndef GV_SANDBLASTER_HISTORY_H
#define GV_SANDBLASTER_HISTORY_H

#include "app/gv_run.h"
#include "model/gv_model.h"
#include "train/gv_saver.h"

typedef struct gv_sandblaster_history {
    gv_run *run;
    char *dir;
    gv_model *rows; /* a pair on its way: [step | change] */
} gv_sandblaster_history;

/* `run` is borrowed. Free with gv_sandblaster_history_close, also after an error. */
GV_MUST_USE int gv_sandblaster_history_open(gv_sandblaster_history *pairs, gv_run *run,
                                            uint32_t vocab_size, uint32_t dim, gv_error *err);
void gv_sandblaster_history_close(gv_sandblaster_history *pairs); /* keeps the files */

/* Write pairs->rows, the pair of iteration `iteration`, for the next checkpoint of `saver`; `state`
 * is the training. */
GV_MUST_USE int gv_sandblaster_history_write(gv_sandblaster_history *pairs, gv_saver *saver,
                                             const gv_checkpoint *state, uint64_t iteration,
                                             unsigned kept, gv_error *err);

/* Fill pairs->rows. `*kept` is 0 if there is no such file of this training, or a damaged one; a
 * note says so. */
GV_MUST_USE int gv_sandblaster_history_read(unsigned *kept, gv_sandblaster_history *pairs,
                                            const gv_checkpoint *state, uint64_t iteration,
                                            gv_error *err);

/* Remove the files of iterations before `first` and after `last`. Not an error if that fails: a
 * file too many takes disk space only. */
void gv_sandblaster_history_tidy(gv_sandblaster_history *pairs, uint64_t first, uint64_t last);

#endif
