/* gv_cite - the order of the parts, and the tables of exact settings and of files. */
#include "report/cite/gv_cite.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "config/gv_config_key.h"
#include <string.h>

/* --- settings --------------------------------------------------------------------------------- */

/* Does the key decide what comes out, in any of the runs? Those at their defaults, too: defaults
 * may change. */
static int is_setting(bool *is, const gv_cite_runs *runs, const gv_config_key *key, gv_error *err)
{
    const unsigned evaluation = GV_STAGE_EVAL;
    int status = GV_OK;
    *is = false;
    if (!((key->decides | key->decides_phrases) & ~evaluation))
        return GV_OK;
    for (size_t i = 0; i < runs->n && !*is && status == GV_OK; i++)
        status = gv_cite_runs_uses(is, runs->run[i].config, key->name, err);
    return status;
}

static int write_setting(gv_cite_pen *pen, const gv_cite_runs *runs, const gv_config_key *key,
                         gv_error *err)
{
    char *values = NULL;
    int status = gv_cite_runs_key_values(&values, runs, key->name, err);
    if (status == GV_OK) {
        gv_cite_pen_begin_cell(pen, 0);
        gv_cite_pen_code(pen, key->name);
        gv_cite_pen_begin_cell(pen, 1);
        gv_cite_pen_code(pen, values);
        gv_cite_pen_end_row(pen);
    }
    gv_mem_free(values);
    return status;
}

int gv_cite_settings(gv_cite_pen *pen, const gv_cite_runs *runs, gv_error *err)
{
    static const char *const titles[] = {"setting", "value"};
    int status = GV_OK;
    gv_cite_pen_heading(pen, "Settings");
    gv_cite_pen_begin_table(pen, titles, 2);
    for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++) {
        bool is = false;
        status = is_setting(&is, runs, key, err);
        if (status == GV_OK && is)
            status = write_setting(pen, runs, key, err);
    }
    gv_cite_pen_end_table(pen);
    return status;
}

/* --- files and programs ----------------------------------------------------------------------- */

static void write_record(gv_cite_pen *pen, const char *what, const gv_json *record)
{
    gv_cite_pen_begin_cell(pen, 0);
    gv_cite_pen_say(pen, "%s", what);
    gv_cite_pen_begin_cell(pen, 1);
    gv_cite_pen_code(pen, gv_json_get_text(record, "file"));
    gv_cite_pen_begin_cell(pen, 2);
    if (gv_json_is_number(gv_json_get(record, "bytes")))
        gv_cite_pen_say(pen, "%.0f", gv_json_get_number(record, "bytes"));
    gv_cite_pen_begin_cell(pen, 3);
    gv_cite_pen_code(pen, gv_json_get_text(record, "xxh128"));
    gv_cite_pen_end_row(pen);
}

/* An input from outside the run directory. */
static bool is_outside(const gv_json *record)
{
    const char *path = gv_json_get_text(record, "path");
    return path[0] == '/' || strcmp(path, "-") == 0;
}

/* Was the same file listed before, for an earlier run or stage? */
static bool was_listed(const gv_cite_runs *runs, size_t run, size_t stage, size_t input)
{
    const gv_json *record = gv_json_item(gv_json_get(runs->run[run].stamp[stage], "inputs"), input);
    for (size_t r = 0; r <= run; r++)
        for (size_t s = 0; s < GV_CITE_RUNS_STAGES; s++) {
            const gv_json *inputs = gv_json_get(runs->run[r].stamp[s], "inputs");
            for (size_t i = 0; i < gv_json_count(inputs); i++) {
                if (r == run && s == stage && i == input)
                    return false;
                if (gv_json_equal(gv_json_get(gv_json_item(inputs, i), "xxh128"),
                                  gv_json_get(record, "xxh128")) &&
                    gv_json_equal(gv_json_get(gv_json_item(inputs, i), "file"),
                                  gv_json_get(record, "file")))
                    return true;
            }
        }
    return false;
}

static void write_inputs(gv_cite_pen *pen, const gv_cite_runs *runs)
{
    static const char *const what[GV_CITE_RUNS_STAGES] = {"corpus and word lists", "corpus", "",
                                                          "start of training", "test set"};
    for (size_t r = 0; r < runs->n; r++)
        for (size_t s = 0; s < GV_CITE_RUNS_STAGES; s++) {
            const gv_json *inputs = gv_json_get(runs->run[r].stamp[s], "inputs");
            for (size_t i = 0; i < gv_json_count(inputs); i++)
                if (is_outside(gv_json_item(inputs, i)) && !was_listed(runs, r, s, i))
                    write_record(pen, what[s], gv_json_item(inputs, i));
        }
}

static void write_vectors(gv_cite_pen *pen, const gv_cite_runs *runs)
{
    for (size_t r = 0; r < runs->n; r++) {
        const gv_json *outputs = gv_json_get(runs->run[r].stamp[GV_CITE_RUNS_TRAIN], "outputs");
        for (size_t i = 0; i < gv_json_count(outputs); i++)
            if (strncmp(gv_json_get_text(gv_json_item(outputs, i), "path"), "vectors.", 8) == 0)
                write_record(pen, "vectors", gv_json_item(outputs, i));
    }
}

static void write_files(gv_cite_pen *pen, const gv_cite_runs *runs)
{
    static const char *const titles[] = {"what", "file", "bytes", "XXH3-128"};
    gv_cite_pen_heading(pen, "Files");
    gv_cite_pen_begin_table(pen, titles, 4);
    write_inputs(pen, runs);
    write_vectors(pen, runs);
    gv_cite_pen_end_table(pen);
}

static void write_made_by(gv_cite_pen *pen, const gv_cite_runs *runs)
{
    static const char *const titles[] = {"run",     "glovebox", "trained on",
                                         "threads", "kernel",   "seconds"};
    gv_cite_pen_heading(pen, "Runs");
    gv_cite_pen_begin_table(pen, titles, 6);
    for (size_t r = 0; r < runs->n; r++) {
        const gv_json *done = runs->run[r].done[GV_CITE_RUNS_TRAIN];
        const double values[] = {gv_json_get_number(done, "threads"),
                                 gv_json_get_number(done, "wall_s")};
        gv_cite_pen_begin_cell(pen, 0);
        gv_cite_pen_code(pen, runs->run[r].dir);
        gv_cite_pen_begin_cell(pen, 1);
        gv_cite_pen_say(pen, "%s %s", gv_json_get_text(done, "version"),
                        gv_json_get_text(done, "commit"));
        gv_cite_pen_begin_cell(pen, 2);
        gv_cite_pen_say(pen, "%s %.10s", gv_json_get_text(done, "cpu"),
                        gv_json_get_text(done, "time"));
        gv_cite_pen_begin_cell(pen, 3);
        gv_cite_pen_say(pen, values[0] > 0 ? "%.0f" : "?", values[0]);
        gv_cite_pen_begin_cell(pen, 4);
        gv_cite_pen_say(pen, "%s", gv_json_get_text(done, "kernel"));
        gv_cite_pen_begin_cell(pen, 5);
        gv_cite_pen_say(pen, "%.0f", values[1]);
        gv_cite_pen_end_row(pen);
    }
    gv_cite_pen_end_table(pen);
}

/* --- all of it -------------------------------------------------------------------------------- */

int gv_cite_text(char **text, const gv_cite_runs *runs, enum gv_cite_pen_format format,
                 gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *text = NULL;
    if (status != GV_OK)
        return status;
    gv_cite_pen pen = {.out = buffer.stream, .format = format};
    status = gv_cite_methods(&pen, runs, err);
    if (status == GV_OK)
        status = gv_cite_scores(&pen, runs, err);
    if (status == GV_OK)
        status = gv_cite_settings(&pen, runs, err);
    if (status == GV_OK) {
        write_files(&pen, runs);
        write_made_by(&pen, runs);
        gv_cite_pen_papers(&pen);
    }
    const int closed = gv_print_close(text, &buffer, status == GV_OK ? err : NULL);
    if (status != GV_OK) {
        gv_mem_free(*text);
        *text = NULL;
    }
    return status == GV_OK ? closed : status;
}
