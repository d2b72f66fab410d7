/* Similarity: cosines beside the scores of people. */
#include "analysis/gv_items.h"
#include "base/gv_mem.h"
#include "eval/gv_eval_internal.h"
#include "eval/gv_eval_spearman.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The pairs that are compared, and their ranks where they are wanted. */
typedef struct pair_set {
    size_t n;
    double *cosine, *score, *cosine_rank, *score_rank;
    size_t *line; /* the pair's index in the file */
    bool *unseen; /* a word of the pair has its vector from subwords */
} pair_set;

static double cosine(const float *u, const float *v, size_t dim)
{
    double dot = 0.0;
    for (size_t k = 0; k < dim; k++)
        dot += (double)u[k] * (double)v[k];
    return dot;
}

/* "sun-n" is looked up as it is, for vectors of such words, then without its part of speech. */
static int look_up(enum gv_eval_lookup_source *source, float *unit, const gv_eval_lookup *lookup,
                   const char *word, bool tagged, gv_error *err)
{
    enum { WORD_BYTES = 1024 };
    char stem[WORD_BYTES];
    const size_t length = tagged ? gv_eval_pairs_stem(word) : 0;
    if (length == 0 || length >= WORD_BYTES ||
        gv_eval_lookup_row(lookup, word) != GV_NEAREST_NO_ROW)
        return gv_eval_lookup_word(source, unit, lookup, word, err);
    memcpy(stem, word, length);
    stem[length] = '\0';
    return gv_eval_lookup_word(source, unit, lookup, stem, err);
}

static int make_set(pair_set *set, size_t n, gv_error *err)
{
    double **columns[] = {&set->cosine, &set->score, &set->cosine_rank, &set->score_rank};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        *columns[i] = gv_mem_alloc(n, sizeof **columns[i], err);
        if (!*columns[i])
            return GV_E_MEMORY;
    }
    set->line = gv_mem_alloc(n, sizeof *set->line, err);
    set->unseen = gv_mem_alloc(n, sizeof *set->unseen, err);
    return set->line && set->unseen ? GV_OK : GV_E_MEMORY;
}

static void free_set(pair_set *set)
{
    gv_mem_free(set->cosine);
    gv_mem_free(set->score);
    gv_mem_free(set->cosine_rank);
    gv_mem_free(set->score_rank);
    gv_mem_free(set->line);
    gv_mem_free(set->unseen);
}

typedef struct ordered {
    double difference;
    size_t i;
} ordered;

/* The largest difference first; of equal ones, the earlier line. */
static int by_difference(const void *x, const void *y)
{
    const ordered *a = x, *b = y;
    int order = (a->difference < b->difference) - (a->difference > b->difference);
    return order ? order : (a->i > b->i) - (a->i < b->i);
}

/* All pairs, in the order of their differences of ranks; caller frees. */
static int order_pairs(ordered **order, pair_set *set, gv_error *err)
{
    int status = gv_eval_spearman_ranks(set->cosine_rank, set->cosine, set->n, err);
    if (status == GV_OK)
        status = gv_eval_spearman_ranks(set->score_rank, set->score, set->n, err);
    *order = status == GV_OK ? gv_mem_alloc(set->n, sizeof **order, err) : NULL;
    if (!*order)
        return GV_E_MEMORY;
    for (size_t i = 0; i < set->n; i++)
        (*order)[i] = (ordered){fabs(set->score_rank[i] - set->cosine_rank[i]), i};
    qsort(*order, set->n, sizeof **order, by_difference);
    return GV_OK;
}

/* The `limit` pairs with the largest differences of ranks. */
static int list_differences(gv_eval_similarity *out, pair_set *set, const gv_eval_pairs *file,
                            size_t limit, gv_error *err)
{
    ordered *order = NULL;
    int status = order_pairs(&order, set, err);
    const size_t n = limit < set->n ? limit : set->n;
    const double last = (double)set->n + 1.0; /* ranks are shown from the most similar pair on */
    if (status == GV_OK && !(out->difference = gv_mem_alloc_zero(n, sizeof *out->difference, err)))
        status = GV_E_MEMORY;
    for (; status == GV_OK && out->differences < n; out->differences++) {
        const size_t i = order[out->differences].i;
        const gv_eval_pairs_pair *pair = &file->pair[set->line[i]];
        gv_eval_difference *difference = &out->difference[out->differences];
        *difference = (gv_eval_difference){.score = pair->score,
                                           .cosine = set->cosine[i],
                                           .score_rank = last - set->score_rank[i],
                                           .cosine_rank = last - set->cosine_rank[i]};
        for (size_t k = 0; k < 2; k++)
            if (!(difference->word[k] = gv_mem_strdup(pair->word[k], err)))
                status = GV_E_MEMORY;
    }
    gv_mem_free(order);
    return status;
}

/* Look up the pair `i` of the file, and if both words have vectors, add it to the set. `unit` is
 * scratch for two vectors. */
static int add_pair(pair_set *set, gv_eval_similarity *out, float *unit,
                    const gv_eval_lookup *lookup, const gv_eval_pairs *file, size_t i,
                    gv_error *err)
{
    const gv_eval_pairs_pair *pair = &file->pair[i];
    const size_t dim = lookup->words->nearest.dim;
    enum gv_eval_lookup_source source[2] = {GV_EVAL_LOOKUP_NONE, GV_EVAL_LOOKUP_NONE};
    int status = GV_OK;
    for (size_t k = 0; k < 2 && status == GV_OK; k++)
        status = look_up(&source[k], unit + k * dim, lookup, pair->word[k], file->tagged, err);
    if (source[0] == GV_EVAL_LOOKUP_NONE || source[1] == GV_EVAL_LOOKUP_NONE) {
        out->missing += status == GV_OK;
        return status;
    }
    set->cosine[set->n] = cosine(unit, unit + dim, dim);
    set->score[set->n] = pair->score;
    set->unseen[set->n] =
        source[0] == GV_EVAL_LOOKUP_SUBWORDS || source[1] == GV_EVAL_LOOKUP_SUBWORDS;
    out->from_subwords += set->unseen[set->n];
    set->line[set->n++] = i;
    return status;
}

/* The correlation over the pairs of known words only. */
static int compare_known(double *spearman, const pair_set *set, gv_error *err)
{
    double *cosines = gv_mem_alloc(set->n, sizeof *cosines, err);
    double *scores = gv_mem_alloc(set->n, sizeof *scores, err);
    int status = cosines && scores ? GV_OK : GV_E_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < set->n && status == GV_OK; i++)
        if (!set->unseen[i]) {
            cosines[n] = set->cosine[i];
            scores[n++] = set->score[i];
        }
    if (status == GV_OK)
        status = gv_eval_spearman(spearman, cosines, scores, n, err);
    gv_mem_free(cosines);
    gv_mem_free(scores);
    return status;
}

/* A row for each pair, also for those that have no cosine. */
static void list_items(gv_text *items, const gv_eval_similarity *out, const pair_set *set,
                       const gv_eval_pairs *file)
{
    for (size_t i = 0, k = 0; i < file->n; i++) {
        const gv_eval_pairs_pair *pair = &file->pair[i];
        gv_items_row row = gv_items_begin_row(GV_ITEMS_SIMILARITY, out->file);
        row.word[0] = pair->word[0];
        row.word[1] = pair->word[1];
        row.score = pair->score;
        if (k < set->n && set->line[k] == i)
            row.cosine = set->cosine[k++];
        gv_items_write_row(items, &row);
    }
}

int gv_eval_compare(gv_eval_similarity *out, const gv_eval_lookup *lookup,
                    const gv_eval_pairs *file, const gv_eval_job *job, gv_error *err)
{
    pair_set set = {0};
    float *unit = gv_mem_alloc(2 * lookup->words->nearest.dim, sizeof *unit, err);
    int status = unit ? make_set(&set, file->n, err) : GV_E_MEMORY;
    for (size_t i = 0; i < file->n && status == GV_OK; i++)
        status = add_pair(&set, out, unit, lookup, file, i, err);
    out->pairs = set.n;
    if (status == GV_OK)
        status = gv_eval_spearman(&out->spearman, set.cosine, set.score, set.n, err);
    if (status == GV_OK)
        status = compare_known(&out->spearman_known, &set, err);
    if (status == GV_OK && job->show_wrong > 0)
        status = list_differences(out, &set, file, job->show_wrong, err);
    if (status == GV_OK && job->items)
        list_items(job->items, out, &set, file);
    free_set(&set);
    gv_mem_free(unit);
    return status;
}
