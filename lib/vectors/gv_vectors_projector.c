/*
 * Reading the tables of the Embedding Projector: numbers separated by tabs, and the words in
 * another file, metadata.tsv beside it unless the caller names one.
 */
#include "base/gv_decimal.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "vectors/gv_vectors_internal.h"
#include "vectors/gv_vectors_labels.h"
#include <inttypes.h>
#include <string.h>

enum { LINES_PER_LOOK = 4096 };

typedef struct table_reader {
    gv_vectors_input *in;
    const char *path;
    const gv_vectors_options *options;
    gv_vectors_labels *labels;
    gv_vectors_builder builder;
    uint64_t line;
} table_reader;

/* The words: those of `options`, or of metadata.tsv beside the table. */
static int open_labels(table_reader *reader, gv_error *err)
{
    char *path;
    const char *words = reader->options->words_path;
    if (words && !reader->options->words_guessed)
        return gv_vectors_labels_open(&reader->labels, words, true, err);
    gv_file_stat stat = {0};
    int status = gv_vectors_labels_path(&path, reader->path, err);
    if (status == GV_OK)
        status = gv_file_look(&stat, path, err);
    if (status == GV_OK && words && !stat.exists) {
        gv_mem_free(path);
        return gv_vectors_labels_open(&reader->labels, words, true, err);
    }
    if (status == GV_OK && (!stat.exists || strcmp(reader->path, "-") == 0))
        status = gv_error_set(err, GV_E_USAGE,
                              "%s: a projector table has no words, and %s is missing; pass the "
                              "words to glove-convert (--words FILE)",
                              reader->path, path);
    if (status == GV_OK)
        status = gv_vectors_labels_open(&reader->labels, path, true, err);
    gv_mem_free(path);
    return status;
}

/* How many fields the first line has. */
static size_t count_columns(const gv_vectors_sample *sample)
{
    const char *next, *line = sample->bytes;
    const char *end = gv_vectors_input_line_end(line, line + sample->n, &next);
    size_t n = 0;
    for (end = gv_vectors_trim_end(line, end); end > line; n++)
        end = gv_vectors_trim_end(line, gv_vectors_field_start(line, end));
    return n;
}

static int bad_line(const table_reader *reader, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s: line %" PRIu64 " %s; the file is damaged or truncated", reader->path,
                        reader->line, what);
}

static int parse_line(const table_reader *reader, const char *line, float *values, gv_error *err)
{
    const char *p = line;
    for (size_t k = 0; k < reader->builder.vectors->dim; k++) {
        while (gv_vectors_is_space(*p))
            p++;
        if (!*p)
            return bad_line(reader, "has fewer numbers than the lines before", err);
        p = gv_decimal_get(p, &values[k]);
        if (!p)
            return bad_line(reader, "has something else than a number", err);
    }
    return *p ? bad_line(reader, "has more numbers than the lines before", err) : GV_OK;
}

static int take_line(table_reader *reader, const gv_vectors_input_text *text, gv_error *err)
{
    char *end =
        text->text + (gv_vectors_trim_end(text->text, text->text + text->length) - text->text);
    gv_vectors_labels_word label;
    float *values;
    if (end == text->text)
        return GV_OK; /* a blank line */
    *end = '\0';
    int status = gv_vectors_labels_for(reader->labels, &label, reader->path,
                                       reader->builder.vectors->rows, false, err);
    if (status == GV_OK)
        status = gv_vectors_builder_space(&reader->builder, &values, err);
    if (status == GV_OK)
        status = parse_line(reader, text->text, values, err);
    if (status != GV_OK)
        return status;
    reader->builder.line = reader->line;
    reader->builder.count = label.count;
    return gv_vectors_builder_add(&reader->builder, label.text, label.length, err);
}

static int take_lines(table_reader *reader, bool skip_first, gv_error *err)
{
    gv_vectors_input_text line;
    int status = GV_OK;
    while (status == GV_OK && !gv_vectors_builder_full(&reader->builder)) {
        status = gv_vectors_input_line(reader->in, &line, err);
        if (status != GV_OK || !line.text)
            break;
        reader->builder.vectors->cr_lines += line.cr;
        if (reader->line++ > 0 || !skip_first)
            status = take_line(reader, &line, err);
        if (status == GV_OK && reader->line % LINES_PER_LOOK == 0)
            status = gv_signal_check(err);
    }
    if (status == GV_OK && !gv_vectors_builder_full(&reader->builder))
        status =
            gv_vectors_labels_end(reader->labels, reader->path, reader->builder.vectors->rows, err);
    return status;
}

int gv_vectors_read_projector(gv_vectors **vectors, gv_vectors_input *in,
                              const gv_vectors_sample *sample, const gv_vectors_options *options,
                              gv_error *err)
{
    table_reader reader = {.in = in, .path = gv_vectors_input_path(in), .options = options};
    const size_t dim = count_columns(sample);
    int status = open_labels(&reader, err);
    if (status == GV_OK)
        status = gv_vectors_builder_begin(&reader.builder, reader.path, dim, options, err);
    if (status == GV_OK) {
        reader.builder.vectors->words_read = true;
        status = take_lines(&reader, gv_vectors_find_frame(sample, dim).found, err);
    }
    gv_vectors_labels_close(reader.labels);
    return gv_vectors_builder_end(&reader.builder, vectors, status, GV_FORMAT_PROJECTOR, err);
}
