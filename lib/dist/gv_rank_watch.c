#include "dist/gv_rank_watch.h"

#include "base/gv_clock.h"
#include "dist/gv_local_ranks.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const long tick_ns = 100000000;
static const double tick_longest_s = 0.5; /* more: this process was stopped meanwhile */
static const double others_s = 5;         /* for a lower rank to print the line and end the job */

static struct {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool running, done;
    enum gv_rank_watch_phase phase;
    const char *program;
    double deadline_s;
    int code;
} watch = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

static void tell(const gv_local_ranks *found)
{
    bool start = watch.phase == GV_RANK_WATCH_START;
    char who[128] = "a rank is stopped, or its host or the network hangs";
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    if (found->stopped >= 0)
        snprintf(who, sizeof who, "rank %d on host %s (process %d) is stopped", found->stopped,
                 host, found->stopped_process);
    fprintf(stderr, "%s: error: the job did not %s within %g s (mpi.deadline_s): %s%s\n",
            watch.program, start ? "start" : "end", watch.deadline_s, who,
            start || watch.code != 0 ? "" : "; its work is done and saved");
}

/* Whether to give up after `waited` seconds. */
static bool is_over(double waited, gv_local_ranks *found)
{
    if (waited <= watch.deadline_s)
        return false;
    gv_local_ranks_look(found);
    double limit = watch.deadline_s + (found->stopped >= 0 ? 0 : GV_RANK_WATCH_SLACK_S);
    /* one rank is to print the line: the lowest of this machine that can, which ends the others */
    bool first = found->lowest < 0 || found->lowest == found->own;
    return waited > limit + (first ? 0 : others_s);
}

/* Wait a tick, or until the watch has ended; returns whether it has. The mutex is locked. */
static bool wait_tick(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += tick_ns;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (!watch.done)
        pthread_cond_clockwait(&watch.ended, &watch.mutex, CLOCK_MONOTONIC, &until);
    return watch.done;
}

static void *run(void *unused)
{
    (void)unused;
    gv_local_ranks found;
    double waited = 0, before = gv_clock_wall_seconds();
    pthread_mutex_lock(&watch.mutex);
    while (!wait_tick()) {
        double now = gv_clock_wall_seconds(), tick = now - before;
        before = now;
        waited += tick < tick_longest_s ? tick : tick_longest_s;
        if (is_over(waited, &found)) {
            tell(&found);
            _exit(watch.code ? watch.code : 1);
        }
    }
    pthread_mutex_unlock(&watch.mutex);
    return NULL;
}

void gv_rank_watch_begin(enum gv_rank_watch_phase phase, const char *program, double deadline_s,
                         int code)
{
    sigset_t all, before;
    watch.phase = phase;
    watch.program = program;
    watch.deadline_s = deadline_s;
    watch.code = code;
    watch.done = false;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are the other threads' */
    watch.running = deadline_s > 0 && pthread_create(&watch.thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void gv_rank_watch_end(void)
{
    if (!watch.running)
        return;
    pthread_mutex_lock(&watch.mutex);
    watch.done = true;
    pthread_cond_signal(&watch.ended);
    pthread_mutex_unlock(&watch.mutex);
    pthread_join(watch.thread, NULL);
    watch.running = false;
}

void gv_rank_watch_leave(void)
{
    static const double patience_s = 2; /* for the watch to act first */
    const struct timespec pause = {.tv_nsec = 5000000};
    gv_local_ranks found;
    double until = gv_clock_wall_seconds() + watch.deadline_s + patience_s;
    if (!watch.running)
        return;
    gv_local_ranks_leave();
    for (;;) {
        gv_local_ranks_look(&found);
        if (found.staying == 0 || gv_clock_wall_seconds() > until)
            return;
        nanosleep(&pause, NULL);
    }
}
