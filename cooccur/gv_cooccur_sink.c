/*
 * The order of output is a counter, `next`. Claims are an atomic number of their own, since they
 * are made all the time and need no order with the writing; the mutex guards `next` and `failed`,
 * on which threads wait.
 */
#include "cooccur/gv_cooccur_sink.h"

void gv_cooccur_sink_init(gv_cooccur_sink *sink, uint32_t bands, gv_cooccur_sink_write *write,
                          void *context)
{
    *sink = (gv_cooccur_sink){.bands = bands, .write = write, .context = context};
    pthread_mutex_init(&sink->mutex, NULL);
    pthread_cond_init(&sink->changed, NULL);
}

void gv_cooccur_sink_clear(gv_cooccur_sink *sink)
{
    pthread_cond_destroy(&sink->changed);
    pthread_mutex_destroy(&sink->mutex);
}

bool gv_cooccur_sink_claim(gv_cooccur_sink *sink, uint32_t *band)
{
    pthread_mutex_lock(&sink->mutex);
    bool failed = sink->failed;
    pthread_mutex_unlock(&sink->mutex);
    *band = atomic_fetch_add(&sink->claimed, 1);
    return !failed && *band < sink->bands;
}

enum gv_cooccur_sink_state gv_cooccur_sink_state(gv_cooccur_sink *sink, uint32_t band, bool wait)
{
    pthread_mutex_lock(&sink->mutex);
    while (wait && !sink->failed && sink->next != band)
        pthread_cond_wait(&sink->changed, &sink->mutex);
    enum gv_cooccur_sink_state state = sink->failed         ? GV_COOCCUR_SINK_FAILED
                                       : sink->next == band ? GV_COOCCUR_SINK_NEXT
                                                            : GV_COOCCUR_SINK_LATER;
    pthread_mutex_unlock(&sink->mutex);
    return state;
}

void gv_cooccur_sink_advance(gv_cooccur_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->next++;
    /* all that wait are woken, as they wait for different bands */
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
