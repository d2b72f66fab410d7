/*
 * gv_hash - checksums and hash values: XXH3 of xxHash. Its specification defines the values, so
 * they are the same on every machine; `xxhsum -H2 FILE` prints the gv_hash128 of a file.
 *
 * Threads: a gv_hasher belongs to one thread; the rest are pure functions.
 */
#ifndef GV_HASH_H
#define GV_HASH_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

/* A 128-bit checksum; written as 32 hexadecimal digits, high half first, as xxhsum does. */
typedef struct gv_hash128 {
    uint64_t low, high;
} gv_hash128;

#define GV_HASH_HEX 33 /* bytes of the hexadecimal form with its NUL */

/* 64 bits that depend on the data and `seed`. */
uint64_t gv_hash64(const void *data, size_t bytes, uint64_t seed);
/* The checksum of the data. */
gv_hash128 gv_hash128_of(const void *data, size_t bytes);
int gv_hash128_equal(gv_hash128 a, gv_hash128 b);
/* The hexadecimal form, with its NUL. */
void gv_hash128_hex(gv_hash128 hash, char hex[GV_HASH_HEX]);

/* The checksum of data that comes in pieces. `new` returns NULL if out of memory; `digest` gives
 * the checksum of all data so far, and more may follow; `free` accepts NULL. */
typedef struct gv_hasher gv_hasher;
GV_MUST_USE gv_hasher *gv_hasher_new(gv_error *err);
void gv_hasher_update(gv_hasher *hasher, const void *data, size_t bytes);
gv_hash128 gv_hasher_digest(const gv_hasher *hasher);
void gv_hasher_free(gv_hasher *hasher);

#endif
