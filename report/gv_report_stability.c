/*
 * gv_report_stability - charts and tables that can be read without JavaScript, and a list of all
 * words that can be searched with it (gv_report_stability.js).
 */
#include "report/gv_report_stability.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "report/gv_report_assets.h"
#include "report/gv_report_chart.h"
#include "report/gv_report_frame.h"
#include "report/gv_report_html.h"
#include "report/gv_report_stability_list.h"
#include "report/gv_report_table.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { EXAMPLES = 25, TEXT = 160 };

static const char *label_of(const gv_stability_runs *runs, size_t group)
{
    return *runs->names.label[group] ? runs->names.label[group] : "all runs";
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : NAN;
}

/* --- the figures at the top ------------------------------------------------------------------- */

static void write_cards(FILE *out, const gv_stability_runs *runs)
{
    const gv_stability *s = runs->stability;
    fputs("<div class=\"cards\">\n", out);
    for (size_t g = 0; g < s->groups; g++) {
        const gv_stability_band all = gv_stability_band_of(s, g, 0, s->words);
        fprintf(out, "<div class=\"card\"><b>%.3f</b><span>overlap", all.overlap);
        if (s->groups > 1) {
            fputs(", ", out);
            gv_report_html_path(out, label_of(runs, g));
        }
        fprintf(out, "; %.0f %% of words trusted</span></div>\n",
                share(all.verdicts[GV_STABILITY_IS_TRUSTED], s->words));
    }
    fprintf(out, "<div class=\"card\"><b>%.2g</b><span>overlap by chance</span></div>\n</div>\n",
            gv_stability_chance(s));
}

/* --- by frequency ----------------------------------------------------------------------------- */

static void write_chart(FILE *out, const gv_stability_runs *runs)
{
    const gv_stability *s = runs->stability;
    size_t ends[GV_STABILITY_BANDS];
    const size_t n = gv_stability_bands(ends, s->words);
    double *x = gv_mem_alloc(n, sizeof *x, NULL);
    double *y = gv_mem_alloc(n * s->groups, sizeof *y, NULL);
    gv_report_chart_series *series = gv_mem_alloc(s->groups, sizeof *series, NULL);
    for (size_t g = 0; x && y && series && g < s->groups; g++) {
        for (size_t b = 0, from = 0; b < n; from = ends[b++]) {
            /* the middle of a band on a scale of powers of ten */
            x[b] = (log10((double)from + 1.0) + log10((double)ends[b])) / 2.0;
            y[g * n + b] = gv_stability_band_of(s, g, from, ends[b]).overlap;
        }
        series[g] =
            (gv_report_chart_series){.name = label_of(runs, g), .x = x, .y = y + g * n, .n = n};
    }
    if (x && y && series)
        gv_report_chart_lines(out,
                              &(gv_report_chart){.title = "Overlap by frequency",
                                                 .x_label = "rank of the word, as a power of 10",
                                                 .y_label = "overlap",
                                                 .format = "%.3f"},
                              series, s->groups);
    gv_mem_free(x);
    gv_mem_free(y);
    gv_mem_free(series);
}

static const gv_report_table_column band_columns[] = {
    {"rank", 1},        {"occurrences", 1}, {"number", 1},  {"overlap", 1},  {"Jaccard", 1},
    {"in all runs", 1}, {"trusted", 1},     {"unclear", 1}, {"untrusted", 1}};
enum { BAND_COLUMNS = sizeof band_columns / sizeof *band_columns };

static void write_range(FILE *out, const gv_report_table_column *column, double from, double to)
{
    gv_report_table_cell_sorted(out, column, from);
    gv_report_html_count(out, from);
    fputs("–", out);
    gv_report_html_count(out, to);
    fputs("</td>", out);
}

static void write_band(FILE *out, const gv_stability *s, const gv_stability_band *band, bool sum)
{
    const gv_report_table_column *column = band_columns;
    const size_t n = band->to - band->from;
    fputs(sum ? "<tr class=\"sum\">" : "<tr>", out);
    write_range(out, column++, (double)band->from + 1.0, (double)band->to);
    if (s->count)
        write_range(out, column++, (double)band->most, (double)band->least);
    else
        gv_report_table_count(out, column++, NAN);
    gv_report_table_count(out, column++, (double)n);
    gv_report_table_number(out, column++, "%.3f", band->overlap);
    gv_report_table_number(out, column++, "%.3f", band->jaccard);
    gv_report_table_number(out, column++, "%.3f", band->shared);
    for (int v = 0; v < GV_STABILITY_VERDICTS; v++)
        gv_report_table_number(out, column++, "%.1f %%", share(band->verdicts[v], n));
    fputs("</tr>\n", out);
}

static void write_bands(FILE *out, const gv_stability_runs *runs, size_t group)
{
    const gv_stability *s = runs->stability;
    size_t ends[GV_STABILITY_BANDS], from = 0;
    const size_t n = gv_stability_bands(ends, s->words);
    fputs("<h3>", out);
    gv_report_html_path(out, label_of(runs, group));
    fprintf(out, ", %zu runs</h3>\n", s->group[group].runs);
    gv_report_table_begin_wide(out, band_columns, BAND_COLUMNS, "Stability by frequency");
    for (size_t b = 0; b < n; from = ends[b++]) {
        const gv_stability_band band = gv_stability_band_of(s, group, from, ends[b]);
        write_band(out, s, &band, false);
    }
    const gv_stability_band all = gv_stability_band_of(s, group, 0, s->words);
    write_band(out, s, &all, true);
    gv_report_table_end_wide(out);
}

static void write_frequency(FILE *out, const gv_stability_runs *runs)
{
    const gv_stability *s = runs->stability;
    fprintf(out,
            "<p>Overlap is the share of a word’s %zu nearest neighbours that two runs with "
            "different seeds both have, averaged over all pairs of runs.</p>\n",
            s->neighbours);
    write_chart(out, runs);
    for (size_t g = 0; g < s->groups; g++)
        write_bands(out, runs, g);
}

/* --- words ------------------------------------------------------------------------------------ */

static const gv_report_table_column word_columns[] = {
    {"word", 0}, {"occurrences", 1}, {"overlap", 1}, {"neighbours in all runs", 0}};

static void write_word(FILE *out, const gv_stability *s, size_t group, size_t word)
{
    const gv_overlap *overlap = &s->group[group].overlap[word];
    const uint32_t *shared = s->group[group].shared + word * s->neighbours;
    fputs("<tr>", out);
    gv_report_table_cell(out, &word_columns[0]);
    fputs("<bdi>", out);
    gv_report_html_text(out, s->word[word]);
    fputs("</bdi></td>", out);
    gv_report_table_count(out, &word_columns[1], s->count ? (double)s->count[word] : NAN);
    gv_report_table_number(out, &word_columns[2], "%.2f", overlap->mean);
    gv_report_table_cell(out, &word_columns[3]);
    for (uint32_t i = 0; i < overlap->shared; i++) {
        fputs(i ? ", <bdi>" : "<bdi>", out);
        gv_report_html_text(out, s->word[shared[i]]);
        fputs("</bdi>", out);
    }
    fputs(overlap->shared ? "</td></tr>\n" : "none</td></tr>\n", out);
}

static int write_examples(FILE *out, const gv_stability *s, size_t group,
                          enum gv_stability_extreme which, gv_error *err)
{
    static const char *const titles[GV_STABILITY_EXTREMES] = {
        "Most stable", "Least stable", "Least stable of the 3,000 most frequent"};
    _Static_assert(GV_STABILITY_FREQUENT == 3000, "the title says how many");
    size_t *words, n = EXAMPLES;
    if (which == GV_STABILITY_LEAST_STABLE_FREQUENT && s->words <= GV_STABILITY_FREQUENT)
        return GV_OK;
    int status = gv_stability_extremes(&words, &n, s, group, which, err);
    fprintf(out, "<details><summary>%s words</summary>\n", titles[which]);
    gv_report_table_begin(out, word_columns, sizeof word_columns / sizeof *word_columns);
    for (size_t i = 0; i < n && status == GV_OK; i++)
        write_word(out, s, group, words[i]);
    gv_report_table_end(out);
    fputs("</details>\n", out);
    gv_mem_free(words);
    return status;
}

static int write_words(FILE *out, const gv_stability_runs *runs, gv_error *err)
{
    const gv_stability *s = runs->stability;
    int status = GV_OK;
    gv_report_stability_list_write(out, runs);
    for (size_t g = 0; g < s->groups && status == GV_OK; g++) {
        if (s->groups > 1) {
            fputs("<h3>", out);
            gv_report_html_path(out, label_of(runs, g));
            fputs("</h3>\n", out);
        }
        for (int e = 0; e < GV_STABILITY_EXTREMES && status == GV_OK; e++)
            status = write_examples(out, s, g, (enum gv_stability_extreme)e, err);
    }
    return status;
}

/* --- how to read it, and the runs ------------------------------------------------------------- */

static void write_reading(FILE *out, const gv_stability *s)
{
    fprintf(out,
            "<p><b>Trusted</b>: an overlap of %.1f or more; at least half of the word’s neighbours "
            "come back with another seed. <b>Untrusted</b>: below %.1f; fewer come back, and a "
            "list of them tells more about the seed than about the word. In between it is "
            "<b>unclear</b>. Of single neighbours, believe those that all runs have.</p>\n",
            GV_STABILITY_TRUSTED, GV_STABILITY_UNTRUSTED);
    fputs("<p>Overlap (Wendlandt and others 2018) of a list o is a Jaccard coefficient (Antoniak "
          "and Mimno 2018) of o / (2 − o). Seeds change the order of training, not the text: a "
          "stable list may still come from a single document. Runs on resampled documents show "
          "that.</p>\n<p>Neighbours are sought by cosine among the ",
          out);
    gv_report_html_count(out, (double)s->common);
    fputs(" words that all runs have. Frequency is that of the first run.</p>\n", out);
}

static void write_runs(FILE *out, const gv_stability_runs *runs)
{
    static const gv_report_table_column columns[] = {
        {"run", 0}, {"settings", 0}, {"words of the run", 1}};
    gv_report_table_begin(out, columns, sizeof columns / sizeof *columns);
    for (size_t r = 0; r < runs->stability->runs; r++) {
        fputs("<tr>", out);
        gv_report_table_cell(out, &columns[0]);
        gv_report_html_path(out, runs->names.run[r]);
        fputs("</td>", out);
        gv_report_table_cell(out, &columns[1]);
        gv_report_html_path(out, label_of(runs, runs->names.group_of_run[r]));
        fputs("</td>", out);
        gv_report_table_count(out, &columns[2], (double)runs->stability->own[r]);
        fputs("</tr>\n", out);
    }
    gv_report_table_end(out);
}

/* --- the page --------------------------------------------------------------------------------- */

static int write_page(FILE *out, const gv_stability_runs *runs, gv_error *err)
{
    static const gv_report_frame_section parts[] = {{"frequency", "By frequency"},
                                                    {"words", "Words"},
                                                    {"reading", "How to read this"},
                                                    {"runs", "Runs"}};
    static const char *const scripts[] = {gv_report_assets_stability, NULL};
    const gv_stability *s = runs->stability;
    char about[TEXT];
    snprintf(about, sizeof about, "The %zu nearest neighbours of %zu words in %zu runs",
             s->neighbours, s->words, s->runs);
    gv_report_frame_begin(out, &(gv_report_frame){.title = "Stability of nearest neighbours",
                                                  .about = about,
                                                  .sections = parts,
                                                  .n = sizeof parts / sizeof *parts});
    write_cards(out, runs);
    gv_report_frame_section_begin(out, &parts[0]);
    write_frequency(out, runs);
    gv_report_frame_section_end(out);
    gv_report_frame_section_begin(out, &parts[1]);
    int status = write_words(out, runs, err);
    gv_report_frame_section_end(out);
    gv_report_frame_section_begin(out, &parts[2]);
    write_reading(out, s);
    gv_report_frame_section_end(out);
    gv_report_frame_section_begin(out, &parts[3]);
    write_runs(out, runs);
    gv_report_frame_section_end(out);
    gv_report_frame_end(out, scripts);
    return status;
}

int gv_report_stability_html(char **html, const gv_stability_runs *runs, gv_error *err)
{
    gv_print_buffer buffer;
    *html = NULL;
    int status = gv_print_open(&buffer, err);
    if (status != GV_OK)
        return status;
    status = write_page(buffer.stream, runs, err);
    const int closed = gv_print_close(html, &buffer, err);
    if (status == GV_OK)
        return closed;
    gv_mem_free(*html);
    *html = NULL;
    return status;
}
