/*
 * gv_averaging - schedule `averaged`: every thread trains a copy of the model of its own, and
 * at the end of an epoch the copies become their mean (Zinkevich, Weimer, Li, Smola: Parallelized
 * stochastic gradient descent, NIPS 2010; they average once, at the end of training).
 *
 * The mean is taken of every number, AdaGrad sums included: a copy that has seen one T-th of the
 * records has grown its sums by about one T-th as well, and so have their means.
 *
 * Threads: called by the main thread; works on several of its own.
 */
#ifndef GV_AVERAGING_H
#define GV_AVERAGING_H

#include "train/gv_training.h"

/* Put averaging around `*inner`, an engine of one process on `training`: `*engine` replaces it and
 * frees it. On failure `*engine` is not set, and `inner` still the caller's. */
GV_MUST_USE int gv_averaging_open(gv_engine *engine, const gv_engine *inner, gv_training *training,
                                  gv_error *err);

#endif
