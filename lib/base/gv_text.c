#include "base/gv_text.h"

#include "base/gv_mem.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gv_text_add_bytes(gv_text *text, const void *bytes, size_t n)
{
    if (text->failed)
        return;
    if (gv_mem_reserve(&text->bytes, &text->capacity, text->used + n + 1, 1, NULL) != GV_OK) {
        text->failed = 1;
        return;
    }
    memcpy(text->bytes + text->used, bytes, n);
    text->used += n;
    text->bytes[text->used] = '\0';
}

void gv_text_add(gv_text *text, const char *string)
{
    gv_text_add_bytes(text, string, strlen(string));
}

void gv_text_printf(gv_text *text, const char *format, ...)
{
    char small[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (length < 0) {
        text->failed = 1;
    } else if ((size_t)length < sizeof small) {
        gv_text_add_bytes(text, small, (size_t)length);
    } else {
        char *large = gv_mem_alloc((size_t)length + 1, 1, NULL);
        if (large) {
            vsnprintf(large, (size_t)length + 1, format, again);
            gv_text_add_bytes(text, large, (size_t)length);
            gv_mem_free(large);
        } else {
            text->failed = 1;
        }
    }
    va_end(again);
}

void gv_text_real(gv_text *text, double value)
{
    if (!isfinite(value)) {
        gv_text_add(text, "null");
        return;
    }
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    gv_text_add(text, digits);
}

void gv_text_shell_word(gv_text *text, const char *word)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-./,=+:@%";
    if (*word != '\0' && word[strspn(word, harmless)] == '\0') {
        gv_text_add(text, word);
        return;
    }
    gv_text_add(text, "'");
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            gv_text_add(text, "'\\''");
        else
            gv_text_add_bytes(text, word, 1);
    }
    gv_text_add(text, "'");
}

int gv_text_take(char **string, gv_text *text, gv_error *err)
{
    *string = NULL;
    if (!text->failed && !text->bytes)
        gv_text_add_bytes(text, "", 0);
    if (text->failed) {
        gv_text_drop(text);
        return gv_error_set(err, GV_E_MEMORY, "out of memory for a text");
    }
    *string = text->bytes;
    *text = (gv_text)GV_TEXT_INIT;
    return GV_OK;
}

void gv_text_drop(gv_text *text)
{
    gv_mem_free(text->bytes);
    *text = (gv_text)GV_TEXT_INIT;
}
