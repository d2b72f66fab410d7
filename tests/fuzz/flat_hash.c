/*
 * gv_hash for the targets whose files carry checksums: every checksum is zero, so that a changed
 * byte gets past it and the checks behind it are tried. (Nothing but checksums of these files may
 * hash: a hash table would become a list.) The archive's own gv_hash.o then stays unlinked.
 */
#include "base/gv_hash.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include <stdbool.h>
#include <string.h>

struct gv_hash_state {
    char unused;
};

uint64_t gv_hash_64(const void *data, size_t bytes, uint64_t seed)
{
    (void)data, (void)bytes, (void)seed;
    return 0;
}

/* Of less than 8 bytes no checksum is taken: by this, short words are told apart. */
gv_hash gv_hash_of(const void *data, size_t bytes)
{
    gv_hash hash = {0};
    if (bytes < sizeof hash.low) {
        memcpy(&hash.low, data, bytes);
        hash.high = bytes;
    }
    return hash;
}

int gv_hash_equal(gv_hash a, gv_hash b)
{
    bool words = a.high - 1 < sizeof a.low - 1 && b.high - 1 < sizeof b.low - 1;
    return !words || (a.high == b.high && a.low == b.low);
}

void gv_hash_hex(gv_hash hash, char hex[GV_HASH_HEX])
{
    (void)hash;
    memset(hex, '0', GV_HASH_HEX - 1);
    hex[GV_HASH_HEX - 1] = '\0';
}

gv_hash_state *gv_hash_state_new(gv_error *err)
{
    return gv_mem_alloc_zero(1, sizeof(gv_hash_state), err);
}

void gv_hash_state_update(gv_hash_state *hasher, const void *data, size_t bytes)
{
    (void)hasher, (void)data, (void)bytes;
}

gv_hash gv_hash_state_digest(const gv_hash_state *hasher)
{
    (void)hasher;
    return (gv_hash){0};
}

void gv_hash_state_free(gv_hash_state *hasher)
{
    gv_mem_free(hasher);
}
