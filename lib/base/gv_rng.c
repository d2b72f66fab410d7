#include "base/gv_rng.h"

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return (x << by) | (x >> (64 - by));
}

void gv_rng_seed(gv_rng *rng, uint64_t seed, uint64_t purpose, uint64_t index)
{
    /* each name part passes through the mixer before the next joins, so near names are far apart */
    uint64_t mix = seed;
    mix = splitmix(&mix) ^ purpose;
    mix = splitmix(&mix) ^ index;
    for (int i = 0; i < 4; i++)
        rng->state[i] = splitmix(&mix);
}

uint64_t gv_rng_next(gv_rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t gv_rng_below(gv_rng *rng, uint64_t bound)
{
    /* Lemire 2019: multiply, and reject the few low products that would favour some results */
    unsigned __int128 product = (unsigned __int128)gv_rng_next(rng) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold)
            product = (unsigned __int128)gv_rng_next(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

double gv_rng_uniform(gv_rng *rng)
{
    return (double)(gv_rng_next(rng) >> 11) * 0x1p-53;
}

void gv_rng_shuffle32(gv_rng *rng, uint32_t *items, uint64_t n)
{
    for (uint64_t left = n; left > 1; left--) {
        uint64_t pick = gv_rng_below(rng, left);
        uint32_t kept = items[left - 1];
        items[left - 1] = items[pick];
        items[pick] = kept;
    }
}
