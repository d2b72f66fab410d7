#include "base/gv_tsv.h"

#include "base/gv_utf8.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char *escape_of(uint8_t byte)
{
    switch (byte) {
    case '\t':
        return "\\t";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\\':
        return "\\\\";
    case '"':
        return "\\\"";
    default:
        return NULL;
    }
}

void gv_tsv_field(gv_text *text, const char *field)
{
    const uint8_t *at = (const uint8_t *)field, *end = at + strlen(field);
    while (at < end) {
        const char *escape = escape_of(*at);
        bool well_formed = false;
        size_t n = gv_utf8_unit(at, end, &well_formed);
        if (n == 0) /* the text ends within a character */
            n = (size_t)(end - at);
        if (escape)
            gv_text_add(text, escape);
        else if (well_formed)
            gv_text_add_bytes(text, at, n);
        else
            for (size_t i = 0; i < n; i++)
                gv_text_printf(text, "\\x%02X", at[i]);
        at += n;
    }
}
