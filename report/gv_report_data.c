/*
 * gv_report_data - reads what a run directory holds, forgiving what is missing or damaged.
 */
#include "app/gv_print.h"
#include "app/gv_run.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "report/gv_report.h"
#include "vectors/gv_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JSON_FILE_LIMIT ((size_t)64 << 20)
enum { NEIGHBOUR_WORDS = 10, NEIGHBOURS = 8, SHORTEST_WORD = 4 /* columns */ };

const enum gv_config_stage gv_report_stages[GV_REPORT_STAGES] = {
    GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE, GV_STAGE_TRAIN, GV_STAGE_EVAL};

/* --- JSON files
 * ----------------------------------------------------------------------------------- */

/* A file of the run as JSON; NULL when it is not there or not JSON. Only GV_E_MEMORY fails. */
static int load_json(json_t **json, const char *run_dir, const char *name, gv_error *err)
{
    char *path = gv_file_path_join(run_dir, name, err), *text = NULL;
    gv_file_stat stat;
    size_t bytes = 0;
    *json = NULL;
    if (!path)
        return GV_E_MEMORY;
    if (gv_file_look(&stat, path, NULL) == GV_OK && stat.regular &&
        gv_file_read_all(&text, &bytes, path, JSON_FILE_LIMIT, NULL) == GV_OK)
        *json = json_loadb(text, bytes, 0, NULL);
    gv_mem_free(text);
    gv_mem_free(path);
    return GV_OK;
}

static int config_as_json(json_t **json, const gv_config *config, gv_error *err)
{
    char *text = NULL;
    int status = gv_config_json(&text, config, err);
    if (status != GV_OK)
        return status;
    *json = json_loads(text, 0, NULL);
    gv_mem_free(text);
    return *json ? GV_OK : gv_error_set(err, GV_E_MEMORY, "out of memory for the report");
}

/* What the keys would be without a file, given those on which other keys' defaults depend; these
 * themselves as they are without anything. */
static int load_defaults(json_t **json, const json_t *config, const char *name, gv_error *err)
{
    static const char *const decisive[] = {"objective", "optimizer"};
    const json_t *train = json_object_get(config, "train");
    gv_strings sets = {0};
    gv_config *plain = NULL, *given = NULL;
    json_t *bare = NULL;
    int status = GV_OK;
    for (size_t i = 0; i < sizeof decisive / sizeof *decisive && status == GV_OK; i++) {
        const char *value = json_string_value(json_object_get(train, decisive[i]));
        char *set = gv_mem_format(err, "train.%s=%s", decisive[i], value ? value : "");
        status = set ? gv_strings_add(&sets, set, err) : GV_E_MEMORY;
        gv_mem_free(set);
    }
    if (status == GV_OK)
        status = gv_config_load(&plain, NULL, &(gv_strings){0}, name, err);
    if (status == GV_OK)
        status = gv_config_load(&given, NULL, &sets, name, err);
    if (status == GV_OK)
        status = config_as_json(&bare, plain, err);
    if (status == GV_OK)
        status = config_as_json(json, given, err);
    for (size_t i = 0; i < sizeof decisive / sizeof *decisive && status == GV_OK; i++)
        json_object_set(json_object_get(*json, "train"), decisive[i],
                        json_object_get(json_object_get(bare, "train"), decisive[i]));
    json_decref(bare);
    gv_config_free(given);
    gv_config_free(plain);
    gv_strings_free(&sets);
    return status;
}

static int load_settings(gv_report *report, const gv_config *config, gv_error *err)
{
    int status = config_as_json(&report->config, config, err);
    return status == GV_OK ? load_defaults(&report->defaults, report->config, config->name, err)
                           : status;
}

static int load_stamps(gv_report *report, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < GV_REPORT_STAGES && status == GV_OK; i++) {
        char *name =
            gv_mem_format(err, ".stamps/%s.json", gv_config_stage_name(gv_report_stages[i]));
        status = name ? load_json(&report->stamp[i], report->run_dir, name, err) : GV_E_MEMORY;
        gv_mem_free(name);
    }
    return status;
}

/* --- metrics.jsonl
 * ---------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Epochs in order; one that comes again (a restart, a new training) replaces it and what follows.
 */
static int take_epoch(gv_report *report, json_t *event)
{
    const double epoch = json_number_value(json_object_get(event, "epoch"));
    size_t n = json_array_size(report->epochs);
    while (n > 0 && json_number_value(
                        json_object_get(json_array_get(report->epochs, n - 1), "epoch")) >= epoch)
        if (json_array_remove(report->epochs, --n) != 0)
            return -1;
    if (n == 0 && epoch <= 1.0)
        report->resumes = 0;
    return json_array_append(report->epochs, event);
}

static int take_event(gv_report *report, json_t *event)
{
    const char *stage = text_of(event, "stage"), *kind = text_of(event, "event");
    if (strcmp(stage, "train") == 0 && strcmp(kind, "epoch") == 0)
        return take_epoch(report, event);
    if (strcmp(stage, "train") == 0 && strcmp(kind, "resume") == 0)
        report->resumes++;
    for (size_t i = 0; i < GV_REPORT_STAGES && strcmp(kind, "done") == 0; i++) {
        if (strcmp(stage, gv_config_stage_name(gv_report_stages[i])) != 0)
            continue;
        json_decref(report->done[i]);
        report->done[i] = json_incref(event);
    }
    return 0;
}

static int read_metrics(gv_report *report, gv_file_reader *in, gv_error *err)
{
    char *line;
    size_t length;
    for (;;) {
        int status = gv_file_reader_line(in, &line, &length, err);
        if (status != GV_OK || !line)
            return status;
        if (length == 0)
            continue;
        json_t *event = json_loadb(line, length, 0, NULL);
        int failed = 0;
        if (json_is_object(event))
            failed = take_event(report, event);
        else
            report->damaged++;
        json_decref(event);
        if (failed)
            return gv_error_set(err, GV_E_MEMORY, "out of memory for the report");
    }
}

static int load_metrics(gv_report *report, gv_error *err)
{
    char *path = gv_file_path_join(report->run_dir, GV_FILE_METRICS, err);
    gv_file_reader *in = NULL;
    int status = GV_OK;
    if (!path)
        return GV_E_MEMORY;
    report->epochs = json_array();
    if (!report->epochs)
        status = gv_error_set(err, GV_E_MEMORY, "out of memory for the report");
    else if (gv_file_reader_open(&in, path, NULL) == GV_OK)
        status = read_metrics(report, in, err);
    gv_file_reader_close(in);
    gv_mem_free(path);
    return status;
}

/* --- neighbours of a few words
 * ------------------------------------------------------------------------ */

static json_t *near_json(const gv_words *words, uint32_t row)
{
    gv_nearest_neighbour found[NEIGHBOURS];
    size_t n = 0;
    const float *direction = words->nearest.unit + row * words->nearest.dim;
    json_t *near = json_array();
    if (gv_nearest_to(found, &n, &words->nearest, direction, &row, 1, NEIGHBOURS, NULL) != GV_OK)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        json_t *item =
            json_pack("{s:o, s:f}", "word", gv_print_json(words->vectors->words[found[i].row]),
                      "score", (double)found[i].score);
        if (json_array_append_new(near, item) != 0) {
            json_decref(near);
            return NULL;
        }
    }
    return json_pack("{s:o, s:o}", "word", gv_print_json(words->vectors->words[row]), "near", near);
}

/* Words that say something: not the most frequent ones (the, of, and ...), not short; at ranks that
 * grow by equal factors, up to a tenth of the vocabulary (a small one: up to its half). */
static int choose_neighbours(json_t *list, const gv_words *words, gv_error *err)
{
    const gv_vectors *vectors = words->vectors;
    const double rows = (double)vectors->rows;
    double rank = rows < 2000.0 ? 20.0 : 150.0;
    const double last = rows < 2000.0 ? rows / 2.0 : rows / 10.0;
    const double factor = last > rank ? pow(last / rank, 1.0 / NEIGHBOUR_WORDS) : 1.0;
    size_t row = 0;
    if (rows < 100.0)
        rank = 0.0;
    for (int i = 0; i < NEIGHBOUR_WORDS; i++, rank *= factor) {
        row = (size_t)rank > row ? (size_t)rank : row;
        while (row < vectors->rows &&
               (gv_print_width(vectors->words[row]) < SHORTEST_WORD || row == words->nearest.skip))
            row++;
        if (row >= vectors->rows)
            break;
        if (json_array_append_new(list, near_json(words, (uint32_t)row++)) != 0)
            return gv_error_set(err, GV_E_MEMORY, "out of memory for the report");
    }
    return GV_OK;
}

static int load_neighbours(gv_report *report, const gv_config *config, gv_error *err)
{
    gv_error why = GV_ERROR_INIT;
    char *path = NULL;
    gv_words *words = NULL;
    int status = gv_words_find_file(&path, NULL, config, report->run_dir, &why);
    if (status == GV_OK)
        status = gv_words_read(&words, path, &why);
    if (status != GV_OK) {
        report->neighbours_note = gv_mem_strdup(why.text, err);
        status = report->neighbours_note ? GV_OK : GV_E_MEMORY;
    } else {
        report->neighbours = json_array();
        status = choose_neighbours(report->neighbours, words, err);
    }
    gv_words_free(words);
    gv_mem_free(path);
    return status;
}

/* --- all of it
 * ------------------------------------------------------------------------------------------ */

int gv_report_gather(gv_report *report, const gv_config *config, const char *run_dir,
                     gv_progress *progress, gv_error *err)
{
    gv_file_stat stat;
    *report = (gv_report){.run_dir = run_dir};
    int status = gv_file_look(&stat, run_dir, err);
    if (status == GV_OK && (!stat.exists || stat.regular))
        status =
            gv_error_set(err, GV_E_USAGE,
                         "%s is not a run directory: name one with --run-dir, or run the stages "
                         "first (make run CONFIG=...)",
                         run_dir);
    if (status == GV_OK)
        status = load_settings(report, config, err);
    if (status == GV_OK)
        status = load_stamps(report, err);
    if (status == GV_OK)
        status = load_metrics(report, err);
    if (status == GV_OK)
        status = load_json(&report->eval, run_dir, GV_FILE_EVAL, err);
    if (status == GV_OK)
        status = load_neighbours(report, config, err);
    if (status == GV_OK && report->damaged > 0)
        gv_progress_note(progress, "damaged lines of %s skipped: %zu", GV_FILE_METRICS,
                         report->damaged);
    if (status != GV_OK)
        gv_report_free(report);
    return status;
}

void gv_report_free(gv_report *report)
{
    json_decref(report->config);
    json_decref(report->defaults);
    for (size_t i = 0; i < GV_REPORT_STAGES; i++) {
        json_decref(report->done[i]);
        json_decref(report->stamp[i]);
    }
    json_decref(report->epochs);
    json_decref(report->eval);
    json_decref(report->neighbours);
    gv_mem_free(report->neighbours_note);
    *report = (gv_report){0};
}
