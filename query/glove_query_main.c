/* glove-query: neighbours, analogies, similarity, contexts; one-shot or at a prompt
 * (docs/query.md). */
#include "app/gv_print.h"
#include "app/gv_program.h"
#include "base/gv_mem.h"
#include "query/gv_query.h"
#include "query/gv_query_prompt.h"

#include <errno.h>
#include <stdlib.h>

static const char *vectors_option, *store_option, *top_option, *mul_option, *json_option;

static int parse_top(size_t *top, gv_error *err)
{
    char *end;
    *top = 10;
    if (!top_option)
        return GV_OK;
    errno = 0;
    unsigned long value = strtoul(top_option, &end, 10);
    if (errno || end == top_option || *end != '\0' || top_option[0] == '-' || value < 1 ||
        value > 1000000)
        return gv_error_set(err, GV_E_USAGE, "--top %s: expected a number from 1 to 1000000",
                            top_option);
    *top = value;
    return GV_OK;
}

static int tool_main(const gv_config *config, const char *run_dir, gv_strings operands,
                     gv_progress *progress, gv_error *err)
{
    (void)progress;
    gv_query *query = NULL;
    gv_query_options options = {.vectors = vectors_option,
                                .store = store_option,
                                .mul = mul_option != NULL,
                                .json = json_option != NULL};
    char *answer = NULL;
    int status = parse_top(&options.top, err);
    if (status == GV_OK)
        status = gv_query_open(&query, &options, config, run_dir, err);
    if (status == GV_OK && operands.n == 0) {
        status = gv_query_prompt(query, options.json, stdout, stderr, err);
    } else if (status == GV_OK) {
        status = gv_query_run(&answer, query, &operands, err);
        if (status == GV_OK)
            status = gv_print_send(answer, err);
    }
    gv_mem_free(answer);
    gv_query_close(query);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--vectors",
         .argument = "FILE",
         .help =
             "vectors to use (text, word2vec, fasttext, sqlite, safetensors); default: the run's",
         .value = &vectors_option},
        {.name = "--store",
         .argument = "FILE",
         .help = "store.db for 'pairs'; default: the run's",
         .value = &store_option},
        {.name = "--top",
         .argument = "N",
         .help = "maximum number of results [10]",
         .value = &top_option},
        {.name = "--mul", .help = "analogies by 3CosMul instead of 3CosAdd", .value = &mul_option},
        {.name = "--json", .help = "answer with one line of JSON", .value = &json_option},
        {0}};
    gv_text text = GV_TEXT_INIT;
    char *details = NULL;
    gv_text_add(&text, "Commands:\n");
    gv_query_describe(&text);
    gv_text_add(&text,
                "Words without a command mean nearest: glove-query king - man + woman\n"
                "Without any word there is a prompt, with history and completion; from a pipe, "
                "one\nquery a line. A word that begins with \"-\" goes behind \"--\": "
                "nearest -- -lrb-\n"
                "A word that is not in the vocabulary gets a vector from its n-grams, if the run "
                "was\ntrained with output.subwords; the answer says so.");
    gv_error error = GV_ERROR_INIT;
    if (gv_text_take(&details, &text, &error) != GV_OK) {
        fprintf(stderr, "glove-query: error: %s\n", error.text);
        return gv_error_exit_code(error.code, 0);
    }
    const gv_program program = {
        .name = "glove-query",
        .summary = "query word vectors: neighbours, analogies, similarity; contexts from the store",
        .operands = "[COMMAND] [WORD]...",
        .details = details,
        .options = options,
        .tool_main = tool_main,
        .json_lines = true};
    int code = gv_program_main(&program, argc, argv);
    gv_mem_free(details);
    return code;
}
