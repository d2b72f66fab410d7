/* gv_report_work - what was done: corpus, counts, training, time and memory. */
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "report/gv_report_chart.h"
#include "report/gv_report_html.h"
#include "report/gv_report_sections.h"
#include "report/gv_report_table.h"
#include "report/gv_report_terms.h"

#include <math.h>
#include <string.h>

#define COLUMNS(columns) (columns), sizeof(columns) / sizeof *(columns)

#define number_of gv_report_sections_number

bool gv_report_sections_is_word2vec(const gv_report *report)
{
    const gv_json *train = gv_json_get(report->config, "train");
    return strcmp(gv_json_get_text(train, "objective"), "word2vec") == 0;
}

bool gv_report_sections_has_stage(const gv_report *report, size_t i)
{
    return report->done[i] || !gv_report_sections_is_word2vec(report) ||
           !(gv_report_stages[i] & (GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE));
}

/* --- corpus and counts ------------------------------------------------------------------------ */

static void write_fact(FILE *out, const char *name, const gv_json *value)
{
    fputs("<tr><td>", out);
    gv_report_terms_write(out, name);
    fputs("</td><td class=\"n\">", out);
    if (gv_json_kind(value) == GV_JSON_INT)
        gv_report_html_count(out, gv_json_number(value));
    else
        gv_report_html_value(out, value);
    fputs("</td></tr>\n", out);
}

/* Fields that other sections show. */
static bool is_elsewhere(const char *key)
{
    static const char *const elsewhere[] = {"stage",  "event",   "wall_s", "cpu_s",
                                            "time",   "host",    "cpu",    "peak_rss_kb",
                                            "commit", "command", "version"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(key, elsewhere[i]) == 0)
            return true;
    return false;
}

static bool is_zero(const gv_json *value)
{
    return gv_json_kind(value) == GV_JSON_INT && gv_json_int(value) == 0;
}

/* The fields of a "done" event that the page shows nowhere else, so that new fields appear without
 * a change here. Zeros are left out: they are kinds of odd input, or of work, that did not occur.
 * Of objects the members are listed, unless the event of an earlier stage, `told`, has the same
 * object or `done` has a field of that name. */
static void write_facts(FILE *out, const gv_json *done, const gv_json *told)
{
    for (const char *key = NULL; (key = gv_json_next_key(done, key));) {
        const gv_json *value = gv_json_get(done, key);
        const enum gv_json_kind kind = gv_json_kind(value);
        if (kind == GV_JSON_OBJECT && !gv_json_get(told, key)) {
            for (const char *inner = NULL; (inner = gv_json_next_key(value, inner));)
                if (!is_zero(gv_json_get(value, inner)) && !gv_json_get(done, inner))
                    write_fact(out, inner, gv_json_get(value, inner));
        } else if (kind != GV_JSON_OBJECT && kind != GV_JSON_ARRAY && !is_elsewhere(key) &&
                   !is_zero(value)) {
            write_fact(out, key, value);
        }
    }
}

/* The strongest phrases, if the text has some. */
static void write_phrases(FILE *out, const gv_json *strongest)
{
    const size_t n = gv_json_count(strongest);
    if (n == 0)
        return;
    fputs("<p class=\"soft\">The strongest phrases:", out);
    for (size_t i = 0; i < n; i++) {
        fputs(i ? ", " : " ", out);
        gv_report_html_text(out, gv_json_text(gv_json_item(strongest, i)));
    }
    fputs(" (" GV_FILE_PHRASES ")</p>\n", out);
}

/* The texts of a run to which text was appended: earlier ones, then `inputs`, the last one. */
static void write_parts(FILE *out, const gv_report *report, const gv_json *inputs)
{
    const gv_json *parts = gv_json_get(report->parts, "parts");
    const size_t n = gv_json_count(parts);
    for (size_t i = 0; i < n; i++) {
        const gv_json *part = gv_json_item(parts, i), *files = gv_json_get(part, "files");
        fprintf(out, "<h3>Part %zu of the text: %.0f tokens</h3>\n", i + 1,
                gv_json_get_number(part, "tokens"));
        gv_report_sections_files(out, &files, 1);
    }
    if (n > 0)
        fprintf(out, "<h3>Part %zu of the text, added to what is in %s</h3>\n", n + 1,
                GV_FOLDER_BASE);
    gv_report_sections_files(out, &inputs, 1);
}

void gv_report_sections_corpus(FILE *out, const gv_report *report)
{
    enum { VOCAB = GV_REPORT_SECTIONS_VOCAB, SHUFFLE = GV_REPORT_SECTIONS_SHUFFLE };
    const gv_json *inputs = gv_json_get(report->stamp[VOCAB], "inputs");
    if (!report->done[VOCAB] && !inputs) {
        gv_report_sections_missing(out, "vocabulary", GV_STAGE_VOCAB);
        return;
    }
    write_parts(out, report, inputs);
    fputs("<div class=\"side\">\n", out);
    for (size_t i = VOCAB; i <= SHUFFLE; i++) {
        if (!report->done[i])
            continue;
        fprintf(out, "<div><h3>%s</h3>\n<table>\n", gv_config_stage_program(gv_report_stages[i]));
        write_facts(out, report->done[i], i > VOCAB ? report->done[VOCAB] : NULL);
        fputs("</table></div>\n", out);
    }
    fputs("</div>\n", out);
    write_phrases(out, gv_json_get(report->done[VOCAB], "strongest_phrases"));
}

/* --- stages ----------------------------------------------------------------------------------- */

static const gv_report_table_column stage_columns[] = {
    {"program", 0}, {"time", 1},        {NULL, 0}, {"cpu_s", 1},
    {"busy", 1},    {"peak_rss_kb", 1}, {NULL, 0},
};

static void write_stage(FILE *out, const gv_json *done, enum gv_config_stage stage, double longest,
                        double largest)
{
    const gv_report_table_column *column = stage_columns;
    fprintf(out, "<tr><td class=\"key\">%s</td>", gv_config_stage_program(stage));
    if (!done) {
        fputs("<td colspan=\"6\" class=\"soft\">not run yet</td></tr>\n", out);
        return;
    }
    const double wall = number_of(done, "wall_s"), cpu = number_of(done, "cpu_s"),
                 peak = number_of(done, "peak_rss_kb");
    gv_report_table_cell_sorted(out, ++column, wall);
    gv_report_html_seconds(out, wall);
    fputs("</td>", out);
    gv_report_table_bar(out, longest > 0.0 ? wall / longest : 0.0);
    column++;
    gv_report_table_cell_sorted(out, ++column, cpu);
    gv_report_html_seconds(out, cpu);
    fputs("</td>", out);
    gv_report_table_number(out, ++column, "%.2f", wall > 0.0 ? cpu / wall : NAN);
    gv_report_table_cell_sorted(out, ++column, peak);
    if (isfinite(peak))
        gv_report_html_bytes(out, peak * 1024.0);
    fputs("</td>", out);
    gv_report_table_bar(out, largest > 0.0 ? peak / largest : 0.0);
    fputs("</tr>\n", out);
}

void gv_report_sections_stages(FILE *out, const gv_report *report)
{
    double longest = 0.0, largest = 0.0;
    for (size_t i = 0; i < GV_REPORT_STAGES; i++) {
        longest = fmax(longest, number_of(report->done[i], "wall_s"));
        largest = fmax(largest, number_of(report->done[i], "peak_rss_kb"));
    }
    gv_report_table_begin(out, COLUMNS(stage_columns));
    for (size_t i = 0; i < GV_REPORT_STAGES; i++)
        if (gv_report_sections_has_stage(report, i))
            write_stage(out, report->done[i], gv_report_stages[i], longest, largest);
    gv_report_table_end(out);
    if (report->damaged > 0)
        fprintf(out, "<p class=\"soft\">Damaged lines of metrics.jsonl skipped: %zu.</p>\n",
                report->damaged);
}

/* --- training --------------------------------------------------------------------------------- */

/* Which words did not start at random. */
static void write_start(FILE *out, const gv_report *report)
{
    const gv_json *train = gv_json_get(report->config, "train");
    static const char *const keys[] = {"init", "init_context"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const gv_json *init = report->init[i];
        if (!init || !*gv_json_get_text(train, keys[i]))
            continue;
        fprintf(out, "<p>%.0f of %.0f words start from ", number_of(init, "words"),
                number_of(init, "vocab_size"));
        gv_report_html_path(out, gv_json_get_text(init, "path"));
        fprintf(out, " (<code>train.%s</code>).</p>\n", keys[i]);
    }
}

/* The loss by epoch. */
static void draw_loss(FILE *out, const gv_report *report)
{
    const size_t n = report->n_epochs;
    double *epoch = gv_mem_alloc(n, sizeof *epoch, NULL),
           *loss = gv_mem_alloc(n, sizeof *loss, NULL);
    if (epoch && loss) { /* if not, gv_print_close reports it */
        for (size_t i = 0; i < n; i++) {
            epoch[i] = number_of(report->epochs[i], "epoch");
            loss[i] = number_of(report->epochs[i], "loss");
        }
        gv_report_chart_lines(
            out,
            &(gv_report_chart){
                .title = "Loss by epoch", .x_label = "epoch", .y_label = "loss", .format = "%.6g"},
            &(gv_report_chart_series){.name = "loss", .x = epoch, .y = loss, .n = n}, 1);
    }
    gv_mem_free(epoch);
    gv_mem_free(loss);
}

void gv_report_sections_training(FILE *out, const gv_report *report)
{
    const size_t n = report->n_epochs;
    if (n == 0) {
        gv_report_sections_missing(out, "training", GV_STAGE_TRAIN);
        return;
    }
    draw_loss(out, report);
    write_start(out, report);
    double records = 0.0, cpu = 0.0, wall = 0.0;
    for (size_t i = 0; i < n; i++) {
        const gv_json *event = report->epochs[i];
        records += number_of(event, "records");
        cpu += number_of(event, "cpu_s");
        wall += number_of(event, "wall_s");
    }
    fprintf(out, "<p>%zu epoch%s", n, n == 1 ? "" : "s");
    if (wall > 0.0 && cpu > 0.0 && records > 0.0)
        fprintf(out, ", %.2f million %s a second (%.2f a second of CPU time)", records / wall / 1e6,
                gv_report_sections_is_word2vec(report) ? "words" : "ordered pairs",
                records / cpu / 1e6);
    fputs(".", out);
    if (report->resumes > 0)
        fprintf(out, " Resumed %zu time%s after a stop.", report->resumes,
                report->resumes == 1 ? "" : "s");
    fputs("</p>\n", out);
}
