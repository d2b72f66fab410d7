/*
 * gv_pull - rows of a model and their start vectors (gv_start.h): beginning there, being pulled
 * back, staying.
 *
 * With train.retrofit = mu, training minimises
 *
 *     J + mu / 2 * sum over rows with a start vector of |row - start|^2
 *
 * where J is the objective, summed over the records of an epoch. (GloVe's J has a factor 1/2 that
 * the one of Dingwall and Potts 2018 has not, so mu is on their scale.) The penalty is separate
 * from the records: after a part of an epoch's work on a row, that part of the penalty's step is
 * taken, with the step size that AdaGrad has for each number by then, eta / sqrt(S). It is an
 * implicit step,
 *
 *     x = s + (x - s) / (1 + t),    t = mu * part * eta / sqrt(S)
 *
 * which cannot overshoot whatever mu is: a large one holds the row at its start s.
 *
 * In float32, in the order written, without fused operations: the same bytes on any CPU.
 *
 * Threads: functions write only to the rows that they are given.
 */
#ifndef GV_PULL_H
#define GV_PULL_H

#include "model/gv_model.h"
#include "model/gv_start.h"

/* Begin: rows that have a start vector take it. Where rows are frozen and the model has AdaGrad
 * sums, those of the vectors become so large that steps leave them as they are (to the last bits,
 * which gv_pull_rows puts right). */
void gv_pull_apply(const gv_start *start, gv_model *model);

/* How far rows are pulled. */
typedef struct gv_pull_step {
    double part;   /* of an epoch's penalty; the parts of an epoch add up to 1 */
    double eta;    /* step size of the vectors, before AdaGrad */
    bool constant; /* without AdaGrad: sums are not looked at, or the model has none */
} gv_pull_step;

/* Pull rows first .. end - 1 of one side (GV_START_WORD, GV_START_CONTEXT) of `model` towards their
 * start vectors; where they are frozen, put them there. */
void gv_pull_rows(const gv_start *start, const gv_model *model, int side, uint32_t first,
                  uint32_t end, gv_pull_step step);

/* Put frozen rows first .. end - 1 of a side where they belong, if rows are frozen at all. */
void gv_pull_hold(const gv_start *start, const gv_model *model, int side, uint32_t first,
                  uint32_t end);

/* mu / 2 * |row - start|^2 of a row of `model`, and its derivative by the row's numbers, which is
 * added to `gradient` ([dim]); for engines that minimise the objective as a whole. Where rows are
 * frozen, the gradient of those that have a start vector becomes 0. A row without one: 0. */
double gv_pull_gradient(float *gradient, const gv_start *start, const gv_model *model, int side,
                        uint32_t row);

#endif
