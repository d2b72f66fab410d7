/* gv_eval_table - the scores as tables for people, from the content of eval.json. */
#include "app/gv_print.h"
#include "eval/gv_eval.h"

#include <stdio.h>
#include <string.h>

/* Below this, chance moves a correlation by more than a third of the scale (95 %). */
enum { FEW_PAIRS = 30 };

static size_t widest(const gv_json *items, const char *member, const char *head)
{
    size_t width = strlen(head);
    for (size_t i = 0; i < gv_json_count(items); i++) {
        size_t columns = gv_print_width(gv_json_get_text(gv_json_item(items, i), member));
        width = columns > width ? columns : width;
    }
    return width;
}

/* --- analogies -------------------------------------------------------------------------------- */

/* A line of the table: one section, or the sum of several. */
typedef struct counts {
    double correct, correct_mul, answered, total;
    bool no_mul; /* an eval.json of an earlier version: correct_mul is not known */
} counts;

static void add_to(counts *sum, const gv_json *section)
{
    const gv_json *mul = gv_json_get(section, "correct_mul");
    sum->correct += gv_json_get_number(section, "correct");
    sum->correct_mul += gv_json_number(mul);
    sum->answered += gv_json_get_number(section, "answered");
    sum->total += gv_json_get_number(section, "total");
    sum->no_mul = sum->no_mul || !gv_json_is_number(mul);
}

static void percentage(FILE *out, double correct, double answered, const char *after)
{
    if (answered > 0.0)
        fprintf(out, " %8.2f %%%s", 100.0 * correct / answered, *after == '\n' ? after : "");
    else
        fprintf(out, " %8s%s", "-", after);
}

static void table_line(FILE *out, size_t width, const counts *line, const char *name)
{
    gv_print_pad(out, name, width);
    fprintf(out, " %8.0f %8.0f %8.0f", line->correct, line->answered, line->total);
    percentage(out, line->correct, line->answered, "  ");
    percentage(out, line->correct_mul, line->no_mul ? 0.0 : line->answered, "\n");
}

static void sections_table(FILE *out, const gv_json *sections)
{
    counts syntactic = {0}, semantic = {0}, all = {0};
    const size_t width = widest(sections, "name", "syntactic"), n = gv_json_count(sections);
    size_t syntactic_sections = 0;
    gv_print_pad(out, "section", width);
    fprintf(out, " %8s %8s %8s %10s %10s\n", "correct", "answered", "total", "3CosAdd", "3CosMul");
    for (size_t i = 0; i < n; i++) {
        const gv_json *section = gv_json_item(sections, i);
        const char *name = gv_json_get_text(section, "name");
        const bool is_syntactic = strncmp(name, "gram", 4) == 0;
        counts line = {0};
        add_to(&line, section);
        add_to(&all, section);
        add_to(is_syntactic ? &syntactic : &semantic, section);
        syntactic_sections += is_syntactic;
        table_line(out, width, &line, name);
    }
    if (syntactic_sections > 0 && syntactic_sections < n) {
        table_line(out, width, &semantic, "semantic");
        table_line(out, width, &syntactic, "syntactic");
    }
    if (n > 1)
        table_line(out, width, &all, "all");
}

static void put(FILE *out, const char *text)
{
    gv_print_pad(out, text, 0);
}

/* "family: man is to king as woman is to queen, answered car" */
static void wrong_answers(FILE *out, const gv_json *sections)
{
    bool any = false;
    for (size_t i = 0; i < gv_json_count(sections); i++) {
        const gv_json *section = gv_json_item(sections, i);
        const gv_json *wrong = gv_json_get(section, "wrong");
        for (size_t k = 0; k < gv_json_count(wrong); k++) {
            const gv_json *item = gv_json_item(wrong, k), *question = gv_json_get(item, "question");
            const char *given = gv_json_get_text(item, "given");
            fputs(any ? "" : "\nwrong answers by 3CosAdd\n", out);
            any = true;
            put(out, gv_json_get_text(section, "name"));
            fputs(": ", out);
            for (size_t j = 0; j < 3; j++) {
                const char *word = gv_json_text(gv_json_item(question, j));
                put(out, word ? word : "?");
                fputs(j == 0 ? " is to " : j == 1 ? " as " : " is to ", out);
            }
            put(out, gv_json_get_text(item, "right"));
            fputs(", answered ", out);
            put(out, given && *given ? given : "nothing");
            fputc('\n', out);
        }
    }
}

static void analogies_table(FILE *out, const gv_json *file)
{
    const gv_json *sections = gv_json_get(file, "sections");
    const char *note = gv_json_get_text(file, "note");
    fputs("analogies: ", out);
    put(out, gv_json_get_text(file, "file"));
    if (*note) {
        fputs("\nread as follows: ", out);
        put(out, note);
    }
    fputc('\n', out);
    sections_table(out, sections);
    wrong_answers(out, sections);
    fputc('\n', out);
}

/* --- similarity ------------------------------------------------------------------------------- */

static void differences_table(FILE *out, const gv_json *file)
{
    const gv_json *differences = gv_json_get(file, "differences");
    if (gv_json_count(differences) == 0)
        return;
    fputs("\nlargest differences of ranks (rank 1: most similar): ", out);
    put(out, gv_json_get_text(file, "file"));
    fprintf(out, "\n%10s %8s %10s %8s  words\n", "score", "rank", "cosine", "rank");
    for (size_t i = 0; i < gv_json_count(differences); i++) {
        const gv_json *item = gv_json_item(differences, i), *words = gv_json_get(item, "words");
        fprintf(out, "%10.6g %8.6g %10.4f %8.6g ", gv_json_get_number(item, "score"),
                gv_json_get_number(item, "score_rank"), gv_json_get_number(item, "cosine"),
                gv_json_get_number(item, "cosine_rank"));
        for (size_t k = 0; k < 2; k++) {
            const char *word = gv_json_text(gv_json_item(words, k));
            fputc(' ', out);
            put(out, word ? word : "?");
        }
        fputc('\n', out);
    }
}

/* How files were read that have not the plain form. */
static void notes(FILE *out, const gv_json *files)
{
    bool noted = false;
    for (size_t i = 0; i < gv_json_count(files); i++) {
        const gv_json *file = gv_json_item(files, i);
        if (!*gv_json_get_text(file, "note"))
            continue;
        noted = true;
        put(out, gv_json_get_text(file, "file"));
        fputs(" read as follows: ", out);
        put(out, gv_json_get_text(file, "note"));
        fputc('\n', out);
    }
    fputs(noted ? "\n" : "", out);
}

/* Were words given vectors from subwords? */
static bool has_subwords(const gv_json *files)
{
    return gv_json_is_number(gv_json_get(gv_json_item(files, 0), "from_subwords"));
}

static void number_or_dash(FILE *out, const gv_json *number, int width, int digits,
                           const char *unit)
{
    if (gv_json_is_number(number))
        fprintf(out, " %*.*f%s", width, digits, gv_json_number(number), unit);
    else
        fprintf(out, " %*s%s", width, "-", *unit ? "  " : "");
}

static void similarity_table(FILE *out, const gv_json *files)
{
    const size_t width = widest(files, "file", "similarity"), n = gv_json_count(files);
    notes(out, files);
    const bool oov = has_subwords(files);
    gv_print_pad(out, "similarity", width);
    fprintf(out, " %8s %8s%s %10s%s\n", "pairs", "missing", oov ? " subwords" : "", "Spearman",
            oov ? " known only" : "");
    for (size_t i = 0; i < n; i++) {
        const gv_json *file = gv_json_item(files, i);
        const double pairs = gv_json_get_number(file, "pairs");
        gv_print_pad(out, gv_json_get_text(file, "file"), width);
        fprintf(out, " %8.0f %8.0f", pairs, gv_json_get_number(file, "missing"));
        if (oov)
            fprintf(out, " %8.0f", gv_json_get_number(file, "from_subwords"));
        number_or_dash(out, gv_json_get(file, "spearman"), 10, 4, "");
        if (oov)
            number_or_dash(out, gv_json_get(file, "spearman_known"), 10, 4, "");
        const bool few = pairs < FEW_PAIRS && gv_json_is_number(gv_json_get(file, "spearman"));
        fputs(few ? "  (few pairs)\n" : "\n", out);
    }
    for (size_t i = 0; i < n; i++)
        differences_table(out, gv_json_item(files, i));
}

/* --- categories and outliers ------------------------------------------------------------------ */

static void categories_table(FILE *out, const gv_json *files)
{
    const size_t width = widest(files, "file", "categories");
    notes(out, files);
    gv_print_pad(out, "categories", width);
    const bool oov = has_subwords(files);
    fprintf(out, " %8s %8s%s %8s %10s\n", "words", "missing", oov ? " subwords" : "", "clusters",
            "purity");
    for (size_t i = 0; i < gv_json_count(files); i++) {
        const gv_json *file = gv_json_item(files, i);
        gv_print_pad(out, gv_json_get_text(file, "file"), width);
        fprintf(out, " %8.0f %8.0f", gv_json_get_number(file, "words"),
                gv_json_get_number(file, "missing"));
        if (oov)
            fprintf(out, " %8.0f", gv_json_get_number(file, "from_subwords"));
        fprintf(out, " %8.0f", gv_json_get_number(file, "categories"));
        number_or_dash(out, gv_json_get(file, "purity"), 10, 4, "");
        fputc('\n', out);
    }
}

static void outliers_table(FILE *out, const gv_json *files)
{
    const size_t width = widest(files, "file", "outliers");
    notes(out, files);
    gv_print_pad(out, "outliers", width);
    const bool oov = has_subwords(files);
    fprintf(out, " %8s %8s %8s %8s%s %10s %10s\n", "sets", "answered", "total", "missing",
            oov ? " subwords" : "", "accuracy", "OPP");
    for (size_t i = 0; i < gv_json_count(files); i++) {
        const gv_json *file = gv_json_item(files, i);
        gv_print_pad(out, gv_json_get_text(file, "file"), width);
        fprintf(out, " %8.0f %8.0f %8.0f %8.0f", gv_json_get_number(file, "sets"),
                gv_json_get_number(file, "answered"), gv_json_get_number(file, "total"),
                gv_json_get_number(file, "missing"));
        if (oov)
            fprintf(out, " %8.0f", gv_json_get_number(file, "from_subwords"));
        number_or_dash(out, gv_json_get(file, "accuracy"), 8, 2, " %");
        number_or_dash(out, gv_json_get(file, "opp"), 8, 2, " %");
        fputc('\n', out);
    }
}

int gv_eval_table(char **text, const gv_json *json, gv_error *err)
{
    const gv_json *analogies = gv_json_get(json, "analogies");
    const gv_json *similarity = gv_json_get(json, "similarity");
    const gv_json *categories = gv_json_get(json, "categories");
    const gv_json *outliers = gv_json_get(json, "outliers");
    const gv_json *probes = gv_json_get(json, "probes");
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *text = NULL;
    if (status != GV_OK)
        return status;
    const double limit = gv_json_get_number(json, "vocab_limit");
    if (limit > 0.0)
        fprintf(buffer.stream, "only the first %.0f words of the vectors\n\n", limit);
    for (size_t i = 0; i < gv_json_count(analogies); i++)
        analogies_table(buffer.stream, gv_json_item(analogies, i));
    if (gv_json_count(similarity) > 0)
        similarity_table(buffer.stream, similarity);
    if (gv_json_count(categories) > 0) {
        fputs(gv_json_count(similarity) > 0 ? "\n" : "", buffer.stream);
        categories_table(buffer.stream, categories);
    }
    if (gv_json_count(outliers) > 0) {
        fputs(gv_json_count(similarity) + gv_json_count(categories) > 0 ? "\n" : "", buffer.stream);
        outliers_table(buffer.stream, outliers);
    }
    if (gv_json_count(probes) > 0) {
        const size_t before =
            gv_json_count(similarity) + gv_json_count(categories) + gv_json_count(outliers);
        fputs(before > 0 ? "\n" : "", buffer.stream);
        gv_eval_probe_table(buffer.stream, probes);
    }
    return gv_print_close(text, &buffer, err);
}
