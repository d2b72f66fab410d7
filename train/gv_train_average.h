/*
 * gv_train_average - schedule `averaged`: every thread trains a copy of the model of its own, and
 * at the end of an epoch the copies become their mean (Zinkevich, Weimer, Li, Smola: Parallelized
 * stochastic gradient descent, NIPS 2010; they average once, at the end of training).
 *
 * The mean is taken of every number, AdaGrad sums included: a copy that has seen one T-th of the
 * records has grown its sums by about one T-th as well, and so have their means.
 *
 * Threads: called by one thread; works on several of its own.
 */
#ifndef GV_TRAIN_AVERAGE_H
#define GV_TRAIN_AVERAGE_H

#include "math/gv_model.h"

typedef struct gv_copies {
    gv_model *model;   /* borrowed: the copy of thread 0, and where the mean goes */
    gv_model **copies; /* [threads], [0] is `model` */
    unsigned threads;
} gv_copies;

/* Bytes of the copies beside the model. */
uint64_t gv_copies_bytes(uint64_t model_bytes, unsigned threads);

/* The copies are not filled yet. Free with gv_copies_free, which accepts a zeroed struct. */
int gv_copies_new(gv_copies *copies, gv_model *model, unsigned threads, gv_error *err);
void gv_copies_free(gv_copies *copies);

/* Make every copy what the model is. */
int gv_copies_spread(const gv_copies *copies, gv_error *err);
/* Make the model the mean of the copies; sums are taken in double, in the order of threads. */
int gv_copies_average(const gv_copies *copies, gv_error *err);

#endif
