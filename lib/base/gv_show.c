#include "base/gv_show.h"

#include "base/gv_utf8.h"
#include <stdio.h>
#include <string.h>

bool gv_show_is_unsafe(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } unsafe[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c},
                  {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
                  {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        if (point >= unsafe[i].first && point <= unsafe[i].last)
            return true;
    return false;
}

size_t gv_show_character(char to[GV_SHOW_CHARACTER], const char **at)
{
    const char *start = *at;
    const uint8_t *from = (const uint8_t *)start;
    bool well_formed;
    const size_t rest = strnlen(start, 4);
    const size_t unit = gv_utf8_unit(from, from + rest, &well_formed);
    const size_t bytes = unit ? unit : rest;
    uint32_t point = gv_utf8_next(at);
    if (!unit || !well_formed) {
        size_t used = 0;
        for (size_t i = 0; i < bytes; i++)
            used += (size_t)snprintf(to + used, GV_SHOW_CHARACTER - used, "<%02X>", from[i]);
        return used;
    }
    if (gv_show_is_unsafe(point))
        return (size_t)snprintf(to, GV_SHOW_CHARACTER, "<U+%04X>", point);
    memcpy(to, start, bytes);
    to[bytes] = '\0';
    return bytes;
}

const char *gv_show_line(char *to, size_t size, const char *text)
{
    static const char rest[] = "...";
    size_t used = 0, cut = 0; /* cut: where the text can end before "..." */
    to[0] = '\0';
    while (*text) {
        char shown[GV_SHOW_CHARACTER];
        const size_t length = gv_show_character(shown, &text);
        if (used + length >= size) {
            memcpy(to + cut, rest, sizeof rest);
            return to;
        }
        memcpy(to + used, shown, length + 1);
        used += length;
        if (used + sizeof rest <= size)
            cut = used;
    }
    return to;
}
