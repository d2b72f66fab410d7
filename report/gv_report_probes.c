/* The results of probes (glove-eval, eval.probes) on the page of a run. */
#include "report/gv_report_html.h"
#include "report/gv_report_sections.h"
#include "report/gv_report_table.h"
#include "report/gv_report_terms.h"
#include <math.h>
#include <string.h>

#define COLUMNS(columns) (columns), sizeof(columns) / sizeof *(columns)

static const gv_report_table_column weat_columns[] = {{"probe", 0},      {"targets", 0},
                                                      {"attributes", 0}, {"effect_size", 1},
                                                      {"p_value", 1},    {"partitions", 1}};
static const gv_report_table_column association_columns[] = {
    {"probe", 0}, {"target", 0}, {"word", 0}, {"association", 1}};
static const gv_report_table_column axis_columns[] = {{"axis", 0},
                                                      {"pairs_used", 0},
                                                      {"agreement", 1},
                                                      {"projected_words", 0},
                                                      {"spearman_scores", 1}};
static const gv_report_table_column projection_columns[] = {
    {"axis", 0}, {"word", 0}, {"projection", 1}, {"score", 1}};
static const gv_report_table_column pair_columns[] = {
    {"axis", 0}, {"pair", 0}, {"pair_agreement", 1}};

static bool is_kind(const gv_json *probe, const char *kind)
{
    return strcmp(gv_json_get_text(probe, "kind"), kind) == 0;
}

static bool any_of(const gv_json *probes, const char *kind)
{
    for (size_t i = 0; i < gv_json_count(probes); i++)
        if (is_kind(gv_json_item(probes, i), kind))
            return true;
    return false;
}

static void text_cell(FILE *out, const gv_report_table_column *column, const char *text)
{
    gv_report_table_cell(out, column);
    gv_report_html_text(out, text ? text : "");
    fputs("</td>", out);
}

/* "flowers 16 of 25": how many of a set's words are used. */
static void write_used(FILE *out, const gv_json *set)
{
    const char *name = gv_json_get_text(set, "name");
    gv_report_html_text(out, name);
    fputs(*name ? " " : "", out);
    gv_report_html_count(out, gv_json_get_number(set, "used"));
    fputs(" of ", out);
    gv_report_html_count(out, gv_json_get_number(set, "total"));
}

static void sets_cell(FILE *out, const gv_report_table_column *column, const gv_json *sets)
{
    gv_report_table_cell(out, column);
    for (size_t i = 0; i < gv_json_count(sets); i++) {
        fputs(i > 0 ? ", " : "", out);
        write_used(out, gv_json_item(sets, i));
    }
    fputs("</td>", out);
}

/* --- remarks ---------------------------------------------------------------------------------- */

static void write_remark(FILE *out, const gv_json *probe, const char *what, const char *text)
{
    if (!*text)
        return;
    fputs("<p class=\"soft\">", out);
    gv_report_html_text(out, gv_json_get_text(probe, "name"));
    fprintf(out, ": %s", what);
    gv_report_html_text(out, text);
    fputs(".</p>\n", out);
}

static void write_missing(FILE *out, const gv_json *probe, const gv_json *set)
{
    const gv_json *missing = gv_json_get(set, "missing");
    const char *name = gv_json_get_text(set, "name");
    if (gv_json_count(missing) == 0)
        return;
    fputs("<p class=\"soft\">", out);
    gv_report_html_text(out, gv_json_get_text(probe, "name"));
    fputs(*name ? ", " : "", out);
    gv_report_html_text(out, name);
    fputs(": without a vector: ", out);
    for (size_t i = 0; i < gv_json_count(missing); i++) {
        const char *word = gv_json_text(gv_json_item(missing, i));
        fputs(i > 0 ? ", " : "", out);
        gv_report_html_text(out, word ? word : "?");
    }
    fputs(".</p>\n", out);
}

static void write_remarks(FILE *out, const gv_json *probes, const char *kind)
{
    static const char *const lists[] = {"targets", "attributes"}, *const one[] = {"pairs", "words"};
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_json *probe = gv_json_item(probes, i);
        if (!is_kind(probe, kind))
            continue;
        write_remark(out, probe, "no result: ", gv_json_get_text(probe, "reason"));
        write_remark(out, probe, "", gv_json_get_text(probe, "note"));
        for (size_t k = 0; k < 2; k++) {
            const gv_json *sets = gv_json_get(probe, lists[k]);
            for (size_t j = 0; j < gv_json_count(sets); j++)
                write_missing(out, probe, gv_json_item(sets, j));
            write_missing(out, probe, gv_json_get(probe, one[k]));
        }
    }
}

/* --- WEAT ------------------------------------------------------------------------------------- */

static void write_weats(FILE *out, const gv_json *probes)
{
    gv_report_table_begin(out, COLUMNS(weat_columns));
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_report_table_column *column = weat_columns;
        const gv_json *probe = gv_json_item(probes, i);
        if (!is_kind(probe, "weat"))
            continue;
        fputs("<tr>", out);
        text_cell(out, column++, gv_json_get_text(probe, "name"));
        sets_cell(out, column++, gv_json_get(probe, "targets"));
        sets_cell(out, column++, gv_json_get(probe, "attributes"));
        gv_report_table_number(out, column++, "%.3f",
                               gv_report_sections_number(probe, "effect_size"));
        gv_report_table_number(out, column++, "%.3g", gv_report_sections_number(probe, "p_value"));
        gv_report_table_count(out, column++, gv_report_sections_number(probe, "partitions"));
        fputs("</tr>\n", out);
    }
    gv_report_table_end(out);
}

static void write_associations(FILE *out, const gv_json *probes)
{
    fputs("<details><summary>The associations of the words</summary>\n", out);
    gv_report_table_begin(out, COLUMNS(association_columns));
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_json *probe = gv_json_item(probes, i), *targets = gv_json_get(probe, "targets");
        for (size_t k = 0; k < gv_json_count(targets) && is_kind(probe, "weat"); k++) {
            const gv_json *set = gv_json_item(targets, k), *words = gv_json_get(set, "words");
            for (size_t j = 0; j < gv_json_count(words); j++) {
                const gv_json *word = gv_json_item(words, j);
                fputs("<tr>", out);
                text_cell(out, &association_columns[0], gv_json_get_text(probe, "name"));
                text_cell(out, &association_columns[1], gv_json_get_text(set, "name"));
                text_cell(out, &association_columns[2], gv_json_get_text(word, "word"));
                gv_report_table_number(out, &association_columns[3], "%.4f",
                                       gv_report_sections_number(word, "association"));
                fputs("</tr>\n", out);
            }
        }
    }
    gv_report_table_end(out);
    fputs("</details>\n", out);
}

/* --- axes ------------------------------------------------------------------------------------- */

static void used_cell(FILE *out, const gv_report_table_column *column, const gv_json *set)
{
    gv_report_table_cell(out, column);
    if (set)
        write_used(out, set);
    fputs("</td>", out);
}

static void write_axes(FILE *out, const gv_json *probes)
{
    gv_report_table_begin(out, COLUMNS(axis_columns));
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_report_table_column *column = axis_columns;
        const gv_json *probe = gv_json_item(probes, i);
        if (!is_kind(probe, "axis"))
            continue;
        fputs("<tr>", out);
        text_cell(out, column++, gv_json_get_text(probe, "name"));
        used_cell(out, column++, gv_json_get(probe, "pairs"));
        gv_report_table_number(out, column++, "%.3f",
                               gv_report_sections_number(probe, "agreement"));
        used_cell(out, column++, gv_json_get(probe, "words"));
        gv_report_table_number(out, column++, "%.3f", gv_report_sections_number(probe, "spearman"));
        fputs("</tr>\n", out);
    }
    gv_report_table_end(out);
}

static void write_projections(FILE *out, const gv_json *probes)
{
    fputs("<details open><summary>The projections of the words</summary>\n", out);
    gv_report_table_begin(out, COLUMNS(projection_columns));
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_json *probe = gv_json_item(probes, i);
        const gv_json *words = gv_json_get(gv_json_get(probe, "words"), "words");
        for (size_t j = 0; j < gv_json_count(words) && is_kind(probe, "axis"); j++) {
            const gv_json *word = gv_json_item(words, j);
            fputs("<tr>", out);
            text_cell(out, &projection_columns[0], gv_json_get_text(probe, "name"));
            text_cell(out, &projection_columns[1], gv_json_get_text(word, "word"));
            gv_report_table_number(out, &projection_columns[2], "%.4f",
                                   gv_report_sections_number(word, "projection"));
            gv_report_table_number(out, &projection_columns[3], "%.6g",
                                   gv_report_sections_number(word, "score"));
            fputs("</tr>\n", out);
        }
    }
    gv_report_table_end(out);
    fputs("</details>\n", out);
}

static void write_pairs(FILE *out, const gv_json *probes)
{
    fputs("<details><summary>How the pairs agree</summary>\n", out);
    gv_report_table_begin(out, COLUMNS(pair_columns));
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_json *probe = gv_json_item(probes, i);
        const gv_json *pairs = gv_json_get(gv_json_get(probe, "pairs"), "pairs");
        for (size_t j = 0; j < gv_json_count(pairs) && is_kind(probe, "axis"); j++) {
            const gv_json *pair = gv_json_item(pairs, j), *words = gv_json_get(pair, "words");
            const char *high = gv_json_text(gv_json_item(words, 0));
            const char *low = gv_json_text(gv_json_item(words, 1));
            fputs("<tr>", out);
            text_cell(out, &pair_columns[0], gv_json_get_text(probe, "name"));
            gv_report_table_cell(out, &pair_columns[1]);
            gv_report_html_text(out, high ? high : "?");
            fputs(" – ", out);
            gv_report_html_text(out, low ? low : "?");
            fputs("</td>", out);
            gv_report_table_number(out, &pair_columns[2], "%.3f",
                                   gv_report_sections_number(pair, "agreement"));
            fputs("</tr>\n", out);
        }
    }
    gv_report_table_end(out);
    fputs("</details>\n", out);
}

/* --- both ------------------------------------------------------------------------------------- */

void gv_report_sections_probes(FILE *out, const gv_json *probes)
{
    if (any_of(probes, "weat")) {
        fputs("<h3>Associations of sets of words (WEAT)</h3>\n", out);
        write_weats(out, probes);
        write_remarks(out, probes, "weat");
        write_associations(out, probes);
    }
    if (any_of(probes, "axis")) {
        fputs("<h3>Axes of pairs of words</h3>\n", out);
        write_axes(out, probes);
        write_remarks(out, probes, "axis");
        write_projections(out, probes);
        write_pairs(out, probes);
    }
}
