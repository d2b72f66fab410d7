#include "base/gv_hash.h"

#include "base/gv_mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

struct gv_hash_state {
    XXH3_state_t *state;
};

static gv_hash from_xxh(XXH128_hash_t hash)
{
    return (gv_hash){hash.low64, hash.high64};
}

uint64_t gv_hash_64(const void *data, size_t bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, bytes, seed);
}

gv_hash gv_hash_of(const void *data, size_t bytes)
{
    return from_xxh(XXH3_128bits(data, bytes));
}

int gv_hash_equal(gv_hash a, gv_hash b)
{
    return a.low == b.low && a.high == b.high;
}

void gv_hash_hex(gv_hash hash, char hex[GV_HASH_HEX])
{
    snprintf(hex, GV_HASH_HEX, "%016" PRIx64 "%016" PRIx64, hash.high, hash.low);
}

gv_hash_state *gv_hash_state_new(gv_error *err)
{
    gv_hash_state *hasher = gv_mem_alloc_zero(1, sizeof *hasher, err);
    if (!hasher)
        return NULL;
    hasher->state = XXH3_createState();
    if (!hasher->state || XXH3_128bits_reset(hasher->state) != XXH_OK) {
        gv_error_set(err, GV_E_MEMORY, "out of memory for a checksum");
        gv_hash_state_free(hasher);
        return NULL;
    }
    return hasher;
}

void gv_hash_state_update(gv_hash_state *hasher, const void *data, size_t bytes)
{
    if (bytes)
        (void)XXH3_128bits_update(hasher->state, data, bytes);
}

gv_hash gv_hash_state_digest(const gv_hash_state *hasher)
{
    return from_xxh(XXH3_128bits_digest(hasher->state));
}

void gv_hash_state_free(gv_hash_state *hasher)
{
    if (!hasher)
        return;
    XXH3_freeState(hasher->state);
    gv_mem_free(hasher);
}
