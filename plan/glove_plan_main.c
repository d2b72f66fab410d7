/* glove-plan: estimates what a run, or a sweep, needs and whether it fits. */
#include "app/gv_print.h"
#include "app/gv_program.h"
#include "app/gv_run_base.h"
#include "base/gv_mem.h"
#include "plan/gv_plan.h"
#include "plan/gv_plan_sweep.h"

#include <stdio.h>
#include <stdlib.h>

static const char *sample_option, *json_option, *jobs_option;
static gv_strings grids, lists;

/* --sample in per cent, as a share; 0 if not given. */
static int parse_sample(double *share, gv_error *err)
{
    *share = 0;
    if (!sample_option)
        return GV_OK;
    char *end;
    double value = strtod(sample_option, &end);
    if (end == sample_option || *end != '\0' || !(value > 0 && value <= 100))
        return gv_error_set(
            err, GV_E_USAGE,
            "--sample %s: expected a percentage of the corpus, above 0 and at most 100",
            sample_option);
    *share = value / 100;
    return GV_OK;
}

/* Print the text, which is freed; with --json, a line end behind it. */
static int print_text(char *text, gv_error *err)
{
    int status = text ? gv_print_send(text, err) : GV_OK;
    if (status == GV_OK && json_option)
        status = gv_print_send("\n", err);
    gv_mem_free(text);
    return status;
}

/* What does not fit is the error, in place of the table. */
static int tell_misfit(const char *misfit, gv_error *err)
{
    return misfit[0] ? gv_error_set(err, GV_E_RUNTIME, "%s", misfit) : GV_OK;
}

static int plan_run(const gv_program_call *call, double share, gv_error *err)
{
    char *text = NULL;
    gv_plan *plan = gv_mem_alloc(1, sizeof *plan, err);
    if (gv_run_base_used(call->config))
        gv_progress_note(call->progress, "this is about the new text alone: what the files of "
                                         "corpus.counted gave comes on top in every stage");
    int status = plan ? gv_plan_make(plan, call->config, call->run_dir, share, err) : GV_E_MEMORY;
    if (status == GV_OK && json_option)
        status = gv_plan_json(&text, plan, err);
    else if (status == GV_OK && plan->misfit[0] == '\0')
        status = gv_plan_table(&text, plan, err);
    if (status == GV_OK)
        status = print_text(text, err);
    if (status == GV_OK)
        status = tell_misfit(plan->misfit, err);
    gv_mem_free(plan);
    return status;
}

static int plan_sweep(const gv_program_call *call, double share, gv_error *err)
{
    const gv_plan_sweep_options options = {
        .call = call, .grids = grids, .lists = lists, .jobs = jobs_option, .share = share};
    gv_plan_sweep *plan = NULL;
    char *text = NULL;
    int status = gv_plan_sweep_make(&plan, &options, err);
    if (status == GV_OK && json_option)
        status = gv_plan_sweep_json(&text, plan, err);
    else if (status == GV_OK && plan->misfit[0] == '\0')
        status = gv_plan_sweep_table(&text, plan, err);
    if (status == GV_OK)
        status = print_text(text, err);
    if (status == GV_OK)
        status = tell_misfit(plan->misfit, err);
    gv_plan_sweep_free(plan);
    return status;
}

static int call_main(int *exit_code, const gv_program_call *call, gv_error *err)
{
    double share;
    (void)exit_code;
    int status = parse_sample(&share, err);
    if (status == GV_OK && grids.n + lists.n > 0)
        status = plan_sweep(call, share, err);
    else if (status == GV_OK && jobs_option)
        status = gv_error_set(err, GV_E_USAGE,
                              "--jobs is for a sweep; give its --grid KEY=VALUE,VALUE,..");
    else if (status == GV_OK)
        status = plan_run(call, share, err);
    gv_strings_free(&grids);
    gv_strings_free(&lists);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--sample",
         .argument = "PERCENT",
         .help = "percentage of the corpus to read [8, but 4 to 32 MiB]",
         .value = &sample_option},
        {.name = "--json", .help = "one JSON object instead of a table", .value = &json_option},
        {.name = "--grid",
         .argument = "KEY=V,V",
         .help = "plan all runs of a sweep: the same as of glove-sweep; may be repeated",
         .values = &grids},
        {.name = "--runs",
         .argument = "FILE",
         .help = "a JSON file that lists what each run of a sweep sets, as of glove-sweep",
         .values = &lists},
        {.name = "--jobs",
         .argument = "N",
         .help = "runs of the sweep at the same time, which share the threads and the memory (1)",
         .value = &jobs_option},
        {0}};
    static const gv_program program = {
        .name = "glove-plan",
        .summary = "estimate from a sample what a run, or a sweep, needs",
        .details =
            "Reads a part of the corpus and estimates vocabulary, records, files, memory and time\n"
            "of each stage. If memory or disk space is not enough, names what to change and exits\n"
            "with 1; see docs/planning.md. Writes nothing.\n"
            "\n"
            "With --grid or --runs, of all runs that glove-sweep would do with the same options;\n"
            "stages that runs share count once.",
        .options = options,
        .call_main = call_main};
    return gv_program_main(&program, argc, argv);
}
