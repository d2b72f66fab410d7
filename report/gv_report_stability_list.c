/*
 * gv_report_stability_list - numbers are packed into bytes and base64: as JSON, the neighbours of
 * 70,000 words would take three times as much.
 */
#include "report/gv_report_stability_list.h"

#include "base/gv_mem.h"
#include "report/gv_report_frame.h"
#include "report/gv_report_html.h"
#include <math.h>

enum {
    LISTED = 100000,    /* words on the page, at most */
    WITH_NEAR = 140000, /* lists of neighbours, of all groups together */
    STEPS = 200,        /* of an overlap: 1 is 200 */
    NUMBER_BYTES = 3    /* of a word's number */
};

/* What the page holds of a measurement. */
typedef struct extent {
    size_t listed; /* words */
    size_t near;   /* words with neighbours, in each group */
} extent;

static extent extent_of(const gv_stability *s)
{
    extent e = {.listed = s->words < LISTED ? s->words : LISTED};
    e.near = e.listed < WITH_NEAR / s->groups ? e.listed : WITH_NEAR / s->groups;
    return e;
}

static void write_words(FILE *out, const gv_stability *s, const extent *e)
{
    fprintf(out, "{\"neighbours\":%zu,\"trusted\":%.1f,\"untrusted\":%.1f,\"words\":[",
            s->neighbours, GV_STABILITY_TRUSTED, GV_STABILITY_UNTRUSTED);
    for (size_t i = 0; i < e->listed; i++) {
        fputs(i ? "," : "", out);
        gv_report_frame_json_text(out, s->word[i]);
    }
    fputs("],\n\"counts\":", out);
    if (!s->count)
        fputs("null", out);
    for (size_t i = 0; s->count && i < e->listed; i++)
        fprintf(out, "%s%llu", i ? "," : "[", (unsigned long long)s->count[i]);
    fputs(s->count ? "]" : "", out);
}

static void write_overlaps(FILE *out, const gv_overlap *overlap, size_t n)
{
    uint8_t *bytes = gv_mem_alloc(n, 1, NULL);
    for (size_t i = 0; bytes && i < n; i++)
        bytes[i] = (uint8_t)lround(STEPS * overlap[i].mean);
    if (bytes)
        gv_report_frame_base64(out, bytes, n);
    gv_mem_free(bytes);
}

/* For each word: how many of its shared neighbours follow, in a byte, then their numbers. Those
 * that the page does not list are left out. */
static void write_near(FILE *out, const gv_stability *s, const gv_stability_group *group,
                       const extent *e)
{
    const size_t most = s->neighbours < UINT8_MAX ? s->neighbours : UINT8_MAX;
    uint8_t *bytes = gv_mem_alloc(e->near, 1 + NUMBER_BYTES * most, NULL), *at = bytes;
    for (size_t i = 0; bytes && i < e->near; i++) {
        uint8_t *n = at++;
        *n = 0;
        for (uint32_t k = 0; k < group->overlap[i].shared && *n < most; k++) {
            const uint32_t id = group->shared[i * s->neighbours + k];
            if (id >= e->listed)
                continue;
            for (unsigned b = 0; b < NUMBER_BYTES; b++)
                *at++ = (uint8_t)(id >> 8 * b);
            ++*n;
        }
    }
    if (bytes)
        gv_report_frame_base64(out, bytes, (size_t)(at - bytes));
    gv_mem_free(bytes);
}

static void write_data(FILE *out, const gv_stability_runs *runs, const extent *e)
{
    const gv_stability *s = runs->stability;
    gv_report_frame_data_begin(out, "stability-data");
    write_words(out, s, e);
    fprintf(out, ",\n\"near\":%zu,\"groups\":[", e->near);
    for (size_t g = 0; g < s->groups; g++) {
        fputs(g ? ",\n{\"label\":" : "\n{\"label\":", out);
        gv_report_frame_json_text(out, runs->names.label[g]);
        fputs(",\"overlap\":", out);
        write_overlaps(out, s->group[g].overlap, e->listed);
        fputs(",\n\"near\":", out);
        write_near(out, s, &s->group[g], e);
        fputs("}", out);
    }
    fputs("]}", out);
    gv_report_frame_data_end(out);
}

static void write_group_choice(FILE *out, const gv_stability_runs *runs)
{
    const size_t groups = runs->stability->groups;
    fprintf(out, "<label%s>settings <select id=\"stability-group\">", groups > 1 ? "" : " hidden");
    for (size_t g = 0; g < groups; g++) {
        fprintf(out, "<option value=\"%zu\">", g);
        gv_report_html_text(out, runs->names.label[g]);
        fputs("</option>", out);
    }
    fputs("</select></label>\n", out);
}

void gv_report_stability_list_write(FILE *out, const gv_stability_runs *runs)
{
    const gv_stability *s = runs->stability;
    const extent e = extent_of(s);
    fputs("<p class=\"soft\">", out);
    fputs(e.listed == s->words ? "All " : "The first ", out);
    gv_report_html_count(out, (double)e.listed);
    fputs(" words, from frequent to rare", out);
    if (e.near < e.listed) {
        fputs(", the first ", out);
        gv_report_html_count(out, (double)e.near);
        fputs(" with the neighbours that all runs share", out);
    }
    fputs("; <code>stability.tsv</code> has every word.</p>\n"
          "<div id=\"stability-search\" hidden>\n<div class=\"controls\">\n"
          "<label>search <input id=\"stability-input\" type=\"search\" autocomplete=\"off\" "
          "spellcheck=\"false\"></label>\n",
          out);
    write_group_choice(out, runs);
    fputs("<label>show <select id=\"stability-verdict\"><option value=\"\">all words</option>"
          "<option>trusted</option><option>unclear</option><option>untrusted</option></select>"
          "</label>\n"
          "<label>first <select id=\"stability-order\"><option value=\"0\">the most frequent"
          "</option><option value=\"-1\">the most stable</option><option value=\"1\">the least "
          "stable</option></select></label>\n"
          "</div>\n<p id=\"stability-state\" class=\"soft\" role=\"status\"></p>\n"
          "<div id=\"stability-found\"></div>\n"
          "<button type=\"button\" id=\"stability-more\" hidden>Show more</button>\n</div>\n",
          out);
    write_data(out, runs, &e);
}
