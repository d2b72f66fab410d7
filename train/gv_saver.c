/*
 * At most one checkpoint is on its way to the disk, committed by a thread that lives as long as the
 * commit.
 *
 * Order of commits: first the file that the checkpoint needs, then the checkpoint. A commit syncs
 * and renames, so whenever the machine stops, the checkpoint in the run directory has the file that
 * it needs. A failed commit is reported by the next call that waits for it.
 */
#include "train/gv_saver.h"

#include "base/gv_clock.h"
#include "base/gv_file_writer.h"
#include "base/gv_test_hook.h"

/* Half of the promised minute, so that a slow disk still leaves the promise true. */
static const double interval_s = 30;
static const double least_share =
    10; /* least time between saves, as a multiple of what a save takes */

void gv_saver_init(gv_saver *saver, const char *path)
{
    *saver = (gv_saver){.path = path, .last_s = gv_clock_wall_seconds()};
}

static void *commit(void *context)
{
    gv_saver *saver = context;
    saver->status = saver->needed ? gv_file_writer_commit(&saver->needed, &saver->error) : GV_OK;
    if (saver->status == GV_OK)
        saver->status = gv_file_writer_commit(&saver->out, &saver->error);
    else
        /* without its file the new checkpoint could not be resumed from: the one before stays */
        gv_file_writer_abort(&saver->out);
    if (saver->status == GV_OK)
        gv_test_hook(GV_TEST_HOOK_CHECKPOINT);
    return NULL;
}

int gv_saver_wait(gv_saver *saver, gv_error *err)
{
    if (saver->running)
        pthread_join(saver->thread, NULL);
    saver->running = false;
    int status = saver->status;
    /* the caller may be ending with an error of its own: it came first, and stays */
    if (status != GV_OK && err && err->code == GV_OK)
        *err = saver->error;
    saver->status = GV_OK;
    saver->error = (gv_error)GV_ERROR_INIT;
    return status;
}

int gv_saver_await(void *saver, gv_error *err)
{
    return gv_saver_wait(saver, err);
}

int gv_saver_end(gv_saver *saver, gv_error *err)
{
    int status = gv_saver_wait(saver, err);
    gv_file_writer_abort(&saver->needed);
    return status;
}

int gv_saver_need(gv_saver *saver, gv_file_writer **out, gv_error *err)
{
    int status = gv_saver_wait(saver, err);
    /* one waits already: it goes to the disk now, so that files get there in the order they came */
    if (status == GV_OK && saver->needed)
        status = gv_file_writer_commit(&saver->needed, err);
    if (status != GV_OK) {
        gv_file_writer_abort(out);
        return status;
    }
    saver->needed = *out;
    *out = NULL;
    return GV_OK;
}

static int start(gv_saver *saver, gv_error *err)
{
    saver->running = pthread_create(&saver->thread, NULL, commit, saver) == 0;
    if (saver->running)
        return GV_OK;
    /* no thread could be started: this time the training waits for the disk */
    commit(saver);
    return gv_saver_wait(saver, err);
}

int gv_saver_save(gv_saver *saver, const gv_checkpoint *state,
                  const gv_checkpoint_matrix matrices[2], gv_error *err)
{
    double begin = gv_clock_wall_seconds();
    int status = gv_saver_wait(saver, err);
    if (status == GV_OK)
        status = gv_checkpoint_begin(&saver->out, saver->path, state, matrices, err);
    if (status != GV_OK)
        return status;
    status = start(saver, err);
    /* a pause is what the training waited for: the copy, and the commit before if it was slow */
    saver->last_s = gv_clock_wall_seconds();
    saver->pause_s = saver->last_s - begin;
    return status;
}

bool gv_saver_due(const gv_saver *saver)
{
    double wait = least_share * saver->pause_s;
    return gv_clock_wall_seconds() - saver->last_s > (wait > interval_s ? wait : interval_s);
}
