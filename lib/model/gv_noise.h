/*
 * gv_noise - the noise distribution of negative sampling: words drawn in proportion to a power of
 * their count, 3/4 in Mikolov et al. 2013 (section 2.2).
 *
 * Walker's alias method (Vose 1991): a draw looks at one or two numbers, whatever the vocabulary.
 * Probabilities are kept to 2^-32 of a word's share. The table is made by IEEE operations alone, so
 * it is the same on every machine.
 *
 * Threads: constant once made.
 */
#ifndef GV_NOISE_H
#define GV_NOISE_H

#include "base/gv_rng.h"
#include "vocab/gv_vocab.h"

typedef struct gv_noise_slot {
    uint32_t own;   /* of 2^32 draws of this slot so many are the slot's word ... */
    uint32_t other; /* ... and the others are this one */
} gv_noise_slot;

typedef struct gv_noise {
    uint32_t words;
    gv_noise_slot *slots; /* [words] */
} gv_noise;

/* Words without a count are never drawn, unless none has one: then all are alike. Free with
 * gv_noise_clear, which accepts a zeroed struct. */
int gv_noise_make(gv_noise *noise, const gv_vocab *vocab, double power, gv_error *err);
void gv_noise_clear(gv_noise *noise);

/* Slots to draw among `words` words in proportion to `weight`, numbers >= 0; all alike if all
 * are 0.
 */
int gv_noise_fill(gv_noise_slot *slots, const double *weight, uint32_t words, gv_error *err);

/* A draw in two steps: 64 random bits lead to a slot, whose memory may be slow to come (a hint
 * fetches it), ... */
static inline uint32_t gv_noise_slot_of(const gv_noise *noise, uint64_t random)
{
    return (uint32_t)((random >> 32) * noise->words >> 32);
}

static inline void gv_noise_fetch(const gv_noise *noise, uint64_t random)
{
    __builtin_prefetch(&noise->slots[gv_noise_slot_of(noise, random)], 0, 3);
}

/* ... and, with the same bits, to a word. */
static inline uint32_t gv_noise_word(const gv_noise *noise, uint64_t random)
{
    uint32_t slot = gv_noise_slot_of(noise, random);
    uint32_t other = noise->slots[slot].other;
    /* a mask, since no CPU could foresee a branch */
    uint32_t own = 0u - ((uint32_t)random < noise->slots[slot].own);
    return other ^ ((slot ^ other) & own);
}

static inline uint32_t gv_noise_draw(const gv_noise *noise, gv_rng *rng)
{
    return gv_noise_word(noise, gv_rng_next(rng));
}

#endif
