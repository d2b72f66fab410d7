/*
 * Recipes: the keys that decide the bytes of a file. They are written into the file, and compared
 * with the config when the file is used.
 *
 * A key that is added to the table must not make the files that exist stale, nor change the bytes
 * of files that are made without it. Such a key is therefore marked `omit_default`: a recipe states
 * it only if it is not at its default. Where a recipe does not state it, the file was made with the
 * default, by this version or by an older one; or with the key's `before`, if its default is
 * another one now.
 */
#include "config/gv_config_key.h"

#include "base/gv_mem.h"
#include <stdio.h>
#include <string.h>

/* The canonical text of a JSON value of this key, from a recipe or, with gv_config_key_set, from
 * elsewhere. Takes a detour through a config, which accepts all spellings of a value. Caller
 * frees. */
static int canonical(char **text, const gv_config_key *key, const json_t *value,
                     int (*set)(gv_config *, const gv_config_key *, const json_t *, gv_error *),
                     gv_error *err)
{
    gv_config *scratch = gv_mem_alloc_zero(1, sizeof *scratch, err);
    if (!scratch)
        return GV_E_MEMORY;
    gv_text builder = GV_TEXT_INIT;
    int status = set(scratch, key, value, err);
    if (status == GV_OK) {
        gv_config_key_text(&builder, scratch, key);
        status = gv_text_take(text, &builder, err);
    }
    gv_config_free(scratch);
    return status;
}

/* The canonical text of the config's value. Caller frees. */
static int value_text(char **text, const gv_config *config, const gv_config_key *key, gv_error *err)
{
    gv_text builder = GV_TEXT_INIT;
    gv_config_key_text(&builder, config, key);
    return gv_text_take(text, &builder, err);
}

/* A value of the key, which `json` spells, as canonical text. Caller frees. */
static int spelled_text(char **text, const gv_config_key *key, const char *json, gv_error *err)
{
    json_t *value;
    int status = gv_jansson_load(&value, json, strlen(json), JSON_DECODE_ANY, NULL, err);
    if (status == GV_OK)
        status = canonical(text, key, value, gv_config_key_set, err);
    json_decref(value);
    return status;
}

/* Is the config's value the one that `json` spells? */
static int is_value(bool *yes, const gv_config *config, const gv_config_key *key, const char *json,
                    gv_error *err)
{
    char *ours = NULL, *theirs = NULL;
    *yes = false;
    int status = spelled_text(&theirs, key, json, err);
    if (status == GV_OK)
        status = value_text(&ours, config, key, err);
    if (status == GV_OK)
        *yes = strcmp(ours, theirs) == 0;
    gv_mem_free(ours);
    gv_mem_free(theirs);
    return status;
}

int gv_config_key_is_default(bool *is_default, const gv_config *config, const gv_config_key *key,
                             gv_error *err)
{
    *is_default = false;
    return key->fallback
               ? is_value(is_default, config, key, gv_config_key_default(config, key), err)
               : GV_OK;
}

static unsigned decides(const gv_config *config, const gv_config_key *key)
{
    return key->decides | (gv_config_joins_phrases(config) ? key->decides_phrases : 0);
}

int gv_config_recipe(char **json, const gv_config *config, unsigned stages, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    const char *separator = "{";
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        bool omitted = !(decides(config, key) & stages) || !gv_config_key_counts(config, key);
        if (!omitted && key->omit_default) {
            int status = is_value(&omitted, config, key, gv_config_key_unstated(config, key), err);
            if (status != GV_OK) {
                gv_text_drop(&text);
                return status;
            }
        }
        if (omitted)
            continue;
        gv_text_printf(&text, "%s\"%s\":", separator, key->name);
        gv_config_key_recipe_text(&text, config, key);
        separator = ",";
    }
    gv_text_add(&text, *separator == '{' ? "{}" : "}");
    return gv_text_take(json, &text, err);
}

/* --- comparing -------------------------------------------------------------------------------- */

static enum gv_config_stage first_stage(unsigned decides)
{
    unsigned lowest = decides & -decides;
    return lowest == GV_STAGE_EPOCHS ? GV_STAGE_TRAIN : (enum gv_config_stage)lowest;
}

/* The recipe's value of a key, as canonical text; NULL: it has none. Caller frees. */
static int recipe_text(char **text, const json_t *recipe, unsigned stages, const gv_config_key *key,
                       const gv_config *config, gv_error *err)
{
    const json_t *value = json_object_get(recipe, key->name);
    *text = NULL;
    if (!value)
        return key->omit_default && (key->decides & stages)
                   ? spelled_text(text, key, gv_config_key_unstated(config, key), err)
                   : GV_OK;
    gv_error inner = GV_ERROR_INIT;
    int status = canonical(text, key, value, gv_config_key_recipe_set, &inner);
    if (status == GV_OK)
        return GV_OK;
    if (status != GV_E_USAGE)
        return gv_error_set(err, status, "%s", inner.text);
    /* a value that this version refuses differs from any value of the config */
    *text = gv_mem_strdup("a value that this version does not know", err);
    return *text ? GV_OK : GV_E_MEMORY;
}

/* Describe the difference if the recipe's value of `key` is not the config's; else leave
 * `difference->key` NULL. */
static int compare_key(gv_config_difference *difference, const gv_config_key *key,
                       const json_t *recipe, unsigned stages, const gv_config *config,
                       gv_error *err)
{
    char *theirs, *ours = NULL;
    /* a key that decides nothing names a file: a recipe may have the checksum of its contents,
     * which whoever wrote it compares */
    if (!gv_config_key_counts(config, key) || !(key->decides | key->decides_phrases))
        return GV_OK;
    int status = recipe_text(&theirs, recipe, stages, key, config, err);
    if (status == GV_OK && theirs)
        status = value_text(&ours, config, key, err);
    if (status == GV_OK && theirs && strcmp(theirs, ours) != 0) {
        difference->key = key->name;
        difference->stage = first_stage(decides(config, key));
        bool once_true = key->type == GV_KEY_LOWERCASE && strcmp(theirs, "\"fold\"") == 0;
        snprintf(difference->found, sizeof difference->found, "%s%s", theirs,
                 once_true ? " (once written true)" : "");
        snprintf(difference->wanted, sizeof difference->wanted, "%s", ours);
    }
    gv_mem_free(ours);
    gv_mem_free(theirs);
    return status;
}

/* The recipe as a JSON object whose keys are all known. New reference. */
static int parse_recipe(json_t **root, const char *recipe, gv_error *err)
{
    int status = gv_jansson_load(root, recipe, strlen(recipe), JSON_REJECT_DUPLICATES, NULL, err);
    if (status != GV_OK)
        return status;
    if (!json_is_object(*root))
        return gv_error_set(
            err, GV_E_CORRUPT,
            "its recipe (the config keys that it was made with) is not a JSON object");
    const char *name;
    json_t *value;
    json_object_foreach(*root, name, value)
    {
        if (!gv_config_key_find(name))
            return gv_error_set(err, GV_E_CORRUPT,
                                "made by another version: it names the unknown key \"%s\"", name);
    }
    return GV_OK;
}

int gv_config_compare(gv_config_difference *difference, const char *recipe, unsigned stages,
                      const gv_config *config, gv_error *err)
{
    json_t *root = NULL;
    difference->key = NULL;
    int status = parse_recipe(&root, recipe, err);
    /* a key whose default depends on another comes second: the other one is the cause; likewise a
     * key whose default has changed, since the recipe of another objective does not state it */
    for (int dependent = 0; dependent < 2; dependent++)
        for (const gv_config_key *key = gv_config_key_table;
             status == GV_OK && !difference->key && key->name; key++)
            if ((key->except[0].fallback || key->before) == dependent)
                status = compare_key(difference, key, root, stages, config, err);
    json_decref(root);
    return status;
}
