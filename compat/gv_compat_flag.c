#include "compat/gv_compat_flag.h"

#include "config/gv_config.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLAGS_MAX = 32, LINE = 512 };

static const gv_compat_flag *find(const gv_compat_flag *flags, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(flags[i].name, name) == 0)
            return &flags[i];
    return NULL;
}

/* The whole text is a number; of a whole one, ".0" may follow (-window-size 10.0). */
static bool read_number(gv_compat_flag_value *value, const gv_compat_flag *flag, const char *text)
{
    char *end;
    if (text[0] == '\0' || strchr(" \t\n\v\f\r", text[0]))
        return false;
    errno = 0;
    value->real = strtod(text, &end);
    if (*end != '\0' || isnan(value->real))
        return false;
    if (flag->kind == GV_COMPAT_FLAG_REAL)
        return true;
    value->whole = strtoll(text, &end, 10);
    if (*end == '.')
        end += 1 + strspn(end + 1, "0");
    return *end == '\0' && errno == 0;
}

static int read_value(gv_compat_flag_value *value, const gv_compat_flag *flag, const char *text,
                      gv_error *err)
{
    value->text = text;
    if (flag->kind == GV_COMPAT_FLAG_FILE)
        return text[0] ? GV_OK
                       : gv_error_set(err, GV_E_USAGE, "%s: the file name is empty", flag->name);
    bool whole = flag->kind == GV_COMPAT_FLAG_WHOLE;
    if (!read_number(value, flag, text))
        return gv_error_set(err, GV_E_USAGE, "%s: \"%s\" is not a %snumber", flag->name, text,
                            whole ? "whole " : "");
    double number = whole ? (double)value->whole : value->real;
    if (number < flag->least || number > flag->most)
        return gv_error_set(err, GV_E_USAGE, "%s: %s is out of range: from %g to %g", flag->name,
                            text, flag->least, flag->most);
    return GV_OK;
}

/* Tell of an argument that no flag takes. */
static void ignore(const gv_compat_flag *flags, size_t n, const char *argument,
                   gv_compat_flag_say *say, void *context)
{
    const char *names[FLAGS_MAX];
    char line[LINE];
    for (size_t i = 0; i < n; i++)
        names[i] = flags[i].name;
    /* --vector-size is meant as -vector-size */
    const char *alike = argument + (argument[0] == '-' && argument[1] == '-');
    const char *near = gv_config_nearest_name(alike, names, n);
    snprintf(line, sizeof line, "unknown %s %s is ignored%s%s%s",
             argument[0] == '-' ? "flag" : "argument", argument, near ? "; did you mean " : "",
             near ? near : "", near ? "?" : "");
    say(context, line);
}

int gv_compat_flag_parse(gv_compat_flag_value *values, const gv_compat_flag *flags, size_t n,
                         char **argv, gv_compat_flag_say *say, void *context, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < n; i++) {
        values[i] = (gv_compat_flag_value){0};
        status = read_value(&values[i], &flags[i], flags[i].standard, err);
    }
    for (char **at = argv + 1; status == GV_OK && argv[0] && *at; at++) {
        const gv_compat_flag *flag = find(flags, n, *at);
        if (!flag) {
            ignore(flags, n, *at, say, context);
            /* its value, too, without a further word */
            if (at[0][0] == '-' && at[1] && at[1][0] != '-')
                at++;
            continue;
        }
        gv_compat_flag_value *value = &values[flag - flags], first = *value;
        if (!*++at)
            return gv_error_set(err, GV_E_USAGE, "no argument given for %s", flag->name);
        status = read_value(value, flag, *at, err);
        if (first.given)
            *value = first;
        value->given = true;
    }
    return status;
}

static const char *kind_name(const gv_compat_flag *flag)
{
    return flag->kind == GV_COMPAT_FLAG_FILE   ? "<file>"
           : flag->kind == GV_COMPAT_FLAG_REAL ? "<float>"
                                               : "<int>";
}

void gv_compat_flag_usage(gv_text *text, const gv_compat_flag *flags, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gv_text_printf(text, "\t%s %s\n\t\t%s; default %s\n", flags[i].name, kind_name(&flags[i]),
                       flags[i].help, flags[i].standard);
}

void gv_compat_flag_markdown(gv_text *text, const gv_compat_flag *flags, size_t n)
{
    gv_text_add(text, "| flag | default | what it does | compared with the reference |\n"
                      "|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++)
        gv_text_printf(text, "| `%s %s` | %s | %s | %s |\n", flags[i].name, kind_name(&flags[i]),
                       flags[i].standard, flags[i].help,
                       flags[i].here ? flags[i].here : "the same");
}
