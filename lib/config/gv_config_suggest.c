/*
 * What a mistyped key was meant to be. In this order: the key itself in other spelling
 * (vocab_min_count); a similar key of the section that was named (vocab.files: vocab.file); another
 * program's name for it (lr); the same last part in another section (train.min_count:
 * vocab.min_count); a similar last part (epoch); a similar name as a whole.
 */
#include "config/gv_config_alias.h"
#include "config/gv_config_key.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 64, KEYS = GV_KEY_MOST, SHOWN = 2 };

/* An unknown name, taken apart. */
typedef struct unknown {
    char whole[NAME]; /* in lower case, _ for -, leading dashes dropped */
    char section[NAME];
    const char *rest, *last; /* after the first dot and after the last one; in `whole` */
} unknown;

/* Keys to suggest, the likeliest first. */
typedef struct list {
    const gv_config_key *keys[KEYS];
    size_t n;
} list;

static void take_apart(unknown *parts, const char *name)
{
    *parts = (unknown){0};
    name += strspn(name, "-");
    for (size_t i = 0; name[i] && i + 1 < sizeof parts->whole; i++)
        parts->whole[i] = (char)(name[i] == '-' ? '_' : tolower((unsigned char)name[i]));
    const char *first = strchr(parts->whole, '.'), *end = strrchr(parts->whole, '.');
    parts->rest = first ? first + 1 : parts->whole;
    parts->last = end ? end + 1 : parts->whole;
    if (first)
        snprintf(parts->section, sizeof parts->section, "%.*s", (int)(first - parts->whole),
                 parts->whole);
}

static const char *last_part(const gv_config_key *key)
{
    const char *dot = strrchr(key->name, '.');
    return dot ? dot + 1 : key->name;
}

static bool in_section(const gv_config_key *key, const char *section)
{
    size_t n = strlen(section);
    return strncmp(key->name, section, n) == 0 && key->name[n] == '.';
}

static void add(list *found, const gv_config_key *key)
{
    for (size_t i = 0; i < found->n; i++)
        if (found->keys[i] == key)
            return;
    if (found->n < KEYS && key)
        found->keys[found->n++] = key;
}

/* --- ways to find keys ------------------------------------------------------------------------ */

/* vocab_min_count for vocab.min_count, TRAIN.DIM for train.dim */
static void find_spelling(list *found, const unknown *u)
{
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        size_t i = 0;
        while (u->whole[i] == key->name[i] || (u->whole[i] == '_' && key->name[i] == '.'))
            if (u->whole[i++] == '\0') {
                add(found, key);
                break;
            }
    }
}

/* The nearest section to a name, which may be one; NULL if none is near. Static. */
static const char *nearest_section(const char *name, char section[NAME])
{
    static const struct {
        const char *name, *section;
    } others[] = {{"model", "train"},      {"params", "train"},   {"hyperparameters", "train"},
                  {"data", "corpus"},      {"input", "corpus"},   {"text", "corpus"},
                  {"matrix", "cooccur"},   {"counts", "cooccur"}, {"evaluation", "eval"},
                  {"dictionary", "vocab"}, {"distributed", "mpi"}};
    const char *names[KEYS];
    char sections[KEYS][NAME];
    size_t n = 0;
    for (const gv_config_key *key = gv_config_key_table; key->name && n < KEYS; key++) {
        const char *dot = strchr(key->name, '.');
        if (!dot || (n > 0 && in_section(key, sections[n - 1])))
            continue;
        snprintf(sections[n], sizeof sections[n], "%.*s", (int)(dot - key->name), key->name);
        names[n] = sections[n];
        n++;
    }
    const char *near = gv_config_nearest_name(name, names, n);
    for (size_t i = 0; !near && i < sizeof others / sizeof others[0]; i++)
        if (strcmp(others[i].name, name) == 0)
            near = others[i].section;
    if (near)
        snprintf(section, NAME, "%s", near);
    return near ? section : NULL;
}

/* The key whose last part is nearest to `name`, in one section or (NULL) in any. */
static void find_near(list *found, const char *name, const char *section)
{
    const char *names[KEYS] = {NULL};
    size_t n = 0;
    for (const gv_config_key *key = gv_config_key_table; key->name && n < KEYS; key++)
        if (!section || in_section(key, section))
            names[n++] = last_part(key);
    const char *near = gv_config_nearest_name(name, names, n);
    for (const gv_config_key *key = gv_config_key_table; near && key->name; key++)
        if (last_part(key) == near)
            add(found, key);
}

static void find_same_last(list *found, const unknown *u)
{
    for (const gv_config_key *key = gv_config_key_table; key->name; key++)
        if (strcmp(last_part(key), u->last) == 0)
            add(found, key);
}

static void find_near_whole(list *found, const unknown *u)
{
    const char *names[KEYS];
    size_t n = 0;
    for (const gv_config_key *key = gv_config_key_table; key->name && n < KEYS; key++)
        names[n++] = key->name;
    const char *near = gv_config_nearest_name(u->whole, names, n);
    if (near)
        add(found, gv_config_key_find(near));
}

static const gv_config_alias *find_alias(const unknown *u)
{
    const gv_config_alias *by_last = NULL;
    for (const gv_config_alias *alias = gv_config_alias_table; alias->name; alias++) {
        if (strcmp(alias->name, u->whole) == 0)
            return alias;
        if (strcmp(alias->name, u->last) == 0)
            by_last = alias;
    }
    return by_last;
}

/* --- the text --------------------------------------------------------------------------------- */

/* As gv_text_printf, into an array; what does not fit is cut. */
static void append(char text[GV_KEY_SUGGESTION], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void append(char text[GV_KEY_SUGGESTION], const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, GV_KEY_SUGGESTION - used, format, args);
    va_end(args);
}

/* `format` with the name of the key in the place of its %s. */
static void append_key(char text[GV_KEY_SUGGESTION], const char *format, const char *name)
{
    const char *mark = strstr(format, "%s");
    append(text, "%.*s%s%s", (int)(mark - format), format, name, mark + 2);
}

/* Only those that these stages read, if there are any. */
static void write_keys(char text[GV_KEY_SUGGESTION], const list *found, const char *format,
                       unsigned stages)
{
    size_t shown = 0;
    bool any_read = false;
    for (size_t i = 0; i < found->n; i++)
        any_read |= (found->keys[i]->reads & stages) != 0;
    for (size_t i = 0; i < found->n && shown < SHOWN; i++)
        if (!any_read || (found->keys[i]->reads & stages)) {
            append(text, "%s", shown++ ? " or " : "; did you mean ");
            append_key(text, format, found->keys[i]->name);
        }
    append(text, "?");
}

bool gv_config_key_suggest(char text[GV_KEY_SUGGESTION], const char *name, const char *format,
                           unsigned stages, bool sure)
{
    unknown u;
    char section[NAME];
    list found = {0};
    *text = '\0';
    take_apart(&u, name);
    const gv_config_alias *alias = find_alias(&u);
    find_spelling(&found, &u);
    if (found.n == 0 && alias && strcmp(alias->name, u.whole) == 0 && strchr(u.whole, '.'))
        add(&found, gv_config_key_find(alias->keys[0]));
    if (found.n == 0 && u.section[0] && !sure && nearest_section(u.section, section))
        find_near(&found, u.rest, section);
    if (found.n == 0 && alias && alias->advice) {
        append(text, "; %s", alias->advice);
        return true;
    }
    for (size_t i = 0; found.n == i && alias && i < GV_CONFIG_ALIAS_KEYS && alias->keys[i]; i++)
        add(&found, gv_config_key_find(alias->keys[i]));
    if (found.n == 0)
        find_same_last(&found, &u);
    if (found.n == 0 && !sure)
        find_near(&found, u.last, NULL);
    if (found.n == 0 && !sure && !u.section[0])
        find_near_whole(&found, &u);
    if (found.n > 0)
        write_keys(text, &found, format, stages);
    return found.n > 0;
}

bool gv_config_key_suggest_section(char text[GV_KEY_SUGGESTION], const char *name)
{
    unknown u;
    char section[NAME];
    *text = '\0';
    take_apart(&u, name);
    if (nearest_section(u.whole, section))
        append(text, "; did you mean \"%s\"?", section);
    return *text != '\0';
}

bool gv_config_key_suggest_choice(char text[GV_KEY_SUGGESTION], const gv_config_key *key,
                                  const char *value)
{
    const gv_config_alias_value *other = gv_config_alias_values;
    size_t n = 0;
    *text = '\0';
    while (other->key && (strcmp(other->key, key->name) != 0 || strcmp(other->name, value) != 0))
        other++;
    while (key->choices[n])
        n++;
    const char *near = other->key ? other->choice : gv_config_nearest_name(value, key->choices, n);
    if (near)
        append(text, "; did you mean \"%s\"%s%s?", near, other->also ? " with " : "",
               other->also ? other->also : "");
    return near != NULL;
}

/* --- the error -------------------------------------------------------------------------------- */

enum { PATH_MOST = 256 };

/* {"model": {"dim": 50}}: the section that was meant, or else the key by its first member. */
static void suggest_for_object(char text[GV_KEY_SUGGESTION], const char *name, const json_t *value)
{
    char path[PATH_MOST];
    void *first = json_object_iter((json_t *)(uintptr_t)value); /* jansson's is not const */
    if (gv_config_key_suggest_section(text, name) || !first)
        return;
    snprintf(path, sizeof path, "%s.%s", name, json_object_iter_key(first));
    gv_config_key_suggest(text, path, "\"%s\"", 0, false);
}

int gv_config_key_unknown(const char *path, const json_t *value, gv_error *err)
{
    char hint[GV_KEY_SUGGESTION];
    if (json_is_object(value) && !strchr(path, '.'))
        suggest_for_object(hint, path, value);
    else
        gv_config_key_suggest(hint, path, "\"%s\"", 0, false);
    return gv_error_set(err, GV_E_USAGE, "unknown key \"%s\"%s", path,
                        *hint ? hint : "; docs/config.md lists all keys");
}
