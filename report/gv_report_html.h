/*
 * gv_report_html - pieces of HTML: texts, figures, tables. Private to gv_report*.c. Write errors
 * are those of `out`.
 *
 * Tables come in one form. On a narrow screen each row becomes a block: its first cell is a line of
 * its own, and the others follow with the titles of their columns.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_REPORT_HTML_H
#define GV_REPORT_HTML_H

#include "config/gv_json.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Write `text` with & < > " ' escaped; ill-formed UTF-8 and control characters become U+FFFD. */
void gv_report_html_text(FILE *out, const char *text);
/* A path or a key, with places where a line may break: after each / . _ and comma. */
void gv_report_html_path(FILE *out, const char *path);
/* A number as "59,802,567". */
void gv_report_html_count(FILE *out, double number);
/* Bytes as "1.2 GB"; seconds as "3.4 s", "2 min 05 s", "1 h 02 min". */
void gv_report_html_bytes(FILE *out, double bytes);
void gv_report_html_seconds(FILE *out, double seconds);
/* A JSON value: a string as its text, any other as JSON on one line. */
void gv_report_html_value(FILE *out, const gv_json *value);
/* The loss curve of `n` "epoch" events as an SVG with axes; nothing if there are no points. */
void gv_report_html_loss(FILE *out, gv_json *const *epochs, size_t n);

/* A column of a table: `term` is a name that gv_report_terms knows, or a title; NULL: the column of
 * bars, which narrow screens leave out. */
typedef struct gv_report_html_column {
    const char *term;
    int is_number; /* aligned to the right */
} gv_report_html_column;

/* Begin and end a table of `n` columns. */
void gv_report_html_table(FILE *out, const gv_report_html_column *columns, size_t n);
void gv_report_html_table_end(FILE *out);
/* Begin a cell of `column`; it ends with "</td>". */
void gv_report_html_cell(FILE *out, const gv_report_html_column *column);
/* A whole cell: a count, or `number` as `format` writes it; "–" if it is not finite. */
void gv_report_html_cell_count(FILE *out, const gv_report_html_column *column, double number);
void gv_report_html_cell_number(FILE *out, const gv_report_html_column *column, const char *format,
                                double number);
/* A cell with a bar of `share` (0 to 1) of its width; empty for other values. */
void gv_report_html_bar(FILE *out, double share);

/* The CSS of the page. */
extern const char gv_report_html_style[];

#endif
