/*
 * gv_train_advice - notes about settings and results that are known to give poor vectors.
 *
 * They go to the progress display, never into files. The figures behind them are in
 * docs/measurements/quality.md.
 *
 * Threads: the main thread, or a background task (gv_comm.h).
 */
#ifndef GV_TRAIN_ADVICE_H
#define GV_TRAIN_ADVICE_H

#include "app/gv_run.h"
#include "model/gv_checkpoint.h"
#include "store/gv_store.h"

/* Before training: is train.x_max at GloVe's default, which suits billions of tokens, where the
 * counts are small? Errors: those of gv_store_row_sums. */
GV_MUST_USE int gv_train_advice_settings(const gv_run *run, gv_store *store, gv_error *err);

/*
 * The x_max that suits counts of this mean: a round number near ten times the mean. Zero counts
 * are not part of the mean. At least 1.
 */
double gv_train_advice_x_max(double mean_count);

/* After training: `state` is that of the last epoch, `last_but_one` the loss of the epoch before
 * (NAN: unknown). Says so if the text was short, the loss did not fall, or was still falling. */
void gv_train_advice_result(const gv_run *run, const gv_checkpoint *state, double last_but_one,
                            const gv_vocab *vocab);

#endif
