/*
 * gv_interval - how sure a mean or a difference of means is: mean, standard deviation, intervals.
 *
 * A score differs from run to run for two reasons. Training begins at random: with other seeds it
 * ends elsewhere. And a test set is a sample: with other questions the score would be another. An
 * interval here takes both in. What other questions would give is told by bootstrap draws
 * (gv_bootstrap.h). What other seeds would give is told by the standard error of the mean over
 * seeds: seeds are few, three to five mostly, and a bootstrap of so few values gives intervals that
 * are much too narrow (Hesterberg 2015), so Student's t is used. The interval is that of the sum of
 * both, by the percentile method (Efron and Tibshirani 1993, chapter 13).
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_INTERVAL_H
#define GV_INTERVAL_H

#include <stddef.h>

/* The share of intervals that should hold the true value. */
#define GV_INTERVAL_LEVEL 0.95

/* The mean, and the standard deviation of the population that the values are a sample of (divided
 * by n - 1). NAN if there are none; for the second, fewer than two. The order of values does not
 * matter. */
double gv_interval_mean(const double *values, size_t n);
double gv_interval_deviation(const double *values, size_t n);

/* Student's t distribution with `df` >= 1 degrees of freedom: the probability of values up to `t`,
 * and the value with that probability, 0 < p < 1. */
double gv_interval_student(double t, unsigned df);
double gv_interval_student_quantile(double p, unsigned df);

/* What makes a difference uncertain. */
typedef struct gv_interval_sources {
    double estimate; /* what the runs and items at hand give */
    double *draws;   /* [n] the same with items drawn anew; sorted by the function. n = 0: items are
                        no source, or there are too few */
    size_t n;
    double shrink;         /* 0 .. 1: draws count with so much of their distance from `estimate` */
    double standard_error; /* of the mean over seeds */
    unsigned df;           /* its degrees of freedom; 0: nothing is known about seeds */
} gv_interval_sources;

typedef struct gv_interval {
    double low, high; /* NAN: neither source is known */
} gv_interval;

gv_interval gv_interval_find(const gv_interval_sources *sources);

#endif
