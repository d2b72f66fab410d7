#include "report/gv_report_html.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char gv_report_html_style[] =
    ":root{--fg:#1c2024;--bg:#ffffff;--soft:#5d6670;--line:#dfe3e8;--card:#f6f8fa;--hue:#0b6bcb}\n"
    "@media(prefers-color-scheme:dark){:root{--fg:#e3e6ea;--bg:#14171a;--soft:#98a2ad;"
    "--line:#30363d;--card:#1d2126;--hue:#62aeff}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0 auto;max-width:60rem;padding:1rem 1.2rem 4rem;color:var(--fg);"
    "background:var(--bg);font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.7rem;margin:.6rem 0 0}h2{font-size:1.2rem;margin:2.4rem 0 .6rem}\n"
    "h3{font-size:1rem;margin:1.4rem 0 .4rem;overflow-wrap:anywhere}\n"
    "p{margin:.4rem 0}.soft{color:var(--soft)}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;"
    "margin:1.2rem 0}\n"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;"
    "padding:.6rem .8rem}\n"
    ".card b{display:block;font-size:1.15rem;font-variant-numeric:tabular-nums}\n"
    ".card span{color:var(--soft);font-size:.85rem}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}\n"
    "th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--line);"
    "vertical-align:top}\n"
    "td:first-child{overflow-wrap:anywhere;min-width:7.5rem}.side{display:grid;"
    "grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:0 2rem}\n"
    "th{color:var(--soft);font-weight:600}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "tr.sum td{font-weight:600}\n"
    "td.bar{width:22%;min-width:5rem;vertical-align:middle}\n"
    "td.bar div{height:.65rem;border-radius:.2rem;background:var(--hue);min-width:2px}\n"
    "code,pre{font:.87em ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}\n"
    "pre{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.7rem;"
    "overflow-x:auto;overflow-wrap:normal}\n"
    "svg{display:block;width:100%;height:auto;max-width:46rem}\n"
    "svg text{fill:var(--soft);font:12px system-ui,sans-serif}\n"
    "svg .grid{stroke:var(--line)}svg .curve{stroke:var(--hue);fill:none;stroke-width:2}\n"
    "svg .dot{fill:var(--hue)}\n"
    "@media(max-width:34rem){body{padding:.6rem .8rem 3rem}table{font-size:.85rem}"
    "td.bar,th.bar{display:none}svg text{font-size:19px}}\n"
    "@media print{body{max-width:none}}\n";

void gv_report_html_text(FILE *out, const char *text)
{
    while (*text != '\0') {
        const char *start = text;
        uint32_t letter = gv_utf8_next(&text);
        switch (letter) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            if (letter == 0xfffd || (letter < 0x20 && letter != '\n' && letter != '\t') ||
                (letter >= 0x7f && letter < 0xa0))
                fputs("\xef\xbf\xbd", out);
            else
                fwrite(start, 1, (size_t)(text - start), out);
        }
    }
}

void gv_report_html_count(FILE *out, double number)
{
    char digits[64];
    snprintf(digits, sizeof digits, "%.0f", number);
    if (!isfinite(number) || fabs(number) >= 1e18) {
        gv_report_html_text(out, digits);
        return;
    }
    for (size_t i = 0, n = strlen(digits); i < n; i++) {
        fputc(digits[i], out);
        if (digits[i] != '-' && i + 1 < n && (n - 1 - i) % 3 == 0)
            fputc(',', out);
    }
}

void gv_report_html_bytes(FILE *out, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    for (; bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        bytes /= 1000.0;
    fprintf(out, unit && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

void gv_report_html_seconds(FILE *out, double seconds)
{
    if (!isfinite(seconds) || seconds < 0.0 || seconds > 1e12)
        fputs("?", out);
    else if (seconds < 60.0)
        fprintf(out, seconds < 10.0 ? "%.2f s" : "%.1f s", seconds);
    else if (seconds < 3600.0)
        fprintf(out, "%.0f min %02.0f s", floor(seconds / 60.0), floor(fmod(seconds, 60.0)));
    else
        fprintf(out, "%.0f h %02.0f min", floor(seconds / 3600.0),
                floor(fmod(seconds, 3600.0) / 60.0));
}

void gv_report_html_bar(FILE *out, double share)
{
    if (share > 0.0 && share <= 1.0)
        fprintf(out, "<td class=\"bar\"><div style=\"width:%.1f%%\"></div></td>", 100.0 * share);
    else
        fputs("<td class=\"bar\"></td>", out);
}

void gv_report_html_value(FILE *out, const gv_json *value)
{
    enum { DIGITS = 6 };
    if (gv_json_kind(value) == GV_JSON_TEXT) {
        gv_report_html_text(out, gv_json_text(value));
        return;
    }
    char *text = NULL;
    int status = gv_json_print(&text, value, GV_JSON_ONE_LINE, DIGITS, NULL);
    gv_report_html_text(out, status == GV_OK ? text : "?");
    gv_mem_free(text);
}

/* --- the loss curve --------------------------------------------------------------------------- */

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
    fprintf(out, "<text x=\"%.1f\" y=\"14\">loss</text>\n", p->left);
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
