/*
 * Writing safetensors: 8 bytes length of a JSON header, the header, the numbers. One tensor
 * `embedding`, F32 [rows, dim]; in __metadata__ (strings only, by the format) the provenance, the
 * checksum of words and numbers, and the words as a JSON array in a string, so that the file is
 * complete in itself.
 *
 * Readers of the format refuse headers above 100 MB, so where the words would not fit they are left
 * out; such a file is read with the words of vocab.txt.
 * The numbers begin at a multiple of 8 bytes (the header is padded by spaces).
 */
#include "base/gv_bytes.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
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
