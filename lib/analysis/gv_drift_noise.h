/*
 * gv_drift_noise - how far words of a frequency move where nothing has changed.
 *
 * Any two trainings differ, and the vectors of rare words differ most, so a list of words by how
 * far they moved is first of all a list of rare words (Dubossarsky, Weinshall, Grossman, "Outta
 * Control: Laws of Semantic Change and Inherent Biases in Word Representation Models", EMNLP 2017).
 * Two trainings between which no word has changed its meaning, such as two random halves of one
 * corpus, show how far words move by noise alone. A word is compared with the noise of the words
 * that occur about as often as it.
 *
 * How often a word occurs in two corpora is the harmonic mean of its counts: the error of a vector
 * is about as 1 / count, that of a difference as the sum of both, and the harmonic mean is the
 * count which, in both corpora, gives the same sum.
 *
 * Threads: a finished gv_drift_noise is only read, by any number of threads.
 */
#ifndef GV_DRIFT_NOISE_H
#define GV_DRIFT_NOISE_H

#include "base/gv_error.h"
#include <stddef.h>

typedef struct gv_drift_noise gv_drift_noise;

/* The harmonic mean; 0 if either is 0. */
double gv_drift_noise_count(double a, double b);

/* From the words of noise: `count` and how far each moved ([n] each, copied). n >= 1. The caller
 * frees. */
GV_MUST_USE int gv_drift_noise_new(gv_drift_noise **noise, const double *count, const double *moved,
                                   size_t n, gv_error *err);
/* Accepts NULL. */
void gv_drift_noise_free(gv_drift_noise *noise);

/* A word beside the noise of its frequency. */
typedef struct gv_drift_noise_beyond {
    size_t words;    /* words of noise it is compared with: the 100 to 500 nearest by count */
    double mean, sd; /* how far these moved */
    double z;        /* how many standard deviations further than their mean the word moved */
    double p;        /* (1 + words of noise that moved as far or further) / (1 + words) */
} gv_drift_noise_beyond;

/* A word of this count that moved so far. `least_sd` (above 0) takes the place of a smaller
 * standard deviation: how exactly the measure can tell words apart. */
gv_drift_noise_beyond gv_drift_noise_compare(const gv_drift_noise *noise, double count,
                                             double moved, double least_sd);

#endif
