/*
 * gv_divergence - the error of a training whose numbers grow without bound, with advice.
 *
 * Threads: pure functions.
 */
#ifndef GV_DIVERGENCE_H
#define GV_DIVERGENCE_H

#include "config/gv_config.h"

/* GV_E_DIVERGED: training diverged in epoch number `epoch` (from 0), for the reason that `format`
 * gives; names the keys to lower. */
int gv_divergence_error(gv_error *err, const gv_config *config, uint64_t epoch, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

/* The same where the loss, or a number of the model, is not finite. */
int gv_divergence_not_finite(gv_error *err, const gv_config *config, uint64_t epoch);

#endif
