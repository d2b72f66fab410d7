/* glove-eval: scores of a run's vectors (docs/evaluation.md), stability of several runs
 * (docs/stability.md). */
#include "app/gv_print.h"
#include "app/gv_program.h"
#include "app/gv_stability_runs.h"
#include "base/gv_mem.h"
#include "eval/gv_eval.h"
#include "eval/gv_eval_stage.h"

#include <string.h>

static const char *vectors_option, *json_option, *output_option;
static gv_stability_runs_options stability_options;

/* An option that one of the two uses of the program does not look at. */
typedef struct own_option {
    const char *name;
    bool given;
} own_option;

static int refuse_given(const own_option *options, size_t n, const char *where, gv_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (options[i].given)
            return gv_error_set(err, GV_E_USAGE, "%s has no effect %s; leave it out",
                                options[i].name, where);
    return GV_OK;
}

static int refuse_options_of_stability(gv_error *err)
{
    const own_option options[] = {{"--neighbours", stability_options.neighbours != NULL},
                                  {"--words", stability_options.words != NULL},
                                  {"--over", stability_options.over.n > 0},
                                  {"--output", output_option != NULL}};
    return refuse_given(options, sizeof options / sizeof *options, "without the command stability",
                        err);
}

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
    int status = refuse_options_of_stability(err);
    if (status == GV_OK)
        status = gv_eval_stage(&json, run, vectors_option, err);
    if (status == GV_OK)
        status = print(json, err);
    gv_mem_free(json);
    return status;
}

static bool run_dir_was_given;

/* Stability is of several runs, and a file of vectors that is named without a run belongs to
 * none. */
static bool is_outside_run(gv_strings operands, bool run_dir_given)
{
    run_dir_was_given = run_dir_given;
    return operands.n > 0 || (vectors_option && !run_dir_given);
}

/* The command: `operands` are those behind its name. */
static int stability_main(const gv_config *config, gv_strings operands, gv_progress *progress,
                          gv_error *err)
{
    const own_option options[] = {{"--vectors", vectors_option != NULL},
                                  {"--run-dir", run_dir_was_given}};
    gv_stability_runs *runs = NULL;
    char *text = NULL;
    int status = refuse_given(options, sizeof options / sizeof *options,
                              "on stability, which takes runs as operands", err);
    if (status == GV_OK)
        status = gv_stability_runs_find(&runs, operands, &stability_options, progress, err);
    if (status == GV_OK && output_option)
        status = gv_stability_runs_check_output(runs, output_option, err);
    if (status == GV_OK)
        status = gv_stability_runs_measure(runs, gv_config_threads(config->train_threads), err);
    if (status == GV_OK && output_option)
        status = gv_stability_runs_write_tsv(runs, output_option, err);
    if (status == GV_OK)
        status = json_option ? gv_stability_runs_json(&text, runs, err)
                             : gv_stability_runs_table(&text, runs, err);
    if (status == GV_OK && (!output_option || strcmp(output_option, "-") != 0))
        status = gv_print_send(text, err);
    gv_mem_free(text);
    gv_stability_runs_free(runs);
    return status;
}

static int outside_main(const gv_config *config, const char *run_dir, gv_strings operands,
                        gv_progress *progress, gv_error *err)
{
    (void)run_dir;
    if (operands.n > 0)
        return stability_main(config, (gv_strings){operands.n - 1, operands.items + 1}, progress,
                              err);
    char *json = NULL;
    int status = refuse_options_of_stability(err);
    if (status == GV_OK)
        status = gv_eval_stage_outside(&json, config, vectors_option, progress, err);
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
        {.name = "--json",
         .help = "print the scores as eval.json has them, stability as JSON",
         .value = &json_option},
        {.name = "--neighbours",
         .argument = "N",
         .help = "stability: compare the N nearest neighbours of a word [10]",
         .value = &stability_options.neighbours},
        {.name = "--words",
         .argument = "N",
         .help = "stability: of the N most frequent words; 0: of all [100000]",
         .value = &stability_options.words},
        {.name = "--over",
         .argument = "KEY",
         .help = "stability: runs may differ in KEY, too, not only in seeds; repeatable",
         .values = &stability_options.over},
        {.name = "--output",
         .argument = "FILE",
         .help = "stability: write a table of all words (tab-separated); - for standard output",
         .value = &output_option},
        {0}};
    static const gv_program program = {
        .name = "glove-eval",
        .stage = GV_STAGE_EVAL,
        .summary =
            "score word vectors on analogies, word similarity, categories, outliers and probes",
        .details =
            "Reads the run's vectors and the files of eval.analogies (Google's format),\n"
            "eval.similarity (word, word, score), eval.categories (word, category),\n"
            "eval.outliers (sets of words, each with outliers) and eval.probes (sets of words\n"
            "for WEAT, and axes of pairs). Prints tables and writes eval.json. If that is up\n"
            "to date, only prints.\n"
            "\n"
            "glove-eval stability DIR... compares the nearest neighbours of each word in\n"
            "runs that differ only in their seeds, by frequency, and says which words can be\n"
            "trusted. DIR is a run directory, a sweep, or a file of vectors.",
        .operands = "[stability DIR...]",
        .command = "stability",
        .options = options,
        .stage_main = stage_main,
        .is_outside_run = is_outside_run,
        .tool_main = outside_main};
    int code = gv_program_main(&program, argc, argv);
    gv_strings_free(&stability_options.over);
    return code;
}
