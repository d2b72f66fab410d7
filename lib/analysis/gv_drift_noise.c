#include "analysis/gv_drift_noise.h"

#include "base/gv_mem.h"
#include <math.h>
#include <stdlib.h>

enum {
    LEAST_HALF = 50, /* words on each side; fewer say little about the spread */
    MOST_HALF = 250, /* with more, they are no nearer to the word's count than they need be */
    RANK_PART = 4 /* of frequent words, which are few, the counts differ much from rank to rank */
};

/* A word of noise. */
typedef struct item {
    double count, moved;
} item;

struct gv_drift_noise {
    item *word; /* [n] by count, descending */
    size_t n;
};

double gv_drift_noise_count(double a, double b)
{
    return a > 0.0 && b > 0.0 ? 2.0 * a * b / (a + b) : 0.0;
}

static int compare_items(const void *left, const void *right)
{
    const item *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->moved > b->moved) - (a->moved < b->moved); /* so that the order is always the same */
}

int gv_drift_noise_new(gv_drift_noise **noise, const double *count, const double *moved, size_t n,
                       gv_error *err)
{
    *noise = gv_mem_alloc_zero(1, sizeof **noise, err);
    item *word = *noise ? gv_mem_alloc(n, sizeof *word, err) : NULL;
    if (!word) {
        gv_drift_noise_free(*noise);
        *noise = NULL;
        return GV_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        word[i] = (item){count[i], moved[i]};
    qsort(word, n, sizeof *word, compare_items);
    (*noise)->word = word;
    (*noise)->n = n;
    return GV_OK;
}

void gv_drift_noise_free(gv_drift_noise *noise)
{
    if (noise)
        gv_mem_free(noise->word);
    gv_mem_free(noise);
}

/* How many words have a count above this. */
static size_t rank_of(const gv_drift_noise *noise, double count)
{
    size_t low = 0, high = noise->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (noise->word[middle].count > count)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The words around a count: from `*from` up to before `*to`. At both ends of the list they are as
 * many as elsewhere, if there are so many. */
static void find_window(size_t *from, size_t *to, const gv_drift_noise *noise, double count)
{
    const size_t rank = rank_of(noise, count);
    size_t half = rank / RANK_PART;
    half = half < LEAST_HALF ? LEAST_HALF : half > MOST_HALF ? MOST_HALF : half;
    *from = rank > half ? rank - half : 0;
    *to = *from + 2 * half;
    if (*to > noise->n) {
        *to = noise->n;
        *from = *to > 2 * half ? *to - 2 * half : 0;
    }
}

gv_drift_noise_beyond gv_drift_noise_compare(const gv_drift_noise *noise, double count,
                                             double moved, double least_sd)
{
    size_t from, to, as_far = 0;
    double sum = 0.0, squares = 0.0;
    find_window(&from, &to, noise, count);
    const double n = (double)(to - from);
    for (size_t i = from; i < to; i++) {
        sum += noise->word[i].moved;
        as_far += noise->word[i].moved >= moved;
    }
    gv_drift_noise_beyond beyond = {.words = to - from, .mean = sum / n};
    for (size_t i = from; i < to; i++)
        squares += (noise->word[i].moved - beyond.mean) * (noise->word[i].moved - beyond.mean);
    beyond.sd = n > 1.0 ? sqrt(squares / (n - 1.0)) : 0.0;
    beyond.z = (moved - beyond.mean) / (beyond.sd > least_sd ? beyond.sd : least_sd);
    beyond.p = (1.0 + (double)as_far) / (1.0 + n);
    return beyond;
}
