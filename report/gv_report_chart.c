#include "report/gv_report_chart.h"

#include "base/gv_mem.h"
#include "report/gv_report_html.h"
#include "report/gv_report_table.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* --- an axis ---------------------------------------------------------------------------------- */

typedef struct axis {
    double low, high, step; /* of the values shown; whole steps if rounded */
    bool any;
} axis;

static void axis_take(axis *a, double value)
{
    if (!isfinite(value))
        return;
    a->low = a->any ? fmin(a->low, value) : value;
    a->high = a->any ? fmax(a->high, value) : value;
    a->any = true;
}

/* The next of 1, 2, 5, 10, 20, 50 ... from `least` up. */
static double round_step(double least)
{
    const double power = pow(10.0, floor(log10(least)));
    const double times = least / power;
    return power * (times <= 1.0 ? 1.0 : times <= 2.0 ? 2.0 : times <= 5.0 ? 5.0 : 10.0);
}

/* Choose steps, about `ticks` of them, and widen the axis to whole ones. */
static void axis_round(axis *a, double ticks)
{
    double span = a->high - a->low;
    const double size = fmax(fabs(a->low), fabs(a->high));
    if (!(span > size * 1e-9))
        span = size > 0.0 ? size : 1.0;
    a->step = round_step(span / ticks);
    a->low = floor(a->low / a->step + 1e-9) * a->step;
    a->high = ceil(a->high / a->step - 1e-9) * a->step;
    if (!(a->high > a->low))
        a->high = a->low + a->step;
}

/* Whole numbers from the first to the last, some of them with ticks. */
static void axis_whole(axis *a, double ticks)
{
    a->step = round_step(fmax((a->high - a->low) / ticks, 1.0));
}

/* Place in percent from the low end. */
static double axis_place(const axis *a, double value)
{
    return a->high > a->low ? 100.0 * (value - a->low) / (a->high - a->low) : 50.0;
}

static int axis_decimals(const axis *a)
{
    return a->step < 1.0 ? (int)ceil(-log10(a->step) - 1e-9) : 0;
}

static void axis_value(FILE *out, const axis *a, double value)
{
    const int decimals = axis_decimals(a);
    if (decimals > 6 || fabs(value) >= 1e7)
        fprintf(out, "%.3g", value);
    else
        fprintf(out, "%.*f", decimals, fabs(value) < a->step * 1e-6 ? 0.0 : value);
}

static int axis_lines(const axis *a)
{
    return (int)fmin(floor((a->high - a->low) / a->step + 1e-6), 50.0);
}

/* --- lines ------------------------------------------------------------------------------------ */

enum { COLOURS = 6, DASHES = 4, DOTS_UP_TO = 200 };

static void put_class(FILE *out, const char *kind, size_t i)
{
    fprintf(out, "class=\"%s s%zu d%zu\"", kind, i % COLOURS + 1, i / COLOURS % DASHES);
}

static bool is_point(const gv_report_chart_series *series, size_t i)
{
    return isfinite(series->x[i]) && isfinite(series->y[i]);
}

static void write_axes(FILE *out, const gv_report_chart *chart, const axis *x, const axis *y)
{
    for (int i = 0; i <= axis_lines(y); i++) {
        const double value = y->low + i * y->step;
        fprintf(out, "<i class=\"y\" style=\"top:%.2f%%\">", 100.0 - axis_place(y, value));
        axis_value(out, y, value);
        fputs("</i>", out);
    }
    const double first = ceil(x->low / x->step - 1e-9) * x->step;
    for (int i = 0; i <= 20 && first + i * x->step <= x->high * (1.0 + 1e-12); i++) {
        const double value = first + i * x->step;
        fprintf(out, "<i class=\"x\" style=\"left:%.2f%%\">", axis_place(x, value));
        axis_value(out, x, value);
        fputs("</i>", out);
    }
    fputs("<i class=\"label\">", out);
    gv_report_html_text(out, chart->x_label);
    fputs("</i>\n", out);
}

static void write_tooltip(FILE *out, const gv_report_chart *chart,
                          const gv_report_chart_series *series, size_t i, bool named)
{
    fputs("<title>", out);
    if (named) {
        gv_report_html_text(out, series->name);
        fputs(", ", out);
    }
    gv_report_html_text(out, chart->x_label);
    fprintf(out, " %.6g: ", series->x[i]);
    fprintf(out, chart->format, series->y[i]);
    fputs("</title>", out);
}

static void write_curve(FILE *out, const axis *x, const axis *y,
                        const gv_report_chart_series *series, size_t place)
{
    fputs("<polyline ", out);
    put_class(out, "curve", place);
    fputs(" points=\"", out);
    for (size_t i = 0; i < series->n; i++)
        if (is_point(series, i))
            fprintf(out, "%.2f,%.2f ", axis_place(x, series->x[i]),
                    100.0 - axis_place(y, series->y[i]));
    fputs("\"/>\n", out);
}

static void write_curves(FILE *out, const gv_report_chart *chart, const axis axes[2],
                         const gv_report_chart_series *series, size_t n)
{
    const axis *x = &axes[0], *y = &axes[1];
    fputs("<svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
          out);
    gv_report_html_text(out, chart->title);
    fputs("; the numbers are in the table below\">\n", out);
    for (int i = 0; i <= axis_lines(y); i++) {
        const double place = 100.0 - axis_place(y, y->low + i * y->step);
        fprintf(out, "<path class=\"grid\" d=\"M0 %.2fH100\"/>", place);
    }
    fputc('\n', out);
    for (size_t s = 0; s < n; s++)
        write_curve(out, x, y, &series[s], s);
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; series[s].n < DOTS_UP_TO && i < series[s].n; i++) {
            if (!is_point(&series[s], i))
                continue;
            fprintf(out, "<path class=\"dot s%zu\" d=\"M%.2f %.2fh0\">", s % COLOURS + 1,
                    axis_place(x, series[s].x[i]), 100.0 - axis_place(y, series[s].y[i]));
            write_tooltip(out, chart, &series[s], i, n > 1);
            fputs("</path>\n", out);
        }
    fputs("</svg>\n", out);
}

static void write_legend(FILE *out, const gv_report_chart_series *series, size_t n)
{
    fputs("<ul class=\"legend\">", out);
    for (size_t s = 0; s < n; s++) {
        fputs("<li><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path ", out);
        put_class(out, "curve", s);
        fputs(" d=\"M0 5H28\"/></svg>", out);
        gv_report_html_text(out, series[s].name);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

static void write_caption(FILE *out, const gv_report_chart *chart)
{
    fputs("<figure>\n<figcaption>", out);
    gv_report_html_text(out, chart->title);
    fputs("</figcaption>\n", out);
}

/* --- the table behind lines ------------------------------------------------------------------- */

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All different x, in order; NULL if out of memory, which gv_print_close reports. */
static double *all_x(size_t *count, const gv_report_chart_series *series, size_t n)
{
    size_t points = 0, different = 0;
    for (size_t s = 0; s < n; s++)
        points += series[s].n;
    double *x = gv_mem_alloc_zero(points, sizeof *x, NULL);
    if (!x)
        return NULL;
    points = 0;
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < series[s].n; i++)
            if (is_point(&series[s], i))
                x[points++] = series[s].x[i];
    qsort(x, points, sizeof *x, compare_doubles);
    for (size_t i = 0; i < points; i++)
        if (different == 0 || x[i] > x[different - 1])
            x[different++] = x[i];
    *count = different;
    return x;
}

/* The y of a series at `x`, the last one if there are several; NAN if there is none. */
static double value_at(const gv_report_chart_series *series, double x)
{
    double value = NAN;
    for (size_t i = 0; i < series->n; i++)
        if (series->x[i] >= x && series->x[i] <= x)
            value = series->y[i];
    return value;
}

static void write_lines_table(FILE *out, const gv_report_chart *chart,
                              const gv_report_chart_series *series, size_t n)
{
    size_t rows = 0;
    double *x = all_x(&rows, series, n);
    gv_report_table_column *columns = gv_mem_alloc_zero(n + 1, sizeof *columns, NULL);
    if (x && columns) {
        columns[0] = (gv_report_table_column){chart->x_label, 1};
        for (size_t s = 0; s < n; s++)
            columns[s + 1] = (gv_report_table_column){
                n == 1 && chart->y_label ? chart->y_label : series[s].name, 1};
        fputs("<details><summary>The numbers of this picture</summary>\n", out);
        gv_report_table_begin_wide(out, columns, n + 1, chart->title);
        for (size_t i = 0; i < rows; i++) {
            fputs("<tr>", out);
            gv_report_table_number(out, &columns[0], "%.6g", x[i]);
            for (size_t s = 0; s < n; s++)
                gv_report_table_number(out, &columns[s + 1], chart->format,
                                       value_at(&series[s], x[i]));
            fputs("</tr>\n", out);
        }
        gv_report_table_end_wide(out);
        fputs("</details>\n", out);
    }
    gv_mem_free(columns);
    gv_mem_free(x);
}

void gv_report_chart_lines(FILE *out, const gv_report_chart *chart,
                           const gv_report_chart_series *series, size_t n)
{
    axis axes[2] = {{.any = false}, {.any = false}};
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < series[s].n; i++)
            if (is_point(&series[s], i)) {
                axis_take(&axes[0], series[s].x[i]);
                axis_take(&axes[1], series[s].y[i]);
            }
    if (!axes[0].any)
        return;
    axis_whole(&axes[0], 10.0);
    axis_round(&axes[1], 5.0);
    write_caption(out, chart);
    if (n > 1)
        write_legend(out, series, n);
    fputs("<p class=\"soft\">", out);
    gv_report_html_text(out, chart->y_label);
    if (fabs(axes[1].low) > 0.0) {
        fputs(" (the axis begins at ", out);
        axis_value(out, &axes[1], axes[1].low);
        fputs(", not at 0)", out);
    }
    fputs("</p>\n<div class=\"plot\"><div>\n", out);
    write_axes(out, chart, &axes[0], &axes[1]);
    write_curves(out, chart, axes, series, n);
    fputs("</div></div>\n", out);
    write_lines_table(out, chart, series, n);
    fputs("</figure>\n", out);
}

/* --- strips ----------------------------------------------------------------------------------- */

static void write_track(FILE *out, const gv_report_chart *chart, const axis *x,
                        const gv_report_chart_strip *strip)
{
    fputs("<div class=\"track\"><svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" "
          "aria-hidden=\"true\">",
          out);
    for (int i = 0; i <= axis_lines(x); i++)
        fprintf(out, "<path class=\"grid\" d=\"M%.2f -3V103\"/>",
                axis_place(x, x->low + i * x->step));
    if (chart->has_reference)
        fprintf(out, "<path class=\"zero\" d=\"M%.2f -3V103\"/>", axis_place(x, chart->reference));
    if (isfinite(strip->low) && isfinite(strip->high))
        fprintf(out, "<path class=\"range s2\" d=\"M%.2f 50H%.2f\"/>", axis_place(x, strip->low),
                axis_place(x, strip->high));
    for (size_t i = 0; i < strip->n; i++) {
        if (!isfinite(strip->values[i]))
            continue;
        fprintf(out, "<path class=\"dot s1\" d=\"M%.2f 50h0\"><title>",
                axis_place(x, strip->values[i]));
        if (strip->names) {
            gv_report_html_text(out, strip->names[i]);
            fputs(": ", out);
        }
        fprintf(out, chart->format, strip->values[i]);
        fputs("</title></path>", out);
    }
    if (isfinite(strip->middle))
        fprintf(out, "<path class=\"middle s2\" d=\"M%.2f 18V82\"/>", axis_place(x, strip->middle));
    fputs("</svg></div>\n", out);
}

/* The number at the end of a row: its middle, or its only value. */
static double strip_number(const gv_report_chart_strip *strip)
{
    return isfinite(strip->middle) ? strip->middle : strip->n == 1 ? strip->values[0] : NAN;
}

static void write_strip(FILE *out, const gv_report_chart *chart, const axis *x,
                        const gv_report_chart_strip *strip)
{
    fputs("<div class=\"name\">", out);
    gv_report_html_text(out, strip->label);
    fputs("</div>", out);
    write_track(out, chart, x, strip);
    fputs("<div class=\"value\">", out);
    if (isfinite(strip_number(strip)))
        fprintf(out, chart->format, strip_number(strip));
    fputs("</div>\n", out);
}

static void write_strip_axis(FILE *out, const axis *x)
{
    fputs("<div class=\"axis\">", out);
    for (int i = 0; i <= axis_lines(x); i++) {
        const double value = x->low + i * x->step;
        fprintf(out, "<i style=\"left:%.2f%%\">", axis_place(x, value));
        axis_value(out, x, value);
        fputs("</i>", out);
    }
    fputs("</div>\n", out);
}

static void write_values(FILE *out, const gv_report_chart *chart,
                         const gv_report_chart_strip *strip)
{
    bool any = false;
    for (size_t i = 0; i < strip->n; i++) {
        if (!isfinite(strip->values[i]))
            continue;
        fputs(any ? ", " : "", out);
        any = true;
        fprintf(out, chart->format, strip->values[i]);
    }
    fputs(any ? "" : "–", out);
}

static void write_strips_table(FILE *out, const gv_report_chart *chart,
                               const gv_report_chart_strip *strips, size_t n)
{
    const gv_report_table_column columns[] = {
        {"", 0}, {"middle", 1}, {"low", 1}, {"high", 1}, {chart->x_label, 0}};
    bool intervals = false;
    for (size_t i = 0; i < n; i++)
        intervals |= isfinite(strips[i].low) && isfinite(strips[i].high);
    fputs("<details><summary>The numbers of this picture</summary>\n", out);
    gv_report_table_begin_wide(out, columns, sizeof columns / sizeof *columns, chart->title);
    for (size_t i = 0; i < n; i++) {
        fputs("<tr><td>", out);
        gv_report_html_text(out, strips[i].label);
        fputs("</td>", out);
        gv_report_table_number(out, &columns[1], chart->format, strips[i].middle);
        gv_report_table_number(out, &columns[2], chart->format, intervals ? strips[i].low : NAN);
        gv_report_table_number(out, &columns[3], chart->format, intervals ? strips[i].high : NAN);
        fputs("<td>", out);
        write_values(out, chart, &strips[i]);
        fputs("</td></tr>\n", out);
    }
    gv_report_table_end_wide(out);
    fputs("</details>\n", out);
}

void gv_report_chart_strips(FILE *out, const gv_report_chart *chart,
                            const gv_report_chart_strip *strips, size_t n)
{
    axis x = {.any = false};
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < strips[i].n; k++)
            axis_take(&x, strips[i].values[k]);
        axis_take(&x, strips[i].middle);
        axis_take(&x, strips[i].low);
        axis_take(&x, strips[i].high);
    }
    if (!x.any)
        return;
    if (chart->has_reference)
        axis_take(&x, chart->reference);
    axis_round(&x, 4.0);
    write_caption(out, chart);
    fputs("<div class=\"strips\" role=\"img\" aria-label=\"", out);
    gv_report_html_text(out, chart->title);
    fputs("; the numbers are in the table below\">\n", out);
    for (size_t i = 0; i < n; i++)
        write_strip(out, chart, &x, &strips[i]);
    write_strip_axis(out, &x);
    fputs("</div>\n", out);
    write_strips_table(out, chart, strips, n);
    fputs("</figure>\n", out);
}
