/* Combinations from a file. */
#include "config/gv_grid_internal.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include <stdio.h>
#include <string.h>

enum { FILE_LIMIT = 16 << 20, NAME_MOST = 256 };

static int out_of_memory(gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY, "out of memory for combinations");
}

static int take_value(json_t *set, const char *name, const json_t *value, gv_error *err)
{
    const gv_config_key *key = gv_config_key_find(name);
    json_t *canonical = NULL;
    if (!key)
        return gv_config_key_unknown(name, value, err);
    int status = gv_grid_check_key(key, err);
    if (status == GV_OK && json_object_get(set, name))
        status = gv_error_set(err, GV_E_USAGE, "the key \"%s\" is given twice", name);
    if (status == GV_OK)
        status = gv_grid_value(&canonical, key, value, err);
    if (status == GV_OK && json_object_set(set, name, canonical) != 0)
        status = out_of_memory(err);
    json_decref(canonical);
    return status;
}

/* Take the members of `object` into `set`: keys with dots, or sections as in a config. */
static int take_members(json_t *set, json_t *object, const char *section, gv_error *err)
{
    const char *name;
    json_t *value;
    int status = GV_OK;
    json_object_foreach(object, name, value)
    {
        char path[NAME_MOST];
        const int n = snprintf(path, sizeof path, "%s%s%s", section, *section ? "." : "", name);
        const bool inside = !*section && json_is_object(value) && n < NAME_MOST &&
                            !gv_config_key_find(path) && json_object_size(value) > 0;
        status = inside ? take_members(set, value, path, err) : take_value(set, path, value, err);
        if (status != GV_OK)
            break;
    }
    return status;
}

static int take_combination(gv_grid *grid, json_t *item, gv_error *err)
{
    json_t *inner = json_object_get(item, "set");
    json_t *set = json_object();
    int status = set ? GV_OK : out_of_memory(err);
    if (status == GV_OK && !json_is_object(item))
        status = gv_error_set(err, GV_E_USAGE,
                              "it must be an object with config keys, as in {\"train.dim\": 50}");
    if (status == GV_OK)
        status = take_members(set, json_is_object(inner) ? inner : item, "", err);
    if (status == GV_OK && json_array_append(grid->list, set) != 0)
        status = out_of_memory(err);
    json_decref(set);
    return status;
}

static int take_list(gv_grid *grid, json_t *root, const char *path, gv_error *err)
{
    json_t *list = json_is_object(root) ? json_object_get(root, "runs") : root, *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) == 0)
        return gv_error_set(err, GV_E_USAGE,
                            "%s must be a list of runs, each an object with the keys that it sets: "
                            "[{\"train.dim\": 50}, {\"train.dim\": 300, \"train.seed\": 2}]",
                            path);
    if (json_array_size(list) > GV_GRID_MOST)
        return gv_error_set(err, GV_E_USAGE, "%s lists %zu runs; a sweep has at most %d", path,
                            json_array_size(list), GV_GRID_MOST);
    json_array_foreach(list, i, item)
    {
        int status = take_combination(grid, item, err);
        if (status != GV_OK) {
            gv_error_prefix(err, "%s: run %zu of the list", path, i + 1);
            return status;
        }
    }
    return GV_OK;
}

int gv_grid_add_file(gv_grid *grid, const char *path, gv_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    json_error_t where;
    json_t *root = NULL;
    if (grid->list)
        return gv_error_set(err, GV_E_USAGE, "%s: there is a file of runs already; name one", path);
    int status = gv_config_check_file("--runs", path, err);
    if (status == GV_OK)
        status = gv_file_reader_whole(&text, &bytes, path, FILE_LIMIT, err);
    if (status != GV_OK)
        return status;
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        memmove(text, text + 3, bytes -= 3); /* a byte order mark: some editors write one */
    status = gv_jansson_load(&root, text, bytes, JSON_REJECT_DUPLICATES, &where, err);
    if (status == GV_OK && !root)
        status = gv_error_set(err, GV_E_USAGE, "%s:%d:%d: invalid JSON: %s", path,
                              where.line > 0 ? where.line : 1, where.column > 0 ? where.column : 1,
                              where.text);
    if (status == GV_OK && !(grid->list = json_array()))
        status = out_of_memory(err);
    if (status == GV_OK)
        status = take_list(grid, root, path, err);
    json_decref(root);
    gv_mem_free(text);
    return status;
}
