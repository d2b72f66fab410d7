#include "text/gv_space.h"

#include "base/gv_show.h"
#include "base/gv_utf8.h"
#include <stdio.h>
#include <string.h>

bool gv_space_is(uint32_t point)
{
    return point == 0x0b || point == 0x0c || (point >= 0x1c && point <= 0x1f) || point == 0x85 ||
           point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200a) ||
           point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f ||
           point == 0x3000;
}

/* The bytes that all such characters begin with: nothing else needs to be decoded. A byte that
 * begins a character is never inside another one. */
static bool may_begin(uint8_t byte)
{
    return byte == 0x0b || byte == 0x0c || (byte >= 0x1c && byte <= 0x1f) || byte == 0xc2 ||
           (byte >= 0xe1 && byte <= 0xe3);
}

/* Bytes of the white space at the start of [at, end), 0 if there is none. */
static size_t space_at(const uint8_t *at, const uint8_t *end, uint32_t *point)
{
    if (!may_begin(*at))
        return 0;
    *point = *at;
    size_t bytes = *at < 0x80 ? 1 : gv_utf8_decode(at, end, point);
    return bytes > 0 && gv_space_is(*point) ? bytes : 0;
}

bool gv_space_find(const char *text, size_t length, uint32_t *point)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + length;
    uint32_t found;
    for (; at < end; at++) {
        if (space_at(at, end, &found) == 0)
            continue;
        if (point)
            *point = found;
        return true;
    }
    return false;
}

uint64_t gv_space_blank(uint8_t *text, size_t length)
{
    uint64_t blanked = 0;
    uint32_t point;
    for (size_t i = 0; i < length; i++) {
        size_t bytes = space_at(text + i, text + length, &point);
        if (bytes == 0)
            continue;
        memset(text + i, ' ', bytes);
        blanked++;
    }
    return blanked;
}

/* Characters that are not safe to show, and others of which nothing is seen: white space, marks of
 * zero width. */
static bool is_unseen(uint32_t point)
{
    return gv_show_is_unsafe(point) || gv_space_is(point) || point == 0xad ||
           (point >= 0x200b && point <= 0x200f) || (point >= 0x2060 && point <= 0x2064);
}

const char *gv_space_show(char to[GV_SPACE_SHOWN], const char *text, size_t length)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + length;
    size_t used = 0;
    to[0] = '\0';
    while (at < end) {
        if (used + GV_SHOW_CHARACTER >= GV_SPACE_SHOWN) {
            memcpy(to + used, "...", 4);
            break;
        }
        char unit[5] = "";
        const char *first = unit, *again = unit;
        bool well_formed;
        size_t bytes = gv_utf8_unit(at, end, &well_formed);
        bytes = bytes ? bytes : (size_t)(end - at);
        memcpy(unit, at, bytes);
        at += bytes;
        uint32_t point = *unit ? gv_utf8_next(&again) : 0;
        if (well_formed && is_unseen(point))
            used += (size_t)snprintf(to + used, GV_SHOW_CHARACTER, "<U+%04X>", point);
        else
            used += gv_show_character(to + used, &first);
    }
    return to;
}
