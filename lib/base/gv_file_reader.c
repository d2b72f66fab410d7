#include "base/gv_file_reader.h"

#include "base/gv_amount.h"
#include "base/gv_file.h"
#include "base/gv_input.h"
#include "base/gv_mem.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 18 };

struct gv_file_reader {
    int fd;
    char *path;
    uint8_t *buffer;
    size_t begin, end; /* unread bytes of buffer */
    uint64_t size;
    char *line;
    size_t line_capacity;
};

void gv_file_reader_close(gv_file_reader *in)
{
    if (!in)
        return;
    if (in->fd >= 0)
        close(in->fd);
    gv_mem_free(in->line);
    gv_mem_free(in->buffer);
    gv_mem_free(in->path);
    gv_mem_free(in);
}

int gv_file_reader_open(gv_file_reader **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_file_reader *in = gv_mem_alloc_zero(1, sizeof *in, err);
    if (!in)
        return GV_E_MEMORY;
    in->fd = -1;
    int status = GV_E_MEMORY;
    if (!(in->path = gv_mem_strdup(path, err)) || !(in->buffer = gv_mem_alloc(BUFFER, 1, err)))
        goto failed;
    struct stat info;
    status = gv_input_open(&in->fd, path, err);
    if (status == GV_OK && fstat(in->fd, &info) != 0)
        status = gv_error_set_errno(err, "cannot read %s", path);
    if (status != GV_OK)
        goto failed;
    if (S_ISDIR(info.st_mode)) {
        status = gv_error_set(err, GV_E_IO, "cannot read %s: it is a directory", path);
        goto failed;
    }
    in->size = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
    *result = in;
    return GV_OK;
failed:
    gv_file_reader_close(in);
    return status;
}

static int fill(gv_file_reader *in, gv_error *err)
{
    size_t got;
    int status = gv_input_read(&got, in->fd, in->buffer, BUFFER, in->path, err);
    if (status == GV_OK && got == 0 && gv_file_ends_early(in->fd, in->size))
        status = gv_error_set(err, GV_E_CORRUPT, "%s: truncated: unexpected end of file", in->path);
    in->begin = 0;
    in->end = got;
    return status;
}

int gv_file_reader_read_some(gv_file_reader *in, void *data, size_t bytes, size_t *got,
                             gv_error *err)
{
    uint8_t *to = data;
    *got = 0;
    while (bytes > 0) {
        if (in->begin == in->end) {
            int status = fill(in, err);
            if (status != GV_OK)
                return status;
            if (in->end == 0)
                return GV_OK;
        }
        size_t part = in->end - in->begin;
        if (part > bytes)
            part = bytes;
        memcpy(to, in->buffer + in->begin, part);
        in->begin += part;
        to += part;
        bytes -= part;
        *got += part;
    }
    return GV_OK;
}

int gv_file_reader_read(gv_file_reader *in, void *data, size_t bytes, gv_error *err)
{
    size_t got;
    int status = gv_file_reader_read_some(in, data, bytes, &got, err);
    if (status == GV_OK && got != bytes)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: truncated: unexpected end of file", in->path);
    return status;
}

int gv_file_reader_line(gv_file_reader *in, char **line, size_t *length, gv_error *err)
{
    size_t used = 0;
    int found = 0;
    *line = NULL;
    *length = 0;
    while (!found) {
        if (in->begin == in->end) {
            int status = fill(in, err);
            if (status != GV_OK)
                return status;
            if (in->end == 0)
                break;
        }
        const uint8_t *from = in->buffer + in->begin;
        size_t left = in->end - in->begin;
        const uint8_t *newline = memchr(from, '\n', left);
        size_t part = newline ? (size_t)(newline - from) : left;
        int status = gv_mem_reserve(&in->line, &in->line_capacity, used + part + 1, 1, err);
        if (status != GV_OK)
            return status;
        memcpy(in->line + used, from, part);
        used += part;
        found = newline != NULL;
        in->begin += part + (size_t)found;
    }
    if (!found && used == 0)
        return GV_OK;
    in->line[used] = '\0';
    *line = in->line;
    *length = used;
    return GV_OK;
}

int gv_file_reader_seek(gv_file_reader *in, uint64_t offset, gv_error *err)
{
    in->begin = in->end = 0;
    if (lseek(in->fd, (off_t)offset, SEEK_SET) < 0)
        return gv_error_set_errno(err, "cannot seek in %s", in->path);
    return GV_OK;
}

int gv_file_reader_read_at(const gv_file_reader *in, void *data, size_t bytes, uint64_t offset,
                           gv_error *err)
{
    return gv_file_pread(in->fd, data, bytes, offset, in->path, err);
}

uint64_t gv_file_reader_size(const gv_file_reader *in)
{
    return in->size;
}

const char *gv_file_reader_path(const gv_file_reader *in)
{
    return in->path;
}

int gv_file_reader_whole(char **text, size_t *bytes, const char *path, size_t limit, gv_error *err)
{
    enum { PIECE = 1 << 16 };
    gv_file_reader *in = NULL;
    char most[GV_AMOUNT_TEXT];
    *text = NULL;
    *bytes = 0;
    int status = gv_file_reader_open(&in, path, err);
    size_t capacity = 0, got = 1;
    while (status == GV_OK && got > 0) {
        if (*bytes > limit) {
            status = gv_error_set(err, GV_E_CORRUPT, "%s: larger than %s", path,
                                  gv_amount_bytes(most, (double)limit));
            break;
        }
        status = gv_mem_reserve(text, &capacity, *bytes + PIECE + 1, 1, err);
        if (status == GV_OK)
            status = gv_file_reader_read_some(in, *text + *bytes, PIECE, &got, err);
        if (status == GV_OK)
            *bytes += got;
    }
    gv_file_reader_close(in);
    if (status != GV_OK) {
        gv_mem_free(*text);
        *text = NULL;
        return status;
    }
    (*text)[*bytes] = '\0';
    return GV_OK;
}

int gv_file_reader_whole_if_there(char **text, size_t *bytes, const char *path, size_t limit,
                                  gv_error *err)
{
    gv_file_stat look;
    *text = NULL;
    *bytes = 0;
    int status = gv_file_look(&look, path, err);
    return status == GV_OK && look.regular ? gv_file_reader_whole(text, bytes, path, limit, err)
                                           : status;
}

int gv_file_reader_hash(gv_hash *hash, const char *path, gv_error *err)
{
    enum { CHUNK = 1 << 20 };
    gv_file_reader *in = NULL;
    gv_hash_state *hasher = NULL;
    uint8_t *chunk = NULL;
    int status = gv_file_reader_open(&in, path, err);
    if (status != GV_OK)
        return status;
    status = GV_E_MEMORY;
    if (!(hasher = gv_hash_state_new(err)) || !(chunk = gv_mem_alloc(CHUNK, 1, err)))
        goto cleanup;
    size_t got;
    do {
        status = gv_file_reader_read_some(in, chunk, CHUNK, &got, err);
        if (status != GV_OK)
            goto cleanup;
        gv_hash_state_update(hasher, chunk, got);
    } while (got > 0);
    *hash = gv_hash_state_digest(hasher);
cleanup:
    gv_mem_free(chunk);
    gv_hash_state_free(hasher);
    gv_file_reader_close(in);
    return status;
}
