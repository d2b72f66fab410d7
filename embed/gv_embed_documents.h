/*
 * gv_embed_documents - one vector for each line of a text.
 *
 *     mean   1/n sum of v_w
 *     idf    sum of idf(w) v_w / sum of idf(w),  idf(w) = log(T / c_w)
 *     sif    1/n sum of a / (a + p_w) v_w,  p_w = c_w / T,  a = 0.001; then its part along the
 *            common component is taken away, the direction of sum of p_w a / (a + p_w) v_w over
 *            the vocabulary, which a text of random words would have
 *
 * Sums go over the n words of the line that have a vector, one by one, in their order. c_w is a
 * word's count, T the sum of the vocabulary's. A line without a word that has a vector gets zeros.
 *
 * Sums are in double, in the order of the text, and rounded once: the bytes do not depend on
 * threads, CPU or how the text comes in.
 *
 * Source: Arora, Liang, Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR
 * 2017.
 * Threads: one call at a time; it starts threads of its own.
 */
#ifndef GV_EMBED_DOCUMENTS_H
#define GV_EMBED_DOCUMENTS_H

#include "base/gv_progress.h"
#include "embed/gv_embed_input.h"
#include "embed/gv_embed_output.h"
#include "embed/gv_embed_words.h"
#include "text/gv_phrases.h"

enum gv_embed_documents_weights { GV_EMBED_SIF, GV_EMBED_MEAN, GV_EMBED_IDF };

/* All borrowed. */
typedef struct gv_embed_documents_job {
    const gv_config *config;
    const gv_phrases *phrases; /* joined in the text; NULL: none */
    gv_embed_words *words;     /* its vectors are scaled by their weights */
    enum gv_embed_documents_weights weights;
    const double *component; /* [dim] of length 1; NULL: nothing is taken away */
    gv_embed_input *input;
    gv_embed_output *output;
    enum gv_embed_output_format format;
    unsigned threads;
    gv_progress *progress;
} gv_embed_documents_job;

/* What the lines were made of. */
typedef struct gv_embed_documents_counts {
    uint64_t lines, zero;              /* lines; of them without any word that has a vector */
    uint64_t known, subwords, missing; /* words: with a vector of their own, from n-grams, none */
} gv_embed_documents_counts;

/* The weight of a word that occurs `count` times in a corpus of `total` words. */
double gv_embed_documents_weight(enum gv_embed_documents_weights weights, uint64_t count,
                                 uint64_t total);

/* The common component: `component` [dim], of length 1; all zeros if the vectors cancel out.
 * `words` have counts, and their vectors are not scaled yet. */
void gv_embed_documents_component(double *component, const gv_embed_words *words);

GV_MUST_USE int gv_embed_documents_run(gv_embed_documents_counts *counts,
                                       const gv_embed_documents_job *job, gv_error *err);

#endif
