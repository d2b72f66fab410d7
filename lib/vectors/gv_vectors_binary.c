/*
 * word2vec's binary format: rows of little-endian float32 with little around them.
 *
 * `rows dim LF`, then per row `word SP`, dim float32, and LF, which gensim leaves out; so
 * a reader drops line feeds before a word. Nothing marks the end of a word but the space, hence no
 * word with a space, and a file read with the wrong dim shows as an absurdly long word.
 */
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "vectors/gv_vectors_internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORD_LIMIT = 65535, ROWS_PER_LOOK = 4096 };

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
    return gv_vectors_source_check(source, status, err);
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

/* --- reading word2vec ------------------------------------------------------------------------- */

/* The bytes up to the next space, without the line feeds before them. `*length` is SIZE_MAX when
 * the file ends before that. */
static int take_word(char *word, size_t *length, gv_vectors_input *in, uint64_t row, gv_error *err)
{
    size_t n = 0;
    for (;;) {
        char c;
        size_t got;
        int status = gv_vectors_input_read_some(in, &c, 1, &got, err);
        if (status != GV_OK)
            return status;
        if (got == 0) {
            *length = SIZE_MAX;
            return GV_OK;
        }
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
static int check_size(gv_vectors_input *in, const gv_vectors_header *header, bool skip_damaged,
                      gv_error *err)
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
    if (need <= size - header->bytes || skip_damaged)
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is truncated or damaged: line 1 states %" PRIu64 " vectors of %" PRIu64
                        " numbers, which take %" PRIu64 " bytes or more, but %" PRIu64
                        " follow; obtain it again",
                        path, header->rows, header->dim, need, size - header->bytes);
}

/* Read a row, from 0. `*ended`: the input ends before or in it. */
static int take_row(gv_vectors_builder *builder, char *word, gv_vectors_input *in, uint64_t row,
                    bool *ended, gv_error *err)
{
    size_t length = 0, got = 0, bytes = builder->vectors->dim * sizeof(float);
    float *values;
    int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
    if (status == GV_OK)
        status = take_word(word, &length, in, row + 1, err);
    if (status == GV_OK)
        status = gv_vectors_builder_space(builder, &values, err);
    if (status == GV_OK && length != SIZE_MAX)
        status = gv_vectors_input_read_some(in, values, bytes, &got, err);
    *ended = status == GV_OK && got < bytes;
    if (status != GV_OK || *ended)
        return status;
    gv_vectors_swap(values, builder->vectors->dim);
    return gv_vectors_builder_add(builder, word, length, err);
}

/* The input ends before the row number `row`, from 0. */
static int truncated(gv_vectors_builder *builder, uint64_t row, uint64_t stated, bool skip_damaged,
                     gv_error *err)
{
    char what[128];
    snprintf(what, sizeof what, "ends after %" PRIu64 " of the %" PRIu64 " rows stated in line 1",
             row, stated);
    if (!skip_damaged)
        return gv_error_set(err, GV_E_CORRUPT, "%s is truncated: it %s; obtain it again",
                            builder->path, what);
    builder->vectors->header_wrong = true;
    int status = gv_vectors_builder_problem(builder, GV_VECTORS_TRUNCATED, 0, what, err);
    return status == GV_OK
               ? gv_vectors_builder_note(builder, err, "the file is truncated: it %s", what)
               : status;
}

/* Only line feeds may follow the last row. Otherwise the header states the wrong number of rows or,
 * more likely, the wrong dim, and every row so far was cut at the wrong place. */
static int check_end(gv_vectors_input *in, uint64_t stated, gv_error *err)
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
                            gv_vectors_input_path(in), stated);
    return status;
}

static int take_rows(gv_vectors_builder *builder, gv_vectors_input *in, uint64_t stated,
                     bool skip_damaged, gv_error *err)
{
    char *word = gv_mem_alloc(WORD_LIMIT, 1, err);
    int status = word ? GV_OK : GV_E_MEMORY;
    bool ended = false;
    uint64_t row = 0;
    while (status == GV_OK && row < stated && !gv_vectors_builder_full(builder)) {
        status = take_row(builder, word, in, row, &ended, err);
        if (status == GV_OK && ended) {
            status = truncated(builder, row, stated, skip_damaged, err);
            break;
        }
        row++;
    }
    gv_mem_free(word);
    return status == GV_OK && row == stated ? check_end(in, stated, err) : status;
}

int gv_vectors_read_word2vec(gv_vectors **vectors, gv_vectors_input *in,
                             const gv_vectors_header *header, const gv_vectors_options *options,
                             gv_error *err)
{
    gv_vectors_builder builder = {0};
    int status = check_size(in, header, options->skip_damaged, err);
    if (status == GV_OK) {
        gv_vectors_input_skip(in, header->bytes);
        status = gv_vectors_builder_begin(&builder, gv_vectors_input_path(in), header->dim, options,
                                          err);
    }
    if (status == GV_OK)
        status = take_rows(&builder, in, header->rows, options->skip_damaged, err);
    return gv_vectors_builder_end(&builder, vectors, status, GV_FORMAT_WORD2VEC, err);
}
