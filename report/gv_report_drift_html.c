/* The result as a page. */
#include "base/gv_mem.h"
#include "report/gv_report_chart.h"
#include "report/gv_report_drift_write.h"
#include "report/gv_report_frame.h"
#include "report/gv_report_html.h"
#include "report/gv_report_table.h"
#include <math.h>
#include <string.h>

enum { PAGE_WORDS = 200, MOST_COLUMNS = 9 };

enum { MOVED, FREQUENCY, ALONE, METHOD, SECTIONS };
static const gv_report_frame_section sections[SECTIONS] = {{"moved", "Words that moved most"},
                                                           {"frequency", "By frequency"},
                                                           {"alone", "Words of one corpus only"},
                                                           {"method", "How to read this"}};

static void put_card(FILE *out, double number, const char *format, const char *label)
{
    fputs("<div class=\"card\"><b>", out);
    if (!format)
        gv_report_html_count(out, number);
    else if (isfinite(number))
        fprintf(out, format, number);
    else
        fputs("\u2013", out);
    fprintf(out, "</b><span>%s</span></div>\n", label);
}

static void put_head(FILE *out, const gv_report_drift *drift)
{
    const gv_report_drift_pair *pair = &drift->pair;
    fputs("<p>A: ", out);
    gv_report_html_path(out, drift->options->a);
    fputs("<br>B: ", out);
    gv_report_html_path(out, drift->options->b);
    fputs("</p>\n<div class=\"cards\">\n", out);
    put_card(out, (double)pair->shared.n, NULL, "words compared");
    put_card(out, (double)pair->all_shared, NULL, "words in both");
    if (drift->noise_words) {
        put_card(out, (double)drift->beyond_words, NULL, "moved beyond 99 % of noise");
        put_card(out, gv_report_drift_write_by_chance(drift), "%.0f", "would by chance");
    }
    put_card(out, pair->drift.fit.held_out, "%.3f", "mean cosine after alignment, held out");
    fputs("</div>\n", out);
}

/* --- words ------------------------------------------------------------------------------------ */

static void put_row(FILE *out, const gv_report_drift *drift, const gv_report_table_column *column,
                    size_t i)
{
    const gv_drift *measured = &drift->pair.drift;
    const double a = (double)gv_report_drift_count_a(drift, i);
    const double b = (double)gv_report_drift_count_b(drift, i);
    fputs("<tr>", out);
    gv_report_table_cell(out, column++);
    gv_report_html_text(out, gv_report_drift_word(drift, i));
    fputs("</td>", out);
    gv_report_table_count(out, column++, a > 0.0 ? a : NAN);
    gv_report_table_count(out, column++, b > 0.0 ? b : NAN);
    gv_report_table_count(out, column++, gv_report_drift_write_kept(measured, i));
    gv_report_table_number(out, column++, "%.3f", measured->distance[i]);
    if (drift->noise_words) {
        const gv_drift_noise_beyond *beyond = &drift->beyond[drift->options->by][i];
        gv_report_table_number(out, column++, "%.1f", beyond->z);
        gv_report_table_number(out, column++, "%.3f", beyond->p);
    }
    for (int in_b = 0; in_b < 2; in_b++) {
        gv_report_table_cell(out, column++);
        gv_report_drift_write_put_near(out, drift, i, in_b, gv_report_html_text);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static void put_no_noise(FILE *out, const gv_report_drift *drift)
{
    fputs("<p><b>Noise is unknown, so this order says little:</b> any two trainings differ, and "
          "rare words most. Deal the texts of both corpora (one a line) at random into two, train "
          "on these with the same settings, and give the runs:</p>\n<pre>",
          out);
    char *recipe = gv_report_drift_write_recipe(drift, "");
    for (char *line = recipe, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        gv_report_html_text(out, line);
        fputc('\n', out);
    }
    gv_mem_free(recipe);
    fputs("</pre>\n", out);
}

static void put_moved(FILE *out, const gv_report_drift *drift)
{
    const gv_report_table_column all[MOST_COLUMNS] = {
        {"word", 0}, {"in A", 1}, {"in B", 1},         {"neighbours kept", 1}, {"distance", 1},
        {"z", 1},    {"p", 1},    {"nearest in A", 0}, {"nearest in B", 0}};
    gv_report_table_column columns[MOST_COLUMNS];
    size_t n = 0, at = 0, word;
    for (size_t i = 0; i < MOST_COLUMNS; i++)
        if (drift->noise_words || (i != 5 && i != 6))
            columns[n++] = all[i];
    if (!drift->noise_words)
        put_no_noise(out, drift);
    fprintf(out,
            "<p class=\"soft\">%s first. Neighbours kept: how many of the %zu nearest words in A "
            "are among those in B.%s</p>\n",
            drift->noise_words ? "The word that lies furthest beyond noise of its frequency"
            : drift->options->by == GV_REPORT_DRIFT_COSINE ? "The largest distance"
                                                           : "The fewest neighbours kept",
            drift->pair.drift.k,
            drift->noise_words ? " z: standard deviations beyond the mean of noise; p: share of "
                                 "noise that moved as far."
                               : "");
    const size_t top = drift->options->top > PAGE_WORDS ? drift->options->top : PAGE_WORDS;
    gv_report_table_begin(out, columns, n);
    while (gv_report_drift_write_next_shown(drift, &at, top, &word))
        put_row(out, drift, columns, word);
    gv_report_table_end(out);
}

/* --- frequency -------------------------------------------------------------------------------- */

/* The mean of a measure in each band, and that of noise, over the logarithm of the count. */
static void put_chart(FILE *out, const gv_report_drift *drift, enum gv_report_drift_by measure)
{
    double x[GV_REPORT_DRIFT_BANDS], moved[GV_REPORT_DRIFT_BANDS], noise[GV_REPORT_DRIFT_BANDS];
    const double k = (double)drift->pair.drift.k;
    const bool kept = measure == GV_REPORT_DRIFT_NEIGHBOURS;
    for (size_t i = 0; i < drift->bands; i++) {
        const gv_report_drift_band *band = &drift->band[drift->bands - 1 - i];
        x[i] = band->from > 0.0 ? log10(band->from) : 0.0;
        moved[i] = kept ? k * (1.0 - band->moved[measure]) : band->moved[measure];
        noise[i] = kept ? k * (1.0 - band->noise[measure]) : band->noise[measure];
    }
    const gv_report_chart chart = {.title = kept ? "Neighbours kept, by frequency"
                                                 : "Distance after alignment, by frequency",
                                   .x_label = "occurrences at least (powers of ten)",
                                   .y_label = kept ? "neighbours kept" : "distance",
                                   .format = kept ? "%.1f" : "%.3f"};
    const gv_report_chart_series series[] = {{"A and B", x, moved, drift->bands},
                                             {"noise", x, noise, drift->bands}};
    gv_report_chart_lines(out, &chart, series, drift->noise_words ? 2 : 1);
}

static void put_bands(FILE *out, const gv_report_drift *drift)
{
    static const gv_report_table_column columns[] = {
        {"occurrences", 0}, {"words", 1},    {"neighbours kept", 1},
        {"of noise", 1},    {"distance", 1}, {"distance of noise", 1},
        {"beyond noise", 1}};
    const double k = (double)drift->pair.drift.k;
    gv_report_table_begin(out, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < drift->bands; i++) {
        const gv_report_drift_band *band = &drift->band[i];
        char name[64];
        gv_report_drift_write_band_name(name, band);
        fputs("<tr>", out);
        gv_report_table_cell_sorted(out, &columns[0], band->from);
        fprintf(out, "%s</td>", name);
        gv_report_table_count(out, &columns[1], (double)band->words);
        gv_report_table_number(out, &columns[2], "%.1f",
                               k * (1.0 - band->moved[GV_REPORT_DRIFT_NEIGHBOURS]));
        gv_report_table_number(out, &columns[3], "%.1f",
                               k * (1.0 - band->noise[GV_REPORT_DRIFT_NEIGHBOURS]));
        gv_report_table_number(out, &columns[4], "%.3f", band->moved[GV_REPORT_DRIFT_COSINE]);
        gv_report_table_number(out, &columns[5], "%.3f", band->noise[GV_REPORT_DRIFT_COSINE]);
        gv_report_table_count(out, &columns[6], drift->noise_words ? (double)band->beyond : NAN);
        fputs("</tr>\n", out);
    }
    gv_report_table_end(out);
}

static void put_frequency(FILE *out, const gv_report_drift *drift)
{
    if (!drift->counted) {
        fputs("<p>How often words occur is not known: there is no vocab.txt beside the vectors. "
              "Their rank takes its place.</p>\n",
              out);
        return;
    }
    fputs("<p class=\"soft\">Of words in both corpora, the harmonic mean of their counts.</p>\n",
          out);
    fputs("<div class=\"side\">\n", out);
    put_chart(out, drift, GV_REPORT_DRIFT_NEIGHBOURS);
    put_chart(out, drift, GV_REPORT_DRIFT_COSINE);
    fputs("</div>\n", out);
    put_bands(out, drift);
}

/* --- the rest --------------------------------------------------------------------------------- */

static void put_alone(FILE *out, const gv_report_drift *drift, int in_b)
{
    enum { LISTED = 100 };
    const gv_report_drift_alone *alone = &drift->alone[in_b];
    const gv_report_drift_corpus *corpus = in_b ? &drift->pair.b : &drift->pair.a;
    fprintf(out, "<div><h3>Only in %c</h3>\n<p>", in_b ? 'B' : 'A');
    gv_report_html_count(out, (double)alone->n);
    fprintf(out, " words%s</p>\n<p>", alone->n > LISTED ? "; the most frequent:" : "");
    for (size_t i = 0; i < alone->listed && i < LISTED; i++) {
        fputs(i ? ", " : "", out);
        gv_report_html_text(out, corpus->vectors->words[alone->row[i]]);
        if (corpus->count && corpus->count[alone->row[i]]) {
            fputs(" <span class=\"soft\">", out);
            gv_report_html_count(out, (double)corpus->count[alone->row[i]]);
            fputs("</span>", out);
        }
    }
    fputs("</p></div>\n", out);
}

static void put_method(FILE *out, const gv_report_drift *drift)
{
    const gv_procrustes_fit *fit = &drift->pair.drift.fit;
    fputs("<p><b>Neighbours kept</b> compares the nearest words of a word in both corpora (Gonen "
          "and others 2020). It needs no alignment. <b>Distance</b> is 1 minus the cosine of the "
          "word's two vectors, after B was rotated into the space of A (orthogonal Procrustes; "
          "Hamilton and others 2016).</p>\n<p>",
          out);
    if (isnan(fit->held_out))
        fputs("Too few words to see how well the rotation fits.", out);
    else
        fprintf(out,
                "After a rotation that was fitted to other words, a word's two vectors have a mean "
                "cosine of %.3f; those of any two words %.3f.%s",
                fit->held_out, fit->chance,
                gv_procrustes_is_poor(fit) ? " <b>That is a poor fit: distances say little.</b>"
                                           : "");
    fputs("</p>\n<p>The vectors of rare words differ most between any two trainings, so a list by "
          "distance alone is first of all a list of rare words (Dubossarsky and others 2017). ",
          out);
    if (drift->noise_words)
        fprintf(out,
                "Here each word is compared with the %s of words that occur about as often, "
                "between corpora in which nothing has changed: %zu words of",
                "noise", drift->noise_words);
    for (size_t i = 0; i < drift->options->noise.n; i++) {
        fputs(i == 0 ? " " : i % 2 ? " and " : ", ", out);
        gv_report_html_path(out, drift->options->noise.items[i]);
    }
    fputs(drift->noise_words ? "." : "Noise has not been measured here.", out);
    fputs(" A word that moved is not yet a word that changed its meaning: topics, names, genre and "
          "spelling move words, too. Read what its neighbours say, and then the texts.</p>\n",
          out);
}

void gv_report_drift_write_html(FILE *out, const gv_report_drift *drift)
{
    gv_report_frame_begin(out, &(gv_report_frame){.title = "Words that moved between two corpora",
                                                  .sections = sections,
                                                  .n = SECTIONS});
    put_head(out, drift);
    gv_report_frame_section_begin(out, &sections[MOVED]);
    put_moved(out, drift);
    gv_report_frame_section_end(out);
    gv_report_frame_section_begin(out, &sections[FREQUENCY]);
    put_frequency(out, drift);
    gv_report_frame_section_end(out);
    gv_report_frame_section_begin(out, &sections[ALONE]);
    fputs("<div class=\"side\">\n", out);
    put_alone(out, drift, 0);
    put_alone(out, drift, 1);
    fputs("</div>\n", out);
    gv_report_frame_section_end(out);
    gv_report_frame_section_begin(out, &sections[METHOD]);
    put_method(out, drift);
    gv_report_frame_section_end(out);
    gv_report_frame_end(out, NULL);
}
