#include "report/verify/gv_verify_stage.h"

#include "app/gv_child.h"
#include "app/gv_child_program.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <stdio.h>
#include <string.h>

/* What the child has said so far. */
typedef struct listener {
    const gv_verify_stage *stage;
    size_t number;
    char phase[GV_PROGRESS_NAME];
    double part;               /* of the phase */
    char error[GV_ERROR_TEXT]; /* its error line without the program's name */
} listener;

int gv_verify_stage_check_signal(gv_error *err)
{
    const int number = gv_child_signals_pending();
    if (!number)
        return GV_OK;
    gv_signal_pretend(number); /* it decides the exit code */
    return gv_error_set(err, GV_E_STOPPED, "stopped by %s", gv_signal_name(number));
}

/* "43%; train: training 45%", by the times that the run took. */
static void draw(void *self)
{
    listener *l = self;
    const gv_verify_run *run = l->stage->run;
    double before = 0, all = 0;
    char text[160];
    for (size_t i = 0; i < GV_VERIFY_RUN_STAGES; i++)
        if (run->work[i] == GV_VERIFY_RUN_AGAIN) {
            before += i < l->number ? gv_verify_run_seconds(run, i) : 0;
            all += gv_verify_run_seconds(run, i);
        }
    const double now = before + gv_verify_run_seconds(run, l->number) * l->part;
    const double part = all > 0 && now <= all ? now / all : 0;
    snprintf(text, sizeof text, "%.0f%%; %s: %s %.0f%%", 100 * part,
             gv_config_stage_name(gv_verify_run_stages[l->number]), l->phase, 100 * l->part);
    gv_progress_show(l->stage->progress, part, text);
}

static void take_line(void *self, const char *line)
{
    static const char mark[] = ": error: ";
    listener *l = self;
    gv_json *event = NULL;
    const char *error = strstr(line, mark);
    if (line[0] == '{' && gv_json_parse_if_valid(&event, line, strlen(line), NULL) != GV_OK)
        event = NULL;
    if (gv_json_get(event, "phase")) {
        const double total = gv_json_get_number(event, "total");
        const double done = gv_json_get_number(event, "done");
        snprintf(l->phase, sizeof l->phase, "%s", gv_json_get_text(event, "phase"));
        l->part = total > 0 && done < total ? done / total : total > 0;
        if (gv_progress_mode_of(l->stage->progress) == GV_PROGRESS_JSON)
            gv_progress_pass(l->stage->progress, line);
        else
            draw(l);
    } else if (!event && error) {
        snprintf(l->error, sizeof l->error, "%s", error + strlen(mark));
    }
    gv_json_free(event);
}

static int failed(const listener *l, const char *program, const gv_child_end *end, gv_error *err)
{
    int status = gv_verify_stage_check_signal(err);
    if (status != GV_OK)
        return status;
    if (l->error[0])
        return gv_error_set(err, GV_E_RUNTIME, "%s cannot be run again: %s: %.1500s",
                            l->stage->run->dir, program, l->error);
    if (end->killed_by)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s cannot be run again: %s was killed by signal %d (%s)",
                            l->stage->run->dir, program, end->killed_by, strsignal(end->killed_by));
    return gv_error_set(err, GV_E_RUNTIME, "%s cannot be run again: %s ended with exit code %d",
                        l->stage->run->dir, program, end->exit_code);
}

/* A training of one thread with threads that keep no order is repeatable with one thread. */
static bool needs_one_thread(const gv_verify_run *run, enum gv_config_stage stage)
{
    return stage == GV_STAGE_TRAIN && run->config->train_schedule != GV_SCHEDULE_ORDERED;
}

int gv_verify_stage_run(const gv_verify_stage *stage, size_t number, gv_error *err)
{
    const enum gv_config_stage made_by = gv_verify_run_stages[number];
    const char *program = gv_config_stage_program(made_by);
    const bool silent = gv_progress_mode_of(stage->progress) == GV_PROGRESS_NONE;
    listener l = {.stage = stage, .number = number};
    const gv_child_output output = {.err_line = take_line, .tick = draw, .self = &l};
    const gv_program_call call = {.run_dir = stage->work, .run_dir_given = true};
    gv_strings arguments = {0};
    gv_child_end end = {0};
    char *path = NULL;
    int status = gv_verify_stage_check_signal(err);
    if (status == GV_OK)
        status = gv_child_program_find(&path, program, err);
    if (status == GV_OK)
        status = gv_child_program_arguments(&arguments, path, &call, false,
                                            silent ? "none" : "json", err);
    if (status == GV_OK && needs_one_thread(stage->run, made_by)) {
        status = gv_child_program_add(&arguments, "--set", err);
        if (status == GV_OK)
            status = gv_child_program_add(&arguments, "train.threads=1", err);
    }
    if (status == GV_OK)
        status = gv_child_run(&end, arguments.items, &output, err);
    gv_progress_clear(stage->progress);
    if (status == GV_OK && end.exit_code != 0)
        status = failed(&l, program, &end, err);
    gv_strings_free(&arguments);
    gv_mem_free(path);
    return status;
}
