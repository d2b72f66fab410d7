/*
 * gv_drift - how far words have moved between two spaces of vectors, by two measures.
 *
 * overlap: how many of the k nearest words of a word are the same in both spaces (Gonen, Jawahar,
 * Seddah, Goldberg, "Simple, Interpretable and Stable Method for Detecting Words with Usage Change
 * across Corpora", ACL 2020). It needs no alignment, and the words themselves say what changed.
 *
 * distance: 1 - cosine of the two vectors of a word after alignment by orthogonal Procrustes
 * (Hamilton, Leskovec, Jurafsky 2016; gv_procrustes.h).
 *
 * Both depend on how often a word occurs: the vectors of rare words differ much between any two
 * trainings (gv_drift_noise.h says what to do about that).
 *
 * Threads: one at a time; a call starts its own threads. The results do not depend on their number.
 */
#ifndef GV_DRIFT_H
#define GV_DRIFT_H

#include "analysis/gv_procrustes.h"
#include "base/gv_progress.h"
#include "vectors/gv_vectors.h"

/* What is compared. All is borrowed. */
typedef struct gv_drift_words {
    const gv_vectors *a, *b;       /* of the same dimension; neither is changed */
    const uint32_t *row_a, *row_b; /* [n] the rows of the words; none is zero, all finite */
    size_t n;
    size_t k; /* neighbours that are compared; those of a word are all of the n words but itself */
    unsigned threads;      /* 0 is taken for 1 */
    gv_progress *progress; /* may be NULL; advances by 2 a word, the caller begins and ends it */
} gv_drift_words;

enum { GV_DRIFT_SHOWN = 10 }; /* neighbours that are kept at most */

typedef struct gv_drift {
    size_t n;
    size_t k;                  /* that of gv_drift_words, or n - 1 if that is less */
    double *overlap;           /* [n] 0 to 1 */
    double *distance;          /* [n] 0 to 2 */
    size_t shown;              /* at most GV_DRIFT_SHOWN */
    uint32_t *near_a, *near_b; /* [n][shown] nearest first, as numbers of the n words */
    gv_procrustes_fit fit;     /* of the alignment, whose anchors are all n words */
} gv_drift;

/* Compare. n >= 2. Memory: two vectors and 16 k bytes a word, and that of gv_procrustes.
 * GV_E_MEMORY; GV_E_STOPPED on a signal. The caller clears, also after a failure. */
GV_MUST_USE int gv_drift_measure(gv_drift *drift, const gv_drift_words *words, gv_error *err);
void gv_drift_clear(gv_drift *drift);

#endif
