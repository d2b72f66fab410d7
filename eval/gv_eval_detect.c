/*
 * Outlier detection (Camacho-Collados and Navigli 2016, "Find the word that does not belong").
 *
 * Of a set of n words and an outlier, the compactness that a word leaves behind is the mean cosine
 * of all pairs of the others. With S the sum over all pairs and s(w) that of the pairs with w, it
 * is (S - s(w)) / (n (n - 1) / 2): the words are in its order if they are in the falling order of
 * s(w). The outlier's position is the number of words that leave less behind.
 */
#include "analysis/gv_items.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "eval/gv_eval_internal.h"
#include <math.h>
#include <stdio.h>

static double cosine(const float *u, const float *v, size_t dim)
{
    double dot = 0.0;
    for (size_t k = 0; k < dim; k++)
        dot += (double)u[k] * (double)v[k];
    return dot;
}

/* The words of a set that have vectors, and its outliers that have. */
typedef struct group {
    size_t n, outliers, dim;
    float *unit;      /* [n + outliers][dim] */
    double *sum;      /* [n] a word's cosines with the others */
    double *with;     /* [n] its cosine with the outlier */
    double *position; /* [all outliers of the set] where each was found; NAN: not answered */
} group;

/* How many of the words have more in common with the rest than the outlier has. */
static size_t position(const group *g, const float *outlier)
{
    double own = 0.0;
    size_t before = 0;
    for (size_t i = 0; i < g->n; i++) {
        g->with[i] = cosine(g->unit + i * g->dim, outlier, g->dim);
        own += g->with[i];
    }
    for (size_t i = 0; i < g->n; i++)
        before += g->sum[i] + g->with[i] > own;
    return before;
}

static void sum_cosines(const group *g)
{
    for (size_t i = 0; i < g->n; i++)
        g->sum[i] = 0.0;
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = i + 1; j < g->n; j++) {
            const double c = cosine(g->unit + i * g->dim, g->unit + j * g->dim, g->dim);
            g->sum[i] += c;
            g->sum[j] += c;
        }
}

/* Add the results of a set to the sums: found outliers in `accuracy`, relative positions in `opp`.
 * Positions of outliers that have vectors are 0 so far, the others NAN. */
static void score_group(gv_eval_outliers *out, const group *g, size_t outliers)
{
    const float *unit = g->unit + g->n * g->dim;
    if (g->n < 2) {
        for (size_t k = 0; k < outliers; k++)
            g->position[k] = NAN;
        return;
    }
    sum_cosines(g);
    for (size_t k = 0; k < outliers; k++) {
        if (isnan(g->position[k]))
            continue;
        const size_t at = position(g, unit);
        g->position[k] = (double)at;
        out->accuracy += at == g->n;
        out->opp += (double)at / (double)g->n;
        unit += g->dim;
    }
    out->answered += g->outliers;
}

static int look_up(group *g, gv_eval_outliers *out, const gv_eval_lookup *lookup,
                   const gv_eval_sets *file, const gv_eval_sets_set *set, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < set->words + set->outliers && status == GV_OK; i++) {
        enum gv_eval_lookup_source source;
        status = gv_eval_lookup_name(&source, g->unit + (g->n + g->outliers) * g->dim, lookup,
                                     file->word[set->first + i], err);
        if (status != GV_OK)
            break;
        out->missing += source == GV_EVAL_LOOKUP_NONE;
        out->from_subwords += source == GV_EVAL_LOOKUP_SUBWORDS;
        if (i >= set->words)
            g->position[i - set->words] = source == GV_EVAL_LOOKUP_NONE ? NAN : 0.0;
        if (source != GV_EVAL_LOOKUP_NONE)
            *(i < set->words ? &g->n : &g->outliers) += 1;
    }
    return status;
}

/* A row for each outlier of set number `number`, also for those that are not answered. */
static void list_items(gv_text *items, const gv_eval_outliers *out, const group *g,
                       const gv_eval_sets *file, size_t number)
{
    const gv_eval_sets_set *set = &file->set[number];
    char section[32];
    snprintf(section, sizeof section, "%zu", number + 1);
    for (size_t k = 0; k < set->outliers; k++) {
        gv_items_row row = gv_items_begin_row(GV_ITEMS_OUTLIER, out->file);
        row.section = section;
        row.word[0] = file->word[set->first + set->words + k];
        if (!isnan(g->position[k])) {
            row.position = g->position[k];
            row.words = (double)g->n;
            row.correct = row.position >= row.words;
        }
        gv_items_write_row(items, &row);
    }
}

static int detect_in(gv_eval_outliers *out, const gv_eval_lookup *lookup, const gv_eval_sets *file,
                     size_t number, gv_text *items, gv_error *err)
{
    const gv_eval_sets_set *set = &file->set[number];
    group g = {.dim = lookup->words->nearest.dim};
    int status = GV_E_MEMORY;
    g.unit = gv_mem_alloc((set->words + set->outliers) * g.dim, sizeof *g.unit, err);
    g.sum = gv_mem_alloc(set->words, sizeof *g.sum, err);
    g.with = gv_mem_alloc(set->words, sizeof *g.with, err);
    g.position = gv_mem_alloc(set->outliers, sizeof *g.position, err);
    if (g.unit && g.sum && g.with && g.position)
        status = look_up(&g, out, lookup, file, set, err);
    if (status == GV_OK)
        score_group(out, &g, set->outliers);
    if (status == GV_OK && items)
        list_items(items, out, &g, file, number);
    out->total += set->outliers;
    gv_mem_free(g.unit);
    gv_mem_free(g.sum);
    gv_mem_free(g.with);
    gv_mem_free(g.position);
    return status;
}

int gv_eval_detect(gv_eval_outliers *out, const gv_eval_lookup *lookup, const gv_eval_sets *file,
                   const gv_eval_job *job, gv_error *err)
{
    int status = GV_OK;
    out->sets = file->n;
    for (size_t i = 0; i < file->n && status == GV_OK; i++) {
        status = detect_in(out, lookup, file, i, job->items, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    const double answered = (double)out->answered;
    out->accuracy = out->answered ? 100.0 * out->accuracy / answered : NAN;
    out->opp = out->answered ? 100.0 * out->opp / answered : NAN;
    return status;
}
