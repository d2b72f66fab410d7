/*
 * The order of output is a counter, `next`; the order of claims another. The mutex guards both and
 * `failed`, on which threads wait.
 */
#include "cooccur/gv_cooccur_sink.h"

void gv_cooccur_sink_init(gv_cooccur_sink *sink, const gv_cooccur_sink_tasks *tasks,
                          gv_cooccur_sink_write *write, void *context)
{
    *sink = (gv_cooccur_sink){.tasks = *tasks, .write = write, .context = context};
    pthread_mutex_init(&sink->mutex, NULL);
    pthread_cond_init(&sink->changed, NULL);
}

void gv_cooccur_sink_clear(gv_cooccur_sink *sink)
{
    pthread_cond_destroy(&sink->changed);
    pthread_mutex_destroy(&sink->mutex);
}

bool gv_cooccur_sink_claim(gv_cooccur_sink *sink, uint32_t *task)
{
    const uint8_t *shared = sink->tasks.shared;
    pthread_mutex_lock(&sink->mutex);
    bool more = !sink->failed && sink->claimed < sink->tasks.count;
    *task = sink->claimed;
    if (more && !(shared && shared[*task]))
        sink->claimed++;
    pthread_mutex_unlock(&sink->mutex);
    return more;
}

enum gv_cooccur_sink_state gv_cooccur_sink_state(gv_cooccur_sink *sink, uint32_t task, bool wait)
{
    pthread_mutex_lock(&sink->mutex);
    while (wait && !sink->failed && sink->next != task)
        pthread_cond_wait(&sink->changed, &sink->mutex);
    enum gv_cooccur_sink_state state = sink->failed         ? GV_COOCCUR_SINK_FAILED
                                       : sink->next == task ? GV_COOCCUR_SINK_NEXT
                                                            : GV_COOCCUR_SINK_LATER;
    pthread_mutex_unlock(&sink->mutex);
    return state;
}

void gv_cooccur_sink_advance(gv_cooccur_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->next++;
    /* all that wait are woken, as they wait for different tasks */
    pthread_cond_broadcast(&sink->changed);
    pthread_mutex_unlock(&sink->mutex);
}

void gv_cooccur_sink_fail(gv_cooccur_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->failed = true;
    pthread_cond_broadcast(&sink->changed);
    pthread_mutex_unlock(&sink->mutex);
}
