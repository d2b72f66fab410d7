#include "base/gv_utf8.h"

#include <string.h>

/* The rest of a character that starts with a given byte: `more` bytes follow, the first of them in
 * [low, high], the others in [80, bf]. `more` is 0 for a byte that starts nothing. */
typedef struct lead {
    uint8_t more, low, high;
} lead;

static lead lead_of(uint8_t byte)
{
    if (byte < 0xc2 || byte > 0xf4)
        return (lead){0, 0, 0};
    if (byte < 0xe0)
        return (lead){1, 0x80, 0xbf};
    if (byte < 0xf0) /* e0: no overlong forms; ed: no surrogates */
        return (lead){2, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf};
    /* f0: no overlong forms; f4: nothing above U+10FFFF */
    return (lead){3, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf};
}

size_t gv_utf8_unit(const uint8_t *from, const uint8_t *end, bool *well_formed)
{
    *well_formed = from[0] < 0x80;
    if (*well_formed)
        return 1;
    lead first = lead_of(from[0]);
    for (size_t i = 1; i <= first.more; i++) {
        if (from + i == end)
            return 0;
        uint8_t low = i == 1 ? first.low : 0x80, high = i == 1 ? first.high : 0xbf;
        if (from[i] < low || from[i] > high)
            return i;
    }
    *well_formed = first.more > 0;
    return 1 + (size_t)first.more;
}

bool gv_utf8_valid(const char *text, size_t length)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + length;
    while (at < end) {
        bool well_formed;
        size_t unit = gv_utf8_unit(at, end, &well_formed);
        if (unit == 0 || !well_formed)
            return false;
        at += unit;
    }
    return true;
}

size_t gv_utf8_cut(const char *text, size_t limit)
{
    while (limit > 0 && ((uint8_t)text[limit] & 0xc0) == 0x80)
        limit--;
    return limit;
}

uint32_t gv_utf8_next(const char **at)
{
    static const uint8_t lead_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const uint8_t *from = (const uint8_t *)*at;
    bool well_formed = false;
    size_t rest = strnlen(*at, 4);
    size_t bytes = gv_utf8_unit(from, from + rest, &well_formed);
    *at += bytes ? bytes : rest;
    if (!bytes || !well_formed)
        return 0xfffd;
    uint32_t letter = from[0] & lead_bits[bytes];
    for (size_t i = 1; i < bytes; i++)
        letter = letter << 6 | (from[i] & 0x3fu);
    return letter;
}
