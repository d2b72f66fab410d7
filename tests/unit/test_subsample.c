/* Which tokens subsampling keeps. */
#include "support/gv_test.h"

#include "vocab/gv_subsample.h"
#include <math.h>

static gv_vocab *vocab_of(const char *const *words, const uint64_t *counts, size_t n)
{
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab;
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, n, &err), err);
    return vocab;
}

static const char *const names[] = {"the", "of", "and", "rare", "none"};
enum { WORDS = 5 };

Test(subsample, thresholds_by_hand)
{
    /* N = 1000, t = 0.1: f/t = 9, 0.9, ... */
    static const uint64_t counts[] = {900, 90, 9, 1, 0};
    uint64_t threshold[WORDS];
    gv_vocab *vocab = vocab_of(names, counts, WORDS);
    gv_subsample_thresholds(threshold, vocab, 0.1);
    /* (sqrt(9) + 1) / 9 = 4/9 */
    cr_assert_float_eq((double)threshold[0] / 0x1p64, 4.0 / 9.0, 1e-15);
    for (size_t i = 1; i < WORDS; i++)
        cr_assert_eq(threshold[i], UINT64_MAX, "%s", names[i]);
    /* t = 0.01: f/t = 90 and 9; t = 1: nothing is frequent enough */
    gv_subsample_thresholds(threshold, vocab, 0.01);
    cr_assert_float_eq((double)threshold[0] / 0x1p64, (sqrt(90.0) + 1) / 90.0, 1e-15);
    cr_assert_float_eq((double)threshold[1] / 0x1p64, 4.0 / 9.0, 1e-15);
    cr_assert_eq(threshold[2], UINT64_MAX);
    gv_subsample_thresholds(threshold, vocab, 1);
    cr_assert_eq(threshold[0], UINT64_MAX);
    gv_subsample_thresholds(threshold, vocab, 1e-300);
    cr_assert_eq(threshold[0], 0, "a probability below 2^-64");
    cr_assert_eq(threshold[4], UINT64_MAX, "a word without a count");
    gv_vocab_free(vocab);
}

Test(subsample, a_vocabulary_without_counts_keeps_everything)
{
    static const uint64_t counts[WORDS] = {0};
    uint64_t threshold[WORDS];
    gv_vocab *vocab = vocab_of(names, counts, WORDS);
    gv_subsample_thresholds(threshold, vocab, 1e-3);
    for (size_t i = 0; i < WORDS; i++)
        cr_assert_eq(threshold[i], UINT64_MAX);
    gv_vocab_free(vocab);
}

/* The limits: threshold + 1 of 2^64 numbers keep a token. */
Test(subsample, keeps)
{
    cr_assert(gv_subsample_keeps(UINT64_MAX, UINT64_MAX));
    cr_assert(gv_subsample_keeps(7, 7));
    cr_assert_not(gv_subsample_keeps(7, 8));
}

/* The numbers are part of what counts.bin depends on: never change them silently. */
Test(subsample, random_numbers_are_what_they_always_were)
{
    cr_assert_eq(gv_subsample_random(0, 0), UINT64_C(0xe220a8397b1dcdaf)); /* SplitMix64's own */
    cr_assert_eq(gv_subsample_random(0, 1), UINT64_C(0x6e789e6aa1b965f4));
    cr_assert_eq(gv_subsample_key(1, 0, 0), UINT64_C(0x416805fca4ca5e1b));
    cr_assert_eq(gv_subsample_key(1, 2, 3), UINT64_C(0x26f2a1148cf52011));
    cr_assert_neq(gv_subsample_key(2, 2, 3), gv_subsample_key(1, 2, 3));
    cr_assert_neq(gv_subsample_key(1, 3, 2), gv_subsample_key(1, 2, 3));
}

/* In many sections, the share that is kept is the probability. Five standard deviations. */
Test(subsample, keeps_the_expected_share)
{
    enum { SECTIONS = 500, TOKENS = 400 };
    static const double p[] = {0.001, 0.05, 0.5, 0.97};
    for (size_t k = 0; k < sizeof p / sizeof *p; k++) {
        uint64_t kept = 0, threshold = (uint64_t)(p[k] * 0x1p64);
        for (uint64_t section = 0; section < SECTIONS; section++) {
            uint64_t key = gv_subsample_key(gv_test_seed(), section % 3, section);
            for (uint64_t i = 0; i < TOKENS; i++)
                kept += gv_subsample_keeps(threshold, gv_subsample_random(key, i));
        }
        double n = (double)SECTIONS * TOKENS;
        cr_assert_float_eq((double)kept, n * p[k], 5 * sqrt(n * p[k] * (1 - p[k])),
                           "%lu of %.0f kept, p = %g", kept, n, p[k]);
    }
}
