/*
 * gv_word2vec_loss - whether the loss of word2vec shows that training has diverged.
 *
 * The gradient of a sigmoid is bounded, so vectors that a rate too large blows up stay finite for a
 * long time, and only the loss shows it.
 *
 * Threads: pure functions.
 */
#ifndef GV_WORD2VEC_LOSS_H
#define GV_WORD2VEC_LOSS_H

#include "config/gv_config.h"

/* `loss` is the mean over `pairs` pairs of epoch number `epoch` (from 0), all or the first of them.
 * GV_E_DIVERGED with advice if it is not finite, or many times that of a model that predicts
 * nothing; too few pairs show nothing, since the loss is sampled. */
GV_MUST_USE int gv_word2vec_loss_check(const gv_config *config, uint64_t epoch, double loss,
                                       double pairs, gv_error *err);

#endif
