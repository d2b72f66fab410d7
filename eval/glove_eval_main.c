/* glove-eval: analogies and similarity of a run's vectors (docs/evaluation.md). */
#include "app/gv_print.h"
#include "app/gv_program.h"
#include "base/gv_mem.h"
#include "eval/gv_eval.h"
#include "eval/gv_eval_stage.h"

#include <string.h>

static const char *vectors_option, *json_option;

/* Print the text of an eval.json as it is, or as tables. */
static int print(const char *json, gv_error *err)
{
    gv_json *scores = NULL;
    char *table = NULL;
    int status = json_option ? GV_OK : gv_json_parse(&scores, json, strlen(json), err);
    if (status == GV_OK && !json_option)
        status = gv_eval_table(&table, scores, err);
    if (status == GV_OK)
        status = gv_print_send(json_option ? json : table, err);
    gv_mem_free(table);
    gv_json_free(scores);
    return status;
}

static int stage_main(gv_run *run, gv_error *err)
{
    char *json = NULL;
    int status = gv_eval_stage(&json, run, vectors_option, err);
    if (status == GV_OK)
        status = print(json, err);
    gv_mem_free(json);
    return status;
}

/* A file of vectors that is named without a run belongs to none. */
static bool is_outside_run(void)
{
    return vectors_option != NULL;
}

static int outside_main(const gv_config *config, const char *run_dir, gv_strings operands,
                        gv_progress *progress, gv_error *err)
{
    (void)run_dir;
    (void)operands;
    char *json = NULL;
    int status = gv_eval_stage_outside(&json, config, vectors_option, progress, err);
    if (status == GV_OK)
        status = print(json, err);
    gv_mem_free(json);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--vectors",
         .argument = "FILE",
         .help = "evaluate this file of vectors (text, word2vec, fasttext, sqlite, safetensors); "
                 "without "
                 "--run-dir nothing is written",
         .value = &vectors_option},
        {.name = "--json", .help = "print the scores as eval.json has them", .value = &json_option},
        {0}};
    static const gv_program program = {
        .name = "glove-eval",
        .stage = GV_STAGE_EVAL,
        .summary = "score word vectors on analogies, word similarity, categories and outliers",
        .details = "Reads the run's vectors and the files of eval.analogies (Google's format),\n"
                   "eval.similarity (word, word, score), eval.categories (word, category) and\n"
                   "eval.outliers (sets of words, each with outliers). Prints tables and writes\n"
                   "eval.json. If that is up to date, only prints.",
        .options = options,
        .stage_main = stage_main,
        .is_outside_run = is_outside_run,
        .tool_main = outside_main};
    return gv_program_main(&program, argc, argv);
}
