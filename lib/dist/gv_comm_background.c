/*
 * Long work in another thread, while the thread that owns the connection tends it.
 */
#include "base/gv_signal.h"
#include "dist/gv_comm.h"
#include <pthread.h>
#include <signal.h>
#include <time.h>

/* Between two looks at the connection: as short as the waits of gv_comm.c, for the same reasons. */
enum { PAUSE_FIRST_NS = 20000, PAUSE_LAST_NS = 1000000 };

/* Work in another thread. */
typedef struct background {
    int (*work)(void *context, gv_error *err);
    void *context;
    int status;
    gv_error error;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool done;
} background;

static void *run(void *context)
{
    background *b = context;
    b->status = b->work(b->context, &b->error);
    pthread_mutex_lock(&b->mutex);
    b->done = true;
    pthread_cond_signal(&b->ended);
    pthread_mutex_unlock(&b->mutex);
    return NULL;
}

/* Whether it has ended; waits at most `ns` nanoseconds for that, however the calendar is set. */
static bool is_done(background *b, long ns)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ns;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&b->mutex);
    if (!b->done)
        pthread_cond_clockwait(&b->ended, &b->mutex, CLOCK_MONOTONIC, &until);
    bool done = b->done;
    pthread_mutex_unlock(&b->mutex);
    return done;
}

int gv_comm_run_background(gv_comm *comm, int (*work)(void *context, gv_error *err), void *context,
                           gv_error *err)
{
    if (!comm)
        return work(context, err);
    background b = {.work = work,
                    .context = context,
                    .error = GV_ERROR_INIT,
                    .mutex = PTHREAD_MUTEX_INITIALIZER,
                    .ended = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, &b) != 0)
        return gv_error_set(err, GV_E_MEMORY, "cannot start a thread");
    int status = GV_OK;
    for (long pause = PAUSE_FIRST_NS; status == GV_OK && !is_done(&b, pause);) {
        status = gv_comm_keep_alive(comm, err);
        pause = 2 * pause < PAUSE_LAST_NS ? 2 * pause : PAUSE_LAST_NS;
    }
    if (status != GV_OK)
        gv_signal_pretend(SIGTERM); /* the work cannot be interrupted otherwise */
    pthread_join(thread, NULL);
    if (status == GV_OK && b.status != GV_OK)
        return gv_error_set(err, b.status, "%s", b.error.text);
    return status;
}
