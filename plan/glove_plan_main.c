/* glove-plan: estimates what a run needs and whether it fits. */
#include "app/gv_print.h"
#include "app/gv_program.h"
#include "app/gv_run_base.h"
#include "base/gv_mem.h"
#include "plan/gv_plan.h"

#include <stdio.h>
#include <stdlib.h>

static const char *sample_option, *json_option;

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

static int print_plan(const gv_plan *plan, gv_error *err)
{
    char *text = NULL;
    int status = GV_OK;
    if (json_option)
        status = gv_plan_json(&text, plan, err);
    else if (plan->misfit[0] == '\0')
        status = gv_plan_table(&text, plan, err);
    if (status == GV_OK && text)
        status = gv_print_send(text, err);
    if (status == GV_OK && json_option)
        status = gv_print_send("\n", err);
    gv_mem_free(text);
    return status;
}

static int tool_main(const gv_config *config, const char *run_dir, gv_strings operands,
                     gv_progress *progress, gv_error *err)
{
    (void)operands;
    gv_plan *plan = gv_mem_alloc(1, sizeof *plan, err);
    double share;
    int status = plan ? parse_sample(&share, err) : GV_E_MEMORY;
    if (gv_run_base_used(config))
        gv_progress_note(progress, "this is about the new text alone: what the files of "
                                   "corpus.counted gave comes on top in every stage");
    if (status == GV_OK)
        status = gv_plan_make(plan, config, run_dir, share, err);
    if (status == GV_OK)
        status = print_plan(plan, err);
    if (status == GV_OK && plan->misfit[0] != '\0')
        status = gv_error_set(err, GV_E_RUNTIME, "%s", plan->misfit);
    gv_mem_free(plan);
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
        {0}};
    static const gv_program program = {
        .name = "glove-plan",
        .summary = "estimate from a sample what a run needs",
        .details =
            "Reads a part of the corpus and estimates vocabulary, records, files, memory and time\n"
            "of each stage. If memory or disk space is not enough, names what to change and exits\n"
            "with 1; see docs/planning.md. Writes nothing.",
        .options = options,
        .tool_main = tool_main};
    return gv_program_main(&program, argc, argv);
}
