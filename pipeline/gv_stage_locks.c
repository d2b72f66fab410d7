#include "pipeline/gv_stage_locks.h"

#include "base/gv_lock.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { UNKNOWN = -2 }; /* the file system has no locks */

const enum gv_config_stage gv_stage_locks_order[GV_STAGE_LOCKS] = {
    GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE, GV_STAGE_TRAIN, GV_STAGE_EVAL};

static int busy(int lock, enum gv_config_stage stage, const char *dir, const char *advice,
                gv_error *err)
{
    char process[GV_LOCK_HOLDER_TEXT];
    return gv_error_set(err, GV_E_RUNTIME, "%s is running in %s%s; %s",
                        gv_config_stage_program(stage), dir, gv_lock_holder_text(process, lock),
                        advice);
}

int gv_stage_locks_take(int locks[GV_STAGE_LOCKS], int stamps_fd, bool patient, const char *dir,
                        const char *advice, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < GV_STAGE_LOCKS; i++)
        locks[i] = -1;
    for (size_t i = 0; i < GV_STAGE_LOCKS && status == GV_OK; i++) {
        const enum gv_config_stage stage = gv_stage_locks_order[i];
        char name[32];
        snprintf(name, sizeof name, "%s.lock", gv_config_stage_name(stage));
        locks[i] = openat(stamps_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        const enum gv_lock_result result =
            locks[i] >= 0 ? gv_lock_take(locks[i], GV_LOCK_ALONE, patient) : GV_LOCK_TAKEN;
        if (result == GV_LOCK_BUSY)
            status = busy(locks[i], stage, dir, advice, err);
        if (result == GV_LOCK_NONE) {
            close(locks[i]);
            locks[i] = UNKNOWN;
        }
    }
    return status;
}

bool gv_stage_locks_unknown(const int locks[GV_STAGE_LOCKS])
{
    bool unknown = false;
    for (size_t i = 0; i < GV_STAGE_LOCKS; i++)
        unknown |= locks[i] == UNKNOWN;
    return unknown;
}

void gv_stage_locks_release(int locks[GV_STAGE_LOCKS])
{
    for (size_t i = 0; i < GV_STAGE_LOCKS; i++)
        if (locks[i] >= 0)
            close(locks[i]);
}
