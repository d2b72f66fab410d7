#include "report/gv_report_frame.h"

#include "base/gv_show.h"
#include "report/gv_report_assets.h"
#include "report/gv_report_html.h"
#include <stdint.h>

/* --- the page --------------------------------------------------------------------------------- */

static void write_contents(FILE *out, const gv_report_frame *frame)
{
    if (frame->n == 0)
        return;
    fputs("<nav class=\"contents\" aria-label=\"Contents\"><ul>\n", out);
    for (size_t i = 0; i < frame->n; i++) {
        fprintf(out, "<li><a href=\"#%s\">", frame->sections[i].id);
        gv_report_html_text(out, frame->sections[i].title);
        fputs("</a></li>\n", out);
    }
    fputs("</ul></nav>\n", out);
}

void gv_report_frame_begin(FILE *out, const gv_report_frame *frame)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
          "form-action 'none'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta name=\"generator\" content=\"glovebox " GV_VERSION "\">\n<title>",
          out);
    gv_report_html_text(out, frame->title);
    fprintf(out,
            " – glovebox</title>\n<style>\n%s</style>\n</head>\n<body>\n"
            "<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n<h1>",
            gv_report_assets_style);
    gv_report_html_text(out, frame->title);
    fputs("</h1>\n", out);
    if (frame->about || frame->path) {
        fputs("<p class=\"soft\">", out);
        gv_report_html_text(out, frame->about ? frame->about : "");
        if (frame->path) {
            fputs(" <code>", out);
            gv_report_html_path(out, frame->path);
            fputs("</code>", out);
        }
        fputs("</p>\n", out);
    }
    write_contents(out, frame);
    fputs("</header>\n<main id=\"content\" tabindex=\"-1\">\n", out);
}

static void write_script(FILE *out, const char *text)
{
    fprintf(out, "<script>\n%s</script>\n", text);
}

void gv_report_frame_end(FILE *out, const char *const *scripts)
{
    fputs("</main>\n<footer>Written by glove-report of glovebox " GV_VERSION
          ". This page needs no other file and loads nothing.</footer>\n",
          out);
    write_script(out, gv_report_assets_script);
    for (; scripts && *scripts; scripts++)
        write_script(out, *scripts);
    fputs("</body>\n</html>\n", out);
}

void gv_report_frame_section_begin(FILE *out, const gv_report_frame_section *section)
{
    fprintf(out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">",
            section->id, section->id, section->id);
    gv_report_html_text(out, section->title);
    fputs("</h2>\n", out);
}

void gv_report_frame_section_end(FILE *out)
{
    fputs("</section>\n", out);
}

/* --- data ------------------------------------------------------------------------------------- */

void gv_report_frame_data_begin(FILE *out, const char *id)
{
    fprintf(out, "<script type=\"application/json\" id=\"%s\">", id);
}

void gv_report_frame_data_end(FILE *out)
{
    fputs("</script>\n", out);
}

/* In JSON '<' stands only within strings. */
static void put_json(FILE *out, char byte)
{
    if (byte == '<')
        fputs("\\u003c", out);
    else
        fputc(byte, out);
}

void gv_report_frame_json(FILE *out, const char *json)
{
    for (; *json != '\0'; json++)
        put_json(out, *json);
}

void gv_report_frame_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text != '\0') {
        char shown[GV_SHOW_CHARACTER];
        gv_show_character(shown, &text); /* leaves no control characters */
        for (const char *p = shown; *p != '\0'; p++) {
            if (*p == '"' || *p == '\\')
                fputc('\\', out);
            put_json(out, *p);
        }
    }
    fputc('"', out);
}

void gv_report_frame_base64(FILE *out, const void *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = bytes;
    fputc('"', out);
    for (size_t i = 0; i < n; i += 3) {
        const unsigned left = n - i < 3 ? (unsigned)(n - i) : 3;
        const uint32_t three = (uint32_t)from[i] << 16 |
                               (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
                               (left > 2 ? from[i + 2] : 0);
        const char four[5] = {digits[three >> 18], digits[three >> 12 & 63],
                              left > 1 ? digits[three >> 6 & 63] : '=',
                              left > 2 ? digits[three & 63] : '=', '\0'};
        fputs(four, out);
    }
    fputc('"', out);
}
