/*
 * The command line. Options are looked up in two tables, the program's own and that of all programs
 * (gv_program_text_options); an unknown one is an error that says what was probably meant.
 */
#include "app/gv_program_internal.h"
#include "config/gv_config_key.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTION_NAME = 64 };

/* Options that print something and exit. The help leaves out those that only the build uses. */
static const char *const print_options[] = {"--help",      "--version",      "--print-config",
                                            "--print-man", "--print-schema", "--print-config-docs",
                                            NULL};
const char *const gv_program_progress_modes[] = {"auto", "bar", "plain", "json", "none", NULL};

static size_t count(const char *const *names)
{
    size_t n = 0;
    while (names[n])
        n++;
    return n;
}

/* An option of the command line: one of its tables' entries, or the name of a printing option. */
typedef struct found_option {
    const gv_program_option *own;
    const gv_program_text_option *common;
    const char *print;
    bool takes_value;
} found_option;

static bool find_option(found_option *found, const gv_program *program, const char *name)
{
    *found = (found_option){0};
    for (size_t i = 0; print_options[i]; i++)
        if (strcmp(print_options[i], name) == 0)
            found->print = print_options[i];
    if (found->print)
        return true;
    for (const gv_program_option *option = program->options; option && option->name; option++)
        if (strcmp(option->name, name) == 0)
            found->own = option;
    for (const gv_program_text_option *option = gv_program_text_options; option->name; option++)
        if (strcmp(option->name, name) == 0)
            found->common = option;
    found->takes_value = found->own      ? found->own->argument != NULL
                         : found->common ? found->common->argument != NULL
                                         : false;
    return found->own || found->common;
}

/* --run_dir, -config, --FORCE: an option in another spelling, in `spelled`. */
static bool respell(char spelled[OPTION_NAME], const gv_program *program, const char *name)
{
    found_option found;
    size_t n = 2;
    memcpy(spelled, "--", 2);
    for (name += strspn(name, "-"); *name && n + 1 < OPTION_NAME; name++)
        spelled[n++] = (char)(*name == '_' ? '-' : tolower((unsigned char)*name));
    spelled[n] = '\0';
    return find_option(&found, program, spelled);
}

/* The option that is nearest to `name`; NULL if none is near. */
static const char *nearest_option(const gv_program *program, const char *name)
{
    enum { MOST = 64 };
    const char *names[MOST];
    size_t n = 0;
    for (const gv_program_text_option *option = gv_program_text_options; option->name; option++)
        names[n++] = option->name;
    for (const gv_program_option *option = program->options; option && option->name && n < MOST;
         option++)
        names[n++] = option->name;
    return gv_config_nearest_name(name, names, n);
}

/* What was meant, in this order: an option in another spelling; a key, also by the name that other
 * programs have for it (-size, --min-count); a similar option; a similar key. */
static int unknown_option(const gv_program *program, const char *name, gv_error *err)
{
    char hint[GV_KEY_SUGGESTION], spelled[OPTION_NAME];
    const char *as_set = "--set %s=VALUE";
    unsigned stages = (unsigned)program->stage;
    const char *near = respell(spelled, program, name) ? spelled : NULL;
    if (!near && !gv_config_key_suggest(hint, name, as_set, stages, true) &&
        !(near = nearest_option(program, name)))
        gv_config_key_suggest(hint, name, as_set, stages, false);
    if (near)
        snprintf(hint, sizeof hint, "; did you mean %s?", near);
    const bool operand = program->operands && name[0] == '-' && name[1] != '-';
    return gv_error_set(err, GV_E_USAGE, "unknown option %s%s", name,
                        operand ? "; if it is not meant as an option, put -- before it"
                        : *hint ? hint
                                : "; --help lists all options and keys");
}

static int check_progress_mode(const char *mode, gv_error *err)
{
    size_t n = count(gv_program_progress_modes);
    for (size_t i = 0; i < n; i++)
        if (strcmp(gv_program_progress_modes[i], mode) == 0)
            return GV_OK;
    const char *near = gv_config_nearest_name(mode, gv_program_progress_modes, n);
    return gv_error_set(err, GV_E_USAGE,
                        "--progress must be auto, bar, plain, json or none, not \"%s\"%s%s%s", mode,
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* Apply a common option; `value` is NULL for a switch. */
static int apply_common(gv_program_command *cmd, const char *name, const char *value, gv_error *err)
{
    if (value && *value == '\0')
        return gv_error_set(err, GV_E_USAGE, "%s needs a value; it must not be empty", name);
    if (strcmp(name, "--config") == 0)
        cmd->config_path = value;
    else if (strcmp(name, "--run-dir") == 0)
        cmd->run_dir = value;
    else if (strcmp(name, "--set") == 0)
        return gv_strings_add(&cmd->sets, value, err);
    else if (strcmp(name, "--force") == 0)
        cmd->force = true;
    else if (strcmp(name, "--progress") == 0) {
        cmd->progress_mode = value;
        return check_progress_mode(value, err);
    }
    return GV_OK;
}

static int apply_own(const gv_program_option *option, const char *value, gv_error *err)
{
    if (option->values)
        return gv_strings_add(option->values, value ? value : "1", err);
    *option->value = value ? value : "1";
    return GV_OK;
}

/* The value that a common option of one value has been given; NULL: none so far. */
static const char *common_value(const gv_program_command *cmd, const char *name)
{
    if (strcmp(name, "--config") == 0)
        return cmd->config_path;
    if (strcmp(name, "--run-dir") == 0)
        return cmd->run_dir;
    return strcmp(name, "--progress") == 0 ? cmd->progress_mode : NULL;
}

/* Of two values one would be ignored silently. */
static int check_given_once(const gv_program_command *cmd, const found_option *found,
                            const char *name, const char *value, gv_error *err)
{
    if (!found->takes_value || (found->own && found->own->values))
        return GV_OK;
    const char *before = found->own ? *found->own->value : common_value(cmd, name);
    return before
               ? gv_error_set(err, GV_E_USAGE, "%s is given twice: %s and %s", name, before, value)
               : GV_OK;
}

/* Does it take all arguments up to the next option? */
static bool takes_many(const gv_program_option *option)
{
    const char *end = option && option->values ? strchr(option->argument, '.') : NULL;
    return end && strcmp(end, "...") == 0;
}

/* "-" alone is a name: standard input or output. */
static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

/* The option in argv[*at] (and its value after "=" or in the next argument). */
static int parse_option(gv_program_command *cmd, int *at, int argc, char **argv, gv_error *err)
{
    char name[OPTION_NAME];
    const char *argument = argv[*at], *equals = strchr(argument, '=');
    const char *value = equals ? equals + 1 : NULL;
    size_t n = equals ? (size_t)(equals - argument) : strlen(argument);
    found_option found;
    if (strcmp(argument, "-h") == 0)
        argument = "--help", n = strlen(argument);
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), argument);
    if (!find_option(&found, cmd->program, name))
        return unknown_option(cmd->program, name, err);
    if (found.takes_value && !value) {
        if (*at + 1 >= argc)
            return gv_error_set(err, GV_E_USAGE, "%s needs a value: %s %s", name, name,
                                found.own ? found.own->argument : found.common->argument);
        value = argv[++*at];
    }
    if (!found.takes_value && value)
        return gv_error_set(err, GV_E_USAGE, "%s takes no value", name);
    int status = check_given_once(cmd, &found, name, value, err);
    if (status != GV_OK)
        return status;
    if (found.print) {
        if (!cmd->print)
            cmd->print = found.print;
        return GV_OK;
    }
    status = found.own ? apply_own(found.own, value, err) : apply_common(cmd, name, value, err);
    while (status == GV_OK && !equals && takes_many(found.own) && *at + 1 < argc &&
           !is_option(argv[*at + 1]))
        status = apply_own(found.own, argv[++*at], err);
    return status;
}

/* An operand of a program that has none, or not this one: a setting without --set, a config without
 * --config, or a text without corpus.files. */
static int unexpected_argument(const gv_program *program, const char *argument, gv_error *err)
{
    char key[OPTION_NAME];
    const char *equals = strchr(argument, '='), *hint = "", *end = strrchr(argument, '.');
    snprintf(key, sizeof key, "%.*s", equals ? (int)(equals - argument) : 0, argument);
    if (gv_config_key_find(key))
        hint = "--set ";
    else if (end && strcmp(end, ".json") == 0)
        hint = "--config ";
    else if ((program->stage & GV_STAGE_VOCAB) && access(argument, F_OK) == 0)
        hint = "--set corpus.files=";
    else if ((program->stage & GV_STAGE_COOCCUR) && strcmp(argument, "merge") == 0)
        return gv_error_set(err, GV_E_USAGE,
                            "counts are merged by glove-convert counts-merge OUT A[:WEIGHT] "
                            "B[:WEIGHT] ...; see glove-convert --help");
    return gv_error_set(err, GV_E_USAGE,
                        "unexpected argument \"%s\": %s takes options only%s%s%s%s%s%s; see --help",
                        argument, program->name, program->command ? ", or the command " : "",
                        program->command ? program->command : "", *hint ? "; did you mean " : "",
                        hint, *hint ? argument : "", *hint ? "?" : "");
}

/* May the argument stand beside the options? */
static bool takes_operand(const gv_program_command *cmd, const char *argument)
{
    const gv_program *program = cmd->program;
    return program->operands &&
           (!program->command || cmd->operands.n > 0 || strcmp(program->command, argument) == 0);
}

/* `glove-run my.json`: the operand is the config; `glove-run runs/my`: it is the run directory. */
static int take_config_operand(gv_program_command *cmd, gv_error *err)
{
    const gv_strings *operands = &cmd->operands;
    if (!cmd->program->config_operand || operands->n == 0)
        return GV_OK;
    const char *extra = operands->items[operands->n > 1];
    if (operands->n > 1 || cmd->config_path)
        return gv_error_set(err, GV_E_USAGE, "unexpected argument \"%s\": the config is %s", extra,
                            cmd->config_path ? cmd->config_path : operands->items[0]);
    struct stat look;
    bool is_dir = stat(operands->items[0], &look) == 0 && S_ISDIR(look.st_mode);
    if (is_dir && cmd->run_dir)
        return gv_error_set(err, GV_E_USAGE, "two run directories: %s and --run-dir %s",
                            operands->items[0], cmd->run_dir);
    *(is_dir ? &cmd->run_dir : &cmd->config_path) = operands->items[0];
    return GV_OK;
}

int gv_program_parse(gv_program_command *cmd, int argc, char **argv, gv_error *err)
{
    bool options_ended = false;
    int status = GV_OK;
    for (int i = 1; i < argc && status == GV_OK; i++) {
        const char *argument = argv[i];
        if (!options_ended && strcmp(argument, "--") == 0)
            options_ended = true;
        else if (!options_ended && is_option(argument))
            status = parse_option(cmd, &i, argc, argv, err);
        else if (takes_operand(cmd, argument))
            status = gv_strings_add(&cmd->operands, argument, err);
        else
            status = unexpected_argument(cmd->program, argument, err);
    }
    return status == GV_OK ? take_config_operand(cmd, err) : status;
}
