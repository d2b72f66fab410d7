/* Categorisation: do words that are grouped by their vectors have the same category? */
#include "base/gv_mem.h"
#include "eval/gv_eval_clusters.h"
#include "eval/gv_eval_internal.h"
#include <math.h>
#include <stdlib.h>

/* The words that have a vector. */
typedef struct word_set {
    size_t n;
    float *unit;        /* [n][dim] */
    uint32_t *category; /* [n] of categories that have a word */
} word_set;

static int make_set(word_set *set, gv_eval_categories *out, const gv_eval_lookup *lookup,
                    const gv_eval_labels *file, gv_error *err)
{
    const size_t dim = lookup->words->nearest.dim;
    set->unit = gv_mem_alloc(file->n * dim, sizeof *set->unit, err);
    set->category = gv_mem_alloc(file->n, sizeof *set->category, err);
    int status = set->unit && set->category ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < file->n && status == GV_OK; i++) {
        enum gv_eval_lookup_source source;
        status =
            gv_eval_lookup_word(&source, set->unit + set->n * dim, lookup, file->item[i].word, err);
        if (status != GV_OK)
            break;
        out->missing += source == GV_EVAL_LOOKUP_NONE;
        out->from_subwords += source == GV_EVAL_LOOKUP_SUBWORDS;
        if (source != GV_EVAL_LOOKUP_NONE)
            set->category[set->n++] = file->item[i].category;
    }
    return status;
}

/* Number only the categories that have a word; returns how many. */
static size_t renumber(word_set *set, uint32_t *number, size_t categories)
{
    size_t n = 0;
    for (size_t c = 0; c < categories; c++)
        number[c] = 0;
    for (size_t i = 0; i < set->n; i++)
        number[set->category[i]] = 1;
    for (size_t c = 0; c < categories; c++)
        number[c] = number[c] ? (uint32_t)n++ : 0;
    for (size_t i = 0; i < set->n; i++)
        set->category[i] = number[set->category[i]];
    return n;
}

typedef struct membership {
    uint32_t cluster, category;
} membership;

static int by_cluster(const void *x, const void *y)
{
    const membership *a = x, *b = y;
    if (a->cluster != b->cluster)
        return a->cluster < b->cluster ? -1 : 1;
    return (a->category > b->category) - (a->category < b->category);
}

int gv_eval_purity(double *purity, const uint32_t *cluster, const uint32_t *category, size_t n,
                   gv_error *err)
{
    size_t agreeing = 0, most = 0, same = 0;
    membership *sorted = gv_mem_alloc(n, sizeof *sorted, err);
    if (!sorted)
        return GV_E_MEMORY;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (membership){cluster[i], category[i]};
    qsort(sorted, n, sizeof *sorted, by_cluster);
    for (size_t i = 0; i < n; i++) {
        const bool same_cluster = i > 0 && sorted[i].cluster == sorted[i - 1].cluster;
        same = same_cluster && sorted[i].category == sorted[i - 1].category ? same + 1 : 1;
        if (!same_cluster)
            agreeing += most, most = 0;
        most = same > most ? same : most;
    }
    agreeing += most;
    gv_mem_free(sorted);
    *purity = n > 0 ? (double)agreeing / (double)n : NAN;
    return GV_OK;
}

static int cluster_set(gv_eval_categories *out, const word_set *set, size_t dim,
                       const gv_eval_job *job, gv_error *err)
{
    const gv_eval_clusters_job clusters = {.rows = {set->unit, set->n, dim},
                                           .k = out->categories,
                                           .threads = job->threads,
                                           .progress = job->progress};
    uint32_t *cluster = gv_mem_alloc(set->n, sizeof *cluster, err);
    int status = cluster ? gv_eval_clusters_find(cluster, &clusters, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_eval_purity(&out->purity, cluster, set->category, set->n, err);
    gv_mem_free(cluster);
    return status;
}

int gv_eval_categorise(gv_eval_categories *out, const gv_eval_lookup *lookup,
                       const gv_eval_labels *file, const gv_eval_job *job, gv_error *err)
{
    word_set set = {0};
    uint32_t *number = gv_mem_alloc(file->categories, sizeof *number, err);
    int status = number ? make_set(&set, out, lookup, file, err) : GV_E_MEMORY;
    out->purity = NAN;
    if (status == GV_OK) {
        out->words = set.n;
        out->categories = renumber(&set, number, file->categories);
    }
    if (status == GV_OK && out->categories >= 2)
        status = cluster_set(out, &set, lookup->words->nearest.dim, job, err);
    gv_mem_free(set.unit);
    gv_mem_free(set.category);
    gv_mem_free(number);
    return status;
}
