#include "pipeline/sweep/gv_sweep_name.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_MOST = 32, NAME_MOST = 160, DIGITS = 15, MARK = 10 };

static const char *last_part(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot ? dot + 1 : key;
}

/* The key as it is named: `all` has those of all runs. */
static const char *short_key(const char *key, const gv_json *all)
{
    for (const char *other = NULL; (other = gv_json_next_key(all, other));)
        if (strcmp(other, key) != 0 && strcmp(last_part(other), last_part(key)) == 0)
            return key;
    return last_part(key);
}

/* "~" and a checksum of a text. */
static void add_mark(gv_text *to, const char *text)
{
    gv_text_printf(to, "~%08x", (unsigned)gv_hash_64(text, strlen(text), 0));
}

static bool is_plain(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("._-+", c));
}

/* The value as its text, or what can be shown of it. `json` is the value as JSON. */
static void add_value(gv_text *to, const gv_json *value, const char *json)
{
    const char *text = gv_json_kind(value) == GV_JSON_TEXT ? gv_json_text(value) : json;
    const size_t n = strlen(text);
    char kept[VALUE_MOST + 1];
    size_t used = 0, plain = 0;
    for (size_t i = 0; i < n; i++)
        plain += is_plain(text[i]);
    if (n > 0 && plain == n && n <= VALUE_MOST) {
        gv_text_add(to, text);
        return;
    }
    for (size_t i = 0; i < n && used < VALUE_MOST - MARK; i++) {
        if (is_plain(text[i]))
            kept[used++] = text[i];
        else if (used > 0 && kept[used - 1] != '_')
            kept[used++] = '_';
    }
    while (used > 0 && kept[used - 1] == '_')
        used--;
    kept[used] = '\0';
    gv_text_add(to, kept);
    add_mark(to, json);
}

/* All that is set, without regard to length and to other runs. */
static int write_name(char **name, const gv_json *set, const gv_json *all, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    int status = GV_OK;
    for (const char *key = NULL; (key = gv_json_next_key(set, key)) && status == GV_OK;) {
        const gv_json *value = gv_json_get(set, key);
        char *json = NULL;
        gv_json_writer w = gv_json_begin();
        gv_json_set_value(&w, "v", value);
        status = gv_json_write(&json, &w, GV_JSON_COMPACT, DIGITS, err);
        if (status != GV_OK)
            break;
        json[strlen(json) - 1] = '\0'; /* {"v":VALUE} */
        gv_text_printf(&text, "%s%s=", text.bytes ? "," : "", short_key(key, all));
        add_value(&text, value, json + strlen("{\"v\":"));
        gv_mem_free(json);
    }
    if (status == GV_OK && !text.bytes)
        gv_text_add(&text, "base");
    if (status == GV_OK)
        return gv_text_take(name, &text, err);
    gv_text_drop(&text);
    return status;
}

/* NAME~CHECKSUM, where NAME is cut if need be; `number` makes another one of it. */
static char *mark_name(const char *name, unsigned number, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    char *whole = gv_mem_format(err, "%s/%u", name, number), *marked = NULL;
    const size_t n = strlen(name);
    gv_text_add_bytes(&text, name, n > NAME_MOST - MARK ? NAME_MOST - MARK : n);
    if (whole)
        add_mark(&text, whole);
    if (whole && gv_text_take(&marked, &text, err) != GV_OK)
        marked = NULL;
    gv_text_drop(&text);
    gv_mem_free(whole);
    return marked;
}

int gv_sweep_name(char **name, const gv_json *set, const gv_json *all,
                  bool (*is_taken)(const void *context, const char *name), const void *context,
                  gv_error *err)
{
    char *plain = NULL;
    *name = NULL;
    int status = write_name(&plain, set, all, err);
    for (unsigned number = 0; status == GV_OK && !*name; number++) {
        char *next = number == 0 && strlen(plain) <= NAME_MOST ? gv_mem_strdup(plain, err)
                                                               : mark_name(plain, number, err);
        if (!next)
            status = GV_E_MEMORY;
        else if (!is_taken(context, next))
            *name = next;
        if (*name != next)
            gv_mem_free(next);
    }
    gv_mem_free(plain);
    return status;
}
