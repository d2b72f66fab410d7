/*
 * gv_report_html - pieces of HTML: texts and figures. What pages are made of:
 *   gv_report_frame   head, contents, sections, blocks of data for scripts, end
 *   gv_report_table   tables that can be sorted
 *   gv_report_chart   lines over each other, strips of dots with intervals
 *   gv_report_terms   names and explanations of what is shown
 * Private to gv_report*.c. Write errors are those of `out`.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_REPORT_HTML_H
#define GV_REPORT_HTML_H

#include "config/gv_json.h"
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

#endif
