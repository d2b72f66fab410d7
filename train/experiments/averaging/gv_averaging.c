#include "train/experiments/averaging/gv_averaging.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include <string.h>

int gv_averaging_new(gv_averaging *copies, gv_model *model, unsigned threads, gv_error *err)
{
    *copies = (gv_averaging){.model = model, .threads = threads};
    copies->copies = gv_mem_alloc_zero(threads, sizeof *copies->copies, err);
    if (!copies->copies)
        return GV_E_MEMORY;
    copies->copies[0] = model;
    int status = GV_OK;
    for (unsigned t = 1; t < threads && status == GV_OK; t++)
        status = gv_model_new(&copies->copies[t], model->vocab_size, model->dim, err);
    return status;
}

void gv_averaging_free(gv_averaging *copies)
{
    for (unsigned t = 1; copies->copies && t < copies->threads; t++)
        gv_model_free(copies->copies[t]);
    gv_mem_free(copies->copies);
    *copies = (gv_averaging){0};
}

/* The part of a matrix's floats that a thread does. */
static size_t edge(const gv_averaging *copies, unsigned thread)
{
    size_t n = copies->model->bytes / sizeof(float);
    return n / copies->threads * thread + (thread == copies->threads ? n % copies->threads : 0);
}

static int spread_part(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const gv_averaging *copies = context;
    size_t begin = edge(copies, thread), bytes = (edge(copies, thread + 1) - begin) * sizeof(float);
    for (unsigned t = 1; t < copies->threads; t++) {
        memcpy(copies->copies[t]->word + begin, copies->model->word + begin, bytes);
        memcpy(copies->copies[t]->context + begin, copies->model->context + begin, bytes);
    }
    return GV_OK;
}

/* The matrix of a copy: 0 for words, 1 for contexts. */
static float *matrix(gv_model *model, int which)
{
    return which == 0 ? model->word : model->context;
}

static int average_part(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    const gv_averaging *copies = context;
    for (int which = 0; which < 2; which++)
        for (size_t i = edge(copies, thread), end = edge(copies, thread + 1); i < end; i++) {
            double sum = 0;
            for (unsigned t = 0; t < copies->threads; t++)
                sum += (double)matrix(copies->copies[t], which)[i];
            matrix(copies->model, which)[i] = (float)(sum / copies->threads);
        }
    return GV_OK;
}

int gv_averaging_spread(const gv_averaging *copies, gv_error *err)
{
    gv_averaging shared = *copies;
    return gv_threads_run(copies->threads, spread_part, &shared, err);
}

int gv_averaging_average(const gv_averaging *copies, gv_error *err)
{
    gv_averaging shared = *copies;
    return gv_threads_run(copies->threads, average_part, &shared, err);
}
