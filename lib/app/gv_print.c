#include "app/gv_print.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include "base/gv_utf8.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unistd.h>

int gv_print_open(gv_print_buffer *buffer, gv_error *err)
{
    *buffer = (gv_print_buffer){.failures = gv_mem_failures()};
    buffer->stream = open_memstream(&buffer->text, &buffer->bytes);
    return buffer->stream ? GV_OK : gv_error_set_errno(err, "cannot open a text buffer");
}

int gv_print_close(char **text, gv_print_buffer *buffer, gv_error *err)
{
    int failed = ferror(buffer->stream) || buffer->failures != gv_mem_failures();
    *text = NULL;
    failed |= fclose(buffer->stream) != 0;
    failed |= !buffer->text; /* glibc cuts it to its length, and reports no failure of that */
    if (!failed)
        *text = gv_mem_strndup(buffer->text, buffer->bytes, err);
    free(buffer->text); /* it came from open_memstream */
    if (failed)
        return gv_error_set(err, GV_E_MEMORY, "out of memory while writing a text");
    return *text ? GV_OK : GV_E_MEMORY;
}

int gv_print_send(const char *text, gv_error *err)
{
    if (fflush(stdout) != 0)
        return gv_error_set_errno(err, "cannot write to standard output");
    return gv_file_write(STDOUT_FILENO, text, strlen(text), "to standard output", err);
}

static size_t letter_width(uint32_t letter)
{
    int8_t type = u_charType((UChar32)letter);
    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR)
        return 0;
    int32_t east = u_getIntPropertyValue((UChar32)letter, UCHAR_EAST_ASIAN_WIDTH);
    return east == U_EA_WIDE || east == U_EA_FULLWIDTH ? 2 : 1;
}

size_t gv_print_width(const char *text)
{
    size_t width = 0;
    while (*text != '\0') {
        char shown[GV_SHOW_CHARACTER];
        const char *at = shown;
        gv_show_character(shown, &text);
        while (*at != '\0')
            width += letter_width(gv_utf8_next(&at));
    }
    return width;
}

void gv_print_pad(FILE *out, const char *text, size_t width)
{
    size_t used = gv_print_width(text);
    while (*text != '\0') {
        char shown[GV_SHOW_CHARACTER];
        gv_show_character(shown, &text);
        fputs(shown, out);
    }
    for (; used < width; used++)
        fputc(' ', out);
}
