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
