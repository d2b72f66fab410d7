#include "report/cite/gv_cite_runs.h"

#include "app/gv_stamp.h"
#include "app/gv_sweep_file.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "config/gv_config_key.h"
#include "config/gv_run_names.h"
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 30, VALUE = 400 };

static const enum gv_config_stage stages[GV_CITE_RUNS_STAGES] = {
    GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE, GV_STAGE_TRAIN, GV_STAGE_EVAL};

/* --- one run ---------------------------------------------------------------------------------- */

static int load_json(gv_json **json, const char *dir, const char *name, gv_error *err)
{
    char *text = NULL, *path = gv_file_path_join(dir, name, err);
    size_t bytes = 0;
    *json = NULL;
    int status =
        path ? gv_file_reader_whole_if_there(&text, &bytes, path, LIMIT, err) : GV_E_MEMORY;
    if (status == GV_OK && text)
        status = gv_json_parse_if_valid(json, text, bytes, err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

/* The last "done" event of each stage; damaged lines are left out. */
static int read_lines(gv_cite_runs_run *run, gv_file_reader *in, gv_error *err)
{
    char *line;
    size_t length;
    int status;
    while ((status = gv_file_reader_line(in, &line, &length, err)) == GV_OK && line) {
        gv_json *event = NULL;
        status = gv_json_parse_if_valid(&event, line, length, err);
        if (status != GV_OK)
            return status;
        for (size_t i = 0; i < GV_CITE_RUNS_STAGES; i++)
            if (strcmp(gv_json_get_text(event, "event"), "done") == 0 &&
                strcmp(gv_json_get_text(event, "stage"), gv_config_stage_name(stages[i])) == 0) {
                gv_json_free(run->event[i]);
                run->event[i] = event;
                event = NULL;
                break;
            }
        gv_json_free(event);
    }
    return status;
}

static int read_metrics(gv_cite_runs_run *run, gv_error *err)
{
    gv_file_stat look;
    gv_file_reader *in = NULL;
    char *path = gv_file_path_join(run->dir, GV_FILE_METRICS, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.regular) {
        status = gv_file_reader_open(&in, path, err);
        if (status == GV_OK)
            status = read_lines(run, in, err);
    }
    gv_file_reader_close(in);
    gv_mem_free(path);
    return status;
}

static int read_run(gv_cite_runs_run *run, gv_error *err)
{
    gv_file_stat look = {.exists = false};
    char *path = gv_file_path_join(run->dir, GV_FILE_CONFIG, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_USAGE, "%s is no run directory: it has no %s", run->dir,
                              GV_FILE_CONFIG);
    if (status == GV_OK)
        status = gv_config_load(&run->config, path, &(gv_strings){0}, "default", err);
    if (status == GV_OK)
        status = read_metrics(run, err);
    for (size_t i = 0; i < GV_CITE_RUNS_STAGES && status == GV_OK; i++) {
        status = gv_stamp_read(&run->stamp[i], run->dir, stages[i], err);
        run->done[i] = gv_json_get(run->stamp[i], "done");
        if (!run->done[i])
            run->done[i] = run->event[i];
    }
    if (status == GV_OK)
        status = load_json(&run->eval, run->dir, GV_FILE_EVAL, err);
    if (status == GV_OK && !run->done[GV_CITE_RUNS_TRAIN])
        status = gv_error_set(err, GV_E_USAGE,
                              "%s: no training is recorded there yet; glove-run --run-dir DIR "
                              "trains",
                              run->dir);
    gv_mem_free(path);
    return status;
}

/* --- all of them ------------------------------------------------------------------------------ */

static int add_run(gv_cite_runs *runs, const char *dir, gv_error *err)
{
    int status = gv_mem_reserve(&runs->run, &runs->capacity, runs->n + 1, sizeof *runs->run, err);
    if (status != GV_OK)
        return status;
    gv_cite_runs_run *run = &runs->run[runs->n++];
    *run = (gv_cite_runs_run){.dir = gv_mem_strdup(dir, err)};
    return run->dir ? read_run(run, err) : GV_E_MEMORY;
}

static int add_sweep(gv_cite_runs *runs, const char *dir, gv_progress *progress, gv_error *err)
{
    gv_sweep_file sweep = {0};
    size_t unfinished = 0;
    int status = gv_sweep_file_read(&sweep, dir, err);
    for (size_t i = 0; i < sweep.n && status == GV_OK; i++) {
        if (sweep.runs[i].state != GV_SWEEP_FILE_DONE) {
            unfinished++;
            continue;
        }
        char *path = gv_file_path_join(dir, sweep.runs[i].dir, err);
        status = path ? add_run(runs, path, err) : GV_E_MEMORY;
        gv_mem_free(path);
    }
    if (status == GV_OK && unfinished > 0)
        gv_progress_note(progress, "%s: %zu of %zu runs are not done, and left out", dir,
                         unfinished, sweep.n);
    gv_sweep_file_clear(&sweep);
    return status;
}

static int group(gv_cite_runs *runs, gv_error *err)
{
    const gv_config **configs = gv_mem_alloc(runs->n, sizeof(gv_config *), err);
    if (!configs)
        return GV_E_MEMORY;
    for (size_t i = 0; i < runs->n; i++)
        configs[i] = runs->run[i].config;
    int status = gv_config_groups_make(&runs->groups, configs, runs->n, &(gv_strings){0}, err);
    gv_mem_free(configs);
    return status;
}

int gv_cite_runs_read(gv_cite_runs *runs, const gv_strings *dirs, gv_progress *progress,
                      gv_error *err)
{
    *runs = (gv_cite_runs){0};
    int status = GV_OK;
    for (size_t i = 0; i < dirs->n && status == GV_OK; i++) {
        bool sweep = false;
        status = gv_sweep_file_is_there(&sweep, dirs->items[i], err);
        if (status == GV_OK)
            status = sweep ? add_sweep(runs, dirs->items[i], progress, err)
                           : add_run(runs, dirs->items[i], err);
    }
    if (status == GV_OK && runs->n == 0)
        return gv_error_set(err, GV_E_USAGE, "%s: none of its runs is done yet", dirs->items[0]);
    return status == GV_OK ? group(runs, err) : status;
}

void gv_cite_runs_clear(gv_cite_runs *runs)
{
    for (size_t i = 0; i < runs->n; i++) {
        gv_cite_runs_run *run = &runs->run[i];
        for (size_t k = 0; k < GV_CITE_RUNS_STAGES; k++) {
            gv_json_free(run->stamp[k]);
            gv_json_free(run->event[k]);
        }
        gv_json_free(run->eval);
        gv_config_free(run->config);
        gv_mem_free(run->dir);
    }
    gv_mem_free(runs->run);
    gv_config_groups_free(runs->groups);
    *runs = (gv_cite_runs){0};
}

int gv_cite_runs_uses(bool *uses, const gv_config *config, const char *name, gv_error *err)
{
    const gv_config_key *key = gv_config_key_find(name);
    *uses = key && gv_config_key_counts(config, key);
    return *uses && key->needs.key ? gv_config_key_needs_met(uses, config, key, err) : GV_OK;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool has(const gv_strings *values, const char *value)
{
    for (size_t i = 0; i < values->n; i++)
        if (strcmp(values->items[i], value) == 0)
            return true;
    return false;
}

static bool is_whole(const char *text)
{
    return *text && strlen(text) < 16 && strspn(text, "0123456789") == strlen(text);
}

static int by_number(const void *a, const void *b)
{
    const double x = strtod(*(char *const *)a, NULL), y = strtod(*(char *const *)b, NULL);
    return (x > y) - (x < y);
}

/* "1 to 5", "1, 3 and 7" */
static void join(gv_text *text, gv_strings *values)
{
    bool whole = true, gaps = false;
    for (size_t i = 0; i < values->n; i++)
        whole &= is_whole(values->items[i]);
    if (whole && values->n > 0)
        qsort(values->items, values->n, sizeof *values->items, by_number);
    for (size_t i = 1; i < values->n && whole; i++)
        gaps |=
            strtoull(values->items[i], NULL, 10) != strtoull(values->items[i - 1], NULL, 10) + 1;
    if (whole && !gaps && values->n > 2) {
        gv_text_printf(text, "%s to %s", values->items[0], values->items[values->n - 1]);
        return;
    }
    for (size_t i = 0; i < values->n; i++)
        gv_text_printf(text, "%s%s",
                       i == 0              ? ""
                       : i + 1 < values->n ? ", "
                                           : " and ",
                       values->items[i]);
}

int gv_cite_runs_values(char **values, const gv_cite_runs *runs, gv_cite_runs_text_of *text_of,
                        const void *what, gv_error *err)
{
    gv_strings found = {0};
    gv_text text = GV_TEXT_INIT;
    int status = GV_OK;
    *values = NULL;
    for (size_t i = 0; i < runs->n && status == GV_OK; i++) {
        char value[VALUE] = "";
        text_of(value, sizeof value, &runs->run[i], what);
        if (*value && !has(&found, value))
            status = gv_strings_add(&found, value, err);
    }
    join(&text, &found);
    gv_strings_free(&found);
    if (status != GV_OK) {
        gv_text_drop(&text);
        return status;
    }
    return gv_text_take(values, &text, err);
}

static void key_text(char *to, size_t size, const gv_cite_runs_run *run, const void *what)
{
    gv_text text = GV_TEXT_INIT;
    const gv_config_key *key = what;
    if (!gv_config_key_counts(run->config, key))
        return; /* it says nothing about this run */
    gv_config_key_text(&text, run->config, key);
    const char *value = text.bytes ? text.bytes : "";
    const size_t n = strlen(value);
    if (n >= 2 && value[0] == '"' && value[n - 1] == '"')
        snprintf(to, size, "%.*s", (int)(n - 2), value + 1);
    else
        snprintf(to, size, "%s", value);
    gv_text_drop(&text);
}

int gv_cite_runs_key_values(char **values, const gv_cite_runs *runs, const char *key, gv_error *err)
{
    return gv_cite_runs_values(values, runs, key_text, gv_config_key_find(key), err);
}

bool gv_cite_runs_agree(const gv_cite_runs *runs, const char *name)
{
    char first[VALUE] = "", other[VALUE] = "";
    const gv_config_key *key = gv_config_key_find(name);
    for (size_t i = 0; i < runs->n; i++) {
        char *to = i == 0 ? first : other;
        key_text(to, VALUE, &runs->run[i], key);
        if (i > 0 && strcmp(first, other) != 0)
            return false;
    }
    return true;
}
