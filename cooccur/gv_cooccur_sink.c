/*
 * Ordered output of unordered work.
 *
 * Problem: threads make rows of different tasks at once, but rows must leave in order, with bounded
 * memory and little waiting.
 * Approach: tasks are claimed in order. A thread keeps the rows of finished tasks in its buffer and
 * hands them over when their turn comes; only when its buffer is full it waits for the turn of its
 * oldest task.
 * No deadlock: the task whose turn it is belongs either to a thread that works on it, or lies
 * first in the buffer of a thread, which looks for its turn whenever it finishes a task or waits.
 * A thread never waits for a turn while it holds an earlier task.
 */
#include "cooccur/gv_cooccur_internal.h"

#include <string.h>

void gv_cooccur_sink_init(gv_cooccur_sink *sink, uint32_t tasks, gv_cooccur_sink_write *write,
                          void *context)
{
    *sink = (gv_cooccur_sink){.tasks = tasks, .write = write, .context = context};
    pthread_mutex_init(&sink->mutex, NULL);
    pthread_cond_init(&sink->turn, NULL);
}

void gv_cooccur_sink_clear(gv_cooccur_sink *sink)
{
    pthread_cond_destroy(&sink->turn);
    pthread_mutex_destroy(&sink->mutex);
}

bool gv_cooccur_sink_claim(gv_cooccur_sink *sink, uint32_t *task)
{
    pthread_mutex_lock(&sink->mutex);
    bool failed = sink->failed;
    pthread_mutex_unlock(&sink->mutex);
    *task = atomic_fetch_add(&sink->claimed, 1);
    return !failed && *task < sink->tasks;
}

void gv_cooccur_sink_fail(gv_cooccur_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->failed = true;
    pthread_cond_broadcast(&sink->turn);
    pthread_mutex_unlock(&sink->mutex);
}

enum turn { TURN_MINE, TURN_LATER, TURN_NEVER };

static enum turn take_turn(gv_cooccur_sink *sink, uint32_t task, bool wait)
{
    pthread_mutex_lock(&sink->mutex);
    while (wait && !sink->failed && sink->next != task)
        pthread_cond_wait(&sink->turn, &sink->mutex);
    enum turn turn = sink->failed ? TURN_NEVER : sink->next == task ? TURN_MINE : TURN_LATER;
    pthread_mutex_unlock(&sink->mutex);
    return turn;
}

static void pass_turn(gv_cooccur_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->next++;
    pthread_cond_broadcast(&sink->turn);
    pthread_mutex_unlock(&sink->mutex);
}

/* Forget the first `bytes` of the buffer and the first `tasks` held tasks. */
static void drop_front(gv_cooccur_worker *worker, size_t bytes, unsigned tasks)
{
    worker->used -= bytes;
    if (worker->used > 0 && bytes > 0)
        memmove(worker->out, worker->out + bytes, worker->used);
    worker->held_count -= tasks;
    for (unsigned i = 0; i < worker->held_count; i++) {
        worker->held[i] = worker->held[i + tasks];
        worker->held[i].end -= bytes;
    }
}

/* Hand over the finished tasks, in order; without `wait` only as far as it is their turn. After a
 * failure elsewhere it returns GV_OK and drops them: that thread reports. */
static int hand_over(gv_cooccur_worker *worker, gv_cooccur_sink *sink, bool wait, gv_error *err)
{
    size_t done = 0;
    unsigned i;
    int status = GV_OK;
    for (i = 0; i < worker->held_count && status == GV_OK; i++) {
        enum turn turn = take_turn(sink, worker->held[i].task, wait);
        if (turn == TURN_LATER)
            break;
        size_t bytes = worker->held[i].end - done;
        if (turn == TURN_MINE) {
            if (bytes)
                status = sink->write(sink->context, worker->held[i].task, worker->out + done, bytes,
                                     err);
            pass_turn(sink);
        }
        done += bytes;
    }
    drop_front(worker, done, i);
    return status;
}

int gv_cooccur_worker_relieve(gv_cooccur_worker *worker, gv_cooccur_sink *sink, uint32_t task,
                              gv_error *err)
{
    if (worker->used < worker->limit)
        return GV_OK;
    int status = hand_over(worker, sink, true, err);
    if (status != GV_OK || worker->used == 0)
        return status;
    if (take_turn(sink, task, true) == TURN_MINE)
        status = sink->write(sink->context, task, worker->out, worker->used, err);
    worker->used = 0;
    return status;
}

int gv_cooccur_worker_finish_task(gv_cooccur_worker *worker, gv_cooccur_sink *sink, uint32_t task,
                                  gv_error *err)
{
    worker->held[worker->held_count].task = task;
    worker->held[worker->held_count].end = worker->used;
    worker->held_count++;
    bool full = worker->used >= worker->limit || worker->held_count == GV_WORKER_HELD;
    return hand_over(worker, sink, full, err);
}

int gv_cooccur_worker_finish(gv_cooccur_worker *worker, gv_cooccur_sink *sink, gv_error *err)
{
    return hand_over(worker, sink, true, err);
}
