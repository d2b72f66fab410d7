/*
 * gv_report_frame - the frame of every HTML page of glove-report: head, sections, data, end.
 *
 * A page is one file that loads nothing: its Content-Security-Policy forbids the browser to fetch
 * anything. It can be read without JavaScript. A page is written like this:
 *
 *     static const gv_report_frame_section parts[] = {{"scores", "Scores"}, {"time", "Time"}};
 *     gv_report_frame_begin(
 *         out, &(gv_report_frame){.title = name, .sections = parts, .n = 2});
 *     gv_report_frame_section_begin(out, &parts[0]);
 *     ... gv_report_table_*, gv_report_chart_*, paragraphs with gv_report_html_text ...
 *     gv_report_frame_section_end(out);
 *     gv_report_frame_end(out, NULL);
 *
 * Headings within a section begin with h3. Classes that gv_report_page.css knows: "soft" (grey),
 * "cards" and "card" (figures at the top: <div class="card"><b>12</b><span>words</span></div>),
 * "side" (columns side by side where there is room), "screen" (not on paper), "hidden" (for screen
 * readers only). gv_report_page.js has the object GV for scripts: GV.data, GV.bytes, GV.element,
 * GV.wordAddress, GV.wordOfAddress.
 *
 * All texts given here are escaped. Write errors are those of `out`. Threads: functions touch only
 * their arguments.
 */
#ifndef GV_REPORT_FRAME_H
#define GV_REPORT_FRAME_H

#include <stddef.h>
#include <stdio.h>

/* A section: its id (a-z, 0-9 and -), to which the list of contents leads, and its heading. */
typedef struct gv_report_frame_section {
    const char *id, *title;
} gv_report_frame_section;

typedef struct gv_report_frame {
    const char *title;                       /* heading of the page, and of its window */
    const char *about;                       /* a line below it, or NULL */
    const char *path;                        /* of a file or folder, behind `about`, or NULL */
    const gv_report_frame_section *sections; /* [n] the list of contents; NULL: none */
    size_t n;
} gv_report_frame;

/* Begin the page. What follows before the first section belongs to its head (cards, say). */
void gv_report_frame_begin(FILE *out, const gv_report_frame *frame);
/* End the page, with the script that all pages share and then `scripts`, texts of
 * gv_report_assets.h in a list that ends with NULL; NULL: none. */
void gv_report_frame_end(FILE *out, const char *const *scripts);

void gv_report_frame_section_begin(FILE *out, const gv_report_frame_section *section);
void gv_report_frame_section_end(FILE *out);

/*
 * A block of data for scripts, which read it with GV.data(id). Between begin and end comes JSON:
 * write it with gv_report_frame_json; numbers, brackets and commas may also go to `out` as they
 * are.
 */
void gv_report_frame_data_begin(FILE *out, const char *id);
void gv_report_frame_data_end(FILE *out);
/* A piece of JSON (for example of gv_json_print), with every '<' as \u003c: no text in it can end
 * the block. */
void gv_report_frame_json(FILE *out, const char *json);
/* `text` as a JSON string with its quotes, as gv_show.h has it shown to people, '<' as \u003c. */
void gv_report_frame_json_text(FILE *out, const char *text);
/* `bytes` ([n]) as a JSON string of base64, which GV.bytes decodes; all in one call. Numbers are to
 * be little-endian. */
void gv_report_frame_base64(FILE *out, const void *bytes, size_t n);

#endif
