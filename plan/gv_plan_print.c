/* A plan as a table and as JSON. */
#include "base/gv_text.h"
#include "config/gv_json.h"
#include "plan/gv_plan.h"
#include <math.h>
#include <stdio.h>

enum { CELL = 24 };

/* "1.23 GB": three digits and a unit of 1000. */
static const char *bytes_text(char text[CELL], double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1000;
        unit++;
    }
    if (!isfinite(bytes))
        snprintf(text, CELL, "unknown");
    else
        snprintf(text, CELL, "%.*f %s",
                 unit == 0 || bytes >= 100 ? 0
                 : bytes >= 10             ? 1
                                           : 2,
                 bytes, units[unit]);
    return text;
}

/* "59 802 000": four digits count. */
static const char *number_text(char text[CELL], double number)
{
    double step = number >= 1e4 ? pow(10, floor(log10(number)) - 3) : 1;
    char digits[CELL];
    int n = snprintf(digits, sizeof digits, "%.0f", fmin(round(number / step) * step, 1e15));
    int at = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

static const char *time_text(char text[CELL], double seconds)
{
    if (seconds < 119.5)
        snprintf(text, CELL, seconds < 9.95 ? "%.1f s" : "%.0f s", seconds);
    else if (seconds < 3570)
        snprintf(text, CELL, seconds < 597 ? "%.1f min" : "%.0f min", seconds / 60);
    else
        snprintf(text, CELL, "%.1f h", seconds / 3600);
    return text;
}

static void add_numbers(gv_text *text, const gv_plan *plan)
{
    char a[CELL], b[CELL];
    gv_text_printf(text, "%-20s%15s   %s read, %.3g %%\n", "text",
                   bytes_text(a, plan->corpus_bytes), bytes_text(b, plan->sample_bytes),
                   plan->fraction * 100);
    gv_text_printf(text, "%-20s%15s\n", "tokens", number_text(a, plan->corpus_tokens));
    gv_text_printf(text, "%-20s%15s   of %s distinct words\n", "vocabulary",
                   number_text(a, plan->vocab), number_text(b, plan->distinct));
    gv_text_printf(text, "%-20s%15s   occurrences of these words\n", "tokens counted",
                   number_text(a, plan->tokens));
    if (plan->records > 0)
        gv_text_printf(text, "%-20s%15s   ordered pairs, from %s stored cells\n", "records",
                       number_text(a, plan->records), number_text(b, plan->cells));
}

static void add_stages(gv_text *text, const gv_plan *plan)
{
    char a[CELL], b[CELL], c[CELL], d[CELL], e[CELL];
    gv_text_printf(text, "\n%-15s%12s%12s%12s%12s%12s\n", "", "memory", "files", "temporary", "CPU",
                   "wall");
    for (int s = 0; s < GV_PLAN_STAGES; s++) {
        const gv_plan_stage *stage = &plan->stage[s];
        if (!stage->program)
            continue;
        gv_text_printf(text, "%-15s%12s%12s%12s%12s%12s\n", stage->program,
                       bytes_text(a, stage->memory), bytes_text(b, stage->disk),
                       stage->temp > 0 ? bytes_text(c, stage->temp) : "-",
                       time_text(d, stage->cpu_s), time_text(e, stage->wall_s));
    }
}

/* What is needed of a resource at the peak, and how much there is. */
static void add_peak(gv_text *text, const char *name, double need, double have, const char *what)
{
    char a[CELL], b[CELL];
    gv_text_printf(text, "%-20s%15s   %s %s%s\n", name, bytes_text(a, need), bytes_text(b, have),
                   what, need * 1.25 > have ? " - it will be tight" : "");
}

static void add_disks(gv_text *text, const gv_plan *plan)
{
    char a[CELL];
    gv_text_printf(text, "\n");
    for (uint32_t f = 0; f < plan->files; f++)
        gv_text_printf(text, "%-20s%15s\n", plan->file[f].name, bytes_text(a, plan->file[f].bytes));
    add_peak(text, "disk at the peak", plan->disk_peak, plan->disk_free, "free");
    if (!plan->one_disk)
        add_peak(text, "temporary files", plan->temp_peak, plan->temp_free, "free");
    double memory = 0;
    for (int s = 0; s < GV_PLAN_STAGES; s++)
        memory = fmax(memory, plan->stage[s].memory);
    add_peak(text, "memory at the peak", memory, plan->memory_available, "available");
    gv_text_printf(text, "\nEstimates from a sample and a second of measuring: expect sizes "
                         "and processor time within 25 %%.\n");
}

int gv_plan_table(char **result, const gv_plan *plan, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    add_numbers(&text, plan);
    add_stages(&text, plan);
    add_disks(&text, plan);
    return gv_text_take(result, &text, err);
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* A number that JSON shows without decimals; null if it is not known. */
static void set_whole(gv_json_writer *w, const char *key, double number)
{
    if (isfinite(number))
        gv_json_set_int(w, key, (int64_t)fmin(round(number), 9e18));
    else
        gv_json_set_null(w, key);
}

static void write_stages(gv_json_writer *w, const gv_plan *plan)
{
    gv_json_open_array(w, "stages");
    for (int s = 0; s < GV_PLAN_STAGES; s++) {
        const gv_plan_stage *stage = &plan->stage[s];
        if (!stage->program)
            continue;
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "program", stage->program);
        set_whole(w, "memory_bytes", stage->memory);
        set_whole(w, "file_bytes", stage->disk);
        set_whole(w, "temp_bytes", stage->temp);
        gv_json_set_real(w, "cpu_s", stage->cpu_s);
        gv_json_set_real(w, "wall_s", stage->wall_s);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_files(gv_json_writer *w, const gv_plan *plan)
{
    gv_json_open_object(w, "files");
    for (uint32_t f = 0; f < plan->files; f++)
        set_whole(w, plan->file[f].name, plan->file[f].bytes);
    gv_json_close(w);
}

int gv_plan_json(char **json, const gv_plan *plan, gv_error *err)
{
    enum { DIGITS = 6 };
    const char *misfit = plan->misfit[0] != '\0' ? plan->misfit : NULL;
    gv_json_writer w = gv_json_begin();
    set_whole(&w, "corpus_bytes", plan->corpus_bytes);
    set_whole(&w, "sample_bytes", plan->sample_bytes);
    gv_json_set_real(&w, "fraction", plan->fraction);
    set_whole(&w, "corpus_tokens", plan->corpus_tokens);
    set_whole(&w, "distinct", plan->distinct);
    set_whole(&w, "vocab", plan->vocab);
    set_whole(&w, "tokens", plan->tokens);
    set_whole(&w, "cells", plan->cells);
    set_whole(&w, "records", plan->records);
    gv_json_set_uint(&w, "shards", plan->batches);
    write_stages(&w, plan);
    write_files(&w, plan);
    set_whole(&w, "disk_peak_bytes", plan->disk_peak);
    set_whole(&w, "disk_free_bytes", plan->disk_free);
    set_whole(&w, "temp_peak_bytes", plan->temp_peak);
    set_whole(&w, "temp_free_bytes", plan->temp_free);
    gv_json_set_bool(&w, "one_disk", plan->one_disk);
    set_whole(&w, "memory_available_bytes", plan->memory_available);
    gv_json_set_bool(&w, "fits", !misfit);
    gv_json_set_text(&w, "misfit", misfit);
    return gv_json_write(json, &w, GV_JSON_ONE_LINE, DIGITS, err);
}
