#include "report/gv_report_html.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
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
    "h1{font-size:1.7rem;margin:.6rem 0 0;overflow-wrap:anywhere}"
    "h2{font-size:1.2rem;margin:2.4rem 0 .6rem}\n"
    "h3{font-size:1rem;margin:1.4rem 0 .4rem;overflow-wrap:anywhere}\n"
    "p{margin:.4rem 0}.soft,tr.soft td{color:var(--soft)}\n"
    "abbr{text-decoration:underline dotted;text-underline-offset:.2em;cursor:help}\n"
    ".cards{display:flex;flex-wrap:wrap;gap:.7rem;margin:1.2rem 0}\n"
    ".card{flex:1 1 9.5rem;background:var(--card);border:1px solid var(--line);"
    "border-radius:.5rem;padding:.6rem .8rem}\n"
    ".card b{display:block;font-size:1.15rem;font-variant-numeric:tabular-nums}\n"
    ".card span{color:var(--soft);font-size:.85rem}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}\n"
    "th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--line);"
    "vertical-align:top}\n"
    "td{overflow-wrap:anywhere}td.word{overflow-wrap:break-word;max-width:14rem}.side{display:grid;"
    "grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:0 2rem}\n"
    "th{color:var(--soft);font-weight:600}th abbr{text-decoration-color:var(--soft)}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "td.key{white-space:nowrap}\n"
    "tr.sum td{font-weight:600}\n"
    "td.bar{width:22%;min-width:5rem;vertical-align:middle}\n"
    "td.bar div{height:.65rem;border-radius:.2rem;background:var(--hue);min-width:2px}\n"
    "details{margin:.6rem 0}summary{cursor:pointer;color:var(--hue)}\n"
    "dl{font-size:.92rem}dt{font-weight:600}dd{margin:0 0 .5rem}\n"
    "code,pre{font:.87em ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}\n"
    "pre{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.7rem;"
    "white-space:pre-wrap}\n"
    "svg{display:block;width:100%;height:auto;max-width:46rem}\n"
    "svg text{fill:var(--soft);font:12px system-ui,sans-serif}\n"
    "svg .grid{stroke:var(--line)}svg .curve{stroke:var(--hue);fill:none;stroke-width:2}\n"
    "svg .dot{fill:var(--hue)}\n"
    "@media(max-width:40rem){body{padding:.6rem .8rem 3rem}svg text{font-size:19px}\n"
    "td.bar,th.bar,table.fold tr.head{display:none}\n"
    "table.fold tr{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.35rem 0;"
    "border-bottom:1px solid var(--line)}\n"
    "table.fold td{border:0;padding:0;text-align:left;white-space:normal}\n"
    "table.fold td:first-child{flex:1 0 100%;max-width:none;font-weight:600}\n"
    "table.fold td[data-label]:not(:first-child)::before{content:attr(data-label)\" \";"
    "color:var(--soft);font-weight:400}}\n"
    "@media print{body{max-width:none}}\n";

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
