#include "report/gv_report_table.h"

#include "report/gv_report_html.h"
#include "report/gv_report_terms.h"
#include <math.h>
#include <string.h>

static void write_head(FILE *out, const gv_report_table_column *columns, size_t n)
{
    fputs("<thead><tr class=\"head\">", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "<th scope=\"col\"%s>",
                !columns[i].term       ? " class=\"bar\""
                : columns[i].is_number ? " class=\"n\""
                                       : "");
        if (columns[i].term)
            gv_report_terms_write(out, columns[i].term);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

void gv_report_table_begin(FILE *out, const gv_report_table_column *columns, size_t n)
{
    fputs("<table class=\"fold sortable\">\n", out);
    write_head(out, columns, n);
}

void gv_report_table_end(FILE *out)
{
    fputs("</tbody></table>\n", out);
}

/* Who has no mouse can scroll what has the focus. */
void gv_report_table_begin_wide(FILE *out, const gv_report_table_column *columns, size_t n,
                                const char *name)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
    gv_report_html_text(out, name);
    fputs("\"><table class=\"sortable\">\n", out);
    write_head(out, columns, n);
}

void gv_report_table_end_wide(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

static void begin_cell(FILE *out, const gv_report_table_column *column)
{
    /* a word is not broken while other columns can give room */
    const bool is_word = column->term && strcmp(column->term, "word") == 0;
    fprintf(out, "<td%s data-label=\"",
            column->is_number ? " class=\"n\""
            : is_word         ? " class=\"word\""
                              : "");
    gv_report_terms_label(out, column->term);
    fputs("\"", out);
}

void gv_report_table_cell(FILE *out, const gv_report_table_column *column)
{
    begin_cell(out, column);
    fputs(">", out);
}

void gv_report_table_cell_sorted(FILE *out, const gv_report_table_column *column, double number)
{
    begin_cell(out, column);
    fputs(" data-sort=\"", out);
    if (isfinite(number))
        fprintf(out, "%.9g", number);
    fputs("\">", out);
}

void gv_report_table_count(FILE *out, const gv_report_table_column *column, double number)
{
    gv_report_table_cell_sorted(out, column, number);
    if (isfinite(number))
        gv_report_html_count(out, number);
    else
        fputs("–", out);
    fputs("</td>", out);
}

void gv_report_table_number(FILE *out, const gv_report_table_column *column, const char *format,
                            double number)
{
    gv_report_table_cell_sorted(out, column, number);
    if (isfinite(number))
        fprintf(out, format, number);
    else
        fputs("–", out);
    fputs("</td>", out);
}

void gv_report_table_bar(FILE *out, double share)
{
    if (share > 0.0 && share <= 1.0)
        fprintf(out, "<td class=\"bar\"><div style=\"width:%.1f%%\"></div></td>", 100.0 * share);
    else
        fputs("<td class=\"bar\"></td>", out);
}
