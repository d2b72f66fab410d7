/*
 * gv_bytes - little-endian numbers and varints, of which all binary formats consist.
 *
 * The formats are little-endian on every machine. A varint is LEB128: seven bits a byte, low bits
 * first, the top bit set in all bytes but the last; at most GV_VARINT_MAX bytes for 64 bits.
 *
 * Threads: pure functions.
 */
#ifndef GV_BYTES_H
#define GV_BYTES_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GV_VARINT_MAX 10

/* Store and load integers at any alignment. */
static inline void gv_bytes_put32(uint8_t *to, uint32_t value)
{
    value = htole32(value);
    memcpy(to, &value, sizeof value);
}

static inline void gv_bytes_put64(uint8_t *to, uint64_t value)
{
    value = htole64(value);
    memcpy(to, &value, sizeof value);
}

static inline uint32_t gv_bytes_get32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return le32toh(value);
}

static inline uint64_t gv_bytes_get64(const uint8_t *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return le64toh(value);
}

/* The same for doubles, by their bits. */
static inline void gv_bytes_put_double(uint8_t *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    gv_bytes_put64(to, bits);
}

static inline double gv_bytes_get_double(const uint8_t *from)
{
    uint64_t bits = gv_bytes_get64(from);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Write a varint at `to`, which has room for GV_VARINT_MAX bytes; returns the byte after it. */
static inline uint8_t *gv_bytes_put_varint(uint8_t *to, uint64_t value)
{
    while (value >= 0x80) {
        *to++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    return to;
}

/* Read a varint from [from, end); returns the byte after it, or NULL if the bytes end early or the
 * number needs more than 64 bits. */
static inline const uint8_t *gv_bytes_get_varint(const uint8_t *from, const uint8_t *end,
                                                 uint64_t *value)
{
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (from == end)
            return NULL;
        uint8_t byte = *from++;
        if (shift == 63 && byte > 1)
            return NULL;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = result;
            return from;
        }
    }
    return NULL;
}

#endif
