#include "eval/gv_eval_text.h"

#include "base/gv_mem.h"
#include "data/gv_utf8.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

int gv_text_open(gv_text_buffer *buffer, gv_error *err)
{
    *buffer = (gv_text_buffer){0};
    buffer->stream = open_memstream(&buffer->text, &buffer->bytes);
    return buffer->stream ? GV_OK : gv_fail_errno(err, "cannot make a text buffer");
}

int gv_text_close(char **text, gv_text_buffer *buffer, gv_error *err)
{
    int failed = ferror(buffer->stream);
    *text = NULL;
    failed |= fclose(buffer->stream) != 0;
    if (!failed)
        *text = gv_strndup(buffer->text, buffer->bytes, err);
    free(buffer->text); /* it came from open_memstream */
    if (failed)
        return gv_fail(err, GV_E_MEMORY, "out of memory while writing a text");
    return *text ? GV_OK : GV_E_MEMORY;
}

void gv_text_discard(gv_text_buffer *buffer)
{
    if (buffer->stream)
        fclose(buffer->stream);
    free(buffer->text);
}

uint32_t gv_text_letter(const char **at)
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

static size_t letter_width(uint32_t letter)
{
    if (letter < 0x20 || letter == 0x7f)
        return 1;
    int8_t type = u_charType((UChar32)letter);
    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR)
        return 0;
    int32_t east = u_getIntPropertyValue((UChar32)letter, UCHAR_EAST_ASIAN_WIDTH);
    return east == U_EA_WIDE || east == U_EA_FULLWIDTH ? 2 : 1;
}

size_t gv_text_width(const char *text)
{
    size_t width = 0;
    while (*text != '\0')
        width += letter_width(gv_text_letter(&text));
    return width;
}

void gv_text_pad(FILE *out, const char *text, size_t width)
{
    size_t used = gv_text_width(text);
    while (*text != '\0') {
        const char *start = text;
        uint32_t letter = gv_text_letter(&text);
        if (letter == 0xfffd)
            fputs("\xef\xbf\xbd", out);
        else if (letter < 0x20 || letter == 0x7f)
            fputc('?', out);
        else
            fwrite(start, 1, (size_t)(text - start), out);
    }
    for (; used < width; used++)
        fputc(' ', out);
}

json_t *gv_text_json(const char *text)
{
    json_t *string = json_string(text);
    if (string)
        return string;
    const size_t length = strlen(text);
    char *clean = gv_alloc(3 * length + 1, 1, NULL), *to = clean;
    if (!clean)
        return NULL;
    while (*text != '\0') {
        const char *start = text;
        const int bad = gv_text_letter(&text) == 0xfffd;
        const size_t bytes = bad ? 3 : (size_t)(text - start);
        memcpy(to, bad ? "\xef\xbf\xbd" : start, bytes);
        to += bytes;
    }
    string = json_stringn(clean, (size_t)(to - clean));
    gv_free(clean);
    return string;
}
