/*
 * gv_averaging - schedule `averaged`: every thread trains a copy of the model of its own, and
 * at the end of an epoch the copies become their mean (Zinkevich, Weimer, Li, Smola: Parallelized
 * stochastic gradient descent, NIPS 2010; they average once, at the end of training).
 *
 * The mean is taken of every number, AdaGrad sums included: a copy that has seen one T-th of the
 * records has grown its sums by about one T-th as well, and so have their means.
 *
 * Threads: called by one thread; works on several of its own.
 */
#ifndef GV_AVERAGING_H
#define GV_AVERAGING_H

#include "model/gv_model.h"

typedef struct gv_averaging {
    gv_model *model;   /* borrowed: the copy of thread 0, and where the mean goes */
    gv_model **copies; /* [threads], [0] is `model` */
    unsigned threads;
} gv_averaging;

/* The copies are not filled yet. Free with gv_averaging_free, which accepts a zeroed struct. */
int gv_averaging_new(gv_averaging *copies, gv_model *model, unsigned threads, gv_error *err);
void gv_averaging_free(gv_averaging *copies);

/* Make every copy what the model is. */
int gv_averaging_spread(const gv_averaging *copies, gv_error *err);
/* Make the model the mean of the copies; sums are taken in double, in the order of threads. */
int gv_averaging_average(const gv_averaging *copies, gv_error *err);

#endif
