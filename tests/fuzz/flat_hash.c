/*
 * gv_hash for the targets whose files carry checksums: every checksum is zero, so that a changed
 * byte gets past it and the checks behind it are tried. (Nothing but checksums of these files may
 * hash: a hash table would become a list.) The archive's own gv_hash.o then stays unlinked.
 */
#include "base/gv_hash.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include <string.h>

struct gv_hasher {
    char unused;
};

uint64_t gv_hash64(const void *data, size_t bytes, uint64_t seed)
{
    (void)data, (void)bytes, (void)seed;
    return 0;
}

gv_hash128 gv_hash128_of(const void *data, size_t bytes)
{
    (void)data, (void)bytes;
    return (gv_hash128){0};
}

int gv_hash128_equal(gv_hash128 a, gv_hash128 b)
{
    (void)a, (void)b;
    return 1;
}

void gv_hash128_hex(gv_hash128 hash, char hex[GV_HASH_HEX])
{
    (void)hash;
    memset(hex, '0', GV_HASH_HEX - 1);
    hex[GV_HASH_HEX - 1] = '\0';
}

gv_hasher *gv_hasher_new(gv_error *err)
{
    return gv_mem_alloc_zero(1, sizeof(gv_hasher), err);
}

void gv_hasher_update(gv_hasher *hasher, const void *data, size_t bytes)
{
    (void)hasher, (void)data, (void)bytes;
}

gv_hash128 gv_hasher_digest(const gv_hasher *hasher)
{
    (void)hasher;
    return (gv_hash128){0};
}

void gv_hasher_free(gv_hasher *hasher)
{
    gv_mem_free(hasher);
}

int gv_file_reader_hash(gv_hash128 *hash, const char *path, gv_error *err)
{
    (void)path, (void)err;
    *hash = (gv_hash128){0};
    return GV_OK;
}
