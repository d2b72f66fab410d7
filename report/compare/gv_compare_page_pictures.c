/* gv_compare_page - pictures: strips of dots, intervals, loss curves. */
#include "base/gv_mem.h"
#include "report/compare/gv_compare_metrics.h"
#include "report/compare/gv_compare_page.h"
#include "report/compare/gv_compare_settings.h"
#include "report/gv_report_chart.h"
#include "report/gv_report_sections.h"

void *gv_compare_page_room(gv_compare_page *p, size_t n, size_t size)
{
    void *made = p->status == GV_OK ? gv_mem_alloc_zero(n, size, p->err) : NULL;
    p->status = made ? p->status : GV_E_MEMORY;
    return made;
}

/* The label of a setting, or what there is to say of the only one. */
const char *gv_compare_page_label(const gv_compare *compare, size_t s)
{
    return *compare->setting[s].label ? compare->setting[s].label : "all runs";
}

static const char *format_of(const gv_compare_metric *m)
{
    switch (m->kind) {
    case GV_COMPARE_ANALOGIES:
    case GV_COMPARE_OUTLIERS:
        return "%.2f";
    case GV_COMPARE_LOSS:
        return "%.5f";
    case GV_COMPARE_TIME:
        return "%.1f";
    case GV_COMPARE_MEMORY:
        return "%.0f";
    default:
        return "%.4f";
    }
}

/* Memory is shown in MiB. */
static double shown_value(const gv_compare_metric *m, double value)
{
    return m->kind == GV_COMPARE_MEMORY ? value / 1024.0 : value;
}

/* --- strips of dots --------------------------------------------------------------------------- */

/* Means and seeds of all settings in one measure. */
void gv_compare_page_strip(gv_compare_page *p, size_t metric)
{
    const gv_compare *compare = p->compare;
    const gv_compare_metric *m = &compare->metric[metric];
    char title[GV_COMPARE_PAGE_TITLE];
    gv_report_chart_strip *strip = gv_compare_page_room(p, compare->shown_n, sizeof *strip);
    double *value = gv_compare_page_room(p, compare->n, sizeof *value);
    const char **name = gv_compare_page_room(p, compare->n, sizeof *name);
    size_t at = 0;
    for (size_t i = 0; i < compare->shown_n && p->status == GV_OK; i++) {
        const gv_compare_setting *setting = &compare->setting[compare->shown[i]];
        strip[i] =
            (gv_report_chart_strip){.label = gv_compare_page_label(compare, compare->shown[i]),
                                    .values = value + at,
                                    .names = name + at,
                                    .middle = shown_value(m, setting->summary[metric].mean),
                                    .low = NAN,
                                    .high = NAN};
        for (size_t r = 0; r < setting->n; r++) {
            const gv_compare_run *run = &compare->run[setting->run[r]];
            if (!isfinite(run->value[metric]))
                continue;
            value[at] = shown_value(m, run->value[metric]);
            name[at++] = run->dir;
            strip[i].n++;
        }
    }
    gv_compare_metrics_title(title, sizeof title, m);
    if (p->status == GV_OK)
        gv_report_chart_strips(
            p->out, &(gv_report_chart){.title = title, .x_label = title, .format = format_of(m)},
            strip, compare->shown_n);
    gv_mem_free(strip);
    gv_mem_free(value);
    gv_mem_free(name);
}

/* Differences of all settings that have a base in one measure, with their intervals. */
void gv_compare_page_difference_strip(gv_compare_page *p, size_t metric)
{
    const gv_compare *compare = p->compare;
    const gv_compare_metric *m = &compare->metric[metric];
    char title[GV_COMPARE_PAGE_TITLE + 32], measure[GV_COMPARE_PAGE_TITLE];
    gv_report_chart_strip *strip = gv_compare_page_room(p, compare->shown_n, sizeof *strip);
    size_t n = 0;
    for (size_t i = 0; i < compare->shown_n && p->status == GV_OK; i++)
        for (size_t k = 0; k < compare->differences; k++) {
            const gv_compare_difference *d = &compare->difference[k];
            if (d->setting != compare->shown[i] || d->metric != metric || !isfinite(d->difference))
                continue;
            const bool dots = d->by_pair && m->kind != GV_COMPARE_MEMORY;
            strip[n] = (gv_report_chart_strip){.label = compare->setting[d->setting].against,
                                               .values = d->by_pair,
                                               .n = dots ? d->n : 0,
                                               .middle = shown_value(m, d->difference),
                                               .low = shown_value(m, d->low),
                                               .high = shown_value(m, d->high)};
            n++;
        }
    gv_compare_metrics_title(measure, sizeof measure, m);
    snprintf(title, sizeof title, "%s: difference from the base", measure);
    if (p->status == GV_OK && n > 0)
        gv_report_chart_strips(p->out,
                               &(gv_report_chart){.title = title,
                                                  .x_label = title,
                                                  .format = format_of(m),
                                                  .has_reference = 1,
                                                  .reference = 0.0},
                               strip, n);
    gv_mem_free(strip);
}

/* --- loss curves ------------------------------------------------------------------------------ */

/* Curves of the settings whose losses are comparable with those of `first`. */
static void write_curves(gv_compare_page *p, size_t first)
{
    const gv_compare *compare = p->compare;
    gv_report_chart_series *series = gv_compare_page_room(p, compare->n, sizeof *series);
    double **numbers = gv_compare_page_room(p, compare->n, sizeof *numbers);
    size_t n = 0;
    for (size_t i = 0; i < compare->shown_n && p->status == GV_OK; i++) {
        const gv_compare_setting *setting = &compare->setting[compare->shown[i]];
        if (!gv_compare_settings_share_loss(compare, compare->shown[first], compare->shown[i]))
            continue;
        for (size_t r = 0; r < setting->n && p->status == GV_OK; r++) {
            const gv_report *records = &compare->run[setting->run[r]].records;
            double *x = gv_compare_page_room(p, 2 * records->n_epochs, sizeof *x),
                   *y = x + records->n_epochs;
            for (size_t e = 0; e < records->n_epochs && x; e++) {
                x[e] = gv_report_sections_number(records->epochs[e], "epoch");
                y[e] = gv_report_sections_number(records->epochs[e], "loss");
            }
            numbers[n] = x;
            series[n++] = (gv_report_chart_series){
                setting->n == 1 ? gv_compare_page_label(compare, compare->shown[i])
                                : compare->run[setting->run[r]].dir,
                x, y, records->n_epochs};
        }
    }
    if (p->status == GV_OK)
        gv_report_chart_lines(
            p->out,
            &(gv_report_chart){
                .title = "Loss by epoch", .x_label = "epoch", .y_label = "loss", .format = "%.5g"},
            series, n);
    for (size_t i = 0; i < n; i++)
        gv_mem_free(numbers[i]);
    gv_mem_free(numbers);
    gv_mem_free(series);
}

/* A picture for each set of settings whose losses are comparable. */
void gv_compare_page_losses(gv_compare_page *p)
{
    const gv_compare *compare = p->compare;
    for (size_t i = 0; i < compare->shown_n; i++) {
        bool before = false;
        for (size_t k = 0; k < i && !before; k++)
            before = gv_compare_settings_share_loss(compare, compare->shown[k], compare->shown[i]);
        if (!before)
            write_curves(p, i);
    }
}
