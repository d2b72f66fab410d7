#include "convert/gv_merge_config.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_json.h"
#include <inttypes.h>
#include <string.h>

enum { DIGITS = 17 };

/* Append KEY=VALUE; takes `value`, which is NULL if out of memory. */
static int add_setting(gv_strings *sets, const char *key, char *value, gv_error *err)
{
    char *set = value ? gv_mem_format(err, "%s=%s", key, value) : NULL;
    int status = set ? gv_strings_add(sets, set, err) : GV_E_MEMORY;
    gv_mem_free(set);
    gv_mem_free(value);
    return status;
}

/* The keys that say how the first input was counted. Phrases are words here, but there is no text
 * in which they would be joined. */
static int add_recipe(gv_strings *sets, const gv_json *recipe, gv_error *err)
{
    int status = GV_OK;
    for (const char *key = NULL; status == GV_OK && (key = gv_json_next_key(recipe, key));) {
        const gv_json *value = gv_json_get(recipe, key);
        char *text = NULL;
        if (strncmp(key, "vocab.phrase", 12) == 0)
            continue;
        /* in recipes `true` is what it meant when they began */
        if (strcmp(key, "corpus.lowercase") == 0 && gv_json_is_true(value))
            text = gv_mem_strdup("\"fold\"", err);
        else
            status = gv_json_print(&text, value, GV_JSON_ONE_LINE, DIGITS, err);
        if (status == GV_OK)
            status = add_setting(sets, key, text, err);
    }
    return status;
}

/* A word is in the result if any input had reason to keep it: the lowest of the limits, and the
 * largest size only if all have the same. */
static int add_limits(gv_strings *sets, const gv_merge_input *inputs, size_t n, gv_error *err)
{
    static const char min_count[] = "vocab.min_count", max_size[] = "vocab.max_size";
    int64_t least = gv_json_int(gv_json_get(inputs[0].recipe, min_count));
    int64_t size = gv_json_int(gv_json_get(inputs[0].recipe, max_size));
    for (size_t i = 1; i < n; i++) {
        int64_t other = gv_json_int(gv_json_get(inputs[i].recipe, min_count));
        least = other < least ? other : least;
        if (gv_json_int(gv_json_get(inputs[i].recipe, max_size)) != size)
            size = 0;
    }
    int status = add_setting(sets, min_count, gv_mem_format(err, "%" PRId64, least), err);
    return status == GV_OK ? add_setting(sets, max_size, gv_mem_format(err, "%" PRId64, size), err)
                           : status;
}

/* The last folder of a path as the name of the run. */
static int add_name(gv_strings *sets, const char *out, gv_error *err)
{
    size_t end = strlen(out);
    while (end > 1 && out[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && out[begin - 1] != '/')
        begin--;
    char *name = gv_mem_strndup(out + begin, end - begin, err);
    gv_json_writer quoted = gv_json_begin();
    char *json = NULL;
    gv_json_set_text(&quoted, "name", name);
    gv_json *object = NULL;
    int status = name ? gv_json_take(&object, &quoted, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_json_print(&json, gv_json_get(object, "name"), GV_JSON_ONE_LINE, DIGITS, err);
    if (status == GV_OK)
        status = add_setting(sets, "name", json, err);
    gv_json_free(object);
    gv_mem_free(name);
    gv_json_clear(&quoted);
    return status;
}

static int add_all(gv_strings *sets, const gv_merge_input *inputs, size_t n, const char *out,
                   gv_error *err)
{
    static const char *const without_text[] = {"corpus.files=[]", "vocab.file=null",
                                               "vocab.phrases=0", "vocab.phrase_file=null"};
    int status = add_recipe(sets, inputs[0].recipe, err);
    if (status == GV_OK)
        status = add_limits(sets, inputs, n, err);
    for (size_t i = 0; i < sizeof without_text / sizeof *without_text && status == GV_OK; i++)
        status = gv_strings_add(sets, without_text[i], err);
    return status == GV_OK ? add_name(sets, out, err) : status;
}

/* config.json of the first input that has one; NULL: none has. Caller frees. */
static int find_config(char **path, const gv_merge_input *inputs, size_t n, gv_error *err)
{
    int status = GV_OK;
    *path = NULL;
    for (size_t i = 0; i < n && status == GV_OK && !*path; i++) {
        gv_file_stat look = {0};
        if (!inputs[i].dir)
            continue;
        *path = gv_file_path_join(inputs[i].dir, GV_FILE_CONFIG, err);
        status = *path ? gv_file_look(&look, *path, err) : GV_E_MEMORY;
        if (look.exists)
            break;
        gv_mem_free(*path);
        *path = NULL;
    }
    return status;
}

static int load(gv_config **config, const char *found, const gv_program_call *call,
                const gv_strings *own, const gv_strings *given, gv_error *err)
{
    gv_strings sets = {0};
    int status = GV_OK;
    /* what a --config says about counting would be lost behind what the counts say */
    for (size_t i = 0; i < own->n && status == GV_OK; i++)
        status = gv_strings_add(&sets, own->items[i], err);
    for (size_t i = 0; i < given->n && status == GV_OK; i++)
        status = gv_strings_add(&sets, given->items[i], err);
    if (status == GV_OK)
        status = call->config_path
                     ? gv_config_load(config, call->config_path, &sets, "default", err)
                     : gv_config_load_resolved(config, found, &sets, "default", err);
    gv_strings_free(&sets);
    return status;
}

/* --set and --config may not contradict the counts. */
static int check(const gv_config *config, const gv_merge_input *first, gv_error *err)
{
    static const char *const keys[] = {"cooccur.window", "cooccur.symmetric", "cooccur.weighting"};
    gv_json *wanted = NULL;
    char *recipe = NULL;
    int status = gv_config_recipe(&recipe, config, GV_STAGE_COOCCUR, err);
    if (status == GV_OK)
        status = gv_json_parse(&wanted, recipe, strlen(recipe), err);
    for (size_t i = 0; i < sizeof keys / sizeof *keys && status == GV_OK; i++)
        if (!gv_json_equal(gv_json_get(wanted, keys[i]), gv_json_get(first->recipe, keys[i])))
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s was counted with another %s than --config or --set says; "
                                  "counts cannot be changed, only counted again",
                                  first->name, keys[i]);
    gv_json_free(wanted);
    gv_mem_free(recipe);
    return status;
}

int gv_merge_config_make(gv_merge_config *made, const gv_merge_input *inputs, size_t n,
                         const char *out, const gv_program_call *call, gv_error *err)
{
    gv_strings own = {0}, lasting = {0};
    char *found = NULL;
    *made = (gv_merge_config){0};
    int status = add_all(&own, inputs, n, out, err);
    if (status == GV_OK && !call->config_path)
        status = find_config(&found, inputs, n, err);
    if (status == GV_OK)
        status = load(&made->config, found, call, &own, &call->sets, err);
    if (status == GV_OK)
        status = gv_config_lasting_sets(&lasting, &call->sets, err);
    if (status == GV_OK)
        status = load(&made->lasting, found, call, &own, &lasting, err);
    if (status == GV_OK)
        status = check(made->config, &inputs[0], err);
    gv_strings_free(&own);
    gv_strings_free(&lasting);
    gv_mem_free(found);
    return status;
}

void gv_merge_config_clear(gv_merge_config *made)
{
    gv_config_free(made->config);
    gv_config_free(made->lasting);
    *made = (gv_merge_config){0};
}
