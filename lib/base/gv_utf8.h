/*
 * gv_utf8 - reading UTF-8 that may be ill-formed.
 *
 * Well-formed is what table 3-7 of the Unicode Standard allows: no overlong forms, no surrogates,
 * nothing above U+10FFFF. Ill-formed bytes are grouped as the Standard recommends (section 3.9,
 * "substitution of maximal subparts"): a sequence that begins well and breaks off is one unit, each
 * other ill-formed byte is a unit of its own.
 *
 * Threads: pure functions.
 */
#ifndef GV_UTF8_H
#define GV_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Length in bytes of the first unit of [from, end), from < end: a well-formed character, and then
 * `*well_formed` is true, or one ill-formed unit. 0 if the bytes end inside what may become a
 * character: the caller then needs more bytes, or at the end of the text takes what is left (at
 * most 3 bytes) as one ill-formed unit.
 */
size_t gv_utf8_unit(const uint8_t *from, const uint8_t *end, bool *well_formed);

/* Length in bytes of the well-formed character of 2 or 3 bytes at the start of [from, end), from <
 * end, and the character; 0 if there is none. */
static inline size_t gv_utf8_decode(const uint8_t *from, const uint8_t *end, uint32_t *point)
{
    if (end - from >= 2 && from[0] >= 0xc2 && from[0] < 0xe0 && (from[1] & 0xc0) == 0x80) {
        *point = (uint32_t)(from[0] & 0x1f) << 6 | (from[1] & 0x3f);
        return 2;
    }
    if (end - from < 3 || (from[0] & 0xf0) != 0xe0 || (from[1] & 0xc0) != 0x80 ||
        (from[2] & 0xc0) != 0x80)
        return 0;
    uint32_t value = (uint32_t)(from[0] & 0x0f) << 12 | (uint32_t)(from[1] & 0x3f) << 6 |
                     (uint32_t)(from[2] & 0x3f);
    *point = value;
    /* no overlong forms, no surrogates */
    return value < 0x800 || (value >= 0xd800 && value < 0xe000) ? 0 : 3;
}

/* Write a character below 0x10000 at `to`, which has room for 3 bytes; returns the byte after
 * it. */
static inline char *gv_utf8_encode(char *to, uint32_t point)
{
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xc0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3f));
    } else {
        *to++ = (char)(0xe0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
        *to++ = (char)(0x80 | (point & 0x3f));
    }
    return to;
}

/* Are all `length` bytes well-formed? */
bool gv_utf8_valid(const char *text, size_t length);

/* The largest number of bytes, at most `limit`, after which the well-formed `text`, which is longer
 * than that, can be cut without splitting a character. */
size_t gv_utf8_cut(const char *text, size_t limit);

/* The first character of the NUL-terminated text at `*at`, which must not be empty; U+FFFD for an
 * ill-formed unit. `*at` moves behind it. */
uint32_t gv_utf8_next(const char **at);

#endif
