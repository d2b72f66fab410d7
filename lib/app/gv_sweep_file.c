#include "app/gv_sweep_file.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 256 << 20, DIGITS = 15 };

static const char *const states[] = {"waiting", "running", "done", "failed"};
enum { STATES = sizeof states / sizeof *states };

const char *gv_sweep_file_state_name(enum gv_sweep_file_state state)
{
    return states[state];
}

/* --- copies of JSON --------------------------------------------------------------------------- */

/* A copy of an object or array; NULL for NULL and anything else. */
static int copy_json(gv_json **copy, const gv_json *value, gv_error *err)
{
    char *text = NULL;
    const enum gv_json_kind kind = gv_json_kind(value);
    *copy = NULL;
    if (kind != GV_JSON_OBJECT && kind != GV_JSON_ARRAY)
        return GV_OK;
    int status = gv_json_print(&text, value, GV_JSON_COMPACT, 17, err);
    if (status == GV_OK)
        status = gv_json_parse(copy, text, strlen(text), err);
    gv_mem_free(text);
    return status;
}

static int copy_text(char **copy, const gv_json *value, gv_error *err)
{
    const char *text = gv_json_text(value);
    *copy = text ? gv_mem_strdup(text, err) : NULL;
    return text && !*copy ? GV_E_MEMORY : GV_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

int gv_sweep_file_is_there(bool *there, const char *dir, gv_error *err)
{
    gv_file_stat look = {.exists = false};
    char *path = gv_file_path_join(dir, GV_SWEEP_FILE, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    *there = look.exists;
    gv_mem_free(path);
    return status;
}

/* The name of a folder without a path. */
static bool is_name(const gv_json *value)
{
    const char *text = gv_json_text(value);
    if (!text || strlen(text) != gv_json_text_length(value) || strlen(text) > NAME_MAX)
        return false;
    const char *at = text;
    while (*at && (unsigned char)*at >= 0x20 && *at != 0x7f && *at != '/')
        at++;
    return text[0] && text[0] != '.' && *at == '\0';
}

static int find_state(enum gv_sweep_file_state *state, const char *name)
{
    for (int i = 0; i < STATES; i++)
        if (strcmp(states[i], name) == 0) {
            *state = (enum gv_sweep_file_state)i;
            return GV_OK;
        }
    return GV_E_CORRUPT;
}

static int read_run(gv_sweep_file *file, const gv_json *item, gv_error *err)
{
    const gv_json *dir = gv_json_get(item, "dir"), *set = gv_json_get(item, "set");
    enum gv_sweep_file_state state;
    if (!is_name(dir))
        return gv_error_set(err, GV_E_CORRUPT, "\"dir\" is not the name of a folder");
    if (gv_json_kind(set) != GV_JSON_OBJECT)
        return gv_error_set(err, GV_E_CORRUPT, "\"set\" is not an object");
    if (find_state(&state, gv_json_get_text(item, "state")) != GV_OK)
        return gv_error_set(err, GV_E_CORRUPT, "\"state\" is not waiting, running, done or failed");
    int status = gv_sweep_file_add(file, gv_json_text(dir), set, err);
    if (status == GV_OK) {
        file->runs[file->n - 1].state = state;
        status = copy_text(&file->runs[file->n - 1].error, gv_json_get(item, "error"), err);
    }
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_unique(const gv_sweep_file *file, gv_error *err)
{
    const char **names = gv_mem_alloc(file->n, sizeof *names, err);
    int status = names ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < file->n && status == GV_OK; i++)
        names[i] = file->runs[i].dir;
    if (status == GV_OK)
        qsort(names, file->n, sizeof *names, compare_names);
    for (size_t i = 1; i < file->n && status == GV_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = gv_error_set(err, GV_E_CORRUPT, "two runs are in %s", names[i]);
    gv_mem_free(names);
    return status;
}

static int read_sets(gv_sweep_file *file, const gv_json *list, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < gv_json_count(list) && status == GV_OK; i++) {
        const char *set = gv_json_text(gv_json_item(list, i));
        status = set ? gv_strings_add(&file->sets, set, err) : GV_OK;
    }
    return status;
}

static int read_root(gv_sweep_file *file, const gv_json *root, gv_error *err)
{
    const gv_json *runs = gv_json_get(root, "runs");
    if (gv_json_kind(runs) != GV_JSON_ARRAY)
        return gv_error_set(err, GV_E_CORRUPT, "it has no list \"runs\"");
    if (gv_json_count(runs) > GV_SWEEP_FILE_RUNS)
        return gv_error_set(err, GV_E_CORRUPT, "it lists more than %d runs", GV_SWEEP_FILE_RUNS);
    int status = GV_OK;
    for (size_t i = 0; i < gv_json_count(runs) && status == GV_OK; i++) {
        status = read_run(file, gv_json_item(runs, i), err);
        if (status == GV_E_CORRUPT)
            gv_error_prefix(err, "run %zu", i + 1);
    }
    if (status == GV_OK)
        status = check_unique(file, err);
    if (status == GV_OK)
        status = copy_text(&file->name, gv_json_get(root, "name"), err);
    if (status == GV_OK)
        status = copy_text(&file->config, gv_json_get(root, "config"), err);
    if (status == GV_OK)
        status = read_sets(file, gv_json_get(root, "sets"), err);
    if (status == GV_OK)
        status = copy_json(&file->grid, gv_json_get(root, "grid"), err);
    if (status == GV_OK)
        status = copy_json(&file->list, gv_json_get(root, "list"), err);
    return status == GV_OK ? copy_json(&file->base, gv_json_get(root, "base"), err) : status;
}

int gv_sweep_file_read(gv_sweep_file *file, const char *dir, gv_error *err)
{
    char *text = NULL, *path = gv_file_path_join(dir, GV_SWEEP_FILE, err);
    size_t bytes = 0;
    gv_json *root = NULL;
    *file = (gv_sweep_file){0};
    int status =
        path ? gv_file_reader_whole_if_there(&text, &bytes, path, LIMIT, err) : GV_E_MEMORY;
    if (status == GV_OK && text) {
        status = gv_json_parse(&root, text, bytes, err);
        if (status == GV_OK)
            status = read_root(file, root, err);
        if (status == GV_E_CORRUPT)
            gv_error_prefix(err, "%s", path);
    }
    gv_json_free(root);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void put_value(gv_json_writer *w, const char *key, const gv_json *value)
{
    if (value)
        gv_json_set_value(w, key, value);
    else
        gv_json_set_null(w, key);
}

static void put_run(gv_json_writer *w, const gv_sweep_file_run *run)
{
    gv_json_open_object(w, NULL);
    gv_json_set_text(w, "dir", run->dir);
    gv_json_set_value(w, "set", run->set);
    gv_json_set_text(w, "state", states[run->state]);
    gv_json_set_text(w, "error", run->error);
    gv_json_close(w);
}

int gv_sweep_file_write(const gv_sweep_file *file, const char *dir, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    char *text = NULL, *path = gv_file_path_join(dir, GV_SWEEP_FILE, err);
    gv_json_set_text(&w, "name", file->name);
    gv_json_set_text(&w, "config", file->config);
    gv_json_open_array(&w, "sets");
    for (size_t i = 0; i < file->sets.n; i++)
        gv_json_set_text(&w, NULL, file->sets.items[i]);
    gv_json_close(&w);
    put_value(&w, "grid", file->grid);
    put_value(&w, "list", file->list);
    put_value(&w, "base", file->base);
    gv_json_open_array(&w, "runs");
    for (size_t i = 0; i < file->n; i++)
        put_run(&w, &file->runs[i]);
    gv_json_close(&w);
    int status = gv_json_write(&text, &w, 1, DIGITS, err);
    if (status == GV_OK && !path)
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, strlen(text), err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

/* --- in memory -------------------------------------------------------------------------------- */

int gv_sweep_file_add(gv_sweep_file *file, const char *dir, const gv_json *set, gv_error *err)
{
    gv_sweep_file_run run = {0};
    int status = gv_mem_reserve(&file->runs, &file->capacity, file->n + 1, sizeof *file->runs, err);
    if (status == GV_OK)
        status = (run.dir = gv_mem_strdup(dir, err)) ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = copy_json(&run.set, set, err);
    if (status != GV_OK) {
        gv_mem_free(run.dir);
        return status;
    }
    file->runs[file->n++] = run;
    return GV_OK;
}

void gv_sweep_file_clear(gv_sweep_file *file)
{
    for (size_t i = 0; i < file->n; i++) {
        gv_mem_free(file->runs[i].dir);
        gv_json_free(file->runs[i].set);
        gv_mem_free(file->runs[i].error);
    }
    gv_mem_free(file->runs);
    gv_mem_free(file->name);
    gv_mem_free(file->config);
    gv_strings_free(&file->sets);
    gv_json_free(file->grid);
    gv_json_free(file->list);
    gv_json_free(file->base);
    *file = (gv_sweep_file){0};
}
