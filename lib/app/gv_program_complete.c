/*
 * Completion of command lines. The script of each shell asks the program itself: `PROGRAM
 * --complete WORD...` prints what the last WORD may become, one candidate a line, TAB and a
 * description behind it, from the tables of options and keys. The lines ":files" and ":dirs" stand
 * for names of files and folders, which the shells know better.
 */
#include "app/gv_program_internal.h"
#include "config/gv_config_key.h"
#include <string.h>

/* --- candidates ------------------------------------------------------------------------------- */

typedef struct completion {
    gv_text *text;
    const char *typed; /* what is there of the word */
    size_t before;     /* bytes of `typed` before the part that is completed ("--set=") */
} completion;

/* The first clause of a help text, without Markdown's quotes: shells show one line. */
static void add_brief(gv_text *text, const char *help)
{
    enum { MOST = 70 };
    for (size_t i = 0;
         i < MOST && help[i] && strncmp(help + i, ". ", 2) != 0 && strncmp(help + i, "; ", 2) != 0;
         i++)
        if (help[i] != '`')
            gv_text_add_bytes(text, help + i, 1);
}

/* Add BEFORE + `value` + `end` if it continues what is typed. */
static void offer(const completion *c, const char *value, const char *end, const char *help)
{
    const char *part = c->typed + c->before;
    if (strncmp(value, part, strlen(part)) != 0)
        return;
    gv_text_add_bytes(c->text, c->typed, c->before);
    gv_text_printf(c->text, "%s%s", value, end);
    if (help && *help) {
        gv_text_add(c->text, "\t");
        add_brief(c->text, help);
    }
    gv_text_add(c->text, "\n");
}

static void offer_list(const completion *c, const char *const *values)
{
    for (size_t i = 0; values && values[i]; i++)
        offer(c, values[i], "", NULL);
}

/* The part behind the first '=' of what is typed from `c->before` on. */
static completion behind_equals(const completion *c)
{
    completion rest = *c;
    rest.before = (size_t)(strchr(c->typed + c->before, '=') + 1 - c->typed);
    return rest;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* A default that says something: as JSON, without the quotes that a shell would eat. */
static void offer_default(const completion *c, const gv_config_key *key)
{
    gv_text expected = GV_TEXT_INIT;
    gv_config_key_expected(&expected, key);
    if (key->fallback)
        offer(c, key->fallback, "", expected.bytes);
    c->text->failed |= expected.failed;
    gv_text_drop(&expected);
}

static void offer_values(const completion *c, const gv_config_key *key)
{
    static const char *const truths[] = {"true", "false", NULL};
    switch (key->type) {
    case GV_KEY_BOOL:
        offer_list(c, truths);
        break;
    case GV_KEY_LOWERCASE:
        offer_list(c, truths);
        offer_list(c, key->choices);
        break;
    case GV_KEY_CHOICE:
    case GV_KEY_CHOICES:
    case GV_KEY_WEIGHTING:
        offer_list(c, key->choices);
        break;
    case GV_KEY_UINT32:
    case GV_KEY_UINT64:
    case GV_KEY_REAL:
        offer_default(c, key);
        break;
    case GV_KEY_STRING:
    case GV_KEY_STRINGS: /* all but these name files or folders */
        if (strcmp(key->name, "name") != 0 && strcmp(key->name, "corpus.field") != 0 &&
            strcmp(key->name, "corpus.column") != 0)
            gv_text_add(c->text, ":files\n");
        break;
    }
}

/* KEY=VALUE: the keys that the program reads, then the values of one. */
static void complete_setting(const completion *c, const gv_program *program)
{
    unsigned stages = gv_program_text_stages(program);
    const char *typed = c->typed + c->before, *equals = strchr(typed, '=');
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        if (equals && strlen(key->name) == (size_t)(equals - typed) &&
            strncmp(key->name, typed, strlen(key->name)) == 0) {
            completion value = behind_equals(c);
            offer_values(&value, key);
        } else if (!equals && (stages == 0 || (key->reads & stages))) {
            offer(c, key->name, "=", key->help);
        }
    }
}

/* --- options and operands --------------------------------------------------------------------- */

/* What an option's argument is, by the name that the help gives it. */
static void complete_argument(const completion *c, const gv_program *program, const char *argument)
{
    if (program->choices && strcmp(argument, program->choices_of) == 0)
        offer_list(c, program->choices);
    else if (strcmp(argument, "KEY=VALUE") == 0)
        complete_setting(c, program);
    else if (strcmp(argument, "MODE") == 0)
        offer_list(c, gv_program_progress_modes);
    else if (strcmp(argument, "FILE") == 0)
        gv_text_add(c->text, ":files\n");
    else if (strcmp(argument, "DIR") == 0)
        gv_text_add(c->text, ":dirs\n");
}

/* The argument of the option `name` (of `length` bytes); NULL: it takes none, or does not exist. */
static const char *argument_of(const gv_program *program, const char *name, size_t length)
{
    for (const gv_program_option *option = program->options; option && option->name; option++)
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option->argument;
    for (const gv_program_text_option *option = gv_program_text_options; option->name; option++)
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option->argument;
    return NULL;
}

static void complete_option_name(const completion *c, const gv_program *program)
{
    for (const gv_program_option *option = program->options; option && option->name; option++)
        offer(c, option->name, "", option->help);
    for (const gv_program_text_option *option = gv_program_text_options; option->name; option++)
        offer(c, option->name, "", option->help);
}

/* The commands that the help lists: the first words of its lines that begin with two blanks. */
static void offer_commands(const completion *c, const gv_program *program)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
    for (const char *line = program->details; line && *line; line += *line == '\n') {
        char name[32];
        size_t length = line[0] == ' ' && line[1] == ' ' ? strspn(line + 2, letters) : 0;
        if (length > 0 && length < sizeof name) {
            memcpy(name, line + 2, length);
            name[length] = '\0';
            offer(c, name, "", NULL);
        }
        line += strcspn(line, "\n");
    }
}

/* `before`: operands before this one. */
static void complete_operand(const completion *c, const gv_program *program, size_t before)
{
    if (!program->operands) {
        complete_option_name(c, program);
        return;
    }
    if (before == 0)
        offer_commands(c, program);
    if (before == 0 && program->command) {
        offer(c, program->command, "", NULL);
        complete_option_name(c, program);
        return;
    }
    if (strncmp(program->operands, "DIR", 3) == 0)
        gv_text_add(c->text, ":dirs\n");
    else if (!strstr(program->operands, "WORD"))
        gv_text_add(c->text, ":files\n");
}

void gv_program_complete(gv_text *text, const gv_program *program, int n, char *const *words)
{
    completion c = {.text = text, .typed = n > 0 ? words[n - 1] : ""};
    const char *pending = NULL; /* the argument of the option before */
    size_t operands = 0;
    for (int i = 0; i + 1 < n; i++) {
        bool is_option = !pending && words[i][0] == '-' && words[i][1] != '\0';
        operands += !pending && !is_option;
        pending = is_option && !strchr(words[i], '=')
                      ? argument_of(program, words[i], strlen(words[i]))
                      : NULL;
    }
    const char *equals = strchr(c.typed, '=');
    if (pending) {
        complete_argument(&c, program, pending);
    } else if (c.typed[0] == '-' && equals) {
        const char *argument = argument_of(program, c.typed, (size_t)(equals - c.typed));
        completion value = behind_equals(&c);
        if (argument)
            complete_argument(&value, program, argument);
    } else if (c.typed[0] == '-') {
        complete_option_name(&c, program);
    } else {
        complete_operand(&c, program, operands);
    }
}

/* --- scripts ---------------------------------------------------------------------------------- */

static const char bash_script[] =
    "# Completion for bash: source this file, or put it where bash-completion looks, under the\n"
    "# name of each program (make install does).\n"
    "_glovebox()\n"
    "{\n"
    "    local word line i typed before=\n"
    "    local -a words=()\n"
    "    # bash cuts words at = and : as well; the program needs them whole\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if ((${#words[@]})) && [[ $word == [=:]* || ${words[-1]} == *[=:] ]]; then\n"
    "            words[-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "    done\n"
    "    typed=${words[-1]}\n"
    "    [[ $typed != *[=:]* ]] || before=${typed%\"${typed##*[=:]}\"}\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        line=${line%%$'\\t'*}\n"
    "        case $line in\n"
    "        :files | :dirs)\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            [[ $line == :files ]] && i=-f || i=-d\n"
    "            while IFS= read -r word; do COMPREPLY+=(\"$word\"); done \\\n"
    "                < <(compgen $i -- \"${typed#\"$before\"}\")\n"
    "            ;;\n"
    "        *)\n"
    "            COMPREPLY+=(\"${line#\"$before\"}\")\n"
    "            [[ $line != *= ]] || compopt -o nospace 2>/dev/null\n"
    "            ;;\n"
    "        esac\n"
    "    done < <(\"${1%-mpi}\" --complete \"${words[@]}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _glovebox";

static const char zsh_script[] =
    "# Completion for zsh: put this file as _glovebox into a folder of $fpath (make install "
    "does).\n"
    "local line value\n"
    "local -a plain open\n"
    "for line in \"${(@f)$(${words[1]%-mpi} --complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; "
    "do\n"
    "    value=${line%%$'\\t'*}\n"
    "    case $value in\n"
    "    :files|:dirs)\n"
    "        compset -P '*='\n"
    "        if [[ $value == :files ]]; then _files; else _files -/; fi\n"
    "        ;;\n"
    "    *=) open+=(\"${value//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
    "    ?*) plain+=(\"${value//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
    "    esac\n"
    "done\n"
    "(( $#open )) && _describe -t keys key open -S ''\n"
    "(( $#plain )) && _describe -t values value plain\n"
    "return 0\n";

static const char fish_script[] =
    "# Completion for fish: put this file into a folder of $fish_complete_path (make install "
    "does).\n"
    "function __glovebox_complete\n"
    "    set -l words (commandline -opc) (commandline -ct)\n"
    "    set -l program (string replace -r -- '-mpi$' '' $words[1])\n"
    "    for line in ($program --complete $words[2..-1] 2>/dev/null)\n"
    "        switch $line\n"
    "            case ':files' ':dirs'\n"
    "                __fish_complete_path (commandline -ct)\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n";

static void add_names(gv_text *text, const char *before)
{
    for (size_t i = 0; gv_program_text_names[i]; i++)
        gv_text_printf(text, "%s%s", before, gv_program_text_names[i]);
    gv_text_add(text, "\n");
}

bool gv_program_completion_script(gv_text *text, const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        gv_text_add(text, bash_script);
        add_names(text, " ");
    } else if (strcmp(shell, "zsh") == 0) {
        gv_text_add(text, "#compdef");
        add_names(text, " ");
        gv_text_add(text, zsh_script);
    } else if (strcmp(shell, "fish") == 0) {
        gv_text_add(text, fish_script);
        gv_text_add(text, "for program in");
        add_names(text, " ");
        gv_text_add(text, "    complete -c $program -f -a '(__glovebox_complete)'\nend\n");
    } else {
        return false;
    }
    return true;
}
