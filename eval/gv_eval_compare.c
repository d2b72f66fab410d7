/* Similarity: cosines beside the scores of people. */
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
} pair_set;

static double cosine(const gv_nearest *nearest, size_t x, size_t y)
{
    const float *u = nearest->unit + x * nearest->dim, *v = nearest->unit + y * nearest->dim;
    double dot = 0.0;
    for (size_t k = 0; k < nearest->dim; k++)
        dot += (double)u[k] * (double)v[k];
    return dot;
}

/* "sun-n" is looked up as it is, for vectors of such words, then without its part of speech. */
static size_t look_up(const gv_words *words, const char *word, bool tagged)
{
    enum { WORD_BYTES = 1024 };
    char stem[WORD_BYTES];
    size_t row = gv_words_lookup(words, word), length = tagged ? gv_eval_pairs_stem(word) : 0;
    if (row != GV_NEAREST_NO_ROW || length == 0 || length >= WORD_BYTES)
        return row;
    memcpy(stem, word, length);
    stem[length] = '\0';
    return gv_words_lookup(words, stem);
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
    return set->line ? GV_OK : GV_E_MEMORY;
}

static void free_set(pair_set *set)
{
    gv_mem_free(set->cosine);
    gv_mem_free(set->score);
    gv_mem_free(set->cosine_rank);
    gv_mem_free(set->score_rank);
    gv_mem_free(set->line);
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

int gv_eval_compare(gv_eval_similarity *out, const gv_words *words, const gv_eval_pairs *file,
                    const gv_eval_job *job, gv_error *err)
{
    pair_set set = {0};
    int status = make_set(&set, file->n, err);
    for (size_t i = 0; i < file->n && status == GV_OK; i++) {
        size_t x = look_up(words, file->pair[i].word[0], file->tagged);
        size_t y = look_up(words, file->pair[i].word[1], file->tagged);
        if (x == GV_NEAREST_NO_ROW || y == GV_NEAREST_NO_ROW) {
            out->missing++;
            continue;
        }
        set.cosine[set.n] = cosine(&words->nearest, x, y);
        set.score[set.n] = file->pair[i].score;
        set.line[set.n++] = i;
    }
    out->pairs = set.n;
    if (status == GV_OK)
        status = gv_eval_spearman(&out->spearman, set.cosine, set.score, set.n, err);
    if (status == GV_OK && job->show_wrong > 0)
        status = list_differences(out, &set, file, job->show_wrong, err);
    free_set(&set);
    return status;
}
