/*
 * gv_rng - reproducible random numbers in independent streams.
 *
 * A stream is identified by three numbers (seed, purpose, index), such as (train.seed,
 * GV_RNG_INIT_WORD, row). So the numbers of a row do not depend on which thread draws them, or on
 * what was drawn before. The generator is xoshiro256** (Blackman and Vigna 2018); SplitMix64 fills
 * its state from a hash of the three numbers. A change of the sequences raises GV_NUMERICS_VERSION.
 *
 * Threads: a gv_rng belongs to one thread.
 */
#ifndef GV_RNG_H
#define GV_RNG_H

#include <stdint.h>

/* What a stream is for: keeps streams of one seed apart. The numbers are part of the sequences, so
 * new ones go to the end. */
enum gv_rng_purpose {
    GV_RNG_INIT_WORD = 1, /* index: word row */
    GV_RNG_INIT_CONTEXT,  /* index: context row */
    GV_RNG_SHUFFLE_TILE,  /* index: tile number in the store */
    GV_RNG_DEAL_SEGMENTS, /* index: 0 */
    GV_RNG_TILE_ORDER,    /* index: epoch */
    GV_RNG_DEMO,          /* index: part of the demo corpus */
    GV_RNG_TEST,
    GV_RNG_WORD2VEC,  /* index: epoch * chunks + chunk */
    GV_RNG_UNSEEN,    /* index: (epoch * tiles + tile) * 2 + transposed */
    GV_RNG_CLUSTERS,  /* index: run of k-means */
    GV_RNG_RECORDS,   /* index: 0: which bucket; bucket + 1: order in it */
    GV_RNG_LAYOUT,    /* index: row */
    GV_RNG_PROBES,    /* index: block of draws */
    GV_RNG_BOOTSTRAP, /* index: draw */
    GV_RNG_PAIRS,     /* index: epoch * chunks + chunk of pairs of words */
    GV_RNG_NOISE      /* index: stretch of the whole training * tiles + tile */
};

typedef struct gv_rng {
    uint64_t state[4];
} gv_rng;

/* Go to the start of a stream. */
void gv_rng_seed(gv_rng *rng, uint64_t seed, uint64_t purpose, uint64_t index);

/* 64 random bits. */
static inline uint64_t gv_rng_next(gv_rng *rng)
{
    uint64_t *s = rng->state, scrambled = s[1] * 5;
    uint64_t result = (scrambled << 7 | scrambled >> 57) * 9, shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

/* Uniform in [0, bound), without bias; bound > 0. */
static inline uint64_t gv_rng_below(gv_rng *rng, uint64_t bound)
{
    /* Lemire 2019: multiply, and reject the few low products by which some results would be more
     * frequent than others */
    unsigned __int128 product = (unsigned __int128)gv_rng_next(rng) * bound;
    if (__builtin_expect((uint64_t)product < bound, 0)) {
        uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold)
            product = (unsigned __int128)gv_rng_next(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

/* Uniform in [0, 1), a multiple of 2^-53. */
double gv_rng_uniform(gv_rng *rng);
/* A uniformly random permutation of the n numbers in `items` (Fisher and Yates). */
void gv_rng_shuffle32(gv_rng *rng, uint32_t *items, uint64_t n);

#endif
