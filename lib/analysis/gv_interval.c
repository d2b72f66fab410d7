#include "analysis/gv_interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- mean and deviation ----------------------------------------------------------------------- */

enum { FEW = 64 };

static int by_value(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* The sum of (value - origin)^power, power 1 or 2, from the smallest value to the largest: rounding
 * then does not depend on their order. Of many values it is not visible. */
static double sum(const double *values, size_t n, double origin, int power)
{
    double sorted[FEW], total = 0.0;
    if (n <= FEW && n > 0) {
        memcpy(sorted, values, n * sizeof *values);
        qsort(sorted, n, sizeof *sorted, by_value);
        values = sorted;
    }
    for (size_t i = 0; i < n; i++) {
        const double distance = values[i] - origin;
        total += power == 1 ? distance : distance * distance;
    }
    return total;
}

double gv_interval_mean(const double *values, size_t n)
{
    return n > 0 ? sum(values, n, 0.0, 1) / (double)n : NAN;
}

double gv_interval_deviation(const double *values, size_t n)
{
    if (n < 2)
        return NAN;
    return sqrt(sum(values, n, gv_interval_mean(values, n), 2) / (double)(n - 1));
}

/* --- Student's t ------------------------------------------------------------------------------ */

/* Abramowitz and Stegun 1964, 26.7.3 and 26.7.4: finite sums for whole degrees of freedom. */
double gv_interval_student(double t, unsigned df)
{
    const double pi = 3.14159265358979323846;
    const double angle = atan(t / sqrt((double)df)), cosine = cos(angle), square = cosine * cosine;
    const unsigned odd = df % 2;
    double term = odd ? cosine : 1.0, total = df > 1 ? term : 0.0;
    for (unsigned k = 2 + odd; k < df; k += 2) {
        term *= square * (double)(k - 1) / (double)k;
        total += term;
    }
    total *= sin(angle);
    return 0.5 + (odd ? (angle + total) / pi : total / 2.0);
}

double gv_interval_student_quantile(double p, unsigned df)
{
    double low = -1.0, high = 1.0;
    while (gv_interval_student(low, df) > p)
        low *= 2.0;
    while (gv_interval_student(high, df) < p)
        high *= 2.0;
    for (int i = 0; i < 200 && high - low > 1e-12 * (1.0 + fabs(low)); i++) {
        const double middle = (low + high) / 2.0;
        *(gv_interval_student(middle, df) < p ? &low : &high) = middle;
    }
    return (low + high) / 2.0;
}

/* --- intervals -------------------------------------------------------------------------------- */

static double shrunk(const gv_interval_sources *s, size_t i)
{
    return s->estimate + s->shrink * (s->draws[i] - s->estimate);
}

/* The value below which a share `p` of the draws is (Davison and Hinkley 1997: of n draws the one
 * at p (n + 1)). */
static double quantile_of_draws(const gv_interval_sources *s, double p)
{
    const double at = p * ((double)s->n + 1.0) - 1.0;
    if (at <= 0.0)
        return shrunk(s, 0);
    const size_t i = (size_t)at;
    if (i + 1 >= s->n)
        return shrunk(s, s->n - 1);
    const double part = at - (double)i;
    return shrunk(s, i) * (1.0 - part) + shrunk(s, i + 1) * part;
}

/* The probability that the sum of a draw and of an error of Student's t is up to `value`. */
static double probability(const gv_interval_sources *s, double value)
{
    double total = 0.0;
    for (size_t i = 0; i < s->n; i++)
        total += gv_interval_student((value - shrunk(s, i)) / s->standard_error, s->df);
    return total / (double)s->n;
}

static double quantile_of_sum(const gv_interval_sources *s, double p)
{
    const double error = s->standard_error * gv_interval_student_quantile(p, s->df);
    double low = shrunk(s, 0) + error, high = shrunk(s, s->n - 1) + error;
    const double enough = 1e-5 * (high - low + s->standard_error);
    while (high - low > enough) {
        const double middle = (low + high) / 2.0;
        *(probability(s, middle) < p ? &low : &high) = middle;
    }
    return (low + high) / 2.0;
}

static double quantile(const gv_interval_sources *s, double p)
{
    const int by_seeds = s->df > 0 && s->standard_error > 0.0;
    const int by_items = s->n > 0 && s->shrink > 0.0 && s->draws[s->n - 1] > s->draws[0];
    if (by_seeds && by_items)
        return quantile_of_sum(s, p);
    if (by_seeds)
        return s->estimate + s->standard_error * gv_interval_student_quantile(p, s->df);
    if (by_items)
        return quantile_of_draws(s, p);
    return s->n > 0 || s->df > 0 ? s->estimate : NAN;
}

gv_interval gv_interval_find(const gv_interval_sources *sources)
{
    const double tail = (1.0 - GV_INTERVAL_LEVEL) / 2.0;
    if (sources->n > 0)
        qsort(sources->draws, sources->n, sizeof *sources->draws, by_value);
    return (gv_interval){quantile(sources, tail), quantile(sources, 1.0 - tail)};
}
