/*
 * The position of a key in a JSON file. jansson keeps no positions, so an error about a key that
 * was parsed well scans the text again, following the dotted path object by object.
 *
 * The text has already been accepted by jansson, so the scanner only needs to find its way: it
 * knows strings with escapes and counts brackets. It never reads beyond the end all the same.
 * A key of the path may itself contain dots ("train.dim" at the top level): at every object each
 * member whose name is a prefix of the rest of the path is tried. Cost: linear in the text.
 */
#include "config/gv_config_key.h"

#include <stdlib.h>
#include <string.h>

typedef struct scanner {
    const char *at, *end;
} scanner;

static void skip_space(scanner *s)
{
    while (s->at < s->end && strchr(" \t\r\n", *s->at))
        s->at++;
}

static bool take(scanner *s, char c)
{
    skip_space(s);
    if (s->at >= s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* From an opening quote to after the closing one. */
static void skip_string(scanner *s)
{
    s->at++;
    while (s->at < s->end && *s->at != '"')
        s->at += *s->at == '\\' ? 2 : 1;
    s->at++;
    if (s->at > s->end)
        s->at = s->end;
}

/* Over one value of any kind. */
static void skip_value(scanner *s)
{
    size_t depth = 0;
    skip_space(s);
    while (s->at < s->end) {
        char c = *s->at;
        if (c == '"') {
            skip_string(s);
        } else {
            if (depth == 0 && strchr(",]}", c))
                return;
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            s->at++;
        }
        if (depth == 0 && strchr("\"]}", c))
            return;
    }
}

/* How many bytes of `path` the quoted name from..to makes up (with the dot after it), 0 if it is
 * no prefix. `*whole`: nothing of the path is left. */
static size_t name_matches(const char *from, const char *to, const char *path, bool *whole)
{
    json_t *value; /* without memory the position is not told */
    if (gv_jansson_load(&value, from, (size_t)(to - from), JSON_DECODE_ANY, NULL, NULL) != GV_OK)
        value = NULL;
    const char *name = json_string_value(value);
    size_t matched = 0, n = name ? strlen(name) : 0;
    *whole = name && strcmp(name, path) == 0;
    if (*whole)
        matched = n;
    else if (name && strncmp(name, path, n) == 0 && path[n] == '.')
        matched = n + 1;
    json_decref(value);
    return matched;
}

/* The key's opening quote inside the object that begins at s, or NULL. */
static const char *find_key(scanner *s, const char *path)
{
    if (!take(s, '{'))
        return NULL;
    do {
        skip_space(s);
        if (s->at >= s->end || *s->at != '"')
            return NULL;
        const char *key = s->at;
        bool whole;
        skip_string(s);
        size_t matched = name_matches(key, s->at, path, &whole);
        if (whole)
            return key;
        if (!take(s, ':'))
            return NULL;
        if (matched > 0) {
            scanner inside = *s;
            const char *found = find_key(&inside, path + matched);
            if (found)
                return found;
        }
        skip_value(s);
    } while (take(s, ','));
    return NULL;
}

bool gv_config_key_where(const char *text, size_t bytes, const char *path, size_t *line,
                         size_t *column)
{
    scanner s = {text, text + bytes};
    const char *key = find_key(&s, path);
    if (!key)
        return false;
    *line = 1;
    *column = 1;
    for (const char *p = text; p < key; p++) {
        if (*p == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)*p & 0xc0) != 0x80) { /* not inside a UTF-8 character */
            ++*column;
        }
    }
    return true;
}
