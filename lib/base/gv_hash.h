/*
 * gv_hash - checksums and hash values: XXH3 of xxHash. Its specification defines the values, so
 * they are the same on every machine; `xxhsum -H2 FILE` prints the gv_hash of a file.
 *
 * Threads: a gv_hash_state belongs to one thread; the rest are pure functions.
 */
#ifndef GV_HASH_H
#define GV_HASH_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

/* A 128-bit checksum; written as 32 hexadecimal digits, high half first, as xxhsum does. */
typedef struct gv_hash {
    uint64_t low, high;
} gv_hash;

#define GV_HASH_HEX 33 /* bytes of the hexadecimal form with its NUL */

/* 64 bits that depend on the data and `seed`. */
uint64_t gv_hash_64(const void *data, size_t bytes, uint64_t seed);
/* The checksum of the data. */
gv_hash gv_hash_of(const void *data, size_t bytes);
int gv_hash_equal(gv_hash a, gv_hash b);
/* The hexadecimal form, with its NUL. */
void gv_hash_hex(gv_hash hash, char hex[GV_HASH_HEX]);

/* The checksum of data that comes in pieces. `new` returns NULL if out of memory; `digest` gives
 * the checksum of all data so far, and more may follow; `free` accepts NULL. */
typedef struct gv_hash_state gv_hash_state;
GV_MUST_USE gv_hash_state *gv_hash_state_new(gv_error *err);
void gv_hash_state_update(gv_hash_state *hasher, const void *data, size_t bytes);
gv_hash gv_hash_state_digest(const gv_hash_state *hasher);
void gv_hash_state_free(gv_hash_state *hasher);

#endif
