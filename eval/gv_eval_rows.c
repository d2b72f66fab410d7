#include "eval/gv_eval_rows.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "text/gv_lines.h"
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* No set of questions is that large; a compressed file may be. */
#define TEXT_LIMIT ((size_t)1 << 30)

/* --- reading ---------------------------------------------------------------------------------- */

/* Bytes of the blank at `at`: a space, a tab, or a no-break space, which spreadsheets and web pages
 * leave behind; 0: none. */
static size_t blank(const char *at)
{
    return *at == ' ' || *at == '\t' ? 1 : at[0] == '\xc2' && at[1] == '\xa0' ? 2 : 0;
}

static char *skip_blanks(char *at)
{
    for (size_t n; (n = blank(at)) > 0;)
        at += n;
    return at;
}

static int add_line(gv_eval_rows *rows, const char *text, size_t length, uint64_t number,
                    gv_error *err)
{
    if (memchr(text, '\0', length))
        return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: NUL byte: this is not a text file",
                            rows->path, (unsigned long)number);
    if (rows->bytes + length >= TEXT_LIMIT)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has more than 1 GiB of text: this is no file of questions",
                            rows->path);
    int status = gv_mem_reserve(&rows->text, &rows->room, rows->bytes + length + 1, 1, err);
    if (status == GV_OK)
        status =
            gv_mem_reserve(&rows->line, &rows->line_room, rows->n + 1, sizeof *rows->line, err);
    if (status != GV_OK)
        return status;
    rows->line[rows->n++] = (gv_eval_rows_line){.number = number, .offset = rows->bytes};
    memcpy(rows->text + rows->bytes, text, length + 1);
    rows->bytes += length + 1;
    return GV_OK;
}

int gv_eval_rows_read(gv_eval_rows *rows, const char *path, bool titles, gv_error *err)
{
    *rows = (gv_eval_rows){.path = path};
    gv_lines *lines = NULL;
    bool empty = false;
    int status = gv_lines_open(&lines, path, err);
    while (status == GV_OK) {
        char *line;
        size_t length;
        status = gv_lines_next(lines, &line, &length, err);
        if (status != GV_OK || !line)
            break;
        const char *start = skip_blanks(line);
        empty = empty || start == line + length;
        if (start == line + length || *start == '#')
            continue;
        if (!(titles && *start == ':') && !gv_utf8_valid(line, length)) {
            status =
                gv_error_set(err, GV_E_CORRUPT,
                             "%s:%" PRIu64 ": the line is not UTF-8, so its words would not be "
                             "found; if the file is Latin-1, convert it: iconv -f ISO-8859-1 "
                             "-t UTF-8 FILE > NEW_FILE",
                             path, gv_lines_number(lines));
            break;
        }
        status = add_line(rows, line, length, gv_lines_number(lines), err);
        if (status != GV_OK)
            break;
        rows->line[rows->n - 1].title = titles && *start == ':';
        rows->line[rows->n - 1].after_empty = empty;
        empty = false;
    }
    gv_lines_close(lines);
    return status;
}

void gv_eval_rows_free(gv_eval_rows *rows)
{
    gv_mem_free(rows->text);
    gv_mem_free(rows->line);
    gv_mem_free(rows->field);
    *rows = (gv_eval_rows){0};
}

char *gv_eval_rows_name_of(const char *path, gv_error *err)
{
    static const char *const compressed[] = {".gz", ".bz2", ".xz", ".zst", NULL};
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n = strlen(base);
    for (size_t i = 0; compressed[i]; i++) {
        size_t ending = strlen(compressed[i]);
        if (n > ending && memcmp(base + n - ending, compressed[i], ending) == 0)
            n -= ending;
    }
    for (size_t dot = n; dot-- > 1;)
        if (base[dot] == '.') {
            n = dot;
            break;
        }
    return gv_mem_strndup(base, n, err);
}

/* --- fields ----------------------------------------------------------------------------------- */

typedef struct field {
    char *start, *stop;
    bool quoted;
} field;

static bool ends_field(const char *at, char separator)
{
    return *at == '\0' || (separator ? *at == separator : blank(at) > 0);
}

/* The mark that closes the quotation at `start`, if a separator or the end follows; else NULL, and
 * the mark is a character like others. */
static char *closing_mark(char *start, char separator)
{
    for (char *at = start + 1; (at = strchr(at, '"')); at += 2)
        if (at[1] != '"') {
            char *after = separator && separator != '\t' ? skip_blanks(at + 1) : at + 1;
            return ends_field(after, separator) ? at : NULL;
        }
    return NULL;
}

/* The next field, from `*at` on, which moves behind it; false at the end of the line (`*at` is
 * NULL then). `separator` 0: blanks. */
static bool next_field(field *f, char **at, char separator)
{
    if (!*at)
        return false;
    char *start = *at;
    if (separator == '\t')
        start += strspn(start, " ");
    else
        start = skip_blanks(start);
    if (!separator && *start == '\0') {
        *at = NULL;
        return false;
    }
    char *close = *start == '"' ? closing_mark(start, separator) : NULL;
    char *stop = close ? close + 1 : start;
    while (!ends_field(stop, separator))
        stop++;
    *at = *stop == '\0' ? NULL : stop + blank(stop) + (blank(stop) == 0);
    if (close) {
        *f = (field){start + 1, close, true};
        return true;
    }
    for (char *next = start; next < stop;) {
        char *after = skip_blanks(next);
        if (after >= stop)
            stop = next;
        next = after + 1;
    }
    *f = (field){start, stop, false};
    return true;
}

static char separator_of(enum gv_eval_rows_separator separator, const char *line)
{
    switch (separator) {
    case GV_EVAL_ROWS_TABS:
        return strchr(line, '\t') ? '\t' : '\0';
    case GV_EVAL_ROWS_SEMICOLONS:
        return ';';
    case GV_EVAL_ROWS_COMMAS:
        return ',';
    case GV_EVAL_ROWS_BLANKS:
        break;
    }
    return '\0';
}

/* Is every comma between two digits, as in "7,35"? Then the commas separate nothing. */
static bool only_decimal_commas(const char *line)
{
    for (const char *at = line; (at = strchr(at, ',')); at++)
        if (at == line || !isdigit((unsigned char)at[-1]) || !isdigit((unsigned char)at[1]))
            return false;
    return true;
}

static size_t count_fields(char *line, enum gv_eval_rows_separator separator)
{
    field f;
    size_t n = 0;
    if (separator == GV_EVAL_ROWS_COMMAS && only_decimal_commas(line))
        return 1;
    for (char *at = line; next_field(&f, &at, separator_of(separator, line));)
        n++;
    return n;
}

static void choose_separator(gv_eval_rows *rows, size_t least)
{
    enum { SEPARATORS = GV_EVAL_ROWS_BLANKS + 1 };
    size_t enough[SEPARATORS] = {0}, tabs = 0;
    for (size_t i = 0; i < rows->n; i++) {
        char *line = rows->text + rows->line[i].offset;
        if (rows->line[i].title)
            continue;
        tabs += strchr(line, '\t') != NULL;
        for (unsigned s = 0; s < SEPARATORS; s++)
            enough[s] += count_fields(line, s) >= least;
    }
    rows->separator = GV_EVAL_ROWS_BLANKS;
    for (unsigned s = SEPARATORS; s-- > 0;)
        if (enough[s] >= enough[rows->separator] && (s != GV_EVAL_ROWS_TABS || tabs > 0) &&
            enough[s] > 0)
            rows->separator = s;
}

/* End the field with a NUL, and make `""` in a quoted one `"`. */
static void finish(field *f)
{
    *f->stop = '\0';
    if (!f->quoted)
        return;
    char *to = f->start;
    for (const char *from = f->start; *from; from++) {
        *to++ = *from;
        from += from[0] == '"' && from[1] == '"';
    }
    *to = '\0';
}

static int cut_line(gv_eval_rows *rows, gv_eval_rows_line *line, gv_error *err)
{
    char *text = rows->text + line->offset, *at = text;
    const char separator = separator_of(rows->separator, text);
    int status = GV_OK;
    field f;
    line->first = rows->fields;
    while (line->title ? rows->fields == line->first : next_field(&f, &at, separator)) {
        status = gv_mem_reserve(&rows->field, &rows->field_room, rows->fields + 1,
                                sizeof *rows->field, err);
        if (status != GV_OK)
            return status;
        if (!line->title)
            finish(&f);
        rows->field[rows->fields++] = line->title ? text : f.start;
    }
    line->n = rows->fields - line->first;
    return status;
}

/* Have all lines the same number of fields, or of those that are not empty? */
static bool even(const gv_eval_rows *rows, bool filled)
{
    size_t length = 0;
    bool first = true;
    for (size_t i = 0; i < rows->n; i++) {
        size_t n = rows->line[i].n;
        if (rows->line[i].title)
            continue;
        for (size_t k = 0; filled && k < rows->line[i].n; k++)
            n -= *gv_eval_rows_field(rows, i, k) == '\0';
        if (!first && n != length)
            return false;
        length = n;
        first = false;
    }
    return true;
}

static void drop_empty_fields(gv_eval_rows *rows, gv_eval_rows_line *line)
{
    size_t n = 0;
    for (size_t k = 0; k < line->n; k++) {
        char *text = rows->field[line->first + k];
        if (*text)
            rows->field[line->first + n++] = text;
    }
    line->n = n;
}

int gv_eval_rows_cut(gv_eval_rows *rows, size_t least, gv_error *err)
{
    int status = GV_OK;
    choose_separator(rows, least);
    for (size_t i = 0; i < rows->n && status == GV_OK; i++)
        status = cut_line(rows, &rows->line[i], err);
    /* where people align columns with several tabs, there are no fields between them */
    if (status == GV_OK && rows->separator == GV_EVAL_ROWS_TABS && !even(rows, false) &&
        even(rows, true))
        for (size_t i = 0; i < rows->n; i++)
            drop_empty_fields(rows, &rows->line[i]);
    return status;
}

/* Blanks in place of the brackets around the line: "[...]", "(...)", and R's "c(...)". */
static void drop_brackets(char *line)
{
    char *start = skip_blanks(line), *end = start + strlen(start);
    while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == ','))
        end--;
    const bool call = start[0] == 'c' && start[1] == '(';
    if (end < start + 2 + call ||
        !((*start == '[' && end[-1] == ']') || ((*start == '(' || call) && end[-1] == ')')))
        return;
    end[-1] = ' ';
    start[0] = ' ';
    if (call)
        start[1] = ' ';
}

static enum gv_eval_rows_separator separator_in(const char *line)
{
    if (strchr(line, '\t'))
        return GV_EVAL_ROWS_TABS;
    if (strchr(line, ';'))
        return GV_EVAL_ROWS_SEMICOLONS;
    return strchr(line, ',') && !only_decimal_commas(line) ? GV_EVAL_ROWS_COMMAS
                                                           : GV_EVAL_ROWS_BLANKS;
}

int gv_eval_rows_cut_list(gv_eval_rows *rows, size_t i, gv_error *err)
{
    gv_eval_rows_line *line = &rows->line[i];
    char *text = rows->text + line->offset;
    drop_brackets(text);
    rows->separator = separator_in(text);
    int status = cut_line(rows, line, err);
    for (size_t k = 0; k < line->n && status == GV_OK; k++) {
        char **item = &rows->field[line->first + k];
        const size_t n = strlen(*item);
        if (n >= 2 && (*item)[0] == '\'' && (*item)[n - 1] == '\'') {
            (*item)[n - 1] = '\0';
            ++*item;
        }
    }
    if (status == GV_OK)
        drop_empty_fields(rows, line);
    return status;
}

const char *gv_eval_rows_text(const gv_eval_rows *rows, size_t i)
{
    char *text = skip_blanks(rows->text + rows->line[i].offset), *end = text;
    for (char *at = text; *at;) {
        const size_t n = blank(at);
        at += n > 0 ? n : 1;
        end = n > 0 ? end : at;
    }
    *end = '\0';
    return text;
}

const char *gv_eval_rows_field(const gv_eval_rows *rows, size_t i, size_t k)
{
    const gv_eval_rows_line *line = &rows->line[i];
    return k < line->n ? rows->field[line->first + k] : "";
}

const char *gv_eval_rows_separator_name(enum gv_eval_rows_separator separator)
{
    static const char *const names[] = {"tabs", "semicolons", "commas", "blanks"};
    return names[separator];
}

/* --- what a field is -------------------------------------------------------------------------- */

bool gv_eval_rows_number(double *value, const char *text)
{
    enum { MOST = 64 };
    char point[MOST], *end;
    size_t n = strlen(text);
    if (n == 0 || n >= MOST || strspn(text, "0123456789+-.,eE") != n)
        return false;
    memcpy(point, text, n + 1);
    char *comma = strchr(point, ',');
    if (comma && !isdigit((unsigned char)comma[1]))
        return false;
    if (comma)
        *comma = '.';
    double number = strtod(point, &end);
    if (end == point || *end != '\0' || !isfinite(number))
        return false;
    if (value)
        *value = number;
    return true;
}

bool gv_eval_rows_name(const char *text)
{
    static const char *const missing[] = {"na",   "n/a",      "nan",  "-nan", "inf",
                                          "-inf", "infinity", "null", "none", NULL};
    for (size_t i = 0; missing[i]; i++)
        if (strcasecmp(text, missing[i]) == 0)
            return false;
    if (*text == '\0' || strchr("0123456789+-.,", *text))
        return false;
    for (; *text; text++)
        if (isalpha((unsigned char)*text) || (unsigned char)*text >= 0x80)
            return true;
    return false;
}

bool gv_eval_rows_counts_lines(const gv_eval_rows *rows, size_t column, size_t from)
{
    double first = 0.0, value;
    if (rows->n < from + 2)
        return false;
    for (size_t i = from; i < rows->n; i++) {
        if (!gv_eval_rows_number(&value, gv_eval_rows_field(rows, i, column)))
            return false;
        if (i == from)
            first = value;
        if (fabs(value - first - (double)(i - from)) > 0.0)
            return false;
    }
    return fabs(first * (first - 1.0)) <= 0.0;
}

bool gv_eval_rows_same_name(const char *name, const char *wanted)
{
    for (; *name; name++)
        if (isalnum((unsigned char)*name) &&
            tolower((unsigned char)*name) != (unsigned char)*wanted++)
            return false;
    return *wanted == '\0';
}
