/*
 * gv_token - a token as a key for hash tables: its bytes, the first 16 of them as two numbers, and
 * a hash.
 *
 * Tokens hold no NUL, so bytes padded with NULs say everything about a word of up to 16 bytes, and
 * `start` decides whether two such words are the same: no length, no memcmp. Almost all words are
 * that short; a longer one has its whole text hashed (XXH3) and is compared beyond its start.
 *
 * The hash of a short word is a 64 x 64 bit product folded upon itself. It is for tables in memory
 * only: it differs between byte orders, may change, and must never reach a file.
 * Threads: pure functions.
 */
#ifndef GV_TOKEN_H
#define GV_TOKEN_H

#include "base/gv_hash.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of a token at most; a longer one is cut at a character boundary, as the reference does. */
#define GV_TOKEN_MAX 999

/* Bytes of a token that `start` holds, and that gv_token_of may read for a token of any length. */
#define GV_TOKEN_START 16

typedef struct gv_token {
    const char *text;  /* `length` bytes; what follows them is no part of it */
    uint64_t start[2]; /* its first bytes as they are in memory, then NULs */
    uint32_t length;   /* 0: no word, a document ends here */
    uint32_t hash;
} gv_token;

/* Fill `start` of a word whose first GV_TOKEN_START bytes may be read, though it be shorter. */
static inline void gv_token_start(uint64_t start[2], const char *text, size_t length)
{
    static const uint64_t mask[4] = {UINT64_MAX, UINT64_MAX, 0, 0};
    size_t used = length < GV_TOKEN_START ? length : GV_TOKEN_START;
    uint64_t keep[2];
    memcpy(keep, (const char *)mask + GV_TOKEN_START - used, sizeof keep);
    memcpy(start, text, GV_TOKEN_START);
    start[0] &= keep[0];
    start[1] &= keep[1];
}

/* The same without reading beyond the word. */
static inline void gv_token_start_within(uint64_t start[2], const char *text, size_t length)
{
    start[0] = start[1] = 0;
    memcpy(start, text, length < GV_TOKEN_START ? length : GV_TOKEN_START);
}

/* The hash of a word of up to GV_TOKEN_START bytes. The constants are odd and have no structure
 * (the golden ratio's and a random one). */
static inline uint32_t gv_token_hash_short(const uint64_t start[2])
{
    __extension__ typedef unsigned __int128 wide;
    wide product =
        (wide)(start[0] ^ UINT64_C(0x9e3779b97f4a7c15)) * (start[1] ^ UINT64_C(0xd1b54a32d192ed03));
    uint64_t folded = (uint64_t)product ^ (uint64_t)(product >> 64);
    return (uint32_t)(folded ^ folded >> 32);
}

/* The hash of any word. */
static inline uint32_t gv_token_hash(const uint64_t start[2], const char *text, size_t length)
{
    return length <= GV_TOKEN_START ? gv_token_hash_short(start)
                                    : (uint32_t)gv_hash_64(text, length, 0);
}

/* The key of a word; only its own bytes are read. */
static inline gv_token gv_token_of(const char *text, size_t length)
{
    gv_token token = {.text = text, .length = (uint32_t)length};
    gv_token_start_within(token.start, text, length);
    token.hash = gv_token_hash(token.start, text, length);
    return token;
}

/* True if both starts are equal. Two words of fewer than GV_TOKEN_START bytes are then the same. */
static inline int gv_token_same_start(const gv_token *token, const uint64_t start[2])
{
    return ((token->start[0] ^ start[0]) | (token->start[1] ^ start[1])) == 0;
}

#endif
