/* gv_report_scores - what the vectors are worth: scores, and neighbours of some words. */
#include "report/gv_report_html.h"
#include "report/gv_report_sections.h"
#include "report/gv_report_table.h"
#include "report/gv_report_terms.h"
#include "report/gv_report_words.h"

#include <math.h>
#include <string.h>

#define COLUMNS(columns) (columns), sizeof(columns) / sizeof *(columns)

#define number_of gv_report_sections_number

/* How the file was read, if other than in its plain form; `named`: which file. */
static void write_note(FILE *out, const gv_json *file, bool named)
{
    if (gv_json_kind(gv_json_get(file, "note")) != GV_JSON_TEXT)
        return;
    fputs("<p class=\"soft\">", out);
    if (named) {
        gv_report_html_path(out, gv_json_get_text(file, "file"));
        fputs(": ", out);
    }
    gv_report_html_text(out, gv_json_get_text(file, "note"));
    fputs("</p>\n", out);
}

static void write_item(FILE *out, const gv_json *list, size_t i, const char *before)
{
    const char *text = gv_json_text(gv_json_item(list, i));
    fputs(before, out);
    gv_report_html_text(out, text ? text : "?");
}

/* --- analogies -------------------------------------------------------------------------------- */

static const gv_report_table_column analogy_columns[] = {
    {"section", 0}, {"correct", 1}, {"answered", 1}, {"total", 1}, {"accuracy", 1}, {NULL, 0},
};

static void write_section(FILE *out, const char *name, double correct, const gv_json *counts)
{
    const gv_report_table_column *column = analogy_columns;
    const double answered = number_of(counts, "answered");
    const double accuracy = answered > 0.0 ? 100.0 * correct / answered : NAN;
    gv_report_table_cell(out, column++);
    gv_report_html_text(out, name);
    fputs("</td>", out);
    gv_report_table_count(out, column++, correct);
    gv_report_table_count(out, column++, answered);
    gv_report_table_count(out, column++, number_of(counts, "total"));
    gv_report_table_number(out, column++, "%.1f %%", accuracy);
    gv_report_table_bar(out, accuracy / 100.0);
    fputs("</tr>\n", out);
}

static const gv_report_table_column wrong_columns[] = {{"question", 0}, {"right", 0}, {"given", 0}};

/* The wrong answers that eval.show_wrong has asked for, folded. */
static void write_wrong(FILE *out, const gv_json *sections)
{
    bool any = false;
    for (size_t i = 0; i < gv_json_count(sections); i++) {
        const gv_json *wrong = gv_json_get(gv_json_item(sections, i), "wrong");
        for (size_t k = 0; k < gv_json_count(wrong); k++) {
            const gv_json *answer = gv_json_item(wrong, k);
            const gv_json *question = gv_json_get(answer, "question");
            if (!any) {
                fputs("<details><summary>Some wrong answers</summary>\n", out);
                gv_report_table_begin(out, COLUMNS(wrong_columns));
            }
            any = true;
            fputs("<tr><td>", out);
            for (size_t w = 0; w < gv_json_count(question); w++)
                write_item(out, question, w, w == 1 ? " : " : w == 2 ? " :: " : "");
            fputs("</td>", out);
            gv_report_table_cell(out, &wrong_columns[1]);
            gv_report_html_text(out, gv_json_get_text(answer, "right"));
            fputs("</td>", out);
            gv_report_table_cell(out, &wrong_columns[2]);
            gv_report_html_text(out, gv_json_get_text(answer, "given"));
            fputs("</td></tr>\n", out);
        }
    }
    if (!any)
        return;
    gv_report_table_end(out);
    fputs("</details>\n", out);
}

static void write_analogies(FILE *out, const gv_json *file)
{
    const gv_json *sections = gv_json_get(file, "sections");
    double correct = 0.0;
    fputs("<h3>Analogies: ", out);
    gv_report_html_path(out, gv_json_get_text(file, "file"));
    fputs("</h3>\n", out);
    gv_report_table_begin(out, COLUMNS(analogy_columns));
    for (size_t i = 0; i < gv_json_count(sections); i++) {
        const gv_json *section = gv_json_item(sections, i);
        fputs("<tr>", out);
        write_section(out, gv_json_get_text(section, "name"), number_of(section, "correct"),
                      section);
        correct += number_of(section, "correct");
    }
    fputs("<tr class=\"sum\">", out);
    write_section(out, "all", correct, file);
    gv_report_table_end(out);
    if (isfinite(number_of(file, "accuracy_mul"))) {
        fputs("<p>By ", out);
        gv_report_terms_write(out, "accuracy_mul");
        fprintf(out, ": %.1f %%.</p>\n", number_of(file, "accuracy_mul"));
    }
    write_note(out, file, false);
    write_wrong(out, sections);
}

/* --- similarity ------------------------------------------------------------------------------- */

static const gv_report_table_column similarity_columns[] = {
    {"file", 0}, {"pairs", 1}, {"missing", 1}, {"spearman", 1}, {NULL, 0},
};
static const gv_report_table_column unseen_columns[] = {
    {"file", 0},     {"pairs", 1},          {"missing", 1}, {"from_subwords", 1},
    {"spearman", 1}, {"spearman_known", 1}, {NULL, 0},
};

/* Were words given vectors from subwords? */
static bool has_subwords(const gv_json *files)
{
    return isfinite(number_of(gv_json_item(files, 0), "from_subwords"));
}

static void write_pairs(FILE *out, const gv_json *file, bool oov)
{
    const gv_report_table_column *column = oov ? unseen_columns : similarity_columns;
    const int few = number_of(file, "pairs") < GV_REPORT_SECTIONS_FEW;
    fprintf(out, "<tr%s>", few ? " class=\"soft\"" : "");
    gv_report_table_cell(out, column++);
    gv_report_html_path(out, gv_json_get_text(file, "file"));
    fputs("</td>", out);
    gv_report_table_count(out, column++, number_of(file, "pairs"));
    gv_report_table_count(out, column++, number_of(file, "missing"));
    if (oov)
        gv_report_table_count(out, column++, number_of(file, "from_subwords"));
    gv_report_table_number(out, column++, few ? "(%.3f)" : "%.3f", number_of(file, "spearman"));
    if (oov)
        gv_report_table_number(out, column++, "%.3f", number_of(file, "spearman_known"));
    gv_report_table_bar(out, few ? 0.0 : number_of(file, "spearman"));
    fputs("</tr>\n", out);
}

static const gv_report_table_column difference_columns[] = {
    {"words", 0}, {"rank by people", 1}, {"rank by cosine", 1}, {"cosine", 1}};

/* The pairs that eval.show_wrong has asked for, folded. */
static void write_differences(FILE *out, const gv_json *file)
{
    const gv_json *pairs = gv_json_get(file, "differences");
    if (gv_json_count(pairs) == 0)
        return;
    fputs("<details><summary>Largest differences in ", out);
    gv_report_html_path(out, gv_json_get_text(file, "file"));
    fputs("</summary>\n", out);
    gv_report_table_begin(out, COLUMNS(difference_columns));
    for (size_t i = 0; i < gv_json_count(pairs); i++) {
        const gv_json *pair = gv_json_item(pairs, i), *words = gv_json_get(pair, "words");
        const gv_report_table_column *column = difference_columns + 1;
        fputs("<tr><td>", out);
        write_item(out, words, 0, "");
        write_item(out, words, 1, ", ");
        fputs("</td>", out);
        gv_report_table_number(out, column++, "%.0f", number_of(pair, "score_rank"));
        gv_report_table_number(out, column++, "%.0f", number_of(pair, "cosine_rank"));
        gv_report_table_number(out, column++, "%.2f", number_of(pair, "cosine"));
        fputs("</tr>\n", out);
    }
    gv_report_table_end(out);
    fputs("</details>\n", out);
}

static void write_similarity(FILE *out, const gv_json *files)
{
    int any_few = 0;
    if (gv_json_count(files) == 0)
        return;
    const bool oov = has_subwords(files);
    fputs("<h3>Similarity</h3>\n", out);
    if (oov)
        gv_report_table_begin(out, COLUMNS(unseen_columns));
    else
        gv_report_table_begin(out, COLUMNS(similarity_columns));
    for (size_t i = 0; i < gv_json_count(files); i++) {
        const gv_json *file = gv_json_item(files, i);
        write_pairs(out, file, oov);
        any_few |= number_of(file, "pairs") < GV_REPORT_SECTIONS_FEW &&
                   isfinite(number_of(file, "spearman"));
    }
    gv_report_table_end(out);
    if (any_few)
        fprintf(out,
                "<p class=\"soft\">In brackets: fewer than %d pairs, too few to judge by.</p>\n",
                GV_REPORT_SECTIONS_FEW);
    for (size_t i = 0; i < gv_json_count(files); i++) {
        write_note(out, gv_json_item(files, i), true);
        write_differences(out, gv_json_item(files, i));
    }
}

/* --- categories and outliers ------------------------------------------------------------------ */

static const gv_report_table_column category_columns[] = {
    {"file", 0}, {"clustered_words", 1}, {"missing", 1}, {"clusters", 1}, {"purity", 1}, {NULL, 0},
};

static const gv_report_table_column outlier_columns[] = {
    {"file", 0},    {"sets", 1},           {"outliers", 1}, {"tried", 1},
    {"missing", 1}, {"outliers_found", 1}, {"opp", 1},      {NULL, 0},
};

/* How many words of the files have vectors from subwords, if that was asked for. */
static void write_from_subwords(FILE *out, const gv_json *files)
{
    double words = 0.0;
    if (!has_subwords(files))
        return;
    for (size_t i = 0; i < gv_json_count(files); i++)
        words += number_of(gv_json_item(files, i), "from_subwords");
    fputs("<p class=\"soft\">Words with vectors ", out);
    gv_report_terms_write(out, "from_subwords");
    fputs(": ", out);
    gv_report_html_count(out, words);
    fputs(".</p>\n", out);
}

static void write_categories(FILE *out, const gv_json *files)
{
    if (gv_json_count(files) == 0)
        return;
    fputs("<h3>Categories</h3>\n", out);
    gv_report_table_begin(out, COLUMNS(category_columns));
    for (size_t i = 0; i < gv_json_count(files); i++) {
        const gv_report_table_column *column = category_columns;
        const gv_json *file = gv_json_item(files, i);
        fputs("<tr>", out);
        gv_report_table_cell(out, column++);
        gv_report_html_path(out, gv_json_get_text(file, "file"));
        fputs("</td>", out);
        gv_report_table_count(out, column++, number_of(file, "words"));
        gv_report_table_count(out, column++, number_of(file, "missing"));
        gv_report_table_count(out, column++, number_of(file, "categories"));
        gv_report_table_number(out, column++, "%.3f", number_of(file, "purity"));
        gv_report_table_bar(out, number_of(file, "purity"));
        fputs("</tr>\n", out);
    }
    gv_report_table_end(out);
    write_from_subwords(out, files);
    for (size_t i = 0; i < gv_json_count(files); i++)
        write_note(out, gv_json_item(files, i), true);
}

static void write_outliers(FILE *out, const gv_json *files)
{
    if (gv_json_count(files) == 0)
        return;
    fputs("<h3>Outliers</h3>\n", out);
    gv_report_table_begin(out, COLUMNS(outlier_columns));
    for (size_t i = 0; i < gv_json_count(files); i++) {
        const gv_report_table_column *column = outlier_columns;
        const gv_json *file = gv_json_item(files, i);
        fputs("<tr>", out);
        gv_report_table_cell(out, column++);
        gv_report_html_path(out, gv_json_get_text(file, "file"));
        fputs("</td>", out);
        gv_report_table_count(out, column++, number_of(file, "sets"));
        gv_report_table_count(out, column++, number_of(file, "total"));
        gv_report_table_count(out, column++, number_of(file, "answered"));
        gv_report_table_count(out, column++, number_of(file, "missing"));
        gv_report_table_number(out, column++, "%.1f %%", number_of(file, "accuracy"));
        gv_report_table_number(out, column++, "%.1f %%", number_of(file, "opp"));
        gv_report_table_bar(out, number_of(file, "accuracy") / 100.0);
        fputs("</tr>\n", out);
    }
    gv_report_table_end(out);
    write_from_subwords(out, files);
    for (size_t i = 0; i < gv_json_count(files); i++)
        write_note(out, gv_json_item(files, i), true);
}

/* --- all of them ------------------------------------------------------------------------------ */

void gv_report_sections_vocab_limit(FILE *out, const gv_report *report, const char *before)
{
    const double limit = number_of(report->eval, "vocab_limit");
    if (!(limit > 0.0))
        return;
    fputs(before, out);
    fputs("first ", out);
    gv_report_html_count(out, limit);
    fputs(" words", out);
}

const char *gv_report_sections_other_vectors(const gv_report *report)
{
    /* the first input of the stage; inside the run directory its path is relative */
    const gv_json *vectors =
        gv_json_item(gv_json_get(report->stamp[GV_REPORT_SECTIONS_EVAL], "inputs"), 0);
    if (*gv_json_get_text(vectors, "path") != '/')
        return NULL;
    const gv_json *own = gv_json_get(report->stamp[GV_REPORT_SECTIONS_TRAIN], "outputs");
    for (size_t i = 0; i < gv_json_count(own); i++) /* a copy of the run's */
        if (strcmp(gv_json_get_text(gv_json_item(own, i), "xxh128"),
                   gv_json_get_text(vectors, "xxh128")) == 0)
            return NULL;
    return gv_json_get_text(vectors, "file");
}

void gv_report_sections_evaluation(FILE *out, const gv_report *report)
{
    const gv_json *analogies = gv_json_get(report->eval, "analogies");
    if (gv_json_kind(report->eval) != GV_JSON_OBJECT) {
        gv_report_sections_missing(out, "scores", GV_STAGE_EVAL);
        return;
    }
    const char *other = gv_report_sections_other_vectors(report);
    if (other) {
        fputs("<p>These are the scores of ", out);
        gv_report_html_path(out, other);
        fputs(", not of this run's vectors.</p>\n", out);
    }
    if (number_of(report->eval, "vocab_limit") > 0.0) {
        gv_report_sections_vocab_limit(out, report, "<p>These are scores of the ");
        fputs(" of the vectors: only they were asked for, and only they were answers.</p>\n", out);
    }
    for (size_t i = 0; i < gv_json_count(analogies); i++)
        write_analogies(out, gv_json_item(analogies, i));
    write_similarity(out, gv_json_get(report->eval, "similarity"));
    write_categories(out, gv_json_get(report->eval, "categories"));
    write_outliers(out, gv_json_get(report->eval, "outliers"));
    gv_report_sections_probes(out, gv_json_get(report->eval, "probes"));
}

/* --- neighbours ------------------------------------------------------------------------------- */

static const gv_report_table_column neighbour_columns[] = {
    {"word", 0}, {"nearest words, with their cosines", 0}};

static void write_near(FILE *out, const gv_json *item)
{
    const gv_json *near = gv_json_get(item, "near"), *alike = gv_json_get(item, "spelt_like");
    if (alike) {
        fputs("<span class=\"soft\">not in the vocabulary", out);
        for (size_t i = 0; i < gv_json_count(alike); i++) {
            fputs(i ? ", " : "; words spelt like it: ", out);
            gv_report_html_text(out, gv_json_text(gv_json_item(alike, i)));
        }
        fputs("</span>", out);
    }
    for (size_t k = 0; k < gv_json_count(near); k++) {
        fputs(k ? ", " : "", out);
        gv_report_html_text(out, gv_json_get_text(gv_json_item(near, k), "word"));
        fprintf(out, " <span class=\"soft\">%.2f</span>",
                number_of(gv_json_item(near, k), "score"));
    }
}

void gv_report_sections_neighbours(FILE *out, const gv_report *report)
{
    const gv_json *words = gv_json_get(report->neighbours, "words");
    if (report->neighbours_note) {
        fputs("<p class=\"soft\">No vectors: ", out);
        gv_report_html_text(out, report->neighbours_note);
        fputs("</p>\n", out);
        return;
    }
    gv_report_words_write(out, report);
    fputs("<h3>Neighbours of some words</h3>\n", out);
    gv_report_table_begin(out, COLUMNS(neighbour_columns));
    for (size_t i = 0; i < gv_json_count(words); i++) {
        fputs("<tr><td class=\"word\">", out);
        gv_report_html_text(out, gv_json_get_text(gv_json_item(words, i), "word"));
        fputs("</td><td>", out);
        write_near(out, gv_json_item(words, i));
        fputs("</td></tr>\n", out);
    }
    gv_report_table_end(out);
    if (!report->chosen)
        fputs(
            "<p class=\"soft\">Words from frequent to rare. <code>glove-report --word WORD</code> "
            "shows those that you name.</p>\n",
            out);
}
