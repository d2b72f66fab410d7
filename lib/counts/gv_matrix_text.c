/*
 * Text: lines of two words and a value, separated by tabs, commas, semicolons or blanks, as edge
 * lists of graph programs, data frames and spreadsheets come. The first line that is no comment
 * decides what separates; it may be a header, which is known by a value that is no number.
 */
#include "base/gv_decimal.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_matrix_reader.h"
#include "text/gv_lines.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_PER_LOOK = 4096, FIELDS = 3 };

typedef struct edges {
    gv_lines *lines;
    char separator; /* 0: not known yet; ' ': blanks and tabs */
    bool begun;     /* an entry or a header was read */
} edges;

/* Tabs, commas or semicolons, if there are enough of them: "a;b;1,5" is no line of commas. */
static char find_separator(const char *line)
{
    static const char candidates[] = "\t,;";
    for (const char *c = candidates; *c; c++) {
        size_t n = 0;
        for (const char *p = line; (p = strchr(p, *c)); p++)
            n++;
        if (n + 1 >= FIELDS)
            return *c;
    }
    return ' ';
}

/* Take the quotes off a field that begins with one, "" inside being a quote; returns what follows
 * it. */
static char *unquote(char *field)
{
    char *to = field;
    const char *from = field + 1;
    while (*from && !(*from == '"' && from[1] != '"')) {
        from += *from == '"';
        *to++ = *from++;
    }
    char *rest = field + (from - field) + (*from == '"');
    *to = '\0';
    return rest;
}

static char *trim(char *field)
{
    field += strspn(field, " \t");
    size_t length = strlen(field);
    while (length > 0 && (field[length - 1] == ' ' || field[length - 1] == '\t'))
        field[--length] = '\0';
    return field;
}

/* Cut a line into its fields, in place; returns how many there are, also beyond FIELDS. */
static size_t cut_line(char *fields[FIELDS], char *line, char separator)
{
    const char ends[] = {separator, separator == ' ' ? '\t' : '\0', '\0'};
    size_t n = 0;
    for (char *p = trim(line);; n++) {
        bool quoted = *p == '"' && (separator == ',' || separator == ';');
        char *end = quoted ? unquote(p) : p;
        end += strcspn(end, ends);
        char last = *end;
        if (!quoted)
            *end = '\0';
        if (n < FIELDS)
            fields[n] = quoted ? p : trim(p);
        if (last == '\0')
            return n + 1;
        p = end + 1;
        if (separator == ' ')
            p += strspn(p, " \t");
    }
}

static bool is_number(const char *field, double *value)
{
    char *end;
    *value = strtod(field, &end);
    return end > field && *end == '\0' && !strpbrk(field, "xX");
}

/* A word's id; GV_VOCAB_NO_WORD if there is none. `*whole`: it is a number, perhaps an id. */
static int find_word(uint32_t *id, bool *whole, const gv_matrix_reader *reader, const char *field,
                     gv_error *err)
{
    uint64_t number = 0;
    uint32_t words = gv_vocab_size(reader->vocab);
    *whole = gv_decimal_get_whole(&number, field);
    if (reader->ids_from < 0) {
        size_t length = strlen(field);
        *id = gv_vocab_lookup(reader->vocab, field, length);
        /* R quotes words between tabs and blanks, too, where a quote may also be a part of one */
        if (*id == GV_VOCAB_NO_WORD && length > 2 && field[0] == '"' && field[length - 1] == '"')
            *id = gv_vocab_lookup(reader->vocab, field + 1, length - 2);
        return GV_OK;
    }
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

/* The next line with something in it, cut into fields; `*n` is 0 at the end of the file. */
static int next_fields(gv_matrix_reader *reader, char *fields[FIELDS], size_t *n, gv_error *err)
{
    edges *e = reader->state;
    for (;;) {
        char *line;
        size_t length;
        *n = 0;
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
        bool comment = !e->begun && (*line == '#' || *line == '%');
        char separator = e->separator ? e->separator : find_separator(line);
        *n = cut_line(fields, line, separator);
        double value;
        if (comment && (*n != FIELDS || !is_number(fields[2], &value)))
            continue;
        e->separator = separator;
        return GV_OK;
    }
}

/* The first line of all is no entry: a header. */
static int take_header(gv_matrix_reader *reader, char *fields[FIELDS], gv_error *err)
{
    reader->header = gv_mem_format(err, "%s, %s, %s", fields[0], fields[1], fields[2]);
    return reader->header ? GV_OK : GV_E_MEMORY;
}

static int wrong_line(const gv_matrix_reader *reader, size_t n, gv_error *err)
{
    return gv_matrix_reader_fail(reader, err,
                                 "has %zu field%s, expected %d: word, word, value (separated by "
                                 "tabs, commas, semicolons or blanks)",
                                 n, n == 1 ? "" : "s", FIELDS);
}

/* Cut, check and look up one line; `*known` is false if it is a header or left out. */
static int take_line(gv_matrix_reader *reader, char *fields[FIELDS], gv_matrix_reader_entry *entry,
                     bool *known, gv_error *err)
{
    edges *e = reader->state;
    bool first = !e->begun, row_whole, column_whole;
    e->begun = true;
    *known = false;
    if (!is_number(fields[2], &entry->value)) {
        /* "1,5" is a number, too, but not one that can be read */
        bool named =
            fields[2][strspn(fields[2], "+-.")] < '0' || fields[2][strspn(fields[2], "+-.")] > '9';
        return first && named ? take_header(reader, fields, err)
                              : gv_matrix_reader_fail(reader, err,
                                                      "expected a number such as 1.5 as value, "
                                                      "found \"%.60s\"",
                                                      fields[2]);
    }
    int status = find_word(&entry->row, &row_whole, reader, fields[0], err);
    if (status == GV_OK)
        status = find_word(&entry->column, &column_whole, reader, fields[1], err);
    if (status != GV_OK)
        return status;
    *known = entry->row != GV_VOCAB_NO_WORD && entry->column != GV_VOCAB_NO_WORD;
    if (*known)
        return GV_OK;
    return leave_out(reader, entry->row == GV_VOCAB_NO_WORD ? fields[0] : fields[1],
                     row_whole && column_whole, err);
}

static int next_edge(gv_matrix_reader *reader, gv_matrix_reader_entry *entry, bool *more,
                     gv_error *err)
{
    *more = false;
    for (;;) {
        char *fields[FIELDS];
        size_t n;
        int status = next_fields(reader, fields, &n, err);
        if (status != GV_OK || n == 0)
            return status;
        if (n != FIELDS)
            return wrong_line(reader, n, err);
        status = take_line(reader, fields, entry, more, err);
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
    return gv_lines_open(&e->lines, reader->path, err);
}
