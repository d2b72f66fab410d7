/*
 * Reading a config: the defaults of the key table, then the file, then the --set options, then
 * checks that involve several keys; and writing it as JSON. Recipes are in gv_config_recipe.c.
 *
 * All values, defaults included, are set by gv_config_key_set(). A file nests keys by section
 * ({"train": {"dim": 50}}) or writes the dotted form ({"train.dim": 50}). An error about a key
 * carries FILE:LINE:COLUMN, which gv_config_key_where() finds by scanning the text again.
 */
#include "config/gv_config.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "config/gv_config_key.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_LIMIT = 16 << 20, PATH_MOST = 256 };

/* A config that is being read, and what is known about its keys (by their index in the table). */
typedef struct loader {
    gv_config *config;
    bool in_file[GV_KEY_MOST];
    bool given[GV_KEY_MOST]; /* in the file or by --set */
} loader;

/* The JSON that is being read, for errors. */
typedef struct source {
    const char *file, *text;
    size_t bytes;
} source;

static size_t index_of(const gv_config_key *key)
{
    return (size_t)(key - gv_config_key_table);
}

/* Is `name` the beginning of a key, like "train"? */
static bool is_section(const char *name)
{
    size_t n = strlen(name);
    for (const gv_config_key *key = gv_config_key_table; key->name; key++)
        if (strncmp(key->name, name, n) == 0 && key->name[n] == '.')
            return true;
    return false;
}

/* {"corpus": "a.txt"} */
static int section_as_key(const char *path, const json_t *value, gv_error *err)
{
    char hint[GV_KEY_SUGGESTION] = "";
    if (json_is_string(value) || json_is_array(value))
        gv_config_key_suggest(hint, path, "\"%s\"", 0, true);
    return gv_error_set(err, GV_E_USAGE, "\"%s\" is a section: it must be an object%s", path, hint);
}

/* --- the file --------------------------------------------------------------------------------- */

/* Put file:line:column before the error, if there is one, that the key `path` caused. */
static int locate(int status, const source *from, const char *path, gv_error *err)
{
    size_t line, column;
    if (status != GV_OK && gv_config_key_where(from->text, from->bytes, path, &line, &column))
        gv_error_prefix(err, "%s:%zu:%zu", from->file, line, column);
    return status;
}

static int set_from_file(loader *load, const char *path, const json_t *value, gv_error *err)
{
    const gv_config_key *key = gv_config_key_find(path);
    if (!key)
        return gv_config_key_unknown(path, value, err);
    if (load->in_file[index_of(key)])
        return gv_error_set(err, GV_E_USAGE, "the key \"%s\" is given twice", path);
    load->in_file[index_of(key)] = load->given[index_of(key)] = true;
    return gv_config_key_set(load->config, key, value, err);
}

/* Read the members of `object`, whose dotted path is `prefix` ("" for the outermost one). */
static int read_object(loader *load, json_t *object, const char *prefix, const source *from,
                       gv_error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        char path[PATH_MOST];
        if (*prefix == '\0' && strcmp(name, "$schema") == 0)
            continue;
        int n = snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", name);
        bool section = n >= 0 && (size_t)n < sizeof path && is_section(path);
        int status;
        if (section && json_is_object(value)) {
            status = read_object(load, value, path, from, err);
        } else {
            status =
                section ? section_as_key(path, value, err) : set_from_file(load, path, value, err);
            status = locate(status, from, path, err);
        }
        if (status != GV_OK)
            return status;
    }
    return GV_OK;
}

static int read_config_file(loader *load, const char *file, gv_error *err)
{
    char *text = NULL;
    size_t bytes;
    json_error_t where;
    int status = gv_config_check_file("--config", file, err);
    if (status == GV_OK)
        status = gv_file_reader_whole(&text, &bytes, file, FILE_LIMIT, err);
    if (status != GV_OK)
        return status;
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        memmove(text, text + 3, bytes -= 3); /* a byte order mark: some editors write one */
    json_t *root = NULL;
    status = gv_jansson_load(&root, text, bytes, JSON_REJECT_DUPLICATES, &where, err);
    if (status != GV_OK)
        gv_error_prefix(err, "%s", file);
    else if (!root)
        status = gv_error_set(err, GV_E_USAGE, "%s:%d:%d: invalid JSON: %s", file,
                              where.line > 0 ? where.line : 1, where.column > 0 ? where.column : 1,
                              where.text);
    else if (!json_is_object(root))
        status = gv_error_set(err, GV_E_USAGE, "%s:1:1: the config must be one JSON object", file);
    else
        status = read_object(load, root, "", &(source){file, text, bytes}, err);
    json_decref(root);
    gv_mem_free(text);
    return status;
}

bool gv_config_evaluates(const gv_config *config)
{
    return config->eval_analogies.n + config->eval_similarity.n + config->eval_categories.n +
               config->eval_outliers.n + config->eval_probes.n >
           0;
}

int gv_config_check_file(const char *key, const char *path, gv_error *err)
{
    struct stat look;
    if (stat(path, &look) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return gv_error_set(err, GV_E_USAGE, "%s: the file %s does not exist", key, path);
        return gv_error_set_errno(err, "%s: cannot read %s", key, path);
    }
    return S_ISDIR(look.st_mode)
               ? gv_error_set(err, GV_E_USAGE, "%s: %s is a directory, not a file", key, path)
               : GV_OK;
}

/* --- --set ------------------------------------------------------------------------------------ */

static int apply_set(loader *load, const char *set, gv_error *err)
{
    const char *equals = strchr(set, '=');
    if (!equals || equals == set)
        return gv_error_set(err, GV_E_USAGE, "--set %s: write KEY=VALUE, as in --set train.dim=50",
                            set);
    char path[PATH_MOST];
    snprintf(path, sizeof path, "%.*s", (int)(equals - set < PATH_MOST ? equals - set : PATH_MOST),
             set);
    const gv_config_key *key = gv_config_key_find(path);
    int status;
    if (key) {
        json_t *value;
        status = gv_config_key_parse(&value, key, equals + 1, err);
        if (status == GV_OK)
            status = gv_config_key_set(load->config, key, value, err);
        json_decref(value);
        load->given[index_of(key)] = true;
    } else {
        status = gv_config_key_unknown(path, NULL, err);
    }
    if (status != GV_OK)
        gv_error_prefix(err, "--set %s", set);
    return status;
}

/* Does the setting, KEY=VALUE, set this key? */
static bool sets_key(const char *set, const char *key)
{
    size_t n = strlen(key);
    return strncmp(set, key, n) == 0 && set[n] == '=';
}

bool gv_config_is_set(const gv_strings *sets, const char *key)
{
    for (size_t i = 0; i < sets->n; i++)
        if (sets_key(sets->items[i], key))
            return true;
    return false;
}

int gv_config_lasting_sets(gv_strings *lasting, const gv_strings *sets, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < sets->n && status == GV_OK; i++) {
        const gv_config_key *key = gv_config_key_table;
        while (key->name && !sets_key(sets->items[i], key->name))
            key++;
        if (!key->name || !key->machine)
            status = gv_strings_add(lasting, sets->items[i], err);
    }
    return status;
}

/* --- loading ---------------------------------------------------------------------------------- */

static int set_text(gv_config *config, const gv_config_key *key, const char *text, gv_error *err)
{
    json_t *value;
    int status = gv_jansson_load(&value, text, strlen(text), JSON_DECODE_ANY, NULL, err);
    if (status == GV_OK)
        status = gv_config_key_set(config, key, value, err);
    json_decref(value);
    return status;
}

static int set_defaults(gv_config *config, gv_error *err)
{
    int status = GV_OK;
    for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++)
        if (key->fallback)
            status = set_text(config, key, key->fallback, err);
    return status;
}

/* The defaults that depend on other keys, once these are known. */
static int set_exceptions(loader *load, gv_error *err)
{
    int status = GV_OK;
    for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++)
        if (key->except[0].fallback && !load->given[index_of(key)])
            status = set_text(load->config, key, gv_config_key_default(load->config, key), err);
    return status;
}

/* Did a program write this config? Then it states every key of its time; one that a person wrote
 * states few. */
static bool states_all(const loader *load)
{
    size_t given = 0, n = gv_config_key_count();
    for (size_t i = 0; i < n; i++)
        given += load->given[i];
    return 2 * given > n;
}

/* Keys that a program's config of an earlier version does not have keep their meaning of then,
 * wherever the file is used: a run can be made again from its config.json. */
static int set_unstated(loader *load, gv_error *err)
{
    int status = GV_OK;
    bool written = states_all(load);
    for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++)
        if (written && key->before && !load->given[index_of(key)] &&
            gv_config_key_counts(load->config, key)) {
            status = set_text(load->config, key, key->before, err);
            load->given[index_of(key)] = true;
        }
    return status;
}

/* In a resolved config, keys at their default count as not given. */
static int forget_defaults(loader *load, gv_error *err)
{
    int status = GV_OK;
    for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++) {
        bool is_default = false;
        if (key->except[0].fallback || key->before)
            status = gv_config_key_is_default(&is_default, load->config, key, err);
        if (is_default)
            load->given[index_of(key)] = false;
    }
    return status;
}

static int set_default_name(gv_config *config, const char *path, const char *name, gv_error *err)
{
    if (config->name)
        return GV_OK;
    size_t n = strlen(name);
    if (path) {
        const char *slash = strrchr(path, '/');
        name = slash ? slash + 1 : path;
        n = strlen(name);
        if (n > 5 && strcmp(name + n - 5, ".json") == 0)
            n -= 5;
    }
    config->name = gv_mem_strndup(name, n, err);
    return config->name ? GV_OK : GV_E_MEMORY;
}

/* How often `name` is in the list. */
static size_t times_in(const gv_strings *list, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += strcmp(list->items[i], name) == 0;
    return n;
}

/* Keys about text that was counted before. */
static int check_counted(const gv_config *config, gv_error *err)
{
    const gv_strings *counted = &config->corpus_counted;
    for (size_t i = 0; i < counted->n; i++)
        if (times_in(counted, counted->items[i]) >
            times_in(&config->corpus_files, counted->items[i]))
            return gv_error_set(err, GV_E_USAGE,
                                "corpus.counted names %s more often than corpus.files does; it "
                                "must be a part of corpus.files (glove-run --append adds files)",
                                counted->items[i]);
    const char *other = config->vocab_extend ? "vocab.extend" : "corpus.counted";
    if (config->vocab_file && (config->vocab_extend || counted->n > 0))
        return gv_error_set(
            err, GV_E_USAGE,
            "vocab.file and %s exclude each other: a given vocabulary does not grow", other);
    if (config->vocab_extend && counted->n > 0)
        return gv_error_set(err, GV_E_USAGE,
                            "vocab.extend and corpus.counted exclude each other: the words of "
                            "counted files are in the folder base of the run directory");
    return GV_OK;
}

/* Checks that involve several keys, or the form of the name. */
static int check_together(loader *load, gv_error *err)
{
    gv_config *config = load->config;
    const char *control = config->name;
    while (*control && (unsigned char)*control >= 0x20 && *control != 0x7f)
        control++;
    if (*control || strchr(config->name, '/') || strcmp(config->name, ".") == 0 ||
        strcmp(config->name, "..") == 0)
        return gv_error_set(err, GV_E_USAGE,
                            "name must be the name of a folder without its path, not \"%s\"; "
                            "--run-dir takes a path",
                            config->name);
    if (config->cooccur_weighting == GV_WEIGHTING_ARRAY) {
        uint32_t weights = config->cooccur_weight_count;
        bool given = load->given[index_of(gv_config_key_find("cooccur.window"))];
        if (given && config->cooccur_window != weights)
            return gv_error_set(err, GV_E_USAGE,
                                "cooccur.weighting lists %u weights but cooccur.window is %u: set "
                                "cooccur.window to %u too, or give a weight for each distance",
                                weights, config->cooccur_window, weights);
        config->cooccur_window = weights;
    }
    int status = check_counted(config, err);
    if (status != GV_OK)
        return status;
    if ((config->corpus_format == GV_CORPUS_JSONL && config->corpus_field.n == 0) ||
        ((config->corpus_format == GV_CORPUS_CSV || config->corpus_format == GV_CORPUS_TSV) &&
         config->corpus_column.n == 0))
        return gv_error_set(err, GV_E_USAGE, "%s is an empty list: name what the text is in",
                            config->corpus_format == GV_CORPUS_JSONL ? "corpus.field"
                                                                     : "corpus.column");
    if (config->subword_min_n > config->subword_max_n)
        return gv_error_set(err, GV_E_USAGE,
                            "subword.min_n is %u but subword.max_n is %u: no n-gram would be left",
                            config->subword_min_n, config->subword_max_n);
    return GV_OK;
}

/* A config with all defaults to load into; freed by finish_loading. */
static int begin_loading(loader *load, gv_error *err)
{
    *load = (loader){.config = gv_mem_alloc_zero(1, sizeof *load->config, err)};
    return load->config ? set_defaults(load->config, err) : GV_E_MEMORY;
}

static int finish_loading(gv_config **result, loader *load, int status)
{
    *result = NULL;
    if (status == GV_OK)
        *result = load->config;
    else
        gv_config_free(load->config);
    return status;
}

static int load_config(gv_config **result, const char *path, bool resolved, const gv_strings *sets,
                       const char *default_name, gv_error *err)
{
    loader load;
    int status = begin_loading(&load, err);
    if (status == GV_OK && path)
        status = read_config_file(&load, path, err);
    if (status == GV_OK && path)
        status = set_unstated(&load, err);
    if (status == GV_OK && path && resolved)
        status = forget_defaults(&load, err);
    for (size_t i = 0; status == GV_OK && sets && i < sets->n; i++)
        status = apply_set(&load, sets->items[i], err);
    if (status == GV_OK)
        status = set_exceptions(&load, err);
    if (status == GV_OK)
        status = set_default_name(load.config, path, default_name, err);
    if (status == GV_OK) {
        status = check_together(&load, err);
        if (status != GV_OK && path)
            gv_error_prefix(err, "%s", path);
    }
    return finish_loading(result, &load, status);
}

int gv_config_load_text(gv_config **config, const char *text, gv_error *err)
{
    static const char where[] = "the config that was sent";
    loader load;
    json_t *root = NULL;
    int status = begin_loading(&load, err);
    if (status == GV_OK)
        status = gv_jansson_load(&root, text, strlen(text), JSON_REJECT_DUPLICATES, NULL, err);
    if (status == GV_OK)
        status = json_is_object(root)
                     ? read_object(&load, root, "", &(source){where, text, strlen(text)}, err)
                     : gv_error_set(err, GV_E_USAGE, "%s is not a JSON object", where);
    if (status == GV_OK && !load.config->name)
        status = gv_error_set(err, GV_E_USAGE, "%s has no name", where);
    if (status == GV_OK)
        status = check_together(&load, err);
    json_decref(root);
    return finish_loading(config, &load, status);
}

int gv_config_load(gv_config **config, const char *path, const gv_strings *sets,
                   const char *default_name, gv_error *err)
{
    return load_config(config, path, false, sets, default_name, err);
}

int gv_config_load_resolved(gv_config **config, const char *path, const gv_strings *sets,
                            const char *default_name, gv_error *err)
{
    return load_config(config, path, true, sets, default_name, err);
}

void gv_config_free(gv_config *config)
{
    if (!config)
        return;
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        void *field = (char *)config + key->offset;
        if (key->type == GV_KEY_STRING)
            gv_mem_free(*(char **)field);
        else if (key->type == GV_KEY_STRINGS)
            gv_strings_free(field);
    }
    gv_mem_free(config->cooccur_weights);
    gv_mem_free(config);
}

/* --- resolved JSON -------------------------------------------------------------------------------
 */

int gv_config_json(char **json, const gv_config *config, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    const char *section = "";
    size_t section_length = 0;
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        const char *dot = strchr(key->name, '.');
        size_t n = dot ? (size_t)(dot - key->name) : 0;
        if (n == section_length && strncmp(section, key->name, n) == 0) {
            gv_text_add(&text, key == gv_config_key_table ? "{\n" : ",\n");
        } else {
            gv_text_printf(&text, "%s,\n  \"%.*s\": {\n", section_length ? "\n  }" : "", (int)n,
                           key->name);
            section = key->name;
            section_length = n;
        }
        gv_text_printf(&text, "%s\"%s\": ", n ? "    " : "  ", dot ? dot + 1 : key->name);
        gv_config_key_text(&text, config, key);
    }
    gv_text_add(&text, section_length ? "\n  }\n}\n" : "\n}\n");
    return gv_text_take(json, &text, err);
}
