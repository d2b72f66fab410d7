#include "report/compare/gv_compare_metrics.h"

#include "base/gv_mem.h"
#include "base/gv_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_or_none(const char *text)
{
    return text ? text : "";
}

/* --- the list --------------------------------------------------------------------------------- */

size_t gv_compare_metrics_find(const gv_compare *compare, enum gv_compare_kind kind,
                               const char *file, const char *measure, const char *section)
{
    for (size_t i = 0; i < compare->metrics; i++) {
        const gv_compare_metric *m = &compare->metric[i];
        if (m->kind == kind && strcmp(m->section, section) == 0 && strcmp(m->file, file) == 0 &&
            strcmp(m->measure, measure) == 0)
            return i;
    }
    return SIZE_MAX;
}

static const char *kind_name(enum gv_compare_kind kind)
{
    static const char *const names[] = {"loss",     "analogies", "similarity", "categories",
                                        "outliers", "probes",    "",           ""};
    return names[kind];
}

static char *make_name(const gv_compare_metric *m, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    char *name = NULL;
    const char *const parts[] = {kind_name(m->kind), m->file,
                                 m->kind == GV_COMPARE_LOSS ? "" : m->measure, m->section};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (*parts[i])
            gv_text_printf(&text, "%s%s", text.used ? ":" : "", parts[i]);
    return gv_text_take(&name, &text, err) == GV_OK ? name : NULL;
}

/* Room for one more measure, in the list and in each run. */
static int add_room(gv_compare *compare, gv_error *err)
{
    const size_t before = compare->metrics_room;
    int status = gv_mem_reserve(&compare->metric, &compare->metrics_room, compare->metrics + 1,
                                sizeof *compare->metric, err);
    for (size_t r = 0; r < compare->n && status == GV_OK; r++) {
        gv_compare_run *run = &compare->run[r];
        if (compare->metrics_room > before || !run->value)
            status = gv_mem_resize(&run->value, compare->metrics_room, sizeof *run->value, err);
        if (status == GV_OK)
            run->value[compare->metrics] = NAN;
    }
    return status;
}

static int add(size_t *at, gv_compare *compare, const gv_compare_metrics_key *key, gv_error *err)
{
    int status = add_room(compare, err);
    if (status != GV_OK)
        return status;
    gv_compare_metric *m = &compare->metric[compare->metrics];
    *m = (gv_compare_metric){.kind = key->kind, .better = key->better, .order = compare->metrics};
    m->file = gv_mem_strdup(text_or_none(key->file), err);
    m->measure = gv_mem_strdup(text_or_none(key->measure), err);
    m->section = gv_mem_strdup(text_or_none(key->section), err);
    *at = compare->metrics++;
    m->name = m->file && m->measure && m->section ? make_name(m, err) : NULL;
    return m->name ? GV_OK : GV_E_MEMORY;
}

int gv_compare_metrics_set(gv_compare *compare, size_t run, const gv_compare_metrics_key *key,
                           double value, gv_error *err)
{
    size_t at = gv_compare_metrics_find(compare, key->kind, text_or_none(key->file),
                                        text_or_none(key->measure), text_or_none(key->section));
    if (!isfinite(value))
        return GV_OK;
    int status = at == SIZE_MAX ? add(&at, compare, key, err) : GV_OK;
    if (status == GV_OK)
        compare->run[run].value[at] = value;
    return status;
}

void gv_compare_metrics_free(gv_compare *compare)
{
    for (size_t i = 0; i < compare->metrics; i++) {
        gv_mem_free(compare->metric[i].name);
        gv_mem_free(compare->metric[i].file);
        gv_mem_free(compare->metric[i].measure);
        gv_mem_free(compare->metric[i].section);
    }
    gv_mem_free(compare->metric);
}

/* --- order ------------------------------------------------------------------------------------ */

/* By kind, file, whether of a section; in each of these as they were found. */
static int by_place(const void *x, const void *y)
{
    const gv_compare_metric *a = x, *b = y;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    const int files = strcmp(a->file, b->file), parts = (*a->section != 0) - (*b->section != 0);
    if (files != 0 || parts != 0)
        return files ? files : parts;
    return (a->order > b->order) - (a->order < b->order);
}

int gv_compare_metrics_order(gv_compare *compare, gv_error *err)
{
    double *old = gv_mem_alloc(compare->metrics, sizeof *old, err);
    if (!old)
        return GV_E_MEMORY;
    if (compare->metrics > 1)
        qsort(compare->metric, compare->metrics, sizeof *compare->metric, by_place);
    for (size_t r = 0; r < compare->n && compare->metrics > 0; r++) {
        memcpy(old, compare->run[r].value, compare->metrics * sizeof *old);
        for (size_t i = 0; i < compare->metrics; i++)
            compare->run[r].value[i] = old[compare->metric[i].order];
    }
    gv_mem_free(old);
    return GV_OK;
}

/* --- choice ----------------------------------------------------------------------------------- */

bool gv_compare_metrics_is_main(const gv_compare_metric *metric)
{
    if (metric->kind == GV_COMPARE_PROBES)
        return strcmp(metric->measure, "effect_size") == 0 ||
               strcmp(metric->measure, "agreement") == 0;
    return !*metric->section && strcmp(metric->measure, "wall_s") != 0;
}

static int refuse(const gv_compare *compare, const char *option, const char *name, bool several,
                  gv_error *err)
{
    char list[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < compare->metrics && used < sizeof list - 100; i++)
        if (gv_compare_metrics_is_main(&compare->metric[i]) &&
            (!several || strstr(compare->metric[i].name, name)))
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%.80s", used ? ", " : "",
                                     compare->metric[i].name);
    return gv_error_set(err, GV_E_USAGE, "%s %s: %s; there are %s", option, name,
                        several ? "several measures have this in their names" : "no such measure",
                        *list ? list : "none");
}

int gv_compare_metrics_choose(size_t *chosen, const gv_compare *compare, const char *option,
                              const char *name, gv_error *err)
{
    size_t parts = 0, main_parts = 0, part = 0, main_part = 0;
    for (size_t i = 0; i < compare->metrics; i++) {
        const gv_compare_metric *m = &compare->metric[i];
        if (strcmp(m->name, name) == 0) {
            *chosen = i;
            return GV_OK;
        }
        if (!strstr(m->name, name))
            continue;
        parts++, part = i;
        if (gv_compare_metrics_is_main(m) && strcmp(m->measure, "accuracy_mul") != 0)
            main_parts++, main_part = i;
    }
    if (main_parts != 1 && parts != 1)
        return refuse(compare, option, name, parts > 1, err);
    *chosen = main_parts == 1 ? main_part : part;
    return GV_OK;
}

/* --- for people ------------------------------------------------------------------------------- */

/* The file without its folder and ending. */
static int stem(const char **name, const char *file)
{
    const char *slash = strrchr(file, '/');
    *name = slash ? slash + 1 : file;
    const char *dot = strchr(*name + (**name != '\0'), '.');
    return dot ? (int)(dot - *name) : (int)strlen(*name);
}

static const char *measure_title(const gv_compare_metric *m)
{
    if (m->kind == GV_COMPARE_ANALOGIES)
        return strcmp(m->measure, "accuracy") == 0 ? " 3CosAdd" : " 3CosMul";
    if (m->kind == GV_COMPARE_OUTLIERS)
        return strcmp(m->measure, "opp") == 0 ? " OPP" : " accuracy";
    if (m->kind == GV_COMPARE_PROBES)
        return strcmp(m->measure, "effect_size") == 0 ? " effect size"
               : strcmp(m->measure, "agreement") == 0 ? " agreement"
                                                      : " Spearman";
    return m->kind == GV_COMPARE_CATEGORIES ? " purity" : "";
}

void gv_compare_metrics_title(char *title, size_t size, const gv_compare_metric *m)
{
    const char *name = "";
    const int length = stem(&name, m->file);
    const char *const colon = *m->section ? ": " : "";
    if (m->kind == GV_COMPARE_LOSS)
        snprintf(title, size, "loss");
    else if (m->kind == GV_COMPARE_TIME)
        snprintf(title, size, "%s, s%s%s", strcmp(m->measure, "cpu_s") == 0 ? "CPU time" : "time",
                 colon, m->section);
    else if (m->kind == GV_COMPARE_MEMORY)
        snprintf(title, size, "peak memory, MiB%s%s", colon, m->section);
    else
        snprintf(title, size, "%.*s%s%s%s", length, name, measure_title(m), colon, m->section);
}

void gv_compare_metrics_number(char *text, size_t size, const gv_compare_metric *m, double value,
                               bool sign)
{
    const char *format = "%.4f", *signed_format = "%+.4f";
    if (m->kind == GV_COMPARE_ANALOGIES || m->kind == GV_COMPARE_OUTLIERS)
        format = "%.2f", signed_format = "%+.2f";
    else if (m->kind == GV_COMPARE_TIME)
        format = "%.1f", signed_format = "%+.1f";
    else if (m->kind == GV_COMPARE_LOSS)
        format = "%.6f", signed_format = "%+.6f";
    else if (m->kind == GV_COMPARE_MEMORY)
        format = "%.0f", signed_format = "%+.0f", value /= 1024.0;
    if (!isfinite(value)) {
        snprintf(text, size, "–");
        return;
    }
/* both formats are those above */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, size, sign ? signed_format : format, value);
#pragma GCC diagnostic pop
}
