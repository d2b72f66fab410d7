/*
 * Recognising the format of a file by its first MiB: magic numbers for SQLite, safetensors, npy and
 * fastText; a first line of two whole numbers for word2vec, whose binary form does not continue
 * with lines of numbers; else text. File names do not matter.
 */
#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "vectors/gv_vectors_internal.h"
#include <string.h>

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
        const char *next, *line_end = gv_vectors_input_line_end(line, end, &next);
        if (!next && !sample->whole)
            break;
        if (!is_projector_line(line, (size_t)(line_end - line)))
            return false;
        line = next ? next : end;
    }
    return lines > 0;
}

/* Text or word2vec binary, or neither. */
static int detect_lines(enum gv_config_format *format, const gv_vectors_sample *sample,
                        const char *path, gv_error *err)
{
    if (is_projector(sample)) {
        *format = GV_FORMAT_PROJECTOR;
        return GV_OK;
    }
    gv_vectors_header header = gv_vectors_find_header(sample);
    size_t dim;
    int status = gv_vectors_text_dim(&dim, sample, &header, err);
    if (status != GV_OK)
        return status;
    /* a header alone is an empty file, of either format; text can be read that way */
    bool only_header = header.found && sample->whole && header.bytes == sample->n;
    *format = header.found && dim == 0 && !only_header ? GV_FORMAT_WORD2VEC : GV_FORMAT_TEXT;
    if (*format == GV_FORMAT_TEXT && dim == 0 && !only_header)
        return gv_vectors_refuse_text(sample, path, err);
    return GV_OK;
}

/* The formats that a magic number tells; 0: it must be lines, or word2vec's binary format. */
static int detect_magic(enum gv_config_format *format, const gv_vectors_sample *sample,
                        const char *path, gv_error *err)
{
    *format = 0;
    /* with the NUL that ends SQLite's magic string */
    if (starts_with(sample, "SQLite format 3", 16))
        *format = GV_FORMAT_SQLITE;
    else if (starts_with(sample, "\x93NUMPY", 6))
        *format = GV_FORMAT_NPY;
    else if (starts_with(sample, "\xba\x16\x4f\x2f", 4))
        *format = GV_FORMAT_FASTTEXT;
    else if (is_safetensors(sample))
        *format = GV_FORMAT_SAFETENSORS;
    return *format ? GV_OK : gv_vectors_refuse_foreign(sample, path, err);
}

static int read_word2vec(gv_vectors **vectors, gv_vectors_input *in,
                         const gv_vectors_sample *sample, const gv_vectors_options *options,
                         gv_error *err)
{
    gv_vectors_header header = gv_vectors_find_header(sample);
    if (!header.found)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s is not in word2vec's binary format: its first line is not `rows dim`",
            gv_vectors_input_path(in));
    return gv_vectors_read_word2vec(vectors, in, &header, options, err);
}

/* The formats that are read at any place of the file. */
static int read_file(gv_vectors **vectors, enum gv_config_format format, const char *path,
                     const gv_vectors_options *options, gv_error *err)
{
    if (format == GV_FORMAT_SQLITE)
        return gv_vectors_read_db(vectors, path, options, err);
    gv_file_reader *in = NULL;
    int status = gv_file_reader_open(&in, path, err);
    if (status == GV_OK && format == GV_FORMAT_SAFETENSORS)
        status = gv_vectors_read_safetensors(vectors, in, options, err);
    else if (status == GV_OK)
        status = gv_vectors_read_npy(vectors, in, options, err);
    gv_file_reader_close(in);
    return status;
}

static int read_format(gv_vectors **vectors, enum gv_config_format format, gv_vectors_input *in,
                       const gv_vectors_sample *sample, const gv_vectors_options *options,
                       gv_error *err)
{
    const char *path = gv_vectors_input_path(in);
    if (format == GV_FORMAT_TEXT)
        return gv_vectors_read_text(vectors, in, sample, options, err);
    if (format == GV_FORMAT_WORD2VEC)
        return read_word2vec(vectors, in, sample, options, err);
    if (format == GV_FORMAT_FASTTEXT)
        return gv_vectors_read_fasttext(vectors, in, options, err);
    if (format == GV_FORMAT_PROJECTOR)
        return gv_vectors_read_projector(vectors, in, sample, options, err);
    if (!gv_vectors_input_is_plain(in))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: %s cannot be read from a %s; write the decompressed bytes to a "
                            "file first",
                            path,
                            format == GV_FORMAT_SQLITE        ? "an SQLite database"
                            : format == GV_FORMAT_SAFETENSORS ? "a safetensors file"
                                                              : "an npy array",
                            "compressed file or a pipe");
    return read_file(vectors, format, path, options, err);
}

/* A byte order mark is not part of the first word. */
static int drop_mark(bool *mark, gv_vectors_sample *sample, gv_vectors_input *in, gv_error *err)
{
    static const char utf8_mark[] = "\xef\xbb\xbf";
    *mark = starts_with(sample, utf8_mark, 3);
    if (!*mark)
        return GV_OK;
    gv_vectors_input_skip(in, 3);
    return gv_vectors_take_sample(sample, in, err);
}

int gv_vectors_read_with(gv_vectors **vectors, const char *path, const gv_vectors_options *options,
                         gv_error *err)
{
    gv_vectors_input *in = NULL;
    gv_vectors_sample sample = {0};
    enum gv_config_format format = options->format;
    bool mark = false;
    *vectors = NULL;
    int status = gv_vectors_input_open(&in, path, err);
    if (status == GV_OK)
        status = gv_vectors_take_sample(&sample, in, err);
    if (status == GV_OK && !format)
        status = detect_magic(&format, &sample, path, err);
    if (status == GV_OK && (!format || format == GV_FORMAT_TEXT || format == GV_FORMAT_WORD2VEC ||
                            format == GV_FORMAT_PROJECTOR))
        status = drop_mark(&mark, &sample, in, err);
    if (status == GV_OK && !format)
        status = detect_lines(&format, &sample, path, err);
    if (status == GV_OK)
        status = read_format(vectors, format, in, &sample, options, err);
    if (status == GV_OK)
        (*vectors)->mark = mark;
    gv_vectors_input_close(in);
    return status;
}

int gv_vectors_read(gv_vectors **vectors, const char *path, size_t limit, gv_error *err)
{
    const gv_vectors_options options = {.limit = limit};
    return gv_vectors_read_with(vectors, path, &options, err);
}
