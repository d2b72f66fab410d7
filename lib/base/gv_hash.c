#include "base/gv_hash.h"

#include "base/gv_mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

struct gv_hasher {
    XXH3_state_t *state;
};

static gv_hash128 from_xxh(XXH128_hash_t hash)
{
    return (gv_hash128){hash.low64, hash.high64};
}

uint64_t gv_hash64(const void *data, size_t bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, bytes, seed);
}

gv_hash128 gv_hash128_of(const void *data, size_t bytes)
{
    return from_xxh(XXH3_128bits(data, bytes));
}

int gv_hash128_equal(gv_hash128 a, gv_hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

void gv_hash128_hex(gv_hash128 hash, char hex[GV_HASH_HEX])
{
    snprintf(hex, GV_HASH_HEX, "%016" PRIx64 "%016" PRIx64, hash.high, hash.low);
}

gv_hasher *gv_hasher_new(gv_error *err)
{
    gv_hasher *hasher = gv_mem_alloc_zero(1, sizeof *hasher, err);
    if (!hasher)
        return NULL;
    hasher->state = XXH3_createState();
    if (!hasher->state || XXH3_128bits_reset(hasher->state) != XXH_OK) {
        gv_error_set(err, GV_E_MEMORY, "out of memory for a checksum");
        gv_hasher_free(hasher);
        return NULL;
    }
    return hasher;
}

void gv_hasher_update(gv_hasher *hasher, const void *data, size_t bytes)
{
    if (bytes)
        (void)XXH3_128bits_update(hasher->state, data, bytes);
}

gv_hash128 gv_hasher_digest(const gv_hasher *hasher)
{
    return from_xxh(XXH3_128bits_digest(hasher->state));
}

void gv_hasher_free(gv_hasher *hasher)
{
    if (!hasher)
        return;
    XXH3_freeState(hasher->state);
    gv_mem_free(hasher);
}
