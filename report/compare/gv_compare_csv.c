/* The comparison as CSV, a row for each run and measure; docs/formats.md describes it. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "report/compare/gv_compare_settings.h"
#include <string.h>

/* A field, in quotes where it needs them (RFC 4180). */
static void write_field(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *at = text; *at; at++) {
        if (*at == '"')
            fputc('"', out);
        fputc(*at, out);
    }
    fputc('"', out);
}

static void write_value(FILE *out, const gv_json *value)
{
    char *text = value ? gv_compare_settings_value(value, NULL) : NULL;
    fputc(',', out);
    if (text)
        write_field(out, text);
    gv_mem_free(text);
}

static void write_head(FILE *out, const gv_compare *compare)
{
    fputs("run,setting", out);
    for (size_t k = 0; k < compare->keys.n; k++)
        fprintf(out, ",%s", compare->keys.items[k]);
    for (size_t k = 0; k < compare->seed_keys.n; k++)
        fprintf(out, ",%s", compare->seed_keys.items[k]);
    fputs(",metric,kind,file,measure,section,value\n", out);
}

static void write_row(FILE *out, const gv_compare *compare, size_t place, const gv_compare_run *run,
                      size_t m)
{
    static const char *const kinds[] = {"loss",     "analogies", "similarity", "categories",
                                        "outliers", "probes",    "time",       "memory"};
    const gv_compare_metric *metric = &compare->metric[m];
    write_field(out, run->dir);
    fprintf(out, ",%zu", place + 1);
    for (size_t k = 0; k < compare->keys.n; k++)
        write_value(
            out, gv_json_get(compare->setting[compare->shown[place]].set, compare->keys.items[k]));
    for (size_t k = 0; k < compare->seed_keys.n; k++)
        write_value(out, gv_compare_settings_seed(run, compare->seed_keys.items[k]));
    const char *const fields[] = {metric->name, kinds[metric->kind], metric->file, metric->measure,
                                  metric->section};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        fputc(',', out);
        write_field(out, fields[i]);
    }
    fprintf(out, ",%.10g\n", run->value[m]);
}

int gv_compare_csv(char **text, const gv_compare *compare, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *text = NULL;
    if (status != GV_OK)
        return status;
    write_head(buffer.stream, compare);
    for (size_t i = 0; i < compare->shown_n; i++) {
        const gv_compare_setting *setting = &compare->setting[compare->shown[i]];
        for (size_t r = 0; r < setting->n; r++)
            for (size_t m = 0; m < compare->metrics; m++)
                if (isfinite(compare->run[setting->run[r]].value[m]))
                    write_row(buffer.stream, compare, i, &compare->run[setting->run[r]], m);
    }
    return gv_print_close(text, &buffer, err);
}
