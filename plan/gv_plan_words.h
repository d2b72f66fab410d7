/*
 * gv_plan_words - an estimate of the words of the whole corpus from those of a sample: how many
 * there are, how many are frequent enough for the vocabulary, how their counts are distributed.
 *
 * Numbers of words and tokens are doubles, since they are estimates.
 *
 * Threads: one at a time.
 */
#ifndef GV_PLAN_WORDS_H
#define GV_PLAN_WORDS_H

#include "plan/gv_plan_sample.h"
#include <stdbool.h>

enum { GV_PLAN_CLASSES = 512 }; /* at most */

/* Words of about the same count. */
typedef struct gv_plan_words_class {
    double words; /* how many */
    double count; /* occurrences of each in the corpus */
} gv_plan_words_class;

typedef struct gv_plan_words {
    double corpus_tokens; /* of all words */
    double distinct;      /* words of the corpus */
    double vocab;         /* of them in the vocabulary, at least 1 */
    double vocab_tokens;  /* tokens that are words of the vocabulary */
    double word_bytes;    /* mean length of a word of the vocabulary */
    double digits;        /* mean length of its count in decimal */
    uint32_t classes;
    uint32_t vocab_classes;                     /* the first ones, which are the vocabulary */
    gv_plan_words_class class[GV_PLAN_CLASSES]; /* [classes] by falling count */
    bool *in;         /* [sample words] is the word in the vocabulary? If the sample does not show
                         it: drawn with the right probability */
    uint32_t *rank;   /* [sample words] by falling count in the sample */
    uint32_t *counts; /* [sample words] in the sample */
} gv_plan_words;

/*
 * Estimate the words. `given` (may be NULL): the vocabulary that vocab.file names; the sample must
 * then hold only its words. Free with gv_plan_words_free; nothing is borrowed.
 *
 * Errors: GV_E_RUNTIME if the vocabulary would be empty (vocab.min_count); GV_E_MEMORY. `*words` is
 * then empty.
 */
GV_MUST_USE int gv_plan_words_guess(gv_plan_words *words, const gv_plan_sample *sample,
                                    const gv_config *config, const gv_vocab *given, gv_error *err);
/* Accepts an empty object ({0}). */
void gv_plan_words_free(gv_plan_words *words);

/* Estimated distinct words in a corpus that is `share`, in (0, 1], of this one. */
double gv_plan_words_in(const gv_plan_words *words, double share);

#endif
