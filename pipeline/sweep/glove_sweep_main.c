/* glove-sweep: all runs of a grid (docs/experiments.md). */
#include "pipeline/sweep/gv_sweep.h"

static gv_strings grids, lists, keep_kinds;
static const char *jobs_option, *dry_run_option;

static int call_main(int *exit_code, const gv_program_call *call, gv_error *err)
{
    const gv_sweep_options options = {.call = call,
                                      .grids = grids,
                                      .lists = lists,
                                      .keep = keep_kinds,
                                      .jobs = jobs_option,
                                      .dry_run = dry_run_option != NULL};
    (void)exit_code;
    int status = gv_sweep_run(&options, err);
    gv_strings_free(&grids);
    gv_strings_free(&lists);
    gv_strings_free(&keep_kinds);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--grid",
         .argument = "KEY=V,V",
         .help = "a run for each of these values, and for whole numbers also KEY=A..B; may be "
                 "repeated: a run for each combination",
         .values = &grids},
        {.name = "--runs",
         .argument = "FILE",
         .help = "a JSON file that lists what each run sets: [{\"train.dim\": 50}, ...]",
         .values = &lists},
        {.name = "--jobs",
         .argument = "N",
         .help = "runs at the same time, which share the threads and the memory (1)",
         .value = &jobs_option},
        {.name = "--keep",
         .argument = "KIND",
         .help = "when a run is done, remove what is only intermediate, and keep: vectors (and "
                 "scores), model (checkpoints), store, counts, vocab; may be repeated",
         .values = &keep_kinds},
        {.name = "--dry-run",
         .help = "print the runs and what they share, and start nothing",
         .value = &dry_run_option},
        {0}};
    static const gv_program program = {
        .name = "glove-sweep",
        .summary = "run many settings of one config, and do what they share once",
        .operands = "[CONFIG]",
        .config_operand = true,
        .details =
            "Each combination of the grids has a run directory of its own, which is named by what\n"
            "differs, in runs/NAME.sweep/ or in the folder of --run-dir. It is made by glove-run.\n"
            "Stages whose keys do not differ, such as counting, are done once; the other runs get\n"
            "hard links to their files.\n"
            "\n"
            "The file sweep.json there says what each run sets, and whether it is waiting, "
            "running,\n"
            "done or failed. A run that fails does not end the others; the exit code is 1 then. "
            "The\n"
            "same command goes on where an earlier one was stopped, and tries failed runs again. "
            "With\n"
            "another grid it adds runs, and those that are done stay.\n"
            "\n"
            "In a grid, values are JSON or bare text; commas in brackets and quotes belong to the\n"
            "value. One --grid may hold several grids with blanks between them. --force makes all "
            "runs\n"
            "again.",
        .options = options,
        .call_main = call_main};
    return gv_program_main(&program, argc, argv);
}
