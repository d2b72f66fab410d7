/*
 * subwords.bin: a header with a checksum of its own that states all sizes, the sections, and the
 * checksum of everything. So the size of the file is known to fit before anything is allocated, and
 * nothing is believed that the checksum does not cover.
 */
#include "subword/gv_subwords_internal.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <string.h>

enum { FORMAT_VERSION = 1, HEADER_BYTES = 80, ALIGNMENT = 64, HASH_BYTES = 16, PIECE = 1 << 16 };

static const uint8_t magic[8] = {'G', 'V', 'S', 'U', 'B', 'W', '\r', '\n'};

#define ADVICE "delete it; glove-train makes it again"

/* The bytes of each section, which follow from the header. */
typedef struct sizes {
    uint64_t metadata, offset, end, text, probe_text, probe_vector, padding, row;
} sizes;

static uint64_t total(const sizes *s)
{
    return HEADER_BYTES + s->metadata + s->offset + s->end + s->text + s->probe_text +
           s->probe_vector + s->padding + s->row + HASH_BYTES;
}

/* With dim and counts within their limits nothing overflows as long as the texts do not. */
static sizes sizes_of(const gv_subwords_parts *parts, uint64_t metadata, uint64_t text,
                      uint64_t probe_text)
{
    sizes s = {.metadata = metadata,
               .offset = parts->dim * sizeof(float),
               .end = parts->count * sizeof(uint32_t),
               .text = text,
               .probe_text = probe_text,
               .probe_vector = parts->probes * parts->dim * sizeof(float),
               .row = parts->count * parts->dim * sizeof(float)};
    s.padding = (ALIGNMENT - (total(&s) - s.row - HASH_BYTES) % ALIGNMENT) % ALIGNMENT;
    return s;
}

/* --- writing ---------------------------------------------------------------------------------- */

static size_t text_bytes(const gv_subwords_parts *parts)
{
    return parts->count > 0 ? parts->end[parts->count - 1] : 0;
}

static uint64_t probe_text_bytes(const gv_subwords_parts *parts)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < parts->probes; i++)
        bytes += strlen(parts->probe_word[i]) + 1;
    return bytes;
}

static sizes sizes_of_parts(const gv_subwords_parts *parts)
{
    return sizes_of(parts, strlen(parts->metadata), text_bytes(parts), probe_text_bytes(parts));
}

uint64_t gv_subwords_file_bytes(const gv_subwords_parts *parts)
{
    const sizes s = sizes_of_parts(parts);
    return total(&s);
}

static void put_header(uint8_t to[HEADER_BYTES], const gv_subwords_parts *parts, const sizes *s)
{
    const gv_subwords_settings *settings = &parts->settings;
    memcpy(to, magic, sizeof magic);
    gv_bytes_put32(to + 8, FORMAT_VERSION);
    gv_bytes_put32(to + 12, (uint32_t)parts->dim);
    gv_bytes_put32(to + 16, (uint32_t)parts->count);
    gv_bytes_put32(to + 20, settings->min_n);
    gv_bytes_put32(to + 24, settings->max_n);
    gv_bytes_put32(to + 28, settings->min_words);
    gv_bytes_put_double(to + 32, settings->ridge);
    gv_bytes_put_double(to + 40, settings->shrink);
    gv_bytes_put64(to + 48, s->text);
    gv_bytes_put32(to + 56, (uint32_t)parts->probes);
    gv_bytes_put32(to + 60, (uint32_t)s->probe_text);
    gv_bytes_put64(to + 64, s->metadata);
    gv_bytes_put64(to + 72, gv_hash_64(to, 72, 0));
}

/* `n` numbers of 32 bits, little-endian in the file. */
static int put_numbers(gv_file_writer *out, const void *numbers, size_t n, gv_error *err)
{
    const char *from = numbers;
    uint8_t piece[PIECE];
    int status = GV_OK;
    while (status == GV_OK && n > 0) {
        size_t some = n < PIECE / 4 ? n : PIECE / 4;
        for (size_t i = 0; i < some; i++) {
            uint32_t bits;
            memcpy(&bits, from + 4 * i, sizeof bits);
            gv_bytes_put32(piece + 4 * i, bits);
        }
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, piece, 4 * some, err);
        from += 4 * some;
        n -= some;
    }
    return status;
}

static int put_probe_words(gv_file_writer *out, const gv_subwords_parts *parts, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < parts->probes; i++)
        status =
            gv_file_writer_write(out, parts->probe_word[i], strlen(parts->probe_word[i]) + 1, err);
    return status;
}

static int put_hash(gv_file_writer *out, gv_error *err)
{
    uint8_t bytes[HASH_BYTES];
    const gv_hash hash = gv_file_writer_hash(out);
    gv_bytes_put64(bytes, hash.low);
    gv_bytes_put64(bytes + 8, hash.high);
    return gv_file_writer_write(out, bytes, sizeof bytes, err);
}

int gv_subwords_write(const char *path, const gv_subwords_parts *parts, gv_error *err)
{
    const sizes s = sizes_of_parts(parts);
    static const uint8_t zeros[ALIGNMENT];
    uint8_t header[HEADER_BYTES];
    put_header(header, parts, &s);
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK)
        status = gv_file_writer_write(out, header, sizeof header, err);
    if (status == GV_OK)
        status = gv_file_writer_write(out, parts->metadata, s.metadata, err);
    if (status == GV_OK)
        status = put_numbers(out, parts->offset, parts->dim, err);
    if (status == GV_OK)
        status = put_numbers(out, parts->end, parts->count, err);
    if (status == GV_OK)
        status = gv_file_writer_write(out, parts->text, s.text, err);
    if (status == GV_OK)
        status = put_probe_words(out, parts, err);
    if (status == GV_OK)
        status = put_numbers(out, parts->probe_vector, parts->probes * parts->dim, err);
    if (status == GV_OK)
        status = gv_file_writer_write(out, zeros, s.padding, err);
    if (status == GV_OK)
        status = put_numbers(out, parts->row, parts->count * parts->dim, err);
    if (status == GV_OK)
        status = put_hash(out, err);
    return gv_file_writer_end(&out, status, err);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A file on its way into memory. */
typedef struct input {
    gv_file_reader *file;
    gv_hash_state *hasher;
} input;

static int damaged(const input *in, const char *how, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is damaged (%s); " ADVICE,
                        gv_file_reader_path(in->file), how);
}

static int get(input *in, void *to, size_t bytes, gv_error *err)
{
    char *at = to;
    int status = GV_OK;
    while (status == GV_OK && bytes > 0) {
        size_t some = bytes < PIECE * 16 ? bytes : PIECE * 16;
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_file_reader_read(in->file, at, some, err);
        if (status == GV_OK)
            gv_hash_state_update(in->hasher, at, some);
        at += some;
        bytes -= some;
    }
    return status;
}

static int get_numbers(input *in, void *to, size_t n, gv_error *err)
{
    int status = get(in, to, 4 * n, err);
#if __BYTE_ORDER == __BIG_ENDIAN
    for (size_t i = 0; status == GV_OK && i < n; i++) {
        uint32_t bits = gv_bytes_get32((uint8_t *)to + 4 * i);
        memcpy((char *)to + 4 * i, &bits, sizeof bits);
    }
#endif
    return status;
}

/* A section of text of its own, with a NUL behind it. */
static int get_text(char **text, input *in, uint64_t bytes, gv_error *err)
{
    if (!(*text = gv_mem_alloc(bytes + 1, 1, err)))
        return GV_E_MEMORY;
    (*text)[bytes] = '\0';
    return get(in, *text, bytes, err);
}

static int get_header(gv_subwords_parts *parts, sizes *s, input *in, gv_error *err)
{
    uint8_t from[HEADER_BYTES];
    const char *path = gv_file_reader_path(in->file);
    uint64_t size = gv_file_reader_size(in->file);
    if (size < sizeof from + HASH_BYTES)
        return gv_error_set(err, GV_E_CORRUPT, "%s is no file of subword vectors; " ADVICE, path);
    int status = get(in, from, sizeof from, err);
    if (status != GV_OK)
        return status;
    if (memcmp(from, magic, sizeof magic) != 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is no file of subword vectors; " ADVICE, path);
    if (gv_bytes_get32(from + 8) != FORMAT_VERSION)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has format version %u, but this program reads version %d; " ADVICE,
                            path, gv_bytes_get32(from + 8), FORMAT_VERSION);
    if (gv_bytes_get64(from + 72) != gv_hash_64(from, 72, 0))
        return damaged(in, "header: checksum mismatch", err);
    *parts = (gv_subwords_parts){.dim = gv_bytes_get32(from + 12),
                                 .count = gv_bytes_get32(from + 16),
                                 .settings = {.min_n = gv_bytes_get32(from + 20),
                                              .max_n = gv_bytes_get32(from + 24),
                                              .min_words = gv_bytes_get32(from + 28),
                                              .ridge = gv_bytes_get_double(from + 32),
                                              .shrink = gv_bytes_get_double(from + 40)},
                                 .probes = gv_bytes_get32(from + 56)};
    const uint64_t text = gv_bytes_get64(from + 48), metadata = gv_bytes_get64(from + 64);
    const gv_subwords_settings *settings = &parts->settings;
    if (parts->dim == 0 || parts->dim > GV_SUBWORDS_MAX_DIM ||
        parts->count > GV_SUBWORDS_MAX_COUNT || settings->min_n == 0 ||
        settings->max_n < settings->min_n || text > UINT32_MAX || metadata > size)
        return damaged(in, "its header states what cannot be", err);
    *s = sizes_of(parts, metadata, text, gv_bytes_get32(from + 60));
    return total(s) == size ? GV_OK : damaged(in, "its size does not match its header", err);
}

static int get_sections(gv_subwords *to, const sizes *s, input *in, gv_error *err)
{
    uint8_t padding[ALIGNMENT];
    gv_subwords_parts *parts = &to->parts;
    to->row_bytes = s->row > 0 ? s->row : 1;
    if (!(to->offset = gv_mem_alloc(parts->dim, sizeof(float), err)) ||
        !(to->end = gv_mem_alloc(parts->count, sizeof(uint32_t), err)) ||
        !(to->probe_word = gv_mem_alloc_zero(parts->probes, sizeof(char *), err)) ||
        !(to->probe_vector = gv_mem_alloc(parts->probes * parts->dim, sizeof(float), err)) ||
        !(to->row = gv_mem_big_alloc(to->row_bytes, err)))
        return GV_E_MEMORY;
    int status = get_text(&to->metadata, in, s->metadata, err);
    if (status == GV_OK)
        status = get_numbers(in, to->offset, parts->dim, err);
    if (status == GV_OK)
        status = get_numbers(in, to->end, parts->count, err);
    if (status == GV_OK)
        status = get_text(&to->text, in, s->text, err);
    if (status == GV_OK)
        status = get_text(&to->probe_text, in, s->probe_text, err);
    if (status == GV_OK)
        status = get_numbers(in, to->probe_vector, parts->probes * parts->dim, err);
    if (status == GV_OK)
        status = get(in, padding, s->padding, err);
    if (status == GV_OK)
        status = get_numbers(in, to->row, parts->count * parts->dim, err);
    parts->offset = to->offset;
    parts->end = to->end;
    parts->text = to->text;
    parts->metadata = to->metadata;
    parts->probe_word = to->probe_word;
    parts->probe_vector = to->probe_vector;
    parts->row = to->row;
    return status;
}

static int check_hash(input *in, gv_error *err)
{
    uint8_t bytes[HASH_BYTES];
    const gv_hash hash = gv_hash_state_digest(in->hasher);
    int status = gv_file_reader_read(in->file, bytes, sizeof bytes, err);
    if (status != GV_OK)
        return status;
    const gv_hash stated = {.low = gv_bytes_get64(bytes), .high = gv_bytes_get64(bytes + 8)};
    return gv_hash_equal(hash, stated) ? GV_OK : damaged(in, "checksum mismatch", err);
}

/* Do the n-grams lie one behind the other, and fill the text? */
static bool ends_are_right(const gv_subwords_parts *parts, const sizes *s)
{
    uint32_t last = 0;
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->end[i] <= last)
            return false;
        last = parts->end[i];
    }
    return last == s->text;
}

/* The words of the probes, each with its NUL; false if there are not so many. */
static bool split_probes(gv_subwords *to, const sizes *s)
{
    const char *at = to->probe_text, *end = at + s->probe_text;
    for (size_t i = 0; i < to->parts.probes; i++) {
        if (at >= end)
            return false;
        to->probe_word[i] = at;
        at += strlen(at) + 1; /* there is a NUL behind the section */
    }
    return at == end;
}

static int read_file(gv_subwords *to, input *in, gv_error *err)
{
    sizes s = {0};
    int status = get_header(&to->parts, &s, in, err);
    if (status == GV_OK)
        status = get_sections(to, &s, in, err);
    if (status == GV_OK)
        status = check_hash(in, err);
    if (status == GV_OK && (!ends_are_right(&to->parts, &s) || !split_probes(to, &s)))
        status = damaged(in, "its n-grams or words do not fill their place", err);
    if (status == GV_OK)
        status = gv_subwords_make_index(to, err);
    return status == GV_E_CORRUPT ? damaged(in, "an n-gram is there twice", err) : status;
}

int gv_subwords_open(gv_subwords **subwords, const char *path, gv_error *err)
{
    input in = {0};
    *subwords = NULL;
    gv_subwords *to = gv_mem_alloc_zero(1, sizeof *to, err);
    int status = to ? gv_file_reader_open(&in.file, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !(in.hasher = gv_hash_state_new(err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = read_file(to, &in, err);
    gv_hash_state_free(in.hasher);
    gv_file_reader_close(in.file);
    if (status == GV_OK)
        *subwords = to;
    else
        gv_subwords_free(to);
    return status;
}

int gv_subwords_open_if_there(gv_subwords **subwords, const char *path, gv_error *err)
{
    gv_file_stat look;
    *subwords = NULL;
    int status = gv_file_look(&look, path, err);
    if (status != GV_OK || !look.exists)
        return status;
    return gv_subwords_open(subwords, path, err);
}
