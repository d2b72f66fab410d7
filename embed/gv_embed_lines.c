#include "embed/gv_embed_lines.h"

#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <pthread.h>
#include <signal.h>

typedef struct lines {
    const gv_embed_lines_job *job;
    pthread_mutex_t reading; /* guards the input */
    bool at_end;             /* guarded by `reading` */
    pthread_mutex_t lock;    /* guards all below */
    pthread_cond_t turned;
    uint64_t turn; /* the block that may be committed */
    bool failed, pretended;
} lines;

#define NO_BLOCK UINT64_MAX

/* Read the next block, and while it stays open, its pieces. Whoever has an open block keeps the
 * input. */
static int read_and_work(lines *l, void *worker, gv_embed_input_block *block, bool *more,
                         gv_error *err)
{
    const gv_embed_lines_job *job = l->job;
    size_t rest = 0;
    *more = false;
    pthread_mutex_lock(&l->reading);
    int status = l->at_end ? GV_OK : gv_signal_check(err);
    if (status == GV_OK && !l->at_end)
        status = gv_embed_input_next(job->input, block, more, err);
    l->at_end |= status != GV_OK || !*more;
    if (status != GV_OK || !*more || !block->open) {
        pthread_mutex_unlock(&l->reading);
        if (status == GV_OK && *more) {
            gv_progress_add(job->progress, block->used);
            status = job->piece(worker, block, true, &rest, err);
        }
        return status;
    }
    bool first = true, open = true;
    while (status == GV_OK && open) {
        gv_progress_add(job->progress, block->used - rest);
        open = block->open;
        status = job->piece(worker, block, first, &rest, err);
        first = false;
        if (status == GV_OK && open)
            status = gv_signal_check(err);
        if (status == GV_OK && open)
            status = gv_embed_input_go_on(job->input, block, rest, err);
    }
    l->at_end |= status != GV_OK;
    pthread_mutex_unlock(&l->reading);
    return status;
}

/* Wait until it is the turn of block `sequence` (NO_BLOCK: any time); false: an earlier one has
 * failed. */
static bool wait_for_turn(lines *l, uint64_t sequence)
{
    pthread_mutex_lock(&l->lock);
    while (sequence != NO_BLOCK && l->turn != sequence && !l->failed)
        pthread_cond_wait(&l->turned, &l->lock);
    const bool may = !l->failed;
    pthread_mutex_unlock(&l->lock);
    return may;
}

/* Work is over for all after a failure. Threads that wait for input wake up as if a signal had
 * come. */
static void end_turn(lines *l, int status)
{
    pthread_mutex_lock(&l->lock);
    l->turn++;
    l->failed |= status != GV_OK;
    if (status != GV_OK && gv_signal_pending() == 0) {
        gv_signal_pretend(SIGTERM);
        l->pretended = true;
    }
    pthread_cond_broadcast(&l->turned);
    pthread_mutex_unlock(&l->lock);
}

/* One block, from reading to commit; false at `*go_on`: there is nothing more to do. */
static int do_block(lines *l, void *worker, gv_embed_input_block *block, bool *go_on, gv_error *err)
{
    bool more = false;
    *go_on = false;
    block->sequence = NO_BLOCK;
    int status = read_and_work(l, worker, block, &more, err);
    if (block->sequence == NO_BLOCK && status == GV_OK)
        return GV_OK; /* another thread has seen the end */
    if (!wait_for_turn(l, block->sequence))
        return GV_OK;
    if (status == GV_OK && more)
        status = l->job->commit(worker, block, err);
    end_turn(l, status);
    *go_on = status == GV_OK && more;
    return status;
}

static int work(lines *l, void *worker, gv_embed_input_block *block, gv_error *err)
{
    bool go_on = true;
    int status = GV_OK;
    while (status == GV_OK && go_on) {
        gv_error cause = GV_ERROR_INIT; /* that of a thread that another one's failure has ended is
                                           dropped */
        status = do_block(l, worker, block, &go_on, &cause);
        if (status != GV_OK)
            gv_error_set(err, status, "%s", cause.text);
    }
    return status;
}

static int run_thread(void *context, unsigned thread, gv_error *err)
{
    lines *l = context;
    gv_embed_input_block block;
    (void)thread;
    int status = gv_embed_input_block_init(&block, err);
    void *worker = status == GV_OK ? l->job->open(l->job->context, err) : NULL;
    if (worker)
        status = work(l, worker, &block, err);
    else
        status = GV_E_MEMORY;
    if (status != GV_OK)
        end_turn(l, status);
    l->job->close(worker);
    gv_embed_input_block_clear(&block);
    return status;
}

int gv_embed_lines_run(const gv_embed_lines_job *job, gv_error *err)
{
    lines l = {.job = job};
    pthread_mutex_init(&l.reading, NULL);
    pthread_mutex_init(&l.lock, NULL);
    pthread_cond_init(&l.turned, NULL);
    int status = gv_threads_run(job->threads, run_thread, &l, err);
    if (l.pretended)
        gv_signal_pretend(0);
    pthread_cond_destroy(&l.turned);
    pthread_mutex_destroy(&l.lock);
    pthread_mutex_destroy(&l.reading);
    return status;
}
