/*
 * gv_noise - the noise distribution of negative sampling: words drawn in proportion to a power of
 * their count, 3/4 in Mikolov et al. 2013 (section 2.2); and any other discrete distribution.
 *
 * Walker's alias method (Walker: An efficient method for generating discrete random variables with
 * general distributions, 1977; the table is filled as in Vose: A linear algorithm for generating
 * random numbers with a given distribution, 1991). There is one slot for each word. A slot shares
 * its draws between its own word and at most one other, so that a draw takes one random number and
 * reads one slot, for a vocabulary of any size.
 *
 * A slot's probability is rounded to 2^-32. The table is made by IEEE operations alone, so it is
 * the same on every machine.
 *
 * Errors: GV_E_MEMORY. Threads: constant once made.
 */
#ifndef GV_NOISE_H
#define GV_NOISE_H

#include "base/gv_rng.h"
#include "vocab/gv_vocab.h"

#define GV_NOISE_POWER 0.75 /* of a word's count: Mikolov et al. 2013, section 2.2 */

typedef struct gv_noise_slot {
    uint32_t own;   /* of 2^32 draws that fall into the slot, how many give the slot's own word; */
    uint32_t other; /* all others give this word */
} gv_noise_slot;

typedef struct gv_noise {
    uint32_t words;
    gv_noise_slot *slots; /* [words] */
} gv_noise;

/* Words in proportion to count ^ power. Words without a count are never drawn, unless none has one:
 * then all are equally likely. Free with gv_noise_clear, which accepts a zeroed struct. */
GV_MUST_USE int gv_noise_init(gv_noise *noise, const gv_vocab *vocab, double power, gv_error *err);
void gv_noise_clear(gv_noise *noise);

/* weight[w] = count ^ power of each word w, 0 for one without a count. */
void gv_noise_weights(double *weight, const gv_vocab *vocab, double power);
/* Fill the caller's slots, [words], for draws in proportion to `weight`, numbers >= 0; all words
 * are equally likely if all are 0. */
GV_MUST_USE int gv_noise_fill(gv_noise_slot *slots, const double *weight, uint32_t words,
                              gv_error *err);

/* A draw in two parts, with 64 random bits. The high half chooses a slot: a number below
 * `words`, by multiplication instead of a slow division. The slot is probably in no cache, so
 * gv_noise_fetch can be called early with the same bits. */
static inline uint32_t gv_noise_slot_of(const gv_noise *noise, uint64_t random)
{
    return (uint32_t)((random >> 32) * noise->words >> 32);
}

static inline void gv_noise_fetch(const gv_noise *noise, uint64_t random)
{
    __builtin_prefetch(&noise->slots[gv_noise_slot_of(noise, random)], 0, 3);
}

/* The low half chooses between the two words of the slot. */
static inline uint32_t gv_noise_word(const gv_noise *noise, uint64_t random)
{
    uint32_t slot = gv_noise_slot_of(noise, random);
    uint32_t other = noise->slots[slot].other;
    /* a mask, because a branch would often be mispredicted */
    uint32_t own = 0u - ((uint32_t)random < noise->slots[slot].own);
    return other ^ ((slot ^ other) & own);
}

static inline uint32_t gv_noise_draw(const gv_noise *noise, gv_rng *rng)
{
    return gv_noise_word(noise, gv_rng_next(rng));
}

#endif
