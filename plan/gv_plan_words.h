/*
 * gv_plan_words - from the words of a sample to the words of the whole corpus: how many there are,
 * how many are frequent enough for the vocabulary, how their counts are distributed.
 */
#ifndef GV_PLAN_WORDS_H
#define GV_PLAN_WORDS_H

#include "plan/gv_plan_sample.h"
#include <stdbool.h>

enum { GV_PLAN_CLASSES = 512 }; /* at most */

/* Words of about the same count. */
typedef struct gv_plan_words_class {
    double words, count; /* how many; occurrences of each in the corpus */
} gv_plan_words_class;

typedef struct gv_plan_words {
    double corpus_tokens; /* of all words */
    double distinct;      /* words of the corpus */
    double vocab;         /* of them in the vocabulary */
    double vocab_tokens;  /* tokens that are words of the vocabulary */
    double word_bytes;    /* mean length of a word of the vocabulary */
    double digits;        /* mean length of its count */
    uint32_t classes, vocab_classes;
    gv_plan_words_class class
        [GV_PLAN_CLASSES]; /* by falling count; the first vocab_classes of them are
                                             the vocabulary */
    bool *in; /* [sample words] is this word in the vocabulary? Where the sample cannot tell, drawn
                 with the right probability */
    uint32_t *rank;   /* [sample words] by falling count in the sample */
    uint32_t *counts; /* [sample words] in the sample */
} gv_plan_words;

/* `given` (may be NULL): the vocabulary that vocab.file names; the sample then holds only its
 * words. */
int gv_plan_words_guess(gv_plan_words *words, const gv_plan_sample *sample, const gv_config *config,
                        const gv_vocab *given, gv_error *err);
void gv_plan_words_free(gv_plan_words *words);

/* Predicted distinct words in a corpus that is `share` of this one. */
double gv_plan_words_in(const gv_plan_words *words, double share);

#endif
