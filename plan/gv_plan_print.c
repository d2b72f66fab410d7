/* A plan as a table and as JSON. */
#include "base/gv_text.h"
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
    if (seconds < 59.5)
        snprintf(text, CELL, seconds < 9.95 ? "%.1f s" : "%.0f s", seconds);
    else if (seconds < 3570)
        snprintf(text, CELL, "%.0f min", seconds / 60);
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
    gv_text_printf(text, "%-20s%15s   of %s different words\n", "vocabulary",
                   number_text(a, plan->vocab), number_text(b, plan->distinct));
    gv_text_printf(text, "%-20s%15s   in its words\n", "tokens counted",
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

static void add_disks(gv_text *text, const gv_plan *plan)
{
    char a[CELL], b[CELL];
    gv_text_printf(text, "\n");
    for (uint32_t f = 0; f < plan->files; f++)
        gv_text_printf(text, "%-20s%15s\n", plan->file[f].name, bytes_text(a, plan->file[f].bytes));
    gv_text_printf(text, "%-20s%15s   %s free%s\n", "disk at the peak",
                   bytes_text(a, plan->disk_peak), bytes_text(b, plan->disk_free),
                   plan->disk_peak * 1.25 > plan->disk_free ? " - it will be tight" : "");
    if (!plan->one_disk)
        gv_text_printf(text, "%-20s%15s   %s free%s\n", "temporary files",
                       bytes_text(a, plan->temp_peak), bytes_text(b, plan->temp_free),
                       plan->temp_peak * 1.25 > plan->temp_free ? " - it will be tight" : "");
    double memory = 0;
    for (int s = 0; s < GV_PLAN_STAGES; s++)
        memory = fmax(memory, plan->stage[s].memory);
    gv_text_printf(text, "%-20s%15s   %s available%s\n", "memory at the peak",
                   bytes_text(a, memory), bytes_text(b, plan->memory_available),
                   memory * 1.25 > plan->memory_available ? " - it will be tight" : "");
    gv_text_printf(text, "\nEstimates from a sample: expect sizes within a quarter; times are "
                         "rough.\n");
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

static json_t *whole(double number)
{
    return isfinite(number) ? json_integer((json_int_t)fmin(round(number), 9e18)) : json_null();
}

static json_t *stages_json(const gv_plan *plan)
{
    json_t *stages = json_array();
    for (int s = 0; s < GV_PLAN_STAGES; s++) {
        const gv_plan_stage *stage = &plan->stage[s];
        if (!stage->program)
            continue;
        json_array_append_new(stages,
                              json_pack("{s:s, s:o, s:o, s:o, s:f, s:f}", "program", stage->program,
                                        "memory_bytes", whole(stage->memory), "file_bytes",
                                        whole(stage->disk), "temp_bytes", whole(stage->temp),
                                        "cpu_s", stage->cpu_s, "wall_s", stage->wall_s));
    }
    return stages;
}

static json_t *files_json(const gv_plan *plan)
{
    json_t *files = json_object();
    for (uint32_t f = 0; f < plan->files; f++)
        json_object_set_new(files, plan->file[f].name, whole(plan->file[f].bytes));
    return files;
}

int gv_plan_json(json_t **json, const gv_plan *plan, gv_error *err)
{
    *json = json_pack(
        "{s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:b, "
        "s:o, s:b, s:s?}",
        "corpus_bytes", whole(plan->corpus_bytes), "sample_bytes", whole(plan->sample_bytes),
        "fraction", plan->fraction, "corpus_tokens", whole(plan->corpus_tokens), "distinct",
        whole(plan->distinct), "vocab", whole(plan->vocab), "tokens", whole(plan->tokens), "cells",
        whole(plan->cells), "records", whole(plan->records), "shards", (int)plan->shards, "stages",
        stages_json(plan), "files", files_json(plan), "disk_peak_bytes", whole(plan->disk_peak),
        "disk_free_bytes", whole(plan->disk_free), "temp_peak_bytes", whole(plan->temp_peak),
        "temp_free_bytes", whole(plan->temp_free), "one_disk", plan->one_disk,
        "memory_available_bytes", whole(plan->memory_available), "fits", plan->misfit[0] == '\0',
        "misfit", plan->misfit[0] ? plan->misfit : NULL);
    return *json ? GV_OK : gv_error_set(err, GV_E_MEMORY, "out of memory for the plan");
}
