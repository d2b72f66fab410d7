#include "pipeline/sweep/gv_sweep_print.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include <string.h>

/* Is it the first run of those that share the stage? */
static bool is_first(const gv_sweep_plan *plan, size_t run, size_t stage)
{
    size_t i = 0;
    while (plan->runs[i].share[stage] != plan->runs[run].share[stage])
        i++;
    return i == run;
}

/* "glove-cooccur, glove-shuffle: once for all 27 runs" */
static void print_shares(FILE *out, const gv_sweep_plan *plan)
{
    for (size_t s = 0; s < GV_SWEEP_PLAN_STAGES; s++) {
        const char *program = gv_config_stage_program(gv_config_shares_stages[s]);
        size_t times = 0, of = 0;
        for (size_t i = 0; i < plan->n; i++) {
            of += plan->runs[i].share[s] != 0;
            times += plan->runs[i].share[s] && is_first(plan, i, s);
        }
        if (of > 0)
            fprintf(out, "  %-14s %zu time%s for %zu run%s\n", program, times,
                    times == 1 ? "" : "s", of, of == 1 ? "" : "s");
    }
    fprintf(out, "  %-14s %zu time%s\n", "glove-train", plan->n, plan->n == 1 ? "" : "s");
}

static int print_run(FILE *out, const gv_sweep_plan *plan, const gv_sweep_plan_run *run,
                     size_t width, gv_error *err)
{
    gv_error why = GV_ERROR_INIT;
    bool complete = false;
    int status = gv_sweep_plan_is_complete(&complete, plan, run, &why);
    if (status == GV_E_MEMORY)
        return gv_error_set(err, status, "%s", why.text);
    const gv_sweep_file_run *entry = &plan->file.runs[run->entry];
    fprintf(out, "  ");
    gv_print_pad(out, entry->dir, width);
    fprintf(out, "  %s",
            complete                                ? "done"
            : entry->state == GV_SWEEP_FILE_FAILED  ? "failed, is tried again"
            : entry->state == GV_SWEEP_FILE_RUNNING ? "interrupted, goes on"
                                                    : "waits");
    for (size_t i = plan->call->sets.n; i < run->sets.n; i++) {
        char shown[256];
        fprintf(out, "%s%s", i == plan->call->sets.n ? "  " : " ",
                gv_show_line(shown, sizeof shown, run->sets.items[i]));
    }
    fprintf(out, "\n");
    return GV_OK;
}

int gv_sweep_print(const gv_sweep_plan *plan, unsigned jobs, gv_error *err)
{
    gv_print_buffer buffer;
    char *text = NULL, shown[1024];
    size_t width = 0;
    int status = gv_print_open(&buffer, err);
    if (status != GV_OK)
        return status;
    for (size_t i = 0; i < plan->n; i++) {
        const size_t own = gv_print_width(gv_sweep_plan_name(plan, &plan->runs[i]));
        width = own > width ? own : width;
    }
    fprintf(buffer.stream, "%zu run%s in %s, %u at once\n", plan->n, plan->n == 1 ? "" : "s",
            gv_show_line(shown, sizeof shown, plan->dir), jobs);
    print_shares(buffer.stream, plan);
    for (size_t i = 0; i < plan->n && status == GV_OK; i++)
        status = print_run(buffer.stream, plan, &plan->runs[i], width, err);
    if (plan->all > plan->n)
        fprintf(buffer.stream, "%zu earlier run%s of another grid stay%s as %s\n",
                plan->all - plan->n, plan->all - plan->n == 1 ? "" : "s",
                plan->all - plan->n == 1 ? "s" : "",
                plan->all - plan->n == 1 ? "it is" : "they are");
    const int closed = gv_print_close(&text, &buffer, status == GV_OK ? err : NULL);
    if (status == GV_OK)
        status = closed;
    if (status == GV_OK)
        status = gv_print_send(text, err);
    gv_mem_free(text);
    return status;
}
