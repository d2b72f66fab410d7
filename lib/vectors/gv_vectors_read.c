/*
 * Recognising the format of a file by its first MiB: magic numbers for SQLite, safetensors and npy;
 * a first line of two whole numbers for word2vec, whose binary form does not continue with lines of
 * numbers; else text. File names do not matter.
 */
#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "text/gv_stream.h"
#include "vectors/gv_vectors_internal.h"
#include <string.h>

enum { SAMPLE_BYTES = 1 << 20, SAMPLE_LIMIT = 1 << 28 };

static size_t count_newlines(const char *bytes, size_t n)
{
    size_t count = 0;
    const char *end = bytes + n;
    while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes)))) {
        bytes++;
        count++;
    }
    return count;
}

/* Read the start of the file: 1 MiB, or more where lines are so long that this is not two of them.
 */
static int take_sample(gv_vectors_sample *sample, gv_file_reader *in, gv_error *err)
{
    size_t want = SAMPLE_BYTES;
    for (;; want *= 4) {
        int status = gv_mem_resize(&sample->bytes, want + 1, 1, err);
        if (status != GV_OK)
            return status;
        size_t got = 0;
        status =
            gv_file_reader_read_some(in, sample->bytes + sample->n, want - sample->n, &got, err);
        if (status != GV_OK)
            return status;
        sample->n += got;
        sample->whole = sample->n < want;
        sample->bytes[sample->n] = '\0';
        /* a NUL says that the file is binary: there are no lines to wait for */
        if (sample->whole || want >= SAMPLE_LIMIT || memchr(sample->bytes, '\0', sample->n) ||
            count_newlines(sample->bytes, sample->n) >= 2)
            return GV_OK;
    }
}

static int starts_with(const gv_vectors_sample *sample, const char *magic, size_t bytes)
{
    return sample->n >= bytes && memcmp(sample->bytes, magic, bytes) == 0;
}

/* The format has no magic number: it begins with the length of a JSON object, 8 bytes
 * little-endian, so byte 8 is its brace. */
static int is_safetensors(const gv_vectors_sample *sample)
{
    return sample->n > 8 && sample->bytes[8] == '{' &&
           gv_bytes_get64((const uint8_t *)sample->bytes) <= UINT32_MAX;
}

/* Refuse files that users try by mistake, with advice. */
static int refuse_foreign(const gv_vectors_sample *sample, const char *path, gv_error *err)
{
    if (sample->n == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is empty", path);
    if (gv_stream_is_compressed((const uint8_t *)sample->bytes, sample->n) ||
        starts_with(sample, "PK\x03\x04", 4)) /* zip */
        return gv_error_set(err, GV_E_CORRUPT, "%s is compressed; decompress it first", path);
    if (starts_with(sample, "\xba\x16\x4f\x2f", 4))
        return gv_error_set(err, GV_E_CORRUPT, "%s is a fastText model; read its .vec file instead",
                            path);
    return GV_OK;
}

/* True if the line has a decimal fraction before its first tab, and no space. */
static bool is_projector_line(const char *line, size_t bytes)
{
    size_t first = 0;
    while (first < bytes && line[first] != '\t')
        first++;
    return first < bytes && !memchr(line, ' ', bytes) && memchr(line, '.', first) &&
           strspn(line, "+-.0123456789eE") == first;
}

/* The table of the embedding projector; read as text, its first numbers would become words. */
static bool is_projector(const gv_vectors_sample *sample)
{
    enum { LINES = 10 };
    const char *line = sample->bytes, *end = sample->bytes + sample->n;
    size_t lines = 0;
    for (; lines < LINES && line < end; lines++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline && !sample->whole)
            break;
        if (!is_projector_line(line, (size_t)((newline ? newline : end) - line)))
            return false;
        line = newline ? newline + 1 : end;
    }
    return lines > 0;
}

/* Text or word2vec binary, or neither. */
static int detect_lines(enum gv_config_format *format, const gv_vectors_sample *sample,
                        const char *path, gv_error *err)
{
    gv_vectors_header header = gv_vectors_find_header(sample);
    size_t dim;
    int status = gv_vectors_text_dim(&dim, sample, header.bytes, err);
    if (status != GV_OK)
        return status;
    /* a header alone is an empty file, of either format; text can be read that way */
    bool only_header = header.found && sample->whole && header.bytes == sample->n;
    *format = header.found && dim == 0 && !only_header ? GV_FORMAT_WORD2VEC : GV_FORMAT_TEXT;
    if (*format == GV_FORMAT_TEXT && dim == 0 && !only_header)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is not a vector file: neither lines of a word and numbers, nor "
                            "word2vec's binary format, SQLite or safetensors",
                            path);
    return GV_OK;
}

static int detect(enum gv_config_format *format, const gv_vectors_sample *sample, const char *path,
                  gv_error *err)
{
    int status = refuse_foreign(sample, path, err);
    if (status != GV_OK)
        return status;
    /* with the NUL that ends SQLite's magic string */
    if (starts_with(sample, "SQLite format 3", 16))
        *format = GV_FORMAT_SQLITE;
    else if (starts_with(sample, "\x93NUMPY", 6))
        *format = GV_FORMAT_NPY;
    else if (is_safetensors(sample))
        *format = GV_FORMAT_SAFETENSORS;
    else if (is_projector(sample))
        *format = GV_FORMAT_PROJECTOR;
    else
        return detect_lines(format, sample, path, err);
    return GV_OK;
}

static int read_word2vec(gv_vectors **vectors, gv_file_reader *in, const gv_vectors_sample *sample,
                         const gv_vectors_options *options, gv_error *err)
{
    gv_vectors_header header = gv_vectors_find_header(sample);
    if (!header.found)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s is not in word2vec's binary format: its first line is not `rows dim`",
            gv_file_reader_path(in));
    return gv_vectors_read_word2vec(vectors, in, &header, options, err);
}

static int read_format(gv_vectors **vectors, enum gv_config_format format, gv_file_reader *in,
                       const gv_vectors_sample *sample, const gv_vectors_options *options,
                       gv_error *err)
{
    switch (format) {
    case GV_FORMAT_TEXT:
        return gv_vectors_read_text(vectors, in, sample, options, err);
    case GV_FORMAT_WORD2VEC:
        return read_word2vec(vectors, in, sample, options, err);
    case GV_FORMAT_SQLITE:
        return gv_vectors_read_db(vectors, gv_file_reader_path(in), options, err);
    case GV_FORMAT_SAFETENSORS:
        return gv_vectors_read_safetensors(vectors, in, options, err);
    case GV_FORMAT_NPY:
        return gv_vectors_read_npy(vectors, in, options, err);
    case GV_FORMAT_PROJECTOR:
        break;
    }
    return gv_error_set(
        err, GV_E_USAGE,
        "%s: the projector format is write-only: its words are in another file; use another "
        "format of these vectors",
        gv_file_reader_path(in));
}

int gv_vectors_read_with(gv_vectors **vectors, const char *path, const gv_vectors_options *options,
                         gv_error *err)
{
    gv_file_reader *in = NULL;
    gv_vectors_sample sample = {0};
    *vectors = NULL;
    int status = gv_file_reader_open(&in, path, err);
    if (status == GV_OK)
        status = take_sample(&sample, in, err);
    enum gv_config_format format = options->format;
    if (status == GV_OK && !format)
        status = detect(&format, &sample, path, err);
    if (status == GV_OK)
        status = read_format(vectors, format, in, &sample, options, err);
    gv_mem_free(sample.bytes);
    gv_file_reader_close(in);
    return status;
}

int gv_vectors_read(gv_vectors **vectors, const char *path, size_t limit, gv_error *err)
{
    const gv_vectors_options options = {.limit = limit};
    return gv_vectors_read_with(vectors, path, &options, err);
}
