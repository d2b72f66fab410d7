#include "vectors/gv_embed_file.h"

#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    VERSION = 1,
    HEADER = 104,
    CHECKSUM = 8,
    HAS_COMPONENT = 1,
    HAS_TRANSFORM = 2,
    STORE_HASH_CHARS = GV_HASH_HEX - 1,
    DIM_MAX = 1 << 14
};

static const uint8_t magic[8] = {'G', 'V', 'E', 'M', 'B', 'D', '\r', '\n'};

#define FILE_MAX (HEADER + (size_t)DIM_MAX * (DIM_MAX + 1) * sizeof(double) + CHECKSUM)

void gv_embed_file_clear(gv_embed_file *file)
{
    gv_mem_free(file->component);
    gv_mem_free(file->transform);
    *file = (gv_embed_file){0};
}

static size_t numbers(const gv_embed_file *file, unsigned parts)
{
    const size_t dim = file->dim;
    return (parts & HAS_COMPONENT ? dim : 0) + (parts & HAS_TRANSFORM ? dim * dim : 0);
}

/* --- writing ---------------------------------------------------------------------------------- */

static uint8_t *put_numbers(uint8_t *to, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++, to += sizeof(double)) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        gv_bytes_put64(to, bits);
    }
    return to;
}

static void put_hash(uint8_t *to, gv_hash hash)
{
    gv_bytes_put64(to, hash.low);
    gv_bytes_put64(to + 8, hash.high);
}

int gv_embed_file_write(const gv_embed_file *file, const char *path, gv_error *err)
{
    const unsigned parts =
        (file->component ? HAS_COMPONENT : 0u) | (file->transform ? HAS_TRANSFORM : 0u);
    const size_t bytes = HEADER + numbers(file, parts) * sizeof(double) + CHECKSUM;
    uint8_t *data = gv_mem_alloc_zero(bytes, 1, err);
    if (!data)
        return GV_E_MEMORY;
    memcpy(data, magic, sizeof magic);
    gv_bytes_put32(data + 8, VERSION);
    gv_bytes_put32(data + 12, file->dim);
    gv_bytes_put32(data + 16, parts);
    put_hash(data + 24, file->vectors);
    if (file->component)
        put_hash(data + 40, file->counts);
    if (file->transform) {
        memcpy(data + 56, file->store, STORE_HASH_CHARS);
        gv_bytes_put64(data + 88, file->used);
    }
    uint8_t *at = put_numbers(data + HEADER, file->component, file->component ? file->dim : 0);
    at = put_numbers(at, file->transform, file->transform ? (size_t)file->dim * file->dim : 0);
    gv_bytes_put64(at, gv_hash_64(data, bytes - CHECKSUM, 0));
    int status = gv_file_writer_whole(path, data, bytes, err);
    gv_mem_free(data);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool get_numbers(double *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++, from += sizeof(double)) {
        const uint64_t bits = gv_bytes_get64(from);
        memcpy(&to[i], &bits, sizeof bits);
        if (!isfinite(to[i]))
            return false;
    }
    return true;
}

static gv_hash get_hash(const uint8_t *from)
{
    return (gv_hash){gv_bytes_get64(from), gv_bytes_get64(from + 8)};
}

/* What is wrong with the header (static), or NULL. */
static const char *check(const uint8_t *data, size_t bytes)
{
    if (bytes < HEADER + CHECKSUM || memcmp(data, magic, sizeof magic) != 0)
        return "is not a file of glove-embed";
    if (gv_bytes_get32(data + 8) != VERSION)
        return "is of another version of glove-embed";
    const gv_embed_file about = {.dim = gv_bytes_get32(data + 12)};
    const unsigned parts = gv_bytes_get32(data + 16);
    if (about.dim == 0 || about.dim > DIM_MAX || parts > (HAS_COMPONENT | HAS_TRANSFORM) ||
        bytes != HEADER + numbers(&about, parts) * sizeof(double) + CHECKSUM)
        return "is truncated or damaged";
    if (gv_bytes_get64(data + bytes - CHECKSUM) != gv_hash_64(data, bytes - CHECKSUM, 0))
        return "is damaged: wrong checksum";
    return NULL;
}

/* Take the parts from a file whose header was checked. */
static int take(gv_embed_file *file, const uint8_t *data, const char *path, gv_error *err)
{
    const unsigned parts = gv_bytes_get32(data + 16);
    const uint8_t *at = data + HEADER;
    bool sound = true;
    file->dim = gv_bytes_get32(data + 12);
    file->vectors = get_hash(data + 24);
    const size_t dim = file->dim;
    if (parts & HAS_COMPONENT) {
        file->counts = get_hash(data + 40);
        if (!(file->component = gv_mem_alloc(dim, sizeof(double), err)))
            return GV_E_MEMORY;
        sound = get_numbers(file->component, at, dim);
        at += dim * sizeof(double);
    }
    if (parts & HAS_TRANSFORM) {
        memcpy(file->store, data + 56, STORE_HASH_CHARS);
        file->store[STORE_HASH_CHARS] = '\0';
        file->used = gv_bytes_get64(data + 88);
        if (!(file->transform = gv_mem_alloc(dim * dim, sizeof(double), err)))
            return GV_E_MEMORY;
        sound = sound && get_numbers(file->transform, at, dim * dim);
    }
    return sound ? GV_OK
                 : gv_error_set(err, GV_E_CORRUPT, "%s is damaged: a number is not finite", path);
}

int gv_embed_file_read(gv_embed_file *file, const char *path, gv_error *err)
{
    char *data = NULL;
    size_t bytes = 0;
    *file = (gv_embed_file){0};
    int status = gv_file_reader_whole(&data, &bytes, path, FILE_MAX, err);
    const char *fault = status == GV_OK ? check((const uint8_t *)data, bytes) : NULL;
    if (fault)
        status = gv_error_set(err, GV_E_CORRUPT, "%s %s", path, fault);
    if (status == GV_OK)
        status = take(file, (const uint8_t *)data, path, err);
    if (status != GV_OK)
        gv_embed_file_clear(file);
    gv_mem_free(data);
    return status;
}
