/*
 * gv_subword_mix - how far a word's n-grams are believed, and the mix of its vector with theirs.
 *
 * Letters say much about `unhappiness` and little about names, so how much the n-grams count is
 * found word by word. The words are predicted from the n-grams of others; the cosine of such a
 * prediction with the word's own vector tells how well the word's n-grams do. Averaged over the
 * frequent words that have an n-gram it is the n-gram's reliability, and the mean of these over the
 * n-grams of a word is the word's.
 *
 * Threads: functions only touch their arguments.
 */
#ifndef GV_SUBWORD_MIX_H
#define GV_SUBWORD_MIX_H

#include "subword/gv_subword_index.h"

/*
 * The reliability of the n-grams of each word, 0 to 1, into `reliability` ([words]): `cosine`
 * ([words]) is that of each word with what the n-grams of other words predict, NAN if unknown.
 * Only words whose `count` ([words]) is high enough are judged by. 0 for a word without known
 * n-grams.
 */
GV_MUST_USE int gv_subword_mix_reliability(float *reliability, const gv_subword_index *index,
                                           const uint64_t *count, const float *cosine,
                                           gv_error *err);

/*
 * The share of the n-grams in the vector of a word with this count and reliability, 0 to 1: o to 1,
 * with
 *
 *     o = shrink (1/count + 1/8) (reliability / 0.4)^2
 *
 * The vector of a rare word is the less certain the rarer it is; but that of a frequent one gets
 * better, too, as the n-grams even out what is particular to it. Where counts are not known, they
 * are UINT64_MAX.
 */
double gv_subword_mix_share(double shrink, uint64_t count, double reliability);

/* vector ([dim]) = (1 - share) vector + share * scale * predicted ([dim]) */
void gv_subword_mix_into(float *vector, const float *predicted, size_t dim, double share,
                         double scale);

#endif
