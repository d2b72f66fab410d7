/*
 * gv_subword_index - which n-grams the words of a vocabulary have: a sparse matrix of words and
 * known n-grams, by rows and by columns.
 *
 * An n-gram is known if at least settings.min_words words have it. Known n-grams are numbered in
 * the order in which the vocabulary first has them, so the frequent words' come first.
 *
 * Errors: GV_E_MEMORY, GV_E_RUNTIME (more n-grams than 32 bits can number, ICU), GV_E_STOPPED.
 * Threads: an index belongs to one thread while it is made; then it is only read.
 */
#ifndef GV_SUBWORD_INDEX_H
#define GV_SUBWORD_INDEX_H

#include "subword/gv_subwords.h"
#include "vocab/gv_vocab.h"

typedef struct gv_subword_index {
    size_t words, ngrams; /* ngrams: known ones */
    size_t entries;       /* known n-grams of all words; one that a word has twice counts twice */
    char *text;           /* the n-grams, one after the other, */
    uint32_t *end;        /* [ngrams] and where in it each ends */
    uint32_t *all;        /* [words] n-grams of the word, known or not */
    size_t *row_first;    /* [words + 1] where each word's entries begin in */
    uint32_t *row;        /* [entries] numbers of n-grams, in the order of the word */
    size_t *column_first; /* [ngrams + 1] where each n-gram's entries begin in */
    uint32_t *column;     /* [entries] numbers of words, ascending */
    uint64_t counting_bytes; /* memory that making it took */
} gv_subword_index;

/* Fill `index`, which the caller clears, also after an error. */
GV_MUST_USE int gv_subword_index_make(gv_subword_index *index, const gv_vocab *vocab,
                                      const gv_subwords_settings *settings, gv_error *err);
void gv_subword_index_clear(gv_subword_index *index);

#endif
