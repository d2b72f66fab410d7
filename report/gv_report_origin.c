/* gv_report_origin - where the run came from: settings, machine, commands, files. */
#include "base/gv_text.h"
#include "report/gv_report_html.h"
#include "report/gv_report_sections.h"
#include "report/gv_report_table.h"
#include "report/gv_report_terms.h"

#include "base/gv_mem.h"
#include <math.h>
#include <string.h>

#define COLUMNS(columns) (columns), sizeof(columns) / sizeof *(columns)

/* --- settings --------------------------------------------------------------------------------- */

static const gv_report_table_column changed_columns[] = {{"key", 0}, {"value", 0}, {"default", 0}};
static const gv_report_table_column default_columns[] = {{"key", 0}, {"value", 0}};

static void write_key(FILE *out, const char *key, const gv_json *value, const gv_json *other)
{
    const char *help = gv_config_meaning(key);
    fputs("<tr><td class=\"key\">", out);
    if (help)
        gv_report_terms_explain(out, key, help);
    else
        gv_report_html_text(out, key);
    fputs("</td>", out);
    gv_report_table_cell(out, &changed_columns[1]);
    gv_report_html_value(out, value);
    fputs("</td>", out);
    if (other) {
        gv_report_table_cell(out, &changed_columns[2]);
        gv_report_html_value(out, other);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

/* Rows of all keys below `object` that have their default (or that have another value: `changed`);
 * `path` is the dotted path so far, with a final dot or empty. Returns how many. */
static size_t write_keys(FILE *out, const gv_json *object, const gv_json *defaults,
                         const char *path, bool changed)
{
    size_t n = 0;
    for (const char *key = NULL; (key = gv_json_next_key(object, key));) {
        const gv_json *value = gv_json_get(object, key), *other = gv_json_get(defaults, key);
        char longer[256];
        snprintf(longer, sizeof longer, "%s%s", path, key);
        if (gv_json_kind(value) == GV_JSON_OBJECT) {
            snprintf(longer, sizeof longer, "%s%s.", path, key);
            n += write_keys(out, value, other, longer, changed);
        } else if (gv_json_equal(value, other) != changed) {
            write_key(out, longer, value, changed ? other : NULL);
            n++;
        }
    }
    return n;
}

void gv_report_sections_settings(FILE *out, const gv_report *report)
{
    fputs("<h3>Other than the defaults</h3>\n", out);
    gv_report_table_begin(out, COLUMNS(changed_columns));
    write_keys(out, report->config, report->defaults, "", true);
    gv_report_table_end(out);
    fputs("<details><summary>Settings at their defaults</summary>\n", out);
    gv_report_table_begin(out, COLUMNS(default_columns));
    write_keys(out, report->config, report->defaults, "", false);
    gv_report_table_end(out);
    fputs("</details>\n", out);
}

/* --- machine and commands --------------------------------------------------------------------- */

static const gv_report_table_column command_columns[] = {{"ended (UTC)", 0}, {"command", 0}};

/* "2026-01-31T09:30:00Z" as "2026-01-31 09:30:00". */
static void write_time(FILE *out, const char *utc)
{
    for (; *utc && *utc != 'Z'; utc++)
        gv_report_html_text(out, (char[]){*utc == 'T' ? ' ' : *utc, '\0'});
}

static void write_machine(FILE *out, const gv_json *done)
{
    const char *host = gv_json_get_text(done, "host"), *cpu = gv_json_get_text(done, "cpu"),
               *commit = gv_json_get_text(done, "commit");
    fputs("glovebox ", out);
    gv_report_html_text(out, gv_json_get_text(done, "version"));
    if (*commit) {
        fputs(" (commit ", out);
        gv_report_html_text(out, commit);
        fputs(")", out);
    }
    if (*host) {
        fputs(" on host ", out);
        gv_report_html_text(out, host);
    }
    if (*cpu) {
        fputs(", ", out);
        gv_report_html_text(out, cpu);
    }
}

static bool same_machine(const gv_json *a, const gv_json *b)
{
    static const char *const keys[] = {"host", "cpu", "commit", "version"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(gv_json_get_text(a, keys[i]), gv_json_get_text(b, keys[i])) != 0)
            return false;
    return true;
}

static void write_command(FILE *out, const gv_json *done, bool with_machine)
{
    fputs("<tr><td class=\"key\">", out);
    write_time(out, gv_json_get_text(done, "time"));
    fputs("</td><td><code>", out);
    gv_report_html_text(out, gv_json_get_text(done, "command"));
    fputs("</code>", out);
    if (with_machine) {
        fputs("<br><span class=\"soft\">", out);
        write_machine(out, done);
        fputs("</span>", out);
    }
    fputs("</td></tr>\n", out);
}

static void write_commands(FILE *out, const gv_report *report)
{
    const gv_json *last = NULL;
    bool same = true;
    for (size_t i = 0; i < GV_REPORT_STAGES; i++) {
        const gv_json *done = report->done[i];
        if (!gv_json_get(done, "time"))
            continue;
        same = same && (!last || same_machine(last, done));
        last = done;
    }
    if (!last)
        return;
    if (same) {
        fputs("<p>By ", out);
        write_machine(out, last);
        fputs(".</p>\n", out);
    }
    gv_report_table_begin(out, COLUMNS(command_columns));
    for (size_t i = 0; i < GV_REPORT_STAGES; i++)
        if (gv_json_get(report->done[i], "time"))
            write_command(out, report->done[i], !same);
    gv_report_table_end(out);
}

/* --- files ------------------------------------------------------------------------------------ */

enum { FILES_SHOWN = 20 }; /* the rest is folded */
static const gv_report_table_column file_columns[] = {{"file", 0}, {"size", 1}, {"xxh128", 0}};

static void write_file(FILE *out, const gv_json *file)
{
    const gv_report_table_column *column = file_columns;
    fputs("<tr>", out);
    gv_report_table_cell(out, column++);
    gv_report_html_path(out, gv_json_get_text(file, "file"));
    fputs("</td>", out);
    gv_report_table_cell_sorted(out, column++, gv_report_sections_number(file, "bytes"));
    if (gv_json_get(file, "bytes"))
        gv_report_html_bytes(out, gv_json_get_number(file, "bytes"));
    fputs("</td>", out);
    gv_report_table_cell(out, column++);
    fputs("<code>", out);
    gv_report_html_text(out, gv_json_get_text(file, "xxh128"));
    fputs("</code></td></tr>\n", out);
}

void gv_report_sections_files(FILE *out, const gv_json *const *lists, size_t n)
{
    size_t files = 0, shown = 0;
    for (size_t i = 0; i < n; i++)
        files += gv_json_count(lists[i]);
    if (files == 0)
        return;
    gv_report_table_begin(out, COLUMNS(file_columns));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < gv_json_count(lists[i]); k++, shown++) {
            if (shown == FILES_SHOWN) {
                gv_report_table_end(out);
                fprintf(out, "<details><summary>%zu more files</summary>\n", files - shown);
                gv_report_table_begin(out, COLUMNS(file_columns));
            }
            write_file(out, gv_json_item(lists[i], k));
        }
    gv_report_table_end(out);
    if (shown > FILES_SHOWN)
        fputs("</details>\n", out);
}

/* --- how to reproduce it ---------------------------------------------------------------------- */

static void write_stage_commands(FILE *out, const gv_report *report)
{
    fputs("<pre>", out);
    for (size_t i = 0; i < GV_REPORT_STAGES; i++) {
        if ((gv_report_stages[i] == GV_STAGE_EVAL &&
             gv_json_kind(report->eval) != GV_JSON_OBJECT) ||
            !gv_report_sections_has_stage(report, i))
            continue;
        gv_text word = GV_TEXT_INIT;
        gv_text_shell_word(&word, report->run_dir);
        fprintf(out, "%s --run-dir ", gv_config_stage_program(gv_report_stages[i]));
        gv_report_html_text(out, word.bytes && !word.failed ? word.bytes : "?");
        gv_text_drop(&word);
        fputc('\n', out);
    }
    fputs("</pre>\n", out);
}

void gv_report_sections_origin(FILE *out, const gv_report *report)
{
    const gv_json *outputs[GV_REPORT_STAGES];
    write_commands(out, report);
    fputs("<h3>How to reproduce it</h3>\n", out);
    write_stage_commands(out, report);
    fputs(
        "<p>The run directory's <code>config.json</code> holds the settings above. With the same "
        "corpus files these commands give the files below, byte for byte (check with <code>xxhsum "
        "-H2 FILE</code>)",
        out);
    const char *schedule = gv_json_get_text(gv_json_get(report->config, "train"), "schedule");
    if (strcmp(schedule, "ordered") != 0)
        fputs("; but with a schedule other than <code>ordered</code> vectors are reproducible "
              "only with one thread",
              out);
    fputs(".</p>\n", out);
    for (size_t i = 0; i < GV_REPORT_STAGES; i++)
        outputs[i] = gv_json_get(report->stamp[i], "outputs");
    gv_report_sections_files(out, outputs, GV_REPORT_STAGES);
}
