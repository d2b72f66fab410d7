/* glove-embed: vectors of lines of text, and of words by their contexts (docs/embed.md). */
#include "app/gv_program.h"
#include "embed/gv_embed.h"

#include <string.h>

static const char *vectors_option, *induce_option, *weights_option, *format_option, *output_option,
    *words_option;

/* In the order of enum gv_embed_output_format. */
static const char *const formats[] = {"text", "jsonl", "npy", NULL};

/* The place of `value` among `names`, the first of which is the default. */
static int choose(unsigned *choice, const char *option, const char *value, const char *const *names,
                  gv_error *err)
{
    for (*choice = 0; value && *choice < 3; ++*choice)
        if (strcmp(value, names[*choice]) == 0)
            return GV_OK;
    if (!value)
        return GV_OK;
    return gv_error_set(err, GV_E_USAGE, "%s %.100s: expected %s, %s or %s", option, value,
                        names[0], names[1], names[2]);
}

static int tool_main(const gv_config *config, const char *run_dir, gv_strings operands,
                     gv_progress *progress, gv_error *err)
{
    static const char *const weights[] = {"sif", "mean", "idf"};
    unsigned weight = 0, format = 0;
    int status = choose(&weight, "--weights", weights_option, weights, err);
    if (status == GV_OK)
        status = choose(&format, "--format", format_option, formats, err);
    if (status == GV_OK && induce_option && weights_option)
        status = gv_error_set(err, GV_E_USAGE,
                              "--weights is about lines of text; --induce has weights of its own");
    if (status == GV_OK && words_option && !(induce_option && format == GV_EMBED_NPY))
        status = gv_error_set(err, GV_E_USAGE,
                              "--words goes with --induce and --format npy; the other formats hold "
                              "the words themselves");
    if (status != GV_OK)
        return status;
    const gv_embed_options options = {.config = config,
                                      .run_dir = run_dir,
                                      .vectors = vectors_option,
                                      .output = output_option,
                                      .words = words_option,
                                      .files = operands,
                                      .weights = (enum gv_document_weights)weight,
                                      .format = (enum gv_embed_output_format)format,
                                      .induce = induce_option != NULL,
                                      .progress = progress};
    return gv_embed_run(&options, err);
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--induce",
         .help = "input is `word TAB text`: one vector a word, from the contexts it has there",
         .value = &induce_option},
        {.name = "--weights",
         .argument = "KIND",
         .help = "of the words of a line: sif, mean or idf [sif]",
         .value = &weights_option},
        {.name = "--format",
         .argument = "FORMAT",
         .help = "of the output: text, jsonl or npy [text]",
         .value = &format_option},
        {.name = "--output",
         .argument = "FILE",
         .help = "write there instead of on standard output",
         .value = &output_option},
        {.name = "--words",
         .argument = "FILE",
         .help = "--induce to npy, which holds no words: write them to FILE, one a line",
         .value = &words_option},
        {.name = "--vectors",
         .argument = "FILE",
         .help =
             "vectors to use (text, word2vec, fasttext, sqlite, safetensors); default: the run's",
         .value = &vectors_option},
        {0}};
    static const gv_program program = {
        .name = "glove-embed",
        .summary = "vectors of texts, and of words by the contexts they are given",
        .operands = "[FILE]...",
        .choices_of = "FORMAT",
        .choices = formats,
        .details =
            "Reads files, folders and archives as corpus.files does, or standard input, and "
            "writes\n"
            "one vector for each line: the weighted mean of the vectors of its words. With\n"
            "--induce, the lines are `word TAB text`, and each word gets the vector that its\n"
            "contexts in these texts suggest; several lines of one word add up.\n"
            "Words are cut as the run's config says (corpus.tokenizer, corpus.lowercase). Words\n"
            "that the vocabulary lacks get vectors from their n-grams, if the run has\n"
            "subwords.bin.",
        .options = options,
        .tool_main = tool_main};
    return gv_program_main(&program, argc, argv);
}
