/*
 * A buffer of the stream's text. A line that lies within it is returned where it is; one that
 * crosses its end is put together in `line`. A CR that ends a line may have its LF in the next
 * piece: the LF is skipped when that piece comes, so that no line waits for another byte.
 */
#include "text/gv_lines.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "text/gv_kind.h"
#include "text/gv_stream.h"
#include <stdbool.h>
#include <string.h>

enum { BUFFER = 1 << 16 };

struct gv_lines {
    gv_stream *stream;
    char *buffer; /* BUFFER bytes, and one for a NUL */
    size_t begin, end;
    bool over;     /* the stream gave its last byte */
    bool after_cr; /* an LF that comes next belongs to the line before */
    char *line;
    size_t capacity;
    uint64_t number;
};

/* Does the beginning show that this is text, without waiting for more of it? A person who types
 * one line wants it to be read. */
static bool is_clear(const gv_lines *lines)
{
    const char *from = lines->buffer;
    size_t length = 0;
    for (size_t i = 0; i < lines->end; i++) {
        if (from[i] >= 0 && from[i] < 8)
            return false;
        if (from[i] == '\n' || from[i] == '\r')
            length = i;
    }
    return length > 0 && gv_utf8_valid(from, length);
}

/* Read enough to say whether it is text. */
static int look_at_start(gv_lines *lines, const char *path, gv_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    int status = GV_OK;
    size_t got = 1;
    while (status == GV_OK && got > 0 && lines->end < GV_KIND_BYTES && !is_clear(lines)) {
        status = gv_stream_read_some(lines->stream, lines->buffer + lines->end, BUFFER - lines->end,
                                     &got, err);
        lines->end += got;
    }
    lines->over = got == 0;
    if (status == GV_OK)
        status = gv_kind_check_text((const uint8_t *)lines->buffer, lines->end, path, err);
    if (lines->end >= 3 && memcmp(lines->buffer, mark, 3) == 0)
        lines->begin = 3;
    return status;
}

int gv_lines_open(gv_lines **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_lines *lines = gv_mem_alloc_zero(1, sizeof *lines, err);
    if (!lines)
        return GV_E_MEMORY;
    int status = GV_E_MEMORY;
    if ((lines->buffer = gv_mem_alloc(BUFFER + 1, 1, err)))
        status = gv_stream_open(&lines->stream, path, err);
    if (status == GV_OK)
        status = look_at_start(lines, strcmp(path, "-") == 0 ? "standard input" : path, err);
    if (status != GV_OK) {
        gv_lines_close(lines);
        return status;
    }
    *result = lines;
    return GV_OK;
}

void gv_lines_close(gv_lines *lines)
{
    if (!lines)
        return;
    gv_stream_close(lines->stream);
    gv_mem_free(lines->line);
    gv_mem_free(lines->buffer);
    gv_mem_free(lines);
}

/* Have unread text in the buffer, unless the stream is over. */
static int fill(gv_lines *lines, gv_error *err)
{
    if (lines->begin < lines->end || lines->over)
        return GV_OK;
    lines->begin = lines->end = 0;
    int status = gv_stream_read_some(lines->stream, lines->buffer, BUFFER, &lines->end, err);
    lines->over = lines->end == 0;
    return status;
}

/* First LF or CR of [from, end), or NULL. */
static char *find_end(char *from, const char *end)
{
    char *newline = memchr(from, '\n', (size_t)(end - from));
    char *cr = memchr(from, '\r', (size_t)((newline ? newline : end) - from));
    return cr ? cr : newline;
}

static int append(gv_lines *lines, size_t used, const char *from, size_t length, gv_error *err)
{
    int status = gv_mem_reserve(&lines->line, &lines->capacity, used + length + 1, 1, err);
    if (status == GV_OK)
        memcpy(lines->line + used, from, length);
    return status;
}

int gv_lines_next(gv_lines *lines, char **line, size_t *length, gv_error *err)
{
    size_t used = 0; /* bytes of the line that are in lines->line */
    *line = NULL;
    *length = 0;
    for (;;) {
        int status = fill(lines, err);
        if (status != GV_OK)
            return status;
        char *from = lines->buffer + lines->begin;
        size_t left = lines->end - lines->begin;
        if (left > 0 && lines->after_cr) {
            lines->after_cr = false;
            if (*from == '\n') {
                lines->begin++;
                continue;
            }
        }
        char *end = left > 0 ? find_end(from, from + left) : NULL;
        size_t part = end ? (size_t)(end - from) : left;
        if (left == 0 && used == 0)
            return GV_OK;
        if (end)
            lines->after_cr = *end == '\r';
        lines->begin += part + (end != NULL);
        if (end && used == 0) { /* within the buffer */
            *line = from;
        } else {
            status = append(lines, used, from, part, err);
            if (status != GV_OK)
                return status;
            *line = lines->line;
        }
        used += part;
        if (end || left == 0)
            break;
    }
    (*line)[used] = '\0';
    *length = used;
    lines->number++;
    return GV_OK;
}

uint64_t gv_lines_number(const gv_lines *lines)
{
    return lines->number;
}
