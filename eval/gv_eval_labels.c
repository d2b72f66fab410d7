#include "eval/gv_eval_labels.h"

#include "base/gv_mem.h"
#include "base/gv_text.h"
#include <stdlib.h>
#include <string.h>

#define WANTED "wanted: word TAB category"

enum { WORD, CATEGORY, COLUMNS };

/* Which columns hold what. */
typedef struct layout {
    size_t fields; /* of each line */
    size_t column[COLUMNS];
    size_t from; /* the first line of data */
} layout;

static unsigned long line_number(const gv_eval_rows *rows, size_t i)
{
    return (unsigned long)rows->line[i].number;
}

/* --- layout ----------------------------------------------------------------------------------- */

/* Does line 0 name the columns? */
static bool read_header(layout *l, const gv_eval_rows *rows)
{
    static const char *const names[COLUMNS][9] = {
        {"word", "words", "concept", "noun", "term", "instance", "item", "token", NULL},
        {"category", "categories", "class", "cluster", "label", "topic", "group", "type", NULL}};
    for (size_t k = 0; k < COLUMNS; k++) {
        l->column[k] = SIZE_MAX;
        for (size_t c = rows->line[0].n; c-- > 0;)
            for (size_t i = 0; names[k][i]; i++)
                if (gv_eval_rows_same_name(gv_eval_rows_field(rows, 0, c), names[k][i]))
                    l->column[k] = c;
    }
    return l->column[WORD] != SIZE_MAX && l->column[CATEGORY] != SIZE_MAX;
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Are all fields of the column different? `*filled`: is none of them empty? */
static int all_different(bool *different, bool *filled, const gv_eval_rows *rows, size_t column,
                         gv_error *err)
{
    const char **field = gv_mem_alloc(rows->n, sizeof *field, err);
    if (!field)
        return GV_E_MEMORY;
    for (size_t i = 0; i < rows->n; i++)
        field[i] = gv_eval_rows_field(rows, i, column);
    qsort(field, rows->n, sizeof *field, by_text);
    *filled = *field[0] != '\0';
    *different = true;
    for (size_t i = 1; i < rows->n && *different; i++)
        *different = strcmp(field[i - 1], field[i]) != 0;
    gv_mem_free(field);
    return GV_OK;
}

static int find_layout(layout *l, const gv_eval_rows *rows, gv_error *err)
{
    *l = (layout){0};
    if (read_header(l, rows)) {
        l->from = 1;
        l->fields = rows->line[0].n;
        return GV_OK;
    }
    const size_t left_out = rows->line[0].n == 3 && gv_eval_rows_counts_lines(rows, 0, 0);
    l->fields = 2 + left_out;
    l->column[WORD] = left_out;
    l->column[CATEGORY] = left_out + 1;
    bool words = false, categories = false, filled[COLUMNS] = {false, false};
    int status = all_different(&words, &filled[WORD], rows, l->column[WORD], err);
    if (status == GV_OK)
        status = all_different(&categories, &filled[CATEGORY], rows, l->column[CATEGORY], err);
    if (categories && !words && filled[WORD] && filled[CATEGORY]) { /* exchanged */
        l->column[WORD]++;
        l->column[CATEGORY]--;
    }
    return status;
}

/* --- items ------------------------------------------------------------------------------------ */

static int check_line(const gv_eval_rows *rows, const layout *l, size_t i, gv_error *err)
{
    const gv_eval_rows_line *line = &rows->line[i];
    if (line->n == l->fields && *gv_eval_rows_field(rows, i, l->column[CATEGORY]) != '\0')
        return GV_OK;
    return gv_error_set(
        err, GV_E_CORRUPT, "%s:%lu: expected %zu fields separated by %s, found %s; " WANTED,
        rows->path, line_number(rows, i), l->fields, gv_eval_rows_separator_name(rows->separator),
        line->n == l->fields  ? "no category"
        : line->n < l->fields ? "fewer"
                              : "more");
}

/* Take the lines that have a word: published files have lines with a category only. */
static int add_items(gv_eval_labels *labels, const char **name, const layout *l, gv_error *err)
{
    const gv_eval_rows *rows = &labels->rows;
    int status = GV_OK;
    for (size_t i = l->from; i < rows->n && status == GV_OK; i++) {
        const char *word = gv_eval_rows_field(rows, i, l->column[WORD]);
        status = check_line(rows, l, i, err);
        if (status != GV_OK || *word == '\0')
            continue;
        name[labels->n] = gv_eval_rows_field(rows, i, l->column[CATEGORY]);
        labels->item[labels->n] = (gv_eval_labels_item){.word = word, .name = name[labels->n]};
        labels->n++;
    }
    if (status == GV_OK && labels->n == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s: no words in this file; " WANTED, rows->path);
    return status;
}

/* Number the categories in the order of their names. */
static int number_categories(gv_eval_labels *labels, const char *const *name, gv_error *err)
{
    const char **sorted = gv_mem_alloc(labels->n, sizeof *sorted, err);
    if (!sorted)
        return GV_E_MEMORY;
    memcpy(sorted, name, labels->n * sizeof *sorted);
    qsort(sorted, labels->n, sizeof *sorted, by_text);
    for (size_t i = 0; i < labels->n; i++)
        if (i == 0 || strcmp(sorted[i], sorted[labels->categories - 1]) != 0)
            sorted[labels->categories++] = sorted[i];
    for (size_t i = 0; i < labels->n; i++) {
        const char **found = bsearch(&name[i], sorted, labels->categories, sizeof *sorted, by_text);
        labels->item[i].category = (uint32_t)(found - sorted);
    }
    gv_mem_free(sorted);
    if (labels->categories < 2)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: all words have the same category; at least two are needed",
                            labels->rows.path);
    return GV_OK;
}

static int make_items(gv_eval_labels *labels, const layout *l, gv_error *err)
{
    const size_t most = labels->rows.n;
    const char **name = gv_mem_alloc(most, sizeof *name, err);
    labels->item = gv_mem_alloc(most, sizeof *labels->item, err);
    int status = name && labels->item ? add_items(labels, name, l, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = number_categories(labels, name, err);
    gv_mem_free(name);
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

static int write_note(gv_eval_labels *labels, const layout *l, gv_error *err)
{
    const gv_eval_rows *rows = &labels->rows;
    gv_text text = GV_TEXT_INIT;
    if (l->from > 0)
        gv_text_printf(&text, "line %lu is a header", line_number(rows, 0));
    if (rows->separator == GV_EVAL_ROWS_COMMAS || rows->separator == GV_EVAL_ROWS_SEMICOLONS)
        gv_text_printf(&text, "%sfields are separated by %s", text.used ? "; " : "",
                       gv_eval_rows_separator_name(rows->separator));
    if (l->column[WORD] != 0 || l->column[CATEGORY] != 1)
        gv_text_printf(&text, "%sthe word is column %zu, the category column %zu",
                       text.used ? "; " : "", l->column[WORD] + 1, l->column[CATEGORY] + 1);
    const size_t empty = rows->n - l->from - labels->n;
    if (empty > 0)
        gv_text_printf(&text, "%s%zu line%s no word, and %s left out", text.used ? "; " : "", empty,
                       empty == 1 ? " has" : "s have", empty == 1 ? "is" : "are");
    if (text.used == 0 && !text.failed) {
        gv_text_drop(&text);
        return GV_OK;
    }
    return gv_text_take(&labels->note, &text, err);
}

static int read_labels(gv_eval_labels *labels, gv_error *err)
{
    layout l;
    int status = gv_eval_rows_cut(&labels->rows, 2, err);
    if (status == GV_OK)
        status = find_layout(&l, &labels->rows, err);
    if (status != GV_OK)
        return status;
    status = make_items(labels, &l, err);
    return status == GV_OK ? write_note(labels, &l, err) : status;
}

int gv_eval_labels_read(gv_eval_labels *labels, const char *path, gv_error *err)
{
    *labels = (gv_eval_labels){0};
    int status = gv_eval_rows_read(&labels->rows, path, false, err);
    if (status == GV_OK && labels->rows.n == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: no words in this file; " WANTED, path);
    if (status == GV_OK)
        status = read_labels(labels, err);
    if (status != GV_OK)
        gv_eval_labels_free(labels);
    return status;
}

void gv_eval_labels_free(gv_eval_labels *labels)
{
    gv_eval_rows_free(&labels->rows);
    gv_mem_free(labels->item);
    gv_mem_free(labels->note);
    *labels = (gv_eval_labels){0};
}
