/* gv_compare_page - tables: settings, runs, differences. */
#include "base/gv_mem.h"
#include "report/compare/gv_compare_differences.h"
#include "report/compare/gv_compare_metrics.h"
#include "report/compare/gv_compare_page.h"
#include "report/compare/gv_compare_settings.h"
#include "report/gv_report_html.h"
#include "report/gv_report_table.h"

/* --- tables ----------------------------------------------------------------------------------- */

static void write_mean(gv_compare_page *p, const gv_report_table_column *column, size_t setting,
                       size_t metric)
{
    const gv_compare_metric *m = &p->compare->metric[metric];
    const gv_compare_summary *summary = &p->compare->setting[setting].summary[metric];
    const bool best = gv_compare_settings_is_best(p->compare, setting, metric);
    char mean[GV_COMPARE_PAGE_NUMBER], deviation[GV_COMPARE_PAGE_NUMBER];
    gv_compare_metrics_number(mean, sizeof mean, m, summary->mean, false);
    gv_compare_metrics_number(deviation, sizeof deviation, m, summary->deviation, false);
    gv_report_table_cell_sorted(p->out, column, summary->mean);
    fprintf(p->out, "%s%s%s", best ? "<strong>" : "", mean, best ? "</strong>" : "");
    if (isfinite(summary->deviation))
        fprintf(p->out, " <span class=\"soft\">± %s</span>", deviation);
    fputs("</td>", p->out);
}

static void write_key_cells(gv_compare_page *p, const gv_report_table_column *columns,
                            size_t setting)
{
    const gv_compare *compare = p->compare;
    for (size_t k = 0; k < compare->keys.n && p->status == GV_OK; k++) {
        const gv_json *value = gv_json_get(compare->setting[setting].set, compare->keys.items[k]);
        char *text = gv_compare_settings_value(value, p->err);
        p->status = text ? p->status : GV_E_MEMORY;
        gv_report_table_cell_sorted(p->out, &columns[k],
                                    gv_json_is_number(value) ? gv_json_number(value) : NAN);
        gv_report_html_text(p->out, text ? text : "");
        fputs("</td>", p->out);
        gv_mem_free(text);
    }
}

/* Columns of a table of measures: keys, then others, then measures. */
typedef struct head {
    gv_report_table_column *column;
    char (*title)[GV_COMPARE_PAGE_TITLE];
    size_t *metric;
    size_t n, first, metrics; /* columns, the first measure's column, measures */
} head;

static bool make_head(head *h, gv_compare_page *p, const char *const *others, size_t n,
                      const gv_strings *keys, gv_compare_page_choice *choose)
{
    const gv_compare *compare = p->compare;
    *h =
        (head){.column = gv_compare_page_room(p, keys->n + n + compare->metrics, sizeof *h->column),
               .title = gv_compare_page_room(p, compare->metrics, sizeof *h->title),
               .metric = gv_compare_page_room(p, compare->metrics, sizeof *h->metric)};
    if (p->status != GV_OK)
        return false;
    for (size_t i = 0; i < keys->n; i++)
        h->column[h->n++] = (gv_report_table_column){keys->items[i], 0};
    for (size_t i = 0; i < n; i++)
        h->column[h->n++] = (gv_report_table_column){others[i], 1};
    h->first = h->n;
    for (size_t m = 0; m < compare->metrics; m++) {
        if (!choose(&compare->metric[m]))
            continue;
        gv_compare_metrics_title(h->title[h->metrics], GV_COMPARE_PAGE_TITLE, &compare->metric[m]);
        h->column[h->n++] = (gv_report_table_column){h->title[h->metrics], 1};
        h->metric[h->metrics++] = m;
    }
    return true;
}

static void free_head(head *h)
{
    gv_mem_free(h->column);
    gv_mem_free(h->title);
    gv_mem_free(h->metric);
}

void gv_compare_page_settings(gv_compare_page *p, const char *name, gv_compare_page_choice *choose)
{
    static const char *const others[] = {"runs"};
    const gv_compare *compare = p->compare;
    head h;
    if (make_head(&h, p, others, 1, &compare->keys, choose) && h.metrics > 0) {
        gv_report_table_begin_wide(p->out, h.column, h.n, name);
        for (size_t i = 0; i < compare->shown_n; i++) {
            fputs("<tr>", p->out);
            write_key_cells(p, h.column, compare->shown[i]);
            gv_report_table_count(p->out, &h.column[h.first - 1],
                                  (double)compare->setting[compare->shown[i]].n);
            for (size_t m = 0; m < h.metrics; m++)
                write_mean(p, &h.column[h.first + m], compare->shown[i], h.metric[m]);
            fputs("</tr>\n", p->out);
        }
        gv_report_table_end_wide(p->out);
    }
    free_head(&h);
}

static void write_run(gv_compare_page *p, const head *h, const gv_compare_run *run)
{
    char number[GV_COMPARE_PAGE_NUMBER];
    fputs("<tr>", p->out);
    gv_report_table_cell(p->out, &h->column[0]);
    gv_report_html_path(p->out, run->dir);
    fputs("</td>", p->out);
    for (size_t k = 0; k + 1 < h->first; k++)
        gv_report_table_number(
            p->out, &h->column[k + 1], "%.0f",
            gv_json_number(gv_compare_settings_seed(run, p->compare->seed_keys.items[k])));
    for (size_t m = 0; m < h->metrics; m++) {
        const double value = run->value[h->metric[m]];
        gv_compare_metrics_number(number, sizeof number, &p->compare->metric[h->metric[m]], value,
                                  false);
        gv_report_table_cell_sorted(p->out, &h->column[h->first + m], value);
        fprintf(p->out, "%s</td>", number);
    }
    fputs("</tr>\n", p->out);
}

void gv_compare_page_runs(gv_compare_page *p, gv_compare_page_choice *choose)
{
    const gv_compare *compare = p->compare;
    static char run[] = "run";
    const gv_strings first = {1, (char *[]){run}};
    head h;
    if (make_head(&h, p, (const char *const *)compare->seed_keys.items, compare->seed_keys.n,
                  &first, choose)) {
        gv_report_table_begin_wide(p->out, h.column, h.n, "each run");
        for (size_t i = 0; i < compare->shown_n; i++) {
            const gv_compare_setting *setting = &compare->setting[compare->shown[i]];
            for (size_t r = 0; r < setting->n; r++)
                write_run(p, &h, &compare->run[setting->run[r]]);
        }
        gv_report_table_end_wide(p->out);
    }
    free_head(&h);
}

/* --- differences ------------------------------------------------------------------------------ */

static const gv_report_table_column difference_columns[] = {
    {"measure", 0}, {"base", 1},      {"this", 1},   {"difference", 1},
    {"from", 1},    {"to (95 %)", 1}, {"verdict", 0}};

static void write_number(gv_compare_page *p, size_t column, const gv_compare_metric *m,
                         double value, bool sign)
{
    char number[GV_COMPARE_PAGE_NUMBER];
    gv_compare_metrics_number(number, sizeof number, m, value, sign);
    gv_report_table_cell_sorted(p->out, &difference_columns[column], value);
    fprintf(p->out, "%s</td>", number);
}

static void write_difference(gv_compare_page *p, const gv_compare_difference *d)
{
    const gv_compare *compare = p->compare;
    const gv_compare_setting *setting = &compare->setting[d->setting];
    const gv_compare_metric *m = &compare->metric[d->metric];
    const int better = gv_compare_differences_better(compare, d);
    char title[GV_COMPARE_PAGE_TITLE];
    gv_compare_metrics_title(title, sizeof title, m);
    fputs("<tr>", p->out);
    gv_report_table_cell(p->out, &difference_columns[0]);
    gv_report_html_text(p->out, title);
    fputs("</td>", p->out);
    write_number(p, 1, m, compare->setting[setting->base].summary[d->metric].mean, false);
    write_number(p, 2, m, setting->summary[d->metric].mean, false);
    write_number(p, 3, m, d->difference, true);
    write_number(p, 4, m, d->low, true);
    write_number(p, 5, m, d->high, true);
    gv_report_table_cell(p->out, &difference_columns[6]);
    char remark[160];
    const bool known = d->verdict != GV_COMPARE_UNKNOWN;
    gv_compare_differences_remark(remark, sizeof remark, d);
    if (known)
        fprintf(p->out, "%s%s%s", better ? "<strong>" : "",
                better > 0   ? "better"
                : better < 0 ? "worse"
                             : gv_compare_differences_verdict(d),
                better ? "</strong>" : "");
    if (*remark)
        fprintf(p->out, "%s<span class=\"soft\">%s</span>", known ? "; " : "", remark);
    fputs("</td></tr>\n", p->out);
}

void gv_compare_page_differences(gv_compare_page *p, size_t s)
{
    const gv_compare *compare = p->compare;
    fputs("<h3>", p->out);
    gv_report_html_text(p->out, compare->setting[s].against);
    fputs("</h3>\n", p->out);
    gv_report_table_begin(p->out, difference_columns,
                          sizeof difference_columns / sizeof *difference_columns);
    for (size_t i = 0; i < compare->differences; i++)
        if (compare->difference[i].setting == s &&
            gv_compare_metrics_is_main(&compare->metric[compare->difference[i].metric]))
            write_difference(p, &compare->difference[i]);
    gv_report_table_end(p->out);
}

void gv_compare_page_answers(gv_compare_page *p)
{
    const gv_compare *compare = p->compare;
    char answer[256];
    fputs("<ul>\n", p->out);
    for (size_t i = 0; i < compare->shown_n; i++) {
        const gv_compare_setting *setting = &compare->setting[compare->shown[i]];
        gv_compare_differences_answer(answer, sizeof answer, compare, compare->shown[i]);
        if (setting->base == SIZE_MAX)
            continue;
        fputs("<li>", p->out);
        gv_report_html_text(p->out, setting->against);
        fprintf(p->out, "%s%s</li>\n", *answer ? ": " : "", answer);
    }
    fputs("</ul>\n", p->out);
}
