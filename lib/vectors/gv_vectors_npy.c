/*
 * npy: a header that is a Python dictionary, padded so that the numbers begin at a multiple of 64
 * bytes (NEP 1), and the numbers. It holds no words.
 *
 * Version 1.0 with little-endian float32 in C's order is written; versions 1 to 3 with floats of
 * 16, 32 or 64 bits in any order are read.
 */
#include "vectors/gv_vectors_npy.h"

#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <stdlib.h>
#include <string.h>

enum { HEADER_LIMIT = 1 << 16, ROWS_PER_LOOK = 4096 };

/* --- writing --------------------------------------------------------------------------------- */

int gv_vectors_put_npy_header(gv_file_writer *out, size_t rows, size_t dim, gv_error *err)
{
    enum { PREFIX = 10, ALIGNMENT = 64 };
    char *header = gv_mem_format(
        err, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", rows, dim);
    if (!header)
        return GV_E_MEMORY;
    size_t length = strlen(header);
    /* the prefix is the magic, version 1.0, and the header's length in 16 bits; the last byte
     * before the boundary is the LF */
    size_t padding = ALIGNMENT - 1 - (PREFIX + length) % ALIGNMENT;
    size_t total = length + padding + 1; /* the header ends in LF */
    const uint8_t prefix[PREFIX] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)total, (uint8_t)(total >> 8)};
    int status = gv_file_writer_write(out, prefix, PREFIX, err);
    if (status == GV_OK)
        status = gv_file_writer_printf(out, err, "%s%*s\n", header, (int)padding, "");
    gv_mem_free(header);
    return status;
}

int gv_vectors_write_npy(const char *path, const gv_vectors_source *source, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK)
        status = gv_vectors_put_npy_header(out, source->rows, source->dim, err);
    if (status == GV_OK)
        status = gv_vectors_put_rows(out, source, NULL, err);
    return gv_file_writer_end(&out, status, err);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* What follows a key of the dictionary and its colon; NULL if it has no such key. Python writes
 * strings in single quotes, other programs in double ones. */
static const char *find_value(const char *header, const char *key)
{
    for (const char *at = header; (at = strstr(at, key)); at++) {
        const char *end = at + strlen(key);
        if (at == header || (at[-1] != '\'' && at[-1] != '"') || *end != at[-1])
            continue;
        end += 1 + strspn(end + 1, " ");
        if (*end == ':')
            return end + 1 + strspn(end + 1, " ");
    }
    return NULL;
}

/* The type, such as '<f4'. False if it is none that is read. */
static bool parse_type(gv_vectors_array *array, const char *text)
{
    static const struct {
        const char *name;
        enum gv_vectors_array_number type;
    } types[] = {{"f4", GV_VECTORS_ARRAY_FLOAT32},
                 {"f8", GV_VECTORS_ARRAY_FLOAT64},
                 {"f2", GV_VECTORS_ARRAY_FLOAT16}};
    if (!text || (*text != '\'' && *text != '"') || !text[1] || !strchr("<>=|", text[1]))
        return false;
    array->big_endian = text[1] == '>';
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(text + 2, types[i].name, 2) == 0 && text[4] == text[0]) {
            array->type = types[i].type;
            return true;
        }
    return false;
}

/* The shape, such as (10, 3). */
static bool parse_shape(gv_vectors_array *array, const char *text)
{
    unsigned long long number[2];
    if (!text || *text != '(')
        return false;
    for (int i = 0; i < 2; i++) {
        char *end;
        text += 1 + strspn(text + 1, " ");
        if (*text < '0' || *text > '9')
            return false;
        number[i] = strtoull(text, &end, 10);
        text = end + strspn(end, " ");
        if (*text != (i == 0 ? ',' : ')') && !(i == 1 && *text == ','))
            return false;
    }
    if (number[0] > GV_VECTORS_MAX_ROWS || number[1] > GV_VECTORS_MAX_DIM)
        return false;
    array->rows = number[0];
    array->dim = number[1];
    return true;
}

static int parse_header(gv_vectors_array *array, const char *header, gv_error *err)
{
    const char *order = find_value(header, "fortran_order");
    if (parse_type(array, find_value(header, "descr")) &&
        parse_shape(array, find_value(header, "shape")) && order) {
        array->by_columns = strncmp(order, "True", 4) == 0;
        return GV_OK;
    }
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is not a two-dimensional array of floats; save it so in Python: "
                        "numpy.save(\"vectors.npy\", array.astype(\"<f4\"))",
                        array->path);
}

/* Read the header: all about the array but its words. */
static int read_header(gv_vectors_array *array, gv_file_reader *in, gv_error *err)
{
    uint8_t prefix[12] = {0};
    char *header = NULL;
    int status = gv_file_reader_seek(in, 0, err);
    if (status == GV_OK)
        status = gv_file_reader_read(in, prefix, 10, err);
    /* the length has 16 bits in version 1, 32 in later ones */
    const bool later = prefix[6] == 2 || prefix[6] == 3;
    if (status == GV_OK && later)
        status = gv_file_reader_read(in, prefix + 10, 2, err);
    if (status != GV_OK)
        return status;
    size_t length = later ? gv_bytes_get32(prefix + 8) : (size_t)prefix[8] | (size_t)prefix[9] << 8;
    if (memcmp(prefix, "\x93NUMPY", 6) != 0 || prefix[6] < 1 || prefix[6] > 3 ||
        length > HEADER_LIMIT)
        return gv_error_set(err, GV_E_CORRUPT, "%s is not an npy file of version 1, 2 or 3",
                            array->path);
    header = gv_mem_alloc_zero(length + 1, 1, err);
    status = header ? gv_file_reader_read(in, header, length, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = parse_header(array, header, err);
    array->offset = (later ? 12 : 10) + length;
    gv_mem_free(header);
    return status;
}

int gv_vectors_npy_take_rows(gv_vectors_builder *builder, gv_vectors_array *array,
                             gv_vectors_labels *labels, gv_error *err)
{
    int status = gv_vectors_array_open(array, err);
    size_t row = 0;
    builder->vectors->words_read = true;
    for (; status == GV_OK && row < array->rows && !gv_vectors_builder_full(builder); row++) {
        gv_vectors_labels_word label;
        float *values;
        status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK)
            status = gv_vectors_labels_for(labels, &label, array->path, row, row + 1 == array->rows,
                                           err);
        if (status == GV_OK)
            status = gv_vectors_builder_space(builder, &values, err);
        if (status == GV_OK)
            status = gv_vectors_array_row(array, row, values, err);
        if (status != GV_OK)
            break;
        builder->count = label.count;
        status = gv_vectors_builder_add(builder, label.text, label.length, err);
    }
    /* with a limit on the rows, lines are left over on purpose */
    if (status == GV_OK && !gv_vectors_builder_full(builder))
        status = gv_vectors_labels_end(labels, array->path, row, err);
    gv_vectors_array_close(array);
    return status;
}

int gv_vectors_read_npy(gv_vectors **vectors, gv_file_reader *in, const gv_vectors_options *options,
                        gv_error *err)
{
    gv_vectors_labels *labels = NULL;
    gv_vectors_builder builder = {0};
    gv_vectors_array array = {.path = gv_file_reader_path(in)};
    if (!options->words_path)
        return gv_error_set(
            err, GV_E_USAGE,
            "%s: an npy array has no words; use another format of these vectors, or pass the words "
            "to glove-convert (--words vocab.txt)",
            array.path);
    int status = gv_vectors_labels_open(&labels, options->words_path, false, err);
    if (status == GV_OK)
        status = read_header(&array, in, err);
    if (status == GV_OK)
        status = gv_vectors_builder_begin(&builder, array.path, array.dim, options, err);
    if (status == GV_OK)
        status = gv_vectors_npy_take_rows(&builder, &array, labels, err);
    gv_vectors_labels_close(labels);
    return gv_vectors_builder_end(&builder, vectors, status, GV_FORMAT_NPY, err);
}
