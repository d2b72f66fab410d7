#include "report/gv_report_html.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include "base/gv_utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A byte of UTF-8, or a reference if HTML has a use of its own for it. */
static void put_escaped(FILE *out, char byte)
{
    switch (byte) {
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
        fputc(byte, out);
    }
}

void gv_report_html_text(FILE *out, const char *text)
{
    while (*text != '\0') {
        char shown[GV_SHOW_CHARACTER];
        if (*text == '\n' || *text == '\t') {
            fputc(*text++, out);
            continue;
        }
        gv_show_character(shown, &text);
        for (const char *p = shown; *p != '\0'; p++)
            put_escaped(out, *p);
    }
}

void gv_report_html_path(FILE *out, const char *path)
{
    while (*path != '\0') {
        const size_t n = strcspn(path, "/._,");
        char part[256];
        size_t taken = n < sizeof part - 1 ? n + (path[n] != '\0') : sizeof part - 1;
        if (n >= sizeof part - 1 && gv_utf8_cut(path, taken) > 0)
            taken = gv_utf8_cut(path, taken);
        memcpy(part, path, taken);
        part[taken] = '\0';
        gv_report_html_text(out, part);
        path += taken;
        if (*path != '\0')
            fputs("<wbr>", out);
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
