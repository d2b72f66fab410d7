/* gv_report_read - reads what a run directory holds; what is missing or damaged is left out. */
#include "app/gv_run.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "report/gv_report.h"
#include "report/gv_report_words.h"

#include <string.h>

#define JSON_FILE_LIMIT ((size_t)64 << 20)

const enum gv_config_stage gv_report_stages[GV_REPORT_STAGES] = {
    GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE, GV_STAGE_TRAIN, GV_STAGE_EVAL};

/* --- JSON files ------------------------------------------------------------------------------- */

/* A file of the run as JSON; NULL if it is missing, too large or not JSON. */
static int load_json(gv_json **json, const char *run_dir, const char *name, gv_error *err)
{
    char *path = gv_file_path_join(run_dir, name, err), *text = NULL;
    size_t bytes = 0;
    *json = NULL;
    if (!path)
        return GV_E_MEMORY;
    int status = gv_file_reader_whole_if_there(&text, &bytes, path, JSON_FILE_LIMIT, err);
    if (status == GV_OK && text)
        status = gv_json_parse_if_valid(json, text, bytes, err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status == GV_E_CORRUPT ? GV_OK : status;
}

static int config_as_json(gv_json **json, const gv_config *config, gv_error *err)
{
    char *text = NULL;
    int status = gv_config_json(&text, config, err);
    if (status != GV_OK)
        return status;
    status = gv_json_parse(json, text, strlen(text), err);
    gv_mem_free(text);
    return status;
}

/* The config with all keys at their defaults. Keys whose default depends on the objective or the
 * optimizer have the one for those of the run. */
static int load_defaults(gv_json **json, const gv_json *config, const char *name, gv_error *err)
{
    gv_strings sets = {0};
    gv_config *plain = NULL, *given = NULL;
    const gv_json *train = gv_json_get(config, "train");
    char *objective =
        gv_mem_format(err, "train.objective=%s", gv_json_get_text(train, "objective"));
    char *optimizer =
        gv_mem_format(err, "train.optimizer=%s", gv_json_get_text(train, "optimizer"));
    int status = objective && optimizer ? gv_strings_add(&sets, objective, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_strings_add(&sets, optimizer, err);
    if (status == GV_OK)
        status = gv_config_load(&plain, NULL, &(gv_strings){0}, name, err);
    if (status == GV_OK)
        status = gv_config_load(&given, NULL, &sets, name, err);
    if (status == GV_OK) {
        given->train_objective = plain->train_objective;
        given->train_optimizer = plain->train_optimizer;
        status = config_as_json(json, given, err);
    }
    gv_mem_free(objective);
    gv_mem_free(optimizer);
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

/* --- metrics.jsonl ---------------------------------------------------------------------------- */

/* Add an epoch, in order. One that was there before (a restart, a new training) is replaced, and
 * those after it go. Takes `event`. */
static int take_epoch(gv_report *report, gv_json *event, gv_error *err)
{
    const double epoch = gv_json_get_number(event, "epoch");
    while (report->n_epochs > 0 &&
           gv_json_get_number(report->epochs[report->n_epochs - 1], "epoch") >= epoch)
        gv_json_free(report->epochs[--report->n_epochs]);
    /* a new training has begun, unless this epoch was itself resumed */
    if (report->n_epochs == 0 && epoch <= 1.0 && !gv_json_get(event, "records_before"))
        report->resumes = 0;
    int status = gv_mem_reserve(&report->epochs, &report->epochs_capacity, report->n_epochs + 1,
                                sizeof(gv_json *), err);
    if (status == GV_OK)
        report->epochs[report->n_epochs++] = event;
    else
        gv_json_free(event);
    return status;
}

/* Takes `event`. */
static int take_event(gv_report *report, gv_json *event, gv_error *err)
{
    const char *stage = gv_json_get_text(event, "stage"), *kind = gv_json_get_text(event, "event");
    if (strcmp(stage, "train") == 0 && strcmp(kind, "epoch") == 0)
        return take_epoch(report, event, err);
    if (strcmp(stage, "train") == 0 && strcmp(kind, "init") == 0) {
        gv_json **init = &report->init[strcmp(gv_json_get_text(event, "key"), "train.init") != 0];
        gv_json_free(*init);
        *init = event;
        return GV_OK;
    }
    if (strcmp(stage, "train") == 0 && strcmp(kind, "resume") == 0)
        report->resumes++;
    if (strcmp(kind, "done") == 0)
        for (size_t i = 0; i < GV_REPORT_STAGES; i++)
            if (strcmp(stage, gv_config_stage_name(gv_report_stages[i])) == 0) {
                gv_json_free(report->done[i]);
                report->done[i] = event;
                return GV_OK;
            }
    gv_json_free(event);
    return GV_OK;
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
        gv_json *event;
        status = gv_json_parse_if_valid(&event, line, length, err);
        if (status != GV_OK)
            return status;
        if (gv_json_kind(event) == GV_JSON_OBJECT) {
            status = take_event(report, event, err);
            if (status != GV_OK)
                return status;
        } else {
            gv_json_free(event);
            report->damaged++;
        }
    }
}

static int load_metrics(gv_report *report, gv_error *err)
{
    char *path = gv_file_path_join(report->run_dir, GV_FILE_METRICS, err);
    gv_file_reader *in = NULL;
    gv_file_stat look;
    if (!path)
        return GV_E_MEMORY;
    int status = gv_file_look(&look, path, err);
    if (status == GV_OK && look.regular) {
        status = gv_file_reader_open(&in, path, err);
        if (status == GV_OK)
            status = read_metrics(report, in, err);
    }
    gv_file_reader_close(in);
    gv_mem_free(path);
    return status;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int load_records(gv_report *report, gv_error *err)
{
    int status = load_stamps(report, err);
    if (status == GV_OK)
        status = load_metrics(report, err);
    if (status == GV_OK)
        status = load_json(&report->eval, report->run_dir, GV_FILE_EVAL, err);
    return status;
}

int gv_report_gather_records(gv_report *report, const char *run_dir, gv_error *err)
{
    *report = (gv_report){.run_dir = run_dir};
    int status = load_records(report, err);
    if (status != GV_OK)
        gv_report_free(report);
    return status;
}

int gv_report_gather(gv_report *report, const gv_config *config, const char *run_dir,
                     const gv_report_wanted *wanted, gv_error *err)
{
    gv_file_stat stat;
    *report = (gv_report){.run_dir = run_dir, .chosen = wanted->words->n > 0};
    int status = gv_file_look(&stat, run_dir, err);
    if (status == GV_OK && (!stat.exists || stat.regular))
        status =
            gv_error_set(err, GV_E_USAGE,
                         "%s is not a run directory: name one with --run-dir, or run the stages "
                         "first (glove-run CONFIG)",
                         run_dir);
    if (status == GV_OK)
        status = load_settings(report, config, err);
    if (status == GV_OK)
        status = load_records(report, err);
    if (status == GV_OK)
        status = load_json(&report->parts, run_dir, GV_FOLDER_BASE "/" GV_FILE_PARTS, err);
    if (status == GV_OK)
        status = gv_report_words_load(report, config, wanted, err);
    if (status == GV_OK && report->damaged > 0)
        gv_progress_note(wanted->progress, "damaged lines of %s skipped: %zu", GV_FILE_METRICS,
                         report->damaged);
    if (status != GV_OK)
        gv_report_free(report);
    return status;
}

void gv_report_free(gv_report *report)
{
    gv_json_free(report->config);
    gv_json_free(report->defaults);
    for (size_t i = 0; i < GV_REPORT_STAGES; i++) {
        gv_json_free(report->done[i]);
        gv_json_free(report->stamp[i]);
    }
    for (size_t i = 0; i < report->n_epochs; i++)
        gv_json_free(report->epochs[i]);
    gv_mem_free(report->epochs);
    gv_json_free(report->eval);
    gv_json_free(report->init[0]);
    gv_json_free(report->init[1]);
    gv_json_free(report->parts);
    gv_json_free(report->neighbours);
    gv_mem_free(report->neighbours_note);
    gv_report_words_free(report);
    *report = (gv_report){0};
}
