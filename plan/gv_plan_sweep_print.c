/* The plan of a sweep as a table and as JSON. */
#include "app/gv_print.h"
#include "base/gv_amount.h"
#include "plan/gv_plan_sweep.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const enum gv_config_stage stages[GV_PLAN_STAGES] = {GV_STAGE_VOCAB, GV_STAGE_COOCCUR,
                                                            GV_STAGE_SHUFFLE, GV_STAGE_TRAIN};

/* --- table ------------------------------------------------------------------------------------ */

/* The columns behind a name and a number of times. */
static void put_costs(FILE *out, const double bytes[2], double cpu_s, double wall_s)
{
    char text[GV_AMOUNT_TEXT];
    for (size_t i = 0; i < 2; i++)
        fprintf(out, " %11s", bytes[i] > 0 ? gv_amount_bytes(text, bytes[i]) : "-");
    fprintf(out, " %11s", gv_amount_time(text, cpu_s));
    fprintf(out, " %11s\n", gv_amount_time(text, wall_s));
}

static void put_head(FILE *out, const char *name, size_t width, const char *times)
{
    gv_print_pad(out, name, width);
    fprintf(out, " %6s %11s %11s %11s %11s\n", times, "memory", "files", "CPU", "wall");
}

static void put_stages(FILE *out, const gv_plan_sweep *plan, size_t width)
{
    double files = 0;
    put_head(out, "all runs", width, "times");
    for (size_t s = 0; s < GV_PLAN_STAGES; s++) {
        const gv_plan_sweep_stage *of = &plan->stage[s];
        if (of->times == 0)
            continue;
        files += of->disk;
        gv_print_pad(out, gv_config_stage_program(stages[s]), width);
        fprintf(out, " %6zu", of->times);
        put_costs(out, (const double[]){of->memory, of->disk}, of->cpu_s, of->wall_s);
    }
    gv_print_pad(out, "all", width);
    fprintf(out, " %6s", "");
    put_costs(out, (const double[]){plan->memory_peak, files}, plan->cpu_s, plan->wall_s);
}

static const char *label_of(const gv_plan_sweep *plan, size_t i)
{
    const char *label = plan->groups->group[i].label;
    return *label ? label : "(one setting)";
}

static void put_settings(FILE *out, const gv_plan_sweep *plan, size_t width)
{
    put_head(out, "training of one run", width, "runs");
    for (size_t i = 0; i < plan->groups->n; i++) {
        const gv_plan_sweep_setting *of = &plan->setting[i];
        gv_print_pad(out, label_of(plan, i), width);
        fprintf(out, " %6zu", of->runs);
        put_costs(out, (const double[]){of->train.memory, of->train.disk}, of->train.cpu_s,
                  of->train.wall_s);
    }
}

/* What is needed of a resource at the peak, and how much there is. */
static void put_peak(FILE *out, const char *name, double need, double have, const char *what)
{
    char a[GV_AMOUNT_TEXT], b[GV_AMOUNT_TEXT];
    fprintf(out, "%s: %s, and %s %s%s\n", name, gv_amount_bytes(a, need),
            isfinite(have) ? gv_amount_bytes(b, have) : "an unknown amount", what,
            need * 1.25 > have ? " - it will be tight" : "");
}

int gv_plan_sweep_table(char **text, const gv_plan_sweep *plan, gv_error *err)
{
    gv_print_buffer buffer;
    size_t width = strlen("training of one run");
    int status = gv_print_open(&buffer, err);
    *text = NULL;
    if (status != GV_OK)
        return status;
    for (size_t i = 0; i < plan->groups->n; i++) {
        const size_t own = gv_print_width(label_of(plan, i));
        width = own > width ? own : width;
    }
    FILE *out = buffer.stream;
    fprintf(out, "%zu run%s of %zu setting%s, %u at once", plan->runs, plan->runs == 1 ? "" : "s",
            plan->groups->n, plan->groups->n == 1 ? "" : "s", plan->jobs);
    if (plan->merged > 0)
        fprintf(out, "; %zu more %s the same as another", plan->merged,
                plan->merged == 1 ? "sets" : "set");
    fputs("\n\n", out);
    put_stages(out, plan, width);
    fputc('\n', out);
    put_settings(out, plan, width);
    fputc('\n', out);
    put_peak(out, "disk at the peak", plan->disk_peak, plan->disk_free, "are free");
    put_peak(out, "memory at the peak", plan->memory_peak, plan->memory_available, "are available");
    fputs("\nEstimates from a sample and a second of measuring: expect sizes and processor time "
          "within 25 %.\n"
          "Not included: evaluation, and what an earlier sweep in the folder has done already.\n",
          out);
    return gv_print_close(text, &buffer, err);
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

static void set_costs(gv_json_writer *w, const double bytes[2], double cpu_s, double wall_s)
{
    set_whole(w, "memory_bytes", bytes[0]);
    set_whole(w, "file_bytes", bytes[1]);
    gv_json_set_real(w, "cpu_s", cpu_s);
    gv_json_set_real(w, "wall_s", wall_s);
}

static void write_stages(gv_json_writer *w, const gv_plan_sweep *plan)
{
    gv_json_open_array(w, "stages");
    for (size_t s = 0; s < GV_PLAN_STAGES; s++) {
        const gv_plan_sweep_stage *of = &plan->stage[s];
        if (of->times == 0)
            continue;
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "program", gv_config_stage_program(stages[s]));
        gv_json_set_uint(w, "times", of->times);
        set_whole(w, "temp_bytes", of->temp);
        set_costs(w, (const double[]){of->memory, of->disk}, of->cpu_s, of->wall_s);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_settings(gv_json_writer *w, const gv_plan_sweep *plan)
{
    gv_json_open_array(w, "settings");
    for (size_t i = 0; i < plan->groups->n; i++) {
        const gv_plan_sweep_setting *of = &plan->setting[i];
        gv_json_open_object(w, NULL);
        gv_json_set_value(w, "set", plan->groups->group[i].set);
        gv_json_set_uint(w, "runs", of->runs);
        gv_json_open_object(w, "train");
        set_costs(w, (const double[]){of->train.memory, of->train.disk}, of->train.cpu_s,
                  of->train.wall_s);
        gv_json_close(w);
        gv_json_close(w);
    }
    gv_json_close(w);
}

int gv_plan_sweep_json(char **json, const gv_plan_sweep *plan, gv_error *err)
{
    enum { DIGITS = 6 };
    const char *misfit = plan->misfit[0] != '\0' ? plan->misfit : NULL;
    gv_json_writer w = gv_json_begin();
    gv_json_set_uint(&w, "runs", plan->runs);
    gv_json_set_uint(&w, "merged", plan->merged);
    gv_json_set_uint(&w, "jobs", plan->jobs);
    write_stages(&w, plan);
    write_settings(&w, plan);
    gv_json_set_real(&w, "cpu_s", plan->cpu_s);
    gv_json_set_real(&w, "wall_s", plan->wall_s);
    set_whole(&w, "memory_peak_bytes", plan->memory_peak);
    set_whole(&w, "memory_available_bytes", plan->memory_available);
    set_whole(&w, "disk_peak_bytes", plan->disk_peak);
    set_whole(&w, "disk_free_bytes", plan->disk_free);
    gv_json_set_bool(&w, "fits", !misfit);
    gv_json_set_text(&w, "misfit", misfit);
    return gv_json_write(json, &w, GV_JSON_ONE_LINE, DIGITS, err);
}
