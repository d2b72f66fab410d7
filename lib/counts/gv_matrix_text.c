/*
 * Text: lines of two words and a value, or of two words alone, as edge lists of graph programs,
 * data frames and spreadsheets come. The first line that is no comment decides what separates, and
 * whether there are values; it may be a header, which is known by a value that is no number, or
 * where there are no values by the usual names of the columns.
 */
#include "base/gv_decimal.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_matrix_fields.h"
#include "counts/gv_matrix_reader.h"
#include "text/gv_lines.h"
#include "vocab/gv_vocab_grow.h"
#include <inttypes.h>
#include <string.h>

enum { LINES_PER_LOOK = 4096 };

typedef struct edges {
    gv_lines *lines;
    char separator; /* 0: not known yet; ' ': blanks and tabs */
    bool begun;     /* an entry or a header was read */
    size_t columns; /* of an entry: 2 or 3; 0: not known yet */
} edges;

/* One line, cut. */
typedef struct edge {
    char *fields[GV_MATRIX_FIELDS];
    size_t n;        /* fields; 0: the file has ended */
    bool dictionary; /* the value comes from one, and is 1 if that has none */
    char *weight;    /* in it, or NULL */
} edge;

/* --- words ------------------------------------------------------------------------------------ */

/* White space inside a word, which no vocabulary has, becomes `_`. */
static void join_parts(gv_matrix_reader *reader, char *word)
{
    bool changed = false;
    for (char *p = word; *p; p++)
        if (*p == ' ' || *p == '\t') {
            *p = '_';
            changed = true;
        }
    reader->joined += changed;
}

/* A word that may be new. */
static int join_word(uint32_t *id, gv_matrix_reader *reader, char *field, gv_error *err)
{
    size_t length = strlen(field);
    if (length > 2 && field[0] == '"' && field[length - 1] == '"') {
        field[length - 1] = '\0';
        field++;
        length -= 2;
    }
    join_parts(reader, field);
    const char *fault = gv_vocab_word_fault(field, length);
    if (fault)
        return gv_matrix_reader_fail(reader, err, "\"%.60s\": %s", field, fault);
    int status = gv_vocab_grow_join(id, reader->growing, field, length, 0, err);
    if (status == GV_OK && *id >= INT32_MAX)
        status = gv_matrix_reader_fail(reader, err, "has word number 2^31: these are too many");
    return status;
}

/* A word of the vocabulary; GV_VOCAB_NO_WORD if it is not there. */
static void look_up(uint32_t *id, gv_matrix_reader *reader, char *field)
{
    size_t length = strlen(field);
    *id = gv_vocab_lookup(reader->vocab, field, length);
    /* R quotes words between tabs and blanks, too, where a quote may also be a part of one */
    if (*id == GV_VOCAB_NO_WORD && length > 2 && field[0] == '"' && field[length - 1] == '"')
        *id = gv_vocab_lookup(reader->vocab, field + 1, length - 2);
    if (*id == GV_VOCAB_NO_WORD && strpbrk(field, " \t")) {
        join_parts(reader, field);
        *id = gv_vocab_lookup(reader->vocab, field, length);
    }
}

/* A word's id; GV_VOCAB_NO_WORD if there is none. `*whole`: it is a number, perhaps an id. */
static int find_word(uint32_t *id, bool *whole, gv_matrix_reader *reader, char *field,
                     gv_error *err)
{
    uint64_t number = 0;
    *whole = gv_decimal_get_whole(&number, field);
    if (reader->growing)
        return join_word(id, reader, field, err);
    if (reader->ids_from < 0) {
        look_up(id, reader, field);
        return GV_OK;
    }
    uint32_t words = gv_vocab_size(reader->vocab);
    if (!*whole || number - (uint64_t)reader->ids_from >= words)
        return gv_matrix_reader_fail(
            reader, err, "\"%.60s\" is not a word number from %d to %" PRIu64, field,
            reader->ids_from, (uint64_t)words - 1 + (uint64_t)reader->ids_from);
    *id = (uint32_t)(number - (uint64_t)reader->ids_from);
    return GV_OK;
}

/* A line whose words are not both in the vocabulary. */
static int leave_out(gv_matrix_reader *reader, const char *word, bool numbers, gv_error *err)
{
    reader->unknown_numbers += numbers;
    if (reader->unknown++ > 0)
        return GV_OK;
    reader->unknown_line = reader->number;
    reader->unknown_word = gv_mem_strdup(word, err);
    return reader->unknown_word ? GV_OK : GV_E_MEMORY;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Is the line a comment? One that begins with `#` or `%`, unless it is an entry all the same: at
 * the beginning one with a number, later one like the others. */
static bool is_comment(const edges *e, const edge *cut, bool marked)
{
    double value;
    if (!marked || cut->dictionary)
        return false;
    if (e->columns == 2)
        return cut->n != 2;
    return cut->n != GV_MATRIX_FIELDS || !gv_matrix_fields_number(cut->fields[2], &value);
}

/* The next line with something in it, cut into fields. */
static int next_fields(gv_matrix_reader *reader, edge *cut, gv_error *err)
{
    edges *e = reader->state;
    for (;;) {
        char *line;
        size_t length;
        *cut = (edge){0};
        int status = gv_lines_next(e->lines, &line, &length, err);
        if (status == GV_OK && gv_lines_number(e->lines) % LINES_PER_LOOK == 0)
            status = gv_signal_check(err);
        if (status != GV_OK || !line)
            return status;
        reader->number = gv_lines_number(e->lines);
        if (memchr(line, '\0', length))
            return gv_matrix_reader_fail(reader, err, "contains a NUL byte");
        if (line[strspn(line, " \t")] == '\0')
            continue;
        const bool marked = *line == '#' || *line == '%';
        if (marked && !e->begun && line[1] == ' ')
            continue; /* "# Nodes: 4" has three fields, too */
        cut->dictionary = gv_matrix_fields_take_dictionary(line, &cut->weight);
        char separator = e->separator ? e->separator : gv_matrix_fields_separator(line);
        cut->n = gv_matrix_fields_cut(cut->fields, line, separator);
        if (cut->dictionary && cut->n == 2) {
            cut->n = GV_MATRIX_FIELDS;
            cut->fields[2] = cut->weight;
        } else if (cut->dictionary) {
            cut->n = cut->n == 1 ? 1 : GV_MATRIX_FIELDS + 1; /* no two words before it */
        }
        if (is_comment(e, cut, marked))
            continue;
        e->separator = separator;
        return GV_OK;
    }
}

static int wrong_line(const gv_matrix_reader *reader, size_t n, gv_error *err)
{
    const edges *e = reader->state;
    if (e->columns > 0)
        return gv_matrix_reader_fail(reader, err, "has %zu field%s, the lines before it have %zu",
                                     n, n == 1 ? "" : "s", e->columns);
    return gv_matrix_reader_fail(reader, err,
                                 "has %zu field%s, expected 3: word, word, value, or 2: word, word "
                                 "(separated by tabs, commas, semicolons or blanks)",
                                 n, n == 1 ? "" : "s");
}

/* A header: the first line of all, if the user says so or it is no entry. */
static bool is_header(const gv_matrix_reader *reader, const edge *cut)
{
    const edges *e = reader->state;
    double value;
    if (e->begun)
        return false;
    if (reader->has_header)
        return true;
    if (cut->n == 2)
        return gv_matrix_fields_are_names(cut->fields[0], cut->fields[1]);
    if (cut->n != GV_MATRIX_FIELDS || cut->dictionary ||
        gv_matrix_fields_number(cut->fields[2], &value))
        return false;
    /* "1,5" is a number, too, but not one that can be read */
    const char *first = cut->fields[2] + strspn(cut->fields[2], "+-.");
    return *first < '0' || *first > '9';
}

static int take_header(gv_matrix_reader *reader, const edge *cut, gv_error *err)
{
    reader->header =
        cut->n >= GV_MATRIX_FIELDS
            ? gv_mem_format(err, "%s, %s, %s", cut->fields[0], cut->fields[1],
                            cut->fields[2] ? cut->fields[2] : "")
            : gv_mem_format(err, "%s, %s", cut->fields[0], cut->n > 1 ? cut->fields[1] : "");
    return reader->header ? GV_OK : GV_E_MEMORY;
}

static int take_value(double *value, const gv_matrix_reader *reader, const edge *cut, gv_error *err)
{
    const char *text = cut->n == GV_MATRIX_FIELDS ? cut->fields[2] : NULL;
    *value = 1;
    if (!text || gv_matrix_fields_number(text, value))
        return GV_OK;
    return gv_matrix_reader_fail(reader, err,
                                 "expected a number such as 1.5 as value, found \"%.60s\"", text);
}

/* Check and look up one line; `*known` is false if it is left out. */
static int take_line(gv_matrix_reader *reader, const edge *cut, gv_matrix_reader_entry *entry,
                     bool *known, gv_error *err)
{
    bool row_whole = false, column_whole = false;
    *known = false;
    int status = take_value(&entry->value, reader, cut, err);
    if (status == GV_OK)
        status = find_word(&entry->row, &row_whole, reader, cut->fields[0], err);
    if (status == GV_OK)
        status = find_word(&entry->column, &column_whole, reader, cut->fields[1], err);
    if (status != GV_OK)
        return status;
    *known = entry->row != GV_VOCAB_NO_WORD && entry->column != GV_VOCAB_NO_WORD;
    if (*known)
        return GV_OK;
    return leave_out(reader, entry->row == GV_VOCAB_NO_WORD ? cut->fields[0] : cut->fields[1],
                     row_whole && column_whole, err);
}

static int next_edge(gv_matrix_reader *reader, gv_matrix_reader_entry *entry, bool *more,
                     gv_error *err)
{
    edges *e = reader->state;
    *more = false;
    for (;;) {
        edge cut;
        int status = next_fields(reader, &cut, err);
        if (status != GV_OK || cut.n == 0)
            return status;
        bool header = is_header(reader, &cut);
        e->begun = true;
        if (header) {
            status = take_header(reader, &cut, err);
            if (status != GV_OK)
                return status;
            continue;
        }
        if (cut.n < 2 || cut.n > GV_MATRIX_FIELDS || (e->columns > 0 && cut.n != e->columns))
            return wrong_line(reader, cut.n, err);
        e->columns = cut.n;
        reader->without_values = cut.n == 2;
        status = take_line(reader, &cut, entry, more, err);
        if (status != GV_OK || *more)
            return status;
    }
}

static void close_edges(gv_matrix_reader *reader)
{
    edges *e = reader->state;
    gv_lines_close(e->lines);
    gv_mem_free(e);
}

int gv_matrix_reader_open_text(gv_matrix_reader *reader, gv_error *err)
{
    reader->format = "text";
    reader->place = "line";
    /* mirror images may have been rounded to decimals apart */
    reader->tolerance = 1e-6;
    edges *e = gv_mem_alloc_zero(1, sizeof *e, err);
    if (!e)
        return GV_E_MEMORY;
    reader->state = e;
    reader->next = next_edge;
    reader->close = close_edges;
    return gv_lines_open(&e->lines, reader->file, err);
}
