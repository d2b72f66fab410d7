/*
 * Matrix Market exchange format, as scipy.io.mmwrite and R's Matrix::writeMM write it: a banner,
 * comments, `rows columns entries`, and per entry a line `row column [value]`, numbered from 1.
 *
 * Source: Boisvert, Pozo, Remington, "The Matrix Market Exchange Formats: Initial Design",
 * NISTIR 5935, 1996.
 */
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_matrix_reader.h"
#include "text/gv_lines.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINES_PER_LOOK = 4096, FIELD = 32 };

typedef struct market {
    gv_lines *lines;
    bool pattern; /* entries have no value: 1 */
    uint64_t entries, read;
} market;

/* The next line that is neither blank nor a comment; NULL at the end. */
static int next_line(gv_matrix_reader *reader, char **line, gv_error *err)
{
    market *m = reader->state;
    size_t length;
    int status = GV_OK;
    do {
        status = gv_lines_next(m->lines, line, &length, err);
        reader->number = gv_lines_number(m->lines);
    } while (status == GV_OK && *line && (**line == '%' || (*line)[strspn(*line, " \t")] == '\0'));
    return status;
}

/* A whole number at `*text`, behind which white space or the end must be. */
static bool take_whole(char **text, uint64_t *value)
{
    char *start = *text + strspn(*text, " \t");
    *value = strtoull(start, text, 10);
    return *start >= '0' && *start <= '9' && strchr(" \t", **text) != NULL;
}

static int parse_banner(gv_matrix_reader *reader, const char *line, gv_error *err)
{
    market *m = reader->state;
    char object[FIELD] = "", layout[FIELD] = "", field[FIELD] = "", symmetry[FIELD] = "";
    if (sscanf(line, "%*s %31s %31s %31s %31s", object, layout, field, symmetry) != 4 ||
        strcasecmp(object, "matrix") != 0)
        return gv_matrix_reader_fail(
            reader, err, "expected `%%%%MatrixMarket matrix coordinate FIELD SYMMETRY`");
    if (strcasecmp(layout, "coordinate") != 0)
        return gv_matrix_reader_fail(reader, err,
                                     "the layout is %s, only coordinate is read; in Python: "
                                     "scipy.io.mmwrite(\"x.mtx\", scipy.sparse.coo_matrix(m))",
                                     layout);
    m->pattern = strcasecmp(field, "pattern") == 0;
    if (!m->pattern && strcasecmp(field, "real") != 0 && strcasecmp(field, "double") != 0 &&
        strcasecmp(field, "integer") != 0)
        return gv_matrix_reader_fail(
            reader, err, "the values are %s, only real, integer and pattern are read", field);
    reader->mirrored = strcasecmp(symmetry, "symmetric") == 0;
    if (!reader->mirrored && strcasecmp(symmetry, "general") != 0)
        return gv_matrix_reader_fail(
            reader, err, "the matrix is %s, only general and symmetric ones are read", symmetry);
    return GV_OK;
}

static int parse_size(gv_matrix_reader *reader, char *line, gv_error *err)
{
    market *m = reader->state;
    uint64_t rows, columns;
    if (!line || !take_whole(&line, &rows) || !take_whole(&line, &columns) ||
        !take_whole(&line, &m->entries))
        return gv_matrix_reader_fail(reader, err, "expected `rows columns entries`");
    return gv_matrix_reader_check_shape(reader, rows, columns, err);
}

static int check_end(gv_matrix_reader *reader, gv_error *err)
{
    const market *m = reader->state;
    if (m->read == m->entries)
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s (%s) is truncated: it states %" PRIu64 " entries, but %" PRIu64
                        " follow; obtain the file again",
                        reader->path, reader->format, m->entries, m->read);
}

static int next_entry(gv_matrix_reader *reader, gv_matrix_reader_entry *entry, bool *more,
                      gv_error *err)
{
    market *m = reader->state;
    char *line, *end;
    int status = next_line(reader, &line, err);
    if (status == GV_OK && m->read % LINES_PER_LOOK == 0)
        status = gv_signal_check(err);
    *more = status == GV_OK && line;
    if (!*more)
        return status == GV_OK ? check_end(reader, err) : status;
    uint64_t row, column;
    if (!take_whole(&line, &row) || !take_whole(&line, &column))
        return gv_matrix_reader_fail(reader, err, "expected `row column%s`",
                                     m->pattern ? "" : " value");
    entry->value = m->pattern ? 1 : strtod(line, &end);
    if (!m->pattern && (end == line || end[strspn(end, " \t")] != '\0'))
        return gv_matrix_reader_fail(reader, err, "expected a number as value, found \"%.40s\"",
                                     line + strspn(line, " \t"));
    uint32_t words = gv_vocab_size(reader->vocab);
    if (row - 1 >= words || column - 1 >= words)
        return gv_matrix_reader_fail(reader, err,
                                     "row %" PRIu64 ", column %" PRIu64
                                     " is outside the matrix; rows and columns are counted from 1",
                                     row, column);
    if (++m->read > m->entries)
        return gv_matrix_reader_fail(
            reader, err, "more entries follow than the %" PRIu64 " that the file states",
            m->entries);
    entry->row = (uint32_t)row - 1;
    entry->column = (uint32_t)column - 1;
    return GV_OK;
}

static void close_market(gv_matrix_reader *reader)
{
    market *m = reader->state;
    gv_lines_close(m->lines);
    gv_mem_free(m);
}

int gv_matrix_reader_open_market(gv_matrix_reader *reader, gv_error *err)
{
    reader->format = "Matrix Market";
    reader->place = "line";
    reader->tolerance = 1e-6;
    market *m = gv_mem_alloc_zero(1, sizeof *m, err);
    if (!m)
        return GV_E_MEMORY;
    reader->state = m;
    reader->next = next_entry;
    reader->close = close_market;
    char *line = NULL;
    size_t length;
    int status = gv_lines_open(&m->lines, reader->file, err);
    if (status == GV_OK)
        status = gv_lines_next(m->lines, &line, &length, err);
    reader->number = 1;
    if (status == GV_OK)
        status = parse_banner(reader, line ? line : "", err);
    if (status == GV_OK)
        status = next_line(reader, &line, err);
    if (status == GV_OK)
        status = parse_size(reader, line, err);
    return status;
}
