/*
 * gv_report_chart - pictures of a page: lines over each other, and strips of dots with intervals.
 *
 * Each is a <figure> with a title, a legend and a folded table of the same numbers. Pictures are
 * SVG and HTML placed by percentages, so that texts keep their size on a phone. Values that are not
 * finite are left out. Private to gv_report*.c. All texts are escaped; write errors are those of
 * `out`.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_REPORT_CHART_H
#define GV_REPORT_CHART_H

#include <stddef.h>
#include <stdio.h>

typedef struct gv_report_chart {
    const char *title;             /* what the picture shows; plain text */
    const char *x_label, *y_label; /* of lines; of strips x_label is the name of the values */
    const char *format;            /* of printf, for one value: "%.5g", "%.1f %%" */
    int has_reference;             /* of strips: draw a vertical line at `reference` */
    double reference;              /* 0 for differences, for example */
} gv_report_chart;

/* A line: `name` is its place in the legend; a single series has no legend. */
typedef struct gv_report_chart_series {
    const char *name;
    const double *x, *y; /* [n] in the order of the line */
    size_t n;
} gv_report_chart_series;

/* Lines over each other, each point a dot with a tooltip (without dots from 200 points on); nothing
 * if there is no point. The y axis begins where the values do, and says so. */
void gv_report_chart_lines(FILE *out, const gv_report_chart *chart,
                           const gv_report_chart_series *series, size_t n);

/* A row of strips: dots (seeds, for example), a mark in the middle (a mean), an interval. Each is
 * left out where it is NAN. */
typedef struct gv_report_chart_strip {
    const char *label;
    const double *values;     /* [n] may be NULL with n = 0 */
    const char *const *names; /* [n] tooltips of the dots, or NULL */
    size_t n;
    double middle, low, high;
} gv_report_chart_strip;

/* Rows below each other on one axis; nothing if there is no value. */
void gv_report_chart_strips(FILE *out, const gv_report_chart *chart,
                            const gv_report_chart_strip *strips, size_t n);

#endif
