/*
 * gv_eval_axis - an axis of meaning, by pairs of words such as woman and man.
 *
 * The axis is the mean of the pairs' differences, each scaled to length 1, and has length 1 itself.
 * How well pairs agree: of one, the cosine of its difference with the axis that the others make; of
 * all, the mean cosine between the differences of two pairs.
 *
 * Sources: Bolukbasi et al., "Man is to computer programmer as woman is to homemaker?", 2016;
 * Kozlowski, Taddy and Evans, "The geometry of culture", 2019. The mean cosine: Boutyline and
 * Johnston, "Forging better axes", 2023 (PairDir).
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_AXIS_H
#define GV_EVAL_AXIS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct gv_eval_axis {
    size_t n, dim;
    const double *difference; /* [n][dim], borrowed; of length 1 */
    double *direction;        /* [dim], the caller's; gv_eval_axis_make writes it */
    double length;            /* of the sum of the differences; written by gv_eval_axis_make */
} gv_eval_axis;

/* `to`: the difference of two vectors ([dim]), scaled to length 1; false if they are equal. */
bool gv_eval_axis_difference(double *to, const float *u, const float *v, size_t dim);
/* Find the direction, and the mean cosine between two differences (NAN if n < 2). False if the
 * differences cancel each other out. */
bool gv_eval_axis_make(gv_eval_axis *axis, double *agreement);
/* The agreement of pair `i`, from -1 to 1; NAN if n < 2, or if the others cancel each other out. */
double gv_eval_axis_agreement(const gv_eval_axis *axis, size_t i);
/* The cosine of a vector of length 1 with the axis. */
double gv_eval_axis_projection(const gv_eval_axis *axis, const float *unit);

#endif
