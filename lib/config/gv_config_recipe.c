/*
 * Recipes: the keys that determine the bytes of a file, written into it, and compared with a config
 * when the file is used.
 *
 * Keys come to the table over time, and the files made before must neither change by a byte nor
 * become stale. A key that was added later is therefore marked `omit_default`: a recipe states it
 * only where it is not at its default, and where a recipe does not state it, the file was made with
 * the default, by a program that knew the key or by an older one.
 */
#include "config/gv_config_key.h"

#include "base/gv_mem.h"
#include <stdio.h>
#include <string.h>

static int out_of_memory(gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY, "out of memory for a list of config keys");
}

/* The canonical text of a JSON value of this key, by way of an empty config. Caller frees. */
static int canonical(char **text, const gv_config_key *key, const json_t *value, gv_error *err)
{
    gv_config *scratch = gv_mem_alloc_zero(1, sizeof *scratch, err);
    if (!scratch)
        return GV_E_MEMORY;
    gv_text builder = GV_TEXT_INIT;
    int status = gv_config_key_set(scratch, key, value, err);
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

/* The default of a key that has one, in this config, as canonical text. Caller frees. */
static int default_text(char **text, const gv_config *config, const gv_config_key *key,
                        gv_error *err)
{
    json_t *value = json_loads(gv_config_key_default(config, key), JSON_DECODE_ANY, NULL);
    int status = value ? canonical(text, key, value, err) : out_of_memory(err);
    json_decref(value);
    return status;
}

int gv_config_key_is_default(bool *is_default, const gv_config *config, const gv_config_key *key,
                             gv_error *err)
{
    char *ours = NULL, *usual = NULL;
    *is_default = false;
    if (!key->fallback)
        return GV_OK;
    int status = default_text(&usual, config, key, err);
    if (status == GV_OK)
        status = value_text(&ours, config, key, err);
    if (status == GV_OK)
        *is_default = strcmp(ours, usual) == 0;
    gv_mem_free(ours);
    gv_mem_free(usual);
    return status;
}

int gv_config_recipe(char **json, const gv_config *config, unsigned stages, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    const char *separator = "{";
    for (const gv_config_key *key = gv_config_keys; key->name; key++) {
        bool omitted = !(key->decides & stages) || !gv_config_key_counts(config, key);
        if (!omitted && key->omit_default) {
            int status = gv_config_key_is_default(&omitted, config, key, err);
            if (status != GV_OK) {
                gv_text_drop(&text);
                return status;
            }
        }
        if (omitted)
            continue;
        gv_text_printf(&text, "%s\"%s\":", separator, key->name);
        gv_config_key_text(&text, config, key);
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
        return key->omit_default && (key->decides & stages) ? default_text(text, config, key, err)
                                                            : GV_OK;
    gv_error inner = GV_ERROR_INIT;
    int status = canonical(text, key, value, &inner);
    if (status == GV_OK)
        return GV_OK;
    if (status != GV_E_USAGE)
        return gv_error_set(err, status, "%s", inner.text);
    /* a value that this version would refuse differs, whatever it is */
    *text = gv_mem_strdup("a value this version does not know", err);
    return *text ? GV_OK : GV_E_MEMORY;
}

/* Does the recipe's value differ from the config's? Then both as text. */
static int compare_key(bool *differs, char *found, char *wanted, const gv_config_key *key,
                       const json_t *recipe, unsigned stages, const gv_config *config,
                       gv_error *err)
{
    char *theirs, *ours = NULL;
    *differs = false;
    if (!gv_config_key_counts(config, key))
        return GV_OK;
    int status = recipe_text(&theirs, recipe, stages, key, config, err);
    if (status == GV_OK && theirs)
        status = value_text(&ours, config, key, err);
    if (status == GV_OK && theirs && strcmp(theirs, ours) != 0) {
        *differs = true;
        snprintf(found, GV_CONFIG_VALUE, "%s", theirs);
        snprintf(wanted, GV_CONFIG_VALUE, "%s", ours);
    }
    gv_mem_free(ours);
    gv_mem_free(theirs);
    return status;
}

/* The recipe as a JSON object whose keys are all known. New reference. */
static int parse_recipe(json_t **root, const char *recipe, gv_error *err)
{
    json_error_t where;
    *root = json_loads(recipe, JSON_REJECT_DUPLICATES, &where);
    if (!*root && gv_config_key_out_of_memory(&where))
        return out_of_memory(err);
    if (!json_is_object(*root))
        return gv_error_set(err, GV_E_CORRUPT, "its list of config keys is no JSON object");
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

int gv_config_compare(const char **differing, char *found, char *wanted,
                      enum gv_config_stage *stage, const char *recipe, unsigned stages,
                      const gv_config *config, gv_error *err)
{
    json_t *root = NULL;
    bool differs = false;
    *differing = NULL;
    int status = parse_recipe(&root, recipe, err);
    for (const gv_config_key *key = gv_config_keys; status == GV_OK && !differs && key->name;
         key++) {
        status = compare_key(&differs, found, wanted, key, root, stages, config, err);
        if (status == GV_OK && differs) {
            *differing = key->name;
            *stage = first_stage(key->decides);
        }
    }
    json_decref(root);
    return status;
}
