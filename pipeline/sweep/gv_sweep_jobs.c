#include "pipeline/sweep/gv_sweep_jobs.h"

#include "app/gv_child.h"
#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "pipeline/sweep/gv_sweep_share.h"
#include "pipeline/sweep/gv_sweep_show.h"
#include "pipeline/sweep/gv_sweep_start.h"
#include <stdio.h>
#include <string.h>

enum { STAGES = GV_SWEEP_PLAN_STAGES };

typedef struct jobs jobs;

/* A glove-run. It shows what a gv_sweep_show_job with the same place says. */
typedef struct job {
    jobs *all;
    gv_child *child;           /* NULL: the place is free */
    size_t run;                /* number in the plan */
    size_t first, last;        /* what it does for others: stages; first = STAGES: the whole run */
    double part;               /* of the machine */
    char error[GV_ERROR_TEXT]; /* the last error line; "": none */
} job;

/* What is known of a run beside its state. */
typedef struct progress_of_run {
    size_t sharing[STAGES]; /* runs that share a stage with it, itself included */
    size_t settled;         /* shared stages whose files it has; STAGES: the rest is its own */
    bool complete;          /* only scores may be missing */
    bool busy;              /* a job works in it */
} progress_of_run;

struct jobs {
    gv_sweep_plan *plan;
    const gv_sweep_jobs_options *options;
    gv_config_part machine;
    gv_sweep_show show;
    progress_of_run *runs; /* [plan->n] */
    job *places;           /* [options->most] */
    gv_sweep_show_job *shown;
    gv_child **children;
    double free_part; /* of the machine */
    size_t active;
    gv_error unwritten; /* why sweep.json could not be written the last time */
};

static gv_sweep_file_run *entry_of(const jobs *j, size_t run)
{
    return &j->plan->file.runs[j->plan->runs[run].entry];
}

/* --- states ----------------------------------------------------------------------------------- */

static void count_states(jobs *j)
{
    memset(j->show.counts, 0, sizeof j->show.counts);
    j->show.work_left = 0;
    for (size_t i = 0; i < j->plan->n; i++) {
        const enum gv_sweep_file_state state = entry_of(j, i)->state;
        j->show.counts[state]++;
        if (state == GV_SWEEP_FILE_WAITING && !j->runs[i].busy)
            j->show.work_left += gv_sweep_show_work(j->plan->runs[i].config);
    }
}

/* Where the disk is full the states of before stay; the runs themselves know better. */
static void write_states(jobs *j)
{
    const bool told = j->unwritten.code != GV_OK;
    j->unwritten = (gv_error)GV_ERROR_INIT;
    if (gv_sweep_file_write(&j->plan->file, j->plan->dir, &j->unwritten) != GV_OK && !told)
        gv_progress_note(j->show.progress, "warning: %s", j->unwritten.text);
    count_states(j);
}

/* `error` may be NULL. */
static void note_state(gv_sweep_file_run *entry, enum gv_sweep_file_state state, const char *error)
{
    gv_mem_free(entry->error);
    entry->error = error ? gv_mem_strdup(error, NULL) : NULL;
    entry->state = state;
}

static void set_state(jobs *j, size_t run, enum gv_sweep_file_state state, const char *error)
{
    note_state(entry_of(j, run), state, error);
    write_states(j);
}

static void fail(jobs *j, size_t run, const char *error)
{
    set_state(j, run, GV_SWEEP_FILE_FAILED, error);
    gv_progress_note(j->show.progress, "%s: failed: %s", entry_of(j, run)->dir, error);
}

/* --- before the first job --------------------------------------------------------------------- */

static int find_complete(jobs *j, gv_error *err)
{
    gv_sweep_file *file = &j->plan->file;
    int status = GV_OK;
    for (size_t i = 0; i < file->n; i++) /* those of other grids, too: no sweep runs them now */
        if (file->runs[i].state == GV_SWEEP_FILE_RUNNING)
            note_state(&file->runs[i], GV_SWEEP_FILE_WAITING, NULL);
    for (size_t i = 0; i < j->plan->n && status == GV_OK; i++) {
        gv_error why = GV_ERROR_INIT; /* what cannot be read is told by the stages */
        bool complete = false;
        if (!j->plan->call->force &&
            gv_sweep_plan_is_complete(&complete, j->plan, &j->plan->runs[i], &why) == GV_E_MEMORY)
            status = gv_error_set(err, GV_E_MEMORY, "%s", why.text);
        j->runs[i].complete = complete;
        bool done = complete;
        if (complete && gv_config_evaluates(j->plan->runs[i].config) && status == GV_OK)
            status = gv_sweep_share_has_scores(&done, j->plan->runs[i].path,
                                               j->plan->runs[i].config, err);
        note_state(entry_of(j, i), done ? GV_SWEEP_FILE_DONE : GV_SWEEP_FILE_WAITING, NULL);
        if (complete)
            j->runs[i].settled = STAGES;
    }
    return status;
}

static int allocate(jobs *j, gv_error *err)
{
    const size_t most = j->options->most;
    j->runs = gv_mem_alloc_zero(j->plan->n, sizeof *j->runs, err);
    j->places = gv_mem_alloc_zero(most, sizeof *j->places, err);
    j->shown = gv_mem_alloc_zero(most, sizeof *j->shown, err);
    j->children = gv_mem_alloc_zero(most, sizeof(gv_child *), err);
    if (!j->runs || !j->places || !j->shown || !j->children)
        return GV_E_MEMORY;
    for (size_t i = 0; i < j->plan->n; i++)
        for (size_t s = 0; s < STAGES; s++)
            j->runs[i].sharing[s] = gv_sweep_plan_sharing(j->plan, &j->plan->runs[i], s);
    return GV_OK;
}

static void release(jobs *j)
{
    gv_mem_free(j->runs);
    gv_mem_free(j->places);
    gv_mem_free(j->shown);
    gv_mem_free(j->children);
}

/* --- which job is next ------------------------------------------------------------------------ */

/* Does a job do this stage for the runs that share it with `run`? */
static bool is_being_done(const jobs *j, size_t run, size_t stage)
{
    for (size_t i = 0; i < j->options->most; i++)
        if (j->places[i].child && j->places[i].first <= stage && stage <= j->places[i].last &&
            j->plan->runs[j->places[i].run].share[stage] == j->plan->runs[run].share[stage])
            return true;
    return false;
}

/* How many runs that are not finished share the stage with `run`. */
static size_t waiting_for(const jobs *j, size_t run, size_t stage)
{
    size_t n = 0;
    for (size_t i = 0; i < j->plan->n; i++)
        n += j->plan->runs[i].share[stage] == j->plan->runs[run].share[stage] &&
             !j->runs[i].complete && entry_of(j, i)->state != GV_SWEEP_FILE_FAILED;
    return j->plan->runs[run].share[stage] ? n : 0;
}

/* The stages that the next job of `run` would do for others: from `*first` to `*last`; its own rest
 * if `*first` is STAGES. False: it cannot begin now. */
static bool next_of(const jobs *j, size_t run, size_t *first, size_t *last)
{
    if (j->runs[run].busy || entry_of(j, run)->state != GV_SWEEP_FILE_WAITING)
        return false;
    *first = *last = j->runs[run].settled;
    if (*first < STAGES && j->runs[run].sharing[*first] < 2)
        *first = STAGES;
    if (*first == STAGES)
        return true;
    if (is_being_done(j, run, *first))
        return false;
    const size_t sharing = waiting_for(j, run, *first);
    while (*last + 1 < STAGES && sharing > 1 && waiting_for(j, run, *last + 1) == sharing)
        ++*last;
    return true;
}

/* --- starting --------------------------------------------------------------------------------- */

static void take_line(void *self, const char *line)
{
    job *of = self;
    char *copy = gv_mem_strdup(line, NULL);
    gv_sweep_show_job *shown = &of->all->shown[of - of->all->places];
    const char *error = copy ? gv_sweep_show_take(&of->all->show, shown, copy) : NULL;
    if (error)
        snprintf(of->error, sizeof of->error, "%s", error);
    gv_mem_free(copy);
}

static void draw(jobs *j)
{
    gv_sweep_show_draw(&j->show, j->shown, j->options->most);
}

/* Another run that has what the stage makes: its files are given to `run`, for which the stage then
 * only has to look at them. */
static int find_donor(jobs *j, size_t run, size_t stage, gv_error *err)
{
    const gv_sweep_plan *plan = j->plan;
    const gv_sweep_plan_run *to = &plan->runs[run];
    const enum gv_config_stage of = gv_config_shares_stages[stage];
    bool has = false;
    int status = gv_sweep_share_has(&has, to->path, of, to->config, err);
    for (size_t i = 0; i < plan->all && status == GV_OK && !has; i++) {
        gv_error ignored = GV_ERROR_INIT;
        const gv_sweep_plan_run *from = &plan->runs[i];
        if (i == run || from->share[stage] != to->share[stage] ||
            gv_sweep_share_has(&has, from->path, of, to->config, &ignored) != GV_OK || !has)
            continue;
        status = gv_sweep_share_give(to->path, from->path, of, to->config, err);
    }
    return status;
}

static int start_child(job *of, const gv_sweep_start *start, gv_error *err)
{
    const gv_child_output output = {.err_line = take_line, .self = of, .has_children = true};
    gv_strings arguments = {0};
    int status = gv_sweep_start_arguments(&arguments, start, err);
    if (status == GV_OK)
        status = gv_child_start(&of->child, arguments.items, &output, err);
    gv_strings_free(&arguments);
    return status;
}

static const char *stage_name(size_t stage)
{
    return gv_config_stage_name(gv_config_shares_stages[stage]);
}

/* The first stage that is not shared: with --force nothing else is done again. */
static const char *first_own(const jobs *j, size_t run)
{
    const gv_sweep_plan_run *of = &j->plan->runs[run];
    size_t stage = 0;
    while (stage < STAGES && j->runs[run].sharing[stage] > 1)
        stage++;
    return stage < STAGES && of->share[stage] ? stage_name(stage) : "train";
}

static int prepare_and_start(jobs *j, job *of, gv_error *err)
{
    const gv_sweep_plan_run *run = &j->plan->runs[of->run];
    const bool whole = of->first == STAGES;
    const gv_sweep_start start = {
        .call = j->plan->call,
        .run = run,
        .from = j->runs[of->run].complete               ? "eval"
                : j->plan->call->force && whole         ? first_own(j, of->run)
                : j->plan->call->force && of->first > 0 ? stage_name(of->first)
                                                        : NULL,
        .to = whole ? NULL : stage_name(of->last),
        .keep = whole && !j->runs[of->run].complete ? &j->options->keep : NULL,
        .machine = j->options->most > 1 ? &j->machine : NULL,
        .part = of->part};
    int status = gv_file_make_dirs(run->path, err);
    for (size_t i = of->first; i <= of->last && i < STAGES && status == GV_OK; i++)
        status = j->plan->call->force ? GV_OK : find_donor(j, of->run, i, err);
    return status == GV_OK ? start_child(of, &start, err) : status;
}

/* Begin the job in a free place, with `part` of the machine. */
static void begin(jobs *j, size_t place, size_t run, double part)
{
    job *of = &j->places[place];
    gv_error error = GV_ERROR_INIT;
    *of = (job){.all = j, .run = run, .part = part};
    next_of(j, run, &of->first, &of->last);
    if (prepare_and_start(j, of, &error) != GV_OK) {
        fail(j, run, error.text);
        return;
    }
    j->children[place] = of->child;
    j->active++;
    j->free_part -= part;
    j->runs[run].busy = true;
    j->shown[place] = (gv_sweep_show_job){.name = entry_of(j, run)->dir,
                                          .work = gv_sweep_show_work(j->plan->runs[run].config) *
                                                  (of->first < STAGES ? 0.05 : 1),
                                          .begun = gv_clock_wall_seconds()};
    set_state(j, run, GV_SWEEP_FILE_RUNNING, NULL);
}

/* How many jobs could begin now, at most `room`; `*next` is the run of the first. Runs that wait
 * for the same stage are one job. */
static size_t count_ready(const jobs *j, size_t room, size_t *next)
{
    uint64_t stages[GV_CHILD_MOST];
    size_t ready = 0, first, last;
    for (size_t i = 0; i < j->plan->n && ready < room; i++) {
        size_t same = 0;
        if (!next_of(j, i, &first, &last))
            continue;
        const uint64_t stage = first < STAGES ? j->plan->runs[i].share[first] : 0;
        while (stage && same < ready && stages[same] != stage)
            same++;
        if (stage && same < ready)
            continue;
        if (ready == 0)
            *next = i;
        stages[ready++] = stage;
    }
    return ready;
}

/* Fill free places. The free part of the machine is divided among the jobs that begin now. */
static void begin_all(jobs *j)
{
    while (j->active < j->options->most) {
        size_t next = 0, place = 0;
        const size_t ready = count_ready(j, j->options->most - j->active, &next);
        if (ready == 0)
            break;
        while (j->places[place].child)
            place++;
        begin(j, place, next, j->free_part / (double)ready);
    }
}

/* --- ending ----------------------------------------------------------------------------------- */

/* Why the child failed, in one line. */
static void describe(char *text, size_t size, const job *of, const gv_child_end *end)
{
    if (of->error[0])
        snprintf(text, size, "%s", of->error);
    else if (end->killed_by)
        snprintf(text, size, "glove-run was killed by signal %d (%s)", end->killed_by,
                 strsignal(end->killed_by));
    else
        snprintf(text, size, "glove-run ended with exit code %d", end->exit_code);
}

/* Give what the job made to the other runs that share it. */
static void give(jobs *j, const job *of)
{
    const gv_sweep_plan *plan = j->plan;
    const gv_sweep_plan_run *from = &plan->runs[of->run];
    for (size_t i = 0; i < plan->n; i++) {
        gv_error error = GV_ERROR_INIT;
        int status = GV_OK;
        if (plan->runs[i].share[of->first] != from->share[of->first] || j->runs[i].complete ||
            entry_of(j, i)->state == GV_SWEEP_FILE_FAILED)
            continue;
        for (size_t s = of->first; s <= of->last && status == GV_OK; s++)
            if (i != of->run)
                status =
                    gv_sweep_share_give(plan->runs[i].path, from->path, gv_config_shares_stages[s],
                                        plan->runs[i].config, &error);
        if (status == GV_OK)
            j->runs[i].settled = of->last + 1;
        else
            fail(j, i, error.text);
    }
}

/* The shared stages failed, and so would they for the others. */
static void fail_sharing(jobs *j, const job *of, const char *why)
{
    char text[GV_ERROR_TEXT + 512];
    const gv_sweep_plan_run *from = &j->plan->runs[of->run];
    snprintf(text, sizeof text, "%s (in %s, for all runs that share it)", why,
             entry_of(j, of->run)->dir);
    for (size_t i = 0; i < j->plan->n; i++)
        if (i != of->run && j->plan->runs[i].share[of->first] == from->share[of->first] &&
            !j->runs[i].complete && entry_of(j, i)->state == GV_SWEEP_FILE_WAITING)
            note_state(entry_of(j, i), GV_SWEEP_FILE_FAILED, text);
    fail(j, of->run, why);
}

/* The time of a run that was trained before is that of its scores, or of a look at its files. */
static void tell_done(const jobs *j, const job *of, double seconds, bool trained)
{
    char taken[GV_AMOUNT_TEXT];
    gv_progress_note(j->show.progress, "%s: done in %s%s (%zu of %zu)", entry_of(j, of->run)->dir,
                     gv_amount_time(taken, seconds), trained ? "" : ", trained before",
                     j->show.counts[GV_SWEEP_FILE_DONE], j->plan->n);
}

static void end(jobs *j, size_t place)
{
    job *of = &j->places[place];
    gv_sweep_show_job *shown = &j->shown[place];
    gv_child_end how;
    char why[GV_ERROR_TEXT];
    const double seconds = gv_clock_wall_seconds() - shown->begun;
    gv_child_close(&how, of->child);
    const job was = *of;
    of->child = j->children[place] = NULL;
    j->active--;
    j->free_part += was.part;
    j->runs[was.run].busy = false;
    describe(why, sizeof why, &was, &how);
    if (how.exit_code != 0 && gv_child_signals_pending()) {
        set_state(j, was.run, GV_SWEEP_FILE_WAITING, NULL);
    } else if (how.exit_code != 0 && was.first < STAGES) {
        fail_sharing(j, &was, why);
    } else if (how.exit_code != 0) {
        fail(j, was.run, why);
    } else if (was.first < STAGES) {
        set_state(j, was.run, GV_SWEEP_FILE_WAITING, NULL);
        give(j, &was);
    } else {
        set_state(j, was.run, GV_SWEEP_FILE_DONE, NULL);
        if (shown->trained) { /* others say nothing about the time that is left */
            j->show.work_done += shown->work;
            j->show.seconds_done += seconds;
        }
        tell_done(j, &was, seconds, shown->trained);
    }
    *shown = (gv_sweep_show_job){0};
    count_states(j);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void work(jobs *j)
{
    for (;;) {
        if (!gv_child_signals_pending())
            begin_all(j);
        if (j->active == 0)
            break;
        draw(j);
        gv_child_turn(j->children, j->options->most);
        for (size_t i = 0; i < j->options->most; i++)
            if (j->places[i].child && gv_child_has_ended(j->places[i].child))
                end(j, i);
    }
    gv_progress_clear(j->show.progress);
}

int gv_sweep_jobs_run(gv_sweep_plan *plan, const gv_sweep_jobs_options *options, gv_error *err)
{
    jobs j = {.plan = plan,
              .options = options,
              .show = {.progress = plan->call->progress},
              .free_part = 1,
              .unwritten = GV_ERROR_INIT};
    gv_config_part_measure(&j.machine, plan->call->config);
    int status = allocate(&j, err);
    if (status == GV_OK)
        status = find_complete(&j, err);
    if (status == GV_OK)
        status = gv_sweep_file_write(&plan->file, plan->dir, err);
    if (status == GV_OK) {
        count_states(&j);
        work(&j);
        if (j.unwritten.code != GV_OK)
            status = gv_error_set(err, j.unwritten.code, "%s", j.unwritten.text);
    }
    release(&j);
    return status;
}
