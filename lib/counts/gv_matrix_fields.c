#include "counts/gv_matrix_fields.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static size_t count_of(const char *line, char c)
{
    size_t n = 0;
    for (const char *p = line; (p = strchr(p, c)); p++)
        n++;
    return n;
}

/* Does the line consist of three fields between blanks, of which the third begins like a number?
 * Its comma would be one of a decimal number, "1,5". */
static bool is_three_fields(const char *line)
{
    const char *at = line;
    for (int i = 0; i < 2; i++) {
        at += strspn(at, " \t");
        at += strcspn(at, " \t");
    }
    at += strspn(at, " \t");
    return *at >= '0' && *at <= '9' && at[strcspn(at, " \t")] == '\0';
}

char gv_matrix_fields_separator(const char *line)
{
    /* enough for three fields, or for two: "a;b;1,5" is no line of commas */
    static const char candidates[] = "\t,;";
    for (const char *c = candidates; *c; c++)
        if (count_of(line, *c) + 1 >= GV_MATRIX_FIELDS)
            return *c;
    if (is_three_fields(line))
        return ' ';
    for (const char *c = candidates; *c; c++)
        if (count_of(line, *c) == 1)
            return *c;
    return ' ';
}

/* Take the quotes off a field that begins with one, "" inside being a quote; returns what follows
 * it. */
static char *unquote(char *field)
{
    char *to = field;
    const char *from = field + 1;
    while (*from && !(*from == '"' && from[1] != '"')) {
        from += *from == '"';
        *to++ = *from++;
    }
    char *rest = field + (from - field) + (*from == '"');
    *to = '\0';
    return rest;
}

static char *trim(char *field)
{
    field += strspn(field, " \t");
    size_t length = strlen(field);
    while (length > 0 && (field[length - 1] == ' ' || field[length - 1] == '\t'))
        field[--length] = '\0';
    return field;
}

size_t gv_matrix_fields_cut(char *fields[GV_MATRIX_FIELDS], char *line, char separator)
{
    const char ends[] = {separator, separator == ' ' ? '\t' : '\0', '\0'};
    size_t n = 0;
    for (char *p = trim(line);; n++) {
        bool quoted = *p == '"' && (separator == ',' || separator == ';');
        char *end = quoted ? unquote(p) : p;
        end += strcspn(end, ends);
        char last = *end;
        if (!quoted)
            *end = '\0';
        if (n < GV_MATRIX_FIELDS)
            fields[n] = quoted ? p : trim(p);
        if (last == '\0')
            return n + 1;
        p = end + 1;
        if (separator == ' ')
            p += strspn(p, " \t");
    }
}

bool gv_matrix_fields_take_dictionary(char *line, char **weight)
{
    size_t length = strlen(line);
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
        length--;
    char *open = strchr(line, '{');
    if (!open || open == line || !strchr(" \t,;", open[-1]) || line[length - 1] != '}')
        return false;
    line[length - 1] = '\0';
    *weight = strstr(open, "weight");
    if (*weight) {
        *weight += strlen("weight");
        *weight += strspn(*weight, "'\": ");
        (*weight)[strcspn(*weight, ", ")] = '\0';
    }
    open[-1] = '\0';
    return true;
}

bool gv_matrix_fields_number(const char *field, double *value)
{
    char *end;
    *value = strtod(field, &end);
    return end > field && *end == '\0' && !strpbrk(field, "xX");
}

bool gv_matrix_fields_are_names(const char *first, const char *second)
{
    static const char *const names[][2] = {
        {"source", "target"}, {"from", "to"},          {"src", "dst"},
        {"src", "dest"},      {"node1", "node2"},      {"item1", "item2"},
        {"word1", "word2"},   {"word", "context"},     {"fromnodeid", "tonodeid"},
        {"head", "tail"},     {"item_a", "item_b"},    {"node_1", "node_2"},
        {"id_1", "id_2"},     {"from_node", "to_node"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(first, names[i][0]) == 0 && strcasecmp(second, names[i][1]) == 0)
            return true;
    return false;
}
