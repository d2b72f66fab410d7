/*
 * gv_embed_fit - what turns the mean vector of a word's contexts into the word's vector.
 *
 *     u_w = sum over contexts c of X_wc s_c v_c  /  sum of X_wc s_c,   s_c = a / (a + p_c)
 *     A   = argmin of  sum over words of log(count_w) |A u_w - v_w|^2
 *
 * The store has X, so the text is not read again. s_c are the SIF weights of gv_embed_documents.h,
 * without which the most frequent words would be most of every mean. A pair of a word with itself
 * is left out. p_c is c's share of the counts of the store's vocabulary.
 *
 * A thread takes a group of the store's segments at a time and adds up the means of its words, from
 * all blobs that have some of their contexts; then the regression's sums get those of the group,
 * group after group. So memory is bounded by a group's rows for each thread, and the bits do not
 * depend on threads.
 *
 * Source: Khodak, Saunshi, Liang, Ma, Stewart, Arora, "A La Carte Embedding: Cheap but Effective
 * Induction of Semantic Feature Vectors", ACL 2018. Weights by log count: Rodriguez, Spirling,
 * Stewart, "Embedding Regression", APSR 2023 (conText).
 * Threads: one call at a time; it starts threads of its own.
 */
#ifndef GV_EMBED_FIT_H
#define GV_EMBED_FIT_H

#include "base/gv_progress.h"
#include "embed/gv_embed_words.h"
#include "store/gv_store.h"

/* The regression's ridge, as a share of the mean of the diagonal: for vectors of which some numbers
 * depend on others. */
#define GV_EMBED_RIDGE 1e-6

/*
 * `transform`: [dim][dim], row k gives number k of the vector: v_k = sum of transform[k][j] u_j.
 * `used` receives how many words the regression is made of. The store was opened with its
 * directory. `threads` at most; fewer where memory is short. GV_E_RUNTIME: too few words of the
 * store have vectors. Errors of gv_store.h; GV_E_STOPPED.
 */
GV_MUST_USE int gv_embed_fit(double *transform, uint64_t *used, gv_store *store,
                             const gv_embed_words *words, unsigned threads, gv_progress *progress,
                             gv_error *err);

#endif
