/*
 * gv_procrustes - the rotation that brings one space of word vectors nearest to another.
 *
 * Two trainings put the same words in spaces that are turned against each other. With rows x_i of
 * the other space and y_i of the base for the same words (the anchors), orthogonal Procrustes finds
 * the orthogonal matrix R that minimises the sum of |x_i R - y_i|^2: the polar factor of
 * M = sum of x_i^T y_i (gv_polar.h). R may contain a reflection. It changes neither lengths nor
 * cosines within a space.
 *
 * How good R is on the words that it was fitted to says little, above all with few of them: with as
 * many anchors as dimensions, any two spaces can be made to agree much. So a second rotation is
 * fitted without every fifth anchor, and tried on those.
 *
 * Source: Schönemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika
 * 1966; for embeddings of periods: Hamilton, Leskovec, Jurafsky, "Diachronic word embeddings reveal
 * statistical laws of semantic change", ACL 2016.
 * Threads: a call uses its own memory and starts its own threads. All sums are in the order of the
 * anchors, so the number of threads and the CPU change no byte.
 */
#ifndef GV_PROCRUSTES_H
#define GV_PROCRUSTES_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

/* What the rotation is fitted to. It is always applied to the vectors as they are. */
enum gv_procrustes_rows {
    GV_PROCRUSTES_UNIT,    /* rows of length 1: all anchors count alike */
    GV_PROCRUSTES_CENTRED, /* the same, minus their mean over the anchors */
    GV_PROCRUSTES_RAW      /* rows as they are: long vectors count more */
};

/* Fewer anchors than this: none is held out. */
enum { GV_PROCRUSTES_FEWEST_TO_HOLD_OUT = 10 };

typedef struct gv_procrustes_anchors {
    const float *base, *other;            /* rows of `dim` numbers */
    const uint32_t *base_row, *other_row; /* [n] the rows of an anchor; none is zero, all finite */
    size_t n, dim;                        /* both at least 1 */
} gv_procrustes_anchors;

/* How well it fits. All cosines are means over words, -1 to 1. */
typedef struct gv_procrustes_fit {
    size_t anchors;
    size_t rank;     /* directions that the anchors determine; less than dim: the rest is left as it
                        is as far as possible */
    double before;   /* of a word's two vectors, without the rotation */
    double after;    /* with it */
    double held_out; /* of words that a rotation was not fitted to; NAN with too few anchors */
    double chance;   /* of vectors of two different words, with it */
} gv_procrustes_fit;

/* `rotation` ([dim][dim]): other times rotation is comparable with base. Cost: n dim^2
 * multiplications and two calls of gv_polar. Memory: 8 dim^2 doubles. GV_E_MEMORY; GV_E_STOPPED on
 * a signal. */
GV_MUST_USE int gv_procrustes(double *rotation, gv_procrustes_fit *fit,
                              const gv_procrustes_anchors *anchors, enum gv_procrustes_rows rows,
                              unsigned threads, gv_error *err);

/* Multiply `n` rows of `dim` numbers by the rotation, in place. GV_E_MEMORY; GV_E_STOPPED. */
GV_MUST_USE int gv_procrustes_apply(float *rows, size_t n, const double *rotation, size_t dim,
                                    unsigned threads, gv_error *err);

/* Is the fit so bad that distances between the two spaces say nothing? */
int gv_procrustes_is_poor(const gv_procrustes_fit *fit);

#endif
