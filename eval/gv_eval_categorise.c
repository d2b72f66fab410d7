/* Categorisation: do words that are grouped by their vectors have the same category? */
#include "analysis/gv_items.h"
#include "analysis/gv_kmeans.h"
#include "base/gv_mem.h"
#include "eval/gv_eval_internal.h"
#include <math.h>
#include <stdlib.h>

/* The words that have a vector. */
typedef struct word_set {
    size_t n;
    float *unit;        /* [n][dim] */
    uint32_t *category; /* [n] of categories that have a word */
    uint32_t *cluster;  /* [n], once there are clusters */
    size_t *line;       /* [n] the word's index in the file */
} word_set;

static int make_set(word_set *set, gv_eval_categories *out, const gv_eval_lookup *lookup,
                    const gv_eval_labels *file, gv_error *err)
{
    const size_t dim = lookup->words->nearest.dim;
    set->unit = gv_mem_alloc(file->n * dim, sizeof *set->unit, err);
    set->category = gv_mem_alloc(file->n, sizeof *set->category, err);
    set->cluster = gv_mem_alloc(file->n, sizeof *set->cluster, err);
    set->line = gv_mem_alloc(file->n, sizeof *set->line, err);
    const bool room = set->unit && set->category && set->cluster && set->line;
    int status = room ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < file->n && status == GV_OK; i++) {
        enum gv_eval_lookup_source source;
        status =
            gv_eval_lookup_word(&source, set->unit + set->n * dim, lookup, file->item[i].word, err);
        if (status != GV_OK)
            break;
        out->missing += source == GV_EVAL_LOOKUP_NONE;
        out->from_subwords += source == GV_EVAL_LOOKUP_SUBWORDS;
        if (source == GV_EVAL_LOOKUP_NONE)
            continue;
        set->line[set->n] = i;
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
    size_t item;
} membership;

static int by_cluster(const void *x, const void *y)
{
    const membership *a = x, *b = y;
    if (a->cluster != b->cluster)
        return a->cluster < b->cluster ? -1 : 1;
    return (a->category > b->category) - (a->category < b->category);
}

/* Does each item belong to the most frequent category of its cluster? Of equally frequent ones the
 * first counts. */
static int find_agreeing(bool *agrees, const uint32_t *cluster, const uint32_t *category, size_t n,
                         gv_error *err)
{
    membership *sorted = gv_mem_alloc(n, sizeof *sorted, err);
    if (!sorted)
        return GV_E_MEMORY;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (membership){cluster[i], category[i], i};
    qsort(sorted, n, sizeof *sorted, by_cluster);
    for (size_t first = 0, end; first < n; first = end) {
        size_t same = 0, most = 0;
        uint32_t winner = 0;
        for (end = first; end < n && sorted[end].cluster == sorted[first].cluster; end++) {
            const bool repeats = end > first && sorted[end].category == sorted[end - 1].category;
            same = repeats ? same + 1 : 1;
            if (same > most)
                most = same, winner = sorted[end].category;
        }
        for (size_t i = first; i < end; i++)
            agrees[sorted[i].item] = sorted[i].category == winner;
    }
    gv_mem_free(sorted);
    return GV_OK;
}

int gv_eval_purity(double *purity, const uint32_t *cluster, const uint32_t *category, size_t n,
                   gv_error *err)
{
    bool *agrees = gv_mem_alloc(n, sizeof *agrees, err);
    int status = agrees ? find_agreeing(agrees, cluster, category, n, err) : GV_E_MEMORY;
    size_t agreeing = 0;
    for (size_t i = 0; i < n && status == GV_OK; i++)
        agreeing += agrees[i];
    gv_mem_free(agrees);
    *purity = n > 0 ? (double)agreeing / (double)n : NAN;
    return status;
}

static int cluster_set(gv_eval_categories *out, const word_set *set, size_t dim,
                       const gv_eval_job *job, gv_error *err)
{
    const gv_kmeans_job clusters = {.rows = {set->unit, set->n, dim},
                                    .k = out->categories,
                                    .threads = job->threads,
                                    .progress = job->progress};
    int status = gv_kmeans_find(set->cluster, &clusters, err);
    if (status == GV_OK)
        status = gv_eval_purity(&out->purity, set->cluster, set->category, set->n, err);
    return status;
}

/* A row for each word, also for those without a vector. */
static int list_items(gv_text *items, const gv_eval_categories *out, const word_set *set,
                      const gv_eval_labels *file, gv_error *err)
{
    const bool clustered = isfinite(out->purity);
    bool *agrees = gv_mem_alloc(set->n, sizeof *agrees, err);
    int status = agrees ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && clustered)
        status = find_agreeing(agrees, set->cluster, set->category, set->n, err);
    for (size_t i = 0, k = 0; i < file->n && status == GV_OK; i++) {
        gv_items_row row = gv_items_begin_row(GV_ITEMS_CATEGORY, out->file);
        row.section = file->item[i].name;
        row.word[0] = file->item[i].word;
        if (clustered && k < set->n && set->line[k] == i) {
            row.correct = agrees[k];
            row.cluster = set->cluster[k++];
        }
        gv_items_write_row(items, &row);
    }
    gv_mem_free(agrees);
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
    if (status == GV_OK && job->items)
        status = list_items(job->items, out, &set, file, err);
    gv_mem_free(set.unit);
    gv_mem_free(set.category);
    gv_mem_free(set.cluster);
    gv_mem_free(set.line);
    gv_mem_free(number);
    return status;
}
