/* A fit from end to end; its parts are in gv_subword_fit_solve.c and gv_subword_fit_mix.c. */
#include "subword/gv_subword_fit.h"

#include "base/gv_mem.h"
#include "subword/gv_subword_fit_internal.h"
#include <math.h>
#include <string.h>

enum { PROBES = 32 };
static const double usual_count = 50; /* a word that occurs so often weighs a half */

/* --- the vectors ------------------------------------------------------------------------------ */

static double length_of(const float *vector, size_t dim)
{
    double sum = 0;
    for (size_t k = 0; k < dim; k++)
        sum += (double)vector[k] * (double)vector[k];
    return sqrt(sum);
}

/* A vocabulary by hand may have no counts. */
static void look_at_counts(gv_subword_fit_work *w)
{
    const bool known = gv_vocab_total(w->input->vocab) > 0;
    for (size_t i = 0; i < w->words; i++)
        w->count[i] = known ? gv_vocab_count(w->input->vocab, (uint32_t)i) : UINT64_MAX;
}

/* Lengths, weights, and the mean of all directions. */
static int look_at_vectors(gv_subword_fit_work *w, gv_error *err)
{
    double *sum = gv_mem_alloc_zero(w->dim, sizeof *sum, err);
    if (!sum)
        return GV_E_MEMORY;
    size_t used = 0;
    double lengths = 0;
    for (size_t i = 0; i < w->words; i++) {
        const float *vector = w->input->vectors + i * w->dim;
        double length = length_of(vector, w->dim);
        const float scale = isfinite(length) && length > 0 ? (float)(1 / length) : 0;
        if (!isfinite(scale) || scale == 0)
            continue;
        w->scale[i] = scale;
        w->weight[i] = (float)((double)w->count[i] / ((double)w->count[i] + usual_count));
        for (size_t k = 0; k < w->dim; k++)
            sum[k] += (double)(scale * vector[k]);
        lengths += length;
        used++;
    }
    for (size_t k = 0; k < w->dim; k++)
        w->mean[k] = used > 0 ? (float)(sum[k] / (double)used) : 0;
    w->length = used > 0 ? lengths / (double)used : 0;
    gv_mem_free(sum);
    return GV_OK;
}

/* --- the parts -------------------------------------------------------------------------------- */

/* The first words, and more and more rarely later ones, so that there are some of them among any
 * number of first words; `at` ([PROBES]) receives their numbers, ascending. */
static size_t choose_probes(size_t at[PROBES], size_t words)
{
    size_t n = 1;
    at[0] = 0;
    for (size_t step = 2; n < PROBES - 1 && step - 1 < words; step *= 2)
        at[n++] = step - 1;
    if (at[n - 1] != words - 1)
        at[n++] = words - 1;
    return n;
}

static int take_probes(const gv_subword_fit_work *w, gv_error *err)
{
    size_t at[PROBES];
    gv_subword_fit *fit = w->fit;
    const size_t n = choose_probes(at, w->words);
    fit->probe_word = gv_mem_alloc(n, sizeof *fit->probe_word, err);
    fit->probe_vector = gv_mem_alloc(n * w->dim, sizeof *fit->probe_vector, err);
    if (!fit->probe_word || !fit->probe_vector)
        return GV_E_MEMORY;
    for (size_t i = 0; i < n; i++) {
        fit->probe_word[i] = gv_vocab_word(w->input->vocab, (uint32_t)at[i]);
        memcpy(fit->probe_vector + i * w->dim, w->input->vectors + at[i] * w->dim,
               w->dim * sizeof(float));
    }
    fit->parts = (gv_subwords_parts){.settings = w->input->settings,
                                     .dim = w->dim,
                                     .count = fit->index.ngrams,
                                     .text = fit->index.text,
                                     .end = fit->index.end,
                                     .row = fit->row,
                                     .offset = fit->offset,
                                     .probes = n,
                                     .probe_word = fit->probe_word,
                                     .probe_vector = fit->probe_vector,
                                     .metadata = w->input->metadata};
    return GV_OK;
}

static int allocate(gv_subword_fit_work *w, gv_error *err)
{
    gv_subword_fit *fit = w->fit;
    fit->row_bytes = (fit->index.ngrams * w->dim + 1) * sizeof *fit->row;
    w->count = gv_mem_alloc(w->words, sizeof *w->count, err);
    w->scale = gv_mem_alloc_zero(w->words, sizeof *w->scale, err);
    w->weight = gv_mem_alloc_zero(w->words, sizeof *w->weight, err);
    w->mean = gv_mem_alloc(w->dim, sizeof *w->mean, err);
    fit->offset = gv_mem_alloc(w->dim, sizeof *fit->offset, err);
    fit->row = gv_mem_big_alloc(fit->row_bytes, err);
    return w->count && w->scale && w->weight && w->mean && fit->offset && fit->row ? GV_OK
                                                                                   : GV_E_MEMORY;
}

static void drop(gv_subword_fit_work *w)
{
    gv_mem_free(w->count);
    gv_mem_free(w->scale);
    gv_mem_free(w->weight);
    gv_mem_free(w->mean);
    gv_mem_free(w->agreement);
    gv_mem_free(w->reliability);
    gv_mem_free(w->steps);
    gv_mem_free(w->residual);
}

int gv_subword_fit_run(gv_subword_fit *fit, const gv_subword_fit_input *input, gv_error *err)
{
    gv_subword_fit_work w = {
        .input = input, .fit = fit, .words = gv_vocab_size(input->vocab), .dim = input->dim};
    *fit = (gv_subword_fit){0};
    int status = gv_subword_index_make(&fit->index, input->vocab, &input->settings, err);
    if (status == GV_OK)
        status = allocate(&w, err);
    if (status == GV_OK) {
        look_at_counts(&w);
        status = look_at_vectors(&w, err);
    }
    if (status == GV_OK)
        status = gv_subword_fit_solve(&w, err);
    if (status == GV_OK) {
        for (size_t k = 0; k < w.dim; k++)
            fit->offset[k] = (float)w.length * w.mean[k];
        status = gv_subword_fit_mix(&w, err);
    }
    if (status == GV_OK)
        status = take_probes(&w, err);
    fit->report.ngrams = fit->index.ngrams;
    fit->report.entries = fit->index.entries;
    drop(&w);
    return status;
}

void gv_subword_fit_clear(gv_subword_fit *fit)
{
    gv_subword_index_clear(&fit->index);
    gv_mem_big_free(fit->row, fit->row_bytes);
    gv_mem_free(fit->offset);
    gv_mem_free(fit->probe_word);
    gv_mem_free(fit->probe_vector);
    *fit = (gv_subword_fit){0};
}

/* --- memory ----------------------------------------------------------------------------------- */

uint64_t gv_subword_fit_bytes(const gv_subword_fit_sizes *s, unsigned threads)
{
    const gv_subword_index index = {.words = s->words, .ngrams = s->ngrams};
    /* the index: where a word's entries begin, and how many n-grams it has; where an n-gram's text
     * and its entries begin; the entries, by rows and by columns */
    const uint64_t indexed = s->words * (sizeof(size_t) + sizeof(uint32_t)) +
                             s->ngrams * (sizeof(size_t) + sizeof(uint32_t)) +
                             s->entries * 2 * sizeof(uint32_t) + s->text;
    /* of each word its count, scale, weight, cosine, reliability and agreement; rows and
     * reliability of n-grams */
    const uint64_t fitted = s->words * 9 * sizeof(float) + s->ngrams * (s->dim + 1) * sizeof(float);
    const uint64_t tasks = gv_subword_fit_blocks(s->dim) + GV_SUBWORD_FIT_FOLDS;
    const uint64_t at_once = threads < tasks ? threads : tasks;
    const uint64_t thread = gv_subword_solve_scratch_bytes(&index) + s->words * sizeof(float);
    const uint64_t solving = indexed + fitted + at_once * thread;
    return solving > s->counting ? solving : s->counting;
}

gv_subword_fit_sizes gv_subword_fit_sizes_of(const gv_subword_index *index, size_t dim)
{
    return (gv_subword_fit_sizes){.words = index->words,
                                  .ngrams = index->ngrams,
                                  .entries = index->entries,
                                  .text = index->ngrams > 0 ? index->end[index->ngrams - 1] : 0,
                                  .counting = index->counting_bytes,
                                  .dim = dim};
}

double gv_subword_fit_steps(size_t dim, double shrink)
{
    return (double)(gv_subword_fit_blocks(dim) * GV_SUBWORD_FIT_STEPS +
                    (shrink > 0 ? GV_SUBWORD_FIT_FOLDS * GV_SUBWORD_FIT_JUDGE_STEPS : 0));
}

int gv_subword_fit_measure(gv_subword_fit_sizes *sizes, const gv_vocab *vocab,
                           const gv_subwords_settings *settings, size_t dim, gv_error *err)
{
    gv_subword_index index;
    int status = gv_subword_index_make(&index, vocab, settings, err);
    if (status == GV_OK)
        *sizes = gv_subword_fit_sizes_of(&index, dim);
    gv_subword_index_clear(&index);
    return status;
}
