#include "report/verify/gv_verify.h"

#include "app/gv_child.h"
#include "app/gv_print.h"
#include "app/gv_run_base.h"
#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_disk.h"
#include "base/gv_file.h"
#include "base/gv_file_writer.h"
#include "base/gv_folder.h"
#include "base/gv_host.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "kernel/gv_kernel.h"
#include "report/verify/gv_verify_compare.h"
#include "report/verify/gv_verify_inputs.h"
#include "report/verify/gv_verify_run.h"
#include "report/verify/gv_verify_stage.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct work {
    const gv_verify_options *options;
    const gv_program_call *call;
    gv_verify_run run;
    gv_strings sets; /* of the command line, and of files that have moved */
    char *dir;       /* the folder, a run directory; NULL: not made */
    size_t compared; /* files */
} work;

/* --- the folder ------------------------------------------------------------------------------- */

/* The folder's name without its last characters: in --work or $TMPDIR, else beside the run. */
static int choose_place(char **prefix, const work *w, gv_error *err)
{
    const char *temp = getenv("TMPDIR");
    char *real = realpath(w->run.dir, NULL), own[64] = "run";
    if (!real)
        return gv_error_set_errno(err, "%s", w->run.dir);
    snprintf(own, sizeof own, "%.40s.verify", strrchr(real, '/') + 1);
    int status = GV_OK;
    if (w->options->work) {
        status = gv_file_make_dirs(w->options->work, err);
        *prefix = status == GV_OK ? gv_file_path_join(w->options->work, own, err) : NULL;
    } else if (temp && *temp) {
        *prefix = gv_file_path_join(temp, own, err);
    } else {
        *prefix = gv_mem_format(err, "%.*s/%s", (int)(strrchr(real, '/') - real), real, own);
    }
    free(real);
    return *prefix ? GV_OK : status != GV_OK ? status : GV_E_MEMORY;
}

static int make_folder(work *w, gv_error *err)
{
    char *prefix = NULL, size[GV_AMOUNT_TEXT];
    const double bytes = gv_verify_run_bytes(&w->run);
    int status = choose_place(&prefix, w, err);
    if (status == GV_OK)
        status = gv_disk_check(prefix, bytes, "verifying needs", err);
    if (status == GV_OK)
        status = gv_folder_make(&w->dir, prefix, err);
    if (status == GV_OK) {
        gv_amount_bytes(size, bytes);
        gv_progress_note(w->call->progress,
                         "running %s again in %s, which takes %s of disk and is "
                         "removed at the end",
                         w->run.dir, w->dir, size);
    } else {
        gv_error_prefix(err, "cannot verify in %s; name another folder with --work",
                        prefix ? prefix : w->run.dir);
    }
    gv_mem_free(prefix);
    return status;
}

/* A link in the folder to a file or folder of the run, which is taken as it is. */
static int take_as_is(const work *w, const char *name, gv_error *err)
{
    bool there = false;
    int status = gv_verify_run_has(&there, w->run.dir, name, err);
    if (status != GV_OK)
        return status;
    if (!there)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s/%s is gone: no stage makes it again, so there is nothing to verify "
                            "from",
                            w->run.dir, name);
    char *from = gv_file_path_join(w->run.dir, name, err);
    char *to = gv_file_path_join(w->dir, name, err);
    char *real = from && to ? realpath(from, NULL) : NULL;
    status = from && to ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && (!real || (symlink(real, to) != 0 && errno != EEXIST)))
        status = gv_error_set_errno(err, "cannot link %s", to);
    free(real);
    gv_mem_free(from);
    gv_mem_free(to);
    return status;
}

/* config.json with the settings of the run, and where its files are now. */
static int write_config(work *w, gv_error *err)
{
    gv_config *config = NULL;
    char *json = NULL, *path = gv_file_path_join(w->run.dir, "config.json", err);
    char *to = gv_file_path_join(w->dir, "config.json", err);
    int status = path && to ? gv_config_load(&config, path, &w->sets, "default", err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_config_json(&json, config, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(to, json, strlen(json), err);
    if (status == GV_OK && gv_run_base_used(config))
        status = take_as_is(w, GV_FOLDER_BASE, err);
    gv_config_free(config);
    gv_mem_free(json);
    gv_mem_free(path);
    gv_mem_free(to);
    return status;
}

/* --- comparing -------------------------------------------------------------------------------- */

static int print_line(size_t stage, const char *name, const char *what, gv_error *err)
{
    enum { STAGE = 9, NAME = 21 };
    gv_print_pad(stdout, gv_config_stage_name(gv_verify_run_stages[stage]), STAGE);
    gv_print_pad(stdout, name, NAME);
    gv_print_pad(stdout, what, 0);
    if (putchar('\n') == EOF || fflush(stdout) != 0)
        return gv_error_set_errno(err, "cannot write to standard output");
    return GV_OK;
}

/* "glovebox 0.2.0, commit 0b56b13d2c1e, kernel avx512, 2 threads, AMD EPYC" */
static void say_maker(char text[300], const gv_json *done)
{
    const char *version = gv_json_get_text(done, "version");
    const char *commit = gv_json_get_text(done, "commit"), *cpu = gv_json_get_text(done, "cpu");
    const char *kernel = gv_json_get_text(done, "kernel");
    const double threads = gv_json_get_number(done, "threads");
    char by[32] = "";
    if (threads > 0)
        snprintf(by, sizeof by, ", threads %.0f", threads);
    snprintf(text, 300, "glovebox %.40s%s%.40s%s%.20s%s%s%.60s", *version ? version : "?",
             *commit ? ", commit " : "", commit, *kernel ? ", kernel " : "", kernel, by,
             *cpu ? ", " : "", cpu);
}

/* The error that tells the first difference, and what may be its cause. */
static int tell_difference(const work *w, size_t stage, const char *name,
                           const gv_verify_compare *result, gv_error *err)
{
    const char *stage_name = gv_config_stage_name(gv_verify_run_stages[stage]);
    char then[300], now[300];
    gv_host host;
    gv_host_describe(&host);
    if (result->changed)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s, stage %s: %s differs: %s; the file is not the one that %s wrote: "
                            "its stamp has another checksum",
                            w->run.dir, stage_name, name, result->text,
                            gv_config_stage_program(gv_verify_run_stages[stage]));
    if (!gv_verify_run_done(&w->run, stage))
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s, stage %s: %s differs: %s; nothing in the run says what made it",
                            w->run.dir, stage_name, name, result->text);
    if (result->missing)
        return gv_error_set(err, GV_E_RUNTIME, "%s, stage %s: %s: %s", w->run.dir, stage_name, name,
                            result->text);
    say_maker(then, gv_verify_run_done(&w->run, stage));
    snprintf(now, sizeof now, "glovebox %s, commit %.40s, %.60s", GV_VERSION, gv_host_commit(),
             host.cpu);
    return gv_error_set(err, GV_E_RUNTIME,
                        "%s, stage %s: %s differs: %s; the run was made by %s; here is %s",
                        w->run.dir, stage_name, name, result->text, then, now);
}

static int compare_file(work *w, size_t stage, const char *name, gv_error *err)
{
    static const char *const said[] = {"same bytes", "same contents",
                                       "removed since; the same by the checksum of its stamp",
                                       "removed since; not compared", "differs"};
    gv_verify_compare result;
    int status = gv_verify_compare_file(&result, &w->run, stage, name, w->dir, err);
    if (status == GV_OK)
        status = print_line(stage, name, said[result.kind], err);
    if (status == GV_OK && result.kind == GV_VERIFY_COMPARE_DIFFERS)
        status = tell_difference(w, stage, name, &result, err);
    w->compared += status == GV_OK && result.kind != GV_VERIFY_COMPARE_GONE;
    return status;
}

static int compare_stage(work *w, size_t stage, gv_error *err)
{
    gv_strings names = {0};
    int status = gv_verify_run_outputs(&names, &w->run, stage, err);
    for (size_t i = 0; i < names.n && status == GV_OK; i++)
        status = compare_file(w, stage, names.items[i], err);
    gv_strings_free(&names);
    return status;
}

/* What no stage made: is it still what its tool wrote? */
static int take_given(work *w, size_t stage, gv_error *err)
{
    gv_strings names = {0};
    char *path = NULL;
    int status = gv_verify_run_outputs(&names, &w->run, stage, err);
    for (size_t i = 0; i < names.n && status == GV_OK; i++) {
        const gv_json *record = gv_verify_run_record(&w->run, stage, names.items[i]);
        const gv_verify_compare changed = {.changed = true,
                                           .text = "it was changed after it was made"};
        bool same = true;
        if (stage != 0 && strcmp(names.items[i], GV_FILE_VOCAB) == 0)
            continue; /* told with its own stage */
        char what[GV_VERIFY_RUN_REASON + 32];
        snprintf(what, sizeof what, "taken as it is: %s", w->run.reason[stage]);
        status = take_as_is(w, names.items[i], err);
        path = status == GV_OK ? gv_file_path_join(w->run.dir, names.items[i], err) : NULL;
        if (status == GV_OK && record)
            status = path ? gv_verify_run_is_recorded(&same, record, path, err) : GV_E_MEMORY;
        if (status == GV_OK)
            status = print_line(stage, names.items[i], same ? what : "differs", err);
        if (status == GV_OK && !same)
            status = tell_difference(w, stage, names.items[i], &changed, err);
        gv_mem_free(path);
    }
    gv_strings_free(&names);
    return status;
}

/* --- all stages ------------------------------------------------------------------------------- */

static int cannot(const work *w, size_t stage, gv_error *err)
{
    const char *name = gv_config_stage_name(gv_verify_run_stages[stage]);
    const size_t before =
        stage > 0 && w->run.work[stage - 1] != GV_VERIFY_RUN_NOTHING ? stage - 1 : 0;
    int status = print_line(stage, "", "cannot be verified", err);
    return status != GV_OK
               ? status
               : gv_error_set(err, GV_E_RUNTIME,
                              "%s, stage %s: not verified: %s; what comes before it is the same "
                              "(--to %s verifies that alone)",
                              w->run.dir, name, w->run.reason[stage],
                              gv_config_stage_name(gv_verify_run_stages[before]));
}

static int do_stage(work *w, size_t stage, gv_error *err)
{
    const gv_verify_stage again = {.run = &w->run, .work = w->dir, .progress = w->call->progress};
    int status = GV_OK;
    switch (w->run.work[stage]) {
    case GV_VERIFY_RUN_NOTHING:
        return GV_OK;
    case GV_VERIFY_RUN_GIVEN:
        return take_given(w, stage, err);
    case GV_VERIFY_RUN_CANNOT:
        return cannot(w, stage, err);
    case GV_VERIFY_RUN_AGAIN:
        status = gv_verify_stage_run(&again, stage, err);
        return status == GV_OK ? compare_stage(w, stage, err) : status;
    }
    return GV_OK;
}

static int print_end(const work *w, double start, gv_error *err)
{
    char taken[GV_AMOUNT_TEXT];
    gv_amount_time(taken, gv_clock_wall_seconds() - start);
    gv_print_pad(stdout, w->run.dir, 0);
    printf(": the same, made again in %s (%zu file%s compared)\n", taken, w->compared,
           w->compared == 1 ? "" : "s");
    if (fflush(stdout) != 0 || ferror(stdout))
        return gv_error_set_errno(err, "cannot write to standard output");
    return GV_OK;
}

static int prepare(work *w, gv_error *err)
{
    int status = gv_verify_run_open(&w->run, w->options->dir, &w->call->sets, w->options->to, err);
    if (status == GV_OK)
        status = gv_strings_add_all(&w->sets, &w->call->sets, err);
    if (status == GV_OK)
        status = gv_verify_run_check(&w->run, err);
    if (status == GV_OK)
        status = gv_verify_inputs_find(&w->sets, &w->run, &w->call->sets, w->options->corpus_dir,
                                       w->call->progress, err);
    if (status == GV_OK)
        status = gv_child_signals_take(err);
    if (status == GV_OK)
        status = make_folder(w, err);
    return status == GV_OK ? write_config(w, err) : status;
}

int gv_verify_run_again(const gv_program_call *call, const gv_verify_options *options,
                        gv_error *err)
{
    work w = {.options = options, .call = call};
    const double start = gv_clock_wall_seconds();
    int status = prepare(&w, err);
    for (size_t i = 0; i < GV_VERIFY_RUN_STAGES && status == GV_OK; i++)
        status = do_stage(&w, i, err);
    if (status == GV_OK)
        status = print_end(&w, start, err);
    if (w.dir) {
        gv_error left = GV_ERROR_INIT;
        if (gv_folder_remove(w.dir, &left) != GV_OK)
            gv_progress_note(call->progress, "warning: %s", left.text);
    }
    gv_mem_free(w.dir);
    gv_strings_free(&w.sets);
    gv_verify_run_clear(&w.run);
    return status;
}
