/*
 * Tables: CSV as RFC 4180 has it, and TSV, which knows no quotation marks.
 *
 * A row of CSV may hold newlines between quotation marks, so where rows end is known only from the
 * beginning on: one thread finds them. A quotation mark inside an unquoted cell is an ordinary
 * character, as in most programs; behind the end of a quoted cell all is text up to the separator.
 */
#include "text/gv_records_internal.h"

#include "base/gv_mem.h"
#include <stdlib.h>
#include <string.h>

enum { NAMES_MOST = 30 }; /* columns that are listed */

typedef struct cell {
    const uint8_t *text;
    size_t length;
} cell;

/* The cells of a row up to the last that is wanted. */
typedef struct row {
    cell *cells; /* [capacity] */
    size_t n, capacity;
} row;

/* --- rows ------------------------------------------------------------------------------------- */

/* The end of the cell that begins at `at`: the place of its separator, of the end of the row, or
 * `end`. `*open`: a quoted cell is not closed. */
static const uint8_t *end_of_cell(const uint8_t *at, const uint8_t *end, uint8_t separator,
                                  bool quotes, bool *open)
{
    *open = false;
    if (quotes && at < end && *at == '"') {
        for (at++;; at += 2) {
            at = memchr(at, '"', (size_t)(end - at));
            if (!at) {
                *open = true;
                return end;
            }
            if (at + 1 == end || at[1] != '"')
                break;
        }
        at++;
    }
    while (at < end && *at != separator && *at != '\n' && *at != '\r')
        at++;
    return at;
}

/*
 * Read one row: its cells (`into` may be NULL), and the place behind it. NULL if it does not end
 * before `end`: then, unless a quotation mark is `*open`, the cells are those of the last row of
 * the file.
 */
static const uint8_t *read_row(row *into, const uint8_t *at, const uint8_t *end, uint8_t separator,
                               bool quotes, bool *open)
{
    if (into)
        into->n = 0;
    for (;;) {
        const uint8_t *from = at;
        at = end_of_cell(at, end, separator, quotes, open);
        if (into && into->n < into->capacity)
            into->cells[into->n++] = (cell){from, (size_t)(at - from)};
        if (at == end)
            return NULL;
        if (*at++ == separator)
            continue;
        return at[-1] == '\r' && at < end && *at == '\n' ? at + 1 : at;
    }
}

static size_t cut_csv(gv_records *r, const gv_records_part *part, size_t from)
{
    (void)from; /* whether this is inside a cell is not known */
    const uint8_t *at = part->raw + part->raw_at, *end = part->raw + part->raw_used;
    size_t cut = 0;
    bool open;
    while ((at = read_row(NULL, at, end, r->separator, true, &open)))
        cut = (size_t)(at - part->raw);
    return cut;
}

static size_t cut_tsv(gv_records *r, const gv_records_part *part, size_t from)
{
    (void)r;
    size_t cut = part->raw_used;
    while (cut > from && part->raw[cut - 1] != '\n' && part->raw[cut - 1] != '\r')
        cut--;
    return cut > from ? cut : 0;
}

/* --- columns ---------------------------------------------------------------------------------- */

/* A column's number as the config gives it, from 1; 0 if it is a name. */
static size_t number_of(const char *column)
{
    size_t digits = strspn(column, "0123456789");
    return digits > 0 && digits < 6 && column[digits] == '\0' ? strtoul(column, NULL, 10) : 0;
}

/* Append the text of a cell without its quotation marks. */
static int put_cell(gv_records_part *part, cell c, bool quotes, gv_error *err)
{
    if (!quotes || c.length == 0 || *c.text != '"')
        return gv_records_put(part, c.text, c.length, err);
    const uint8_t *at = c.text + 1, *end = c.text + c.length;
    int status = GV_OK;
    while (status == GV_OK && at < end) {
        const uint8_t *mark = memchr(at, '"', (size_t)(end - at));
        const uint8_t *last = mark ? mark : end;
        status = gv_records_put(part, at, (size_t)(last - at), err);
        if (!mark)
            break;
        at = mark + 1;
        if (at < end && *at == '"') {
            if (status == GV_OK)
                status = gv_records_put(part, "\"", 1, err);
            at++;
            continue;
        }
        if (status == GV_OK)
            status = gv_records_put(part, at, (size_t)(end - at), err);
        break;
    }
    return status;
}

/* The cell as a name: without quotation marks and blanks around it. */
static cell trim(cell c, bool quotes)
{
    while (c.length > 0 && (*c.text == ' ' || (quotes && *c.text == '"'))) {
        c.text++;
        c.length--;
    }
    while (c.length > 0 && (c.text[c.length - 1] == ' ' || (quotes && c.text[c.length - 1] == '"')))
        c.length--;
    return c;
}

/* Find the wanted columns in the header; false if one is not there. */
static bool find_columns(gv_records *r, const row *header, bool quotes, const char **missing)
{
    const gv_strings *wanted = r->options.fields;
    for (size_t i = 0; i < wanted->n; i++) {
        size_t at = number_of(wanted->items[i]), n = strlen(wanted->items[i]);
        *missing = wanted->items[i];
        if (at > 0) {
            r->columns[i] = at - 1;
            continue;
        }
        while (at < header->n) {
            cell name = trim(header->cells[at], quotes);
            if (name.length == n && memcmp(name.text, wanted->items[i], n) == 0)
                break;
            at++;
        }
        if (at == header->n)
            return false;
        r->columns[i] = at;
    }
    return true;
}

static void list_names(gv_text *list, const row *header, bool quotes)
{
    for (size_t i = 0; i < header->n && i < NAMES_MOST; i++) {
        cell name = trim(header->cells[i], quotes);
        int n = name.length < 100 ? (int)name.length : 100;
        gv_text_printf(list, "%s%.*s", i > 0 ? ", " : "", n, (const char *)name.text);
    }
}

static int refuse_header(gv_records_part *part, const char *missing, const row *header, bool quotes,
                         gv_error *err)
{
    gv_text names = GV_TEXT_INIT;
    char *list = NULL;
    list_names(&names, header, quotes);
    int status = gv_text_take(&list, &names, err);
    part->bad_line = gv_records_line(part, part->raw_at);
    if (status == GV_OK)
        status = gv_error_set(err, GV_E_USAGE,
                              "there is no column \"%s\" (corpus.column); the columns are: %s. "
                              "Without a line of names, give the column's number, from 1",
                              missing, list);
    gv_mem_free(list);
    return status;
}

/* The first row: by which separator it has the wanted names, and where. */
static int read_header(gv_records *r, gv_records_part *part, bool quotes, bool over, bool *more,
                       gv_error *err)
{
    static const char separators[] = ",;\t|";
    const uint8_t *begin = part->raw + part->raw_at, *end = part->raw + part->raw_used, *behind;
    row header = {.capacity = 1 << 12};
    size_t tried = quotes ? sizeof separators - 1 : 1, best = 0, most = 0;
    const char *missing = "";
    bool found = false, open = false;
    header.cells = gv_mem_alloc(header.capacity, sizeof *header.cells, err);
    if (!header.cells)
        return GV_E_MEMORY;
    int status = GV_OK;
    for (size_t i = 0; i < tried && !found && status == GV_OK; i++) {
        r->separator = (uint8_t)(quotes ? separators[i] : '\t');
        behind = read_row(&header, begin, end, r->separator, quotes, &open);
        *more = !behind && !over;
        if (*more)
            break;
        found = find_columns(r, &header, quotes, &missing);
        best = header.n > most ? i : best;
        most = header.n > most ? header.n : most;
        if (found)
            part->raw_at = behind ? (size_t)(behind - part->raw) : part->raw_used;
    }
    if (!*more && !found) {
        r->separator = (uint8_t)(quotes ? separators[best] : '\t');
        (void)read_row(&header, begin, end, r->separator, quotes, &open);
        status = refuse_header(part, missing, &header, quotes, err);
    } else if (!*more) {
        list_names(&part->fields, &header, quotes);
    }
    if (*more && part->raw_used - part->raw_at > GV_RECORDS_MOST) {
        part->bad_line = 1;
        status = gv_error_set(err, GV_E_CORRUPT, "the first line is too long for a table");
    }
    gv_mem_free(header.cells);
    return status;
}

/* How many columns the first row has, for an error. */
static void count_columns(const gv_records *r, gv_records_part *part, bool quotes)
{
    const uint8_t *at = part->raw + part->raw_at, *end = part->raw + part->raw_used;
    size_t n = 0;
    bool open = false;
    do {
        at = end_of_cell(at, end, r->separator, quotes, &open);
        n++;
    } while (at < end && *at++ == r->separator);
    gv_text_printf(&part->fields, n == 1 ? "1" : "1 to %zu", n);
}

static int begin_table(gv_records *r, gv_records_part *part, bool quotes, bool over, bool *more,
                       gv_error *err)
{
    const gv_strings *wanted = r->options.fields;
    bool named = false;
    *more = false;
    r->separator = quotes ? ',' : '\t';
    for (size_t i = 0; i < wanted->n; i++) {
        r->columns[i] = number_of(wanted->items[i]) - 1;
        named |= number_of(wanted->items[i]) == 0;
    }
    if (part->raw_used == part->raw_at)
        return GV_OK;
    if (!named) {
        count_columns(r, part, quotes);
        return GV_OK;
    }
    return read_header(r, part, quotes, over, more, err);
}

static int begin_csv(gv_records *r, gv_records_part *part, bool over, bool *more, gv_error *err)
{
    return begin_table(r, part, true, over, more, err);
}

static int begin_tsv(gv_records *r, gv_records_part *part, bool over, bool *more, gv_error *err)
{
    return begin_table(r, part, false, over, more, err);
}

/* --- work ------------------------------------------------------------------------------------- */

static int take_row(gv_records_part *part, const row *cells, bool quotes, gv_error *err)
{
    const gv_records *r = part->records;
    bool text = false;
    int status = GV_OK;
    for (size_t i = 0; i < r->options.fields->n && status == GV_OK; i++) {
        if (r->columns[i] >= cells->n)
            continue;
        if (text)
            status = gv_records_put(part, " ", 1, err);
        if (status == GV_OK)
            status = put_cell(part, cells->cells[r->columns[i]], quotes, err);
        text = true;
    }
    part->counts.without += !text;
    return text && status == GV_OK ? gv_records_end(part, err) : status;
}

static int read_rows(gv_records_part *part, bool quotes, gv_error *err)
{
    const gv_records *r = part->records;
    const uint8_t *at = part->raw + part->raw_at, *end = part->raw + part->raw_used;
    row cells = {0};
    for (size_t i = 0; i < r->options.fields->n; i++)
        cells.capacity = r->columns[i] + 1 > cells.capacity ? r->columns[i] + 1 : cells.capacity;
    cells.cells = gv_mem_alloc(cells.capacity, sizeof *cells.cells, err);
    int status = cells.cells ? GV_OK : GV_E_MEMORY;
    while (status == GV_OK && at && at < end) {
        bool open, blank = *at == '\n' || *at == '\r';
        const uint8_t *begin = at;
        at = read_row(&cells, at, end, r->separator, quotes, &open);
        if (!at && open) {
            part->bad_line = gv_records_line(part, (size_t)(begin - part->raw));
            status = gv_error_set(err, GV_E_CORRUPT,
                                  "in the row that begins here a quotation mark is not closed");
        } else if (!blank) {
            status = take_row(part, &cells, quotes, err);
        }
    }
    gv_mem_free(cells.cells);
    return status;
}

static int work_csv(gv_records_part *part, gv_error *err)
{
    return read_rows(part, true, err);
}

static int work_tsv(gv_records_part *part, gv_error *err)
{
    return read_rows(part, false, err);
}

const gv_records_kind gv_records_csv = {.begin = begin_csv, .cut = cut_csv, .work = work_csv};
const gv_records_kind gv_records_tsv = {.begin = begin_tsv, .cut = cut_tsv, .work = work_tsv};
