/* glove-eval: analogies and similarity of a run's vectors (docs/evaluation.md). */
#include "app/gv_program.h"
#include "base/gv_mem.h"
#include "eval/gv_eval_stage.h"

static const char *vectors_option;

static int stage_main(gv_run *run, gv_error *err)
{
    char *table = NULL;
    int status = gv_eval_stage(&table, run, vectors_option, err);
    if (status == GV_OK && table && (fputs(table, stdout) == EOF || fflush(stdout) != 0))
        status = gv_error_set_errno(err, "cannot write to standard output");
    gv_mem_free(table);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--vectors",
         .argument = "FILE",
         .help = "evaluate this file of vectors (text, word2vec, sqlite, safetensors)",
         .value = &vectors_option},
        {0}};
    static const gv_program program = {
        .name = "glove-eval",
        .stage = GV_STAGE_EVAL,
        .summary = "score word vectors on analogies and word similarity",
        .details = "Reads the run's vectors and the files of eval.analogies (Google's format) and\n"
                   "eval.similarity (word, word, score). Prints a table and writes eval.json.",
        .options = options,
        .stage_main = stage_main};
    return gv_program_main(&program, argc, argv);
}
