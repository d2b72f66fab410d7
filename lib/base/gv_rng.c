#include "base/gv_rng.h"

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
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
