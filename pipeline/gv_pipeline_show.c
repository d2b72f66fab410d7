#include "pipeline/gv_pipeline_show.h"

#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "config/gv_json.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

void gv_pipeline_show_begin(gv_pipeline_show *show)
{
    show->phase[0] = '\0';
    show->state = (gv_pipeline_time_phase){.left = -1};
    show->error_told = false;
}

static const char *stage_name(const gv_pipeline_show *show)
{
    return gv_config_stage_name(show->time->stages[show->time->at]);
}

/* "37%, 3:20 min left; train: training 45%" */
static void draw(gv_pipeline_show *show)
{
    if (show->error_told)
        return;
    char text[256], left[GV_AMOUNT_TEXT], left_text[48] = "", stage_text[80] = "";
    gv_pipeline_time_state now =
        gv_pipeline_time_now(show->time, &show->state, gv_clock_wall_seconds());
    if (now.left >= 0) {
        gv_amount_time(left, now.left);
        snprintf(left_text, sizeof left_text, ", %s left", left);
    }
    if (show->phase[0])
        snprintf(stage_text, sizeof stage_text, ": %s %.0f%%", show->phase, 100 * show->state.part);
    snprintf(text, sizeof text, "%.0f%%%s; %s%s", 100 * now.part, left_text, stage_name(show),
             stage_text);
    gv_progress_show(show->progress, now.part, text);
}

/* The stage's line with the state of the whole as one more member. */
static void pass_json(gv_pipeline_show *show, const char *line)
{
    gv_pipeline_time_state now =
        gv_pipeline_time_now(show->time, &show->state, gv_clock_wall_seconds());
    char left[GV_AMOUNT_TEXT] = "null";
    if (now.left >= 0)
        snprintf(left, sizeof left, "%.3f", now.left);
    char *longer = gv_mem_format(NULL, "%.*s,\"run\":{\"part\":%.4f,\"eta_s\":%s}}",
                                 (int)strlen(line) - 1, line, now.part, left);
    gv_progress_pass(show->progress, longer ? longer : line);
    gv_mem_free(longer);
}

static void take_phase(gv_pipeline_show *show, const gv_json *event, const char *line)
{
    double total = gv_json_get_number(event, "total"), done = gv_json_get_number(event, "done");
    const gv_json *left = gv_json_get(event, "eta_s");
    snprintf(show->phase, sizeof show->phase, "%s", gv_json_get_text(event, "phase"));
    show->state.part = total > 0 && done < total ? done / total : total > 0;
    show->state.left = gv_json_is_number(left) ? gv_json_number(left) : -1;
    /* one phase is all epochs */
    show->state.is_all = strcmp(show->phase, "training") == 0;
    if (gv_progress_mode_of(show->progress) == GV_PROGRESS_JSON)
        pass_json(show, line);
    else
        draw(show);
}

static bool shown_before(const gv_pipeline_show *show, const char *note)
{
    for (size_t i = 0; i < show->notes.n; i++)
        if (strcmp(show->notes.items[i], note) == 0)
            return true;
    return false;
}

static void take_note(gv_pipeline_show *show, const gv_json *event, const char *line)
{
    const char *note = gv_json_get_text(event, "note");
    if (shown_before(show, note))
        return;
    int remembered = gv_strings_add(&show->notes, note, NULL);
    (void)remembered; /* without memory it is shown again: no harm */
    if (gv_progress_mode_of(show->progress) == GV_PROGRESS_JSON) {
        gv_progress_pass(show->progress, line);
        return;
    }
    char *text = gv_mem_format(NULL, "%s: %s", gv_json_get_text(event, "stage"), note);
    gv_progress_pass(show->progress, text ? text : note);
    gv_mem_free(text);
}

static void take_line(void *self, const char *line)
{
    gv_pipeline_show *show = self;
    gv_json *event = NULL; /* without memory the line is shown as it is */
    if (line[0] == '{' && gv_json_parse_if_valid(&event, line, strlen(line), NULL) != GV_OK)
        event = NULL;
    if (gv_json_get(event, "phase")) {
        take_phase(show, event, line);
    } else if (gv_json_get(event, "note")) {
        take_note(show, event, line);
    } else {
        show->error_told |= strstr(line, ": error: ") != NULL;
        gv_progress_pass(show->progress, line);
    }
    gv_json_free(event);
}

static void take_out(void *self, const char *bytes, size_t n)
{
    gv_pipeline_show *show = self;
    gv_progress_clear(show->progress);
    if (fwrite(bytes, 1, n, stdout) != n || fflush(stdout) != 0)
        show->output_error = errno;
}

static void tick(void *self)
{
    draw(self);
}

gv_child_output gv_pipeline_show_output(gv_pipeline_show *show)
{
    return (gv_child_output){.out = take_out, .err_line = take_line, .tick = tick, .self = show};
}

void gv_pipeline_show_clear(gv_pipeline_show *show)
{
    gv_strings_free(&show->notes);
}
