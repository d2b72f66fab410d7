/*
 * gv_plan_pairs - an estimate of the matrix of the whole corpus, from the pairs of words in a
 * sample.
 *
 * Threads: one at a time.
 */
#ifndef GV_PLAN_PAIRS_H
#define GV_PLAN_PAIRS_H

#include "plan/gv_plan_words.h"

enum { GV_PLAN_SIZES = 5 }; /* sample sizes S, S/2, S/4 ... that pairs are counted in */

/* What was measured. Owns nothing. The arrays hold a value for each sample size, largest first. */
typedef struct gv_plan_pairs {
    const gv_plan_words *words; /* borrowed */
    bool symmetric;             /* cooccur.symmetric */
    double events;   /* pairs inside windows per token of the vocabulary, each pair once */
    uint32_t sizes;  /* that were measured, at least 1 */
    uint32_t blocks; /* of the sample, that were counted: fewer for wide windows, to save time */
    double tokens[GV_PLAN_SIZES];      /* of the vocabulary */
    double cells[GV_PLAN_SIZES];       /* stored */
    double value_bytes[GV_PLAN_SIZES]; /* mean length of a coded value */
    double together[GV_PLAN_SIZES];    /* log theta: see the head of gv_plan_pairs.c */
    double event_seconds;              /* CPU seconds per event */
} gv_plan_pairs;

/* What the matrix of `tokens` tokens of the vocabulary looks like. */
typedef struct gv_plan_pairs_matrix {
    double tokens;
    double cells;       /* stored */
    double records;     /* ordered pairs */
    double value_bytes; /* mean length of a coded value */
    double theta;       /* see the head of gv_plan_pairs.c */
} gv_plan_pairs_matrix;

/*
 * Count the pairs of the sample and its parts as glove-cooccur would. `*pairs` borrows `words`.
 * Errors: GV_E_RUNTIME if no two words of the vocabulary are in one window; GV_E_MEMORY;
 * GV_E_STOPPED.
 */
GV_MUST_USE int gv_plan_pairs_measure(gv_plan_pairs *pairs, const gv_plan_sample *sample,
                                      const gv_plan_words *words, const gv_config *config,
                                      gv_error *err);

/* Estimate the matrix of the first `tokens` (> 0) tokens of the vocabulary in the corpus. */
void gv_plan_pairs_at(gv_plan_pairs_matrix *matrix, const gv_plan_pairs *pairs, double tokens);

/* Expected meetings of a word that occurs `count_a` times in the corpus with another one that
 * occurs `count_b` times. Their cell is in the matrix with probability 1 - exp(-meetings). */
double gv_plan_pairs_expected(const gv_plan_pairs *pairs, const gv_plan_pairs_matrix *matrix,
                              double count_a, double count_b);

#endif
