/*
 * safetensors: 8 bytes length of a JSON header, the header, the numbers. One tensor `embedding`,
 * F32 [rows, dim]; in __metadata__ (strings only, by the format) the provenance, the checksum of
 * words and numbers, and the words as a JSON array in a string, so that the file is complete in
 * itself.
 *
 * Readers of the format refuse headers above 100 MB, so where the words would not fit they are left
 * out; such a file can be used with the words of vocab.txt, but not read back here.
 * The numbers begin at a multiple of 8 bytes (the header is padded by spaces).
 */
#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "config/gv_json.h"
#include "vectors/gv_vectors_internal.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_LIMIT = 100 * 1000 * 1000, KEPT_FOR_THE_REST = 4096, ROWS_PER_LOOK = 4096 };

/* --- the header ------------------------------------------------------------------------------- */

typedef struct text_buffer {
    char *bytes;
    size_t used, capacity;
} text_buffer;

static int put_bytes(text_buffer *buffer, const char *bytes, size_t n, gv_error *err)
{
    int status = gv_mem_reserve(&buffer->bytes, &buffer->capacity, buffer->used + n + 1, 1, err);
    if (status != GV_OK)
        return status;
    memcpy(buffer->bytes + buffer->used, bytes, n);
    buffer->used += n;
    buffer->bytes[buffer->used] = '\0';
    return GV_OK;
}

static int put_text(text_buffer *buffer, const char *text, gv_error *err)
{
    return put_bytes(buffer, text, strlen(text), err);
}

/* The text as the inside of a JSON string within `levels` strings: 1, or 2 for an element of an
 * array that is itself in a string, whose backslashes and quotes are escaped again. */
static int put_escaped(text_buffer *buffer, const char *text, int levels, gv_error *err)
{
    /* the longest is \\u001f with two backslashes, 7 bytes, and the NUL that sprintf writes behind
     * it */
    enum { LONGEST = 8 }; /* bytes of one escaped character */
    size_t length = strlen(text);
    int status = gv_mem_reserve(&buffer->bytes, &buffer->capacity,
                                buffer->used + LONGEST * length + 1, 1, err);
    if (status != GV_OK)
        return status;
    char *to = buffer->bytes + buffer->used;
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\')
            to += sprintf(to, levels == 2 ? "\\\\\\%c" : "\\%c", c);
        else if (c < 0x20)
            to += sprintf(to, levels == 2 ? "\\\\u%04x" : "\\u%04x", c);
        else
            *to++ = *p;
    }
    *to = '\0';
    buffer->used = (size_t)(to - buffer->bytes);
    return GV_OK;
}

static int put_words(text_buffer *buffer, const gv_vectors_source *source, const char *path,
                     gv_error *err)
{
    size_t before = buffer->used;
    int status = put_text(buffer, ",\"words\":\"[", err);
    for (size_t row = 0; status == GV_OK && row < source->rows; row++) {
        const char *word = source->word(source->context, row);
        status = gv_vectors_check_word(path, GV_FORMAT_SAFETENSORS, word, row, err);
        if (status == GV_OK)
            status = put_text(buffer, row == 0 ? "\\\"" : ",\\\"", err);
        if (status == GV_OK)
            status = put_escaped(buffer, word, 2, err);
        if (status == GV_OK)
            status = put_text(buffer, "\\\"", err);
        /* as if it had never begun: the header stays valid JSON without the key `words` */
        if (buffer->used > HEADER_LIMIT - KEPT_FOR_THE_REST) {
            buffer->used = before;
            return status;
        }
    }
    return status == GV_OK ? put_text(buffer, "]\"", err) : status;
}

/* A pass of its own, because the checksum is in the header, before the numbers. */
static int hash_rows(gv_hash *hash, const gv_vectors_source *source, gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    float *values = gv_mem_alloc(source->dim, sizeof *values, err);
    int status = hasher && values ? GV_OK : GV_E_MEMORY;
    for (size_t row = 0; status == GV_OK && row < source->rows; row++) {
        status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        source->vector(source->context, row, values);
        gv_vectors_swap(values, source->dim);
        gv_vectors_hash_row(hasher, source->word(source->context, row), values,
                            source->dim * sizeof(float));
    }
    if (status == GV_OK)
        *hash = gv_hash_state_digest(hasher);
    gv_mem_free(values);
    gv_hash_state_free(hasher);
    return status;
}

static int put_tensor(text_buffer *buffer, const gv_vectors_source *source, gv_error *err)
{
    char text[256];
    size_t bytes;
    int status = gv_vectors_bytes(&bytes, source->rows, source->dim, err);
    if (status != GV_OK)
        return status;
    snprintf(text, sizeof text,
             "},\"embedding\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],\"data_offsets\":[0,%zu]}}",
             source->rows, source->dim, bytes);
    status = put_text(buffer, text, err);
    /* the format allows spaces at the end of the header; the 8 bytes before it do not change the
     * alignment */
    while (status == GV_OK && buffer->used % 8 != 0)
        status = put_text(buffer, " ", err);
    return status;
}

static int make_header(text_buffer *buffer, const gv_vectors_source *source, const char *path,
                       gv_error *err)
{
    gv_hash hash;
    char hex[GV_HASH_HEX];
    int status = hash_rows(&hash, source, err);
    if (status != GV_OK)
        return status;
    gv_hash_hex(hash, hex);
    status =
        put_text(buffer, "{\"__metadata__\":{\"kind\":\"glovebox vectors\",\"xxh128\":\"", err);
    if (status == GV_OK)
        status = put_text(buffer, hex, err);
    if (status == GV_OK)
        status = put_text(buffer, "\",\"metadata\":\"", err);
    if (status == GV_OK)
        status = put_escaped(buffer, source->metadata ? source->metadata : "{}", 1, err);
    if (status == GV_OK)
        status = put_text(buffer, "\"", err);
    if (status == GV_OK)
        status = put_words(buffer, source, path, err);
    if (status == GV_OK)
        status = put_tensor(buffer, source, err);
    return status;
}

int gv_vectors_write_safetensors(const char *path, const gv_vectors_source *source, gv_error *err)
{
    text_buffer header = {0};
    gv_file_writer *out = NULL;
    uint8_t length[8];
    int status = make_header(&header, source, path, err);
    gv_bytes_put64(length, header.used);
    if (status == GV_OK)
        status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK)
        status = gv_file_writer_write(out, length, sizeof length, err);
    if (status == GV_OK)
        status = gv_file_writer_write(out, header.bytes, header.used, err);
    if (status == GV_OK)
        status = gv_vectors_put_rows(out, source, NULL, err);
    status = gv_file_writer_end(&out, status, err);
    gv_mem_free(header.bytes);
    return status;
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* What the header says. */
typedef struct tensor_file {
    gv_json *header, *words;         /* owned */
    const char *metadata, *checksum; /* borrowed, may be NULL */
    uint64_t rows, dim, data_offset;
} tensor_file;

static int bad_header(gv_file_reader *in, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is not a safetensors file of glovebox: %s",
                        gv_file_reader_path(in), what);
}

static int read_header(tensor_file *file, gv_file_reader *in, gv_error *err)
{
    uint8_t prefix[8];
    int status = gv_file_reader_seek(in, 0, err);
    if (status == GV_OK)
        status = gv_file_reader_read(in, prefix, sizeof prefix, err);
    if (status != GV_OK)
        return status;
    uint64_t length = gv_bytes_get64(prefix);
    /* the prefix was read, so the file is not shorter than it */
    if (length > HEADER_LIMIT || length > gv_file_reader_size(in) - sizeof prefix)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is truncated or damaged: it states a header of %" PRIu64 " bytes",
                            gv_file_reader_path(in), length);
    char *text = gv_mem_alloc(length, 1, err);
    status = text ? gv_file_reader_read(in, text, length, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_json_parse_if_valid(&file->header, text, length, err);
    if (status == GV_OK && !file->header)
        status = bad_header(in, "its header is not valid JSON", err);
    gv_mem_free(text);
    file->data_offset = sizeof prefix + length;
    return status;
}

static uint64_t get_number(const gv_json *array, size_t i)
{
    int64_t value = gv_json_int(gv_json_item(array, i));
    return value > 0 ? (uint64_t)value : 0;
}

/* Shape and place of the tensor, checked against the size of the file. */
static int parse_tensor(tensor_file *file, gv_file_reader *in, gv_error *err)
{
    const gv_json *tensor = gv_json_get(file->header, "embedding");
    const char *type = gv_json_text(gv_json_get(tensor, "dtype"));
    const gv_json *shape = gv_json_get(tensor, "shape");
    const gv_json *place = gv_json_get(tensor, "data_offsets");
    if (!type || strcmp(type, "F32") != 0 || gv_json_count(shape) != 2 || gv_json_count(place) != 2)
        return bad_header(in, "it has no tensor `embedding` of type F32 with two dimensions", err);
    file->rows = get_number(shape, 0);
    file->dim = get_number(shape, 1);
    uint64_t begin = get_number(place, 0), end = get_number(place, 1), bytes;
    if (__builtin_mul_overflow(file->rows, file->dim, &bytes) ||
        __builtin_mul_overflow(bytes, sizeof(float), &bytes) || end < begin || end - begin != bytes)
        return bad_header(in, "the shape of `embedding` does not match its offsets", err);
    /* data_offset is at most the file's size (read_header), so this does not wrap */
    if (end > gv_file_reader_size(in) - file->data_offset)
        return gv_error_set(
            err, GV_E_CORRUPT, "%s is truncated: found %" PRIu64 " bytes, expected %" PRIu64,
            gv_file_reader_path(in), gv_file_reader_size(in), file->data_offset + end);
    file->data_offset += begin;
    return GV_OK;
}

static int parse_metadata(tensor_file *file, gv_file_reader *in, gv_error *err)
{
    const gv_json *metadata = gv_json_get(file->header, "__metadata__");
    file->metadata = gv_json_text(gv_json_get(metadata, "metadata"));
    file->checksum = gv_json_text(gv_json_get(metadata, "xxh128"));
    const gv_json *text = gv_json_get(metadata, "words");
    if (gv_json_kind(text) != GV_JSON_TEXT)
        return bad_header(in,
                          "it has no words (its header would exceed 100 MB); use another format of "
                          "these vectors",
                          err);
    int status =
        gv_json_parse_if_valid(&file->words, gv_json_text(text), gv_json_text_length(text), err);
    if (status != GV_OK)
        return status;
    if (gv_json_count(file->words) != file->rows || gv_json_kind(file->words) != GV_JSON_ARRAY)
        return bad_header(in, "the number of words differs from the number of rows", err);
    return GV_OK;
}

static int take_row(gv_vectors_builder *builder, const tensor_file *file, gv_file_reader *in,
                    size_t row, gv_hash_state *hasher, gv_error *err)
{
    float *values;
    size_t bytes = builder->vectors->dim * sizeof(float);
    const gv_json *word = gv_json_item(file->words, row);
    if (gv_json_kind(word) != GV_JSON_TEXT)
        return bad_header(in, "a word is not a string", err);
    int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
    if (status == GV_OK)
        status = gv_vectors_builder_space(builder, &values, err);
    if (status == GV_OK)
        status = gv_file_reader_read(in, values, bytes, err);
    if (status != GV_OK)
        return status;
    gv_vectors_hash_row(hasher, gv_json_text(word), values, bytes);
    gv_vectors_swap(values, builder->vectors->dim);
    return gv_vectors_builder_add(builder, gv_json_text(word), gv_json_text_length(word), err);
}

static int take_rows(gv_vectors_builder *builder, const tensor_file *file, gv_file_reader *in,
                     gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    int status = hasher ? gv_file_reader_seek(in, file->data_offset, err) : GV_E_MEMORY;
    size_t row = 0;
    for (; status == GV_OK && row < file->rows && !gv_vectors_builder_full(builder); row++)
        status = take_row(builder, file, in, row, hasher, err);
    if (status == GV_OK && row == file->rows && file->checksum) {
        char hex[GV_HASH_HEX];
        gv_hash_hex(gv_hash_state_digest(hasher), hex);
        if (strcmp(hex, file->checksum) != 0)
            status = gv_error_set(
                err, GV_E_CORRUPT,
                "%s is damaged: words and numbers do not match the checksum in its header",
                gv_file_reader_path(in));
    }
    gv_hash_state_free(hasher);
    return status;
}

int gv_vectors_read_safetensors(gv_vectors **vectors, gv_file_reader *in,
                                const gv_vectors_options *options, gv_error *err)
{
    tensor_file file = {0};
    gv_vectors_builder builder = {0};
    int status = read_header(&file, in, err);
    if (status == GV_OK)
        status = parse_tensor(&file, in, err);
    if (status == GV_OK)
        status = parse_metadata(&file, in, err);
    if (status == GV_OK)
        status =
            gv_vectors_builder_begin(&builder, gv_file_reader_path(in), file.dim, options, err);
    if (status == GV_OK)
        status = take_rows(&builder, &file, in, err);
    if (status == GV_OK && file.metadata &&
        !(builder.vectors->metadata = gv_mem_strdup(file.metadata, err)))
        status = GV_E_MEMORY;
    gv_json_free(file.words);
    gv_json_free(file.header);
    return gv_vectors_builder_end(&builder, vectors, status, GV_FORMAT_SAFETENSORS, err);
}
