/*
 * A buffer before a gv_stream. Looking ahead makes the buffer as large as it must be; reading goes
 * on from the same buffer, so that nothing is ever read twice and a pipe will do.
 */
#include "vectors/gv_vectors_input.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "text/gv_stream.h"
#include <string.h>
#include <sys/stat.h>

enum { BUFFER = 1 << 18 };

struct gv_vectors_input {
    gv_stream *stream;
    char *path;
    char *buffer; /* [capacity + 1] */
    size_t capacity;
    size_t begin, end; /* unread bytes of the buffer */
    bool ended;        /* the stream has no more */
    bool plain;
    bool member; /* the content is the one file in a zip archive */
    uint64_t size;
    char *line;
    size_t line_capacity;
};

/* Members of archives are read whatever they hold: what that is, is seen later. */
static const gv_strings all_names;
static const gv_stream_options any_member = {.pattern = &all_names, .binary = true};

/* Is it a zip archive of one file, which then stands for it? Others are not opened as archives. */
static int look_for_member(bool *single, const char *path, gv_error *err)
{
    gv_stream *stream = NULL;
    bool more = false;
    gv_error local = GV_ERROR_INIT;
    int status = gv_stream_open_corpus(&stream, path, &any_member, &local);
    if (status == GV_OK)
        status = gv_stream_next_member(stream, &more, &local);
    gv_stream_close(stream);
    *single = status == GV_OK && !more;
    /* whatever else is wrong with the archive is said when its first bytes are looked at */
    return status == GV_E_MEMORY ? gv_error_set(err, status, "%s", local.text) : GV_OK;
}

/* Does a regular file begin as compressed ones do, or is it a zip archive? */
static int look_inside(bool *compressed, bool *zip, const char *path, gv_error *err)
{
    uint8_t start[GV_STREAM_MAGIC_BYTES];
    size_t n = 0;
    gv_file_reader *file = NULL;
    int status = gv_file_reader_open(&file, path, err);
    if (status == GV_OK)
        status = gv_file_reader_read_some(file, start, sizeof start, &n, err);
    gv_file_reader_close(file);
    *compressed = gv_stream_is_compressed(start, n);
    *zip = n >= 4 && memcmp(start, "PK\3\4", 4) == 0;
    return status;
}

/* What can be known before the stream is opened; a pipe must not be opened twice. */
static int look_at(gv_vectors_input *in, const char *path, gv_error *err)
{
    struct stat info;
    in->size = UINT64_MAX;
    if (strcmp(path, "-") == 0)
        return GV_OK;
    if (stat(path, &info) != 0)
        return gv_error_set_errno(err, "cannot read %s", path);
    if (S_ISDIR(info.st_mode))
        return gv_error_set(err, GV_E_IO, "cannot read %s: it is a directory", path);
    if (!S_ISREG(info.st_mode))
        return GV_OK;
    bool compressed, zip;
    int status = look_inside(&compressed, &zip, path, err);
    if (status == GV_OK && zip)
        status = look_for_member(&in->member, path, err);
    in->plain = !compressed && !in->member;
    if (in->plain)
        in->size = (uint64_t)info.st_size;
    return status;
}

int gv_vectors_input_open(gv_vectors_input **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_vectors_input *in = gv_mem_alloc_zero(1, sizeof *in, err);
    if (!in)
        return GV_E_MEMORY;
    in->path = gv_mem_strdup(path, err);
    int status = in->path ? look_at(in, path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = in->member ? gv_stream_open_corpus(&in->stream, path, &any_member, err)
                            : gv_stream_open(&in->stream, path, err);
    if (status != GV_OK) {
        gv_vectors_input_close(in);
        return status;
    }
    *result = in;
    return GV_OK;
}

void gv_vectors_input_close(gv_vectors_input *in)
{
    if (!in)
        return;
    gv_stream_close(in->stream);
    gv_mem_free(in->line);
    gv_mem_free(in->buffer);
    gv_mem_free(in->path);
    gv_mem_free(in);
}

const char *gv_vectors_input_path(const gv_vectors_input *in)
{
    return in->path;
}

bool gv_vectors_input_is_plain(const gv_vectors_input *in)
{
    return in->plain;
}

uint64_t gv_vectors_input_size(const gv_vectors_input *in)
{
    return in->size;
}

/* Have at least `want` unread bytes in the buffer, if the stream still has them. */
static int fill(gv_vectors_input *in, size_t want, gv_error *err)
{
    if (in->end - in->begin >= want || in->ended)
        return GV_OK;
    if (in->begin > 0) {
        memmove(in->buffer, in->buffer + in->begin, in->end - in->begin);
        in->end -= in->begin;
        in->begin = 0;
    }
    if (want > in->capacity || !in->buffer) {
        size_t capacity = want > BUFFER ? want : BUFFER;
        int status = gv_mem_resize(&in->buffer, capacity + 1, 1, err);
        if (status != GV_OK)
            return status;
        in->capacity = capacity;
    }
    size_t got, room = in->capacity - in->end;
    uint64_t disk;
    int status = gv_stream_read(in->stream, in->buffer + in->end, room, &got, &disk, err);
    in->end += got;
    in->ended = got < room;
    return status;
}

int gv_vectors_input_peek(gv_vectors_input *in, size_t want, char **bytes, size_t *n, gv_error *err)
{
    int status = fill(in, want, err);
    if (status != GV_OK)
        return status;
    *bytes = in->buffer + in->begin;
    *n = in->end - in->begin;
    (*bytes)[*n] = '\0';
    return GV_OK;
}

void gv_vectors_input_skip(gv_vectors_input *in, size_t bytes)
{
    in->begin += bytes;
}

int gv_vectors_input_read_some(gv_vectors_input *in, void *data, size_t bytes, size_t *got,
                               gv_error *err)
{
    *got = 0;
    while (bytes > 0) {
        int status = fill(in, 1, err);
        if (status != GV_OK)
            return status;
        size_t part = in->end - in->begin < bytes ? in->end - in->begin : bytes;
        if (part == 0)
            return GV_OK;
        memcpy((char *)data + *got, in->buffer + in->begin, part);
        in->begin += part;
        *got += part;
        bytes -= part;
    }
    return GV_OK;
}

int gv_vectors_input_read(gv_vectors_input *in, void *data, size_t bytes, gv_error *err)
{
    size_t got;
    int status = gv_vectors_input_read_some(in, data, bytes, &got, err);
    if (status == GV_OK && got != bytes)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: truncated: unexpected end of file", in->path);
    return status;
}

/* Does the CR at `cr`, which no LF follows, end a line? In the first field, which began before
 * `start` if `used` is not 0, it is a part of the word, as some words of GloVe's largest file have
 * it: a line of vectors has a second field. */
static bool ends_line(const char *cr, const char *start, bool used, bool fields)
{
    size_t n = (size_t)(cr - start);
    return fields || (n == 0 && !used) || memchr(start, ' ', n) || memchr(start, '\t', n);
}

/* gv_vectors_input_line_end for a line of which there is more before `start` if `used`, and
 * `fields` if that has a blank. */
static const char *line_end_after(const char *start, const char *end, bool used, bool fields,
                                  const char **next)
{
    const char *line_end = memchr(start, '\n', (size_t)(end - start));
    const char *stop = line_end ? line_end : end, *cr = start;
    *next = line_end ? line_end + 1 : NULL;
    for (; (cr = memchr(cr, '\r', (size_t)(stop - cr))); cr++) {
        const char *after = cr;
        while (after < stop && *after == '\r')
            after++;
        /* CR LF is one end, as is CR CR LF */
        if (after == line_end)
            return cr;
        if (ends_line(cr, start, used, fields)) {
            *next = cr + 1;
            return cr;
        }
    }
    return stop;
}

const char *gv_vectors_input_line_end(const char *start, const char *end, const char **next)
{
    return line_end_after(start, end, false, false, next);
}

/* Append bytes to the line under construction. */
static int append(gv_vectors_input *in, size_t *used, size_t bytes, gv_error *err)
{
    int status = gv_mem_reserve(&in->line, &in->line_capacity, *used + bytes + 1, 1, err);
    if (status != GV_OK)
        return status;
    memcpy(in->line + *used, in->buffer + in->begin, bytes);
    *used += bytes;
    in->line[*used] = '\0';
    return GV_OK;
}

int gv_vectors_input_line(gv_vectors_input *in, gv_vectors_input_text *line, gv_error *err)
{
    size_t used = 0;
    bool fields = false; /* what was used has a blank */
    *line = (gv_vectors_input_text){.open = true};
    while (line->open) {
        int status = fill(in, 1, err);
        if (status != GV_OK)
            return status;
        const char *from = in->buffer + in->begin, *end = in->buffer + in->end, *next;
        if (in->begin == in->end) {
            if (used == 0)
                return GV_OK; /* the end of the input: line->text is NULL */
            break;
        }
        const char *line_end = line_end_after(from, end, used > 0, fields, &next);
        status = append(in, &used, (size_t)(line_end - from), err);
        if (status != GV_OK)
            return status;
        line->open = next == NULL;
        fields = line->open && (memchr(in->line, ' ', used) || memchr(in->line, '\t', used));
        line->cr = line_end < end && *line_end == '\r';
        in->begin += (size_t)((next ? next : end) - from);
        /* the LF of a CR LF may be the first byte that is not yet in the buffer */
        if (line->cr && next == end && line_end + 1 == end) {
            status = fill(in, 1, err);
            if (status != GV_OK)
                return status;
            if (in->begin < in->end && in->buffer[in->begin] == '\n')
                in->begin++;
        }
    }
    /* the CR of a CR LF may have been the last byte that was in the buffer; or that of the file */
    while (used > 0 && in->line[used - 1] == '\r') {
        in->line[--used] = '\0';
        line->cr = true;
        line->open = false;
    }
    line->text = in->line;
    line->length = used;
    return GV_OK;
}
