/* Combinations of what was added; the text of a grid. Files are in gv_grid_file.c. */
#include "config/gv_grid_internal.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY, "out of memory for combinations");
}

/* --- keys and values -------------------------------------------------------------------------- */

int gv_grid_check_key(const gv_config_key *key, gv_error *err)
{
    if (strcmp(key->name, "name") == 0)
        return gv_error_set(err, GV_E_USAGE,
                            "name cannot differ between the runs of a sweep: their directories are "
                            "named by what differs");
    if (key->machine)
        return gv_error_set(err, GV_E_USAGE,
                            "%s cannot differ between the runs of a sweep: it changes no result; "
                            "--set gives it to all of them",
                            key->name);
    return GV_OK;
}

/* The value as the config writes it. Caller frees. */
static int write_value(char **text, const gv_config_key *key, const json_t *value, gv_error *err)
{
    gv_text builder = GV_TEXT_INIT;
    gv_config *scratch = gv_mem_alloc_zero(1, sizeof *scratch, err);
    *text = NULL;
    int status = scratch ? gv_config_key_set(scratch, key, value, err) : GV_E_MEMORY;
    if (status == GV_OK) {
        gv_config_key_text(&builder, scratch, key);
        status = gv_text_take(text, &builder, err);
    }
    gv_config_free(scratch);
    return status;
}

int gv_grid_value(json_t **canonical, const gv_config_key *key, const json_t *value, gv_error *err)
{
    char *text = NULL;
    *canonical = NULL;
    int status = write_value(&text, key, value, err);
    if (status == GV_OK)
        status = gv_jansson_load(canonical, text, strlen(text), JSON_DECODE_ANY, NULL, err);
    if (status == GV_OK && !*canonical)
        status = out_of_memory(err);
    gv_mem_free(text);
    return status;
}

/* --- the text of a grid ----------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

static bool is_of_key(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* Does the next grid, KEY=, begin at these blanks? */
static bool begins_grid(const char *at)
{
    const char *name = skip_blanks(at), *end = name;
    if (name == at || !(isalpha((unsigned char)*name) || *name == '_'))
        return false;
    while (is_of_key(*end))
        end++;
    return *skip_blanks(end) == '=';
}

/* Behind the JSON value that begins at `at` with a bracket or a quote; NULL: it does not end. */
static const char *end_of_json(const char *at)
{
    size_t depth = 0;
    bool quoted = false;
    do {
        if (*at == '\0')
            return NULL;
        if (*at == '"')
            quoted = !quoted;
        else if (quoted && *at == '\\' && at[1])
            at++;
        else if (!quoted && (*at == '[' || *at == '{'))
            depth++;
        else if (!quoted && (*at == ']' || *at == '}') && depth > 0)
            depth--;
        at++;
    } while (quoted || depth > 0);
    return at;
}

/* Find the end of the value at `*at`, which comes before a comma, the next grid or the end of the
 * text; `*at` moves behind blanks, and `*end` before those at its end. */
static int find_value(const char **at, const char **end, gv_error *err)
{
    *at = skip_blanks(*at);
    const char *behind = *at;
    if (**at == '[' || **at == '{' || **at == '"') {
        behind = end_of_json(*at);
        if (!behind)
            return gv_error_set(err, GV_E_USAGE, "the value %s does not end", *at);
        const char *next = skip_blanks(behind);
        if (*next && *next != ',' && !begins_grid(behind))
            return gv_error_set(err, GV_E_USAGE, "a comma is missing before %s", next);
    }
    while (*behind && *behind != ',' && !(is_blank(*behind) && begins_grid(behind)))
        behind++;
    *end = behind;
    while (*end > *at && is_blank((*end)[-1]))
        --*end;
    return *end > *at ? GV_OK
                      : gv_error_set(err, GV_E_USAGE, "a value is missing (before \"%.20s\")",
                                     *behind ? behind : "the end");
}

static bool is_number_key(const gv_config_key *key)
{
    return key->type == GV_KEY_UINT32 || key->type == GV_KEY_UINT64 || key->type == GV_KEY_REAL;
}

static int add_value(json_t *values, const gv_config_key *key, const json_t *value, gv_error *err)
{
    json_t *canonical = NULL;
    int status = gv_grid_value(&canonical, key, value, err);
    if (status == GV_OK && json_array_append_new(values, canonical) != 0)
        status = out_of_memory(err);
    return status;
}

/* The whole number at `*at`, which moves behind it. */
static bool read_whole(int64_t *number, const char **at)
{
    char *end;
    if (!isdigit((unsigned char)(*at)[**at == '-']))
        return false;
    errno = 0;
    *number = strtoll(*at, &end, 10);
    *at = end;
    return errno == 0 && *number > -((int64_t)1 << 53) && *number < (int64_t)1 << 53;
}

/* Whole numbers, up or down. */
static int add_range(json_t *values, const gv_config_key *key, const char *text, gv_error *err)
{
    const char *at = text;
    int64_t from, to;
    if (!read_whole(&from, &at) || at[0] != '.' || at[1] != '.' || (at += 2, false) ||
        !read_whole(&to, &at) || *at)
        return gv_error_set(err, GV_E_USAGE,
                            "%s is no range: write A..B with whole numbers, as in 1..5, or list "
                            "the values",
                            text);
    const uint64_t steps = (uint64_t)(from < to ? to - from : from - to);
    if (steps >= GV_GRID_MOST)
        return gv_error_set(err, GV_E_USAGE,
                            "%s has %" PRIu64 " values; a sweep has at most %d runs", text,
                            steps + 1, GV_GRID_MOST);
    int status = GV_OK;
    for (uint64_t i = 0; i <= steps && status == GV_OK; i++) {
        json_t *value = json_integer(from < to ? from + (int64_t)i : from - (int64_t)i);
        status = value ? add_value(values, key, value, err) : out_of_memory(err);
        json_decref(value);
    }
    return status;
}

/* A value or a range. */
static int add_text(json_t *values, const gv_config_key *key, const char *from, const char *to,
                    gv_error *err)
{
    char *text = gv_mem_strndup(from, (size_t)(to - from), err);
    json_t *value = NULL;
    if (!text)
        return GV_E_MEMORY;
    const bool range = is_number_key(key) && strstr(text, "..");
    int status =
        range ? add_range(values, key, text, err) : gv_config_key_parse(&value, key, text, err);
    if (status == GV_OK && value)
        status = add_value(values, key, value, err);
    json_decref(value);
    gv_mem_free(text);
    return status;
}

static int read_values(json_t *values, const gv_config_key *key, const char **at, gv_error *err)
{
    int status = GV_OK;
    for (bool more = true; more && status == GV_OK;) {
        const char *end = NULL;
        status = find_value(at, &end, err);
        if (status == GV_OK)
            status = add_text(values, key, *at, end, err);
        if (status == GV_OK && json_array_size(values) > GV_GRID_MOST)
            status = gv_error_set(err, GV_E_USAGE, "%s has more than %d values", key->name,
                                  GV_GRID_MOST);
        if (status != GV_OK)
            break;
        *at = skip_blanks(end);
        more = **at == ',';
        *at = more ? *at + 1 : end;
    }
    return status;
}

/* The key before the `=` at `*at`, which moves behind it. */
static int read_key(const gv_config_key **key, const char **at, gv_error *err)
{
    const char *begin = skip_blanks(*at), *equals = strchr(begin, '='), *end = equals;
    while (end && end > begin && is_blank(end[-1]))
        end--;
    if (!equals || end == begin)
        return gv_error_set(err, GV_E_USAGE,
                            "write KEY=VALUE,VALUE,.. as in train.dim=50,100, or KEY=A..B as in "
                            "train.seed=1..5");
    char *name = gv_mem_strndup(begin, (size_t)(end - begin), err);
    if (!name)
        return GV_E_MEMORY;
    *key = gv_config_key_find(name);
    *at = equals + 1;
    int status = *key ? gv_grid_check_key(*key, err) : gv_config_key_unknown(name, NULL, err);
    gv_mem_free(name);
    return status;
}

static int add_axis(gv_grid *grid, const char **at, gv_error *err)
{
    const gv_config_key *key = NULL;
    json_t *values = NULL;
    int status = read_key(&key, at, err);
    if (status == GV_OK && json_object_get(grid->axes, key->name))
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is in two grids; write all of its values in one: %s=V,V,V",
                              key->name, key->name);
    if (status == GV_OK && !(values = json_array()))
        status = out_of_memory(err);
    if (status == GV_OK)
        status = read_values(values, key, at, err);
    if (status == GV_OK && json_object_set(grid->axes, key->name, values) != 0)
        status = out_of_memory(err);
    json_decref(values);
    return status;
}

int gv_grid_add(gv_grid *grid, const char *text, gv_error *err)
{
    const char *at = text;
    int status = GV_OK;
    if (!grid->axes && !(grid->axes = json_object()))
        return out_of_memory(err);
    do {
        status = add_axis(grid, &at, err);
        at = status == GV_OK ? skip_blanks(at) : at;
    } while (status == GV_OK && *at);
    if (status != GV_OK)
        gv_error_prefix(err, "--grid \"%s\"", text);
    return status;
}

/* --- combinations ----------------------------------------------------------------------------- */

/* The combinations that the grids have for each one of the file. */
static int count(size_t *n, const gv_grid *grid, gv_error *err)
{
    const char *name;
    json_t *values;
    *n = grid->list ? json_array_size(grid->list) : 1;
    json_object_foreach(grid->axes, name, values)
    {
        *n *= json_array_size(values);
        if (*n > GV_GRID_MOST)
            return gv_error_set(err, GV_E_USAGE,
                                "the grids have more than %d combinations, the most that a sweep "
                                "may have",
                                GV_GRID_MOST);
    }
    return GV_OK;
}

/* Combination number `i`: the last grid varies fastest. */
static int fill(json_t *set, const gv_grid *grid, size_t i, size_t n, gv_error *err)
{
    const char *name;
    json_t *values;
    size_t below = n;
    if (grid->list) {
        below /= json_array_size(grid->list);
        if (json_object_update(set, json_array_get(grid->list, i / below)) != 0)
            return out_of_memory(err);
    }
    json_object_foreach(grid->axes, name, values)
    {
        below /= json_array_size(values);
        if (json_object_get(set, name))
            return gv_error_set(err, GV_E_USAGE,
                                "%s is in a grid and in the file of combinations; only one of them "
                                "can say what it is",
                                name);
        if (json_object_set(set, name, json_array_get(values, i / below % json_array_size(values))))
            return out_of_memory(err);
    }
    return GV_OK;
}

/* "train.dim=50" for each key of the combination. */
static int write_sets(gv_grid_combination *combination, gv_error *err)
{
    const char *name;
    json_t *value;
    int status = GV_OK;
    json_object_foreach(combination->set, name, value)
    {
        char *text = NULL, *set = NULL;
        status = write_value(&text, gv_config_key_find(name), value, err);
        if (status == GV_OK)
            status = (set = gv_mem_format(err, "%s=%s", name, text)) ? GV_OK : GV_E_MEMORY;
        if (status == GV_OK)
            status = gv_strings_add(&combination->sets, set, err);
        gv_mem_free(set);
        gv_mem_free(text);
        if (status != GV_OK)
            break;
    }
    return status;
}

static int hash_of(uint64_t *hash, const json_t *set, gv_error *err)
{
    char *text = NULL;
    int status =
        gv_jansson_dump(&text, set, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(17), err);
    if (status == GV_OK)
        *hash = gv_hash_64(text, strlen(text), 0);
    gv_mem_free(text);
    return status;
}

/* Does an earlier combination set the same? `hashes` has those of all up to this one. */
static bool is_repeated(const gv_grid *grid, const uint64_t *hashes)
{
    const json_t *set = grid->combinations[grid->n].set;
    for (size_t i = 0; i < grid->n; i++)
        if (hashes[i] == hashes[grid->n] && json_equal(grid->combinations[i].set, set))
            return true;
    return false;
}

static int add_combination(gv_grid *grid, uint64_t *hashes, size_t i, size_t all, gv_error *err)
{
    gv_grid_combination *next = &grid->combinations[grid->n];
    next->set = json_object();
    int status = next->set ? fill(next->set, grid, i, all, err) : out_of_memory(err);
    if (status == GV_OK)
        status = hash_of(&hashes[grid->n], next->set, err);
    const bool repeated = status == GV_OK && is_repeated(grid, hashes);
    if (status == GV_OK && !repeated)
        status = write_sets(next, err);
    if (status == GV_OK && !repeated) {
        grid->n++;
        return GV_OK;
    }
    grid->merged += repeated;
    json_decref(next->set);
    gv_strings_free(&next->sets);
    *next = (gv_grid_combination){0};
    return status;
}

int gv_grid_combine(gv_grid *grid, gv_error *err)
{
    size_t all = 0;
    if (!grid->list && json_object_size(grid->axes) == 0)
        return gv_error_set(err, GV_E_USAGE,
                            "nothing differs between the runs: give --grid KEY=VALUE,VALUE,.. or "
                            "--runs FILE");
    int status = count(&all, grid, err);
    if (status != GV_OK)
        return status;
    uint64_t *hashes = gv_mem_alloc(all, sizeof *hashes, err);
    grid->combinations = gv_mem_alloc_zero(all, sizeof *grid->combinations, err);
    if (!hashes || !grid->combinations)
        status = GV_E_MEMORY;
    for (size_t i = 0; i < all && status == GV_OK; i++)
        status = add_combination(grid, hashes, i, all, err);
    gv_mem_free(hashes);
    return status;
}

int gv_grid_check_sets(const gv_grid *grid, const gv_strings *sets, gv_error *err)
{
    const char *name;
    json_t *value;
    for (size_t i = 0; i < grid->n; i++)
        json_object_foreach(grid->combinations[i].set, name, value)
        {
            if (gv_config_is_set(sets, name))
                return gv_error_set(err, GV_E_USAGE,
                                    "%s differs between the runs, and --set gives it one value; "
                                    "leave one of them out",
                                    name);
        }
    return GV_OK;
}

void gv_grid_clear(gv_grid *grid)
{
    for (size_t i = 0; i < grid->n; i++) {
        json_decref(grid->combinations[i].set);
        gv_strings_free(&grid->combinations[i].sets);
    }
    gv_mem_free(grid->combinations);
    json_decref(grid->axes);
    json_decref(grid->list);
    *grid = (gv_grid){0};
}
