/*
 * gv_vocab_combine - the vocabularies of several corpora as one, with weighted counts.
 *
 * The count of a word is the sum of its weighted counts, rounded half up to a whole number, and at
 * least 1 if the sum is above 0. Words come by count descending, ties by byte order, as glove-vocab
 * writes them; a given list keeps its order.
 *
 * Threads: pure functions on the caller's memory.
 */
#ifndef GV_VOCAB_COMBINE_H
#define GV_VOCAB_COMBINE_H

#include "base/gv_error.h"
#include "base/gv_fraction.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gv_vocab_combine_words {
    GV_VOCAB_COMBINE_UNION,        /* words that any input has */
    GV_VOCAB_COMBINE_INTERSECTION, /* words that all inputs have */
    GV_VOCAB_COMBINE_GIVEN         /* the words of `given`, of which the inputs may lack some */
};

/* All borrowed. */
typedef struct gv_vocab_combine_options {
    enum gv_vocab_combine_words words;
    const gv_vocab *given; /* its counts do not matter; NULL unless GV_VOCAB_COMBINE_GIVEN */
    uint64_t min_count;    /* fewer occurrences: left out; not of a given list */
    uint64_t max_size;     /* only that many of the most frequent; 0: no limit; not of a list */
    bool floor;            /* words whose count becomes negative are left out, not an error */
} gv_vocab_combine_options;

typedef struct gv_vocab_combine_result {
    gv_vocab *vocab;
    uint32_t **ids; /* [inputs][words of the input] id in `vocab`, or GV_VOCAB_NO_WORD */
    size_t inputs;
    uint64_t rounded;   /* words whose count is not exact */
    uint64_t cancelled; /* words whose count became 0, left out */
    uint64_t negative;  /* words that `floor` left out */
    uint64_t left_out;  /* words that min_count and max_size left out */
} gv_vocab_combine_result;

/* Combine the vocabularies `vocabs` ([n], n >= 1) with the weights `weights` ([n]). The caller
 * frees with gv_vocab_combine_clear, also on failure. GV_E_RUNTIME: a count becomes negative
 * without `floor` (naming the word, and how many there are), or exceeds 64 bits, or no words are
 * left; GV_E_MEMORY. */
GV_MUST_USE int gv_vocab_combine(gv_vocab_combine_result *result, const gv_vocab *const *vocabs,
                                 const gv_fraction *weights, size_t n,
                                 const gv_vocab_combine_options *options, gv_error *err);
/* Accepts a zeroed struct. */
void gv_vocab_combine_clear(gv_vocab_combine_result *result);

#endif
