/* gv_report_chart - the loss curve as an SVG. */
#include "report/gv_report_html.h"

#include <math.h>
#include <stdbool.h>

/* The place of the plot in the drawing, and the values it spans. */
typedef struct plot {
    double left, right, top, bottom;
    double x0, x1, y0, y1;
} plot;

static double to_x(const plot *p, double x)
{
    return p->x1 > p->x0 ? p->left + (x - p->x0) / (p->x1 - p->x0) * (p->right - p->left)
                         : (p->left + p->right) / 2.0;
}

static double to_y(const plot *p, double y)
{
    return p->bottom - (y - p->y0) / (p->y1 - p->y0) * (p->bottom - p->top);
}

/* The next of 1, 2, 5, 10, 20, 50 ... from `least` up. */
static double round_step(double least)
{
    double power = pow(10.0, floor(log10(least)));
    double times = least / power;
    return power * (times <= 1.0 ? 1.0 : times <= 2.0 ? 2.0 : times <= 5.0 ? 5.0 : 10.0);
}

static bool epoch_point(double *epoch, double *loss, const gv_json *event)
{
    const gv_json *x = gv_json_get(event, "epoch"), *y = gv_json_get(event, "loss");
    *epoch = gv_json_number(x);
    *loss = gv_json_number(y);
    return gv_json_is_number(x) && gv_json_is_number(y);
}

/* Ranges over all points; the y axis is widened to whole ticks. Returns the number of points. */
static size_t fit(plot *p, double *y_step, gv_json *const *epochs, size_t n)
{
    size_t points = 0;
    double epoch, loss;
    for (size_t i = 0; i < n; i++) {
        if (!epoch_point(&epoch, &loss, epochs[i]))
            continue;
        p->x0 = points ? fmin(p->x0, epoch) : epoch;
        p->x1 = points ? fmax(p->x1, epoch) : epoch;
        p->y0 = points ? fmin(p->y0, loss) : loss;
        p->y1 = points ? fmax(p->y1, loss) : loss;
        points++;
    }
    double span = p->y1 - p->y0;
    if (!(span > fabs(p->y1) * 1e-9))
        span = fabs(p->y1) > 0.0 ? fabs(p->y1) : 1.0;
    *y_step = round_step(span / 5.0);
    p->y0 = floor(p->y0 / *y_step) * *y_step;
    p->y1 = ceil(p->y1 / *y_step) * *y_step;
    if (!(p->y1 > p->y0))
        p->y1 = p->y0 + *y_step;
    return points;
}

static void draw_axes(FILE *out, const plot *p, double y_step)
{
    const int decimals = y_step < 1.0 ? (int)ceil(-log10(y_step) - 1e-9) : 0;
    const int lines = (int)lround((p->y1 - p->y0) / y_step);
    for (int i = 0; i <= lines; i++) {
        double value = p->y0 + i * y_step, y = to_y(p, value);
        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>\n",
                p->left, p->right, y, y, p->left - 8.0, y + 4.0, decimals, value);
    }
    double step = round_step(fmax((p->x1 - p->x0) / 10.0, 1.0));
    for (double x = ceil(p->x0 / step) * step; x <= p->x1; x += step)
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>\n", to_x(p, x),
                p->bottom + 20.0, x);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">epoch</text>\n", p->right,
            p->bottom + 38.0);
    fprintf(out, "<text x=\"%.1f\" y=\"14\">loss", p->left);
    if (p->y0 != 0.0)
        fprintf(out, " (the axis begins at %.*f, not at 0)", decimals, p->y0);
    fputs("</text>\n", out);
}

void gv_report_html_loss(FILE *out, gv_json *const *epochs, size_t n)
{
    plot p = {.left = 64.0, .right = 620.0, .top = 26.0, .bottom = 260.0};
    double y_step, epoch, loss;
    if (fit(&p, &y_step, epochs, n) == 0)
        return;
    fputs("<svg viewBox=\"0 0 640 304\" role=\"img\" aria-label=\"loss by epoch\">\n", out);
    draw_axes(out, &p, y_step);
    fputs("<polyline class=\"curve\" points=\"", out);
    for (size_t i = 0; i < n; i++)
        if (epoch_point(&epoch, &loss, epochs[i]))
            fprintf(out, "%.1f,%.1f ", to_x(&p, epoch), to_y(&p, loss));
    fputs("\"/>\n", out);
    for (size_t i = 0; i < n; i++)
        if (epoch_point(&epoch, &loss, epochs[i]))
            fprintf(out,
                    "<circle class=\"dot\" r=\"3\" cx=\"%.1f\" cy=\"%.1f\"><title>epoch %.0f: "
                    "%.6g</title></circle>\n",
                    to_x(&p, epoch), to_y(&p, loss), epoch, loss);
    fputs("</svg>\n", out);
}
