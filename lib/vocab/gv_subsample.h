/*
 * gv_subsample - dropping frequent words at random, as word2vec does.
 *
 * Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
 * Compositionality", section 2.3, in the form of word2vec.c: of a word with count c in a text of N
 * words, f = c / N, each token is kept with probability min(1, (sqrt(f / t) + 1) t / f). N is the
 * sum of the counts of the vocabulary.
 *
 * Kept or not is decided by a threshold of 64 bits per word and a random number of 64 bits per
 * token. Thresholds are made by + - * / and sqrt, which IEEE 754 rounds in one way, and all the
 * rest is integers: every machine keeps the same tokens.
 *
 * Source: the paper above and word2vec.c.
 * Threads: pure functions.
 */
#ifndef GV_SUBSAMPLE_H
#define GV_SUBSAMPLE_H

#include "base/gv_hash.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stdint.h>

/* Bytes of text whose tokens are numbered together: see gv_subsample_key. A change changes which
 * tokens are kept. */
#define GV_SUBSAMPLE_SECTION (UINT64_C(1) << 18)

/*
 * threshold[id] of every word of the vocabulary (caller's, [gv_vocab_size]), for t = `sample` in
 * (0, 1]. UINT64_MAX: all are kept; that is so for words with count 0, too.
 */
void gv_subsample_thresholds(uint64_t *threshold, const gv_vocab *vocab, double sample);

/* True if a token whose word has this threshold is kept: threshold + 1 of the 2^64 random numbers
 * keep it. */
static inline bool gv_subsample_keeps(uint64_t threshold, uint64_t random)
{
    return random <= threshold;
}

/*
 * The random numbers of a piece of text come from its place: `file` is its number in the corpus,
 * `section` that of a piece of GV_SUBSAMPLE_SECTION bytes of the file's text (gv_corpus_place),
 * and `ordinal` counts the words of the vocabulary in it, the dropped ones included.
 *
 * The ordinal of the word in its file would need everything before it to have been read; a section
 * can be handled alone, by any thread or machine, as long as work is assigned in whole sections.
 * The byte offset of the token is not known either: a tokenizer that normalizes text has none.
 */
static inline uint64_t gv_subsample_key(uint64_t seed, uint64_t file, uint64_t section)
{
    uint8_t place[16];
    for (unsigned i = 0; i < 8; i++) {
        place[i] = (uint8_t)(file >> 8 * i);
        place[8 + i] = (uint8_t)(section >> 8 * i);
    }
    return gv_hash_64(place, sizeof place, seed);
}

/* SplitMix64 (Steele, Lea and Flood 2014), seeded with the key, at any place of its sequence. */
static inline uint64_t gv_subsample_random(uint64_t key, uint64_t ordinal)
{
    uint64_t z = key + (ordinal + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

#endif
