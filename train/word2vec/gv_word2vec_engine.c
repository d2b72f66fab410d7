#include "train/word2vec/gv_word2vec_engine.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "train/word2vec/gv_word2vec_loss.h"
#include <stdatomic.h>
#include <stdlib.h>

typedef struct worker {
    _Alignas(64) gv_word2vec_chunk_worker *chunks;
    gv_word2vec_chunk_sums sums; /* of this work range */
} worker;

typedef struct word2vec_engine {
    gv_word2vec_engine_inputs in;
    worker *workers;           /* [threads] */
    uint64_t pause_after;      /* chunks of a work range */
    uint64_t first;            /* chunk that the work range begins with */
    atomic_uint_fast64_t next; /* chunk */
    atomic_bool stop;
} word2vec_engine;

/* --- a work range ----------------------------------------------------------------------------- */

/* The clock is read by one thread only. */
static bool time_to_stop(word2vec_engine *e, unsigned thread, uint64_t chunk)
{
    if (gv_signal_pending() || (thread == 0 && gv_saver_due(e->in.saver)) ||
        chunk - e->first >= e->pause_after)
        atomic_store_explicit(&e->stop, true, memory_order_relaxed);
    return atomic_load_explicit(&e->stop, memory_order_relaxed);
}

/* A claimed chunk is always done, so that the chunks done are a beginning. */
static int work(void *context, unsigned thread, gv_error *err)
{
    word2vec_engine *e = context;
    worker *w = &e->workers[thread];
    int status = GV_OK;
    while (status == GV_OK && !time_to_stop(e, thread, atomic_load(&e->next))) {
        uint64_t chunk = atomic_fetch_add(&e->next, 1), before = w->sums.words;
        if (chunk >= e->in.state->tasks)
            break;
        status = gv_word2vec_chunk_train(w->chunks, e->in.text, e->in.state->epoch, chunk, &w->sums,
                                         err);
        gv_progress_add(e->in.progress, w->sums.words - before);
    }
    if (status != GV_OK)
        atomic_store(&e->stop, true);
    return status;
}

/* The first thread goes on with the epoch's loss instead of beginning a sum of its own: so with one
 * thread the sum has the same bits wherever an epoch is interrupted. */
static void resume_loss(word2vec_engine *e)
{
    e->workers[0].sums.loss = e->in.state->losses[GV_WORD2VEC_ENGINE_LOSS];
}

/* Add up what the threads have done. */
static void collect(word2vec_engine *e, gv_engine_result *result)
{
    gv_checkpoint *state = e->in.state;
    state->losses[GV_WORD2VEC_ENGINE_LOSS] = 0; /* the first thread's sum holds it */
    for (unsigned t = 0; t < e->in.threads; t++) {
        gv_word2vec_chunk_sums *sums = &e->workers[t].sums;
        state->losses[GV_WORD2VEC_ENGINE_LOSS] += sums->loss;
        state->losses[GV_WORD2VEC_ENGINE_JUDGED] += (double)sums->judged;
        state->losses[GV_WORD2VEC_ENGINE_PAIRS] += (double)sums->pairs;
        state->records += sums->words;
        result->records += sums->words;
        *sums = (gv_word2vec_chunk_sums){0};
    }
}

/* Of the epoch so far. */
static double mean_loss(const gv_checkpoint *state)
{
    double judged = state->losses[GV_WORD2VEC_ENGINE_JUDGED];
    return judged > 0 ? state->losses[GV_WORD2VEC_ENGINE_LOSS] / judged : 0;
}

/* No loss is in the result: it is looked at here. */
static int run_range(void *context, gv_engine_result *result, gv_error *err)
{
    word2vec_engine *e = context;
    gv_checkpoint *state = e->in.state;
    double cpu_s = gv_clock_cpu_seconds();
    *result = (gv_engine_result){0};
    e->first = state->tasks_done;
    atomic_store(&e->next, state->tasks_done);
    atomic_store(&e->stop, false);
    resume_loss(e);
    int status = gv_threads_run(e->in.threads, work, e, err);
    if (status != GV_OK)
        return status;
    /* each thread that found no chunk left has moved `next` beyond the end */
    uint64_t next = atomic_load(&e->next);
    state->tasks_done = next < state->tasks ? next : state->tasks;
    state->done[0] = (uint32_t)state->tasks_done;
    collect(e, result);
    result->tasks = state->tasks_done - e->first;
    result->usage.cpu_s = gv_clock_cpu_seconds() - cpu_s;
    return gv_word2vec_loss_check(e->in.text->source.config, state->epoch, mean_loss(state),
                                  state->losses[GV_WORD2VEC_ENGINE_PAIRS], err);
}

static int end_epoch(void *context, gv_engine_epoch *epoch, gv_error *err)
{
    (void)err;
    const gv_checkpoint *state = ((word2vec_engine *)context)->in.state;
    *epoch = (gv_engine_epoch){.loss = mean_loss(state),
                               .pairs = (uint64_t)state->losses[GV_WORD2VEC_ENGINE_PAIRS]};
    return GV_OK;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void free_engine(void *context)
{
    word2vec_engine *e = context;
    for (unsigned t = 0; e->workers && t < e->in.threads; t++)
        gv_word2vec_chunk_worker_free(e->workers[t].chunks);
    if (e->workers)
        gv_mem_big_free(e->workers, e->in.threads * sizeof *e->workers);
    gv_mem_free(e);
}

static int make_workers(word2vec_engine *e, gv_error *err)
{
    e->workers = gv_mem_big_alloc(e->in.threads * sizeof *e->workers, err);
    int status = e->workers ? GV_OK : GV_E_MEMORY;
    for (unsigned t = 0; t < e->in.threads && status == GV_OK; t++)
        status = gv_word2vec_chunk_worker_new(&e->workers[t].chunks, e->in.text, err);
    return status;
}

int gv_word2vec_engine_open(gv_engine *engine, const gv_word2vec_engine_inputs *inputs,
                            gv_error *err)
{
    word2vec_engine *e = gv_mem_alloc_zero(1, sizeof *e, err);
    if (!e)
        return GV_E_MEMORY;
    e->in = *inputs;
    e->pause_after = gv_engine_pause_after();
    int status = make_workers(e, err);
    if (status != GV_OK) {
        free_engine(e);
        return status;
    }
    *engine = (gv_engine){.context = e,
                          .epoch_context = e,
                          /* chunks come in the order of the text */
                          .begin_epoch = gv_engine_begin_nothing,
                          .run_range = run_range,
                          .end_epoch = end_epoch,
                          .gather = gv_engine_gather_nothing,
                          .describe = gv_engine_describe_nothing,
                          .free = free_engine};
    return GV_OK;
}
