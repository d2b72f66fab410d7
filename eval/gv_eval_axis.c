#include "eval/gv_eval_axis.h"

#include <math.h>

/* Sums of unit vectors that are shorter than this are zero but for rounding. */
#define SHORTEST 1e-6

static double length_of(const double *v, size_t dim)
{
    double squares = 0.0;
    for (size_t k = 0; k < dim; k++)
        squares += v[k] * v[k];
    return sqrt(squares);
}

bool gv_eval_axis_difference(double *to, const float *u, const float *v, size_t dim)
{
    for (size_t k = 0; k < dim; k++)
        to[k] = (double)u[k] - (double)v[k];
    const double length = length_of(to, dim);
    for (size_t k = 0; k < dim; k++)
        to[k] = length > SHORTEST ? to[k] / length : 0.0;
    return length > SHORTEST;
}

static void sum_differences(double *sum, const gv_eval_axis *axis)
{
    for (size_t k = 0; k < axis->dim; k++)
        sum[k] = 0.0;
    for (size_t i = 0; i < axis->n; i++)
        for (size_t k = 0; k < axis->dim; k++)
            sum[k] += axis->difference[i * axis->dim + k];
}

bool gv_eval_axis_make(gv_eval_axis *axis, double *agreement)
{
    sum_differences(axis->direction, axis);
    const double length = length_of(axis->direction, axis->dim), n = (double)axis->n;
    axis->length = length;
    /* the square of the sum has n products of a difference with itself, and n (n - 1) others */
    *agreement = axis->n < 2 ? NAN : (length * length - n) / (n * (n - 1.0));
    for (size_t k = 0; k < axis->dim; k++)
        axis->direction[k] = length > SHORTEST ? axis->direction[k] / length : 0.0;
    return length > SHORTEST;
}

double gv_eval_axis_agreement(const gv_eval_axis *axis, size_t i)
{
    const double *own = axis->difference + i * axis->dim;
    double dot = 0.0, squares = 0.0;
    if (axis->n < 2)
        return NAN;
    for (size_t k = 0; k < axis->dim; k++) {
        const double others = axis->direction[k] * axis->length - own[k];
        dot += own[k] * others;
        squares += others * others;
    }
    return squares > SHORTEST * SHORTEST ? dot / sqrt(squares) : NAN;
}

double gv_eval_axis_projection(const gv_eval_axis *axis, const float *unit)
{
    double dot = 0.0;
    for (size_t k = 0; k < axis->dim; k++)
        dot += axis->direction[k] * (double)unit[k];
    return dot;
}
