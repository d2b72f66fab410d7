/*
 * gv_plan_pairs - from the pairs of words in a sample to the matrix of the whole corpus.
 */
#ifndef GV_PLAN_PAIRS_H
#define GV_PLAN_PAIRS_H

#include "plan/gv_plan_words.h"

enum { GV_PLAN_SIZES = 5 }; /* sample sizes S, S/2, S/4 ... that pairs are counted in */

typedef struct gv_plan_pairs {
    const gv_plan_words *words; /* borrowed */
    bool symmetric;
    double events; /* pairs inside windows per token of the vocabulary, each pair once */
    /* measured: at each size tokens of the vocabulary, stored cells, bytes of their values */
    uint32_t sizes, blocks; /* blocks of the sample looked at: wide windows cost more time */
    double tokens[GV_PLAN_SIZES], cells[GV_PLAN_SIZES], value_bytes[GV_PLAN_SIZES];
    double together[GV_PLAN_SIZES]; /* theta of the .c file's head */
    double event_seconds;           /* CPU seconds per event */
} gv_plan_pairs;

/* What the matrix of `tokens` tokens of the vocabulary looks like. */
typedef struct gv_plan_pairs_matrix {
    double tokens, cells, records;
    double value_bytes; /* mean length of a coded value */
    double theta;
} gv_plan_pairs_matrix;

int gv_plan_pairs_measure(gv_plan_pairs *pairs, const gv_plan_sample *sample,
                          const gv_plan_words *words, const gv_config *config, gv_error *err);
void gv_plan_pairs_at(gv_plan_pairs_matrix *matrix, const gv_plan_pairs *pairs, double tokens);

/* Expected meetings of one word of `a` with one of `b` (other than itself), as theta has it: the
 * cell is there with probability 1 - exp(- this). */
double gv_plan_pairs_expected(const gv_plan_pairs *pairs, const gv_plan_pairs_matrix *matrix,
                              double count_a, double count_b);

#endif
