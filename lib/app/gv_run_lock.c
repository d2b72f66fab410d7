/*
 * The locks of a run directory, in .stamps/:
 *
 *     STAGE.lock          a stage has it as long as it works, so two never write the same output
 *     STAGE.outputs.lock  what the stage has made: itself alone while it replaces that, all later
 *                         stages together while they work, so that nothing changes under them
 *     config.lock         while config.json is replaced
 *
 * Locks end with the process. A stage takes those of earlier stages first, then its own, so no two
 * wait for each other.
 */
#include "app/gv_run_internal.h"

#include "base/gv_file_open.h"
#include "base/gv_lock.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_text.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOCKED = sizeof((gv_run *)NULL)->outputs_fd / sizeof(int) };

/* The stages whose outputs are locked; nothing is counted or trained from those of the others. */
static const enum gv_config_stage locked_stages[LOCKED] = {GV_STAGE_VOCAB, GV_STAGE_COOCCUR,
                                                           GV_STAGE_SHUFFLE};

/* Once: without locks nothing keeps two programs from writing the same file. */
static void note_no_locks(gv_run *run)
{
    char reason[128];
    const char *why = strerror_r(errno, reason, sizeof reason);
    if (!run->no_locks)
        gv_progress_note(run->progress,
                         "the file system of %s has no locks (%s): see to it that no other program "
                         "works there at the same time",
                         run->dir, why);
    run->no_locks = true;
}

static int open_lock(int *fd, const gv_run *run, const char *name, gv_error *err)
{
    char *path = gv_mem_format(err, "%s/" GV_FOLDER_STAMPS "/%s.lock", run->dir, name);
    *fd = -1;
    /* nothing is ever written to a lock, so it may be a hard link */
    int status = path ? gv_file_open_lasting(fd, path, 0, err) : GV_E_MEMORY;
    gv_mem_free(path);
    return status;
}

/* Lock .stamps/NAME.lock. `*busy`: it stays locked by another process. */
static int lock(bool *busy, int *fd, gv_run *run, const char *name, enum gv_lock_kind kind,
                gv_error *err)
{
    *busy = false;
    int status = open_lock(fd, run, name, err);
    if (status != GV_OK)
        return status;
    switch (gv_lock_take(*fd, kind, true)) {
    case GV_LOCK_TAKEN:
        break;
    case GV_LOCK_NONE:
        note_no_locks(run);
        break;
    case GV_LOCK_BUSY:
        status = gv_signal_check(err);
        *busy = true;
        break;
    }
    return status;
}

/* --- the stage itself ------------------------------------------------------------------------- */

static int lock_stage(gv_run *run, gv_error *err)
{
    bool busy;
    int status =
        lock(&busy, &run->lock_fd, run, gv_config_stage_name(run->stage), GV_LOCK_ALONE, err);
    if (status != GV_OK || !busy)
        return status;
    char process[GV_LOCK_HOLDER_TEXT];
    return gv_error_set(err, GV_E_RUNTIME,
                        "another %s is running in %s%s; wait for it, or choose another --run-dir",
                        gv_config_stage_program(run->stage), run->dir,
                        gv_lock_holder_text(process, run->lock_fd));
}

/* --- inputs ----------------------------------------------------------------------------------- */

/* The stages whose outputs this one needs, directly or not. glove-eval is none of them: it reads
 * one file, as it is when it begins. */
static unsigned stages_before(const gv_run *run)
{
    if (run->stage == GV_STAGE_TRAIN)
        return gv_config_train_stages(run->config);
    return run->stage == GV_STAGE_EVAL ? 0 : (unsigned)run->stage - 1;
}

static int lock_outputs_of(gv_run *run, size_t i, enum gv_lock_kind kind, bool *busy, gv_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "%s.outputs", gv_config_stage_name(locked_stages[i]));
    return lock(busy, &run->outputs_fd[i], run, name, kind, err);
}

static int lock_inputs(gv_run *run, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < LOCKED && status == GV_OK; i++) {
        char process[GV_LOCK_HOLDER_TEXT];
        const enum gv_config_stage stage = locked_stages[i];
        bool busy = false;
        if (stage == run->stage || !(stages_before(run) & (unsigned)stage))
            continue;
        status = lock_outputs_of(run, i, GV_LOCK_SHARED, &busy, err);
        if (status == GV_OK && busy)
            status = gv_error_set(
                err, GV_E_RUNTIME,
                "%s is running in %s%s and replaces what %s needs; wait until it ends, or use "
                "another run directory",
                gv_config_stage_program(stage), run->dir,
                gv_lock_holder_text(process, run->outputs_fd[i]),
                gv_config_stage_program(run->stage));
    }
    return status;
}

int gv_run_lock_begin(gv_run *run, gv_error *err)
{
    int status = lock_stage(run, err);
    return status == GV_OK ? lock_inputs(run, err) : status;
}

/* --- outputs ---------------------------------------------------------------------------------- */

/* "glove-train is running in runs/a (process 4711)": the last of the later stages that are
 * running. */
static void name_later(gv_text *text, const gv_run *run)
{
    static const enum gv_config_stage later[] = {GV_STAGE_TRAIN, GV_STAGE_SHUFFLE,
                                                 GV_STAGE_COOCCUR};
    const char *program = "a later stage";
    char process[GV_LOCK_HOLDER_TEXT] = "";
    for (size_t i = 0; i < sizeof later / sizeof *later && later[i] > run->stage; i++) {
        char path[PATH_MAX]; /* a longer path could not be opened */
        snprintf(path, sizeof path, "%s/" GV_FOLDER_STAMPS "/%s.lock", run->dir,
                 gv_config_stage_name(later[i]));
        const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        const bool busy = fd >= 0 && gv_lock_take(fd, GV_LOCK_SHARED, false) == GV_LOCK_BUSY;
        if (busy) {
            program = gv_config_stage_program(later[i]);
            gv_lock_holder_text(process, fd);
        }
        if (fd >= 0)
            close(fd);
        if (busy)
            break;
    }
    gv_text_printf(text, "%s is running in %s%s", program, run->dir, process);
}

int gv_run_lock_outputs(gv_run *run, gv_error *err)
{
    for (size_t i = 0; i < LOCKED; i++) {
        bool busy = false;
        if (locked_stages[i] != run->stage || run->outputs_fd[i] >= 0)
            continue;
        int status = lock_outputs_of(run, i, GV_LOCK_ALONE, &busy, err);
        if (status != GV_OK || !busy)
            return status;
        gv_text who = GV_TEXT_INIT;
        name_later(&who, run);
        gv_error_set(err, GV_E_RUNTIME,
                     "%s and needs what %s would replace; wait until it ends, or use another run "
                     "directory; nothing is changed",
                     who.failed ? "a later stage is running" : who.bytes,
                     gv_config_stage_program(run->stage));
        gv_text_drop(&who);
        return GV_E_RUNTIME;
    }
    return GV_OK;
}

void gv_run_lock_end(gv_run *run)
{
    for (size_t i = 0; i < LOCKED; i++)
        if (run->outputs_fd[i] >= 0)
            close(run->outputs_fd[i]);
    if (run->lock_fd >= 0)
        close(run->lock_fd);
}

/* --- config.json ------------------------------------------------------------------------------ */

int gv_run_lock_config(int *fd, gv_run *run, gv_error *err)
{
    char process[GV_LOCK_HOLDER_TEXT];
    bool busy;
    int status = lock(&busy, fd, run, "config", GV_LOCK_ALONE, err);
    if (status == GV_OK && busy)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "another program%s is replacing %s/" GV_FILE_CONFIG "; try again",
                              gv_lock_holder_text(process, *fd), run->dir);
    return status;
}
