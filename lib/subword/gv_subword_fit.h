/*
 * gv_subword_fit - vectors of n-grams fitted to the vectors of words, and the mix of both.
 *
 * The words' vectors, scaled to length 1 and less their mean, are regressed on their n-grams
 * (gv_subword_solve.h); a word of count c weighs c / (c + 50). With settings.shrink > 0 each
 * vector is then mixed with what its n-grams predict (gv_subword_mix.h). Words whose vector is
 * zero or not finite take no part and stay as they are.
 *
 * The bytes do not depend on `threads`, nor on the machine.
 *
 * Errors: GV_E_MEMORY, GV_E_STOPPED on a signal, those of gv_subword_index_make.
 * Source: Zhao, Mudgal, Liang, "Generalizing Word Embeddings using Bag of Subwords", EMNLP 2018.
 * Threads: the caller's and those that it starts.
 */
#ifndef GV_SUBWORD_FIT_H
#define GV_SUBWORD_FIT_H

#include "base/gv_progress.h"
#include "subword/gv_subword_index.h"
#include "subword/gv_subwords.h"

/* All borrowed until the fit is cleared. */
typedef struct gv_subword_fit_input {
    const gv_vocab *vocab;
    float *vectors; /* [words][dim] the words' vectors; they become the mixed ones */
    size_t dim;
    gv_subwords_settings settings;
    const char *metadata;  /* see gv_subwords_metadata */
    unsigned threads;      /* at most */
    uint64_t memory;       /* bytes that the fit may take: fewer threads are used to stay within */
    gv_progress *progress; /* may be NULL */
} gv_subword_fit_input;

/* What came out; for the last event. */
typedef struct gv_subword_fit_report {
    size_t ngrams, entries;
    unsigned steps;     /* of the regression at most */
    double residual;    /* at its end, relative: the largest of all dimensions */
    double reliability; /* mean over the words; 0 without a mix */
} gv_subword_fit_report;

typedef struct gv_subword_fit {
    gv_subwords_parts parts; /* for gv_subwords_write and gv_subwords_new; borrowed from here */
    gv_subword_fit_report report;
    /* private */
    gv_subword_index index;
    float *row, *offset, *probe_vector;
    const char **probe_word;
    size_t row_bytes;
} gv_subword_fit;

/* What the memory of a fit depends on. */
typedef struct gv_subword_fit_sizes {
    uint64_t words, ngrams, entries, text, dim;
    uint64_t counting; /* bytes that counting the n-grams takes, before the others are needed */
} gv_subword_fit_sizes;
/* Bytes that it takes at once beside its input, on so many threads. */
uint64_t gv_subword_fit_bytes(const gv_subword_fit_sizes *sizes, unsigned threads);
/* How many steps of the regression an entry of the index takes part in, for the plan. */
double gv_subword_fit_steps(size_t dim, double shrink);
/* The sizes for a vocabulary and its vectors; takes as long as the first step of a fit. */
GV_MUST_USE int gv_subword_fit_measure(gv_subword_fit_sizes *sizes, const gv_vocab *vocab,
                                       const gv_subwords_settings *settings, size_t dim,
                                       gv_error *err);

/* Fill in `fit`; the caller clears it, also after an error. */
GV_MUST_USE int gv_subword_fit_run(gv_subword_fit *fit, const gv_subword_fit_input *input,
                                   gv_error *err);
void gv_subword_fit_clear(gv_subword_fit *fit);

#endif
