/*
 * The regression is a list of tasks that threads claim: LANES dimensions each. With a mix there are
 * more of them, which judge the n-grams: the words are divided into folds, and those of a fold are
 * predicted from the others, in a few of the dimensions. A task's result does not depend on who
 * does it, and results are put together in the order of the tasks.
 */
#include "subword/gv_subword_fit_internal.h"

#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "base/gv_threads.h"
#include <math.h>
#include <string.h>

enum { LANES = GV_SUBWORD_SOLVE_LANES };

/* Dimensions that are solved at once; the fold that is predicted, GV_SUBWORD_FIT_FOLDS: none. */
typedef struct task {
    size_t dimension[LANES];
    size_t n;
    unsigned fold;
} task;

/* The number of a word's scaled and centred vector in a dimension. */
static float target_of(const gv_subword_fit_work *w, size_t word, size_t dimension)
{
    const float scale = w->scale[word];
    return scale > 0 ? scale * w->input->vectors[word * w->dim + dimension] - w->mean[dimension]
                     : 0;
}

/* --- tasks ------------------------------------------------------------------------------------ */

static task task_of(const gv_subword_fit_work *w, size_t number)
{
    task t = {.fold = GV_SUBWORD_FIT_FOLDS};
    if (number < gv_subword_fit_blocks(w->dim)) {
        for (size_t k = number * LANES; k < w->dim && t.n < LANES; k++)
            t.dimension[t.n++] = k;
        return t;
    }
    number -= gv_subword_fit_blocks(w->dim);
    t.fold = (unsigned)number;
    /* dimensions from everywhere: "concat" has vectors of two kinds */
    for (size_t j = 0; j < LANES && j < w->dim; j++)
        t.dimension[t.n++] = w->dim < LANES ? j : j * w->dim / LANES;
    return t;
}

static void fill_targets(const gv_subword_fit_work *w, const task *t, float *target)
{
    for (size_t i = 0; i < w->words; i++, target += LANES) {
        memset(target, 0, LANES * sizeof *target);
        for (size_t k = 0; k < t->n; k++)
            target[k] = target_of(w, i, t->dimension[k]);
    }
}

static void keep_rows(gv_subword_fit_work *w, const task *t, const float *z)
{
    const float length = (float)w->length;
    for (size_t g = 0; g < w->fit->index.ngrams; g++, z += LANES)
        for (size_t k = 0; k < t->n; k++)
            w->fit->row[g * w->dim + t->dimension[k]] = length * z[k];
}

/* How well the words of the fold are predicted. */
static void keep_agreement(gv_subword_fit_work *w, const task *t, const float *z)
{
    for (size_t i = t->fold; i < w->words; i += GV_SUBWORD_FIT_FOLDS) {
        float *to = w->agreement + i * 3, predicted[LANES];
        gv_subword_solve_predict(predicted, &w->fit->index, z, i);
        for (size_t k = 0; k < t->n; k++) {
            const float y = target_of(w, i, t->dimension[k]);
            to[0] += predicted[k] * y;
            to[1] += predicted[k] * predicted[k];
            to[2] += y * y;
        }
    }
}

static int do_task(gv_subword_fit_work *w, size_t number, gv_subword_solve_scratch *s,
                   float *weight, gv_error *err)
{
    const task t = task_of(w, number);
    const bool judges = t.fold < GV_SUBWORD_FIT_FOLDS;
    fill_targets(w, &t, s->target);
    memcpy(weight, w->weight, w->words * sizeof *weight);
    for (size_t i = t.fold; judges && i < w->words; i += GV_SUBWORD_FIT_FOLDS)
        weight[i] = 0;
    const gv_subword_solve_problem problem = {.index = &w->fit->index,
                                              .weight = weight,
                                              .ridge = w->input->settings.ridge,
                                              .most_steps = judges ? GV_SUBWORD_FIT_JUDGE_STEPS
                                                                   : GV_SUBWORD_FIT_STEPS};
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
    gv_subword_fit_work *w = context;
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

/* As many as the memory allows and have something to do. */
static unsigned choose_threads(const gv_subword_fit_work *w)
{
    const gv_subword_fit_sizes sizes = gv_subword_fit_sizes_of(&w->fit->index, w->dim);
    unsigned threads = w->tasks < w->input->threads ? (unsigned)w->tasks : w->input->threads;
    while (threads > 1 && gv_subword_fit_bytes(&sizes, threads) > w->input->memory)
        threads--;
    return threads;
}

int gv_subword_fit_solve(gv_subword_fit_work *w, gv_error *err)
{
    const bool mixes = w->input->settings.shrink > 0;
    const size_t main_tasks = gv_subword_fit_blocks(w->dim);
    w->tasks = main_tasks + (mixes ? GV_SUBWORD_FIT_FOLDS : 0);
    w->steps = gv_mem_alloc_zero(w->tasks, sizeof *w->steps, err);
    w->residual = gv_mem_alloc_zero(w->tasks, sizeof *w->residual, err);
    w->agreement = gv_mem_alloc_zero(mixes ? w->words * 3 : 0, sizeof *w->agreement, err);
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
