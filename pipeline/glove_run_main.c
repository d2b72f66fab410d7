/* glove-run: all stages of a config (docs/running.md). */
#include "pipeline/gv_pipeline.h"

static const char *from_option, *to_option;
static gv_strings append_files, keep_kinds;

static int call_main(int *exit_code, const gv_program_call *call, gv_error *err)
{
    const gv_pipeline_options options = {.call = call,
                                         .from = from_option,
                                         .to = to_option,
                                         .append = append_files,
                                         .keep = keep_kinds};
    int status = gv_pipeline_run(exit_code, &options, err);
    gv_strings_free(&append_files);
    gv_strings_free(&keep_kinds);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--from",
         .argument = "STAGE",
         .help = "begin with this stage: vocab, cooccur, shuffle, train or eval",
         .value = &from_option},
        {.name = "--to", .argument = "STAGE", .help = "end with this stage", .value = &to_option},
        {.name = "--append",
         .argument = "FILE...",
         .help = "add this text to a run: count it alone, train on from the vectors of the run",
         .values = &append_files},
        {.name = "--keep",
         .argument = "KIND",
         .help = "when all is done, remove what is only intermediate, and keep: vectors (and "
                 "scores), model (checkpoints), store, counts, vocab; may be repeated",
         .values = &keep_kinds},
        {0}};
    static const gv_program program = {
        .name = "glove-run",
        .summary = "run all stages of a config, from the corpus to scores",
        .operands = "[CONFIG]",
        .config_operand = true,
        .details =
            "Starts glove-vocab, glove-cooccur, glove-shuffle and glove-train one after the\n"
            "other, and glove-eval if the config names files of test sets in eval.analogies,\n"
            "eval.similarity, eval.categories, eval.outliers or eval.probes. With train.objective\n"
            "\"word2vec\" nothing is counted. Stages that\n"
            "are up to date say so and do nothing. All options are passed on to the stages.\n"
            "\n"
            "CONFIG is the same as --config CONFIG; for a run that exists, --run-dir DIR is\n"
            "enough. --force runs every stage from --from to --to again.\n"
            "\n"
            "--append takes all words up to the next option. The run stays as it is until all "
            "stages are done\n"
            "for the old and the new text together; its old text is not read (docs/append.md).\n"
            "\n"
            "With --keep vectors, counts.bin, store.db and model.ckpt are removed after the last\n"
            "stage (as by glove-clean). A later start then says that the run is complete, and\n"
            "makes them again only with --force.\n"
            "\n"
            "If a stage fails, its error line is shown and its exit code is that of glove-run.\n"
            "Signals are passed on: the stage saves what can be resumed, and the same command\n"
            "resumes.",
        .choices_of = "STAGE",
        .choices = gv_pipeline_stages,
        .options = options,
        .call_main = call_main};
    return gv_program_main(&program, argc, argv);
}
