/*
 * gv_report_table - the tables of the page. Private to gv_report*.c. Write errors are those of
 * `out`.
 *
 * On a narrow screen each row of a table becomes a block: its first cell is a line of its own, and
 * the others follow with the titles of their columns. A wide table, of many columns, scrolls within
 * itself instead. With JavaScript both can be sorted by any column, by click and keyboard: numbers
 * by the value given to gv_report_table_count and _number or to _cell_sorted, other cells by their
 * text. Rows of the class "sum" stay last.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_REPORT_TABLE_H
#define GV_REPORT_TABLE_H

#include <stddef.h>
#include <stdio.h>

/* A column of a table: `term` is a name that gv_report_terms knows, or a title; NULL: the column of
 * bars, which narrow screens leave out. */
typedef struct gv_report_table_column {
    const char *term;
    int is_number; /* aligned to the right */
} gv_report_table_column;

/* Begin and end a table of `n` columns. */
void gv_report_table_begin(FILE *out, const gv_report_table_column *columns, size_t n);
void gv_report_table_end(FILE *out);
/* The same for a wide table; `name` says to a screen reader what it is. */
void gv_report_table_begin_wide(FILE *out, const gv_report_table_column *columns, size_t n,
                                const char *name);
void gv_report_table_end_wide(FILE *out);
/* Begin a cell of `column`; it ends with "</td>". */
void gv_report_table_cell(FILE *out, const gv_report_table_column *column);
/* The same, sorted by `number`; NAN: no value, which is last in any order. */
void gv_report_table_cell_sorted(FILE *out, const gv_report_table_column *column, double number);
/* A whole cell: a count, or `number` as `format` writes it; "–" if it is not finite. */
void gv_report_table_count(FILE *out, const gv_report_table_column *column, double number);
void gv_report_table_number(FILE *out, const gv_report_table_column *column, const char *format,
                            double number);
/* A cell with a bar of `share` (0 to 1) of its width; empty for other values. */
void gv_report_table_bar(FILE *out, double share);

#endif
