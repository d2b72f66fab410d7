/*
 * The comparison as a page: the settings with their means, a strip of dots for each measure, the
 * differences with their intervals, loss curves over each other, sections, time, each run.
 */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "report/compare/gv_compare_metrics.h"
#include "report/compare/gv_compare_page.h"
#include "report/gv_report_frame.h"
#include "report/gv_report_html.h"
#include "report/gv_report_table.h"
#include <string.h>

static bool is_work(const gv_compare_metric *m)
{
    return m->kind == GV_COMPARE_TIME || m->kind == GV_COMPARE_MEMORY;
}

/* --- sections --------------------------------------------------------------------------------- */

static bool is_score(const gv_compare_metric *m)
{
    return !is_work(m) && m->kind != GV_COMPARE_LOSS && gv_compare_metrics_is_main(m);
}

static bool is_loss(const gv_compare_metric *m)
{
    return m->kind == GV_COMPARE_LOSS;
}

/* What a table of runs has. */
static bool is_score_or_loss(const gv_compare_metric *m)
{
    return is_score(m) || is_loss(m);
}

static bool is_main_work(const gv_compare_metric *m)
{
    return is_work(m) && !*m->section;
}

static bool is_stage(const gv_compare_metric *m)
{
    return m->kind == GV_COMPARE_TIME && *m->section;
}

static bool is_part(const gv_compare_metric *m)
{
    return m->kind == GV_COMPARE_ANALOGIES && *m->section && strcmp(m->measure, "accuracy") == 0;
}

static void write_scores(gv_compare_page *p)
{
    fputs("<p>Mean ± standard deviation over seeds; the best mean is bold.</p>\n", p->out);
    gv_compare_page_settings(p, "scores", is_score);
    fputs("<p class=\"soft\">Each dot is a run, the mark is their mean.</p>\n", p->out);
    for (size_t m = 0; m < p->compare->metrics; m++)
        if (is_score(&p->compare->metric[m]))
            gv_compare_page_strip(p, m);
}

static void write_loss(gv_compare_page *p)
{
    gv_compare_page_settings(p, "loss", is_loss);
    for (size_t m = 0; m < p->compare->metrics; m++)
        if (is_loss(&p->compare->metric[m]))
            gv_compare_page_strip(p, m);
    gv_compare_page_losses(p);
}

static void write_differences(gv_compare_page *p)
{
    const gv_compare *compare = p->compare;
    fputs("<p>Intervals take in the noise of seeds and of questions and pairs. A difference whose "
          "interval has 0 in it is inside the noise; of 20 others about one is by chance.</p>\n",
          p->out);
    gv_compare_page_answers(p);
    for (size_t m = 0; m < compare->metrics; m++)
        if (is_score(&compare->metric[m]))
            gv_compare_page_difference_strip(p, m);
    for (size_t i = 0; i < compare->shown_n; i++)
        if (compare->setting[compare->shown[i]].base != SIZE_MAX)
            gv_compare_page_differences(p, compare->shown[i]);
}

static void write_work(gv_compare_page *p)
{
    gv_compare_page_settings(p, "time and memory", is_main_work);
    for (size_t m = 0; m < p->compare->metrics; m++)
        if (is_main_work(&p->compare->metric[m]))
            gv_compare_page_strip(p, m);
    fputs("<h3>By stage</h3>\n", p->out);
    gv_compare_page_settings(p, "time by stage", is_stage);
}

static const gv_report_table_column incomplete_columns[] = {
    {"run", 0}, {"what is missing", 0}, {"command", 0}};

static void write_incomplete(gv_compare_page *p)
{
    gv_report_table_begin(p->out, incomplete_columns, 3);
    for (size_t i = 0; i < p->compare->n; i++) {
        const gv_compare_run *run = &p->compare->run[i];
        if (!run->missing)
            continue;
        fputs("<tr>", p->out);
        gv_report_table_cell(p->out, &incomplete_columns[0]);
        gv_report_html_path(p->out, run->dir);
        fputs("</td>", p->out);
        gv_report_table_cell(p->out, &incomplete_columns[1]);
        gv_report_html_text(p->out, run->missing);
        fputs("</td>", p->out);
        gv_report_table_cell(p->out, &incomplete_columns[2]);
        if (run->command) {
            fputs("<code>", p->out);
            gv_report_html_text(p->out, run->command);
            fputs("</code>", p->out);
        }
        fputs("</td></tr>\n", p->out);
    }
    gv_report_table_end(p->out);
}

static void write_parts(gv_compare_page *p)
{
    gv_compare_page_settings(p, "sections, 3CosAdd", is_part);
}

static void write_runs(gv_compare_page *p)
{
    gv_compare_page_runs(p, is_score_or_loss);
}

/* --- the page --------------------------------------------------------------------------------- */

typedef struct part {
    gv_report_frame_section section;
    void (*write)(gv_compare_page *p);
} part;

static bool has(const gv_compare *compare, gv_compare_page_choice *choose)
{
    for (size_t m = 0; m < compare->metrics; m++)
        if (choose(&compare->metric[m]))
            return true;
    return false;
}

static bool is_wanted(const gv_compare *compare, const part *of)
{
    bool any = true;
    if (of->write == write_differences) {
        any = false;
        for (size_t i = 0; i < compare->shown_n; i++)
            any = any || compare->setting[compare->shown[i]].base != SIZE_MAX;
    } else if (of->write == write_parts || of->write == write_scores) {
        any = has(compare, of->write == write_parts ? is_part : is_score);
    } else if (of->write == write_incomplete) {
        any = false;
        for (size_t i = 0; i < compare->n; i++)
            any = any || compare->run[i].missing;
    }
    return any;
}

static const part parts[] = {{{"scores", "Scores"}, write_scores},
                             {{"differences", "Differences"}, write_differences},
                             {{"sections", "Sections of analogies"}, write_parts},
                             {{"loss", "Loss"}, write_loss},
                             {{"work", "Time and memory"}, write_work},
                             {{"runs", "Runs"}, write_runs},
                             {{"incomplete", "Incomplete runs"}, write_incomplete}};

enum { PARTS = sizeof parts / sizeof *parts };

static void write_page(gv_compare_page *p)
{
    gv_report_frame_section contents[PARTS];
    const gv_compare *compare = p->compare;
    char about[96];
    size_t n = 0, runs = 0;
    for (size_t i = 0; i < PARTS; i++)
        if (is_wanted(compare, &parts[i]))
            contents[n++] = parts[i].section;
    for (size_t i = 0; i < compare->shown_n; i++)
        runs += compare->setting[compare->shown[i]].n;
    snprintf(about, sizeof about, "%zu setting%s, %zu run%s", compare->shown_n,
             compare->shown_n == 1 ? "" : "s", runs, runs == 1 ? "" : "s");
    gv_report_frame_begin(
        p->out, &(gv_report_frame){
                    .title = "Comparison of runs", .about = about, .sections = contents, .n = n});
    for (size_t i = 0; i < compare->notes.n; i++) {
        fputs("<p>", p->out);
        gv_report_html_text(p->out, compare->notes.items[i]);
        fputs("</p>\n", p->out);
    }
    for (size_t i = 0; i < PARTS; i++) {
        if (!is_wanted(compare, &parts[i]))
            continue;
        gv_report_frame_section_begin(p->out, &parts[i].section);
        parts[i].write(p);
        gv_report_frame_section_end(p->out);
    }
    gv_report_frame_end(p->out, NULL);
}

int gv_compare_html(char **text, const gv_compare *compare, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *text = NULL;
    if (status != GV_OK)
        return status;
    gv_compare_page p = {.out = buffer.stream, .compare = compare, .err = err, .status = GV_OK};
    write_page(&p);
    status = gv_print_close(text, &buffer, err);
    if (status == GV_OK && p.status != GV_OK) {
        gv_mem_free(*text);
        *text = NULL;
        status = p.status;
    }
    return status;
}
