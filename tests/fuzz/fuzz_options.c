/*
 * Any bytes as a command line, words with a NUL between them, and as GLOVEBOX_TEST_AT: read, and
 * completed as a shell would have it.
 */
#include "app/gv_program_internal.h"
#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "fuzz_file.h"
#include <string.h>

enum { WORDS = 32 };

static const char *top, *from;
static gv_strings more;
static const gv_program_option options[] = {
    {"--top", "N", "the most results", &top, NULL},
    {"--from", "FORMAT", "the format", &from, NULL},
    {"--words", "FILE", "words", NULL, &more},
    {NULL, NULL, NULL, NULL, NULL},
};
static const char *const choices[] = {"vocab", "cooccur", NULL};
static const gv_program programs[] = {
    {.name = "glove-vocab", .stage = GV_STAGE_VOCAB, .summary = "s"},
    {.name = "glove-query", .summary = "s", .operands = "[QUERY]", .options = options},
    {.name = "glove-run",
     .summary = "s",
     .operands = "[CONFIG]",
     .config_operand = true,
     .choices_of = "STAGE",
     .choices = choices},
};

/* Cut `text` at its NULs; returns how many words there are. */
static int cut(char **words, char *text, size_t size)
{
    int n = 0;
    for (char *at = text; at <= text + size && n < WORDS; at += strlen(at) + 1)
        words[n++] = at;
    return n;
}

static void parse(const gv_program *program, int argc, char **argv)
{
    gv_program_command cmd = {.program = program};
    gv_error err = GV_ERROR_INIT;
    top = from = NULL;
    if (gv_program_parse(&cmd, argc, argv, &err) != GV_OK && err.text[0] == '\0')
        abort();
    gv_mem_free(cmd.line);
    gv_strings_free(&cmd.sets);
    gv_strings_free(&cmd.operands);
    gv_strings_free(&more);
}

static void complete(const gv_program *program, int argc, char **argv)
{
    gv_text text = GV_TEXT_INIT;
    gv_program_complete(&text, program, argc - 1, argv + 1);
    if (argc > 1)
        (void)gv_program_completion_script(&text, argv[1]);
    gv_text_drop(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    char *words[WORDS + 1] = {NULL}, *text = malloc(size);
    if (!text)
        abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    setenv("GLOVEBOX_TEST_AT", text, 1);
    (void)!gv_test_hook_install(NULL);
    gv_test_hook_armed = false; /* what it says is not to happen */
    const gv_program *program = &programs[data[0] % 3];
    int argc = cut(words, text, size - 1);
    if (data[0] & 128)
        complete(program, argc, words);
    else
        parse(program, argc, words);
    free(text);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char parsed[] = "\0x\0--set\0train.dim=5\0--run-dir=r\0--force\0--progress\0none";
    static const char query[] = "\1x\0--top=3\0--words\0w\0a word\0--\0--from";
    static const char run[] = "\2x\0my.json\0--config\0c.json\0--help";
    static const char completed[] = "\x80x\0--set\0train.di";
    static const char hook[] = "\0write:3=fail,task:1=wait:/x,rename:2=cut:5";
    fuzz_seed_bytes("parsed", parsed, sizeof parsed - 1);
    fuzz_seed_bytes("query", query, sizeof query - 1);
    fuzz_seed_bytes("run", run, sizeof run - 1);
    fuzz_seed_bytes("completed", completed, sizeof completed - 1);
    fuzz_seed_bytes("hook", hook, sizeof hook - 1);
    return 0;
}
