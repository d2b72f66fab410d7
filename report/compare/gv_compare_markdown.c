/*
 * The comparison as tables in Markdown, which a terminal shows as well: settings with their means,
 * differences from the base, each run, runs that lack something. Only main measures; sections and
 * stages are in the other formats.
 */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include "report/compare/gv_compare_align.h"
#include "report/compare/gv_compare_differences.h"
#include "report/compare/gv_compare_metrics.h"
#include "report/compare/gv_compare_settings.h"
#include <string.h>

enum {
    TITLE = 160,
    NUMBER = 48,
    ANSWER = 256,
    REMARK = 160,
    COLUMNS = 6 /* measures in a table */
};

/* --- cells ------------------------------------------------------------------------------------ */

/* A text in a cell: what Markdown would take for its own is escaped. */
static void put(FILE *out, const char *text)
{
    char shown[GV_SHOW_CHARACTER];
    while (*text) {
        const size_t n = gv_show_character(shown, &text);
        if (n == 1 && strchr("|`\\*<[]", shown[0]))
            fputc('\\', out);
        fputs(shown, out);
    }
}

static void put_value(FILE *out, const gv_json *value)
{
    char *text = gv_compare_settings_value(value, NULL);
    put(out, text ? text : "");
    gv_mem_free(text);
}

static void rule(FILE *out, size_t texts, size_t numbers)
{
    fputs("\n|", out);
    for (size_t i = 0; i < texts; i++)
        fputs("---|", out);
    for (size_t i = 0; i < numbers; i++)
        fputs("---:|", out);
    fputc('\n', out);
}

/* --- tables of measures ----------------------------------------------------------------------- */

/* Measures that stand side by side in one table. */
typedef struct columns {
    size_t n, metric[COLUMNS];
} columns;

static bool is_work(const gv_compare_metric *m)
{
    return m->kind == GV_COMPARE_LOSS || m->kind == GV_COMPARE_TIME || m->kind == GV_COMPARE_MEMORY;
}

/* How many measures a table has, so that tables have about as many each. */
static size_t balanced(const gv_compare *compare, bool work)
{
    size_t n = 0;
    for (size_t m = 0; m < compare->metrics; m++)
        n +=
            is_work(&compare->metric[m]) == work && gv_compare_metrics_is_main(&compare->metric[m]);
    const size_t tables = (n + COLUMNS - 1) / COLUMNS;
    return tables > 0 ? (n + tables - 1) / tables : 1;
}

/* The next main measures from `*at` on; false: there are no more. Time and memory have a table of
 * their own, with the loss. */
static bool next_columns(columns *c, size_t *at, const gv_compare *compare, bool work)
{
    const size_t most = balanced(compare, work);
    c->n = 0;
    for (; *at < compare->metrics && c->n < most; (*at)++) {
        const gv_compare_metric *m = &compare->metric[*at];
        if (is_work(m) == work && gv_compare_metrics_is_main(m))
            c->metric[c->n++] = *at;
    }
    return c->n > 0;
}

static void put_titles(FILE *out, const gv_compare *compare, const columns *c)
{
    char title[TITLE];
    for (size_t i = 0; i < c->n; i++) {
        gv_compare_metrics_title(title, sizeof title, &compare->metric[c->metric[i]]);
        fputs(" ", out);
        put(out, title);
        fputs(" |", out);
    }
}

static void put_mean(FILE *out, const gv_compare *compare, size_t setting, size_t m)
{
    const gv_compare_summary *summary = &compare->setting[setting].summary[m];
    const char *mark = gv_compare_settings_is_best(compare, setting, m) ? "**" : "";
    char mean[NUMBER], deviation[NUMBER];
    gv_compare_metrics_number(mean, sizeof mean, &compare->metric[m], summary->mean, false);
    gv_compare_metrics_number(deviation, sizeof deviation, &compare->metric[m], summary->deviation,
                              false);
    fprintf(out, " %s%s%s", mark, mean, mark);
    if (isfinite(summary->deviation))
        fprintf(out, " ± %s", deviation);
    if (summary->n < compare->setting[setting].n && summary->n > 0)
        fprintf(out, " (%zu)", summary->n);
    fputs(" |", out);
}

static void write_settings_table(FILE *out, const gv_compare *compare, const columns *c)
{
    fputc('|', out);
    for (size_t k = 0; k < compare->keys.n; k++)
        fprintf(out, " %s |", compare->keys.items[k]);
    fputs(" runs |", out);
    put_titles(out, compare, c);
    rule(out, compare->keys.n, 1 + c->n);
    for (size_t i = 0; i < compare->shown_n; i++) {
        const gv_compare_setting *setting = &compare->setting[compare->shown[i]];
        fputc('|', out);
        for (size_t k = 0; k < compare->keys.n; k++) {
            fputc(' ', out);
            put_value(out, gv_json_get(setting->set, compare->keys.items[k]));
            fputs(" |", out);
        }
        fprintf(out, " %zu |", setting->n);
        for (size_t m = 0; m < c->n; m++)
            put_mean(out, compare, compare->shown[i], c->metric[m]);
        fputc('\n', out);
    }
    fputc('\n', out);
}

static void write_runs_table(FILE *out, const gv_compare *compare, const columns *c)
{
    char number[NUMBER];
    fputs("| run |", out);
    for (size_t k = 0; k < compare->seed_keys.n; k++)
        fprintf(out, " %s |", compare->seed_keys.items[k]);
    put_titles(out, compare, c);
    rule(out, 1, compare->seed_keys.n + c->n);
    for (size_t i = 0; i < compare->shown_n; i++) {
        const gv_compare_setting *setting = &compare->setting[compare->shown[i]];
        for (size_t r = 0; r < setting->n; r++) {
            const gv_compare_run *run = &compare->run[setting->run[r]];
            fputs("| ", out);
            put(out, run->dir);
            fputs(" |", out);
            for (size_t k = 0; k < compare->seed_keys.n; k++) {
                fputc(' ', out);
                put_value(out, gv_compare_settings_seed(run, compare->seed_keys.items[k]));
                fputs(" |", out);
            }
            for (size_t m = 0; m < c->n; m++) {
                gv_compare_metrics_number(number, sizeof number, &compare->metric[c->metric[m]],
                                          run->value[c->metric[m]], false);
                fprintf(out, " %s |", number);
            }
            fputc('\n', out);
        }
    }
    fputc('\n', out);
}

static void write_tables(FILE *out, const gv_compare *compare,
                         void (*write)(FILE *out, const gv_compare *compare, const columns *c))
{
    columns c;
    for (int work = 0; work < 2; work++)
        for (size_t at = 0; next_columns(&c, &at, compare, work != 0);)
            write(out, compare, &c);
}

/* --- differences ------------------------------------------------------------------------------ */

static const char *verdict(const gv_compare *compare, const gv_compare_difference *d)
{
    const int better = gv_compare_differences_better(compare, d);
    return better > 0 ? "better" : better < 0 ? "worse" : gv_compare_differences_verdict(d);
}

static void write_difference(FILE *out, const gv_compare *compare, const gv_compare_difference *d)
{
    const gv_compare_setting *setting = &compare->setting[d->setting];
    const gv_compare_metric *metric = &compare->metric[d->metric];
    char title[TITLE], base[NUMBER], own[NUMBER], difference[NUMBER], low[NUMBER], high[NUMBER];
    gv_compare_metrics_title(title, sizeof title, metric);
    gv_compare_metrics_number(base, sizeof base, metric,
                              compare->setting[setting->base].summary[d->metric].mean, false);
    gv_compare_metrics_number(own, sizeof own, metric, setting->summary[d->metric].mean, false);
    gv_compare_metrics_number(difference, sizeof difference, metric, d->difference, true);
    gv_compare_metrics_number(low, sizeof low, metric, d->low, true);
    gv_compare_metrics_number(high, sizeof high, metric, d->high, true);
    fputs("| ", out);
    put(out, title);
    fprintf(out, " | %s | %s | %s |", base, own, difference);
    if (isfinite(d->low))
        fprintf(out, " %s .. %s |", low, high);
    else
        fputs(" – |", out);
    char remark[REMARK];
    const char *found = d->verdict == GV_COMPARE_UNKNOWN ? "" : verdict(compare, d);
    gv_compare_differences_remark(remark, sizeof remark, d);
    fprintf(out, " %s%s%s |\n", found, *found && *remark ? "; " : "", remark);
}

static void write_against(FILE *out, const gv_compare *compare, size_t s)
{
    fputs("### ", out);
    put(out, compare->setting[s].against);
    fputs("\n\n", out);
    char answer[ANSWER];
    gv_compare_differences_answer(answer, sizeof answer, compare, s);
    fprintf(out, "%s%s", answer, *answer ? "\n\n" : "");
    fputs("| measure | base | this | difference | 95 % interval | |", out);
    fputs("\n|---|---:|---:|---:|---:|---|\n", out);
    for (size_t i = 0; i < compare->differences; i++)
        if (compare->difference[i].setting == s &&
            gv_compare_metrics_is_main(&compare->metric[compare->difference[i].metric]))
            write_difference(out, compare, &compare->difference[i]);
    fputc('\n', out);
}

static void write_differences(FILE *out, const gv_compare *compare)
{
    bool any = false;
    for (size_t i = 0; i < compare->shown_n; i++) {
        const size_t s = compare->shown[i];
        if (compare->setting[s].base == SIZE_MAX)
            continue;
        if (!any)
            fputs("## Differences\n\n"
                  "Intervals take in the noise of seeds and of questions and pairs. A difference "
                  "whose interval\nhas 0 in it is inside the noise; of 20 others about one is by "
                  "chance.\n\n",
                  out);
        any = true;
        write_against(out, compare, s);
    }
}

/* --- the rest --------------------------------------------------------------------------------- */

static void write_incomplete(FILE *out, const gv_compare *compare)
{
    bool any = false;
    for (size_t i = 0; i < compare->n; i++) {
        const gv_compare_run *run = &compare->run[i];
        if (!run->missing)
            continue;
        fputs(any ? "" : "## Incomplete\n\n| run | what is missing | command |\n|---|---|---|\n",
              out);
        any = true;
        fputs("| ", out);
        put(out, run->dir);
        fputs(" | ", out);
        put(out, run->missing);
        fputs(" | ", out);
        put(out, run->command ? run->command : "");
        fputs(" |\n", out);
    }
    fputs(any ? "\n" : "", out);
}

static void write_all(FILE *out, const gv_compare *compare)
{
    size_t runs = 0;
    for (size_t i = 0; i < compare->shown_n; i++)
        runs += compare->setting[compare->shown[i]].n;
    fprintf(out, "# Comparison: %zu setting%s, %zu run%s\n\n", compare->shown_n,
            compare->shown_n == 1 ? "" : "s", runs, runs == 1 ? "" : "s");
    fputs("Mean ± standard deviation over seeds; the best mean in bold.\n\n", out);
    write_tables(out, compare, write_settings_table);
    write_differences(out, compare);
    fputs("## Runs\n\n", out);
    write_tables(out, compare, write_runs_table);
    write_incomplete(out, compare);
    for (size_t i = 0; i < compare->notes.n; i++)
        fprintf(out, "%s* %s\n", i ? "" : "## Notes\n\n", compare->notes.items[i]);
}

int gv_compare_markdown(char **text, const gv_compare *compare, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *text = NULL;
    if (status != GV_OK)
        return status;
    char *plain = NULL;
    write_all(buffer.stream, compare);
    status = gv_print_close(&plain, &buffer, err);
    if (status == GV_OK)
        status = gv_compare_align(text, plain, err);
    gv_mem_free(plain);
    return status;
}
