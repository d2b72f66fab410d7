#include "pipeline/sweep/gv_sweep.h"

#include "app/gv_child.h"
#include "base/gv_clock.h"
#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_lock.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "pipeline/gv_clean.h"
#include "pipeline/gv_pipeline_config.h"
#include "pipeline/sweep/gv_sweep_jobs.h"
#include "pipeline/sweep/gv_sweep_plan.h"
#include "pipeline/sweep/gv_sweep_print.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_LOCK "sweep.lock"

/* --- options ---------------------------------------------------------------------------------- */

static int parse_jobs(unsigned *jobs, const char *text, gv_error *err)
{
    char *end = NULL;
    *jobs = 1;
    if (!text)
        return GV_OK;
    const long n = strtol(text, &end, 10);
    if (end == text || *end || n < 1 || n > GV_CHILD_MOST || text[0] == ' ')
        return gv_error_set(err, GV_E_USAGE, "--jobs must be a whole number from 1 to %d, not %s",
                            GV_CHILD_MOST, text);
    *jobs = (unsigned)n;
    return GV_OK;
}

static int check_options(unsigned *jobs, const gv_sweep_options *options, gv_error *err)
{
    unsigned keep;
    if (options->lists.n > 1)
        return gv_error_set(err, GV_E_USAGE, "--runs: one file lists all runs; %zu are given",
                            options->lists.n);
    int status = parse_jobs(jobs, options->jobs, err);
    return status == GV_OK ? gv_clean_parse(&keep, &options->keep, err) : status;
}

static int combine(gv_grid *grid, const gv_sweep_options *options, gv_error *err)
{
    int status = GV_OK;
    if (options->lists.n > 0)
        status = gv_grid_add_file(grid, options->lists.items[0], err);
    for (size_t i = 0; i < options->grids.n && status == GV_OK; i++)
        status = gv_grid_add(grid, options->grids.items[i], err);
    return status == GV_OK ? gv_grid_combine(grid, err) : status;
}

/* The sweep's folder: that of --run-dir, or runs/NAME.sweep. Caller frees. */
static char *folder_of(const gv_program_call *call, gv_error *err)
{
    return call->run_dir_given ? gv_mem_strdup(call->run_dir, err)
                               : gv_mem_format(err, "runs/%s.sweep", call->config->name);
}

/* A run directory is no place for a sweep; and what is no file cannot be replaced by one. */
static int check_folder(const char *dir, gv_error *err)
{
    gv_file_stat stamps = {.exists = false}, file = {.exists = false};
    char *path = gv_file_path_join(dir, GV_FOLDER_STAMPS, err);
    char *states = gv_file_path_join(dir, GV_SWEEP_FILE, err);
    int status = path && states ? gv_file_look(&stamps, path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_look(&file, states, err);
    if (status == GV_OK && stamps.exists)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is a run directory; a sweep needs a folder of its own", dir);
    if (status == GV_OK && file.exists && !file.regular)
        status = gv_error_set(err, GV_E_IO, "%s is not a plain file; remove it, then start again",
                              states);
    gv_mem_free(states);
    gv_mem_free(path);
    return status;
}

/* --- one sweep at a time ---------------------------------------------------------------------- */

/* Wait a moment; a signal ends it. */
static void pause_ms(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static int lock_folder(int *fd, const char *dir, gv_progress *progress, gv_error *err)
{
    enum { PAUSE_MS = 50, PATIENCE = 10 }; /* one that was just killed has not ended yet */
    char *path = gv_file_path_join(dir, FILE_LOCK, err), holder[GV_LOCK_HOLDER_TEXT];
    enum gv_lock_result result = GV_LOCK_BUSY;
    *fd = -1;
    int status = path ? gv_file_open_lasting(fd, path, 0, err) : GV_E_MEMORY;
    for (int i = 0; status == GV_OK && i < PATIENCE && result == GV_LOCK_BUSY; i++) {
        if (i > 0)
            pause_ms(PAUSE_MS);
        result = gv_lock_take(*fd, GV_LOCK_ALONE, false);
    }
    if (status == GV_OK && result == GV_LOCK_BUSY)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "another glove-sweep is running in %s%s; wait until it ends, or use "
                              "another --run-dir; nothing is changed",
                              dir, gv_lock_holder_text(holder, *fd));
    if (status == GV_OK && result == GV_LOCK_NONE)
        gv_progress_note(progress,
                         "the file system of %s has no locks: see to it that no other glove-sweep "
                         "works there at the same time",
                         dir);
    gv_mem_free(path);
    return status;
}

/* A job of a sweep that was killed is told to stop, and saves first: wait for it, for a minute. If
 * it still works then, the run fails when it begins, and says so. */
static int wait_for_run(const gv_sweep_plan *plan, const gv_sweep_plan_run *run, gv_error *err)
{
    static const double patience_s = 60;
    const double start = gv_clock_wall_seconds();
    gv_error busy = GV_ERROR_INIT;
    int status = gv_pipeline_config_check_idle(run->path, &busy);
    if (status == GV_E_RUNTIME)
        gv_progress_note(plan->call->progress, "%s; waiting for it", busy.text);
    while (status == GV_E_RUNTIME && gv_clock_wall_seconds() - start < patience_s) {
        status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
        busy = (gv_error)GV_ERROR_INIT;
        status = gv_pipeline_config_check_idle(run->path, &busy);
    }
    return status == GV_E_MEMORY ? gv_error_set(err, status, "%s", busy.text) : GV_OK;
}

static int wait_for_killed(const gv_sweep_plan *plan, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < plan->n && status == GV_OK; i++)
        if (plan->file.runs[plan->runs[i].entry].state == GV_SWEEP_FILE_RUNNING)
            status = wait_for_run(plan, &plan->runs[i], err);
    return status;
}

/* --- the plan --------------------------------------------------------------------------------- */

static int replace_json(gv_json **to, const gv_json *from, gv_error *err)
{
    char *text = NULL;
    gv_json_free(*to);
    *to = NULL;
    int status = from ? gv_json_print(&text, from, GV_JSON_COMPACT, 15, err) : GV_OK;
    if (text)
        status = gv_json_parse(to, text, strlen(text), err);
    gv_mem_free(text);
    return status;
}

/* What the sweep is made of, for its readers. */
static int describe(gv_sweep_plan *plan, const gv_grid *grid, gv_error *err)
{
    gv_sweep_file *file = &plan->file;
    const gv_program_call *call = plan->call;
    char *base = NULL;
    gv_mem_free(file->name);
    gv_mem_free(file->config);
    gv_strings_free(&file->sets);
    file->name = gv_mem_strdup(call->config->name, err);
    file->config = gv_mem_strdup(call->config_path, err);
    int status = file->name && file->config ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_strings_add_all(&file->sets, &call->sets, err);
    if (status == GV_OK)
        status = replace_json(&file->grid, grid->axes, err);
    if (status == GV_OK)
        status = replace_json(&file->list, grid->list, err);
    if (status == GV_OK)
        status = gv_config_json(&base, call->config, err);
    gv_json_free(file->base);
    file->base = NULL;
    if (status == GV_OK)
        status = gv_json_parse(&file->base, base, strlen(base), err);
    gv_mem_free(base);
    return status;
}

/* What all jobs have come to: GV_OK if all runs are done. */
static int outcome(const gv_sweep_plan *plan, gv_error *err)
{
    size_t done = 0, failed = 0;
    const gv_sweep_file_run *first = NULL;
    const int number = gv_child_signals_pending();
    for (size_t i = 0; i < plan->n; i++) {
        const gv_sweep_file_run *entry = &plan->file.runs[plan->runs[i].entry];
        done += entry->state == GV_SWEEP_FILE_DONE;
        failed += entry->state == GV_SWEEP_FILE_FAILED;
        if (!first && entry->state == GV_SWEEP_FILE_FAILED)
            first = entry;
    }
    if (number) {
        gv_signal_pretend(number); /* it decides the exit code */
        return gv_error_set(err, GV_E_STOPPED,
                            "stopped by %s: %zu of %zu runs are done; the same command goes on",
                            gv_signal_name(number), done, plan->n);
    }
    return first ? gv_error_set(err, GV_E_RUNTIME, "%zu of %zu runs failed: %s: %s%s", failed,
                                plan->n, first->dir, first->error ? first->error : "",
                                failed > 1 ? "; sweep.json has the others" : "")
                 : GV_OK;
}

static void tell_begin(const gv_sweep_plan *plan)
{
    if (plan->merged > 0)
        gv_progress_note(plan->call->progress,
                         "%zu combination%s left out: another one has the same settings",
                         plan->merged, plan->merged == 1 ? " is" : "s are");
    gv_progress_note(plan->call->progress, "%zu run%s in %s", plan->n, plan->n == 1 ? "" : "s",
                     plan->dir);
}

static int do_sweep(gv_sweep_plan *plan, const gv_grid *grid, const gv_sweep_options *options,
                    unsigned jobs, gv_error *err)
{
    const gv_sweep_jobs_options how = {.most = jobs < plan->n ? jobs : (unsigned)plan->n,
                                       .keep = options->keep};
    int status = wait_for_killed(plan, err);
    if (status == GV_OK)
        status = describe(plan, grid, err);
    if (status == GV_OK)
        status = gv_child_signals_take(err);
    if (status == GV_OK) {
        tell_begin(plan);
        const int written = gv_sweep_jobs_run(plan, &how, err);
        status = written == GV_OK ? outcome(plan, err) : written;
    }
    if (status == GV_OK)
        gv_progress_note(plan->call->progress,
                         "all %zu runs are done; compare them: glove-report compare %s", plan->n,
                         plan->dir);
    return status;
}

/* Make the plan, and do or print it. */
static int run_in(const gv_sweep_options *options, const char *dir, const gv_grid *grid,
                  unsigned jobs, gv_error *err)
{
    gv_sweep_plan plan = {0};
    int lock = -1;
    /* a mistake in a combination is told before anything is written */
    int status = gv_sweep_plan_make(&plan, options->call, dir, grid, err);
    if (status == GV_OK && options->dry_run)
        status = gv_sweep_print(&plan, jobs, err);
    if (status == GV_OK && !options->dry_run) {
        gv_sweep_plan_clear(&plan);
        status = gv_file_make_dirs(dir, err);
        if (status == GV_OK)
            status = lock_folder(&lock, dir, options->call->progress, err);
        if (status == GV_OK) /* as the last sweep left it */
            status = gv_sweep_plan_make(&plan, options->call, dir, grid, err);
        if (status == GV_OK)
            status = do_sweep(&plan, grid, options, jobs, err);
    }
    gv_sweep_plan_clear(&plan);
    if (lock >= 0)
        close(lock);
    return status;
}

/* --- a sweep that exists ---------------------------------------------------------------------- */

/* What sweep.json says about the command that began it. */
typedef struct earlier {
    gv_sweep_file file;
    gv_config *config;
    gv_program_call call;
    gv_strings sets, lists;
} earlier;

static void clear_earlier(earlier *e)
{
    gv_strings_free(&e->sets);
    gv_strings_free(&e->lists);
    gv_config_free(e->config);
    gv_sweep_file_clear(&e->file);
}

static int no_config(const char *dir, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "which config? glove-sweep CONFIG --grid KEY=VALUE,VALUE,..%s%s%s",
                        dir ? " (" : "", dir ? dir : "", dir ? " has no sweep.json)" : "");
}

/* Without a config: go on with the sweep in `dir`, with the settings that it was begun with. Its
 * runs are those that its sweep.json lists, unless others are given. */
static int read_earlier(earlier *e, gv_sweep_options *options, const char *dir, gv_error *err)
{
    const gv_strings own = options->call->sets;
    bool there = false;
    int status = gv_sweep_file_is_there(&there, dir, err);
    if (status == GV_OK && (!there || !options->call->run_dir_given))
        return no_config(options->call->run_dir_given ? dir : NULL, err);
    if (status == GV_OK)
        status = gv_sweep_file_read(&e->file, dir, err);
    if (status == GV_OK && !e->file.config)
        status = no_config(NULL, err);
    if (status == GV_OK)
        status = gv_strings_add_all(&e->sets, &e->file.sets, err);
    if (status == GV_OK)
        status = gv_strings_add_all(&e->sets, &own, err);
    if (status == GV_OK)
        status = gv_config_load(&e->config, e->file.config, &e->sets, "default", err);
    char *list = gv_file_path_join(dir, GV_SWEEP_FILE, err);
    if (status == GV_OK && options->lists.n + options->grids.n == 0)
        status = list ? gv_strings_add(&e->lists, list, err) : GV_E_MEMORY;
    gv_mem_free(list);
    e->call = *options->call;
    e->call.config = e->config;
    e->call.config_path = e->file.config;
    e->call.sets = e->sets;
    options->call = &e->call;
    if (e->lists.n > 0)
        options->lists = e->lists;
    return status;
}

int gv_sweep_run(const gv_sweep_options *given, gv_error *err)
{
    gv_sweep_options options = *given;
    gv_grid grid = {0};
    earlier e = {0};
    unsigned jobs = 1;
    char *dir = NULL;
    int status = check_options(&jobs, &options, err);
    if (status == GV_OK)
        status = (dir = folder_of(options.call, err)) ? check_folder(dir, err) : GV_E_MEMORY;
    if (status == GV_OK && !options.call->config_path)
        status = read_earlier(&e, &options, dir, err);
    if (status == GV_OK)
        status = combine(&grid, &options, err);
    if (status == GV_OK)
        status = run_in(&options, dir, &grid, jobs, err);
    clear_earlier(&e);
    gv_grid_clear(&grid);
    gv_mem_free(dir);
    return status;
}
