#include "train/experiments/averaging/gv_averaging.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include <string.h>

typedef struct averaging {
    gv_engine inner;
    gv_training *t;
    gv_model **copies; /* [threads]; [0] is the training's model, where the mean goes */
} averaging;

/* The floats of a matrix that a thread averages: from edge(thread) to edge(thread + 1). */
static size_t edge(const averaging *a, unsigned thread)
{
    size_t n = a->t->model->bytes / sizeof(float), threads = a->t->threads;
    return n / threads * thread + (thread == threads ? n % threads : 0);
}

static int spread_part(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const averaging *a = context;
    const gv_model *model = a->t->model;
    size_t begin = edge(a, thread), bytes = (edge(a, thread + 1) - begin) * sizeof(float);
    for (unsigned t = 1; t < a->t->threads; t++) {
        memcpy(a->copies[t]->word + begin, model->word + begin, bytes);
        memcpy(a->copies[t]->context + begin, model->context + begin, bytes);
    }
    return GV_OK;
}

/* The matrix of a copy: 0 for words, 1 for contexts. */
static float *matrix(gv_model *model, int which)
{
    return which == 0 ? model->word : model->context;
}

/* Sums are taken in double, in the order of threads, so the mean has the same bits whichever thread
 * takes it. A sum of equal floats is exact in double: a number that no thread has changed stays. */
static int average_part(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const averaging *a = context;
    unsigned threads = a->t->threads;
    for (int which = 0; which < 2; which++)
        for (size_t i = edge(a, thread), end = edge(a, thread + 1); i < end; i++) {
            double sum = 0;
            for (unsigned t = 0; t < threads; t++)
                sum += (double)matrix(a->copies[t], which)[i];
            matrix(a->t->model, which)[i] = (float)(sum / threads);
        }
    return GV_OK;
}

/* --- the engine ------------------------------------------------------------------------------- */

static int run_range(void *context, gv_engine_result *result, gv_error *err)
{
    averaging *a = context;
    int status = gv_threads_run(a->t->threads, spread_part, a, err);
    if (status == GV_OK)
        status = a->inner.run_range(a->inner.context, result, err);
    return status == GV_OK ? gv_threads_run(a->t->threads, average_part, a, err) : status;
}

static void describe(void *context, gv_json_writer *fields)
{
    averaging *a = context;
    a->inner.describe(a->inner.context, fields);
}

static void free_copies(averaging *a)
{
    for (unsigned t = 1; a->copies && t < a->t->threads; t++)
        gv_model_free(a->copies[t]);
    gv_mem_free(a->copies);
    gv_mem_free(a);
}

static void free_engine(void *context)
{
    averaging *a = context;
    a->inner.free(a->inner.context);
    free_copies(a);
}

static int make_copies(averaging *a, gv_error *err)
{
    gv_training *t = a->t;
    a->copies = gv_mem_alloc_zero(t->threads, sizeof(gv_model *), err);
    if (!a->copies)
        return GV_E_MEMORY;
    a->copies[0] = t->model;
    int status = GV_OK;
    for (unsigned i = 1; i < t->threads && status == GV_OK; i++) {
        status = gv_model_new(&a->copies[i], t->model->vocab_size, t->model->dim, err);
        t->tasks.workers[i].model = a->copies[i];
    }
    return status;
}

int gv_averaging_open(gv_engine *engine, const gv_engine *inner, gv_training *training,
                      gv_error *err)
{
    averaging *a = gv_mem_alloc_zero(1, sizeof *a, err);
    if (!a)
        return GV_E_MEMORY;
    *a = (averaging){.inner = *inner, .t = training};
    int status = make_copies(a, err);
    if (status != GV_OK) {
        free_copies(a);
        return status;
    }
    training->pause = gv_training_pause_for_signal; /* how often is averaged shows in the result */
    *engine = *inner;
    engine->context = a;
    engine->run_range = run_range;
    engine->describe = describe;
    engine->free = free_engine;
    return GV_OK;
}
