/* gv_report_html - pieces of the page; private to gv_report*.c. */
#ifndef GV_REPORT_HTML_H
#define GV_REPORT_HTML_H

#include "config/gv_json.h"
#include <stdint.h>
#include <stdio.h>

/* Write `text` with & < > " ' escaped; ill-formed UTF-8 and control characters become U+FFFD. */
void gv_report_html_text(FILE *out, const char *text);
/* "59,802,567". */
void gv_report_html_count(FILE *out, double number);
/* "1.2 GB" from bytes; "3.4 s", "2 min 05 s", "1 h 02 min" from seconds. */
void gv_report_html_bytes(FILE *out, double bytes);
void gv_report_html_seconds(FILE *out, double seconds);
/* A bar of `share` (0 .. 1) of a table cell's width. */
void gv_report_html_bar(FILE *out, double share);
/* Any JSON value as text: strings bare, the rest as JSON, on one line. */
void gv_report_html_value(FILE *out, const gv_json *value);
/* The loss curve of `n` "epoch" events as an SVG with axes; nothing if there is no point. */
void gv_report_html_loss(FILE *out, gv_json *const *epochs, size_t n);

extern const char gv_report_html_style[];

#endif
