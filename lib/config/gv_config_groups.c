/*
 * gv_config_groups - each config becomes two texts, its settings without seeds and its seeds, and
 * equal texts make a group. What differs between groups is then sought key by key among the first
 * config of each.
 */
#include "config/gv_config_groups.h"

#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_config_key.h"
#include <ctype.h>
#include <string.h>

#define MATTERS ((unsigned)~GV_STAGE_EVAL)

bool gv_config_groups_is_seed(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot && strcmp(dot, ".seed") == 0;
}

/* Does the key decide vectors? A key that names files decides nothing in the table, because files
 * are compared by checksum there. */
static bool is_setting(const gv_config_key *key, const gv_strings *ignored)
{
    const bool names_files = (key->type == GV_KEY_STRING || key->type == GV_KEY_STRINGS) &&
                             !key->decides && (key->reads & MATTERS);
    for (size_t i = 0; i < ignored->n; i++)
        if (strcmp(ignored->items[i], key->name) == 0)
            return false;
    return !key->machine && strcmp(key->name, "name") != 0 &&
           strcmp(key->name, "output.formats") != 0 &&
           (names_files || ((key->decides | key->decides_phrases) & MATTERS));
}

static int check_ignored(const gv_strings *ignored, gv_error *err)
{
    char hint[GV_KEY_SUGGESTION];
    for (size_t i = 0; i < ignored->n; i++)
        if (!gv_config_key_find(ignored->items[i])) {
            gv_config_key_suggest(hint, ignored->items[i], "%s", MATTERS, false);
            return gv_error_set(err, GV_E_USAGE, "unknown config key %s%s", ignored->items[i],
                                hint);
        }
    return GV_OK;
}

/* The settings of a config as text: those that are seeds, or all others. Caller frees. */
static int signature(char **text, const gv_config *config, const gv_strings *ignored, bool seeds,
                     gv_error *err)
{
    gv_text made = GV_TEXT_INIT;
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        if (!is_setting(key, ignored) || !gv_config_key_counts(config, key) ||
            gv_config_groups_is_seed(key->name) != seeds)
            continue;
        gv_text_printf(&made, "%s=", key->name);
        gv_config_key_text(&made, config, key);
        gv_text_add(&made, "\n");
    }
    return gv_text_take(text, &made, err);
}

/* --- what differs ----------------------------------------------------------------------------- */

/* The first config of a group. */
static const gv_config *example(const gv_config_groups *groups, const gv_config *const *configs,
                                size_t group)
{
    size_t i = 0;
    while (groups->of[i] != group)
        i++;
    return configs[i];
}

/* Do the groups have different values of the key, of which one at least is not the default? */
static int differs(bool *yes, const gv_config_groups *groups, const gv_config *const *configs,
                   const gv_config_key *key, gv_error *err)
{
    char *before = NULL;
    bool several = false, chosen = false;
    int status = GV_OK;
    for (size_t g = 0; g < groups->n && status == GV_OK; g++) {
        const gv_config *config = example(groups, configs, g);
        gv_text value = GV_TEXT_INIT;
        char *now = NULL;
        bool usual = true;
        if (gv_config_key_counts(config, key)) {
            gv_config_key_text(&value, config, key);
            status = gv_config_key_is_default(&usual, config, key, err);
        }
        if (status == GV_OK)
            status = gv_text_take(&now, &value, err);
        else
            gv_text_drop(&value);
        several |= before && now && strcmp(before, now) != 0;
        chosen |= !usual;
        gv_mem_free(before);
        before = now;
    }
    gv_mem_free(before);
    *yes = several && chosen;
    return status;
}

/* Set the member `key` to the value that the JSON text spells. */
static int set_value(gv_json_writer *set, const char *key, const char *json, gv_error *err)
{
    gv_json *whole = NULL;
    char *text = gv_mem_format(err, "[%s]", json);
    int status = text ? gv_json_parse(&whole, text, strlen(text), err) : GV_E_MEMORY;
    if (status == GV_OK)
        gv_json_set_value(set, key, gv_json_item(whole, 0));
    gv_json_free(whole);
    gv_mem_free(text);
    return status;
}

/* Append "train.objective=logistic": a string without its quotes where that is as clear. */
static void add_label(gv_text *label, const char *key, const char *json)
{
    const size_t n = strlen(json);
    bool plain = n > 2 && json[0] == '"';
    for (size_t i = 1; i + 1 < n && plain; i++)
        plain = isalnum((unsigned char)json[i]) || strchr("_-./", json[i]);
    gv_text_printf(label, "%s%s=%.*s", label->used ? " " : "", key, (int)(plain ? n - 2 : n),
                   plain ? json + 1 : json);
}

static int describe(gv_config_groups *groups, size_t g, const gv_config *config, gv_error *err)
{
    gv_config_groups_group *group = &groups->group[g];
    gv_json_writer set = gv_json_begin();
    gv_text label = GV_TEXT_INIT;
    int status = GV_OK;
    for (size_t k = 0; k < groups->keys.n && status == GV_OK; k++) {
        const gv_config_key *key = gv_config_key_find(groups->keys.items[k]);
        gv_text value = GV_TEXT_INIT;
        char *json = NULL;
        if (!gv_config_key_counts(config, key))
            continue;
        gv_config_key_text(&value, config, key);
        status = gv_text_take(&json, &value, err);
        if (status == GV_OK)
            status = set_value(&set, key->name, json, err);
        if (status == GV_OK)
            add_label(&label, key->name, json);
        gv_mem_free(json);
    }
    if (status == GV_OK)
        status = gv_json_take(&group->set, &set, err);
    if (status == GV_OK)
        status = gv_text_take(&group->label, &label, err);
    gv_json_clear(&set);
    gv_text_drop(&label);
    return status;
}

static int find_differences(gv_config_groups *groups, const gv_config *const *configs,
                            const gv_strings *ignored, gv_error *err)
{
    int status = GV_OK;
    for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++) {
        bool yes = false;
        if (!is_setting(key, ignored) || gv_config_groups_is_seed(key->name))
            continue;
        status = differs(&yes, groups, configs, key, err);
        if (status == GV_OK && yes)
            status = gv_strings_add(&groups->keys, key->name, err);
    }
    for (size_t g = 0; g < groups->n && status == GV_OK; g++)
        status = describe(groups, g, example(groups, configs, g), err);
    return status;
}

/* --- the groups ------------------------------------------------------------------------------- */

/* Which configs have the same texts. */
static int assign(gv_config_groups *groups, char *const *settings, char *const *seeds,
                  gv_error *err)
{
    const size_t n = groups->configs;
    for (size_t i = 0; i < n; i++) {
        size_t like = 0, same = 0;
        while (strcmp(settings[like], settings[i]) != 0)
            like++;
        while (strcmp(settings[same], settings[i]) != 0 || strcmp(seeds[same], seeds[i]) != 0)
            same++;
        groups->of[i] = like < i ? groups->of[like] : groups->n++;
        groups->first[i] = same;
    }
    groups->group = gv_mem_alloc_zero(groups->n, sizeof *groups->group, err);
    for (size_t i = 0; i < n && groups->group; i++)
        groups->group[groups->of[i]].configs++;
    return groups->group ? GV_OK : GV_E_MEMORY;
}

static int group_all(gv_config_groups *made, const gv_config *const *configs,
                     const gv_strings *ignored, gv_error *err)
{
    const size_t n = made->configs;
    char **texts = gv_mem_alloc_zero(2 * n, sizeof *texts, err);
    made->of = gv_mem_alloc(n, sizeof *made->of, err);
    made->first = gv_mem_alloc(n, sizeof *made->first, err);
    int status = texts && made->of && made->first ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        status = signature(&texts[i], configs[i], ignored, false, err);
        if (status == GV_OK)
            status = signature(&texts[n + i], configs[i], ignored, true, err);
    }
    if (status == GV_OK)
        status = assign(made, texts, texts + n, err);
    if (status == GV_OK)
        status = find_differences(made, configs, ignored, err);
    for (size_t i = 0; texts && i < 2 * n; i++)
        gv_mem_free(texts[i]);
    gv_mem_free(texts);
    return status;
}

int gv_config_groups_make(gv_config_groups **groups, const gv_config *const *configs, size_t n,
                          const gv_strings *ignored, gv_error *err)
{
    *groups = NULL;
    int status = check_ignored(ignored, err);
    if (status != GV_OK)
        return status;
    gv_config_groups *made = gv_mem_alloc_zero(1, sizeof *made, err);
    if (!made)
        return GV_E_MEMORY;
    made->configs = n;
    status = group_all(made, configs, ignored, err);
    if (status == GV_OK)
        *groups = made;
    else
        gv_config_groups_free(made);
    return status;
}

void gv_config_groups_free(gv_config_groups *groups)
{
    if (!groups)
        return;
    for (size_t g = 0; groups->group && g < groups->n; g++) {
        gv_json_free(groups->group[g].set);
        gv_mem_free(groups->group[g].label);
    }
    gv_mem_free(groups->group);
    gv_strings_free(&groups->keys);
    gv_mem_free(groups->of);
    gv_mem_free(groups->first);
    gv_mem_free(groups);
}
