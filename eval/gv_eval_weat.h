/*
 * gv_eval_weat - effect size and permutation test of the Word Embedding Association Test.
 *
 * The association of a word w with two sets of attributes is s(w) = mean cos(w, a) - mean cos(w,
 * b). For targets X and Y, the statistic is the sum of s over X minus that over Y, the effect size
 * d = (mean of s over X - mean of s over Y) / standard deviation of s over X and Y together (with n
 * - 1). The p-value is one-sided: the share of partitions of X and Y together into two sets of
 * their sizes whose statistic is at least the observed one, which is one of them.
 *
 * With at most GV_EVAL_WEAT_EXACT partitions, all are counted. Otherwise GV_EVAL_WEAT_DRAWS are
 * drawn, always the same ones, and p = (1 + those at least as large) / (1 + draws).
 *
 * Source: Caliskan, Bryson and Narayanan, "Semantics derived automatically from language corpora
 * contain human-like biases", 2017. The rule for drawn partitions: Phipson and Smyth, "Permutation
 * P-values should never be zero", 2010.
 * Errors: GV_E_MEMORY; GV_E_STOPPED on a signal. Threads: called by any, starts its own.
 */
#ifndef GV_EVAL_WEAT_H
#define GV_EVAL_WEAT_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GV_EVAL_WEAT_EXACT = 1 << 24, GV_EVAL_WEAT_DRAWS = 100000 };

typedef struct gv_eval_weat {
    double statistic;
    double effect_size;  /* NAN: all words have the same association */
    double p_value;      /* NAN likewise */
    uint64_t partitions; /* looked at */
    bool exact;          /* these are all */
} gv_eval_weat;

/* `s`: the associations of X, then of Y; `x` and `y` (at least 1 each): how many. The result does
 * not depend on `threads` (at least 1). */
GV_MUST_USE int gv_eval_weat_test(gv_eval_weat *result, const double *s, size_t x, size_t y,
                                  unsigned threads, gv_error *err);

#endif
