/*
 * gv_items - fields are escaped, so that programs which split lines at tabs, and know no quotes,
 * read them: a field never holds a tab, a line end, a quotation mark or a byte that is not UTF-8.
 */
#include "analysis/gv_items.h"

#include "base/gv_file_reader.h"
#include "base/gv_tsv.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- columns ---------------------------------------------------------------------------------- */

enum type {
    TEXT,
    FLAG,   /* 0 or 1 */
    WHOLE,  /* a whole number from 0 */
    NUMBER, /* finite */
};

typedef struct column {
    const char *name;
    enum type type;
    size_t offset; /* in gv_items_row */
} column;

#define AT(member) offsetof(gv_items_row, member)

static const column columns[] = {
    {"kind", TEXT, AT(kind)},
    {"file", TEXT, AT(file)},
    {"section", TEXT, AT(section)},
    {"word1", TEXT, AT(word[0])},
    {"word2", TEXT, AT(word[1])},
    {"word3", TEXT, AT(word[2])},
    {"word4", TEXT, AT(word[3])},
    {"correct", FLAG, AT(correct)},
    {"correct_mul", FLAG, AT(correct_mul)},
    {"answer", TEXT, AT(answer)},
    {"answer_mul", TEXT, AT(answer_mul)},
    {"score", NUMBER, AT(score)},
    {"cosine", NUMBER, AT(cosine)},
    {"position", WHOLE, AT(position)},
    {"words", WHOLE, AT(words)},
    {"cluster", WHOLE, AT(cluster)},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static const char **text_of(gv_items_row *row, const column *c)
{
    return (const char **)(void *)((char *)row + c->offset);
}

static double *number_of(gv_items_row *row, const column *c)
{
    return (double *)(void *)((char *)row + c->offset);
}

gv_items_row gv_items_begin_row(const char *kind, const char *file)
{
    gv_items_row row = {.kind = kind, .file = file};
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].type != TEXT)
            *number_of(&row, &columns[i]) = NAN;
    return row;
}

/* --- writing ---------------------------------------------------------------------------------- */

void gv_items_write_names(gv_text *text)
{
    for (size_t i = 0; i < COLUMNS; i++)
        gv_text_printf(text, "%s%s", i ? "\t" : "", columns[i].name);
    gv_text_add(text, "\n");
}

void gv_items_write_row(gv_text *text, const gv_items_row *given)
{
    gv_items_row row = *given;
    for (size_t i = 0; i < COLUMNS; i++) {
        const column *c = &columns[i];
        gv_text_add(text, i ? "\t" : "");
        if (c->type == TEXT && *text_of(&row, c))
            gv_tsv_field(text, *text_of(&row, c));
        else if (c->type == NUMBER && isfinite(*number_of(&row, c)))
            gv_text_real(text, *number_of(&row, c));
        else if (c->type != TEXT && isfinite(*number_of(&row, c)))
            gv_text_printf(text, "%.0f", *number_of(&row, c));
    }
    gv_text_add(text, "\n");
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Where the file has our columns. */
typedef struct layout {
    const char *path;
    uint64_t line;
    size_t fields; /* of every line */
    size_t at[COLUMNS];
} layout;

static int bad_line(const layout *l, const char *what, const char *field, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: %s '%.40s'; run glove-eval --force", l->path,
                        (unsigned long)l->line, what, field);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undo the escapes in place; what is no escape stays as it is. */
static void unescape(char *field)
{
    static const char from[] = "tnr\\\"", to[] = "\t\n\r\\\"";
    char *out = field;
    for (const char *in = field; *in; in++) {
        const char *escape = *in == '\\' && in[1] ? strchr(from, in[1]) : NULL;
        const int high = *in == '\\' && in[1] == 'x' ? hex_digit(in[2]) : -1;
        const int low = high >= 0 ? hex_digit(in[3]) : -1;
        if (escape) {
            *out++ = to[escape - from];
            in++;
        } else if (low >= 0 && high + low > 0) {
            *out++ = (char)(high * 16 + low);
            in += 3;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
}

/* The next field of a line; `*rest` is NULL behind the last one. */
static char *next_field(char **rest)
{
    char *field = *rest, *tab = strchr(field, '\t');
    if (tab)
        *tab = '\0';
    *rest = tab ? tab + 1 : NULL;
    return field;
}

static int read_names(layout *l, char *line, gv_error *err)
{
    for (size_t i = 0; i < COLUMNS; i++)
        l->at[i] = SIZE_MAX;
    for (char *rest = line; rest; l->fields++) {
        const char *name = next_field(&rest);
        for (size_t i = 0; i < COLUMNS; i++)
            if (strcmp(name, columns[i].name) == 0)
                l->at[i] = l->fields;
    }
    for (size_t i = 0; i < COLUMNS; i++)
        if (l->at[i] == SIZE_MAX)
            return bad_line(l, "the table has no column", columns[i].name, err);
    return GV_OK;
}

static int read_number(double *number, const layout *l, const column *c, const char *field,
                       gv_error *err)
{
    char *end = NULL;
    *number = NAN;
    if (*field == '\0')
        return GV_OK;
    const double value = strtod(field, &end);
    const bool fits = c->type == FLAG    ? value == 0.0 || value == 1.0
                      : c->type == WHOLE ? value >= 0.0 && value <= 0x1p53 && value == floor(value)
                                         : true;
    if (*end != '\0' || !isfinite(value) || !fits)
        return bad_line(l, "not a value of this column:", field, err);
    *number = value;
    return GV_OK;
}

static int read_row(gv_items_row *row, const layout *l, char *line, gv_error *err)
{
    size_t n = 0;
    int status = GV_OK;
    for (char *rest = line; rest && status == GV_OK; n++) {
        char *field = next_field(&rest);
        for (size_t i = 0; i < COLUMNS && status == GV_OK; i++) {
            const column *c = &columns[i];
            if (l->at[i] != n)
                continue;
            if (c->type == TEXT) {
                unescape(field);
                *text_of(row, c) = field;
            } else {
                status = read_number(number_of(row, c), l, c, field, err);
            }
        }
    }
    if (status == GV_OK && n != l->fields)
        return bad_line(l, "too few or too many fields behind", line, err);
    if (status == GV_OK && row->position > row->words)
        return bad_line(l, "a position behind the last word:", row->word[0], err);
    return status;
}

static bool is_known(const char *kind)
{
    return strcmp(kind, GV_ITEMS_ANALOGY) == 0 || strcmp(kind, GV_ITEMS_SIMILARITY) == 0 ||
           strcmp(kind, GV_ITEMS_CATEGORY) == 0 || strcmp(kind, GV_ITEMS_OUTLIER) == 0;
}

static int read_lines(gv_file_reader *in, layout *l, gv_items_take *take, void *context,
                      gv_error *err)
{
    char *line;
    size_t length;
    for (l->line = 1;; l->line++) {
        int status = gv_file_reader_line(in, &line, &length, err);
        if (status == GV_OK && !line && l->line == 1)
            status =
                gv_error_set(err, GV_E_CORRUPT, "%s is empty; run glove-eval --force", l->path);
        if (status != GV_OK || !line)
            return status;
        if (strlen(line) != length)
            return bad_line(l, "a NUL byte behind", line, err);
        gv_items_row row = gv_items_begin_row("", "");
        status = l->line == 1 ? read_names(l, line, err) : read_row(&row, l, line, err);
        if (status == GV_OK && l->line > 1 && is_known(row.kind))
            status = take(context, &row, err);
        if (status != GV_OK)
            return status;
    }
}

int gv_items_read(const char *path, gv_items_take *take, void *context, gv_error *err)
{
    gv_file_reader *in = NULL;
    layout l = {.path = path};
    int status = gv_file_reader_open(&in, path, err);
    if (status == GV_OK)
        status = read_lines(in, &l, take, context, err);
    gv_file_reader_close(in);
    return status;
}
