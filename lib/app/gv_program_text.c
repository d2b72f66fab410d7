/* Help and man pages, from the option tables and the table of config keys. */
#include "app/gv_program_internal.h"

#include "config/gv_config_key.h"
#include "config/gv_config_variable.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 79, INDENT = 2, HELP_COLUMN = 26 };

const gv_program_text_option gv_program_text_options[] = {
    {"--config", "FILE",
     "the JSON config; default: config.json of the run directory, if there is one"},
    {"--set", "KEY=VALUE",
     "set one config key, named by its dotted path; VALUE is JSON or a bare string; may be "
     "repeated"},
    {"--run-dir", "DIR", "the run directory; default: runs/NAME, where NAME is the config's name"},
    {"--progress", "MODE",
     "progress on stderr: auto (bar on a terminal, else plain), bar, plain, "
     "json, none"},
    {"--print-config", NULL, "print the config with every default filled in, and exit"},
    {"--force", NULL, "run even if the output is up to date; ignore checkpoints"},
    {"--help", NULL, "print this help and exit"},
    {"--version", NULL, "print the version and exit"},
    {NULL, NULL, NULL}};

const char *const gv_program_text_names[] = {
    "glove-run",       "glove-sweep",       "glove-vocab",
    "glove-vocab-mpi", "glove-cooccur",     "glove-cooccur-mpi",
    "glove-shuffle",   "glove-shuffle-mpi", "glove-train",
    "glove-train-mpi", "glove-eval",        "glove-query",
    "glove-embed",     "glove-report",      "glove-plan",
    "glove-convert",   "glove-clean",       NULL};

unsigned gv_program_text_stages(const gv_program *program)
{
    unsigned stage = (unsigned)program->stage;
    return stage == GV_STAGE_TRAIN ? stage | GV_STAGE_OUTPUT : stage;
}

/* --- help ------------------------------------------------------------------------------------- */

/* Words of `help` wrapped into the column, the cursor standing at column `at`. */
static void add_wrapped(gv_text *text, const char *help, size_t at, size_t column)
{
    if (at + 2 > column && column > 0) {
        gv_text_add(text, "\n");
        at = 0;
    }
    gv_text_printf(text, "%*s", (int)(column - at), "");
    at = column;
    while (*help) {
        size_t n = strcspn(help, " \n");
        if (at > column && at + 1 + n > LINE_WIDTH) {
            gv_text_printf(text, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            gv_text_add(text, " ");
            at++;
        }
        gv_text_add_bytes(text, help, n);
        at += n;
        help += n + (help[n] != '\0');
    }
    gv_text_add(text, "\n");
}

/* Bytes from `at` to the end of its paragraph: an empty line, or one that begins with a blank. */
static size_t paragraph_length(const char *at)
{
    const char *end = at;
    while (*end && *end != ' ' && *end != '\n') {
        end += strcspn(end, "\n");
        end += *end == '\n';
    }
    return (size_t)(end - at);
}

/* Paragraphs are wrapped; lines that begin with a blank, as in a table, keep their breaks. */
static void add_details_help(gv_text *text, const char *details)
{
    while (*details) {
        size_t n = paragraph_length(details);
        if (n > 0) {
            gv_text paragraph = GV_TEXT_INIT;
            gv_text_add_bytes(&paragraph, details, n - (details[n - 1] == '\n'));
            add_wrapped(text, paragraph.bytes ? paragraph.bytes : "", 0, 0);
            text->failed |= paragraph.failed;
            gv_text_drop(&paragraph);
        } else {
            n = strcspn(details, "\n");
            n += details[n] == '\n';
            gv_text_add_bytes(text, details, n);
            if (!details[n] && details[n - 1] != '\n')
                gv_text_add(text, "\n");
        }
        details += n;
    }
}

/* The forms of the operands, which " | " separates: those after the first one each come after
 * `between`. `add` appends plain text. */
static void add_operands(gv_text *text, const char *operands, const char *between,
                         void (*add)(gv_text *text, const char *plain, size_t bytes))
{
    for (const char *next; operands; operands = next) {
        next = strstr(operands, " | ");
        add(text, operands, next ? (size_t)(next - operands) : strlen(operands));
        if (next) {
            gv_text_add(text, between);
            next += strlen(" | ");
        }
    }
}

static void add_plain(gv_text *text, const char *plain, size_t bytes)
{
    gv_text_add_bytes(text, plain, bytes);
}

static void add_option_help(gv_text *text, const char *name, const char *argument, const char *help)
{
    size_t before = text->used;
    gv_text_printf(text, "%*s%s%s%s", INDENT, "", name, argument ? " " : "",
                   argument ? argument : "");
    add_wrapped(text, help, text->used - before, HELP_COLUMN);
}

/* Help with Markdown's backquotes, beside a name that ends at column `at`. */
static void add_key_text(gv_text *text, const char *help, size_t at)
{
    enum { KEY_COLUMN = HELP_COLUMN + 8 };
    gv_text plain = GV_TEXT_INIT;
    for (const char *p = help; *p; p++)
        if (*p != '`')
            gv_text_add_bytes(&plain, p, 1);
    add_wrapped(text, plain.bytes ? plain.bytes : "", at, KEY_COLUMN);
    text->failed |= plain.failed;
    gv_text_drop(&plain);
}

static void add_key_help(gv_text *text, const gv_config_key *key, const char *help)
{
    size_t before = text->used;
    gv_text_printf(text, "%*s%s [", INDENT, "", key->name);
    gv_config_key_default_text(text, key, "");
    gv_text_add(text, "]");
    add_key_text(text, help, text->used - before);
}

static void add_keys_help(gv_text *text, unsigned stages, bool experiments)
{
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        const char *help = gv_config_key_help(key, experiments);
        if (help && (key->reads & stages))
            add_key_help(text, key, help);
    }
}

/* Does the program, or its MPI form, read the variable? */
static bool reads_variable(const gv_program *program, const gv_config_variable *variable)
{
    const char *name = strchr(program->name, '-');
    for (const char *at = variable->program; name && *at; at += strspn(at, ", ")) {
        size_t n = strcspn(at, ",");
        if (strncmp(name + 1, at, n) == 0)
            return true;
        at += n;
    }
    return false;
}

/* What is there for comparisons and tests; nothing where a program has nothing of the kind. */
static bool has_experiments(const gv_program *program)
{
    for (const gv_config_key *key = gv_config_key_table; key->name; key++)
        if (gv_config_key_help(key, true) && (key->reads & gv_program_text_stages(program)))
            return true;
    for (const gv_config_variable *variable = gv_config_variable_table; variable->name; variable++)
        if (reads_variable(program, variable))
            return true;
    return false;
}

static void add_experiments_help(gv_text *text, const gv_program *program)
{
    if (!has_experiments(program))
        return;
    gv_text_add(text, "\nFor experiments:\n");
    add_keys_help(text, gv_program_text_stages(program), true);
    for (const gv_config_variable *variable = gv_config_variable_table; variable->name;
         variable++) {
        if (!reads_variable(program, variable))
            continue;
        size_t before = text->used;
        gv_text_printf(text, "%*s%s=%s", INDENT, "", variable->name, variable->value);
        add_key_text(text, variable->help, text->used - before);
    }
}

void gv_program_text_help(gv_text *text, const gv_program *program)
{
    gv_text form = GV_TEXT_INIT;
    gv_text_printf(&form, "\n       %s [OPTION]... ", program->name);
    gv_text_printf(text, "%s - %s\n\nUsage: %s [OPTION]...", program->name, program->summary,
                   program->name);
    if (program->operands) {
        gv_text_add(text, " ");
        add_operands(text, program->operands, form.bytes ? form.bytes : " | ", add_plain);
    }
    gv_text_add(text, "\n");
    text->failed |= form.failed;
    gv_text_drop(&form);
    if (program->details) {
        gv_text_add(text, "\n");
        add_details_help(text, program->details);
    }
    gv_text_add(text, "\nOptions:\n");
    for (const gv_program_option *option = program->options; option && option->name; option++)
        add_option_help(text, option->name, option->argument, option->help);
    for (const gv_program_text_option *option = gv_program_text_options; option->name; option++)
        add_option_help(text, option->name, option->argument, option->help);
    if (program->stage) {
        gv_text_add(text, "\nConfig keys of this program [default]:\n");
        add_keys_help(text, gv_program_text_stages(program), false);
    }
    add_experiments_help(text, program);
    gv_text_add(text, "\nExit codes: 0 done; 1 failed at run time; 2 wrong usage or config;\n"
                      "130, 143 or 129 stopped by SIGINT, SIGTERM or SIGHUP.\n");
}

/* --- man page --------------------------------------------------------------------------------- */

/* Plain text as roff: backslashes, hyphens, leading dots and quotes escaped; `code` in bold. */
static void add_roff_bytes(gv_text *text, const char *plain, size_t bytes)
{
    bool line_start = true, code = false;
    for (const char *p = plain; p < plain + bytes; p++) {
        if (line_start && (*p == '.' || *p == '\''))
            gv_text_add(text, "\\&");
        line_start = *p == '\n';
        if (*p == '\\')
            gv_text_add(text, "\\e");
        else if (*p == '-')
            gv_text_add(text, "\\-");
        else if (*p == '`')
            gv_text_add(text, (code = !code) ? "\\fB" : "\\fR");
        else
            gv_text_add_bytes(text, p, 1);
    }
}

static void add_roff(gv_text *text, const char *plain)
{
    add_roff_bytes(text, plain, strlen(plain));
}

static void add_upper(gv_text *text, const char *name)
{
    for (; *name; name++) {
        char c = (char)toupper((unsigned char)*name);
        gv_text_add_bytes(text, &c, 1);
    }
}

static void add_man_option(gv_text *text, const char *name, const char *argument, const char *help)
{
    gv_text_add(text, ".TP\n\\fB");
    add_roff(text, name);
    gv_text_add(text, "\\fR");
    if (argument) {
        gv_text_add(text, " \\fI");
        add_roff(text, argument);
        gv_text_add(text, "\\fR");
    }
    gv_text_add(text, "\n");
    add_roff(text, help);
    gv_text_add(text, "\n");
}

static void add_man_key(gv_text *text, const gv_config_key *key, const char *help)
{
    gv_text value = GV_TEXT_INIT;
    gv_text_add(text, ".TP\n\\fB");
    add_roff(text, key->name);
    gv_text_add(text, "\\fR [");
    gv_config_key_default_text(&value, key, "");
    add_roff(text, value.bytes ? value.bytes : "");
    text->failed |= value.failed;
    gv_text_drop(&value);
    gv_text_add(text, "]\n");
    add_roff(text, help);
    gv_text_add(text, ".\n");
}

static void add_man_keys(gv_text *text, unsigned stages, bool experiments)
{
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        const char *help = gv_config_key_help(key, experiments);
        if (help && (key->reads & stages))
            add_man_key(text, key, help);
    }
}

static void add_man_experiments(gv_text *text, const gv_program *program)
{
    if (!has_experiments(program))
        return;
    gv_text_add(text, ".SH FOR EXPERIMENTS\nConfig keys and environment variables for comparisons "
                      "and tests.\n");
    add_man_keys(text, gv_program_text_stages(program), true);
    for (const gv_config_variable *variable = gv_config_variable_table; variable->name; variable++)
        if (reads_variable(program, variable)) {
            gv_text_printf(text, ".TP\n\\fB%s\\fR=\\fI%s\\fR\n", variable->name, variable->value);
            add_roff(text, variable->help);
            gv_text_add(text, ".\n");
        }
}

/* Text is filled; lines that begin with a blank, as in a table, keep their breaks; an empty line is
 * a paragraph. */
static void add_man_details(gv_text *text, const char *details)
{
    bool as_is = false;
    while (*details) {
        size_t length = strcspn(details, "\n");
        if (length == 0) {
            gv_text_add(text, ".sp\n");
        } else {
            if ((*details == ' ') != as_is)
                gv_text_add(text, (as_is = !as_is) ? ".nf\n" : ".fi\n");
            add_roff_bytes(text, details, length);
            gv_text_add(text, "\n");
        }
        details += length + (details[length] == '\n');
    }
    if (as_is)
        gv_text_add(text, ".fi\n");
}

static void add_man_examples(gv_text *text, const gv_program *program)
{
    bool any = false;
    for (const gv_program_example *example = gv_program_examples; example->program; example++) {
        if (strcmp(example->program, program->name) != 0)
            continue;
        gv_text_add(text, any ? "" : ".SH EXAMPLES\n");
        any = true;
        gv_text_add(text, ".TP\n\\fB");
        add_roff(text, example->command);
        gv_text_add(text, "\\fR\n");
        add_roff(text, example->what);
        gv_text_add(text, ".\n");
    }
}

static void add_see_also(gv_text *text, const gv_program *program)
{
    gv_text_add(text, ".SH SEE ALSO\nglovebox(7)");
    for (size_t i = 0; gv_program_text_names[i]; i++)
        if (strcmp(gv_program_text_names[i], program->name) != 0) {
            gv_text_add(text, ",\n");
            add_roff(text, gv_program_text_names[i]);
            gv_text_add(text, "(1)");
        }
    gv_text_add(text, "\n");
}

static void add_man_synopsis(gv_text *text, const gv_program *program)
{
    gv_text form = GV_TEXT_INIT;
    gv_text_add(&form, "\\fB");
    add_roff(&form, program->name);
    gv_text_add(&form, "\\fR [\\fIOPTION\\fR]...");
    gv_text_add(text, form.bytes ? form.bytes : "");
    if (program->operands) {
        gv_text between = GV_TEXT_INIT;
        gv_text_printf(&between, "\n.br\n%s ", form.bytes ? form.bytes : "");
        gv_text_add(text, " ");
        add_operands(text, program->operands, between.bytes ? between.bytes : "", add_roff_bytes);
        text->failed |= between.failed;
        gv_text_drop(&between);
    }
    gv_text_add(text, "\n");
    text->failed |= form.failed;
    gv_text_drop(&form);
}

void gv_program_text_man(gv_text *text, const gv_program *program)
{
    gv_text_add(text, ".TH ");
    add_upper(text, program->name);
    gv_text_printf(text, " 1 \"\" \"glovebox %s\" \"glovebox\"\n.SH NAME\n", GV_VERSION);
    add_roff(text, program->name);
    gv_text_add(text, " \\- ");
    add_roff(text, program->summary);
    gv_text_add(text, "\n.SH SYNOPSIS\n");
    add_man_synopsis(text, program);
    if (program->details) {
        gv_text_add(text, ".SH DESCRIPTION\n");
        add_man_details(text, program->details);
    }
    gv_text_add(text, ".SH OPTIONS\n");
    for (const gv_program_option *option = program->options; option && option->name; option++)
        add_man_option(text, option->name, option->argument, option->help);
    for (const gv_program_text_option *option = gv_program_text_options; option->name; option++)
        add_man_option(text, option->name, option->argument, option->help);
    if (program->stage) {
        gv_text_add(text, ".SH CONFIG KEYS\n"
                          "The keys that this program reads, with their defaults.\n");
        add_man_keys(text, gv_program_text_stages(program), false);
    }
    add_man_experiments(text, program);
    add_man_examples(text, program);
    gv_text_add(
        text,
        ".SH EXIT STATUS\n"
        "0 done; 1 failed at run time (earlier outputs are untouched); 2 wrong usage or config;\n"
        "130, 143 or 129 stopped by SIGINT, SIGTERM or SIGHUP, after saving what can be resumed.\n"
        ".SH ENVIRONMENT\n.TP\n\\fBGLOVEBOX_KERNEL\\fR\n"
        "The kernel to use: scalar, avx2, avx512 or neon. Results do not change.\n");
    add_see_also(text, program);
}
