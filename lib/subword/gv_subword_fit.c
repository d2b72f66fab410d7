/*
 * The regression is a list of tasks that threads claim: LANES dimensions each. With a mix there are
 * more of them, which judge the n-grams: the words are divided into FOLDS, and those of a fold are
 * foretold from the others, in a few of the dimensions. A task's result does not depend on who does
 * it, and results are put together in the order of the tasks.
 */
#include "subword/gv_subword_fit.h"

#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "base/gv_threads.h"
#include "subword/gv_subword_mix.h"
#include "subword/gv_subword_solve.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum {
    LANES = GV_SUBWORD_SOLVE_LANES,
    FOLDS = 4,
    STEPS = 12,     /* of the regression */
    FOLD_STEPS = 5, /* of those that judge */
    JUDGED = 1,     /* tasks of each fold at most */
    PROBES = 32,
    CHUNK = 1024 /* words that a thread mixes at a time */
};
static const double usual_count = 50; /* a word that occurs so often weighs a half */

/* Dimensions that are solved at once, and the fold that is foretold; FOLDS: none. */
typedef struct task {
    size_t dimension[LANES];
    size_t n;
    unsigned fold, judged;
} task;

typedef struct work {
    const gv_subword_fit_input *input;
    gv_subword_fit *fit;
    size_t words, dim;
    uint64_t *count;  /* [words] occurrences; UINT64_MAX: not known */
    float *scale;     /* [words] 1 / length of the vector; 0: it takes no part */
    float *weight;    /* [words] */
    float *mean;      /* [dim] of the vectors of length 1 */
    double length;    /* of a vector, usually */
    float *agreement; /* [JUDGED][words][3] h.y, h.h, y.y of what is foretold, in a task's lanes */
    float *reliability; /* [words] */
    unsigned judged;    /* tasks of each fold */
    size_t tasks;
    atomic_size_t next;
    unsigned *steps;  /* [tasks] */
    double *residual; /* [tasks] */
} work;

/* --- the vectors ------------------------------------------------------------------------------ */

static double length_of(const float *vector, size_t dim)
{
    double sum = 0;
    for (size_t k = 0; k < dim; k++)
        sum += (double)vector[k] * (double)vector[k];
    return sqrt(sum);
}

/* A vocabulary by hand may have no counts. */
static void look_at_counts(work *w)
{
    const bool known = gv_vocab_total(w->input->vocab) > 0;
    for (size_t i = 0; i < w->words; i++)
        w->count[i] = known ? gv_vocab_count(w->input->vocab, (uint32_t)i) : UINT64_MAX;
}

/* Lengths, weights, and the mean of all directions. */
static int look_at_vectors(work *w, gv_error *err)
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

/* The number of a word's scaled and centred vector in a dimension. */
static float target_of(const work *w, size_t word, size_t dimension)
{
    const float scale = w->scale[word];
    return scale > 0 ? scale * w->input->vectors[word * w->dim + dimension] - w->mean[dimension]
                     : 0;
}

/* --- tasks ------------------------------------------------------------------------------------ */

static size_t blocks(size_t dim)
{
    return (dim + LANES - 1) / LANES;
}

static task task_of(const work *w, size_t number)
{
    task t = {.fold = FOLDS};
    if (number < blocks(w->dim)) {
        for (size_t k = number * LANES; k < w->dim && t.n < LANES; k++)
            t.dimension[t.n++] = k;
        return t;
    }
    number -= blocks(w->dim);
    t.fold = (unsigned)(number % FOLDS);
    t.judged = (unsigned)(number / FOLDS);
    /* dimensions from everywhere: "concat" has vectors of two kinds */
    const size_t all = (size_t)w->judged * LANES;
    for (size_t j = t.judged; j < all && t.n < LANES; j += w->judged)
        if (all <= w->dim || j < w->dim)
            t.dimension[t.n++] = all <= w->dim ? j * w->dim / all : j;
    return t;
}

static void fill_targets(const work *w, const task *t, float *target)
{
    for (size_t i = 0; i < w->words; i++, target += LANES) {
        memset(target, 0, LANES * sizeof *target);
        for (size_t k = 0; k < t->n; k++)
            target[k] = target_of(w, i, t->dimension[k]);
    }
}

static void keep_rows(work *w, const task *t, const float *z)
{
    const float length = (float)w->length;
    for (size_t g = 0; g < w->fit->index.ngrams; g++, z += LANES)
        for (size_t k = 0; k < t->n; k++)
            w->fit->row[g * w->dim + t->dimension[k]] = length * z[k];
}

/* How well the words of the fold are foretold. */
static void keep_agreement(work *w, const task *t, const float *z)
{
    for (size_t i = t->fold; i < w->words; i += FOLDS) {
        float *to = w->agreement + (t->judged * w->words + i) * 3, foretold[LANES];
        gv_subword_solve_predict(foretold, &w->fit->index, z, i);
        for (size_t k = 0; k < t->n; k++) {
            const float y = target_of(w, i, t->dimension[k]);
            to[0] += foretold[k] * y;
            to[1] += foretold[k] * foretold[k];
            to[2] += y * y;
        }
    }
}

static int do_task(work *w, size_t number, gv_subword_solve_scratch *s, float *weight,
                   gv_error *err)
{
    const task t = task_of(w, number);
    const bool judges = t.fold < FOLDS;
    fill_targets(w, &t, s->target);
    memcpy(weight, w->weight, w->words * sizeof *weight);
    for (size_t i = t.fold; judges && i < w->words; i += FOLDS)
        weight[i] = 0;
    const gv_subword_solve_problem problem = {.index = &w->fit->index,
                                              .weight = weight,
                                              .ridge = w->input->settings.ridge,
                                              .most_steps = judges ? FOLD_STEPS : STEPS};
    gv_subword_solve_result solved;
    int status = gv_subword_solve(&solved, &problem, s, err);
    if (status != GV_OK)
        return status;
    if (judges)
        keep_agreement(w, &t, s->z);
    else
        keep_rows(w, &t, s->z);
    (void)gv_test_hook(GV_TEST_HOOK_TASK);
    w->steps[number] = solved.steps;
    w->residual[number] = solved.residual;
    gv_progress_add(w->input->progress, 1);
    return GV_OK;
}

/* A gv_threads_fn. */
static int claim_tasks(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    work *w = context;
    gv_subword_solve_scratch scratch;
    int status = gv_subword_solve_scratch_init(&scratch, &w->fit->index, err);
    float *weight = status == GV_OK ? gv_mem_alloc(w->words, sizeof *weight, err) : NULL;
    if (status == GV_OK && !weight)
        status = GV_E_MEMORY;
    for (size_t number; status == GV_OK && (number = atomic_fetch_add(&w->next, 1)) < w->tasks;)
        status = do_task(w, number, &scratch, weight, err);
    if (status != GV_OK)
        atomic_store(&w->next, w->tasks); /* the others need not begin another */
    gv_mem_free(weight);
    gv_subword_solve_scratch_clear(&scratch);
    return status;
}

static gv_subword_fit_sizes sizes_of(const gv_subword_index *index, size_t dim)
{
    return (gv_subword_fit_sizes){.words = index->words,
                                  .ngrams = index->ngrams,
                                  .entries = index->entries,
                                  .text = index->ngrams > 0 ? index->end[index->ngrams - 1] : 0,
                                  .counting = index->counting_bytes,
                                  .dim = dim};
}

/* As many as the memory allows and have something to do. */
static unsigned choose_threads(const work *w)
{
    const gv_subword_fit_sizes sizes = sizes_of(&w->fit->index, w->dim);
    unsigned threads = w->tasks < w->input->threads ? (unsigned)w->tasks : w->input->threads;
    while (threads > 1 && gv_subword_fit_bytes(&sizes, threads) > w->input->memory)
        threads--;
    return threads;
}

static int solve_all(work *w, gv_error *err)
{
    const bool mixes = w->input->settings.shrink > 0;
    const size_t main_tasks = blocks(w->dim);
    w->judged = !mixes ? 0 : main_tasks < JUDGED ? (unsigned)main_tasks : JUDGED;
    w->tasks = main_tasks + (size_t)w->judged * FOLDS;
    w->steps = gv_mem_alloc_zero(w->tasks, sizeof *w->steps, err);
    w->residual = gv_mem_alloc_zero(w->tasks, sizeof *w->residual, err);
    w->agreement = gv_mem_alloc_zero(w->judged * w->words * 3, sizeof *w->agreement, err);
    if (!w->steps || !w->residual || !w->agreement)
        return GV_E_MEMORY;
    gv_progress_begin(w->input->progress, "fitting n-grams", w->tasks, "parts");
    int status = gv_threads_run(choose_threads(w), claim_tasks, w, err);
    gv_progress_end(w->input->progress);
    for (size_t i = 0; i < main_tasks; i++) {
        gv_subword_fit_report *report = &w->fit->report;
        report->steps = w->steps[i] > report->steps ? w->steps[i] : report->steps;
        report->residual = fmax(report->residual, w->residual[i]);
    }
    return status;
}

/* --- the mix ---------------------------------------------------------------------------------- */

/* The cosine of each word with what was foretold, over all judged dimensions. */
static void find_cosines(const work *w, float *cosine)
{
    for (size_t i = 0; i < w->words; i++) {
        double sum[3] = {0};
        for (size_t j = 0; j < w->judged; j++)
            for (size_t k = 0; k < 3; k++)
                sum[k] += (double)w->agreement[(j * w->words + i) * 3 + k];
        cosine[i] = sum[1] > 0 && sum[2] > 0 ? (float)(sum[0] / sqrt(sum[1] * sum[2])) : NAN;
    }
}

static int judge(work *w, gv_error *err)
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

static void mix_word(const work *w, size_t word, float *foretold)
{
    const gv_subword_index *index = &w->fit->index;
    const size_t first = index->row_first[word], end = index->row_first[word + 1];
    if (first == end || w->scale[word] == 0)
        return;
    /* as gv_subwords_vector does it */
    memset(foretold, 0, w->dim * sizeof *foretold);
    for (size_t at = first; at < end; at++) {
        const float *row = w->fit->row + (size_t)index->row[at] * w->dim;
        for (size_t k = 0; k < w->dim; k++)
            foretold[k] += row[k];
    }
    const float part = 1.0f / (float)index->all[word];
    for (size_t k = 0; k < w->dim; k++)
        foretold[k] = w->fit->offset[k] + foretold[k] * part;
    const double share = gv_subword_mix_share(w->input->settings.shrink, w->count[word],
                                              (double)w->reliability[word]);
    /* foretold is in the usual length; the word keeps its own */
    gv_subword_mix_into(w->input->vectors + word * w->dim, foretold, w->dim, share,
                        1 / ((double)w->scale[word] * w->length));
}

/* A gv_threads_fn. */
static int mix_words(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    work *w = context;
    float *foretold = gv_mem_alloc(w->dim, sizeof *foretold, err);
    if (!foretold)
        return GV_E_MEMORY;
    for (size_t at; (at = atomic_fetch_add(&w->next, CHUNK)) < w->words;)
        for (size_t i = at; i < at + CHUNK && i < w->words; i++)
            mix_word(w, i, foretold);
    gv_mem_free(foretold);
    return GV_OK;
}

static int mix(work *w, gv_error *err)
{
    if (w->input->settings.shrink <= 0 || w->length <= 0)
        return GV_OK;
    int status = judge(w, err);
    if (status != GV_OK)
        return status;
    atomic_store(&w->next, 0);
    return gv_threads_run(w->input->threads, mix_words, w, err);
}

/* --- the parts -------------------------------------------------------------------------------- */

/* The first words, and more and more rarely later ones, so that there are some of them among any
 * number of first words; `at` ([PROBES]) receives their numbers, ascending. */
static size_t choose_probes(size_t at[PROBES], size_t words)
{
    size_t n = 0;
    for (size_t step = 1; n < PROBES - 1 && step - 1 < words; step *= 2)
        at[n++] = step - 1;
    if (at[n - 1] != words - 1)
        at[n++] = words - 1;
    return n;
}

static int take_probes(const work *w, gv_error *err)
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

static int allocate(work *w, gv_error *err)
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

static void drop(work *w)
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
    work w = {.input = input, .fit = fit, .words = gv_vocab_size(input->vocab), .dim = input->dim};
    *fit = (gv_subword_fit){0};
    int status = gv_subword_index_make(&fit->index, input->vocab, &input->settings, err);
    if (status == GV_OK)
        status = allocate(&w, err);
    if (status == GV_OK) {
        look_at_counts(&w);
        status = look_at_vectors(&w, err);
    }
    if (status == GV_OK)
        status = solve_all(&w, err);
    if (status == GV_OK) {
        for (size_t k = 0; k < w.dim; k++)
            fit->offset[k] = (float)w.length * w.mean[k];
        status = mix(&w, err);
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
    const uint64_t fitted =
        s->words * (6 + JUDGED * 3) * sizeof(float) + s->ngrams * (s->dim + 1) * sizeof(float);
    const uint64_t tasks = blocks(s->dim) + JUDGED * FOLDS;
    const uint64_t at_once = threads < tasks ? threads : tasks;
    const uint64_t thread = gv_subword_solve_scratch_bytes(&index) + s->words * sizeof(float);
    const uint64_t solving = indexed + fitted + at_once * thread;
    return solving > s->counting ? solving : s->counting;
}

int gv_subword_fit_measure(gv_subword_fit_sizes *sizes, const gv_vocab *vocab,
                           const gv_subwords_settings *settings, size_t dim, gv_error *err)
{
    gv_subword_index index;
    int status = gv_subword_index_make(&index, vocab, settings, err);
    if (status == GV_OK)
        *sizes = sizes_of(&index, dim);
    gv_subword_index_clear(&index);
    return status;
}
