/* gv_report_read - reads what a run directory holds; what is missing or damaged is left out. */
#include "app/gv_print.h"
#include "app/gv_run.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "report/gv_report.h"
#include "vectors/gv_words.h"

#include <math.h>
#include <string.h>

#define JSON_FILE_LIMIT ((size_t)64 << 20)
enum { NEIGHBOUR_WORDS = 10, NEIGHBOURS = 8, SHORTEST_WORD = 4 /* columns */ };

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
    if (report->n_epochs == 0 && epoch <= 1.0)
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

/* --- neighbours of a few words ---------------------------------------------------------------- */

static void write_near(gv_json_writer *list, const gv_words *words, const char *word, uint32_t row)
{
    gv_nearest_neighbour found[NEIGHBOURS];
    gv_nearest_list near = {.found = found, .top = NEIGHBOURS};
    const float *direction = words->nearest.unit + row * words->nearest.dim;
    if (gv_nearest_to(&near, &words->nearest, direction, &row, 1, NULL) != GV_OK)
        gv_json_fail(list);
    gv_json_open_object(list, NULL);
    gv_json_set_text(list, "word", word);
    gv_json_open_array(list, "near");
    for (size_t i = 0; i < near.n; i++) {
        gv_json_open_object(list, NULL);
        gv_json_set_text(list, "word", words->vectors->words[found[i].row]);
        gv_json_set_real(list, "score", (double)found[i].score);
        gv_json_close(list);
    }
    gv_json_close(list);
    gv_json_close(list);
}

/* Choose words that are interesting: not the most frequent ones (the, of, and ...), and not short.
 * Their ranks grow by equal factors up to a tenth of the vocabulary, or half of a small one. */
static void choose_neighbours(gv_json_writer *list, const gv_words *words)
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
        write_near(list, words, vectors->words[row], (uint32_t)row);
        row++;
    }
}

/* The words that the user asked for. */
static void write_chosen(gv_json_writer *list, const gv_words *words, const gv_strings *chosen)
{
    for (size_t i = 0; i < chosen->n; i++) {
        const char *word = chosen->items[i], *alike[NEIGHBOURS];
        const size_t row = gv_words_lookup(words, word);
        if (row != GV_NEAREST_NO_ROW) {
            write_near(list, words, words->vectors->words[row], (uint32_t)row);
            continue;
        }
        const size_t n = gv_words_similar(alike, NEIGHBOURS, words, word);
        gv_json_open_object(list, NULL);
        gv_json_set_text(list, "word", word);
        gv_json_open_array(list, "spelt_like");
        for (size_t k = 0; k < n; k++)
            gv_json_set_text(list, NULL, alike[k]);
        gv_json_close(list);
        gv_json_close(list);
    }
}

static int load_neighbours(gv_report *report, const gv_config *config, const gv_strings *chosen,
                           gv_error *err)
{
    gv_error why = GV_ERROR_INIT;
    char *path = NULL;
    gv_words *words = NULL;
    int status = gv_words_find_file(&path, NULL, config, report->run_dir, &why);
    if (status == GV_OK)
        status = gv_words_read(&words, path, &why);
    if (status == GV_E_IO || status == GV_E_MEMORY) {
        gv_error_set(err, status, "%s", why.text);
    } else if (status != GV_OK) {
        report->neighbours_note = gv_mem_strdup(why.text, err);
        status = report->neighbours_note ? GV_OK : GV_E_MEMORY;
    } else {
        gv_json_writer w = gv_json_begin();
        gv_json_open_array(&w, "words");
        if (chosen->n > 0)
            write_chosen(&w, words, chosen);
        else
            choose_neighbours(&w, words);
        status = gv_json_take(&report->neighbours, &w, err);
    }
    gv_words_free(words);
    gv_mem_free(path);
    return status;
}

/* --- all of it -------------------------------------------------------------------------------- */

int gv_report_gather(gv_report *report, const gv_config *config, const char *run_dir,
                     const gv_strings *words, gv_progress *progress, gv_error *err)
{
    gv_file_stat stat;
    *report = (gv_report){.run_dir = run_dir, .chosen = words->n > 0};
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
        status = load_stamps(report, err);
    if (status == GV_OK)
        status = load_metrics(report, err);
    if (status == GV_OK)
        status = load_json(&report->eval, run_dir, GV_FILE_EVAL, err);
    if (status == GV_OK)
        status = load_json(&report->parts, run_dir, GV_FOLDER_BASE "/" GV_FILE_PARTS, err);
    if (status == GV_OK)
        status = load_neighbours(report, config, words, err);
    if (status == GV_OK && report->damaged > 0)
        gv_progress_note(progress, "damaged lines of %s skipped: %zu", GV_FILE_METRICS,
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
    *report = (gv_report){0};
}
