/*
 * gv_document - the arithmetic of a text's vector.
 *
 *     mean   1/n sum of v_w
 *     idf    sum of idf(w) v_w / sum of idf(w),  idf(w) = log(T / c_w)
 *     sif    1/n sum of a / (a + p_w) v_w,  p_w = c_w / T,  a = 0.001; then its part along the
 *            common component is taken away, the direction of sum of p_w a / (a + p_w) v_w over
 *            the vocabulary, which a text of random words would have
 *
 * Sums go over the n words of the text that have a vector, one by one, in their order. c_w is a
 * word's count, T the sum of the vocabulary's. Sums are in double and rounded once.
 *
 * Source: Arora, Liang, Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR
 * 2017.
 * Threads: pure functions on the caller's memory.
 */
#ifndef GV_DOCUMENT_H
#define GV_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#define GV_DOCUMENT_A 1e-3 /* a of the SIF weights */

enum gv_document_weights { GV_DOCUMENT_SIF, GV_DOCUMENT_MEAN, GV_DOCUMENT_IDF };

/* The weight of a word that occurs `count` times in a corpus of `total` words. */
double gv_document_weight(enum gv_document_weights weights, uint64_t count, uint64_t total);

/* The SIF weight of it. */
static inline double gv_document_sif(uint64_t count, uint64_t total)
{
    return GV_DOCUMENT_A / (GV_DOCUMENT_A + (double)count / (double)total);
}

/* The common component ([dim]): begin with zeros, add each word of the vocabulary, and end. It then
 * has length 1, or is all zeros if the vectors cancel out. */
void gv_document_component_add(double *component, const float *vector, size_t dim, uint64_t count,
                               uint64_t total);
void gv_document_component_end(double *component, size_t dim);

/* Make the vector of a text of `sum` ([dim]): divided by `by`, n or the sum of the weights, and
 * without its part along `component` (NULL: nothing is taken away). A `by` of 0 leaves it as it
 * is. */
void gv_document_complete(double *sum, size_t dim, double by, const double *component);

#endif
