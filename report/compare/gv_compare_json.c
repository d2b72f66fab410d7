/* The comparison as JSON; docs/formats.md describes it. */
#include "base/gv_mem.h"
#include "report/compare/gv_compare_differences.h"
#include "report/compare/gv_compare_settings.h"
#include "report/gv_report_sections.h"

static void write_texts(gv_json_writer *w, const char *key, const gv_strings *texts)
{
    gv_json_open_array(w, key);
    for (size_t i = 0; i < texts->n; i++)
        gv_json_set_text(w, NULL, texts->items[i]);
    gv_json_close(w);
}

/* Runs of the setting that have no value of the measure. */
static void write_without(gv_json_writer *w, const gv_compare *compare,
                          const gv_compare_setting *setting, size_t metric)
{
    if (setting->summary[metric].n == setting->n)
        return;
    gv_json_open_array(w, "missing");
    for (size_t i = 0; i < setting->n; i++)
        if (!isfinite(compare->run[setting->run[i]].value[metric]))
            gv_json_set_text(w, NULL, compare->run[setting->run[i]].dir);
    gv_json_close(w);
}

static void write_metrics(gv_json_writer *w, const gv_compare *compare,
                          const gv_compare_setting *setting)
{
    gv_json_open_object(w, "metrics");
    for (size_t m = 0; m < compare->metrics; m++) {
        const gv_compare_summary *summary = &setting->summary[m];
        if (summary->n == 0)
            continue;
        gv_json_open_object(w, compare->metric[m].name);
        gv_json_set_real(w, "mean", summary->mean);
        gv_json_set_real(w, "sd", summary->deviation);
        gv_json_set_uint(w, "n", summary->n);
        gv_json_open_array(w, "values");
        for (size_t i = 0; i < setting->n; i++) {
            const double value = compare->run[setting->run[i]].value[m];
            if (isfinite(value))
                gv_json_set_real(w, NULL, value);
        }
        gv_json_close(w);
        write_without(w, compare, setting, m);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_losses(gv_json_writer *w, const gv_compare *compare,
                         const gv_compare_setting *setting)
{
    gv_json_open_array(w, "losses");
    for (size_t i = 0; i < setting->n; i++) {
        const gv_report *records = &compare->run[setting->run[i]].records;
        gv_json_open_array(w, NULL);
        for (size_t e = 0; e < records->n_epochs; e++)
            gv_json_set_real(w, NULL, gv_report_sections_number(records->epochs[e], "loss"));
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_group(gv_json_writer *w, const gv_compare *compare, size_t s)
{
    const gv_compare_setting *setting = &compare->setting[s];
    gv_json_open_object(w, NULL);
    gv_json_set_value(w, "set", setting->set);
    gv_json_open_array(w, "runs");
    for (size_t i = 0; i < setting->n; i++)
        gv_json_set_text(w, NULL, compare->run[setting->run[i]].dir);
    gv_json_close(w);
    gv_json_open_array(w, "seeds");
    for (size_t i = 0; i < setting->n; i++) {
        gv_json_open_object(w, NULL);
        for (size_t k = 0; k < compare->seed_keys.n; k++)
            gv_json_set_value(w, compare->seed_keys.items[k],
                              gv_compare_settings_seed(&compare->run[setting->run[i]],
                                                       compare->seed_keys.items[k]));
        gv_json_close(w);
    }
    gv_json_close(w);
    write_metrics(w, compare, setting);
    write_losses(w, compare, setting);
    gv_json_close(w);
}

static bool is_shown(const gv_compare *compare, size_t setting)
{
    for (size_t i = 0; i < compare->shown_n; i++)
        if (compare->shown[i] == setting)
            return true;
    return false;
}

static void write_difference(gv_json_writer *w, const gv_compare *compare,
                             const gv_compare_difference *d)
{
    const gv_compare_setting *setting = &compare->setting[d->setting];
    const int better = gv_compare_differences_better(compare, d);
    gv_json_open_object(w, NULL);
    gv_json_set_value(w, "set", setting->set);
    gv_json_set_value(w, "base", compare->setting[setting->base].set);
    gv_json_set_text(w, "metric", compare->metric[d->metric].name);
    gv_json_set_real(w, "difference", d->difference);
    gv_json_set_real(w, "low", d->low);
    gv_json_set_real(w, "high", d->high);
    gv_json_set_text(w, "verdict", gv_compare_differences_verdict(d));
    if (better)
        gv_json_set_bool(w, "better", better > 0);
    else
        gv_json_set_null(w, "better");
    gv_json_set_bool(w, "paired", d->paired);
    gv_json_open_array(w, "by_pair");
    for (size_t i = 0; d->by_pair && i < d->n; i++)
        gv_json_set_real(w, NULL, d->by_pair[i]);
    gv_json_close(w);
    gv_json_set_uint(w, "items", d->items);
    gv_json_set_uint(w, "items_left_out", d->left_out);
    gv_json_set_bool(w, "seeds_in_interval", d->by_seeds);
    gv_json_set_text(w, "note", d->why);
    gv_json_close(w);
}

static void write_incomplete(gv_json_writer *w, const gv_compare *compare)
{
    gv_json_open_array(w, "incomplete");
    for (size_t i = 0; i < compare->n; i++) {
        const gv_compare_run *run = &compare->run[i];
        if (!run->missing)
            continue;
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "dir", run->dir);
        gv_json_set_bool(w, "compared", run->trained);
        gv_json_set_text(w, "missing", run->missing);
        gv_json_set_text(w, "command", run->command);
        gv_json_close(w);
    }
    gv_json_close(w);
}

int gv_compare_json(char **text, const gv_compare *compare, gv_error *err)
{
    enum { INDENT = 1, DIGITS = 10 };
    gv_json_writer w = gv_json_begin();
    char *lines = NULL;
    write_texts(&w, "keys", &compare->keys);
    write_texts(&w, "seeds", &compare->seed_keys);
    gv_json_open_array(&w, "groups");
    for (size_t i = 0; i < compare->shown_n; i++)
        write_group(&w, compare, compare->shown[i]);
    gv_json_close(&w);
    gv_json_open_array(&w, "differences");
    for (size_t i = 0; i < compare->differences; i++)
        if (is_shown(compare, compare->difference[i].setting))
            write_difference(&w, compare, &compare->difference[i]);
    gv_json_close(&w);
    write_incomplete(&w, compare);
    write_texts(&w, "notes", &compare->notes);
    int status = gv_json_write(&lines, &w, INDENT, DIGITS, err);
    *text = status == GV_OK ? gv_mem_format(err, "%s\n", lines) : NULL;
    gv_mem_free(lines);
    return *text ? GV_OK : status == GV_OK ? GV_E_MEMORY : status;
}
