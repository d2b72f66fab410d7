#include "pipeline/sweep/gv_sweep_show.h"

#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_json.h"
#include <stdio.h>
#include <string.h>

double gv_sweep_show_work(const gv_config *config)
{
    static const double of_a_record = 20; /* what a record costs beside its dimensions */
    return (config->train_dim + of_a_record) * (config->train_epochs + 1.0);
}

/* --- lines of a job --------------------------------------------------------------------------- */

static void take_phase(gv_sweep_show_job *job, const gv_json *event)
{
    const double total = gv_json_get_number(event, "total");
    const double done = gv_json_get_number(event, "done");
    const gv_json *run = gv_json_get(event, "run");
    snprintf(job->phase, sizeof job->phase, "%s %.0f%%", gv_json_get_text(event, "stage"),
             total > 0 && done < total ? 100 * done / total : 100.0);
    job->trained |= strcmp(gv_json_get_text(event, "stage"), "train") == 0;
    if (run)
        job->part = gv_json_get_number(run, "part");
}

/* Warnings are shown; what else the runs say about themselves would be too much. */
static void take_note(const gv_sweep_show *show, const gv_sweep_show_job *job, const gv_json *event)
{
    const char *note = gv_json_get_text(event, "note");
    if (strncmp(note, "warning:", 8) == 0)
        gv_progress_note(show->progress, "%s: %s", job->name, note);
}

const char *gv_sweep_show_take(gv_sweep_show *show, gv_sweep_show_job *job, char *line)
{
    static const char mark[] = ": error: ";
    gv_json *event = NULL; /* without memory the line is lost: it is no error */
    if (line[0] == '{' && gv_json_parse_if_valid(&event, line, strlen(line), NULL) == GV_OK &&
        event) {
        if (gv_json_get(event, "phase"))
            take_phase(job, event);
        else if (gv_json_get(event, "note"))
            take_note(show, job, event);
        gv_json_free(event);
        return NULL;
    }
    char *error = strstr(line, mark);
    if (error) /* "glove-train: TEXT" */
        memmove(error + 2, error + strlen(mark), strlen(error + strlen(mark)) + 1);
    return error ? line : NULL;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Seconds left; < 0: unknown. */
static double time_left(const gv_sweep_show *show, const gv_sweep_show_job *jobs, size_t n)
{
    double done = show->work_done, seconds = show->seconds_done, left = show->work_left;
    size_t active = 0;
    const double now = gv_clock_wall_seconds();
    for (size_t i = 0; i < n; i++)
        if (jobs[i].name) {
            active++;
            done += jobs[i].work * jobs[i].part;
            left += jobs[i].work * (1 - jobs[i].part);
            seconds += now - jobs[i].begun;
        }
    static const double least_s = 2;
    return done > 0 && seconds >= least_s && active > 0 ? left * seconds / done / (double)active
                                                        : -1;
}

static double part_done(const gv_sweep_show *show, const gv_sweep_show_job *jobs, size_t n)
{
    double all = 0, done = 0;
    for (size_t i = 0; i < 4; i++)
        all += (double)show->counts[i];
    done = (double)(show->counts[GV_SWEEP_FILE_DONE] + show->counts[GV_SWEEP_FILE_FAILED]);
    for (size_t i = 0; i < n; i++)
        if (jobs[i].name)
            done += jobs[i].part;
    return all > 0 && done < all ? done / all : all > 0;
}

static size_t count_all(const gv_sweep_show *show)
{
    return show->counts[0] + show->counts[1] + show->counts[2] + show->counts[3];
}

static void draw_json(gv_sweep_show *show, double part, double left)
{
    const double now = gv_clock_wall_seconds();
    char eta[GV_AMOUNT_TEXT] = "null";
    if (show->last_json > 0 && now - show->last_json < 1)
        return;
    show->last_json = now;
    if (left >= 0)
        snprintf(eta, sizeof eta, "%.3f", left);
    char *line = gv_mem_format(
        NULL,
        "{\"stage\":\"sweep\",\"runs\":%zu,\"done\":%zu,\"running\":%zu,\"failed\":%zu,"
        "\"waiting\":%zu,\"part\":%.4f,\"eta_s\":%s}",
        count_all(show), show->counts[GV_SWEEP_FILE_DONE], show->counts[GV_SWEEP_FILE_RUNNING],
        show->counts[GV_SWEEP_FILE_FAILED], show->counts[GV_SWEEP_FILE_WAITING], part, eta);
    if (line)
        gv_progress_pass(show->progress, line);
    gv_mem_free(line);
}

void gv_sweep_show_draw(gv_sweep_show *show, const gv_sweep_show_job *jobs, size_t n)
{
    const double part = part_done(show, jobs, n), left = time_left(show, jobs, n);
    char left_text[GV_AMOUNT_TEXT];
    gv_text text = GV_TEXT_INIT;
    if (gv_progress_mode_of(show->progress) == GV_PROGRESS_JSON) {
        draw_json(show, part, left);
        return;
    }
    gv_text_printf(&text, "%zu of %zu done, %zu running", show->counts[GV_SWEEP_FILE_DONE],
                   count_all(show), show->counts[GV_SWEEP_FILE_RUNNING]);
    if (show->counts[GV_SWEEP_FILE_FAILED] > 0)
        gv_text_printf(&text, ", %zu failed", show->counts[GV_SWEEP_FILE_FAILED]);
    if (left >= 0)
        gv_text_printf(&text, ", %s left", gv_amount_time(left_text, left));
    for (size_t i = 0, shown = 0; i < n && shown < 3; i++)
        if (jobs[i].name && jobs[i].phase[0])
            gv_text_printf(&text, "%s%s %s", shown++ ? ", " : "; ", jobs[i].name, jobs[i].phase);
    if (text.bytes && !text.failed)
        gv_progress_show(show->progress, part, text.bytes);
    gv_text_drop(&text);
}
