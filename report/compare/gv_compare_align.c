#include "report/compare/gv_compare_align.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include <stdbool.h>
#include <string.h>

enum { COLUMNS = 64 };

/* A cell without the blanks around it. */
typedef struct cell {
    const char *text;
    size_t bytes;
} cell;

/* The widths of a table's columns, and how they are aligned. */
typedef struct layout {
    size_t n, width[COLUMNS];
    bool right[COLUMNS];
} layout;

/* The next cell of a line; `*at` is behind the bar before it. False at the end of the line. */
static bool next_cell(cell *c, const char **at)
{
    const char *end = *at;
    while (*end && *end != '\n' && *end != '|')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (*end != '|')
        return false;
    const char *last = end;
    c->text = *at;
    while (c->text < last && *c->text == ' ')
        c->text++;
    while (last > c->text && last[-1] == ' ')
        last--;
    c->bytes = (size_t)(last - c->text);
    *at = end + 1;
    return true;
}

static int width_of(size_t *width, const cell *c, gv_error *err)
{
    char *text = gv_mem_strndup(c->text, c->bytes, err);
    *width = text ? gv_print_width(text) : 0;
    gv_mem_free(text);
    return text ? GV_OK : GV_E_MEMORY;
}

/* A cell of the line under the titles: "---", or "---:" for a column aligned to the right. */
static bool is_rule(const cell *c)
{
    return c->bytes >= 3 && memcmp(c->text, "---", 3) == 0;
}

static int measure(layout *l, const char *line, gv_error *err)
{
    int status = GV_OK;
    for (size_t row = 0; *line == '|' && status == GV_OK; row++) {
        const char *at = line + 1;
        cell c;
        for (size_t k = 0; k < COLUMNS && status == GV_OK && next_cell(&c, &at); k++) {
            size_t width = 3;
            if (row == 1 && is_rule(&c))
                l->right[k] = c.text[c.bytes - 1] == ':';
            else
                status = width_of(&width, &c, err);
            l->width[k] = width > l->width[k] ? width : l->width[k];
            l->n = k + 1 > l->n ? k + 1 : l->n;
        }
        const char *newline = strchr(line, '\n');
        line = newline ? newline + 1 : "";
    }
    return status;
}

static void pad(FILE *out, char with, size_t n)
{
    while (n-- > 0)
        fputc(with, out);
}

static int write_cell(FILE *out, const layout *l, size_t k, const cell *c, gv_error *err)
{
    size_t width = 0;
    int status = width_of(&width, c, err);
    const size_t room = l->width[k] > width ? l->width[k] - width : 0;
    fputc(' ', out);
    pad(out, ' ', l->right[k] ? room : 0);
    fwrite(c->text, 1, c->bytes, out);
    pad(out, ' ', l->right[k] ? 0 : room);
    fputs(" |", out);
    return status;
}

/* Write the table at `*line`, and go to the line behind it. */
static int write_table(FILE *out, const char **line, gv_error *err)
{
    layout l = {0};
    int status = measure(&l, *line, err);
    for (size_t row = 0; **line == '|' && status == GV_OK; row++) {
        const char *at = *line + 1;
        cell c;
        fputc('|', out);
        for (size_t k = 0; k < l.n && status == GV_OK && next_cell(&c, &at); k++)
            if (row == 1 && is_rule(&c)) {
                pad(out, '-', l.width[k] + 1);
                fputs(l.right[k] ? ":|" : "-|", out);
            } else {
                status = write_cell(out, &l, k, &c, err);
            }
        fputc('\n', out);
        const char *newline = strchr(*line, '\n');
        *line = newline ? newline + 1 : "";
    }
    return status;
}

int gv_compare_align(char **aligned, const char *text, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *aligned = NULL;
    if (status != GV_OK)
        return status;
    while (*text && status == GV_OK)
        if (*text == '|') {
            status = write_table(buffer.stream, &text, err);
        } else {
            const char *newline = strchr(text, '\n');
            const size_t n = newline ? (size_t)(newline - text) + 1 : strlen(text);
            fwrite(text, 1, n, buffer.stream);
            text += n;
        }
    int closed = gv_print_close(aligned, &buffer, err);
    if (status != GV_OK) {
        gv_mem_free(*aligned);
        *aligned = NULL;
    }
    return status != GV_OK ? status : closed;
}
