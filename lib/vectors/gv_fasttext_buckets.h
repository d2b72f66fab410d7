/*
 * gv_fasttext_buckets - the n-grams of a subwords.bin in the buckets of a fastText model.
 *
 * The row of a bucket is the offset plus the row of its n-gram, or the offset alone if it has none:
 * the mean over the n-grams of an unseen word is then the vector that gv_subwords_vector gives.
 * N-grams that share a bucket get the mean of their rows, weighted by how many words of the
 * vocabulary have them.
 *
 * Memory: 8 bytes a known n-gram and 4 a bucket.
 * Threads: one at a time.
 */
#ifndef GV_FASTTEXT_BUCKETS_H
#define GV_FASTTEXT_BUCKETS_H

#include "subword/gv_subwords.h"
#include "vectors/gv_fasttext.h"

typedef struct gv_fasttext_buckets gv_fasttext_buckets;

/* How many buckets a model with so many known n-grams gets. */
uint32_t gv_fasttext_buckets_for(uint64_t ngrams);

/* `subwords` is borrowed and has at least one n-gram. GV_E_MEMORY; GV_E_RUNTIME for n-grams longer
 * than GV_FASTTEXT_LONGEST. The caller frees. */
GV_MUST_USE int gv_fasttext_buckets_new(gv_fasttext_buckets **buckets, const gv_subwords *subwords,
                                        gv_error *err);
/* Accepts NULL. */
void gv_fasttext_buckets_free(gv_fasttext_buckets *buckets);
uint32_t gv_fasttext_buckets_count(const gv_fasttext_buckets *buckets);

/* Count the n-grams of a word of the vocabulary. All words come before the first row. */
GV_MUST_USE int gv_fasttext_buckets_weigh(gv_fasttext_buckets *buckets, const char *word,
                                          gv_error *err);
/* Write the row of a bucket to `to` ([dim]). */
void gv_fasttext_buckets_row(gv_fasttext_buckets *buckets, uint32_t bucket, float *to);
/* Turn the vector of a word ([dim]) into the row of its own that makes the mean of this row and
 * those of its n-grams that vector. */
GV_MUST_USE int gv_fasttext_buckets_own(gv_fasttext_buckets *buckets, const char *word,
                                        float *vector, gv_error *err);

#endif
