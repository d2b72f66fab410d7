/*
 * The parts are a ring. Part number k uses place k mod n: it is free, then filled by `take`, then
 * done, then with the caller, then free again.
 */
#include "base/gv_ordered.h"

#include "base/gv_mem.h"
#include <pthread.h>
#include <stdint.h>

typedef struct place {
    bool done;
    int status;
    gv_error error;
} place;

struct gv_ordered {
    gv_ordered_job job;
    place *places; /* [job.n] */
    pthread_t *threads;
    unsigned started;
    pthread_mutex_t lock; /* guards what follows, and `done` of the places */
    pthread_cond_t changed;
    bool taking;    /* a thread is in `take` */
    bool over;      /* nothing more is to be taken */
    bool stop;      /* the caller closes */
    uint64_t taken; /* parts so far */
    uint64_t given; /* parts that the caller has had; the last of them is still its own */
    bool holding;
};

static place *place_of(gv_ordered *o, uint64_t number)
{
    return &o->places[number % o->job.n];
}

static void *part_of(gv_ordered *o, uint64_t number)
{
    return o->job.parts[number % o->job.n];
}

/* Take part `number` and do its work, without the lock in both. The caller holds the lock and has
 * made sure that the place is free and that nobody else takes. */
static void handle(gv_ordered *o, uint64_t number)
{
    place *at = place_of(o, number);
    bool more = false;
    at->done = false;
    at->error.code = GV_OK;
    o->taking = true;
    pthread_mutex_unlock(&o->lock);
    at->status = o->job.take(o->job.context, part_of(o, number), &more, &at->error);
    pthread_mutex_lock(&o->lock);
    o->taking = false;
    bool failed = at->status != GV_OK;
    o->over |= failed || !more;
    o->taken += failed || more;
    pthread_cond_broadcast(&o->changed);
    if (!failed && more) {
        pthread_mutex_unlock(&o->lock);
        at->status = o->job.work(o->job.context, part_of(o, number), &at->error);
        pthread_mutex_lock(&o->lock);
        o->over |= at->status != GV_OK;
    }
    at->done = true;
    pthread_cond_broadcast(&o->changed);
}

static bool may_take(const gv_ordered *o)
{
    return !o->taking && !o->over && o->taken - o->given + o->holding < o->job.n;
}

static void *run(void *context)
{
    gv_ordered *o = context;
    pthread_mutex_lock(&o->lock);
    while (!o->stop && !(o->over && !o->taking)) {
        if (may_take(o))
            handle(o, o->taken);
        else
            pthread_cond_wait(&o->changed, &o->lock);
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

static int start(gv_ordered *o, gv_error *err)
{
    if (o->job.threads <= 1)
        return GV_OK;
    o->threads = gv_mem_alloc(o->job.threads, sizeof *o->threads, err);
    if (!o->threads)
        return GV_E_MEMORY;
    while (o->started < o->job.threads &&
           pthread_create(&o->threads[o->started], NULL, run, o) == 0)
        o->started++;
    return GV_OK; /* without any thread, the caller's does the work */
}

int gv_ordered_open(gv_ordered **result, const gv_ordered_job *job, gv_error *err)
{
    *result = NULL;
    gv_ordered *o = gv_mem_alloc_zero(1, sizeof *o, err);
    if (!o)
        return GV_E_MEMORY;
    o->job = *job;
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->changed, NULL);
    int status = GV_OK;
    if (!(o->places = gv_mem_alloc_zero(job->n, sizeof *o->places, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = start(o, err);
    if (status != GV_OK) {
        gv_ordered_close(o);
        return status;
    }
    *result = o;
    return GV_OK;
}

int gv_ordered_next(gv_ordered *o, void **part, gv_error *err)
{
    *part = NULL;
    pthread_mutex_lock(&o->lock);
    o->holding = false;
    pthread_cond_broadcast(&o->changed); /* the part that the caller had is free */
    if (o->started == 0 && o->given == o->taken && !o->over)
        handle(o, o->taken);
    while (o->given == o->taken ? o->taking || !o->over : !place_of(o, o->given)->done)
        pthread_cond_wait(&o->changed, &o->lock);
    int status = GV_OK;
    if (o->given < o->taken) {
        place *at = place_of(o, o->given);
        *part = part_of(o, o->given);
        status = at->status;
        if (status != GV_OK) { /* it stays the next */
            gv_error_set(err, status, "%s", at->error.text);
        } else {
            o->given++;
            o->holding = true;
        }
    }
    pthread_mutex_unlock(&o->lock);
    return status;
}

void gv_ordered_close(gv_ordered *o)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    o->stop = true;
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
    for (unsigned i = 0; i < o->started; i++)
        pthread_join(o->threads[i], NULL);
    pthread_cond_destroy(&o->changed);
    pthread_mutex_destroy(&o->lock);
    gv_mem_free(o->threads);
    gv_mem_free(o->places);
    gv_mem_free(o);
}
