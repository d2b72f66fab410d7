/* How far the n-grams are believed, and the mix. */
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "subword/gv_subword_fit_internal.h"
#include "subword/gv_subword_mix.h"
#include <math.h>
#include <string.h>

enum { CHUNK = 1024 /* words that a thread mixes at a time */ };

/* The cosine of each word with what was predicted. */
static void find_cosines(const gv_subword_fit_work *w, float *cosine)
{
    for (size_t i = 0; i < w->words; i++) {
        const float *sum = w->agreement + i * 3;
        double lengths = sqrt((double)sum[1] * (double)sum[2]);
        cosine[i] = lengths > 0 ? (float)((double)sum[0] / lengths) : NAN;
    }
}

static int judge(gv_subword_fit_work *w, gv_error *err)
{
    float *cosine = gv_mem_alloc(w->words, sizeof *cosine, err);
    w->reliability = gv_mem_alloc(w->words, sizeof *w->reliability, err);
    int status = cosine && w->reliability ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        find_cosines(w, cosine);
        status = gv_subword_mix_reliability(w->reliability, &w->fit->index, w->count, cosine, err);
    }
    gv_mem_free(cosine);
    if (status != GV_OK)
        return status;
    double sum = 0;
    for (size_t i = 0; i < w->words; i++)
        sum += (double)w->reliability[i];
    w->fit->report.reliability = sum / (double)w->words;
    return GV_OK;
}

static void mix_word(const gv_subword_fit_work *w, size_t word, float *predicted)
{
    const gv_subword_index *index = &w->fit->index;
    const size_t first = index->row_first[word], end = index->row_first[word + 1];
    if (first == end || w->scale[word] == 0)
        return;
    /* as gv_subwords_vector does it */
    memset(predicted, 0, w->dim * sizeof *predicted);
    for (size_t at = first; at < end; at++) {
        const float *row = w->fit->row + (size_t)index->row[at] * w->dim;
        for (size_t k = 0; k < w->dim; k++)
            predicted[k] += row[k];
    }
    const float part = 1.0f / (float)index->all[word];
    for (size_t k = 0; k < w->dim; k++)
        predicted[k] = w->fit->offset[k] + predicted[k] * part;
    const double share = gv_subword_mix_share(w->input->settings.shrink, w->count[word],
                                              (double)w->reliability[word]);
    /* predicted is in the usual length; the word keeps its own */
    gv_subword_mix_into(w->input->vectors + word * w->dim, predicted, w->dim, share,
                        1 / ((double)w->scale[word] * w->length));
}

/* A gv_threads_fn. */
static int mix_words(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    gv_subword_fit_work *w = context;
    float *predicted = gv_mem_alloc(w->dim, sizeof *predicted, err);
    if (!predicted)
        return GV_E_MEMORY;
    for (size_t at; (at = atomic_fetch_add(&w->next, CHUNK)) < w->words;)
        for (size_t i = at; i < at + CHUNK && i < w->words; i++)
            mix_word(w, i, predicted);
    gv_mem_free(predicted);
    return GV_OK;
}

int gv_subword_fit_mix(gv_subword_fit_work *w, gv_error *err)
{
    if (w->input->settings.shrink <= 0 || w->length <= 0)
        return GV_OK;
    int status = judge(w, err);
    if (status != GV_OK)
        return status;
    const size_t chunks = (w->words + CHUNK - 1) / CHUNK;
    const unsigned most = w->input->threads;
    atomic_store(&w->next, 0);
    return gv_threads_run(chunks < most ? (unsigned)chunks : most, mix_words, w, err);
}
