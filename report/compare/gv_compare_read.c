#include "report/compare/gv_compare_read.h"

#include "app/gv_run_guard.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_run_names.h"
#include "report/compare/gv_compare_metrics.h"
#include "report/gv_report_sections.h"
#include <string.h>

/* `command` with `dir` behind it makes what is missing; NULL: nothing does. */
static int note_missing(gv_compare_run *run, const char *missing, const char *command,
                        const char *dir, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    if (run->missing)
        return GV_OK;
    run->missing = gv_mem_strdup(missing, err);
    if (!run->missing)
        return GV_E_MEMORY;
    if (!command)
        return GV_OK;
    gv_text_printf(&text, "%s ", command);
    gv_text_shell_word(&text, dir);
    return gv_text_take(&run->command, &text, err);
}

int gv_compare_read_lacks(gv_compare_run *run, const char *missing, const char *command,
                          gv_error *err)
{
    return note_missing(run, missing, command, run->dir, err);
}

/* A sweep goes on with its runs by itself, and keeps its sweep.json. */
static int lacks_training(gv_compare_run *run, const char *missing, gv_error *err)
{
    if (!run->of_sweep)
        return gv_compare_read_lacks(run, missing, "glove-run", err);
    char *sweep = gv_mem_strdup(run->dir, err), *last = sweep ? strrchr(sweep, '/') : NULL;
    if (last) /* the folder of the sweep, behind which its run is named */
        *last = '\0';
    int status = sweep ? note_missing(run, missing, "glove-sweep", sweep, err) : GV_E_MEMORY;
    gv_mem_free(sweep);
    return status;
}

/* --- config ----------------------------------------------------------------------------------- */

/* The seeds as text. */
static int find_seeds(gv_compare_run *run, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    const gv_json *config = run->config_json;
    for (const char *s = NULL; (s = gv_json_next_key(config, s));) {
        const gv_json *section = gv_json_get(config, s);
        for (const char *k = NULL; (k = gv_json_next_key(section, k));)
            if (strcmp(k, "seed") == 0)
                gv_text_printf(&text, "%s%s.seed=%lld", text.used ? " " : "", s,
                               (long long)gv_json_int(gv_json_get(section, k)));
    }
    return gv_text_take(&run->seeds, &text, err);
}

static int load_config(gv_compare_run *run, gv_error *err)
{
    gv_file_stat look = {0};
    gv_error why = GV_ERROR_INIT;
    char *path = gv_file_path_join(run->dir, GV_FILE_CONFIG, err), *text = NULL;
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = run->of_sweep ? lacks_training(run, "not begun", err)
                               : gv_compare_read_lacks(run, "no config.json: not begun", NULL, err);
    else if (status == GV_OK &&
             gv_config_load_resolved(&run->config, path, &(gv_strings){0}, "run", &why) != GV_OK)
        status = why.code == GV_E_MEMORY ? gv_error_set(err, why.code, "%s", why.text)
                                         : gv_compare_read_lacks(run, why.text, NULL, err);
    if (status == GV_OK && run->config)
        status = gv_config_json(&text, run->config, err);
    if (status == GV_OK && run->config)
        status = gv_json_parse(&run->config_json, text, strlen(text), err);
    if (status == GV_OK && run->config)
        status = find_seeds(run, err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

/* --- is it trained? --------------------------------------------------------------------------- */

/* config.json has the settings of the last start, which need not be those of the vectors. */
static int check_made_with(gv_compare_run *run, gv_error *err)
{
    const gv_json *stamp = run->records.stamp[GV_REPORT_SECTIONS_TRAIN];
    const char *recipe = gv_json_text(gv_json_get(stamp, "recipe"));
    const unsigned stages = gv_config_train_stages(run->config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    gv_config_difference d = {0};
    gv_error ignored = GV_ERROR_INIT;
    char what[512];
    if (!recipe || gv_config_compare(&d, recipe, stages, run->config, &ignored) != GV_OK ||
        !d.key || strcmp(d.key, "output.formats") == 0)
        return GV_OK;
    snprintf(what, sizeof what, "its vectors were made with %s = %s, but its config.json says %s",
             d.key, d.found, d.wanted);
    run->trained = false;
    return gv_compare_read_lacks(run, what, "glove-train --run-dir", err);
}

/* Has a later training begun? */
static bool is_overtaken(const gv_report *records)
{
    const gv_json *done = records->done[GV_REPORT_SECTIONS_TRAIN];
    const double loss = gv_report_sections_number(done, "loss");
    if (records->n_epochs == 0 || isnan(loss))
        return false;
    const double last = gv_report_sections_number(records->epochs[records->n_epochs - 1], "loss");
    return fabs(last - loss) > 1e-9 * fabs(loss);
}

static int check_trained(gv_compare_run *run, gv_error *err)
{
    char what[1024];
    if (run->of_sweep && run->state == GV_SWEEP_FILE_FAILED) {
        snprintf(what, sizeof what, "failed: %.900s", run->error ? run->error : "no reason given");
        int status = lacks_training(run, what, err);
        if (status != GV_OK)
            return status;
    }
    if (!run->records.done[GV_REPORT_SECTIONS_TRAIN] || is_overtaken(&run->records)) {
        snprintf(what, sizeof what, "not trained to the end (%zu of %u epochs)",
                 run->records.n_epochs, (unsigned)run->config->train_epochs);
        return lacks_training(run, what, err);
    }
    run->trained = true;
    return check_made_with(run, err);
}

/* --- measures of training --------------------------------------------------------------------- */

static int set(gv_compare *compare, size_t i, enum gv_compare_kind kind, const char *measure,
               const char *section, double value, gv_error *err)
{
    const gv_compare_metrics_key key = {kind, NULL, measure, section, -1};
    return gv_compare_metrics_set(compare, i, &key, value, err);
}

/* What a stage took; of one that another run did for this one, its stamp may tell. */
static const gv_json *done_of(const gv_report *records, size_t stage)
{
    const gv_json *done = records->done[stage];
    return done ? done : gv_json_get(records->stamp[stage], "done");
}

/* Time that a stage took: NAN for a training that was resumed, as what the stopped process took is
 * not in the records. */
static double time_of(const gv_report *records, size_t stage, const char *field)
{
    return stage == GV_REPORT_SECTIONS_TRAIN && records->resumes > 0
               ? (double)NAN
               : gv_report_sections_number(done_of(records, stage), field);
}

/* Totals first, so that they are shown first. They are known if all stages of training are. */
static int read_totals(gv_compare *compare, size_t i, gv_error *err)
{
    const gv_report *records = &compare->run[i].records;
    double cpu = 0.0, wall = 0.0, peak = NAN;
    for (size_t s = 0; s < GV_REPORT_STAGES; s++) {
        const gv_json *done = done_of(records, s);
        if (s != GV_REPORT_SECTIONS_EVAL && gv_report_sections_has_stage(records, s)) {
            cpu += time_of(records, s, "cpu_s");
            wall += time_of(records, s, "wall_s");
        }
        if (done)
            peak = fmax(peak, gv_report_sections_number(done, "peak_rss_kb"));
    }
    int status = set(compare, i, GV_COMPARE_TIME, "cpu_s", NULL, cpu, err);
    if (status == GV_OK)
        status = set(compare, i, GV_COMPARE_TIME, "wall_s", NULL, wall, err);
    if (status == GV_OK)
        status = set(compare, i, GV_COMPARE_MEMORY, "peak_rss_kb", NULL, peak, err);
    return status;
}

static int read_stages(gv_compare *compare, size_t i, gv_error *err)
{
    static const char *const times[] = {"cpu_s", "wall_s"};
    const gv_report *records = &compare->run[i].records;
    int status = read_totals(compare, i, err);
    for (size_t f = 0; f < 2; f++)
        for (size_t s = 0; s < GV_REPORT_STAGES && status == GV_OK; s++)
            status =
                set(compare, i, GV_COMPARE_TIME, times[f],
                    gv_config_stage_name(gv_report_stages[s]), time_of(records, s, times[f]), err);
    for (size_t s = 0; s < GV_REPORT_STAGES && status == GV_OK; s++)
        status = set(compare, i, GV_COMPARE_MEMORY, "peak_rss_kb",
                     gv_config_stage_name(gv_report_stages[s]),
                     gv_report_sections_number(done_of(records, s), "peak_rss_kb"), err);
    return status;
}

static int read_training(gv_compare *compare, size_t i, gv_error *err)
{
    const gv_json *done = compare->run[i].records.done[GV_REPORT_SECTIONS_TRAIN];
    int status = set(compare, i, GV_COMPARE_LOSS, "loss", NULL,
                     gv_report_sections_number(done, "loss"), err);
    return status == GV_OK ? read_stages(compare, i, err) : status;
}

/* --- scores ----------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

const char *gv_compare_read_file_name(const gv_json *list, const char *path)
{
    size_t same = 0;
    for (size_t i = 0; i < gv_json_count(list); i++)
        same += strcmp(base_name(gv_json_get_text(gv_json_item(list, i), "file")),
                       base_name(path)) == 0;
    return same > 1 ? path : base_name(path);
}

/* Scores of one kind: the list in eval.json and what its entries have. */
typedef struct scores {
    const char *list;
    enum gv_compare_kind kind;
    const char *measures[3];
} scores;

static int read_sections(gv_compare *compare, size_t i, const gv_json *entry, const char *file,
                         gv_error *err)
{
    const gv_json *sections = gv_json_get(entry, "sections");
    int status = GV_OK;
    for (size_t m = 0; m < 2; m++)
        for (size_t s = 0;
             s < gv_json_count(sections) && gv_json_count(sections) > 1 && status == GV_OK; s++) {
            const gv_json *section = gv_json_item(sections, s);
            const gv_compare_metrics_key key = {GV_COMPARE_ANALOGIES, file,
                                                m == 0 ? "accuracy" : "accuracy_mul",
                                                gv_json_get_text(section, "name"), 1};
            const double answered = gv_report_sections_number(section, "answered");
            const double correct =
                gv_report_sections_number(section, m == 0 ? "correct" : "correct_mul");
            if (*key.section && answered > 0.0)
                status = gv_compare_metrics_set(compare, i, &key, 100.0 * correct / answered, err);
        }
    return status;
}

static int read_list(gv_compare *compare, size_t i, const scores *of, gv_error *err)
{
    const gv_json *list = gv_json_get(compare->run[i].records.eval, of->list);
    int status = GV_OK;
    for (size_t k = 0; k < gv_json_count(list) && status == GV_OK; k++) {
        const gv_json *entry = gv_json_item(list, k);
        const bool probe = of->kind == GV_COMPARE_PROBES;
        const char *file =
            gv_compare_read_file_name(probe ? NULL : list, gv_json_get_text(entry, "file"));
        for (size_t m = 0; m < 3 && of->measures[m] && status == GV_OK; m++) {
            const gv_compare_metrics_key key = {of->kind, file, of->measures[m],
                                                probe ? gv_json_get_text(entry, "name") : NULL,
                                                probe ? 0 : 1};
            status = gv_compare_metrics_set(compare, i, &key,
                                            gv_report_sections_number(entry, of->measures[m]), err);
        }
        if (status == GV_OK && of->kind == GV_COMPARE_ANALOGIES)
            status = read_sections(compare, i, entry, file, err);
    }
    return status;
}

/* Are the scores those of other vectors than the run has now? */
static bool is_of_other_vectors(const gv_report *records)
{
    const gv_json *input =
        gv_json_item(gv_json_get(records->stamp[GV_REPORT_SECTIONS_EVAL], "inputs"), 0);
    const gv_json *own = gv_json_get(records->stamp[GV_REPORT_SECTIONS_TRAIN], "outputs");
    const char *scored = gv_json_get_text(input, "xxh128");
    if (!*scored || gv_json_count(own) == 0)
        return false;
    for (size_t i = 0; i < gv_json_count(own); i++)
        if (strcmp(gv_json_get_text(gv_json_item(own, i), "xxh128"), scored) == 0)
            return false;
    return true;
}

static int read_scores(gv_compare *compare, size_t i, gv_error *err)
{
    static const scores all[] = {
        {"analogies", GV_COMPARE_ANALOGIES, {"accuracy", "accuracy_mul"}},
        {"similarity", GV_COMPARE_SIMILARITY, {"spearman"}},
        {"categories", GV_COMPARE_CATEGORIES, {"purity"}},
        {"outliers", GV_COMPARE_OUTLIERS, {"accuracy", "opp"}},
        {"probes", GV_COMPARE_PROBES, {"effect_size", "agreement", "spearman"}}};
    gv_compare_run *run = &compare->run[i];
    int status = GV_OK;
    if (gv_json_kind(run->records.eval) != GV_JSON_OBJECT)
        return gv_config_evaluates(run->config)
                   ? gv_compare_read_lacks(run, "not evaluated", "glove-eval --run-dir", err)
                   : gv_compare_read_lacks(run, "no scores: its config names no test sets",
                                           "glove-eval --set eval.analogies=FILE --run-dir", err);
    if (is_of_other_vectors(&run->records)) {
        gv_json_free(run->records.eval);
        run->records.eval = NULL;
        return gv_compare_read_lacks(run, "its scores are those of other vectors",
                                     "glove-eval --run-dir", err);
    }
    for (size_t k = 0; k < sizeof all / sizeof *all && status == GV_OK; k++)
        status = read_list(compare, i, &all[k], err);
    return status;
}

int gv_compare_read(gv_compare *compare, size_t i, gv_error *err)
{
    gv_compare_run *run = &compare->run[i];
    gv_error why = GV_ERROR_INIT;
    if (gv_run_guard_check(run->dir, &why) != GV_OK)
        return gv_compare_read_lacks(run, why.text, NULL, err);
    int status = load_config(run, err);
    if (status != GV_OK || !run->config)
        return status;
    status = gv_report_gather_records(&run->records, run->dir, err);
    run->records.config = run->config_json; /* for gv_report_sections_has_stage */
    if (status == GV_OK)
        status = check_trained(run, err);
    if (status != GV_OK || !run->trained)
        return status;
    status = read_training(compare, i, err);
    return status == GV_OK ? read_scores(compare, i, err) : status;
}
