/*
 * gv_phrase_score - how strongly two words attract each other.
 *
 *   npmi       ln(p(ab) / (p(a) p(b))) / -ln p(ab), with p = count / tokens: -1 never together, 0
 *              by chance, 1 only together
 *   word2vec   (count(ab) - discount) tokens / (count(a) count(b)): how many times as often as by
 *              chance, the discount taken off so that rare words do not win
 *
 * Source: Bouma, Normalized (Pointwise) Mutual Information in Collocation Extraction, GSCL 2009;
 * Mikolov et al., Distributed Representations of Words and Phrases, NIPS 2013, section 4 (which
 * leaves the factor `tokens` to the threshold; its program has it).
 * Threads: pure functions.
 */
#ifndef GV_PHRASE_SCORE_H
#define GV_PHRASE_SCORE_H

#include "config/gv_config.h"
#include <stdint.h>

typedef struct gv_phrase_score_counts {
    uint64_t pair, first, second; /* occurrences; at least 1 */
    uint64_t tokens;              /* of the text */
} gv_phrase_score_counts;

/* The score in units of 1 / GV_PHRASES_SCORE_UNIT, rounded; below 10^12. The same on any
 * machine. */
int64_t gv_phrase_score(const gv_phrase_score_counts *counts, enum gv_config_phrase_score kind,
                        uint64_t discount);

#endif
