/*
 * The protocol: rank 0 sends TAG_CONFIG when its stage starts, or ends the job before that (wrong
 * options, nothing to do); then the stage's own messages; then the end with the exit code.
 *
 * A worker that fails reports it and waits for the end, because rank 0 decides about the exit code
 * and may still have to save a checkpoint.
 */
#include "dist/gv_job.h"

#include "base/gv_host.h"
#include "base/gv_limits.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_test_hook.h"
#include "config/gv_json.h"
#include "dist/gv_rank_watch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 17 digits bring a double back exactly: workers must use the very numbers of rank 0. */
enum { TAG_CONFIG = 1000, EXACT_DIGITS = 17 };

/* What gv_program_main cannot pass through to the stage: it knows nothing of ranks. */
static struct {
    const gv_job *job;
    gv_comm *comm;
} current;

/* --- rank 0 ----------------------------------------------------------------------------------- */

/* What this program was built from. Ranks of other builds may form their messages otherwise. */
static const char *build(void)
{
    static char text[128];
    snprintf(text, sizeof text, "%s %s", GV_VERSION, gv_host_commit());
    return text;
}

/* {"build": "...", "config": {...}, "dir": "/abs/run", "cwd": "/abs"}; caller frees. */
static int describe(char **text, const gv_run *run, gv_error *err)
{
    char *config = NULL, *cwd = getcwd(NULL, 0), *dir = realpath(run->dir, NULL);
    int status = GV_OK;
    *text = NULL;
    if (!cwd || !dir)
        status = gv_error_set_errno(err, "cannot resolve %s", run->dir);
    if (status == GV_OK)
        status = gv_config_json(&config, run->config, err);
    if (status == GV_OK) {
        gv_json_writer object = gv_json_begin();
        gv_json_set_text(&object, "build", build());
        gv_json_set_parsed(&object, "config", config);
        gv_json_set_text(&object, "dir", dir);
        gv_json_set_text(&object, "cwd", cwd);
        status = gv_json_write(text, &object, GV_JSON_COMPACT, EXACT_DIGITS, err);
    }
    gv_mem_free(config);
    free(cwd);
    free(dir);
    return status;
}

int gv_job_stage(gv_run *run, gv_error *err)
{
    char *text;
    int status = describe(&text, run, err);
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(current.comm); rank++)
        status = gv_comm_send(current.comm, rank, TAG_CONFIG, text, strlen(text), err);
    gv_mem_free(text);
    gv_comm_deadline(current.comm, run->config->mpi_deadline_s);
    return status == GV_OK ? current.job->coordinate(run, current.comm, err) : status;
}

static int coordinate(int argc, char **argv, bool *orderly)
{
    const char *name = current.job->program->name;
    gv_error error = GV_ERROR_INIT;
    int code = gv_program_main(current.job->program, argc, argv);
    /* it may have ended before it came to the stage, and so to the deadline */
    gv_comm_deadline(current.comm, gv_job_deadline(current.job, argc, argv));
    gv_comm_end(current.comm, code);
    *orderly = gv_comm_await_others(current.comm, &error) == GV_OK;
    if (*orderly || code != 0)
        return code;
    fprintf(stderr, "%s: error: %s (the job's work is done and saved)\n", name, error.text);
    return 1;
}

/* --- worker ranks ----------------------------------------------------------------------------- */

/* Paths in the config may be relative to rank 0's directory. A host need not have it: what a rank
 * does not see, or sees with other content, it gets from rank 0. */
static void enter_directory(const gv_json *received)
{
    const char *cwd = gv_json_text(gv_json_get(received, "cwd"));
    (void)!(cwd && chdir(cwd));
}

static int check_build(const gv_json *received, gv_error *err)
{
    const char *theirs = gv_json_text(gv_json_get(received, "build"));
    if (theirs && strcmp(theirs, build()) == 0)
        return GV_OK;
    return gv_error_set(err, GV_E_USAGE,
                        "this rank runs glovebox %s, rank 0 runs %s: install the same build on all "
                        "hosts",
                        build(), theirs ? theirs : "an older one");
}

static int work_by_config(gv_comm *comm, const gv_comm_message *message, gv_error *err)
{
    gv_config *config = NULL;
    gv_json *received = NULL;
    char *text = NULL;
    int status = gv_json_parse(&received, message->data, message->bytes, err);
    if (status == GV_OK)
        status = check_build(received, err);
    const char *dir = gv_json_text(gv_json_get(received, "dir"));
    const gv_json *settings = gv_json_get(received, "config");
    if (status == GV_OK && (!dir || !settings))
        status = gv_error_set(err, GV_E_RUNTIME, "rank 0 sent no config");
    if (status == GV_OK)
        status = gv_json_print(&text, settings, GV_JSON_COMPACT, EXACT_DIGITS, err);
    if (status == GV_OK)
        status = gv_config_load_text(&config, text, err);
    if (status == GV_OK) {
        enter_directory(received);
        gv_comm_deadline(comm, config->mpi_deadline_s);
        status = current.job->work(comm, config, dir, err);
    }
    gv_config_free(config);
    gv_mem_free(text);
    gv_json_free(received);
    return status;
}

/* Returns the exit code. A worker that fails reports to rank 0; if rank 0 is gone it prints the
 * error itself. */
static int work(bool *orderly)
{
    gv_comm *comm = current.comm;
    gv_error error = GV_ERROR_INIT, late = GV_ERROR_INIT;
    gv_comm_message message = {0};
    int code = 1;
    int status = gv_limits_check_stack(&error);
    if (status == GV_OK)
        status = gv_signal_install(&error);
    gv_signal_pass_on();
    if (status == GV_OK)
        status = gv_test_hook_install(&error);
    if (status == GV_OK) /* ranks that have theirs already may send messages of the stage */
        status = gv_comm_await(comm, &message, TAG_CONFIG, &error);
    gv_rank_watch_end();
    if (status == GV_OK)
        status = work_by_config(comm, &message, &error);
    gv_comm_message_free(&message);
    if (status != GV_OK && status != GV_E_STOPPED)
        gv_comm_report(comm, &error);
    *orderly = gv_comm_wait_end(comm, &code, &late) == GV_OK;
    if (!*orderly)
        fprintf(stderr, "%s: error: rank %d on host %s: %s\n", current.job->program->name,
                gv_comm_rank(comm), gv_comm_host(comm, gv_comm_rank(comm)),
                status != GV_OK ? error.text : late.text);
    return code;
}

double gv_job_deadline(const gv_job *job, int argc, char **argv)
{
    gv_config *config = NULL;
    int status = gv_program_config(&config, job->program, argc, argv, NULL);
    if (status != GV_OK)
        status = gv_config_load(&config, NULL, NULL, "default", NULL);
    double seconds = status == GV_OK ? config->mpi_deadline_s : 0;
    gv_config_free(config);
    return seconds;
}

int gv_job_main(const gv_job *job, gv_comm *comm, int argc, char **argv, bool *orderly)
{
    current.job = job;
    current.comm = comm;
    *orderly = true;
    return gv_comm_rank(comm) == 0 ? coordinate(argc, argv, orderly) : work(orderly);
}
