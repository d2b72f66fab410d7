/*
 * With r = f / t the probability of gv_subsample.h is (sqrt(r) + 1) / r. A token is kept by
 * threshold + 1 of the 2^64 random numbers, so the threshold is the probability times 2^64,
 * minus 1.
 */
#include "vocab/gv_subsample.h"

#include <math.h>

static uint64_t threshold_of(double count, double total, double sample)
{
    double ratio = count / total / sample; /* f / t */
    double keep = (sqrt(ratio) + 1) / ratio;
    if (!(ratio > 0) || keep >= 1)
        return UINT64_MAX;
    double numbers = keep * 0x1p64; /* below 2^64: keep is at most 1 - 2^-53 */
    return numbers >= 1 ? (uint64_t)numbers - 1 : 0;
}

void gv_subsample_thresholds(uint64_t *threshold, const gv_vocab *vocab, double sample)
{
    double total = (double)gv_vocab_total(vocab);
    for (uint32_t id = 0; id < gv_vocab_size(vocab); id++)
        threshold[id] = threshold_of((double)gv_vocab_count(vocab, id), total, sample);
}
