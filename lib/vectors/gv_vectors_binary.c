/*
 * word2vec's binary format and npy: rows of little-endian float32 with little around them.
 *
 * word2vec: `rows dim LF`, then per row `word SP`, dim float32, and LF, which gensim leaves out; so
 * a reader drops line feeds before a word. Nothing marks the end of a word but the space, hence no
 * word with a space, and a file read with the wrong dim shows as an absurdly long word.
 * npy 1.0: a header that is a Python dictionary, padded so that the numbers begin at a multiple of
 * 64 bytes (NEP 1). It holds no words.
 */
#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "text/gv_lines.h"
#include "vectors/gv_vectors_internal.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_LIMIT = 65535, NPY_HEADER_LIMIT = 4096, ROWS_PER_LOOK = 4096 };

/* --- writing --------------------------------------------------------------------------------- */

static int put_row(gv_file_writer *out, const gv_vectors_source *source, size_t row,
                   const char *word2vec_path, float *values, gv_error *err)
{
    int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
    if (status == GV_OK && word2vec_path) {
        const char *word = source->word(source->context, row);
        status = gv_vectors_check_word(word2vec_path, GV_FORMAT_WORD2VEC, word, row, err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, word, strlen(word), err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, " ", 1, err);
    }
    if (status != GV_OK)
        return status;
    source->vector(source->context, row, values);
    gv_vectors_swap(values, source->dim);
    status = gv_file_writer_write(out, values, source->dim * sizeof(float), err);
    if (status == GV_OK && word2vec_path)
        status = gv_file_writer_write(out, "\n", 1, err);
    return status;
}

int gv_vectors_put_rows(gv_file_writer *out, const gv_vectors_source *source,
                        const char *word2vec_path, gv_error *err)
{
    float *values = gv_mem_alloc(source->dim, sizeof *values, err);
    int status = values ? GV_OK : GV_E_MEMORY;
    for (size_t row = 0; status == GV_OK && row < source->rows; row++)
        status = put_row(out, source, row, word2vec_path, values, err);
    gv_mem_free(values);
    return status;
}

int gv_vectors_write_word2vec(const char *path, const gv_vectors_source *source, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK)
        status = gv_file_writer_printf(out, err, "%zu %zu\n", source->rows, source->dim);
    if (status == GV_OK)
        status = gv_vectors_put_rows(out, source, path, err);
    return gv_file_writer_end(&out, status, err);
}

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

/* --- reading word2vec ------------------------------------------------------------------------- */

/* The bytes up to the next space, without the line feeds before them. `*length` is SIZE_MAX when
 * the file ends before any. */
static int take_word(char *word, size_t *length, gv_vectors_input *in, uint64_t row, gv_error *err)
{
    size_t n = 0;
    for (;;) {
        char c;
        size_t got;
        int status = gv_vectors_input_read_some(in, &c, 1, &got, err);
        if (status != GV_OK)
            return status;
        if (got == 0 && n == 0) {
            *length = SIZE_MAX;
            return GV_OK;
        }
        if (got == 0)
            return gv_error_set(err, GV_E_CORRUPT,
                                "%s is truncated: it ends in the word of row %" PRIu64,
                                gv_vectors_input_path(in), row);
        if (c == ' ')
            break;
        /* the line feed that ends the row before, where the writer put one */
        if (n == 0 && c == '\n')
            continue;
        if (n == WORD_LIMIT || c == '\0' || c == '\n')
            return gv_error_set(err, GV_E_CORRUPT,
                                "%s: row %" PRIu64
                                " does not begin with a word; the file is damaged or "
                                "of another format",
                                gv_vectors_input_path(in), row);
        word[n++] = c;
    }
    *length = n;
    return GV_OK;
}

/* Could a file of this size hold what the header states? */
static int check_size(gv_vectors_input *in, const gv_vectors_header *header, gv_error *err)
{
    /* A row takes its numbers and the space behind its word, at least. `dim` has at most 18 digits
     * (gv_vectors_find_header), so row_bytes does not overflow. */
    uint64_t row_bytes = header->dim * sizeof(float) + 1, size = gv_vectors_input_size(in), need;
    const char *path = gv_vectors_input_path(in);
    if (header->dim > GV_VECTORS_MAX_DIM || __builtin_mul_overflow(header->rows, row_bytes, &need))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is damaged: line 1 states %" PRIu64 " vectors of %" PRIu64
                            " numbers, which no file holds; obtain it again",
                            path, header->rows, header->dim);
    if (need <= size - header->bytes)
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is truncated or damaged: line 1 states %" PRIu64 " vectors of %" PRIu64
                        " numbers, at least %.4g MiB, but the file has %.4g MiB; obtain it again",
                        path, header->rows, header->dim, (double)need / (1 << 20),
                        (double)size / (1 << 20));
}

static int take_row(gv_vectors_builder *builder, char *word, gv_vectors_input *in, uint64_t row,
                    gv_error *err)
{
    size_t length;
    int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
    if (status == GV_OK)
        status = take_word(word, &length, in, row + 1, err);
    if (status != GV_OK)
        return status;
    if (length == SIZE_MAX)
        return gv_error_set(err, GV_E_CORRUPT, "%s is truncated: it ends after %" PRIu64 " rows",
                            builder->path, row);
    float *values;
    size_t dim = builder->vectors->dim;
    status = gv_vectors_builder_space(builder, &values, err);
    if (status == GV_OK)
        status = gv_vectors_input_read(in, values, dim * sizeof(float), err);
    if (status != GV_OK)
        return status;
    gv_vectors_swap(values, dim);
    return gv_vectors_builder_add(builder, word, length, err);
}

/* Only line feeds may follow the last row. Otherwise the header states the wrong number of rows or,
 * more likely, the wrong dim, and every row so far was cut at the wrong place. */
static int check_end(gv_vectors_input *in, const gv_vectors_header *header, gv_error *err)
{
    char c = '\n';
    size_t got = 1;
    int status = GV_OK;
    while (status == GV_OK && got == 1 && c == '\n')
        status = gv_vectors_input_read_some(in, &c, 1, &got, err);
    if (status == GV_OK && got == 1)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is damaged: it continues after the %" PRIu64
                            " rows stated in line 1",
                            gv_vectors_input_path(in), header->rows);
    return status;
}

int gv_vectors_read_word2vec(gv_vectors **vectors, gv_vectors_input *in,
                             const gv_vectors_header *header, const gv_vectors_options *options,
                             gv_error *err)
{
    gv_vectors_builder builder = {0};
    char *word = gv_mem_alloc(WORD_LIMIT, 1, err);
    int status = word ? check_size(in, header, err) : GV_E_MEMORY;
    if (status == GV_OK) {
        gv_vectors_input_skip(in, header->bytes);
        status = gv_vectors_builder_begin(&builder, gv_vectors_input_path(in), header->dim, options,
                                          err);
    }
    uint64_t row = 0;
    for (; status == GV_OK && row < header->rows && !gv_vectors_builder_full(&builder); row++)
        status = take_row(&builder, word, in, row, err);
    if (status == GV_OK && row == header->rows)
        status = check_end(in, header, err);
    gv_mem_free(word);
    return gv_vectors_builder_end(&builder, vectors, status, GV_FORMAT_WORD2VEC, err);
}

/* --- reading npy -------------------------------------------------------------------------------
 */

/* Rows and dim out of the dictionary; only what numpy writes for C-ordered float32. */
static int parse_npy(const char *header, size_t *rows, size_t *dim)
{
    /* numpy writes the dictionary in one fixed form, so a search replaces a parser of Python; a
     * file in another form is refused */
    if (!strstr(header, "'descr': '<f4'") || !strstr(header, "'fortran_order': False"))
        return -1;
    const char *shape = strstr(header, "'shape': (");
    if (!shape)
        return -1;
    shape += strlen("'shape': (");
    char *end;
    unsigned long long first = strtoull(shape, &end, 10);
    if (end == shape || *end != ',')
        return -1;
    const char *second_text = end + 1;
    unsigned long long second = strtoull(second_text, &end, 10);
    if (end == second_text || *end != ')' || first > GV_VECTORS_MAX_ROWS ||
        second > GV_VECTORS_MAX_DIM)
        return -1;
    *rows = first;
    *dim = second;
    return 0;
}

/* Read the header; leaves `in` at the first number. */
static int open_npy(gv_file_reader *in, size_t *rows, size_t *dim, gv_error *err)
{
    uint8_t prefix[10];
    char header[NPY_HEADER_LIMIT + 1];
    int status = gv_file_reader_seek(in, 0, err);
    if (status == GV_OK)
        status = gv_file_reader_read(in, prefix, sizeof prefix, err);
    if (status != GV_OK)
        return status;
    size_t length = (size_t)prefix[8] | (size_t)prefix[9] << 8;
    if (memcmp(prefix, "\x93NUMPY\x01", 7) != 0 || length > NPY_HEADER_LIMIT)
        return gv_error_set(err, GV_E_CORRUPT, "%s is not an npy file of version 1",
                            gv_file_reader_path(in));
    status = gv_file_reader_read(in, header, length, err);
    if (status != GV_OK)
        return status;
    header[length] = '\0';
    if (parse_npy(header, rows, dim) != 0)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s is not a two-dimensional float32 array in C order; save it so in Python: "
            "numpy.save(\"vectors.npy\", array.astype(\"<f4\", order=\"C\"))",
            gv_file_reader_path(in));
    return GV_OK;
}

/* The word of a line: without white space around it, and without the count that follows it in
 * vocab.txt. The file may be a vocab.txt, or a list of words only; a word of digits alone stays. */
static size_t word_of_line(const char *line, size_t length)
{
    size_t digits = length;
    while (digits > 0 && line[digits - 1] >= '0' && line[digits - 1] <= '9')
        digits--;
    if (digits > 1 && digits < length && gv_vectors_is_space(line[digits - 1]))
        return (size_t)(gv_vectors_trim_end(line, line + digits) - line);
    return length;
}

/* The next line that is not blank; NULL at the end. */
static int next_word(gv_lines *words, char **word, size_t *length, gv_error *err)
{
    int status;
    do {
        status = gv_lines_next(words, word, length, err);
        if (status != GV_OK || !*word)
            return status;
        const char *end = gv_vectors_trim_end(*word, *word + *length);
        while (*word < end && gv_vectors_is_space(**word))
            (*word)++;
        *length = (size_t)(end - *word);
    } while (*length == 0);
    *length = word_of_line(*word, *length);
    return GV_OK;
}

static int take_npy_row(gv_vectors_builder *builder, gv_file_reader *in, gv_lines *words, bool last,
                        gv_error *err)
{
    static char unknown[] = "<unk>";
    char *word;
    size_t length;
    int status = next_word(words, &word, &length, err);
    if (status == GV_OK && !word && !last)
        status =
            gv_error_set(err, GV_E_CORRUPT,
                         "the file of words has only %zu lines, but %s has more rows; is it of "
                         "other vectors?",
                         builder->vectors->rows, gv_file_reader_path(in));
    if (status != GV_OK)
        return status;
    /* vocab.txt does not list the last row of this project's files */
    if (!word) {
        word = unknown;
        length = strlen(unknown);
    }
    float *values;
    size_t dim = builder->vectors->dim;
    status = gv_vectors_builder_space(builder, &values, err);
    if (status == GV_OK)
        status = gv_file_reader_read(in, values, dim * sizeof(float), err);
    if (status != GV_OK)
        return status;
    gv_vectors_swap(values, dim);
    return gv_vectors_builder_add(builder, word, length, err);
}

static int check_words_end(const gv_vectors_builder *builder, gv_file_reader *in,
                           const char *words_path, gv_lines *words, gv_error *err)
{
    char *word;
    size_t length;
    int status = next_word(words, &word, &length, err);
    /* with a limit on the rows, lines are left over on purpose */
    if (status == GV_OK && word && !gv_vectors_builder_full(builder))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has more lines than %s has rows (%zu); is it of other vectors?",
                            words_path, gv_file_reader_path(in), builder->vectors->rows);
    return status;
}

int gv_vectors_read_npy(gv_vectors **vectors, gv_file_reader *in, const gv_vectors_options *options,
                        gv_error *err)
{
    gv_lines *words = NULL;
    gv_vectors_builder builder = {0};
    size_t rows = 0, dim = 0;
    if (!options->words_path)
        return gv_error_set(
            err, GV_E_USAGE,
            "%s: an npy array has no words; use another format of these vectors, or pass the words "
            "to glove-convert (--words vocab.txt)",
            gv_file_reader_path(in));
    int status = gv_lines_open(&words, options->words_path, err);
    if (status == GV_OK)
        status = open_npy(in, &rows, &dim, err);
    if (status == GV_OK)
        status = gv_vectors_builder_begin(&builder, gv_file_reader_path(in), dim, options, err);
    for (size_t row = 0; status == GV_OK && row < rows && !gv_vectors_builder_full(&builder); row++)
        status = take_npy_row(&builder, in, words, row + 1 == rows, err);
    if (status == GV_OK)
        status = check_words_end(&builder, in, options->words_path, words, err);
    gv_lines_close(words);
    return gv_vectors_builder_end(&builder, vectors, status, GV_FORMAT_NPY, err);
}
