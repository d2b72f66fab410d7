/*
 * gv_report - the page, section by section.
 *
 * Each section is written from what gv_report_gather found; if that is nothing, the section names
 * the command that makes it. Fields of "done" events that the page has no place for are listed by
 * name, so that new fields appear without a change here.
 */
#include "report/gv_report.h"

#include "app/gv_print.h"
#include "app/gv_run.h"
#include "base/gv_mem.h"
#include "report/gv_report_html.h"

#include <math.h>
#include <string.h>

enum { VOCAB, COOCCUR, SHUFFLE, TRAIN, EVAL }; /* places in gv_report_stages */

static const char *text_of(const gv_json *object, const char *key)
{
    return gv_json_get_text(object, key);
}

/* A member's number; NAN if there is none. */
static double number_of(const gv_json *object, const char *key)
{
    const gv_json *value = gv_json_get(object, key);
    return gv_json_is_number(value) ? gv_json_number(value) : NAN;
}

static void cell_number(FILE *out, const char *format, double value)
{
    fputs("<td class=\"n\">", out);
    if (isfinite(value))
        fprintf(out, format, value);
    else
        fputs("–", out);
    fputs("</td>", out);
}

static void end_table(FILE *out)
{
    fputs("</table></div>\n", out);
}

static void missing(FILE *out, const char *what, enum gv_config_stage stage)
{
    fprintf(out, "<p class=\"soft\">No %s yet: run <code>%s</code>.</p>\n", what,
            gv_config_stage_program(stage));
}

/* --- head ------------------------------------------------------------------------------------- */

static void card_begin(FILE *out)
{
    fputs("<div class=\"card\"><b>", out);
}

static void card_end(FILE *out, const char *label)
{
    fprintf(out, "</b><span>%s</span></div>\n", label);
}

static void card_count(FILE *out, const gv_json *done, const char *key, const char *label)
{
    const double number = number_of(done, key);
    if (!isfinite(number))
        return;
    card_begin(out);
    gv_report_html_count(out, number);
    card_end(out, label);
}

static void write_score_cards(FILE *out, const gv_report *report)
{
    const gv_json *first = gv_json_item(gv_json_get(report->eval, "analogies"), 0);
    double accuracy = fmax(number_of(first, "accuracy"), number_of(first, "accuracy_mul"));
    if (isfinite(accuracy)) {
        card_begin(out);
        fprintf(out, "%.1f %%", accuracy);
        card_end(out, "analogies correct");
    }
    first = gv_json_item(gv_json_get(report->eval, "similarity"), 0);
    if (isfinite(number_of(first, "spearman"))) {
        card_begin(out);
        fprintf(out, "%.3f", number_of(first, "spearman"));
        card_end(out, "similarity (Spearman)");
    }
}

static void write_cards(FILE *out, const gv_report *report)
{
    const size_t epochs = report->n_epochs;
    double wall = 0.0;
    fputs("<div class=\"cards\">\n", out);
    card_count(out, report->done[VOCAB], "tokens", "tokens in the corpus");
    card_count(out, report->done[VOCAB], "words", "words in the vocabulary");
    card_count(out, report->done[COOCCUR], "records", "co-occurring pairs");
    if (epochs > 0) {
        const gv_json *last = report->epochs[epochs - 1];
        card_begin(out);
        fprintf(out, "%.5f", number_of(last, "loss"));
        fprintf(out, "</b><span>loss after epoch %.0f</span></div>\n", number_of(last, "epoch"));
    }
    write_score_cards(out, report);
    for (size_t i = 0; i < GV_REPORT_STAGES; i++)
        if (isfinite(number_of(report->done[i], "wall_s")))
            wall += number_of(report->done[i], "wall_s");
    if (wall > 0.0) {
        card_begin(out);
        gv_report_html_seconds(out, wall);
        card_end(out, "all stages together");
    }
    fputs("</div>\n", out);
}

static void write_head(FILE *out, const gv_report *report)
{
    const char *name = text_of(report->config, "name");
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          out);
    gv_report_html_text(out, name);
    fprintf(out, " – glovebox</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>",
            gv_report_html_style);
    gv_report_html_text(out, name);
    fputs("</h1>\n<p class=\"soft\">Word vectors by glovebox " GV_VERSION ", run directory <code>",
          out);
    gv_report_html_text(out, report->run_dir);
    fputs("</code></p>\n", out);
    write_cards(out, report);
}

/* --- corpus ----------------------------------------------------------------------------------- */

static void begin_files(FILE *out)
{
    fputs("<div class=\"wide\"><table>\n<tr><th>file</th><th class=\"n\">size</th>"
          "<th>XXH3-128</th></tr>\n",
          out);
}

static void write_files(FILE *out, const gv_json *files)
{
    for (size_t i = 0; i < gv_json_count(files); i++) {
        const gv_json *file = gv_json_item(files, i);
        fputs("<tr><td>", out);
        gv_report_html_text(out, text_of(file, "file"));
        fputs("</td><td class=\"n\">", out);
        if (isfinite(number_of(file, "bytes")))
            gv_report_html_bytes(out, number_of(file, "bytes"));
        fputs("</td><td><code>", out);
        gv_report_html_text(out, text_of(file, "xxh128"));
        fputs("</code></td></tr>\n", out);
    }
}

static void write_words(FILE *out, const char *name)
{
    for (; *name != '\0'; name++) /* snake_case as words */
        gv_report_html_text(out, (char[]){*name == '_' ? ' ' : *name, '\0'});
}

static void write_fact(FILE *out, const char *group, const char *name, const gv_json *value)
{
    fputs("<tr><td>", out);
    write_words(out, group);
    fputs(*group ? ": " : "", out);
    write_words(out, name);
    fputs("</td><td class=\"n\">", out);
    if (gv_json_kind(value) == GV_JSON_INT)
        gv_report_html_count(out, gv_json_number(value));
    else
        gv_report_html_value(out, value);
    fputs("</td></tr>\n", out);
}

static int is_elsewhere(const char *key)
{
    static const char *const elsewhere[] = {"stage", "event",       "wall_s",
                                            "cpu_s", "peak_rss_kb", "version"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(key, elsewhere[i]) == 0)
            return 1;
    return 0;
}

/* The fields of a "done" event that the page shows nowhere else. Of objects, the members that are
 * not 0 (the zeros are kinds of odd input that did not occur), unless the event of an earlier
 * stage, `told`, has the same object. */
static void write_facts(FILE *out, const gv_json *done, const gv_json *told)
{
    for (const char *key = NULL; (key = gv_json_next_key(done, key));) {
        const gv_json *value = gv_json_get(done, key);
        const enum gv_json_kind kind = gv_json_kind(value);
        if (kind == GV_JSON_OBJECT && !gv_json_get(told, key)) {
            for (const char *inner = NULL; (inner = gv_json_next_key(value, inner));) {
                const gv_json *fact = gv_json_get(value, inner);
                if (gv_json_kind(fact) != GV_JSON_INT || gv_json_int(fact) != 0)
                    write_fact(out, key, inner, fact);
            }
        } else if (kind != GV_JSON_OBJECT && kind != GV_JSON_ARRAY && !is_elsewhere(key)) {
            write_fact(out, "", key, value);
        }
    }
}

static void write_corpus(FILE *out, const gv_report *report)
{
    const gv_json *inputs = gv_json_get(report->stamp[VOCAB], "inputs");
    fputs("<h2>Corpus and counts</h2>\n", out);
    if (!report->done[VOCAB] && !inputs) {
        missing(out, "vocabulary", GV_STAGE_VOCAB);
        return;
    }
    if (gv_json_count(inputs) > 0) {
        begin_files(out);
        write_files(out, inputs);
        end_table(out);
    }
    fputs("<div class=\"side\">\n", out);
    for (size_t i = VOCAB; i <= SHUFFLE; i++) {
        if (!report->done[i])
            continue;
        fprintf(out, "<div><h3>%s</h3>\n<table>\n", gv_config_stage_program(gv_report_stages[i]));
        write_facts(out, report->done[i], i > VOCAB ? report->done[VOCAB] : NULL);
        fputs("</table></div>\n", out);
    }
    fputs("</div>\n", out);
}

/* --- stages ----------------------------------------------------------------------------------- */

/* word2vec learns from the text: no matrix is counted and no store made. */
static bool is_word2vec(const gv_report *report)
{
    const gv_json *train = gv_json_get(report->config, "train");
    return strcmp(text_of(train, "objective"), "word2vec") == 0;
}

/* Does this kind of run have the stage? */
static bool is_stage_of(const gv_report *report, size_t i)
{
    return report->done[i] || !is_word2vec(report) ||
           !(gv_report_stages[i] & (GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE));
}

static void write_stage(FILE *out, const gv_json *done, enum gv_config_stage stage, double longest)
{
    fprintf(out, "<tr><td>%s</td>", gv_config_stage_program(stage));
    if (!done) {
        fputs("<td colspan=\"5\" class=\"soft\">not run yet</td></tr>\n", out);
        return;
    }
    const double wall = number_of(done, "wall_s"), cpu = number_of(done, "cpu_s"),
                 peak = number_of(done, "peak_rss_kb");
    fputs("<td class=\"n\">", out);
    gv_report_html_seconds(out, wall);
    fputs("</td>", out);
    gv_report_html_bar(out, longest > 0.0 ? wall / longest : 0.0);
    fputs("<td class=\"n\">", out);
    gv_report_html_seconds(out, cpu);
    fputs("</td><td class=\"n\">", out);
    fprintf(out, wall > 0.0 && isfinite(cpu) ? "%.2f" : "–", cpu / wall);
    fputs("</td><td class=\"n\">", out);
    if (isfinite(peak))
        gv_report_html_bytes(out, peak * 1024.0);
    fputs("</td></tr>\n", out);
}

static void write_stages(FILE *out, const gv_report *report)
{
    double longest = 0.0;
    for (size_t i = 0; i < GV_REPORT_STAGES; i++)
        longest = fmax(longest, number_of(report->done[i], "wall_s"));
    fputs("<h2>Stages</h2>\n<div class=\"wide\"><table>\n<tr><th>program</th>"
          "<th class=\"n\">time</th><th class=\"bar\"></th><th class=\"n\">processor time</th>"
          "<th class=\"n\">processors busy</th><th class=\"n\">peak memory</th></tr>\n",
          out);
    for (size_t i = 0; i < GV_REPORT_STAGES; i++)
        if (is_stage_of(report, i))
            write_stage(out, report->done[i], gv_report_stages[i], longest);
    fputs("</table></div>\n", out);
    if (report->damaged > 0)
        fprintf(out, "<p class=\"soft\">Damaged lines of metrics.jsonl skipped: %zu.</p>\n",
                report->damaged);
}

/* --- training --------------------------------------------------------------------------------- */

static void write_training(FILE *out, const gv_report *report)
{
    const size_t n = report->n_epochs;
    fputs("<h2>Training</h2>\n", out);
    if (n == 0) {
        missing(out, "training", GV_STAGE_TRAIN);
        return;
    }
    gv_report_html_loss(out, report->epochs, n);
    double records = 0.0, cpu = 0.0, wall = 0.0;
    for (size_t i = 0; i < n; i++) {
        const gv_json *event = report->epochs[i];
        records += number_of(event, "records");
        cpu += number_of(event, "cpu_s");
        wall += number_of(event, "wall_s");
    }
    fprintf(out, "<p>%zu epoch%s", n, n == 1 ? "" : "s");
    if (wall > 0.0 && cpu > 0.0 && records > 0.0)
        fprintf(out, ", %.2f million %s a second (%.2f a second of processor time)",
                records / wall / 1e6, is_word2vec(report) ? "words" : "ordered pairs",
                records / cpu / 1e6);
    fputs(".", out);
    if (report->resumes > 0)
        fprintf(out, " Resumed %zu time%s after a stop.", report->resumes,
                report->resumes == 1 ? "" : "s");
    fputs("</p>\n", out);
}

/* --- evaluation ------------------------------------------------------------------------------- */

static void write_section(FILE *out, const gv_json *section)
{
    const double correct = number_of(section, "correct"), answered = number_of(section, "answered");
    const double accuracy = answered > 0.0 ? 100.0 * correct / answered : NAN;
    fputs("<tr><td>", out);
    gv_report_html_text(out, text_of(section, "name"));
    fputs("</td>", out);
    cell_number(out, "%.0f", correct);
    cell_number(out, "%.0f", answered);
    cell_number(out, "%.0f", number_of(section, "total"));
    cell_number(out, "%.1f %%", accuracy);
    gv_report_html_bar(out, accuracy / 100.0);
    fputs("</tr>\n", out);
}

static void write_analogies(FILE *out, const gv_json *file)
{
    const gv_json *sections = gv_json_get(file, "sections");
    fputs("<h3>Analogies: ", out);
    gv_report_html_text(out, text_of(file, "file"));
    fputs("</h3>\n<div class=\"wide\"><table>\n<tr><th>section</th><th class=\"n\">correct</th>"
          "<th class=\"n\">answered</th><th class=\"n\">asked</th><th class=\"n\">3CosAdd</th>"
          "<th class=\"bar\"></th></tr>\n",
          out);
    for (size_t i = 0; i < gv_json_count(sections); i++)
        write_section(out, gv_json_item(sections, i));
    fputs("<tr class=\"sum\"><td>all</td><td></td>", out);
    cell_number(out, "%.0f", number_of(file, "answered"));
    cell_number(out, "%.0f", number_of(file, "total"));
    cell_number(out, "%.1f %%", number_of(file, "accuracy"));
    gv_report_html_bar(out, number_of(file, "accuracy") / 100.0);
    fputs("</tr>\n</table></div>\n", out);
    if (isfinite(number_of(file, "accuracy_mul")))
        fprintf(out, "<p>By 3CosMul: %.1f %%.</p>\n", number_of(file, "accuracy_mul"));
}

static void write_similarity(FILE *out, const gv_json *files)
{
    if (gv_json_count(files) == 0)
        return;
    fputs("<h3>Similarity</h3>\n<div class=\"wide\"><table>\n<tr><th>file</th>"
          "<th class=\"n\">pairs</th><th class=\"n\">left out</th><th class=\"n\">Spearman</th>"
          "<th class=\"bar\"></th></tr>\n",
          out);
    for (size_t i = 0; i < gv_json_count(files); i++) {
        const gv_json *file = gv_json_item(files, i);
        fputs("<tr><td>", out);
        gv_report_html_text(out, text_of(file, "file"));
        fputs("</td>", out);
        cell_number(out, "%.0f", number_of(file, "pairs"));
        cell_number(out, "%.0f", number_of(file, "missing"));
        cell_number(out, "%.4f", number_of(file, "spearman"));
        gv_report_html_bar(out, number_of(file, "spearman"));
        fputs("</tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

static void write_evaluation(FILE *out, const gv_report *report)
{
    const gv_json *analogies = gv_json_get(report->eval, "analogies");
    fputs("<h2>Evaluation</h2>\n", out);
    if (gv_json_kind(report->eval) != GV_JSON_OBJECT) {
        missing(out, "scores", GV_STAGE_EVAL);
        return;
    }
    for (size_t i = 0; i < gv_json_count(analogies); i++)
        write_analogies(out, gv_json_item(analogies, i));
    write_similarity(out, gv_json_get(report->eval, "similarity"));
}

static void write_neighbours(FILE *out, const gv_report *report)
{
    const gv_json *words = gv_json_get(report->neighbours, "words");
    fputs("<h2>Neighbours</h2>\n", out);
    if (report->neighbours_note) {
        fputs("<p class=\"soft\">No vectors: ", out);
        gv_report_html_text(out, report->neighbours_note);
        fputs("</p>\n", out);
        return;
    }
    fputs(
        "<div class=\"wide\"><table>\n<tr><th>word</th><th>nearest, with their cosines</th></tr>\n",
        out);
    for (size_t i = 0; i < gv_json_count(words); i++) {
        const gv_json *item = gv_json_item(words, i), *near = gv_json_get(item, "near");
        fputs("<tr><td>", out);
        gv_report_html_text(out, text_of(item, "word"));
        fputs("</td><td>", out);
        for (size_t k = 0; k < gv_json_count(near); k++) {
            fputs(k ? ", " : "", out);
            gv_report_html_text(out, text_of(gv_json_item(near, k), "word"));
            fprintf(out, " <span class=\"soft\">%.2f</span>",
                    number_of(gv_json_item(near, k), "score"));
        }
        fputs("</td></tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

/* --- settings and how to reproduce it --------------------------------------------------------- */

/* Rows of all keys below `object`; `path` is the dotted path so far, with a final dot or empty. */
static void write_keys(FILE *out, const gv_json *object, const gv_json *defaults, const char *path)
{
    for (const char *key = NULL; (key = gv_json_next_key(object, key));) {
        const gv_json *value = gv_json_get(object, key), *other = gv_json_get(defaults, key);
        if (gv_json_kind(value) == GV_JSON_OBJECT) {
            char longer[256];
            snprintf(longer, sizeof longer, "%s%s.", path, key);
            write_keys(out, value, other, longer);
            continue;
        }
        const bool same = gv_json_equal(value, other);
        fprintf(out, "<tr%s><td>", same ? "" : " class=\"sum\"");
        gv_report_html_text(out, path);
        gv_report_html_text(out, key);
        fputs("</td><td>", out);
        gv_report_html_value(out, value);
        fputs("</td><td class=\"soft\">", out);
        if (!same)
            gv_report_html_value(out, other);
        fputs("</td></tr>\n", out);
    }
}

static void write_settings(FILE *out, const gv_report *report)
{
    fputs("<h2>Settings</h2>\n<p class=\"soft\">Bold: not the default.</p>\n"
          "<div class=\"wide\"><table>\n<tr><th>key</th><th>value</th><th>default</th></tr>\n",
          out);
    write_keys(out, report->config, report->defaults, "");
    fputs("</table></div>\n", out);
}

/* A word for a POSIX shell: bare if it is harmless, else in single quotes. */
static void write_shell_word(FILE *out, const char *word)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-./,=+:@%";
    if (*word != '\0' && word[strspn(word, harmless)] == '\0') {
        gv_report_html_text(out, word);
        return;
    }
    gv_report_html_text(out, "'");
    for (; *word != '\0';) {
        const size_t plain = strcspn(word, "'");
        char *part = gv_mem_strndup(word, plain, NULL);
        gv_report_html_text(out, part ? part : "?");
        gv_mem_free(part);
        word += plain;
        if (*word == '\'') {
            gv_report_html_text(out, "'\\''");
            word++;
        }
    }
    gv_report_html_text(out, "'");
}

static void write_again(FILE *out, const gv_report *report)
{
    fputs("<h2>How to reproduce this run</h2>\n<pre>", out);
    for (size_t i = 0; i < GV_REPORT_STAGES; i++) {
        if ((gv_report_stages[i] == GV_STAGE_EVAL &&
             gv_json_kind(report->eval) != GV_JSON_OBJECT) ||
            !is_stage_of(report, i))
            continue;
        fprintf(out, "%s --run-dir ", gv_config_stage_program(gv_report_stages[i]));
        write_shell_word(out, report->run_dir);
        fputc('\n', out);
    }
    fputs("</pre>\n<p>The run directory's <code>config.json</code> holds the settings above. With "
          "the same corpus files these commands give the files below, byte for byte (check with "
          "<code>xxhsum -H2 FILE</code>)",
          out);
    const char *schedule = text_of(gv_json_get(report->config, "train"), "schedule");
    if (strcmp(schedule, "ordered") != 0)
        fputs("; but with a schedule other than <code>ordered</code> vectors are reproducible "
              "only with one thread",
              out);
    fputs(".</p>\n", out);
    bool any = false;
    for (size_t i = 0; i < GV_REPORT_STAGES; i++) {
        const gv_json *files = gv_json_get(report->stamp[i], "outputs");
        if (gv_json_count(files) > 0 && !any)
            begin_files(out);
        any = any || gv_json_count(files) > 0;
        write_files(out, files);
    }
    if (any)
        end_table(out);
}

int gv_report_html(char **html, const gv_report *report, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *html = NULL;
    if (status != GV_OK)
        return status;
    FILE *out = buffer.stream;
    write_head(out, report);
    write_evaluation(out, report);
    write_neighbours(out, report);
    write_training(out, report);
    write_stages(out, report);
    write_corpus(out, report);
    write_settings(out, report);
    write_again(out, report);
    fputs("</body>\n</html>\n", out);
    return gv_print_close(html, &buffer, err);
}
